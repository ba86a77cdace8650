"""The AWS services that the lab plays: their hosts, and the protocols they speak."""

from __future__ import annotations

import re

REGION = r"[a-z]{2}(?:-[a-z]+)+-\d"
# Only the plain regional hosts: FIPS, dual-stack and other partitions are hosts that the lab does not play.
API_HOSTS = {
    "cognito-idp": rf"cognito-idp\.({REGION})\.amazonaws\.com",
    "cognito-identity": rf"cognito-identity\.({REGION})\.amazonaws\.com",
    "sts": rf"sts(?:\.({REGION}))?\.amazonaws\.com",
    "iam": r"iam\.amazonaws\.com",
    "s3": rf"(?:[a-z0-9][a-z0-9.-]*\.)?s3(?:\.({REGION}))?\.amazonaws\.com",
    "lambda": rf"lambda\.({REGION})\.amazonaws\.com",
    "cloudtrail": rf"cloudtrail\.({REGION})\.amazonaws\.com",
    "apigateway": rf"apigateway\.({REGION})\.amazonaws\.com",
    "secretsmanager": rf"secretsmanager\.({REGION})\.amazonaws\.com",
    "dynamodb": rf"(?:dynamodb|\d{{12}}\.ddb)\.({REGION})\.amazonaws\.com",
}
EXECUTE_API = rf"([a-z0-9]+)\.execute-api\.(?P<region>{REGION})\.amazonaws\.com"  # the learner's own APIs
JSON_SERVICES = ("cognito-idp", "cognito-identity", "cloudtrail", "dynamodb", "secretsmanager")
QUERY_SERVICES = ("sts", "iam")
API_GATEWAY = ("apigateway", "apigatewayv2")  # one host, and one name in signatures and policies
REST_SERVICES = ("lambda", *API_GATEWAY, "execute-api")  # REST with JSON


def is_region(name: str) -> bool:
    """Whether ``name`` has the form of an AWS Region's name."""
    return re.fullmatch(REGION, name) is not None


def region_of(service: str, host: str) -> str:
    """The region in a service's host name; the global hosts of STS and IAM count as us-east-1."""
    if own := re.fullmatch(EXECUTE_API, host):
        return own["region"]
    found = re.fullmatch(API_HOSTS[signed_as(service)], host)
    return (found.group(1) if found and found.re.groups and found.group(1) else None) or "us-east-1"


def signed_as(service: str) -> str:
    """The name of a service in signatures, policies and host names."""
    return "apigateway" if service in API_GATEWAY else service
