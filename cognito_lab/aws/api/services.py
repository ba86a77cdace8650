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
    "apigateway": rf"apigateway\.({REGION})\.amazonaws\.com",
}
JSON_SERVICES = ("cognito-idp", "cognito-identity")
QUERY_SERVICES = ("sts", "iam")
REST_SERVICES = ("lambda",)  # REST with JSON


def is_region(name: str) -> bool:
    """Whether ``name`` has the form of an AWS Region's name."""
    return re.fullmatch(REGION, name) is not None


def region_of(service: str, host: str) -> str:
    """The region in a service's host name; the global hosts of STS and IAM count as us-east-1."""
    found = re.fullmatch(API_HOSTS[service], host)
    return (found.group(1) if found and found.re.groups and found.group(1) else None) or "us-east-1"
