"""STS AssumeRoleWithWebIdentity: a token of an identity provider becomes a session of a role.

The call needs no AWS signature: the token speaks for the caller, and the role's trust policy decides.
An app makes this call itself in the basic flow; in the enhanced flow an identity pool makes it, and
comes in at :func:`assume` (STS page "AssumeRoleWithWebIdentity").
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cognito_lab.aws import jwt_issuers, moto_patches, opaque_tokens
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.cloudtrail import event_history
from cognito_lab.aws.iam import enforcement, policies, policy_documents
from cognito_lab.aws.iam.policy_documents import parsed
from cognito_lab.aws.sts import role_sessions
from cognito_lab.aws.sts.role_sessions import RoleSession
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network import exchanges
from cognito_lab.protocols import jwt_checks

ASSUME_ROLE_WITH_WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
TAG_SESSION = "sts:TagSession"
TAGS = "https://aws.amazon.com/tags"  # the claim with the session tags that a token asks for
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
TAG = r"[\w\s.:/=+\-@]"  # what a tag's key and value are made of
IDENTITY_POOLS = "cognito-identity.amazonaws.com"
GOOGLE = "accounts.google.com"
ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
MOST_OF_SESSION = 2048  # characters of a session policy
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements"
)
NOT_A_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"


def keys_of_request() -> dict[str, Any]:
    """The condition keys of the request that is being answered."""
    return enforcement.context(exchanges.current_request(), None)


@dataclass(frozen=True)
class WebIdentity:
    """A caller whom an identity provider vouched for.

    ``provider`` is the issuer without ``https://``, with which condition keys start; ``federated`` is
    what a trust policy names: the provider, or the ARN under which IAM knows it. ``request`` has the
    condition keys of the request with which STS is asked.
    """

    provider: str
    federated: str
    claims: dict[str, Any]
    action: str = ASSUME_ROLE_WITH_WEB_IDENTITY
    request: dict[str, Any] = field(default_factory=keys_of_request)

    def context(self) -> dict[str, Any]:
        """The condition keys that the trust policy sees and the session keeps (IAM page "Condition keys")."""
        chosen: dict[str, Any] = {name: self.claims.get(name) for name in ("aud", "sub")}
        if self.provider == IDENTITY_POOLS:
            chosen["amr"] = self.claims["amr"]
        if self.provider == GOOGLE:
            chosen["oaud"] = self.claims["aud"]
            chosen["aud"] = self.claims.get("azp", self.claims["aud"])
        if known := opaque_tokens.ISSUERS.get(self.federated):
            chosen = {name: self.claims[name] for name in (known.app, known.user)}
        keys = {f"{self.provider}:{name}": value for name, value in chosen.items()}
        return {**keys, "aws:FederatedProvider": self.federated}

    def tags(self) -> dict[str, str]:
        """The session tags that the token asks for (IAM, "Pass session tags in AWS STS")."""
        asked = self.claims.get(TAGS, {}).get("principal_tags", {})
        return {key: value if isinstance(value, str) else value[0] for key, value in asked.items()}

    def user_identity(self) -> dict[str, Any]:
        """Who asks, as CloudTrail has it (CloudTrail User Guide, "userIdentity element")."""
        subject = str(self.claims["sub"])
        named = f"{self.federated}:{jwt_checks.audiences(self.claims)[0]}:{subject}"
        who = {"principalId": named, "userName": subject, "identityProvider": self.federated}
        return {"type": "WebIdentityUser", **who}

    def trust_context(self) -> dict[str, Any]:
        """The condition keys that only the trust policy sees."""
        keys = {f"aws:RequestTag/{key}": value for key, value in self.tags().items()}
        return {**keys, "aws:TagKeys": list(self.tags())} if keys else {}


@operation("sts", "AssumeRoleWithWebIdentity")
def assume_role_with_web_identity(call: Call) -> dict[str, Any]:
    check_input(call)
    token, provider = call["WebIdentityToken"], call.get("ProviderId")
    identity = opaque_web_identity(provider, token) if provider else verified_web_identity(token)
    event_history.vouched_for(identity.user_identity(), identity.tags())
    session = assume(
        call["RoleArn"],
        call["RoleSessionName"],
        identity,
        duration_seconds=call.get("DurationSeconds", 3600),
        session_policies=session_policy(call.get("Policy")),
    )
    return described(session, identity)


def described(session: RoleSession, identity: WebIdentity) -> dict[str, Any]:
    """What STS answers."""
    return {
        **session.describe(),
        "SubjectFromWebIdentityToken": identity.claims["sub"],
        "Provider": identity.federated,
        "Audience": jwt_checks.audiences(identity.claims)[0],
    }


def check_input(call: Call) -> None:
    for member in ("PolicyArns", "MinimumSessionTokenSize"):
        if member in call.parameters:
            raise OutsideTheLab(f"{call.operation} with {member} is not played by this lab (AWS has it).")
    if call.get("ProviderId", opaque_tokens.AMAZON) not in opaque_tokens.ISSUERS:
        raise OutsideTheLab(f"ProviderId can be {' or '.join(opaque_tokens.ISSUERS)}: AWS knows no other.")


# -- the token -----------------------------------------------------------------------------------


def verified_web_identity(token: str) -> WebIdentity:
    """Whom ``token`` speaks for; else ``InvalidIdentityToken`` or ``ExpiredTokenException``."""
    try:
        _, claims = jwt_checks.decode_unverified(token)
    except jwt_checks.NotAToken:
        raise AwsError("InvalidIdentityToken", NOT_A_JWT) from None
    identity = provider_of_token(claims)
    check_signature(identity, token)
    check_claims(claims)
    check_audience(identity)
    check_expiry(claims)
    check_tags(claims)
    return identity


def opaque_web_identity(provider: str, token: str) -> WebIdentity:
    """Whom an access token of Facebook or Amazon speaks for, as they say now.

    Raises ``IDPRejectedClaim`` (403) for a token that does not count, or not any more, and
    ``IDPCommunicationError`` where the provider does not answer.
    """
    try:
        return WebIdentity(provider, provider, opaque_tokens.look_up("sts", provider, token))
    except opaque_tokens.NotValid:
        raise AwsError("IDPRejectedClaim", f"{provider} does not accept the token.", status=403) from None
    except opaque_tokens.NoAnswer:
        raise AwsError("IDPCommunicationError", f"{provider} does not respond.") from None


def provider_of_token(claims: dict[str, Any]) -> WebIdentity:
    """The provider that the token names: built into IAM, or registered in the account."""
    provider = str(claims.get("iss", "")).removeprefix("https://")
    if provider in (IDENTITY_POOLS, GOOGLE):
        return WebIdentity(provider, provider, claims)
    registered = f"arn:aws:iam::{moto_patches.ACCOUNT}:oidc-provider/{provider}"
    if registered in moto_patches.iam().open_id_providers:
        return WebIdentity(provider, registered, claims)
    raise AwsError(
        "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {claims.get('iss')}"
    )


def check_signature(identity: WebIdentity, token: str) -> None:
    """The provider itself must have signed the token."""
    try:
        address = jwt_issuers.keys_address("sts", f"https://{identity.provider}")
        jwt_issuers.check_signature("sts", token, address, ALGORITHMS)
    except jwt_issuers.NoKey:
        raise AwsError("InvalidIdentityToken", NO_KEY) from None
    except jwt_issuers.BadSignature:
        raise AwsError("InvalidIdentityToken", "Token signature invalid") from None


def check_claims(claims: dict[str, Any]) -> None:
    if name := jwt_checks.missing(claims, ("sub", "aud", "exp")):
        raise AwsError("InvalidIdentityToken", f"Missing a required claim: {name}")


def check_audience(identity: WebIdentity) -> None:
    """A provider registered in IAM lists its audiences there; for the built-in ones the trust policy does."""
    registered = moto_patches.iam().open_id_providers.get(identity.federated)
    if registered is not None and not jwt_checks.is_for_any(identity.claims, registered.client_id_list):
        raise AwsError("InvalidIdentityToken", "Incorrect token audience")


def check_expiry(claims: dict[str, Any]) -> None:
    if jwt_checks.has_ended(claims):
        now = time.time()
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {_iso_z(now)} must be before the expiration date/time "
            f"{_iso_z(claims['exp'])}",
        )


def check_tags(claims: dict[str, Any]) -> None:
    """Up to 50 tags of one value each. AWS does not say with which code it refuses others."""
    claim = claims.get(TAGS, {})
    asked = claim.get("principal_tags", {}) if isinstance(claim, dict) else None
    if not isinstance(asked, dict) or len(asked) > 50 or not all(map(is_tag, asked, asked.values())):
        raise AwsError("InvalidIdentityToken", f"Invalid session tags in the claim {TAGS}")
    if SOURCE_IDENTITY in claims:
        raise OutsideTheLab("A token's SourceIdentity is not played by this lab (AWS has it).")
    if claim.get("transitive_tag_keys"):
        raise OutsideTheLab("Transitive session tags are not played by this lab (AWS has them).")


def is_tag(key: str, value: Any) -> bool:
    """Whether STS takes the tag: its value is a text, or a list of one."""
    text = value[0] if isinstance(value, list) and len(value) == 1 else value
    good = isinstance(text, str) and re.fullmatch(rf"{TAG}{{0,256}}", text)
    return bool(good and re.fullmatch(rf"{TAG}{{1,128}}", key))


# -- the role ------------------------------------------------------------------------------------


def assume(
    role_arn: str,
    session_name: str,
    identity: WebIdentity,
    *,
    duration_seconds: int = 3600,
    at_most: int = 43200,
    session_policies: Sequence[dict[str, Any]] = (),
) -> RoleSession:
    """A session of the role for ``identity``, of at most ``at_most`` seconds, if the trust policy lets it in.

    Raises ``AccessDenied`` (403) when the trust policy says no, or there is no such role: AWS does not
    tell a stranger which. Raises ``ValidationError`` for a longer session than the role allows.
    """
    role = next((role for role in moto_patches.iam().roles.values() if role.arn == role_arn), None)
    verdict = trust_allows(role, identity) if role is not None else None
    if not verdict:
        raise AwsError("AccessDenied", f"Not authorized to perform {identity.action}", status=403)
    check_may_tag(role, identity)
    check_duration(role, duration_seconds)
    return role_sessions.start_session(
        role_arn,
        session_name,
        min(duration_seconds, at_most),
        session_policies=session_policies,
        context=identity.context(),
        tags=identity.tags(),
    )


def trust_allows(role: Any, identity: WebIdentity, action: str = "") -> policies.Verdict:
    """The role's trust policy: may this provider's caller take the role, under these conditions?"""
    document = parsed(role.assume_role_policy_document)
    principal = {"Federated": identity.federated}
    keys = {**identity.request, **identity.context(), **identity.trust_context()}
    return policies.evaluate_trust(document, action or identity.action, principal, keys)


def check_may_tag(role: Any, identity: WebIdentity) -> None:
    """A session with tags needs a second right in the trust policy (Cognito guide, "Using attributes for
    access control")."""
    if identity.tags() and not (verdict := trust_allows(role, identity, TAG_SESSION)):
        raise AwsError("AccessDenied", f"Not authorized to perform {verdict.action}", status=403)


def check_duration(role: Any, seconds: int) -> None:
    if seconds > int(role.max_session_duration or 3600):
        text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise AwsError("ValidationError", text)


def session_policy(text: str | None) -> list[dict[str, Any]]:
    """The inline session policy of a call, as a list of one document or none."""
    if text is not None and len(text) > MOST_OF_SESSION:
        rule = f"Member must have length less than or equal to {MOST_OF_SESSION}"
        said = f"1 validation error detected: Value at 'policy' failed to satisfy constraint: {rule}"
        raise AwsError("ValidationError", said)
    return [] if text is None else [policy_documents.validated(text, policies.SESSION)]


def _iso_z(seconds: Any) -> str:
    """A time as AWS writes it; what is no time, as it is."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")
    except (TypeError, ValueError, OverflowError):
        return str(seconds)
