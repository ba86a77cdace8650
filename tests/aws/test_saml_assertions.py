"""What a user pool believes of a SAML answer: every check holds, refuses, and is missed when it is off."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from cognito_lab import Lab
from cognito_lab.aws import saml_assertions
from cognito_lab.aws.saml_assertions import Expected
from cognito_lab.protocols import saml_documents
from cognito_lab.protocols.saml_documents import SamlError, all_of, element
from cognito_lab.providers import university as provider

POOL = "urn:amazon:cognito:sp:us-east-1_TidePools"
ACS = "https://tidepool.auth.us-east-1.amazoncognito.com/saml2/idpresponse"
AIKO, MINA = "aiko@northshore.example", "mina@northshore.example"


class Place:
    """A university with two people, and what a pool expects of its answer to one request."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.university = lab, lab.university
        self.university.add_person(MINA, "Mina Sato", "Mina", "Sato")
        self.asked = provider.SignIn(POOL, ACS, "_request", "state")
        self.expected = Expected(
            saml_documents.read_metadata(self.university.metadata.encode()), (POOL,), ACS, "_request"
        )

    def assertion(self, who: str = AIKO, **more: Any) -> Any:
        return provider.make_assertion(self.asked, self.university.people[who], **more)

    def sign(self, assertion: Any) -> Any:
        return provider.sign(assertion, self.university.key, self.university.certificate)

    def response(self, assertion: Any | None = None) -> Any:
        """A Response with this assertion; without one, with an honest one."""
        honest = self.sign(self.assertion()) if assertion is None else assertion
        return provider.make_response(self.asked, honest)

    def believed(self, response: Any) -> str:
        """The NameID that the pool takes from ``response``."""
        document = response if isinstance(response, bytes) else saml_documents.serialise(response)
        assertion = saml_assertions.verify_response(document, self.expected)
        saml_assertions.use_once(assertion, self.expected)
        return saml_assertions.subject_of(assertion)

    def name_id(self, who: str = AIKO) -> str:
        return self.university.people[who].name_id


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


@pytest.fixture
def place(lab: Lab) -> Place:
    lab.reset()
    return Place(lab)


def off(check: str) -> Any:
    """Without one of the checks; what it would have handed on, it hands on unlooked at."""
    passed: dict[str, Callable[..., Any]] = {
        "check_one_assertion": lambda response: all_of(response, "saml:Assertion")[0],
        "check_signature": lambda response, assertion, provider: assertion,
        "check_covered": lambda signed, assertion: assertion,
    }
    return patch.object(saml_assertions, check, passed.get(check, lambda *_: None))


def the(root: Any, path: str) -> Any:
    (found,) = all_of(root, path)
    return found


# -- the honest answer ---------------------------------------------------------------------------------


def test_an_honest_answer_is_believed(place: Place) -> None:
    assertion = saml_assertions.verify_response(saml_documents.serialise(place.response()), place.expected)
    assert saml_assertions.subject_of(assertion) == place.name_id()
    assert saml_assertions.attributes_of(assertion) == {
        "mail": AIKO, "displayName": "Aiko Tanaka", "givenName": "Aiko", "sn": "Tanaka",
        "eduPersonAffiliation": "[member, student]",
    }  # fmt: skip


def test_any_certificate_of_the_metadata_will_do(place: Place) -> None:
    other = provider.University()
    both = [
        saml_documents.read_metadata(one.metadata.encode()).certificates[0]
        for one in (other, place.university)
    ]
    metadata = saml_documents.Metadata(provider.METADATA_URL, (), tuple(both))
    place.expected = Expected(metadata, (POOL,), ACS, "_request")
    assert place.believed(place.response()) == place.name_id()


# -- one check each ------------------------------------------------------------------------------------


def change(path: str, member: str | None = None, to: str | None = None) -> Callable[[Place], Any]:
    """An answer that the provider signed with something else at ``path``: an attribute, or the text."""

    def make(place: Place) -> Any:
        assertion = place.assertion()
        found = the(assertion, path) if path else assertion
        if to is None and member is None:
            found.getparent().remove(found)
        elif member is None:
            found.text = to
        elif to is None:
            del found.attrib[member]
        else:
            found.set(member, to)
        return place.response(place.sign(assertion))

    return make


def around(path: str, member: str, to: str) -> Callable[[Place], Any]:
    """An honest answer in which the unsigned part around the assertion was changed."""

    def make(place: Place) -> Any:
        response = place.response()
        (the(response, path) if path else response).set(member, to)
        return response

    return make


def another_document(place: Place) -> Any:
    response = place.response()
    response.tag = element("samlp:LogoutResponse").tag
    return response


def two(place: Place) -> Any:
    response = place.response()
    response.append(place.sign(place.assertion(MINA)))
    return response


def by_another_key(place: Place) -> Any:
    """Signed as it should be by somebody else, whose certificate comes along in the signature."""
    other = provider.University()
    return place.response(provider.sign(place.assertion(), other.key, other.certificate))


def altered(place: Place) -> Any:
    response = place.response()
    the(response, "saml:Assertion/saml:Subject/saml:NameID").text = place.name_id(MINA)
    return response


def unsigned_in_a_signed_response(place: Place) -> Any:
    """The response is signed, by the right key, and covers the assertion; the assertion itself is not."""
    response = place.response(place.assertion())
    return provider.sign(response, place.university.key, place.university.certificate)


def late(place: Place) -> str:
    return saml_documents.instant(time.time() + 3600)


CONDITIONS = "saml:Conditions"
AUDIENCE = "saml:Conditions/saml:AudienceRestriction/saml:Audience"
ELSEWHERE = "https://a.example"
HOLDER = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
BOUND = "saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData"
NO_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Responder"
RULES: dict[str, tuple[Callable[[Place], Any], str, str]] = {
    "no response": (another_document, "check_status", "not a Response"),
    "no success": (around("samlp:Status/samlp:StatusCode", "Value", NO_SUCCESS), "check_status", "status"),
    "another destination": (around("", "Destination", ELSEWHERE), "check_destination", "destination"),
    "two assertions": (two, "check_one_assertion", "2 assertions"),
    "unsigned": (lambda p: p.response(p.assertion()), "check_signature", "signature is invalid"),
    "altered": (altered, "check_signature", "signature is invalid"),
    "by another key": (by_another_key, "check_signature", "signature is invalid"),
    "in a signed response": (unsigned_in_a_signed_response, "check_signature", "signature is invalid"),
    "another issuer": (change("saml:Issuer", None, "https://a.example"), "check_issuer", "issuer"),
    "no issuer": (lambda p: no_issuer(p), "check_issuer", "issuer"),
    "not yet": (change(CONDITIONS, "NotBefore", "2049-01-01T00:00:00Z"), "check_time", "not valid yet"),
    "expired": (change(CONDITIONS, "NotOnOrAfter", "2026-01-01T00:00:00Z"), "check_time", "has expired"),
    "without a zone": (change(CONDITIONS, "NotOnOrAfter", "2049-01-01T00:00:00"), "check_time", "zone"),
    "another audience": (change(AUDIENCE, None, "urn:a"), "check_audience", "another audience"),
    "no audience": (change("saml:Conditions/saml:AudienceRestriction"), "check_audience", "audience"),
    "a second restriction": (lambda p: restricted_twice(p), "check_audience", "audience"),
    "another recipient": (change(BOUND, "Recipient", "https://a.example"), "check_confirmation", "recipient"),
    "no recipient": (change(BOUND, "Recipient"), "check_confirmation", "recipient"),
    "another request": (change(BOUND, "InResponseTo", "_other"), "check_confirmation", "request"),
    "no request": (change(BOUND, "InResponseTo"), "check_confirmation", "request"),
    "too late": (change(BOUND, "NotOnOrAfter", "2026-01-01T00:00:00Z"), "check_confirmation", "too late"),
    "without an end": (change(BOUND, "NotOnOrAfter"), "check_confirmation", "time"),
    "not for bearers": (
        change("saml:Subject/saml:SubjectConfirmation", "Method", HOLDER),
        "check_confirmation",
        "recipient",
    ),
    "nobody signed in": (change("saml:AuthnStatement"), "check_authentication", "authentication"),
}  # fmt: skip


def no_issuer(place: Place) -> Any:
    """Signed without one; the response around it names one, unsigned."""
    assertion = place.assertion()
    assertion.insert(0, element("saml:Advice"))
    assertion.remove(the(assertion, "saml:Issuer"))
    return place.response(place.sign(assertion))


def restricted_twice(place: Place) -> Any:
    """For this pool, and then again for somebody else alone: both must hold."""
    assertion = place.assertion()
    other = element("saml:AudienceRestriction", None, element("saml:Audience", None, "urn:a"))
    the(assertion, CONDITIONS).append(other)
    return place.response(place.sign(assertion))


@pytest.mark.parametrize("name", RULES)
def test_a_check_refuses_and_is_missed_when_it_is_off(place: Place, name: str) -> None:
    make, check, text = RULES[name]
    response = make(place)
    with pytest.raises(SamlError, match=text):
        place.believed(response)
    with off(check):
        expected = place.name_id(MINA) if name == "altered" else place.name_id()
        assert place.believed(response) == expected


def test_an_assertion_ends_by_the_account_s_clock(place: Place) -> None:
    response = place.response()
    place.lab.travel(minutes=5)
    with pytest.raises(SamlError, match="has expired"):
        place.believed(response)


def test_the_end_is_not_part_of_the_time(place: Place) -> None:
    response = place.response()
    place.lab.travel(seconds=299)
    assert place.believed(response) == place.name_id()
    response = place.response()
    place.lab.travel(seconds=300)
    with pytest.raises(SamlError, match="has expired"):
        place.believed(response)


def test_an_assertion_counts_once(place: Place) -> None:
    response = place.response()
    assert place.believed(response) == place.name_id()
    with pytest.raises(SamlError, match="used before"):
        place.believed(response)
    with off("use_once"):
        assert place.believed(response) == place.name_id()


def test_a_refused_assertion_is_not_used_up(place: Place) -> None:
    response = place.response()
    response.set("Destination", "https://a.example")
    with pytest.raises(SamlError):
        place.believed(response)
    response.set("Destination", ACS)
    assert place.believed(response) == place.name_id()


@pytest.mark.parametrize("count", [0, 2])
def test_it_names_exactly_one_person(place: Place, count: int) -> None:
    assertion = place.assertion()
    name_id = the(assertion, "saml:Subject/saml:NameID")
    if count:
        name_id.addnext(copy.deepcopy(name_id))
    else:
        name_id.text = None
    with pytest.raises(SamlError, match="names nobody"):
        place.believed(place.response(place.sign(assertion)))


@pytest.mark.parametrize("weak", ["RSA_SHA1", "SHA1", "RSA_SHA224", "SHA224"])
def test_a_weak_hash_does_not_count(place: Place, weak: str) -> None:
    from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
    from signxml.signer import XMLSigner

    class Careless(XMLSigner):
        def check_deprecated_methods(self) -> None:
            pass

    signer = Careless(
        signature_algorithm=SignatureMethod[weak if weak.startswith("RSA") else "RSA_SHA256"],
        digest_algorithm=DigestAlgorithm[weak if weak.startswith("SHA") else "SHA256"],
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    with patch("signxml.signer.XMLSigner", lambda **_: signer):
        response = place.response()
    with pytest.raises(SamlError, match="signature is invalid"):
        place.believed(response)
    every = {"signature_methods": frozenset(SignatureMethod), "digest_algorithms": frozenset(DigestAlgorithm)}
    with patch.object(saml_assertions, "accepted_algorithms", lambda: every):
        assert place.believed(response) == place.name_id()


def test_a_comment_does_not_cut_a_name_in_two(place: Place) -> None:
    """The signature holds, as canonical XML has no comments; who then reads up to it reads another name."""
    assertion = place.assertion()
    the(assertion, "saml:Subject/saml:NameID").text = "aiko@northshore.example.rook.example"
    honest = saml_documents.serialise(place.response(place.sign(assertion)))
    cut = honest.replace(b">aiko@northshore.example.rook", b">aiko@northshore.example<!-- -->.rook")
    assert cut != honest
    assert place.believed(cut) == "aiko@northshore.example.rook.example"


# -- signature wrapping --------------------------------------------------------------------------------


def wrapped(place: Place, variant: int, same_id: bool) -> Any:
    """An honest answer around which Rook has put an assertion of his own, in the eight known ways.

    Somorovsky and others, "On Breaking SAML: Be Whoever You Want to Be" (USENIX Security 2012). 1 and 2 wrap
    the whole response.
    """
    response = place.response()
    original = the(response, "saml:Assertion")
    evil = place.assertion(MINA)
    evil.set("ID", original.get("ID") if same_id else "_evil")
    signature = the(original, "ds:Signature")
    if variant in (1, 2):  # the whole signed answer inside, or beside, the signature of an unsigned one
        outer = place.response(evil)
        outer.insert(1, kept := copy.deepcopy(signature))
        if variant == 1:
            kept.append(element("ds:Object"))
            kept[-1].append(response)
        else:
            outer.insert(1, response)
        return outer
    if variant == 3:  # before the original
        original.addprevious(evil)
    elif variant == 4:  # around it
        response.replace(original, evil)
        evil.append(original)
    elif variant in (5, 6, 8):  # with its signature
        original.remove(signature)
        response.replace(original, evil)
        evil.insert(1, signature)
        if variant == 5:
            response.append(original)
        elif variant == 6:
            signature.append(original)
        else:
            signature.append(element("ds:Object"))
            signature[-1].append(original)
    elif variant == 7:  # in an extension
        extensions = element("samlp:Extensions")
        extensions.append(evil)
        response.insert(1, extensions)
    return response


WRAPPED = [(variant, same_id) for variant in range(1, 9) for same_id in (False, True)]


@pytest.mark.parametrize(("variant", "same_id"), WRAPPED)
def test_a_wrapped_signature_makes_nobody_else(place: Place, variant: int, same_id: bool) -> None:
    document = saml_documents.serialise(wrapped(place, variant, same_id))
    with pytest.raises(SamlError):
        place.believed(document)
    with off("check_one_assertion"):  # and without the count, only what was signed is read
        try:
            found = place.believed(document)
        except SamlError:
            return
        assert found == place.name_id()


def test_an_assertion_in_another_place_is_none(place: Place) -> None:
    response = place.response()
    extensions = element("samlp:Extensions", None, the(response, "saml:Assertion"))
    response.insert(1, extensions)
    with pytest.raises(SamlError, match="needs exactly one"):
        place.believed(response)


def test_a_signature_counts_for_what_it_covers(place: Place) -> None:
    """Even where two assertions were let in, the signature of one does not vouch for the other."""
    response = wrapped(place, 3, same_id=False)
    with off("check_one_assertion"), pytest.raises(SamlError, match="signature is invalid"):
        place.believed(response)


def test_what_is_read_is_what_was_signed(place: Place) -> None:
    """Were the assertion read where it stands in the document, wrapping would make Mina of Aiko."""
    made = set()
    for variant, same_id in WRAPPED:
        with off("check_one_assertion"), off("check_covered"), off("use_once"):
            try:
                made.add((variant, place.believed(wrapped(place, variant, same_id))))
            except SamlError:
                continue
    assert {(variant, place.name_id(MINA)) for variant in (3, 5)} <= made


# -- documents -----------------------------------------------------------------------------------------

BOMB = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "declaration", [BOMB, OUTSIDE, "<!DOCTYPE r>", '<!DOCTYPE r SYSTEM "http://a.example">']
)
def test_a_document_type_is_refused_before_it_is_read(place: Place, declaration: str) -> None:
    document = declaration.encode() + saml_documents.serialise(place.response())
    with (
        patch("lxml.etree.fromstring", side_effect=AssertionError("a parser saw it")),
        pytest.raises(SamlError, match="document type"),
    ):
        place.believed(document)
    with patch.object(saml_documents, "check_no_declaration", lambda document: None):
        assert saml_documents.parse(document).tag.endswith("Response")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-7", "utf-8"])
def test_no_encoding_hides_a_document_type(encoding: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?>{BOMB}<r>&b;</r>'.encode(encoding)
    if encoding == "utf-7":
        document = document.replace(b"<!DOCTYPE", b"+ADwAIQ-DOCTYPE")
    with pytest.raises(SamlError):
        saml_documents.parse(document)


def test_entities_stay_unread(place: Place) -> None:
    with patch.object(saml_documents, "check_no_declaration", lambda document: None):
        root = saml_documents.parse((OUTSIDE + "<r>&a;</r>").encode())
    assert b"root:" not in saml_documents.serialise(root) and not root.text


@pytest.mark.parametrize("document", [b"", b"no", b"<r>", b"\xff\xfe", "<r>é</r>".encode("latin-1")])
def test_what_is_no_xml_is_refused(document: bytes) -> None:
    with pytest.raises(SamlError, match="well-formed"):
        saml_documents.parse(document)


def test_a_document_has_a_greatest_length() -> None:
    assert saml_documents.parse(b"<r>" + b" " * (saml_documents.MOST_CHARACTERS - 7) + b"</r>").tag == "r"
    for too_much in (lambda n: saml_documents.parse(b"<r>" + b" " * n + b"</r>"),
                     lambda n: saml_documents.decode("A" * 4 * n),
                     lambda n: saml_documents.inflate(saml_documents.deflate(b" " * n))):  # fmt: skip
        with pytest.raises(SamlError, match="too long"):
            too_much(saml_documents.MOST_CHARACTERS)
    with patch.object(saml_documents, "check_length", lambda document: None):
        assert saml_documents.parse(b"<r>" + b" " * saml_documents.MOST_CHARACTERS + b"</r>").tag == "r"


def test_what_is_packed_small_stays_small() -> None:
    import zlib

    compress = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = saml_documents.encode(compress.compress(b" " * 50_000_000) + compress.flush())
    assert len(packed) < saml_documents.MOST_CHARACTERS
    with pytest.raises(SamlError, match="too long"):
        saml_documents.inflate(packed)


@pytest.mark.parametrize("text", ["%%%", "é", "AAAA=A"])
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(SamlError, match="base64"):
        saml_documents.decode(text)


def test_what_is_packed_otherwise_is_refused() -> None:
    with pytest.raises(SamlError, match="compressed"):
        saml_documents.inflate(saml_documents.encode(b"\xff\xff\xff"))


def test_packing_gives_the_same_bytes_with_any_zlib() -> None:
    document = b"<r/>" * 100
    assert saml_documents.inflate(saml_documents.deflate(document)) == document
    assert document in saml_documents.decode(saml_documents.deflate(document))


@pytest.mark.parametrize("text", [None, "", "soon", "2026-06-01", "2026-06-01T09:00:00"])
def test_a_time_needs_its_zone(text: str | None) -> None:
    with pytest.raises(SamlError, match="zone"):
        saml_documents.read_instant(text)


def test_a_time_reads_as_it_is_written() -> None:
    then = datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert saml_documents.instant(then.timestamp()) == "2026-06-01T09:00:00Z"
    assert saml_documents.read_instant("2026-06-01T09:00:00Z") == then.timestamp()
    assert saml_documents.read_instant("2026-06-01T11:00:00+02:00") == then.timestamp()
    assert (
        saml_documents.read_instant("2026-06-01T09:00:00.500Z") == (then + timedelta(seconds=0.5)).timestamp()
    )
