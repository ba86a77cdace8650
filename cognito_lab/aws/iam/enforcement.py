"""Where the policies are enforced: every request that reaches a service of the lab passes
:func:`authenticated` and :func:`authorize`.

The order is AWS's: is the signature good, whose is it, and what do the policies say. The account's
owner is held back by nothing (on AWS an explicit Deny in a bucket policy would hold back even the owner).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cognito_lab.aws.api import resources, services
from cognito_lab.aws.api.operations import Call
from cognito_lab.aws.iam import policies, presigned_version_2, signatures
from cognito_lab.aws.iam.policies import Policy, Verdict
from cognito_lab.aws.iam.principals import Principal
from cognito_lab.aws.iam.questions import AccessQuestion
from cognito_lab.errors import AwsError
from cognito_lab.network.messages import Request

# Signed operations that no identity-based policy decides alone: anyone may ask who they are, and
# AssumeRole is judged together with the role's trust policy.
WITHOUT_IDENTITY_POLICY = {("sts", "GetCallerIdentity"), ("sts", "AssumeRole")}

Authorizer = Callable[[Request, Call, str], None]
AUTHORIZERS: dict[
    str, Authorizer
] = {}  # services with rules of their own: see :func:`cognito_lab.aws.register`


def authenticated(request: Request, service: str, operation: str, *, public: bool) -> Principal | None:
    """Who makes this request; ``None`` for somebody unknown, who may ask S3 alone.

    Args:
        public: AWS's model asks for no signature: sign-up, ``GetId``, ``AssumeRoleWithWebIdentity``. None is
            looked at then, and the answer is ``None``.

    Raises:
        AwsError: The signature does not hold, or is missing where there must be one.
    """
    if public:
        return None
    service = services.signed_as(service)
    older = presigned_version_2.presigned(request, service)
    key = presigned_version_2.verify(older, request) if older else signatures.verify(request, service)
    if key is None and service != "s3":
        raise signatures.refusal("unsigned", service)
    return key.principal if key is not None else None


def authorize(request: Request, call: Call, resource: str) -> None:
    """Let the policies decide whether ``call`` may be made on ``resource``, an ARN or ``"*"``.

    Raises:
        AwsError: They do not allow it.
    """
    if is_owner(call.principal) or (call.service, call.operation) in WITHOUT_IDENTITY_POLICY:
        return
    AUTHORIZERS.get(call.service, authorize_by_policies)(request, call, resource)


def is_owner(principal: Principal | None) -> bool:
    """The owner of the account may do everything."""
    return principal is not None and principal.kind == "root"


def authorize_by_policies(request: Request, call: Call, resource: str) -> None:
    """The rule of most services: the identity-based policies decide, within the session policies."""
    principal, service = call.principal, call.service
    keys = context(request, principal, **resources.condition_keys(call))
    verdict = verdict_on(principal, f"{service}:{call.operation}", resource, keys)
    if not verdict:
        raise denied(service, verdict, resource, principal)


def verdict_on(
    principal: Principal | None,
    action: str,
    resource: str,
    keys: dict[str, Any],
    resource_policy: Policy | None = None,
) -> Verdict:
    """The verdict on one action. No ``principal`` is somebody unknown; ``keys`` are the condition keys."""
    names = principal.names if principal else {}
    question = AccessQuestion(action, resource, names, keys)
    if principal is None:
        return policies.decide(question, [], resource=resource_policy)
    return policies.decide(question, principal.policies(), principal.session_policy_list(), resource_policy)


def context(request: Request, principal: Principal | None, **more: Any) -> dict[str, Any]:
    """The condition keys of a request (IAM, "AWS global condition context keys"); ``more`` of a service."""
    region = re.search(rf"\.({services.REGION})\.amazonaws\.com$", request.host)
    keys: dict[str, Any] = {
        "aws:CurrentTime": datetime.fromtimestamp(time.time(), UTC).isoformat(),
        "aws:EpochTime": int(time.time()),
        "aws:PrincipalIsAWSService": False,
        "aws:RequestedRegion": region[1] if region else "us-east-1",
        "aws:ViaAWSService": False,
        "aws:SecureTransport": request.url.startswith("https:"),
        "aws:SourceIp": "127.0.0.1",
        "aws:UserAgent": request.headers.get("user-agent"),
        "aws:Referer": request.headers.get("referer"),
        **more,
    }
    if principal is not None:
        keys.update(
            {
                "aws:userid": principal.user_id,
                "aws:username": principal.user_name,
                "aws:PrincipalArn": principal.role_arn or principal.arn,
                "aws:PrincipalAccount": principal.account,
                "aws:PrincipalType": {"role": "AssumedRole", "user": "User", "root": "Account"}[
                    principal.kind
                ],
                **principal.context,
            }
        )
    return {name: value for name, value in keys.items() if value is not None}


def denied(service: str, verdict: Verdict, resource: str, principal: Principal | None) -> AwsError:
    """The refusal in AWS's words, which name the kind of policy; a stranger learns nothing."""
    if principal is None:
        return signatures.refusal("unsigned", "s3")
    named = f'"{resource}"' if service == "s3" else resource
    text = f"User: {principal.arn} is not authorized to perform: {verdict.action} on resource: {named} "
    text += verdict.reason
    if service in ("s3", *services.QUERY_SERVICES):
        return AwsError("AccessDenied", text, 403)
    return AwsError("AccessDeniedException", text, 403 if service in services.REST_SERVICES else 400)
