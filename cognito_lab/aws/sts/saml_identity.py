"""STS AssumeRoleWithSAML: a SAML provider's assertion becomes a session of a role.

As with a web identity the call needs no signature, and the role's trust policy decides. The assertion also
says which roles somebody may take, what the session is called, and how long it may last.

Sources: STS API Reference, "AssumeRoleWithSAML"; IAM User Guide, "Configure SAML assertions for the
authentication response", "Troubleshoot SAML federation with IAM", "Available keys for SAML-based AWS STS
federation". AWS publishes neither the order of its checks nor all of their texts.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
import time
from dataclasses import dataclass, field
from typing import Any

from cognito_lab.aws import saml_assertions
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.cloudtrail import event_history
from cognito_lab.aws.iam import identity_providers
from cognito_lab.aws.sts import web_identity
from cognito_lab.aws.sts.web_identity import WebIdentity
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.protocols import saml_documents
from cognito_lab.protocols.saml_documents import SamlError

ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
REDEEM_SECONDS = 300  # after an assertion was issued
SESSION_NAME = r"[a-zA-Z_0-9+=,.@-]{2,64}"
NAME_ID_FORMATS = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
# AWS's texts, where they are known, for what is not believed.
TEXTS = {
    saml_assertions.NOT_SIGNED: "Response signature invalid",
    saml_assertions.OTHER_ISSUER: "Issuer not present in specified provider",
    saml_assertions.OTHER_AUDIENCE: "Response does not contain the required audience.",
}
# The answer's members by condition key.
TOLD = {
    "sub": "Subject", "sub_type": "SubjectType", "iss": "Issuer", "aud": "Audience",
    "namequalifier": "NameQualifier",
}  # fmt: skip
# The attributes that become condition keys of the trust policy, ``saml:`` before their names.
EDU = "urn:oid:1.3.6.1.4.1.5923.1"
EDU_PERSON = (
    "Affiliation", "Nickname", "OrgDN", "OrgUnitDN", "PrimaryAffiliation", "PrincipalName", "Entitlement",
    "PrimaryOrgUnitDN", "ScopedAffiliation", "TargetedID", "Assurance",
)  # fmt: skip
EDU_ORG = ("HomePageURI", "IdentityAuthNPolicyURI", "LegalName", "SuperiorURI", "WhitePagesURI")
CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
CONDITION_KEYS = {
    **{f"{EDU}.1.1.{number}": f"eduPerson{name}" for number, name in enumerate(EDU_PERSON, 1)},
    **{f"{EDU}.2.1.{number}": f"eduOrg{name}" for number, name in enumerate(EDU_ORG, 2)},
    "urn:oid:2.5.4.3": "cn", f"{CLAIMS}name": "name", f"{CLAIMS}givenname": "givenName",
    f"{CLAIMS}surname": "surname", f"{CLAIMS}emailaddress": "mail",
    "http://schemas.xmlsoap.org/claims/CommonName": "commonName",
}  # fmt: skip


@dataclass(frozen=True)
class SamlIdentity(WebIdentity):
    """A caller whom a SAML provider vouched for.

    ``claims`` are AWS's own condition keys, ``values`` the attributes, and ``roles`` those that the assertion
    pairs with the provider. The session at the provider ``ends`` then (seconds since 1970).
    """

    action: str = "sts:AssumeRoleWithSAML"
    values: dict[str, list[str]] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    ends: float = math.inf

    def context(self) -> dict[str, Any]:
        kept = {f"saml:{name}": self.claims[name] for name in ("namequalifier", "sub", "sub_type")}
        return {**kept, "aws:FederatedProvider": self.federated}

    def asked_tags(self) -> dict[str, list[str]]:
        names = {name: name.removeprefix(f"{ATTRIBUTES}PrincipalTag:") for name in self.values}
        return {key: self.values[name] for name, key in names.items() if key != name}

    def tags(self) -> dict[str, str]:
        return {key: found[0] for key, found in self.asked_tags().items()}

    def user_identity(self) -> dict[str, Any]:
        qualifier, subject = self.claims["namequalifier"], self.claims["sub"]
        who = {"principalId": f"{qualifier}:{subject}", "userName": subject, "identityProvider": qualifier}
        return {"type": "SAMLUser", **who}

    def trust_context(self) -> dict[str, Any]:
        told = {name: self.values[long] for long, name in CONDITION_KEYS.items() if long in self.values}
        keys = {f"saml:{name}": found for name, found in {**told, **self.claims}.items()}
        return {**keys, **super().trust_context()}


@operation("sts", "AssumeRoleWithSAML")
def assume_role_with_saml(call: Call) -> dict[str, Any]:
    web_identity.check_input(call)
    check_principal(call["PrincipalArn"], call["RoleArn"])
    provider = identity_providers.saml_provider(call["PrincipalArn"])
    check_registered(provider)
    identity = verified_identity(provider, call["SAMLAssertion"])
    check_tags(identity)
    event_history.vouched_for(identity.user_identity(), identity.tags())
    name = session_name(identity)
    check_role_named(call["RoleArn"], identity)
    session = web_identity.assume(
        call["RoleArn"],
        name,
        identity,
        duration_seconds=call.get("DurationSeconds", 3600),
        at_most=longest_session(identity),
        session_policies=web_identity.session_policy(call.get("Policy")),
    )
    return session.describe() | {member: identity.claims[key] for key, member in TOLD.items()}


# -- the assertion -------------------------------------------------------------------------------


def check_principal(provider: str, role: str) -> None:
    """The ARN is a SAML provider's, of the role's account (both texts as people report them)."""
    found = identity_providers.SAML_PROVIDER.fullmatch(provider)
    if found is None:
        raise AwsError("ValidationError", "Principal ARN is invalid")
    if f":{found[1]}:" not in role:
        raise AwsError("ValidationError", "Principal exists outside the account of the Role being assumed")


def check_registered(provider: Any) -> None:
    if provider is None:
        raise invalid_token("Specified provider doesn't exist")


def verified_identity(provider: Any, response: str) -> SamlIdentity:
    """Whom ``response`` (base64) speaks for.

    Raises:
        AwsError: ``InvalidIdentityToken``; ``ExpiredTokenException`` where only its time is over;
            ``AccessDenied`` where it names nobody.
    """
    try:
        assertion = identity_providers.verified_assertion(provider, response)
        check_issued(assertion)
        return identity_of(assertion, provider)
    except saml_assertions.Expired as error:
        raise AwsError("ExpiredTokenException", error.message) from error
    except SamlError as error:
        raise invalid_token(TEXTS.get(error.message, error.message)) from error


def check_issued(assertion: Any) -> None:
    """AWS takes no assertion that was issued long ago, whatever it says of its own end."""
    if time.time() >= saml_documents.read_instant(assertion.get("IssueInstant")) + REDEEM_SECONDS:
        raise saml_assertions.Expired("Token must be redeemed within 5 minutes of issuance")


def identity_of(assertion: Any, provider: Any) -> SamlIdentity:
    names = saml_documents.all_of(assertion, "saml:Subject/saml:NameID")
    if len(names) != 1 or not names[0].text:
        raise not_authorized()
    issuer, owner = saml_assertions.issuer_of(assertion), f"{provider.account_id}/{provider.name}"
    said = {
        "iss": issuer,
        "aud": identity_providers.SAML_ENDPOINT,
        "sub": names[0].text,
        "sub_type": names[0].get("Format", "").removeprefix(NAME_ID_FORMATS),
        "doc": owner,
        "namequalifier": base64.b64encode(hashlib.sha1(f"{issuer}{owner}".encode()).digest()).decode(),
    }
    sessions = saml_documents.all_of(assertion, "saml:AuthnStatement[@SessionNotOnOrAfter]")
    ends = [saml_documents.read_instant(found.get("SessionNotOnOrAfter")) for found in sessions]
    return SamlIdentity(
        "saml",
        provider.arn,
        said,
        values=saml_assertions.values_of(assertion),
        roles=tuple(identity_providers.roles_in(assertion, provider.arn)),
        ends=min(ends, default=math.inf),
    )


# -- what it says of the session -----------------------------------------------------------------


def session_name(identity: SamlIdentity) -> str:
    """The attribute ``RoleSessionName``, which AWS cannot do without."""
    names = identity.values.get(f"{ATTRIBUTES}RoleSessionName", [])
    if not names:
        raise invalid_token("RoleSessionName is required in AuthnResponse")
    if len(names) != 1 or not re.fullmatch(SESSION_NAME, names[0]):
        raise invalid_token(f"RoleSessionName in AuthnResponse must match {SESSION_NAME}")
    return names[0]


def check_tags(identity: SamlIdentity) -> None:
    """Up to 50 tags of one value each. Tags for later sessions, and a source identity, are not played."""
    for name in ("TransitiveTagKeys", "SourceIdentity"):
        if f"{ATTRIBUTES}{name}" in identity.values:
            raise OutsideTheLab(f"{name} in a SAML assertion is not played by this lab (AWS has it).")
    asked = identity.asked_tags()
    if len(asked) > 50 or not all(map(web_identity.is_tag, asked, asked.values())):
        raise invalid_token("Invalid session tags in the assertion")


def check_role_named(role: str, identity: SamlIdentity) -> None:
    """The assertion itself must pair the role with the provider."""
    if role not in identity.roles:
        raise not_authorized()


def longest_session(identity: SamlIdentity) -> int:
    """The seconds to which the assertion shortens a session: ``SessionDuration``, ``SessionNotOnOrAfter``."""
    (duration, *_) = identity.values.get(f"{ATTRIBUTES}SessionDuration") or ["43200"]
    if not re.fullmatch("[0-9]{3,5}", duration) or not 900 <= int(duration) <= 43200:
        raise invalid_token("SessionDuration must be a number of seconds from 900 to 43200")
    left = identity.ends - time.time()
    if left < 1:
        raise AwsError("ExpiredTokenException", "The session at the identity provider has ended")
    return int(min(int(duration), left))


def invalid_token(text: str) -> AwsError:
    return AwsError("InvalidIdentityToken", text)


def not_authorized() -> AwsError:
    return AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", 403)
