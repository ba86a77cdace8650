"""SAML 2.0 documents, as user pools and identity providers write and read them.

A document from outside is parsed with care: no document type declaration, so no entities, nothing fetched,
and a limit on its size. lxml is imported where a document is first read or written: an account without SAML
does not pay for it.

Sources: OASIS, "Assertions and Protocols for SAML V2.0" (core), "Bindings" and "Metadata"; Cognito Developer
Guide, "Things to know about SAML IdPs in Amazon Cognito user pools", "The IdP SAML assertion endpoint".
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cognito_lab.network.forms import OAuthError

NAMESPACES = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
MOST_CHARACTERS = 100_000  # of an encoded response, and here of any document


class SamlError(OAuthError):
    """A document is not what it should be, or is not to be believed; ``message`` says why."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_request", message)


# -- reading and writing -------------------------------------------------------------------------


def parse(document: bytes) -> Any:
    """The root element of an XML document; comments are dropped, so that no text is cut in two by one.

    Raises:
        SamlError: It is too long, is not XML in UTF-8, or has a document type declaration.
    """
    from lxml import etree

    check_length(document)
    check_no_declaration(document)
    # The encoding is fixed here: one that the document chooses could hide a declaration from the check.
    safe = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    parser = etree.XMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, **safe)
    try:
        return etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        raise SamlError("The document is not well-formed XML.") from None


def check_length(document: bytes | str) -> None:
    if len(document) > MOST_CHARACTERS:
        raise SamlError("The document is too long.")


def check_no_declaration(document: bytes) -> None:
    """A document type declaration could declare entities, which grow or fetch; no parser even sees one."""
    if b"<!DOCTYPE" in document:
        raise SamlError("A document type declaration is not accepted.")


def element(name: str, attributes: Mapping[str, str] | None = None, *content: Any) -> Any:
    """An element such as ``saml:Issuer``; ``content`` is its text, or the elements in it."""
    from lxml import etree

    prefix, _, local = name.partition(":")
    namespace = NAMESPACES[prefix]
    made = etree.Element(f"{{{namespace}}}{local}", dict(attributes or {}), nsmap={prefix: namespace})
    for part in content:
        if isinstance(part, str):
            made.text = part
        else:
            made.append(part)
    return made


def serialise(root: Any) -> bytes:
    from lxml import etree

    written: bytes = etree.tostring(root)
    return written


def all_of(root: Any, path: str) -> list[Any]:
    """The elements at ``path``, with the prefixes of :data:`NAMESPACES`."""
    found: list[Any] = root.findall(path, NAMESPACES)
    return found


def encode(document: bytes) -> str:
    """For a form (HTTP POST binding)."""
    return base64.b64encode(document).decode()


def decode(text: str) -> bytes:
    check_length(text)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SamlError("The document is not base64.") from None


def deflate(document: bytes) -> str:
    """For a query (HTTP Redirect binding). Level 0: other levels give other bytes with another zlib."""
    compress = zlib.compressobj(0, zlib.DEFLATED, -15)
    return encode(compress.compress(document) + compress.flush())


def inflate(text: str) -> bytes:
    """Raises :class:`SamlError`; never gives more than the limit, whatever was packed into ``text``."""
    unpack = zlib.decompressobj(-15)
    try:
        document = unpack.decompress(decode(text), MOST_CHARACTERS)
    except zlib.error:
        raise SamlError("The document is not compressed as it should be.") from None
    if unpack.unconsumed_tail:
        raise SamlError("The document is too long.")
    return document


def instant(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_instant(text: str | None) -> float:
    """Seconds since 1970 of a time with its zone; raises :class:`SamlError`."""
    with suppress(ValueError):
        moment = datetime.fromisoformat(text or "")
        if moment.tzinfo is not None:
            return moment.timestamp()
    raise SamlError(f"{text!r} is not a time with a zone.")


# -- what an identity provider publishes about itself --------------------------------------------


@dataclass(frozen=True)
class Metadata:
    """An identity provider: its name, where browsers bring requests, and the certificates of its keys."""

    entity_id: str
    addresses: tuple[str, ...]  # for HTTP-Redirect
    certificates: tuple[str, ...]  # base64 of DER, without the lines of PEM

    @property
    def sign_in_url(self) -> str:
        """Raises :class:`SamlError`: none is for HTTP-Redirect, which only a service that asks needs."""
        if not self.addresses:
            raise SamlError("The metadata lack an address for HTTP-Redirect.")
        return self.addresses[0]


def read_metadata(document: bytes) -> Metadata:
    """Raises :class:`SamlError`."""
    root = parse(document)
    keys = all_of(root, "md:IDPSSODescriptor/md:KeyDescriptor")
    signing = [key for key in keys if key.get("use", "signing") == "signing"]
    certificates = tuple(
        "".join((certificate.text or "").split())
        for key in signing
        for certificate in all_of(key, "ds:KeyInfo/ds:X509Data/ds:X509Certificate")
    )
    services = all_of(root, "md:IDPSSODescriptor/md:SingleSignOnService")
    addresses = [service.get("Location", "") for service in services if service.get("Binding") == REDIRECT]
    if not (root.get("entityID") and certificates):
        raise SamlError("The metadata lack an entity ID, or a certificate.")
    return Metadata(root.get("entityID"), tuple(filter(None, addresses)), certificates)
