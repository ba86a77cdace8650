"""Linking: an outside identity leads to a profile that was there before, if it was linked before it came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from support.federation import GORAN, MAPPED, Federation, federation, refused
from support.user_pools import PASSWORD
from support.user_pools import refused as api_refused

from cognito_lab import OutsideTheLab
from cognito_lab.aws.user_pools.people import federated_users


@pytest.fixture
def it() -> Iterator[Federation]:
    with federation() as world:
        world.connect_google()
        world.member("goran", email=GORAN)
        yield world


def subject(it: Federation) -> str:
    return it.google.accounts[GORAN].sub


def identity(provider: str, value: str, attribute: str = "Cognito_Subject") -> dict[str, str]:
    return {
        "ProviderName": provider,
        "ProviderAttributeName": attribute,
        "ProviderAttributeValue": value,
    }


def local(name: str = "goran") -> dict[str, str]:
    return {"ProviderName": "Cognito", "ProviderAttributeValue": name}


def link(it: Federation, source: dict[str, str], destination: dict[str, str] | None = None) -> None:
    it.idp.admin_link_provider_for_user(
        UserPoolId=it.pool, SourceUser=source, DestinationUser=destination or local()
    )


def identities(it: Federation, name: str = "goran") -> list[dict[str, Any]]:
    return json.loads(it.attributes(name).get("identities", "[]"))


def test_linked_before_the_first_sign_in_it_is_one_user(it: Federation) -> None:
    sub = it.attributes("goran")["sub"]
    link(it, identity("Google", subject(it)))
    [row] = identities(it)
    assert (row["userId"], row["providerName"], row["primary"]) == (subject(it), "Google", False)
    claims = it.id_claims(it.by_google())
    assert claims["sub"] == sub and claims["cognito:username"] == "goran"
    assert claims["identities"][0]["primary"] == "false"
    assert "cognito:groups" not in claims, "the provider's group is for those whom it brought"
    assert list(it.people()) == ["goran"]
    # The profile is kept up to date, and its password still counts.
    assert it.attributes("goran")["name"] == "Goran Pavić" and it.status("goran") == "CONFIRMED"
    assert "IdToken" in it.sign_in("goran")


def test_the_address_of_a_linked_user_is_as_verified_as_the_mapping_says() -> None:
    for mapping, verified in ((MAPPED, "false"), (MAPPED | {"email_verified": "email_verified"}, "true")):
        with federation() as it:
            it.connect_google(mapping)
            it.member("goran", email=GORAN)
            link(it, identity("Google", subject(it)))
            it.by_google()
            assert it.attributes("goran")["email_verified"] == verified


def test_after_the_first_sign_in_it_is_too_late(it: Federation) -> None:
    it.by_google()
    with api_refused("InvalidParameterException", "Merging is not currently supported"):
        link(it, identity("Google", subject(it)))
    assert not identities(it)
    with patch.object(federated_users, "check_not_signed_up"):
        link(it, identity("Google", subject(it)))
    # Unless the profile that was made is deleted first.
    with patch.object(federated_users, "check_not_signed_up"):
        it.idp.admin_disable_provider_for_user(UserPoolId=it.pool, User=identity("Google", subject(it)))
    it.idp.admin_delete_user(UserPoolId=it.pool, Username=it.goran)
    link(it, identity("Google", subject(it)))
    assert it.id_claims(it.by_google())["cognito:username"] == "goran"


def test_source_and_destination_swapped(it: Federation) -> None:
    with api_refused("InvalidParameterException", "SourceUser: Cognito is not an identity provider"):
        link(it, identity("Cognito", "goran"), identity("Google", subject(it)))


def test_the_address_is_not_the_subject(it: Federation) -> None:
    """AWS cannot know: the link is kept, leads nowhere, and Goran gets a profile of his own."""
    link(it, identity("Google", GORAN))
    assert it.id_claims(it.by_google())["cognito:username"] == it.goran
    with api_refused("InvalidParameterException", "SourceUser: not a name and value"):
        link(it, identity("Google", GORAN, "email"))


def test_twice(it: Federation) -> None:
    link(it, identity("Google", subject(it)))
    with api_refused("InvalidParameterException", "SourceUser is already linked to DestinationUser"):
        link(it, identity("Google", subject(it)))
    with api_refused("InvalidParameterException", "Merging is not currently supported"):
        link(it, identity("Google", subject(it)), local("mara"))


def test_somebody_who_is_not_there(it: Federation) -> None:
    with api_refused("UserNotFoundException"):
        link(it, identity("Google", subject(it)), local("nobody"))
    with api_refused("UserNotFoundException"):
        link(it, identity("Google", subject(it)), identity("Shore", "s-1"))
    with api_refused("InvalidParameterException", "SourceUser: Shore is not an identity provider"):
        link(it, identity("Shore", "s-1"))


def test_five_identities_and_no_sixth(it: Federation) -> None:
    for number in range(5):
        link(it, identity("Google", str(number)))
    with api_refused("LimitExceededException"):
        link(it, identity("Google", "5"))
    with patch.object(federated_users, "check_room"):
        link(it, identity("Google", "5"))


def test_a_profile_with_something_immutable() -> None:
    with federation() as it:
        it.connect_google()
        schema = [{"Name": "member_since", "AttributeDataType": "String", "Mutable": False}]
        it.idp.add_custom_attributes(UserPoolId=it.pool, CustomAttributes=schema)
        it.invited("goran", custom_member_since="2020")
        with api_refused("InvalidParameterException", "DestinationUser has the immutable attribute"):
            link(it, identity("Google", subject(it)))
        with patch.object(federated_users, "check_all_mutable"):
            link(it, identity("Google", subject(it)))


def test_a_second_provider_on_a_profile_that_google_made(it: Federation) -> None:
    it.connect_shore()
    it.support("Google", "Shore")
    sub = it.id_claims(it.by_google())["sub"]
    link(it, identity("Shore", "s-1"), identity("Google", subject(it)))
    assert it.id_claims(it.by_shore())["sub"] == sub
    assert [(row["providerName"], row["primary"]) for row in identities(it, it.goran)] == [
        ("Google", True),
        ("Shore", False),
    ]


def test_another_mapped_attribute_of_an_oidc_provider(it: Federation) -> None:
    it.connect_shore()
    link(it, identity("Shore", "ada@shore.example", "email"))
    for attribute in ("username", "phone_number"):
        with api_refused("InvalidParameterException", "SourceUser: not a name and value"):
            link(it, identity("Shore", "x", attribute))
    assert it.id_claims(it.by_shore())["cognito:username"] == "goran"
    assert [row["userId"] for row in identities(it)] == ["s-1"]
    # From the first sign-in on, it is the subject that counts.
    it.shore.claims = it.shore.userinfo = {"sub": "s-1", "email": "new@shore.example"}
    assert it.id_claims(it.by_shore())["cognito:username"] == "goran"
    it.shore.claims = it.shore.userinfo = {"sub": "s-2", "email": "ada@shore.example"}
    assert it.id_claims(it.by_shore())["cognito:username"] == "Shore_s-2"


def test_a_linked_user_cannot_take_somebody_elses_alias() -> None:
    with federation() as it:
        it.idp.delete_user_pool_domain(UserPoolId=it.pool, Domain="tidepool")
        oauth = {
            k: v for k, v in it.settings.clients[it.client].settings.items() if "OAuth" in k or "URLs" in k
        }
        it.new_pool(client=oauth, AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
        it.idp.create_user_pool_domain(UserPoolId=it.pool, Domain="tidepool")
        it.connect_google(MAPPED | {"email_verified": "email_verified"})
        it.member("goran", email="goran@tidepool.example")
        it.member("rook", email=GORAN)
        link(it, identity("Google", subject(it)))
        refused(it.by_google(), "An account with the email already exists.")
        assert it.attributes("goran")["email"] == "goran@tidepool.example"


# -- and back ------------------------------------------------------------------------------------


def unlink(it: Federation, user: dict[str, str]) -> None:
    it.idp.admin_disable_provider_for_user(UserPoolId=it.pool, User=user)


def test_unlinked_he_gets_a_profile_of_his_own(it: Federation) -> None:
    link(it, identity("Google", subject(it)))
    it.by_google()
    unlink(it, identity("Google", subject(it)))
    assert "identities" not in it.attributes("goran")
    assert it.id_claims(it.by_google())["cognito:username"] == it.goran
    with api_refused("UserNotFoundException"):
        unlink(it, identity("Google", "somebody"))


def test_a_local_user_s_password_can_be_taken_away(it: Federation) -> None:
    link(it, identity("Google", subject(it)))
    with api_refused("InvalidParameterException", "ProviderAttributeName of the provider Cognito"):
        unlink(it, identity("Cognito", "goran", "username"))
    unlink(it, identity("Cognito", "goran"))
    with api_refused("NotAuthorizedException", "Incorrect username or password."):
        it.sign_in("goran", PASSWORD)
    assert it.id_claims(it.by_google())["cognito:username"] == "goran"


def test_a_profile_that_its_provider_made_is_not_disabled_like_this(it: Federation) -> None:
    it.by_google()
    with pytest.raises(OutsideTheLab, match="AdminDisableUser"):
        unlink(it, identity("Google", subject(it)))


def test_a_link_goes_with_its_user(it: Federation) -> None:
    link(it, identity("Google", subject(it)))
    it.idp.admin_delete_user(UserPoolId=it.pool, Username="goran")
    assert it.id_claims(it.by_google())["cognito:username"] == it.goran
