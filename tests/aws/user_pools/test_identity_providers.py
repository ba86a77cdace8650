"""The identity providers of a user pool: each setting holds, and is refused when it is not one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from support.federation import SHORE, Federation, federation, say
from support.user_pools import refused

from cognito_lab import OutsideTheLab
from cognito_lab.aws.user_pools.settings import identity_providers

GOOGLE = {
    "client_id": "1.apps.googleusercontent.com",
    "client_secret": "s",
    "authorize_scopes": "openid email",
}
OIDC = {
    "client_id": "c", "client_secret": "s", "authorize_scopes": "openid", "oidc_issuer": SHORE,
    "attributes_request_method": "GET",
}  # fmt: skip


@pytest.fixture
def it() -> Iterator[Federation]:
    with federation() as world:
        yield world


def create(
    it: Federation, name: str = "Google", kind: str = "Google", details: Any = None, **more: Any
) -> dict[str, Any]:
    return it.idp.create_identity_provider(
        UserPoolId=it.pool, ProviderName=name, ProviderType=kind,
        ProviderDetails=details or (GOOGLE if kind == "Google" else OIDC), **more,
    )["IdentityProvider"]  # fmt: skip


def test_google_gets_what_aws_knows_of_it(it: Federation) -> None:
    made = create(it, AttributeMapping={"email": "email"})
    assert (made["ProviderName"], made["ProviderType"], made["UserPoolId"]) == ("Google", "Google", it.pool)
    assert made["ProviderDetails"] == GOOGLE | {
        "attributes_url": "https://people.googleapis.com/v1/people/me?personFields=",
        "attributes_url_add_attributes": "true",
        "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
        "oidc_issuer": "https://accounts.google.com",
        "token_request_method": "POST",
        "token_url": "https://www.googleapis.com/oauth2/v4/token",
    }
    assert made["AttributeMapping"] == {"username": "sub", "email": "email"}
    described = it.idp.describe_identity_provider(UserPoolId=it.pool, ProviderName="Google")
    assert described["IdentityProvider"] == made


def test_what_was_described_can_be_sent_back(it: Federation) -> None:
    made = create(it)
    sent = {name: made[name] for name in ("ProviderDetails", "AttributeMapping", "IdpIdentifiers")}
    again = it.idp.update_identity_provider(UserPoolId=it.pool, ProviderName="Google", **sent)
    assert again["IdentityProvider"]["ProviderDetails"] == made["ProviderDetails"]


def test_an_update_leaves_what_it_does_not_name(it: Federation) -> None:
    create(it, "Shore", "OIDC", AttributeMapping={"email": "email"}, IdpIdentifiers=["shore.example"])
    changed = it.idp.update_identity_provider(
        UserPoolId=it.pool, ProviderName="Shore", ProviderDetails=OIDC | {"client_secret": "new"}
    )["IdentityProvider"]
    assert changed["ProviderDetails"]["client_secret"] == "new"
    assert changed["AttributeMapping"] == {"username": "sub", "email": "email"}
    assert changed["IdpIdentifiers"] == ["shore.example"]
    with refused("InvalidParameterException", "Missing provider detail"):
        it.idp.update_identity_provider(
            UserPoolId=it.pool, ProviderName="Shore", ProviderDetails={"client_id": "only"}
        )
    described = it.idp.describe_identity_provider(UserPoolId=it.pool, ProviderName="Shore")
    assert described["IdentityProvider"]["ProviderDetails"]["client_secret"] == "new"


@pytest.mark.parametrize("missing", sorted(GOOGLE))
def test_google_needs_each_detail(it: Federation, missing: str) -> None:
    with refused("InvalidParameterException", f"Missing provider detail {missing}"):
        create(it, details={name: value for name, value in GOOGLE.items() if name != missing})


def test_a_detail_that_no_such_provider_has(it: Federation) -> None:
    with refused("InvalidParameterException", "Invalid provider detail jwks_uri"):
        create(it, details=GOOGLE | {"jwks_uri": "https://www.googleapis.com/oauth2/v3/certs"})


@pytest.mark.parametrize("name", ["Sh", "S" * 33, "_Shore", "Sh_re", "the shore", "Shor_"])
def test_a_name_that_is_none(it: Federation, name: str) -> None:
    with refused("InvalidParameterException", "1 validation error detected"):
        create(it, name, "OIDC")


@pytest.mark.parametrize("name", ["Sho", "S" * 32, "S_ore", "Küste", "shore.example"])
def test_a_name(it: Federation, name: str) -> None:
    assert create(it, name, "OIDC")["ProviderName"] == name


@pytest.mark.parametrize("name", ["COGNITO", "Cognito", "Google", "facebook"])
def test_a_name_that_means_something_already(it: Federation, name: str) -> None:
    with refused("InvalidParameterException", f"{name} is a reserved provider name"):
        create(it, name, "OIDC")


@pytest.mark.parametrize("name", ["google", "accounts.google.com"])
def test_google_is_called_google(it: Federation, name: str) -> None:
    with refused("InvalidParameterException", "The name of a provider of type Google is Google"):
        create(it, name, "Google")


def test_twice_the_same_name(it: Federation) -> None:
    create(it)
    with refused("DuplicateProviderException", f"Google already exists in user pool {it.pool}"):
        create(it)


def test_twice_the_same_identifier(it: Federation) -> None:
    create(it, "Shore", "OIDC", IdpIdentifiers=["shore.example"])
    with refused("DuplicateProviderException", "shore.example already belongs to Shore"):
        create(it, "Cliff", "OIDC", IdpIdentifiers=["shore.example"])
    assert it.idp.list_identity_providers(UserPoolId=it.pool)["Providers"][0]["ProviderName"] == "Shore"
    same = {"UserPoolId": it.pool, "ProviderName": "Shore", "IdpIdentifiers": ["shore.example", "second"]}
    it.idp.update_identity_provider(**same)
    found = it.idp.get_identity_provider_by_identifier(UserPoolId=it.pool, IdpIdentifier="second")
    assert found["IdentityProvider"]["ProviderName"] == "Shore"
    with refused("ResourceNotFoundException"):
        it.idp.get_identity_provider_by_identifier(UserPoolId=it.pool, IdpIdentifier="third")


def test_an_update_is_checked_as_the_first_settings_were(it: Federation) -> None:
    made = create(it)
    create(it, "Shore", "OIDC", IdpIdentifiers=["shore.example"])
    google = {"UserPoolId": it.pool, "ProviderName": "Google"}
    for wrong, text in (
        ({"ProviderDetails": {"client_id": "1"}}, "Missing provider detail"),
        ({"AttributeMapping": {"sub": "email"}}, "Invalid AttributeMapping"),
        # UpdateIdentityProvider declares no DuplicateProviderException
        ({"IdpIdentifiers": ["shore.example"]}, "shore.example already belongs to Shore"),
    ):
        with refused("InvalidParameterException", text):
            it.idp.update_identity_provider(**google, **wrong)
    with pytest.raises(OutsideTheLab, match="UpdateIdentityProvider with AcrMapping"):
        it.idp.update_identity_provider(**google, AcrMapping={"Level1": "low"})
    assert it.idp.describe_identity_provider(**google)["IdentityProvider"] == made


@pytest.mark.parametrize("attribute", ["shoe_size", "custom:reef", "sub", "identities"])
def test_an_attribute_that_cannot_be_mapped(it: Federation, attribute: str) -> None:
    with refused("InvalidParameterException", "Invalid AttributeMapping"):
        create(it, AttributeMapping={attribute: "email"})


# What AWS adds to the details (CreateIdentityProvider, ProviderDetails).
APP = {"client_id": "1", "client_secret": "2"}
SOCIAL = {
    "Facebook": (
        {**APP, "authorize_scopes": "public_profile, email", "api_version": "v17.0"},
        {
            "attributes_url": "https://graph.facebook.com/v17.0/me?fields=",
            "attributes_url_add_attributes": "true",
            "authorize_url": "https://www.facebook.com/v17.0/dialog/oauth", "token_request_method": "GET",
            "token_url": "https://graph.facebook.com/v17.0/oauth/access_token",
        },
        "id",
    ),
    "LoginWithAmazon": (
        {**APP, "authorize_scopes": "profile postal_code"},
        {
            "attributes_url": "https://api.amazon.com/user/profile", "attributes_url_add_attributes": "false",
            "authorize_url": "https://www.amazon.com/ap/oa", "token_request_method": "POST",
            "token_url": "https://api.amazon.com/auth/o2/token",
        },
        "user_id",
    ),
    "SignInWithApple": (
        {
            "client_id": "example.tidepool.web", "team_id": "T", "key_id": "K", "private_key": "P",
            "authorize_scopes": "email name",
        },
        {
            "attributes_url_add_attributes": "false", "token_request_method": "POST",
            "authorize_url": "https://appleid.apple.com/auth/authorize",
            "oidc_issuer": "https://appleid.apple.com", "token_url": "https://appleid.apple.com/auth/token",
        },
        "sub",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SOCIAL)
def test_the_details_of_social_providers(it: Federation, kind: str) -> None:
    given, added, subject = SOCIAL[kind]
    for name in given.keys() - {"api_version"}:
        with refused("InvalidParameterException", f"Missing provider detail {name}"):
            create(it, kind, kind, {each: value for each, value in given.items() if each != name})
    with refused("InvalidParameterException", "Invalid provider detail oidc"):
        create(it, kind, kind, given | {"oidc": "x"})
    with refused("InvalidParameterException", f"The name of a provider of type {kind} is {kind}"):
        create(it, "Mine", kind, given)
    made = create(it, kind, kind, given)
    shown = {name: value for name, value in given.items() if name != "private_key"}
    assert made["ProviderDetails"] == {**shown, **added}
    assert made["AttributeMapping"] == {"username": subject}
    found = it.idp.describe_identity_provider(UserPoolId=it.pool, ProviderName=kind)["IdentityProvider"]
    assert found["ProviderDetails"] == made["ProviderDetails"]  # a private key is never told


def test_what_is_not_played_is_refused_by_name(it: Federation) -> None:
    with pytest.raises(OutsideTheLab, match="AcrMapping"):
        create(it, "Shore", "OIDC", AcrMapping={"Level1": "low"})
    with pytest.raises(OutsideTheLab, match="without the scope openid"):
        create(it, details=GOOGLE | {"authorize_scopes": "email profile"})


@pytest.mark.parametrize("name", ["oidc_issuer", "authorize_url", "token_url", "jwks_uri"])
def test_a_host_that_is_not_played_is_refused_by_name(it: Federation, name: str) -> None:
    with pytest.raises(OutsideTheLab, match=rf"idp.elsewhere.example \({name}\)"):
        create(it, "Elsewhere", "OIDC", OIDC | {name: "https://idp.elsewhere.example"})
    with refused("InvalidParameterException", f"{name} is not an https address"):
        create(it, "Elsewhere", "OIDC", OIDC | {name: SHORE.replace("https", "http")})


def test_addresses_that_cannot_be_discovered_are_given(it: Federation) -> None:
    given = {"authorize_url": f"{SHORE}/here", "jwks_uri": f"{SHORE}/keys", "token_url": f"{SHORE}/token"}
    it.shore.answers["/.well-known/openid-configuration"] = say({}, 404)
    create(it, "Shore", "OIDC", OIDC | given, AttributeMapping={"email": "email"})
    it.support("Shore")
    it.shore.claims = {"aud": "c"}
    assert it.authorize(identity_provider="Shore").startswith(f"{SHORE}/here?")
    assert "code" in it.by_shore()


def test_listing_in_pages(it: Federation) -> None:
    for name in ("Shore", "Cliff", "Reef"):
        create(it, name, "OIDC")
    first = it.idp.list_identity_providers(UserPoolId=it.pool, MaxResults=2)
    assert [row["ProviderName"] for row in first["Providers"]] == ["Shore", "Cliff"]
    assert set(first["Providers"][0]) == {"ProviderName", "ProviderType", "LastModifiedDate", "CreationDate"}
    last = it.idp.list_identity_providers(UserPoolId=it.pool, MaxResults=2, NextToken=first["NextToken"])
    assert [row["ProviderName"] for row in last["Providers"]] == ["Reef"] and "NextToken" not in last


def test_what_is_not_there(it: Federation) -> None:
    for ask in (
        it.idp.describe_identity_provider,
        it.idp.delete_identity_provider,
        it.idp.update_identity_provider,
    ):
        with refused("ResourceNotFoundException", "Identity provider Google does not exist."):
            ask(UserPoolId=it.pool, ProviderName="Google")


def test_deleting_keeps_the_people(it: Federation) -> None:
    it.connect_google()
    it.by_google()
    it.idp.delete_identity_provider(UserPoolId=it.pool, ProviderName="Google")
    assert it.status(it.goran) == "EXTERNAL_PROVIDER"
    assert not it.idp.list_identity_providers(UserPoolId=it.pool)["Providers"]


def test_providers_belong_to_a_pool(it: Federation) -> None:
    create(it)
    it.idp.delete_user_pool_domain(UserPoolId=it.pool, Domain="tidepool")
    it.new_pool()
    with refused("InvalidParameterException", "The provider Google does not exist"):
        it.new_client(SupportedIdentityProviders=["Google"])
    create(it)
    assert it.new_client(SupportedIdentityProviders=["Google"])["SupportedIdentityProviders"] == ["Google"]


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ("check_details", {"details": {"client_id": "1", "authorize_scopes": "openid"}}),
        ("check_name", {"name": "COGNITO", "kind": "OIDC"}),
        ("check_mapping", {"AttributeMapping": {"sub": "sub"}}),
        (
            "check_addresses",
            {"name": "Shore", "kind": "OIDC", "details": OIDC | {"token_url": "http://x.example"}},
        ),
    ],
)
def test_each_rule_is_what_refuses(it: Federation, rule: str, broken: dict[str, Any]) -> None:
    with refused("InvalidParameterException"):
        create(it, **broken)
    with patch.object(identity_providers, rule):
        create(it, **broken)
