"""What AWS believes of a SAML answer: one assertion, as it was signed, and meant for whom it is brought to.

Each check is a function of its own; :func:`verify_response` is their order. The answer comes through the
browser of whoever signs in, who may have written any of it: the signature alone says which part is the
provider's, and every later check reads that part and no other.

Sources: OASIS, "Profiles for SAML V2.0", 4.1.4.2 and 4.1.4.3, and "Assertions and Protocols for SAML V2.0",
2.5 and 5.4; Cognito Developer Guide, "Things to know about SAML IdPs in Amazon Cognito user pools". AWS
publishes neither the order of its checks nor all of their texts.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.expiring import Expiring
from cognito_lab.protocols import saml_documents
from cognito_lab.protocols.saml_documents import Metadata, SamlError, all_of, element

NOT_SIGNED = "SAML Assertion signature is invalid."  # AWS's text
OTHER_ISSUER = "The assertion is of another issuer."
OTHER_AUDIENCE = "The assertion is for another audience."


class Expired(SamlError):
    """The assertion's time is over."""


@dataclass(frozen=True)
class Expected:
    """What an answer is held against: the provider, the service's names there, its address, the request.

    ``request_id`` is None where the service asked nothing: the sign-in began at the provider.
    """

    provider: Metadata
    audiences: tuple[str, ...]
    address: str
    request_id: str | None


class SeenAssertions(Expiring[float]):
    """The assertions that were believed: by their issuer and ID, when they end."""

    def end(self, entry: float) -> float:
        return entry


def verify_response(document: bytes, expected: Expected) -> Any:
    """The assertion of a Response, if all of it holds; an element that contains only what was signed.

    Raises:
        SamlError: The first check that does not hold.
    """
    response = saml_documents.parse(document)
    check_status(response)
    check_destination(response, expected)
    assertion = check_signature(response, check_one_assertion(response), expected.provider)
    check_issuer(assertion, expected)
    check_time(assertion)
    check_audience(assertion, expected)
    check_confirmation(assertion, expected)
    check_authentication(assertion)
    return assertion


# -- the answer around the assertion: not signed, so these only refuse -----------------------------


def check_status(response: Any) -> None:
    """A provider that did not sign the person in says so here."""
    if response.tag != element("samlp:Response").tag:
        raise SamlError("The document is not a Response.")
    codes = [code.get("Value") for code in all_of(response, "samlp:Status/samlp:StatusCode")]
    if codes != [saml_documents.SUCCESS]:
        raise SamlError(f"The identity provider's status is {codes}.")


def check_destination(response: Any, expected: Expected) -> None:
    if response.get("Destination", expected.address) != expected.address:
        raise SamlError("The response is for another destination.")


def check_one_assertion(response: Any) -> Any:
    """Exactly one, and where it belongs: of two, one could be checked and the other be read."""
    name = element("saml:Assertion").tag
    found, anywhere = all_of(response, "saml:Assertion"), list(response.iter(name))
    if len(found) != 1 or len(anywhere) != 1:
        raise SamlError(f"The response has {len(anywhere)} assertions; it needs exactly one.")
    return found[0]


# -- the signature -----------------------------------------------------------------------------


def accepted_algorithms() -> dict[str, Any]:
    """Those that count, whatever a signature says of itself: no SHA-1, and nothing with a shared key."""
    from signxml.algorithms import DigestAlgorithm, SignatureMethod

    methods = {SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512}
    digests = {DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}
    return {"signature_methods": frozenset(methods), "digest_algorithms": frozenset(digests)}


def check_signature(response: Any, assertion: Any, provider: Metadata) -> Any:
    """The assertion as its own signature covers it, by a key of the provider's metadata.

    A certificate that the signature brings along counts for nothing, and a signature of the response alone
    is not enough: the pool's metadata ask for signed assertions.
    """
    from lxml.etree import LxmlError
    from signxml.exceptions import SignXMLException
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    rules = SignatureConfiguration(location=f"./{assertion.tag}/", **accepted_algorithms())
    for certificate in provider.certificates:
        try:
            verified: Any = XMLVerifier().verify(
                response, x509_cert=certificate, id_attribute="ID", expect_config=rules
            )
        except (SignXMLException, LxmlError, ValueError):
            continue
        return check_covered(saml_documents.parse(verified.signed_data), assertion)
    raise SamlError(NOT_SIGNED)


def check_covered(signed: Any, assertion: Any) -> Any:
    """A signature names what it covers: it must be this assertion, and not another part of the document."""
    if (signed.tag, signed.get("ID")) != (assertion.tag, assertion.get("ID")):
        raise SamlError(NOT_SIGNED)
    return signed


# -- the assertion: signed, and now is it meant for this sign-in? --------------------------------


def check_issuer(assertion: Any, expected: Expected) -> None:
    if [issuer.text for issuer in all_of(assertion, "saml:Issuer")] != [expected.provider.entity_id]:
        raise SamlError(OTHER_ISSUER)


def check_time(assertion: Any) -> None:
    """The account's clock decides, with nothing added for clocks that differ."""
    for conditions in all_of(assertion, "saml:Conditions"):
        if "NotBefore" in conditions.attrib and time.time() < saml_documents.read_instant(
            conditions.get("NotBefore")
        ):
            raise SamlError("The assertion is not valid yet.")
        if "NotOnOrAfter" in conditions.attrib and has_ended(conditions):
            raise Expired("The assertion has expired.")


def has_ended(part: Any) -> bool:
    return time.time() >= saml_documents.read_instant(part.get("NotOnOrAfter"))


def check_audience(assertion: Any, expected: Expected) -> None:
    """There is a restriction, and every one names this service."""
    restrictions = all_of(assertion, "saml:Conditions/saml:AudienceRestriction")
    named = [[audience.text for audience in all_of(one, "saml:Audience")] for one in restrictions]
    if not named or any(set(expected.audiences).isdisjoint(audiences) for audiences in named):
        raise SamlError(OTHER_AUDIENCE)


def check_confirmation(assertion: Any, expected: Expected) -> None:
    """Some confirmation lets whoever bears the assertion in: here, still, and in answer to this request."""
    for confirmation in all_of(assertion, "saml:Subject/saml:SubjectConfirmation"):
        for bound in all_of(confirmation, "saml:SubjectConfirmationData"):
            if (
                confirmation.get("Method") == saml_documents.BEARER
                and bound.get("Recipient") == expected.address
                and bound.get("InResponseTo") == expected.request_id
                and not has_ended(bound)
            ):
                return
    raise SamlError("The assertion is for another request, or another recipient, or too late.")


def check_authentication(assertion: Any) -> None:
    """It says that somebody signed in, and not only what is known of them."""
    if not all_of(assertion, "saml:AuthnStatement"):
        raise SamlError("The assertion says nothing of an authentication.")


def use_once(assertion: Any, expected: Expected) -> None:
    """For a user pool an assertion counts once."""
    used = moto_patches.account_state(SeenAssertions)
    name = expected.provider.entity_id, assertion.get("ID")
    if name in used:
        raise SamlError("The assertion was used before.")
    ends = [
        saml_documents.read_instant(bound.get("NotOnOrAfter"))
        for bound in all_of(assertion, "saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData")
        if "NotOnOrAfter" in bound.attrib
    ]
    used[name] = max(ends, default=math.inf)


# -- what it says --------------------------------------------------------------------------------


def subject_of(assertion: Any) -> str:
    """The NameID, from which the username is made; raises :class:`SamlError` when there is none."""
    names = [name.text for name in all_of(assertion, "saml:Subject/saml:NameID")]
    if len(names) != 1 or not names[0]:
        raise SamlError("The assertion names nobody: it needs one NameID.")
    return str(names[0])


def issuer_of(assertion: Any) -> str:
    return str(all_of(assertion, "saml:Issuer")[0].text)


def values_of(assertion: Any) -> dict[str, list[str]]:
    """The values of the attributes by name."""
    return {
        str(attribute.get("Name")): [value.text or "" for value in all_of(attribute, "saml:AttributeValue")]
        for attribute in all_of(assertion, "saml:AttributeStatement/saml:Attribute")
    }


def attributes_of(assertion: Any) -> dict[str, str]:
    """The attributes as user pools take them: several values become one text, ``[a, b]``, since AWS documents
    no form."""
    found = values_of(assertion).items()
    return {name: values[0] if len(values) == 1 else f"[{', '.join(values)}]" for name, values in found}
