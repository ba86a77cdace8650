"""Identity providers in IAM: what is stored, what is refused when it is saved, and who may do it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from support.iam_people import ACCOUNT, allow, make_user, refusal

from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws.iam import identity_providers
from cognito_lab.protocols import signing_keys
from cognito_lab.providers.university import University

ARN = f"arn:aws:iam::{ACCOUNT}:saml-provider/northshore"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/login.example.org"


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


@pytest.fixture
def iam(lab: Lab) -> Any:
    return boto3.client("iam")


# -- SAML ----------------------------------------------------------------------------------------------


def test_a_saml_provider_from_its_creation_to_its_end(lab: Lab, iam: Any) -> None:
    first, second = lab.university.metadata, University().metadata
    made = iam.create_saml_provider(Name="northshore", SAMLMetadataDocument=first)
    assert made["SAMLProviderArn"] == ARN
    assert refusal(iam.create_saml_provider, Name="northshore", SAMLMetadataDocument=second)[:2] == (
        "EntityAlreadyExists",
        409,
    )
    found = iam.get_saml_provider(SAMLProviderArn=ARN)
    assert found["SAMLMetadataDocument"] == first
    assert found["ValidUntil"] - datetime.now(UTC) > timedelta(days=36500)
    (row,) = iam.list_saml_providers()["SAMLProviderList"]
    assert (row["Arn"], row["ValidUntil"]) == (ARN, found["ValidUntil"])
    assert (
        iam.update_saml_provider(SAMLProviderArn=ARN, SAMLMetadataDocument=second)["SAMLProviderArn"] == ARN
    )
    assert iam.get_saml_provider(SAMLProviderArn=ARN)["SAMLMetadataDocument"] == second
    iam.delete_saml_provider(SAMLProviderArn=ARN)
    for call in (iam.get_saml_provider, iam.delete_saml_provider):
        assert refusal(call, SAMLProviderArn=ARN)[:2] == ("NoSuchEntity", 404)
    gone = refusal(iam.update_saml_provider, SAMLProviderArn=ARN, SAMLMetadataDocument=first)
    assert gone[:2] == ("NoSuchEntity", 404) and iam.list_saml_providers()["SAMLProviderList"] == []


def signed_with(key: Any) -> University:
    """A university whose certificate carries ``key``."""
    other = University()
    other.key = signing_keys.SigningKey("other", key)
    return other


def spoiled(document: str) -> list[str]:
    """Documents of which IAM can make nothing, long enough for its model."""
    at = document.index("</ds:X509Certificate>")
    return [
        "x" * 1000,
        document[:-5] + " " * 5,
        f"<!DOCTYPE x>{document}",
        "\ufeff" + document,
        document.replace("entityID", "entity"),
        document.replace('use="signing"', 'use="encryption"'),
        document[: at - 8] + "AAAAAAAA" + document[at:],
        document.replace("<ds:X509Certificate>", "<ds:X509Certificate>not base64 "),
    ]


def test_a_document_that_cannot_be_read_is_not_saved(lab: Lab, iam: Any) -> None:
    good = lab.university.metadata
    iam.create_saml_provider(Name="northshore", SAMLMetadataDocument=good)
    for bad in spoiled(good):
        assert refusal(iam.create_saml_provider, Name="other", SAMLMetadataDocument=bad)[:2] == (
            "InvalidInput",
            400,
        )
        for changed in ({"SAMLMetadataDocument": bad}, {}):
            assert refusal(iam.update_saml_provider, SAMLProviderArn=ARN, **changed)[0] == "InvalidInput"
    assert [row["Arn"] for row in iam.list_saml_providers()["SAMLProviderList"]] == [ARN]
    assert iam.get_saml_provider(SAMLProviderArn=ARN)["SAMLMetadataDocument"] == good


def test_a_provider_need_not_take_requests(lab: Lab, iam: Any) -> None:
    """AWS sends none; a user pool does, and needs an address for them."""
    document = lab.university.metadata.replace("HTTP-Redirect", "SOAP") + " " * 9
    iam.create_saml_provider(Name="northshore", SAMLMetadataDocument=document)


def test_a_certificate_has_a_key_of_enough_bits(iam: Any) -> None:
    weak = signed_with(rsa.generate_private_key(65537, 1024)).metadata
    with patch.object(identity_providers, "FEWEST_BITS", 2048):
        said = refusal(iam.create_saml_provider, Name="weak", SAMLMetadataDocument=weak + " " * 300)
    assert said[:2] == ("InvalidInput", 400) and "bits" in said[2]
    iam.create_saml_provider(Name="weak", SAMLMetadataDocument=weak + " " * 300)
    short = signed_with(ec.generate_private_key(ec.SECP256R1())).metadata + " " * 300
    iam.create_saml_provider(Name="curve", SAMLMetadataDocument=short)


@pytest.mark.parametrize(
    "more", [{"Tags": [{"Key": "a", "Value": "b"}]}, {"AssertionEncryptionMode": "Required"}]
)
def test_what_is_not_played_of_saml_providers_is_refused_by_name(lab: Lab, iam: Any, more: Any) -> None:
    with pytest.raises(OutsideTheLab, match=next(iter(more))):
        iam.create_saml_provider(Name="northshore", SAMLMetadataDocument=lab.university.metadata, **more)
    assert iam.list_saml_providers()["SAMLProviderList"] == []


def test_a_saml_provider_is_judged_on_its_own_arn(lab: Lab) -> None:
    document = lab.university.metadata
    ines = make_user("ines", allow("iam:*SAMLProvider", ARN), allow("iam:ListSAMLProviders"))
    iam = boto3.client("iam", **ines)
    iam.create_saml_provider(Name="northshore", SAMLMetadataDocument=document)
    iam.update_saml_provider(SAMLProviderArn=ARN, SAMLMetadataDocument=document)
    assert iam.list_saml_providers()["SAMLProviderList"][0]["Arn"] == ARN
    said = refusal(iam.create_saml_provider, Name="southshore", SAMLMetadataDocument=document)
    assert said[0] == "AccessDenied" and said[2].endswith(
        "iam:CreateSAMLProvider on resource: " + ARN.replace("north", "south")
        + " because no identity-based policy allows the iam:CreateSAMLProvider action"
    )  # fmt: skip
    assert refusal(iam.get_saml_provider, SAMLProviderArn=f"{ARN}2")[0] == "AccessDenied"


# -- OpenID Connect ------------------------------------------------------------------------------------


def test_audiences_come_and_go(iam: Any) -> None:
    iam.create_open_id_connect_provider(Url="https://login.example.org", ClientIDList=["web"])
    named = {"OpenIDConnectProviderArn": OIDC}
    for _ in range(2):  # the second time it is there already, or gone already
        iam.add_client_id_to_open_id_connect_provider(**named, ClientID="phone")
    assert iam.get_open_id_connect_provider(**named)["ClientIDList"] == ["web", "phone"]
    for _ in range(2):
        iam.remove_client_id_from_open_id_connect_provider(**named, ClientID="web")
    assert iam.get_open_id_connect_provider(**named)["ClientIDList"] == ["phone"]
    with patch.object(identity_providers, "MOST_CLIENTS", 1):
        said = refusal(iam.add_client_id_to_open_id_connect_provider, **named, ClientID="tv")
    assert said[:2] == ("LimitExceeded", 409)


def test_thumbprints_are_replaced(iam: Any) -> None:
    iam.create_open_id_connect_provider(Url="https://login.example.org", ThumbprintList=["a" * 40])
    named = {"OpenIDConnectProviderArn": OIDC}
    iam.update_open_id_connect_provider_thumbprint(**named, ThumbprintList=["b" * 40, "c" * 40])
    assert iam.get_open_id_connect_provider(**named)["ThumbprintList"] == ["b" * 40, "c" * 40]
    six = {"ThumbprintList": [f"{number}" * 40 for number in range(6)]}
    assert refusal(iam.update_open_id_connect_provider_thumbprint, **named, **six)[0] == "InvalidInput"


def test_a_provider_that_is_not_there_is_not_changed(iam: Any) -> None:
    named = {"OpenIDConnectProviderArn": OIDC}
    for call, more in (
        (iam.add_client_id_to_open_id_connect_provider, {"ClientID": "web"}),
        (iam.remove_client_id_from_open_id_connect_provider, {"ClientID": "web"}),
        (iam.update_open_id_connect_provider_thumbprint, {"ThumbprintList": ["a" * 40]}),
    ):
        assert refusal(call, **named, **more)[:2] == ("NoSuchEntity", 404)
    iam.delete_open_id_connect_provider(**named)  # which is no error at AWS either
