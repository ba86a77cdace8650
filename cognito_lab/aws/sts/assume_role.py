"""STS: who am I, and may I take this role. And what IAM refuses to save.

Sources: STS API Reference, "AssumeRole" and "GetCallerIdentity"; Cognito Developer Guide, "IAM roles".
"""

from __future__ import annotations

from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, check_before, operation
from cognito_lab.aws.iam import enforcement, policies, policy_documents, principals
from cognito_lab.aws.iam.policies import IDENTITY, TRUST, Policy, Verdict
from cognito_lab.aws.iam.policy_documents import parsed
from cognito_lab.aws.iam.questions import Document
from cognito_lab.aws.sts import role_sessions, web_identity
from cognito_lab.aws.sts.web_identity import IDENTITY_POOLS as POOLS
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network import exchanges

ASSUME_ROLE = "sts:AssumeRole"
CHAINED = 3600  # seconds: the longest session of a role that was taken with the credentials of another role


@operation("sts", "GetCallerIdentity")
def get_caller_identity(call: Call) -> dict[str, Any]:
    """Needs no right: it cannot be denied."""
    return {"UserId": call.principal.user_id, "Account": call.principal.account, "Arn": call.principal.arn}


@operation("sts", "AssumeRole")
def assume_role(call: Call) -> dict[str, Any]:
    played = {"RoleArn", "RoleSessionName", "DurationSeconds", "Policy", "ExternalId"}
    extra = sorted(call.parameters.keys() - played)
    if extra:
        raise OutsideTheLab(f"AssumeRole with {', '.join(extra)} is not played by this lab (AWS has it).")
    check_not_owner(call)
    role = next((role for role in moto_patches.iam().roles.values() if role.arn == call["RoleArn"]), None)
    verdict = trust_allows(role, call) if role is not None else None
    if role is None or not verdict:
        text = f"User: {call.principal.arn} is not authorized to perform: {ASSUME_ROLE} "
        text += f"on resource: {call['RoleArn']}"
        # STS names the kind of policy for an explicit deny alone.
        raise AwsError(
            "AccessDenied",
            f"{text} {verdict.reason}" if verdict is not None and verdict.explicit else text,
            403,
        )
    seconds = call.get("DurationSeconds", 3600)
    web_identity.check_duration(role, seconds)
    check_chaining(call, seconds)
    session = role_sessions.start_session(
        role.arn,
        call["RoleSessionName"],
        seconds,
        session_policies=web_identity.session_policy(call.get("Policy")),
    )
    return session.describe()


def check_not_owner(call: Call) -> None:
    """AWS lets no root user take a role: a role is for users, other roles and outside identities."""
    if enforcement.is_owner(call.principal):
        raise AwsError("AccessDenied", "Roles may not be assumed by root accounts.", 403)


def trust_allows(role: Any, call: Call) -> Verdict:
    """The trust policy must name the caller; where it names the account, the caller's policies must agree."""
    trust = Policy(TRUST, "trust policy", parsed(role.assume_role_policy_document))
    given = {"sts:ExternalId": call.get("ExternalId"), "sts:RoleSessionName": call["RoleSessionName"]}
    keys = enforcement.context(exchanges.current_request(), call.principal, **given)
    named = policies.evaluate_trust(trust.document, ASSUME_ROLE, call.principal.names, keys)
    return enforcement.verdict_on(call.principal, ASSUME_ROLE, role.arn, keys, trust) if named else named


def check_chaining(call: Call, seconds: int) -> None:
    if call.principal.kind == "role" and seconds > CHAINED:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles "
            "assumed by role chaining",
        )


# -- what IAM refuses to save ----------------------------------------------------------------------

# The largest policies (IAM, "IAM and AWS STS quotas"), and what is said of a larger one.
QUOTAS = {
    "PutRolePolicy": (10_240, "Maximum policy size of {most} bytes exceeded for role {name}"),
    "PutUserPolicy": (2_048, "Maximum policy size of {most} bytes exceeded for user {name}"),
    "CreatePolicy": (6_144, "Cannot exceed quota for PolicySize: {most}"),
    "CreateRole": (2_048, "Cannot exceed quota for ACLSizePerRole: {most}"),
    "UpdateAssumeRolePolicy": (2_048, "Cannot exceed quota for ACLSizePerRole: {most}"),
}


@check_before("iam", "PutRolePolicy")
@check_before("iam", "PutUserPolicy")
@check_before("iam", "CreatePolicy")
def check_identity_policy(call: Call) -> None:
    """The document must be sound, and must not say whom it is about: that is whoever it is put on."""
    policy_documents.validated(call["PolicyDocument"], IDENTITY)
    check_size(call, call["PolicyDocument"])


@check_before("iam", "UpdateAssumeRolePolicy")
def check_trust_policy(call: Call) -> None:
    text = call.get("AssumeRolePolicyDocument") or call["PolicyDocument"]
    document = policy_documents.validated(text, TRUST)
    principals.check_named(document)
    check_names_a_pool(document)
    check_size(call, text)


def check_size(call: Call, text: str) -> None:
    """A policy has a largest size, white space apart. Inline policies of a role or user count together."""
    most, refusal = QUOTAS[call.operation]
    iam, name = moto_patches.iam(), call.get("RoleName") or call.get("UserName")
    holders = {"PutRolePolicy": iam.roles, "PutUserPolicy": iam.users}.get(call.operation, {}).values()
    holder = next((one for one in holders if one.name == name), None)
    inline = {**(holder.policies if holder else {}), call.get("PolicyName"): text}
    if sum(len("".join(each.split())) for each in inline.values()) > most:
        raise AwsError("LimitExceeded", refusal.format(most=most, name=name), 409)


def check_names_a_pool(document: Document) -> None:
    """A role for identity pools must say for which pool, or anybody's pool could open it."""
    statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    for statement in statements:
        keys = {key.lower() for keys in statement.get("Condition", {}).values() for key in keys}
        named = policies.named_by(statement.get("Principal"), {"Federated": POOLS})
        if statement["Effect"] == "Allow" and named == POOLS and f"{POOLS}:aud" not in keys:
            raise AwsError(
                "MalformedPolicyDocument",
                f"A trust policy for {POOLS} must have a condition on {POOLS}:aud, the identity pool",
            )


@check_before("iam", "CreateRole")
def check_role(call: Call) -> None:
    check_no_boundary(call)
    check_trust_policy(call)


@check_before("iam", "CreateUser")
def check_no_boundary(call: Call) -> None:
    """A limit that is not enforced must not be taken as if it were."""
    if "PermissionsBoundary" in call.parameters:
        raise OutsideTheLab(
            f"{call.operation} with PermissionsBoundary is not played by this lab (AWS has it)."
        )


@check_before("iam", "AttachRolePolicy")
@check_before("iam", "GetPolicy")
@check_before("iam", "GetPolicyVersion")
def check_not_managed_by_aws(call: Call) -> None:
    """AWS has policies of its own. That they do not exist, as moto would say, is not true."""
    if call["PolicyArn"].startswith("arn:aws:iam::aws:policy/"):
        raise OutsideTheLab(
            f"{call['PolicyArn']} is AWS's own, and not in this lab: write a policy of your own."
        )
