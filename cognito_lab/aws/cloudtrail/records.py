"""An event as CloudTrail writes it: the record, and the row of ``LookupEvents`` that holds it.

Sources: CloudTrail User Guide, "CloudTrail record contents" and "CloudTrail userIdentity element"; Cognito
guide, "Amazon Cognito logging in AWS CloudTrail"; IAM User Guide, "Logging IAM and AWS STS API calls".
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api import services
from cognito_lab.aws.cloudtrail.event_history import Event, table
from cognito_lab.protocols import jwt_checks

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
HIDING = ("cognito-idp", "cognito-identity")  # the services that say that they hide something
ANONYMOUS = {"type": "Unknown", "principalId": "Anonymous"}
STRANGER = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}  # of S3
TYPES = {"root": "Root", "user": "IAMUser", "role": "AssumedRole"}


def row(event: Event) -> dict[str, Any]:
    """The event as ``LookupEvents`` lists it."""
    record = record_of(event)
    who = record["userIdentity"]
    user = who["arn"].rpartition("/")[2] if who["type"] == "AssumedRole" else who.get("userName")
    found = {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(event.is_read).lower(),
        "AccessKeyId": who.get("accessKeyId"),
        "EventTime": datetime.fromtimestamp(int(event.time), UTC),
        "EventSource": record["eventSource"],
        "Username": "root" if who["type"] == "Root" else user,
        "Resources": resources_of(event),
        "CloudTrailEvent": json.dumps(record),
    }
    return {name: value for name, value in found.items() if value is not None}


def record_of(event: Event) -> dict[str, Any]:
    """The whole record."""
    result, code, message = outcome(event)
    model = moto_patches.service_model(event.service).operation_model(event.operation)
    asked = json.loads(event.asked or "null")
    sub = event.sub or ("" if code else sub_in(asked, result))
    # A service that refuses for want of a right has not read the input yet; S3 and unsigned calls differ.
    unread = code.startswith("AccessDenied") and event.service != "s3" and not isinstance(event.who, dict)
    if unread:
        asked = None
    identifier = event.request_id or made_id("request", event)
    return {
        "eventVersion": "1.11",
        "userIdentity": user_identity(event),
        "eventTime": f"{datetime.fromtimestamp(event.time, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{services.signed_as(event.service)}.amazonaws.com",
        "eventName": table()["names"].get(event.service, {}).get(event.operation, event.operation),
        "awsRegion": event.region,
        "sourceIPAddress": event.source,
        "userAgent": event.agent,
        **({"errorCode": code, "errorMessage": message} if code else {}),
        "requestParameters": parameters_of(event, told(event.service, model.input_shape, asked or None)),
        "responseElements": told(event.service, model.output_shape, result) if result else None,
        **({"additionalEventData": {"sub": sub}} if sub else {}),
        "requestID": identifier,
        "eventID": made_id(identifier, event),
        "readOnly": event.is_read,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": moto_patches.ACCOUNT,
        "eventCategory": "Management",
    }


def made_id(of: str, event: Event) -> str:
    """An id that is the same whenever the event is shown. It takes nothing from the account's chance."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{of} {event.time} {event.number}"))


def outcome(event: Event) -> tuple[dict[str, Any], str, str]:
    """The answer, and code and text of the refusal: ``({…}, "", "")`` or ``({}, code, text)``.

    STS does not tell the history why a role's trust policy refused a token (AWS re:Post).
    """
    from botocore.parsers import create_parser

    result, code, message = event.result or {}, "", ""
    if event.error is not None:
        code, message = event.error.code, event.error.message
    elif event.body:
        model = moto_patches.service_model(event.service)
        answer = {"status_code": event.status, "headers": {}, "body": event.body}
        shape = model.operation_model(event.operation).output_shape
        parsed = create_parser(model.metadata["protocol"]).parse(answer, shape)
        parsed.pop("ResponseMetadata", None)
        error = parsed.get("Error", {}) if event.status >= 400 else {}
        code, message = error.get("Code", ""), error.get("Message", "")
        result = {} if code or event.service == "s3" else parsed
    if code == "AccessDenied" and event.operation.startswith("AssumeRoleWith"):
        message = "An unknown error occurred"
    return result, code, message


def sub_in(asked: Any, result: dict[str, Any]) -> str:
    """The ``sub`` of a new user, or in the access token of a call that was carried out."""
    try:
        return str(result.get("UserSub") or jwt_checks.decode_unverified(asked["AccessToken"])[1]["sub"])
    except (KeyError, TypeError, jwt_checks.NotAToken):
        return ""


def parameters_of(event: Event, asked: dict[str, Any] | None) -> dict[str, Any] | None:
    """The input with the names that the service gives its members in events; ``None`` for none."""
    names = table()["members"].get(event.service, {})
    named = {names.get(name, name): value for name, value in (asked or {}).items()}
    return {**named, **({"principalTags": event.tags} if event.tags else {})} or None


def told(service: str, shape: Any, value: Any) -> Any:
    """``value`` as events have it: members begin with a small letter, and secrets are hidden or left out."""
    if shape is None:
        return None
    if is_sensitive(shape):
        return HIDDEN if service in HIDING else None
    if shape.type_name == "structure" and isinstance(value, dict):
        inner = {
            name: told(service, shape.members[name], value[name]) for name in shape.members if name in value
        }
        return {name[0].lower() + name[1:]: one for name, one in inner.items() if one is not None}
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: told(service, shape.value, one) for key, one in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [told(service, shape.member, one) for one in value]
    return date_text(value) if isinstance(value, datetime) else value


def is_sensitive(shape: Any) -> bool:
    more = table()["shapes"]
    return shape.name in more["sensitive"] or (
        bool(shape.metadata.get("sensitive")) and shape.name not in more["told"]
    )


def date_text(moment: datetime) -> str:
    """``Jun 1, 2026 9:00:00 AM``, which is how events have the dates of an answer."""
    moment = moment.astimezone(UTC)
    return f"{moment:%b} {moment.day}, {moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p}"


def user_identity(event: Event) -> dict[str, Any]:
    """Who made the call: the element ``userIdentity``."""
    who = event.who
    if isinstance(who, dict):
        return who
    if who is None:
        return STRANGER if event.service == "s3" else ANONYMOUS
    known = {
        "type": TYPES[who.kind],
        "principalId": who.user_id,
        "arn": who.arn,
        "accountId": who.account,
        "accessKeyId": who.access_key_id,
    }
    if who.kind == "user":
        known["userName"] = who.user_name
    return known | ({"sessionContext": session_context(who)} if who.kind == "role" else {})


def session_context(who: Any) -> dict[str, Any]:
    """Of which role a session is, since when, and what an identity provider said of whose it is."""
    issuer = {
        "type": "Role",
        "principalId": who.user_id.partition(":")[0],
        "arn": who.role_arn,
        "accountId": who.account,
        "userName": who.role_name,
    }
    created = who.context.get("aws:TokenIssueTime")
    context = {"sessionIssuer": issuer, "attributes": {"creationDate": created, "mfaAuthenticated": "false"}}
    provider = who.context.get("aws:FederatedProvider", "")
    if provider and ":saml-provider/" not in provider:
        start = provider.partition("oidc-provider/")[2] or provider
        said = {key: value for key, value in who.context.items() if key.startswith(f"{start}:")}
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in said.items()}
        context["webIdFederationData"] = {"federatedProvider": provider, "attributes": texts}
    return context


def resources_of(event: Event) -> list[dict[str, str]]:
    """What the event was about, as ``LookupEvents`` lists and finds it."""
    asked = json.loads(event.asked or "{}")
    members = table()["resources"].get(event.service, {})
    return [
        {"ResourceType": kind, "ResourceName": asked[name]}
        for name, kind in members.items()
        if asked.get(name)
    ]
