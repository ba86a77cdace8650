"""Identity providers that are registered in IAM: what is stored of them, and what AWS believes of SAML's.

moto stores them. It looks at no metadata document, makes a second SAML provider over the first, and knows
nothing of later client ids.

Sources: IAM API Reference, "CreateSAMLProvider", "UpdateSAMLProvider", "DeleteSAMLProvider",
"AddClientIDToOpenIDConnectProvider"; IAM User Guide, "Configure SAML assertions for the authentication
response", "Troubleshoot SAML federation with IAM".
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cognito_lab.aws import moto_patches, saml_assertions
from cognito_lab.aws.api.operations import Call, check_before, operation
from cognito_lab.aws.saml_assertions import Expected
from cognito_lab.errors import AwsError, OutsideTheLab
from cognito_lab.network import addresses
from cognito_lab.protocols import saml_documents
from cognito_lab.protocols.saml_documents import Metadata, SamlError

SAML_PROVIDER = re.compile(r"arn:aws:iam::(\d{12}):saml-provider/[\w._-]+")
SAML_ENDPOINT = "https://signin.aws.amazon.com/saml"  # AWS's assertion consumer service URL
AUDIENCES = ("urn:amazon:webservices", SAML_ENDPOINT)  # AWS's entity ID; either is accepted
ROLES = "https://aws.amazon.com/SAML/Attributes/Role"  # the attribute that pairs roles with providers
FEWEST_BITS = 1024  # of an RSA key in a metadata document
MOST_CLIENTS, MOST_THUMBPRINTS = 100, 5  # of an OpenID Connect provider


# -- SAML ------------------------------------------------------------------------------------------


@check_before("iam", "CreateSAMLProvider")
def check_new_saml_provider(call: Call) -> Callable[[], None]:
    """The document can be read, and the name is free."""
    check_metadata(call)
    if call["Name"] in moto_patches.iam().saml_providers:
        raise AwsError("EntityAlreadyExists", f"SAMLProvider {call['Name']} already exists.", 409)
    return lambda: date_saml_provider(call["Name"])


def date_saml_provider(name: str) -> None:
    """A provider is good for a hundred years, which its documents' own dates do not shorten here."""
    moto_patches.iam().saml_providers[name].valid_until = datetime.now(UTC) + timedelta(days=36525)


@check_before("iam", "UpdateSAMLProvider")
def check_metadata(call: Call) -> None:
    """IAM reads the document when it is saved: assertions are held against it later.

    Raises:
        AwsError: ``InvalidInput``: it cannot be read, or none is given.
        OutsideTheLab: Tags, or encrypted assertions.
    """
    extra = sorted(call.parameters.keys() - {"Name", "SAMLProviderArn", "SAMLMetadataDocument"})
    if extra:
        said = f"{call.operation} with {', '.join(extra)} is not played by this lab (AWS has it)."
        raise OutsideTheLab(said)
    if fault := fault_of(call.get("SAMLMetadataDocument", "")):
        raise AwsError("InvalidInput", f"Could not parse metadata. {fault}")


def fault_of(document: str) -> str:
    """Why IAM can make nothing of the metadata document; empty where it can."""
    try:
        check_certificates(saml_documents.read_metadata(document.encode()))
    except SamlError as error:
        return error.message
    return "It begins with a byte order mark." if document.startswith("\ufeff") else ""


def check_certificates(metadata: Metadata) -> None:
    """A certificate that carries a key of enough bits."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    for certificate in metadata.certificates:
        try:
            key = x509.load_der_x509_certificate(base64.b64decode(certificate)).public_key()
        except (ValueError, UnsupportedAlgorithm):
            raise SamlError("A certificate cannot be read.") from None
        if isinstance(key, RSAPublicKey) and key.key_size < FEWEST_BITS:
            raise SamlError(f"A certificate's key has fewer than {FEWEST_BITS} bits.")


@check_before("iam", "DeleteSAMLProvider")
def check_saml_provider_exists(call: Call) -> None:
    if saml_provider(call["SAMLProviderArn"]) is None:
        raise AwsError("NoSuchEntity", f"SAMLProvider {call['SAMLProviderArn']} not found.", 404)


def saml_provider(arn: str) -> Any:
    """What moto stores of the SAML provider; ``None`` if none is registered under ``arn``."""
    return next((one for one in moto_patches.iam().saml_providers.values() if one.arn == arn), None)


def verified_assertion(provider: Any, response: str) -> Any:
    """The assertion in ``response``, base64: of ``provider``, by the document registered now, and for AWS.

    It counts as often as it is brought: one document takes several roles, and both GetId and the credentials.

    Raises:
        SamlError: The first check that does not hold.
    """
    metadata = saml_documents.read_metadata(provider.saml_metadata_document.encode())
    expected = Expected(metadata, AUDIENCES, SAML_ENDPOINT, None)
    return saml_assertions.verify_response(saml_documents.decode(response), expected)


def roles_in(assertion: Any, arn: str) -> list[str]:
    """The roles that the assertion pairs with the provider ``arn``: each value is two ARNs with a comma."""
    pairs = [value.split(",") for value in saml_assertions.values_of(assertion).get(ROLES, [])]
    return [
        one.strip() for pair in pairs if arn in map(str.strip, pair) for one in pair if one.strip() != arn
    ]


# -- OpenID Connect --------------------------------------------------------------------------------


@check_before("iam", "CreateOpenIDConnectProvider")
def check_provider_address(call: Call) -> None:
    """A provider is known by its address, which has a scheme and a host, and it is registered once."""
    parts = addresses.parts_of(call["Url"])
    if not (parts.scheme and parts.netloc):
        raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
    known = moto_patches.iam().open_id_providers.values()
    if f"{parts.netloc}{parts.path}" in {one.url for one in known}:  # of which moto says "Unknown"
        raise AwsError("EntityAlreadyExists", f"Provider with url {call['Url']} already exists.", 409)


def open_id_provider(call: Call) -> Any:
    """What moto stores of the provider that the call names.

    Raises:
        AwsError: ``NoSuchEntity``.
    """
    arn = call["OpenIDConnectProviderArn"]
    found = moto_patches.iam().open_id_providers.get(arn)
    if found is None:
        raise AwsError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404)
    return found


@operation("iam", "AddClientIDToOpenIDConnectProvider")
def add_client_id(call: Call) -> None:
    """One more audience. One that is there already is no error."""
    clients = open_id_provider(call).client_id_list
    if call["ClientID"] not in clients:
        if len(clients) >= MOST_CLIENTS:
            said = f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST_CLIENTS}"
            raise AwsError("LimitExceeded", said, 409)
        clients.append(call["ClientID"])


@operation("iam", "RemoveClientIDFromOpenIDConnectProvider")
def remove_client_id(call: Call) -> None:
    """One audience less. One that is not there is no error."""
    provider = open_id_provider(call)
    provider.client_id_list = [one for one in provider.client_id_list if one != call["ClientID"]]


@operation("iam", "UpdateOpenIDConnectProviderThumbprint")
def update_thumbprints(call: Call) -> None:
    """Replaces the list. Nothing in the lab has a TLS certificate that a thumbprint could be of."""
    provider = open_id_provider(call)
    if len(call["ThumbprintList"]) > MOST_THUMBPRINTS:
        raise AwsError("InvalidInput", f"Thumbprint list must contain at most {MOST_THUMBPRINTS} entries.")
    provider.thumbprint_list = call["ThumbprintList"]
