"""What a SAML provider of a user pool publishes about itself, and the settings that name it.

Source: "Adding SAML identity providers to a user pool".
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from cognito_lab.aws import moto_patches
from cognito_lab.errors import OutsideTheLab, invalid
from cognito_lab.network import hosts
from cognito_lab.protocols import saml_documents
from cognito_lab.protocols.saml_documents import Metadata, SamlError

REFRESH_SECONDS = 6 * 3600  # after which Cognito reads a metadata URL again
UNSUPPORTED_DETAILS = {
    "IDPSignout": "false",
    "EncryptedResponses": "false",
}  # and the value that asks for nothing


@dataclass
class Fetched:
    """Metadata by URL, with the account's time at which it was read."""

    documents: dict[str, tuple[float, Metadata]] = field(default_factory=dict)


def metadata_of(details: Mapping[str, str]) -> Metadata:
    """The metadata that ``ProviderDetails`` name: the file, or what the URL answers.

    Raises:
        SamlError: They cannot be read.
        OutsideTheLab: The URL is at a host that the lab does not play.
    """
    if "MetadataFile" in details:
        return saml_documents.read_metadata(details["MetadataFile"].encode())
    url, kept = details.get("MetadataURL", ""), moto_patches.account_state(Fetched).documents
    if url not in kept or not kept[url][0] <= time.time() < kept[url][0] + REFRESH_SECONDS:
        answer = hosts.fetch("cognito-idp", "GET", url)
        if answer.status != 200:
            raise SamlError(f"{url} answered {answer.status}.")
        kept[url] = time.time(), saml_documents.read_metadata(answer.body)
    return kept[url][1]


def complete_details(details: Mapping[str, str]) -> dict[str, str]:
    """``ProviderDetails`` of a SAML provider as Cognito stores them: with the address read from the metadata.

    Raises:
        AwsError: ``InvalidParameterException``: not one of file and URL, or metadata that cannot be used.
        OutsideTheLab: They ask for encrypted responses, signed requests or single logout.
    """
    for name, nothing in UNSUPPORTED_DETAILS.items():
        if details.get(name, nothing).lower() != nothing:
            raise OutsideTheLab(f"{name} of a SAML provider is not played by this lab (AWS has it).")
    if "RequestSigningAlgorithm" in details:
        raise OutsideTheLab("Signed SAML requests are not played by this lab (AWS has them).")
    try:
        if ("MetadataFile" in details) == ("MetadataURL" in details):
            raise SamlError("Exactly one of MetadataURL and MetadataFile is needed.")
        address = metadata_of(details).sign_in_url
    except SamlError as error:
        raise invalid(f"Invalid SAML metadata: {error.message}") from None
    return {**details, "SSORedirectBindingURI": address}
