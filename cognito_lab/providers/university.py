"""A stand-in for a university's sign-in: a SAML 2.0 identity provider that signs what it says of a person.

A sign-in goes

    the pool's request, by redirect → choose an account → a form that posts the signed answer to the pool

and as with Google there are no passwords: who chooses an account is that person. AWS sends no request: a
sign-in there begins here, at :meth:`University.sign_in_address`. It answers only services that it knows, and
only at the address registered for each. No script runs in its pages, so the form that
other providers send by a script has a button here.

Sources: OASIS, "Profiles for SAML V2.0", 4.1 (web browser SSO), and "Bindings for SAML V2.0", 3.4 and 3.5.
"""

from __future__ import annotations

import string
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from cognito_lab import randomness
from cognito_lab.errors import OutsideTheLab
from cognito_lab.expiring import Expiring
from cognito_lab.network import account_lock
from cognito_lab.network.forms import OAuthError, read_form
from cognito_lab.network.messages import Headers, Request, Response
from cognito_lab.protocols import saml_documents, signing_keys
from cognito_lab.protocols.saml_documents import SamlError, element
from cognito_lab.providers.pages import error_page, page

UNIVERSITY_HOST = "idp.northshore.example"
NAME = "North Shore University"
METADATA_URL = f"https://{UNIVERSITY_HOST}/metadata"  # its entity ID too, as is usual
SIGN_IN_URL = f"https://{UNIVERSITY_HOST}/sso"
PAGE_SECONDS = 24 * 3600
PASSWORD_OVER_TLS = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


@dataclass(frozen=True)
class Person:
    """Somebody of the university; ``name_id`` never changes, ``attributes`` may each have several values."""

    name_id: str
    email: str
    name: str
    attributes: Mapping[str, tuple[str, ...]] = field(repr=False)


Claims = Callable[[Person], Mapping[str, str | Iterable[str]]]


@dataclass(frozen=True)
class SignIn:
    """What a service asked for: its entity ID, where the answer goes, and the two ids to give back.

    ``request_id`` is None where it asked nothing: the person began here.
    """

    service: str
    address: str
    request_id: str | None
    relay_state: str
    expires: float = 0.0  # of the page on a screen (seconds since 1970)


class University:
    """A SAML identity provider as one account of the lab sees it: its people, and the services it knows."""

    service: ClassVar[str] = "university"
    hosts: ClassVar[str] = UNIVERSITY_HOST.replace(".", r"\.")
    metadata_url = METADATA_URL

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}  # by e-mail address
        self.services: dict[str, str] = {}  # entity ID: the address for its answers
        self._claims: dict[str, Claims] = {}  # entity ID: what only this service is told of a person
        self._open: Expiring[SignIn] = Expiring()  # pages on a screen

    # -- what its administrators do --------------------------------------------------------------

    def register_service(self, entity_id: str, answers_to: str, claims: Claims | None = None) -> None:
        """Let a service have people signed in.

        Args:
            entity_id: Its name, such as ``"urn:amazon:webservices"``.
            answers_to: Its assertion consumer service URL.
            claims: Says for a :class:`Person` which attributes this service is told beside the usual ones: a
                text or several by name.
        """
        self.services[entity_id] = answers_to
        self._claims[entity_id] = claims or (lambda person: {})

    def sign_in_address(self, entity_id: str) -> str:
        """Where people begin a sign-in at a service that asks for none, such as AWS."""
        return f"{SIGN_IN_URL}?{urlencode({'providerId': entity_id})}"

    @account_lock.LOCK
    def add_person(self, email: str, name: str, given_name: str, family_name: str, **more: Any) -> Person:
        """Somebody new. ``more``: further attributes, each a text or several.

        Raises ValueError when somebody has this address already.
        """
        if email in self.people:
            raise ValueError(f"{email} is somebody's already")
        told = {"mail": email, "displayName": name, "givenName": given_name, "sn": family_name, **more}
        name_id = randomness.text(16, string.ascii_lowercase + string.digits)
        self.people[email] = Person(name_id, email, name, as_values(told))
        return self.people[email]

    def join(self, email: str, name: str, given_name: str, family_name: str) -> Person:
        """Somebody new who is a student there."""
        return self.add_person(
            email, name, given_name, family_name, eduPersonAffiliation=("member", "student")
        )

    # -- what it publishes -----------------------------------------------------------------------

    @cached_property
    def key(self) -> signing_keys.SigningKey:
        """The key that signs assertions."""
        return signing_keys.new_key()

    @cached_property
    def certificate(self) -> str:
        """The certificate of the key, PEM. It only carries the key: nobody vouches for it, or need."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization

        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, UNIVERSITY_HOST)])
        made = x509.CertificateBuilder(name, name, self.key.public, 1)
        made = made.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        made = made.not_valid_after(datetime(2049, 12, 31, tzinfo=UTC))
        signed = made.sign(self.key.private, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def metadata(self) -> str:
        """The metadata document: for a pool's ``MetadataFile``; the pool can also read it at the URL."""
        certificate = "".join(self.certificate.splitlines()[1:-1])
        data = element("ds:X509Data", None, element("ds:X509Certificate", None, certificate))
        key = element("md:KeyDescriptor", {"use": "signing"}, element("ds:KeyInfo", None, data))
        where = element(
            "md:SingleSignOnService", {"Binding": saml_documents.REDIRECT, "Location": SIGN_IN_URL}
        )
        protocol = {"protocolSupportEnumeration": saml_documents.NAMESPACES["samlp"]}
        role = element("md:IDPSSODescriptor", protocol, key, where)
        return saml_documents.serialise(
            element("md:EntityDescriptor", {"entityID": METADATA_URL}, role)
        ).decode()

    # -- requests --------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        """One HTTP request; OutsideTheLab for an address that is not played."""
        handler = ROUTES.get((request.method, request.path))
        if handler is None:
            raise OutsideTheLab(f"{request.method} {request.url} is not played by this lab's {NAME}.")
        try:
            return handler(self, request)
        except OAuthError as error:
            return error_page(NAME, error)

    def publish(self, request: Request) -> Response:
        fields = Headers({"content-type": "application/samlmetadata+xml", "cache-control": "no-store"})
        return Response(200, fields, self.metadata.encode())

    def sign_in(self, request: Request) -> Response:
        """A service's request for authentication, or the name of one that sends none; choose an account."""
        number = randomness.text(40)
        self._open[number] = self._read(read_form(request))
        people = {person.email: f"{person.name} ({person.email})" for person in self.people.values()}
        told = {"service": self._open[number].service, "accounts": people}
        form = {"action": "/choose", "hidden": {"sign_in": number}}
        return page(NAME, "choose_account.html", {**told, **form})

    def choose(self, request: Request) -> Response:
        """The signed answer, in a form that the person's browser posts to the service."""
        fields = read_form(request)
        asked = self._open.pop(fields.get("sign_in", ""), None)
        person = self.people.get(fields.get("account", ""))
        if asked is None or person is None:
            raise SamlError("This page was used already, or never shown. Start again.")
        posted = self._answer_to(asked, person)
        return page(NAME, "answer.html", {"action": asked.address, "hidden": posted})

    def answer_by_hand(
        self, address: str, account: str, *, signed: bool = True, audience: str = "", minutes: float = 5
    ) -> tuple[str, dict[str, str]]:
        """Where the answer goes to the request at ``address`` (a pool's redirect, or
        :meth:`sign_in_address`), and the form's fields, without the pages.

        The last three make answers that no service should believe: ``signed=False``, another ``audience``, or
        one that ends ``minutes`` from now, which may be less than 0.
        """
        asked = self._read(dict(parse_qsl(urlsplit(address).query)))
        fields = self._answer_to(asked, self.people[account], signed, audience=audience, minutes=minutes)
        return asked.address, fields

    # -- small parts -----------------------------------------------------------------------------

    def _read(self, fields: Mapping[str, str]) -> SignIn:
        """The request, which is unsigned and so believed in nothing that the registration can say."""
        relay_state, expires = fields.get("RelayState", ""), time.time() + PAGE_SECONDS
        if "providerId" in fields:
            address = check_service(self.services, fields["providerId"], None)
            return SignIn(fields["providerId"], address, None, relay_state, expires)
        root = saml_documents.parse(saml_documents.inflate(fields.get("SAMLRequest", "")))
        service = next((issuer.text or "" for issuer in saml_documents.all_of(root, "saml:Issuer")), "")
        address = check_service(self.services, service, root.get("AssertionConsumerServiceURL"))
        return SignIn(service, address, root.get("ID", ""), relay_state, expires)

    def _answer_to(self, asked: SignIn, person: Person, signed: bool = True, **more: Any) -> dict[str, str]:
        told = {**person.attributes, **as_values(self._claims[asked.service](person))}
        assertion = make_assertion(asked, replace(person, attributes=told), **more)
        assertion = sign(assertion, self.key, self.certificate) if signed else assertion
        document = saml_documents.serialise(make_response(asked, assertion))
        return {"SAMLResponse": saml_documents.encode(document), "RelayState": asked.relay_state}


def check_service(services: Mapping[str, str], service: str, address: str | None) -> str:
    """The registered address: to send an answer elsewhere would sign in whoever asked as somebody else."""
    if service not in services:
        raise SamlError(f"{service or 'A service without a name'} is not known here.")
    if address not in (None, services[service]):
        raise SamlError(f"{address} is not the address registered for {service}.")
    return services[service]


def as_values(told: Mapping[str, str | Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Attributes with their values, where one value may stand alone."""
    return {name: (found,) if isinstance(found, str) else tuple(found) for name, found in told.items()}


def in_response_to(asked: SignIn) -> dict[str, str]:
    return {} if asked.request_id is None else {"InResponseTo": asked.request_id}


def _id() -> str:
    return f"_{randomness.octets(16).hex()}"  # an XML id begins with no digit


def make_response(asked: SignIn, assertion: Any) -> Any:
    """A Response with one assertion. It is not signed itself: what counts is in the assertion."""
    about = {"ID": _id(), "Version": "2.0", "IssueInstant": saml_documents.instant(time.time())}
    about |= {"Destination": asked.address, **in_response_to(asked)}
    status = element("samlp:Status", None, element("samlp:StatusCode", {"Value": saml_documents.SUCCESS}))
    return element("samlp:Response", about, element("saml:Issuer", None, METADATA_URL), status, assertion)


def make_assertion(asked: SignIn, person: Person, audience: str = "", minutes: float = 5) -> Any:
    """Who somebody is, for whom that is meant, to which request it answers, and until when."""
    now, end = saml_documents.instant(time.time()), saml_documents.instant(time.time() + 60 * minutes)
    bound = {**in_response_to(asked), "Recipient": asked.address, "NotOnOrAfter": end}
    name_id = element("saml:NameID", {"Format": saml_documents.PERSISTENT}, person.name_id)
    confirmation = element(
        "saml:SubjectConfirmation",
        {"Method": saml_documents.BEARER},
        element("saml:SubjectConfirmationData", bound),
    )
    meant_for = element("saml:Audience", None, audience or asked.service)
    context = element("saml:AuthnContextClassRef", None, PASSWORD_OVER_TLS)
    attributes = [
        element("saml:Attribute", {"Name": name}, *(element("saml:AttributeValue", None, v) for v in values))
        for name, values in person.attributes.items()
    ]
    return element(
        "saml:Assertion",
        {"ID": _id(), "Version": "2.0", "IssueInstant": now},
        element("saml:Issuer", None, METADATA_URL),
        element("saml:Subject", None, name_id, confirmation),
        element(
            "saml:Conditions",
            {"NotBefore": min(now, end), "NotOnOrAfter": end},
            element("saml:AudienceRestriction", None, meant_for),
        ),
        element("saml:AuthnStatement", {"AuthnInstant": now}, element("saml:AuthnContext", None, context)),
        element("saml:AttributeStatement", None, *attributes),
    )


def sign(assertion: Any, key: signing_keys.SigningKey, certificate: str) -> Any:
    """The assertion with an enveloped signature, after its issuer as the schema wants it."""
    from signxml import CanonicalizationMethod
    from signxml.signer import XMLSigner

    assertion.insert(1, element("ds:Signature", {"Id": "placeholder"}))
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    signed: Any = signer.sign(
        assertion, key=key.private, cert=certificate, reference_uri=assertion.get("ID"), id_attribute="ID"
    )
    return signed


ROUTES: dict[tuple[str, str], Callable[[University, Request], Response]] = {
    ("GET", "/metadata"): University.publish,
    ("GET", "/sso"): University.sign_in,
    ("POST", "/choose"): University.choose,
}
