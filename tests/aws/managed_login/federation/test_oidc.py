"""Sign-in through Google: the profile that is made, what is copied into it when, and what it cannot do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
import requests
from support.federation import (
    CALLBACK,
    GORAN,
    IDP_RESPONSE,
    MAPPED,
    Federation,
    federation,
    fields_of,
    refused,
)
from support.user_pools import PASSWORD, mapping, pairs, read
from support.user_pools import refused as api_refused

from cognito_lab import OutsideTheLab
from cognito_lab.aws.user_pools.people import federated_users
from cognito_lab.network import exchanges
from cognito_lab.network.exchanges import Exchange


@pytest.fixture
def it() -> Iterator[Federation]:
    with federation() as world:
        world.connect_google()
        yield world


def test_goran_signs_in_with_google(it: Federation) -> None:
    sent = fields_of(it.to_google(scope="openid email"))
    assert sent["client_id"] == it.at_google.client_id and sent["redirect_uri"] == IDP_RESPONSE
    assert sent["response_type"] == "code" and sent["scope"] == "email profile openid"
    assert sent["state"] != "of-the-app" and len(sent["nonce"]) > 30
    came = it.by_google()
    assert set(came) == {"code", "state"} and came["state"] == "of-the-app"
    claims = it.id_claims(came)
    assert claims["iss"].endswith(it.pool) and claims["aud"] == it.client
    assert claims["cognito:username"] == it.goran and claims["amr"] == ["fed"]
    assert claims["name"] == "Goran Pavić" and claims["email"] == GORAN and claims["email_verified"] is False


def test_who_comes_from_outside_is_asked_for_no_second_factor(it: Federation) -> None:
    """The provider's check has to suffice ("Adding MFA to a user pool"); a user of the pool is asked."""
    app = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    it.idp.set_user_pool_mfa_config(UserPoolId=it.pool, MfaConfiguration="ON", **app)
    assert it.id_claims(it.by_google())["amr"] == ["fed"]
    assert it.initiate()["ChallengeName"] == "MFA_SETUP"


def test_the_profile(it: Federation) -> None:
    tokens = it.tokens_of(it.by_google())
    user = it.user(it.goran)
    assert (user["UserStatus"], user["Enabled"]) == ("EXTERNAL_PROVIDER", True)
    found = mapping(user["UserAttributes"])
    sub = it.google.accounts[GORAN].sub
    [identity] = json.loads(found.pop("identities"))
    made = identity.pop("dateCreated")
    assert identity == {"userId": sub, "providerName": "Google", "providerType": "Google", "issuer": None,
                        "primary": True}  # fmt: skip
    assert isinstance(made, int) and made > 1_700_000_000_000
    assert re.fullmatch(r"[0-9a-f-]{36}", found.pop("sub"))
    assert found == {"email": GORAN, "email_verified": "false", "name": "Goran Pavić", "given_name": "Goran",
                     "family_name": "Pavić"}  # fmt: skip
    groups = it.idp.admin_list_groups_for_user(UserPoolId=it.pool, Username=it.goran)["Groups"]
    assert [group["GroupName"] for group in groups] == [f"{it.pool}_Google"]
    claims = it.id_claims(it.by_google())
    assert claims["cognito:groups"] == [f"{it.pool}_Google"]
    [claimed] = claims["identities"]
    assert (claimed["primary"], claimed["dateCreated"], claimed["issuer"]) == ("true", str(made), None)
    assert it.idp.get_user(AccessToken=tokens["access_token"])["Username"] == it.goran
    [row] = it.idp.list_users(UserPoolId=it.pool, Filter='cognito:user_status = "external_provider"')["Users"]
    assert row["Username"] == it.goran


def test_the_same_person_is_the_same_profile(it: Federation) -> None:
    first, second = it.id_claims(it.by_google()), it.id_claims(it.by_google())
    assert first["sub"] == second["sub"] and list(it.people()) == [it.goran]
    rook = it.id_claims(it.by_google("rook@elsewhere.example"))
    assert rook["sub"] != first["sub"] and len(it.people()) == 2


def test_a_nonce_is_the_apps_or_made_up(it: Federation) -> None:
    assert it.id_claims(it.by_google(nonce="of-the-app"))["nonce"] == "of-the-app"
    assert len(it.id_claims(it.by_google())["nonce"]) > 30


def test_the_browser_has_a_session_afterwards(it: Federation) -> None:
    it.by_google()
    assert it.authorize(state="again").startswith(f"{CALLBACK}?code=")
    assert it.authorize(identity_provider="Google").startswith(f"{CALLBACK}?code=")
    # … and another provider asks again.
    assert it.authorize(identity_provider="COGNITO").startswith("/login?")


def test_the_pool_talks_to_google_and_the_app_does_not(it: Federation) -> None:
    seen: list[Exchange] = []
    with patch.object(exchanges, "OBSERVERS", [seen.append]):
        came = it.by_google()
    calls = [(one.caller, one.callee, one.request.path) for one in seen if one.request]
    assert ("cognito-idp", "google", "/oauth2/v4/token") in calls
    assert not [call for call in calls if call[0] == "app" and call[2] == "/oauth2/v4/token"]
    assert not came["code"].startswith("4/")


def test_google_s_tokens_stay_with_the_pool(it: Federation) -> None:
    seen: list[dict[str, Any]] = []
    real = federated_users.sign_in_federated_user
    with patch.object(
        federated_users, "sign_in_federated_user", lambda *given: seen.append(dict(given[2])) or real(*given)
    ):
        tokens = it.tokens_of(it.by_google())
    assert seen[0]["access_token"].startswith("ya29.") and "id_token" not in seen[0]
    claims = [read(tokens[name]) for name in ("id_token", "access_token")]
    for text in (json.dumps(it.people()), json.dumps(claims)):
        assert "ya29." not in text and "accounts.google.com" not in text


def test_a_token_of_google_s_can_be_mapped_by_who_asks_for_it() -> None:
    with federation() as it:
        attribute = {"Name": "google_token", "AttributeDataType": "String", "Mutable": True}
        it.idp.add_custom_attributes(UserPoolId=it.pool, CustomAttributes=[attribute])
        it.connect_google({"custom:google_token": "access_token", "email": "email"})
        it.support("COGNITO", "Google", WriteAttributes=["email"])
        refused(it.by_google(), "A client attempted to write unauthorized attribute")
        it.support("COGNITO", "Google", WriteAttributes=["email", "custom:google_token"],
                   ReadAttributes=["email", "custom:google_token"])  # fmt: skip
        claims = it.id_claims(it.by_google(scope="openid"))
        assert claims["custom:google_token"].startswith("ya29.")


# -- both halves of being offered ----------------------------------------------------------------


def offered(it: Federation, **fields: str | None) -> requests.Response:
    return it.browser.get(it.address(**fields), allow_redirects=False)


def test_a_provider_that_the_client_does_not_support(it: Federation) -> None:
    it.support("COGNITO")
    answer = offered(it, identity_provider="Google")
    assert answer.status_code == 400 and "Login option is not available" in answer.text
    assert "location" not in answer.headers and not it.people()


def test_a_client_cannot_support_what_the_pool_does_not_have(it: Federation) -> None:
    with api_refused(
        "InvalidParameterException", f"The provider Shore does not exist for User Pool {it.pool}"
    ):
        it.support("COGNITO", "Shore")


def test_a_provider_that_was_deleted_since(it: Federation) -> None:
    it.idp.delete_identity_provider(UserPoolId=it.pool, ProviderName="Google")
    answer = offered(it, identity_provider="Google")
    assert answer.status_code == 400 and "location" not in answer.headers


def test_by_identifier() -> None:
    with federation() as it:
        it.connect_shore(IdpIdentifiers=["shore.example"])
        assert it.authorize(idp_identifier="shore.example").startswith("https://idp.shore.example/authorize?")
        it.support("COGNITO")
        for identifier in ("shore.example", "elsewhere.example"):
            answer = offered(it, idp_identifier=identifier)
            assert answer.status_code == 400 and "location" not in answer.headers


def test_login_hint_and_prompt_go_on_to_the_provider() -> None:
    with federation() as it:
        it.connect_shore()
        it.connect_google()
        it.support("COGNITO", "Google", "Shore")
        it.idp.update_user_pool_domain(UserPoolId=it.pool, Domain="tidepool", ManagedLoginVersion=2)
        for prompt in ("select_account", "consent login select_account"):
            sent = fields_of(it.authorize(identity_provider="Shore", login_hint="ada", prompt=prompt))
            assert (sent["login_hint"], sent["prompt"]) == ("ada", prompt)
        for prompt in ("create", "select_account none"):
            assert (
                not {"login_hint", "prompt"}
                & fields_of(it.authorize(identity_provider="Shore", prompt=prompt)).keys()
            )
        assert "login_hint" not in fields_of(it.authorize(identity_provider="Google", login_hint="ada"))


# -- mapping -------------------------------------------------------------------------------------


def change(it: Federation, **changed: Any) -> None:
    it.google.accounts[GORAN] = replace(it.google.accounts[GORAN], **changed)


def test_attributes_are_copied_at_every_sign_in(it: Federation) -> None:
    it.by_google()
    change(it, name="Goran P.", given_name=None)
    it.by_google()
    found = it.people()[it.goran]
    assert found["name"] == "Goran P."
    assert found["given_name"] == "Goran", "what the provider no longer says stays as it was"


def test_an_address_is_verified_only_if_that_is_mapped() -> None:
    with federation() as it:
        it.connect_google(MAPPED | {"email_verified": "email_verified"})
        assert it.id_claims(it.by_google())["email_verified"] is True
        change(it, email_verified=False)
        assert it.id_claims(it.by_google())["email_verified"] is False


def test_a_required_attribute_that_is_not_mapped() -> None:
    with federation() as it:
        required = [{"Name": name, "Required": True} for name in ("phone_number", "email")]
        renew(it, Schema=required)
        it.connect_google()
        refused(it.by_google(), "attributes required: [phone_number]")
        assert not it.people()
        with patch.object(federated_users, "check_required"):
            assert "code" in it.by_google()


def renew(it: Federation, **settings: Any) -> None:
    """A pool with these settings at the same domain; Mara has no account in it."""
    it.idp.delete_user_pool_domain(UserPoolId=it.pool, Domain="tidepool")
    oauth = {
        name: value
        for name, value in it.settings.clients[it.client].settings.items()
        if "OAuth" in name or "URLs" in name
    }
    it.new_pool(client=oauth, **settings)
    it.idp.create_user_pool_domain(UserPoolId=it.pool, Domain="tidepool")


def test_a_required_attribute_that_google_does_not_say() -> None:
    with federation() as it:
        renew(it, Schema=[{"Name": "family_name", "Required": True}])
        it.connect_google()
        change(it, family_name=None)
        refused(it.by_google(), "Invalid user attributes: family_name: The attribute is required")
        change(it, family_name="Pavić")
        assert "code" in it.by_google()
        change(it, family_name=None)
        assert "code" in it.by_google(), "it is there from before"


def test_an_immutable_attribute_lets_its_owner_in_once() -> None:
    with federation() as it:
        renew(it, Schema=[{"Name": "email", "Mutable": False, "Required": True}])
        it.connect_google()
        assert "code" in it.by_google()
        refused(it.by_google(), "Invalid user attributes: email: Attribute cannot be updated.")
        with patch.object(federated_users, "check_mutable"):
            assert "code" in it.by_google()


def test_a_client_that_may_not_write_what_is_mapped(it: Federation) -> None:
    it.support("COGNITO", "Google", WriteAttributes=["email", "name", "given_name"])
    refused(it.by_google(), "A client attempted to write unauthorized attribute")
    assert not it.people()
    with patch.object(federated_users, "check_writable"):
        assert "code" in it.by_google()


def test_a_value_that_does_not_fit(it: Federation) -> None:
    change(it, name="x" * 2049)
    came = it.by_google()
    assert came["error"] == "invalid_request" and "cannot be longer than 2048" in came["error_description"]
    assert not it.people()


def test_another_claim_as_username_is_not_played(it: Federation) -> None:
    with pytest.raises(OutsideTheLab, match="A username made from the claim email"):
        it.idp.update_identity_provider(
            UserPoolId=it.pool, ProviderName="Google", AttributeMapping={"username": "email"}
        )


def test_small_letters_where_the_pool_does_not_tell_them_apart() -> None:
    with federation() as it:
        renew(it, UsernameConfiguration={"CaseSensitive": False})
        it.connect_shore()
        it.shore.claims = {"sub": "Ada-ONE"}
        it.shore.userinfo["sub"] = "Ada-ONE"
        assert it.id_claims(it.by_shore())["cognito:username"] == "Shore_ada-one"
        it.by_shore()
        assert list(it.people()) == ["Shore_ada-one"]


# -- somebody else's name, or address ------------------------------------------------------------


def test_who_signed_up_under_the_name_does_not_get_the_sign_in(it: Federation) -> None:
    it.member(it.goran, email="rook@elsewhere.example")
    refused(it.by_google(), f"Already found an entry for username {it.goran}")
    with patch.object(federated_users, "check_username_free"):
        it.by_google()
    assert it.status(it.goran) != "CONFIRMED", "without the rule, Rook's account would be gone"


def test_the_same_address_does_not_mean_the_same_user(it: Federation) -> None:
    it.member("goran", email=GORAN)
    local = it.attributes("goran")["sub"]
    assert it.id_claims(it.by_google())["sub"] != local
    assert it.status("goran") == "CONFIRMED" and set(it.people()) == {"goran", it.goran}


@pytest.mark.parametrize("setting", ["UsernameAttributes", "AliasAttributes"])
def test_an_address_leads_to_who_has_a_password(setting: str) -> None:
    with federation() as it:
        renew(it, AutoVerifiedAttributes=["email"], **{setting: ["email"]})
        it.connect_google(MAPPED | {"email_verified": "email_verified"})
        assert "code" in it.by_google()  # Goran comes from Google first
        name = GORAN if setting == "UsernameAttributes" else "goran"
        it.member(name, email=GORAN)  # … and the address is still free to sign up with
        assert "code" in it.by_google()
        assert it.user(GORAN)["UserStatus"] == "CONFIRMED"
        assert "IdToken" in it.sign_in(GORAN)
        it.idp.admin_update_user_attributes(
            UserPoolId=it.pool, Username=it.goran, UserAttributes=pairs(nickname="G", email=GORAN)
        )
        assert it.user(GORAN)["UserStatus"] == "CONFIRMED"


def test_a_password_does_not_take_the_address_from_its_owner() -> None:
    with federation() as it:
        renew(it, AutoVerifiedAttributes=["email"], AliasAttributes=["email"])
        it.connect_google(MAPPED | {"email_verified": "email_verified"})
        it.member("goran", email=GORAN)
        it.by_google()
        password = {"Username": it.goran, "Password": PASSWORD, "Permanent": True}
        it.idp.admin_set_user_password(UserPoolId=it.pool, **password)
        assert it.user(GORAN)["Username"] == "goran"


# -- there is no password here -------------------------------------------------------------------


def test_no_password_signs_him_in(it: Federation) -> None:
    it.by_google()
    with api_refused("NotAuthorizedException", "Incorrect username or password."):
        it.sign_in(it.goran)


def test_there_is_nothing_to_recover(it: Federation) -> None:
    tokens = it.tokens_of(it.by_google())
    with api_refused("NotAuthorizedException", "User password cannot be reset in the current state."):
        it.idp.forgot_password(ClientId=it.client, Username=it.goran)
    with api_refused("NotAuthorizedException", "User password cannot be reset in the current state."):
        it.idp.admin_reset_user_password(UserPoolId=it.pool, Username=it.goran)
    with api_refused("NotAuthorizedException", "User password cannot be changed in the current state."):
        it.idp.change_password(AccessToken=tokens["access_token"], ProposedPassword=PASSWORD)
    with api_refused(
        "NotAuthorizedException", "User cannot be confirmed. Current status is EXTERNAL_PROVIDER"
    ):
        it.idp.admin_confirm_sign_up(UserPoolId=it.pool, Username=it.goran)
    assert it.status(it.goran) == "EXTERNAL_PROVIDER"


def test_an_administrator_can_give_him_a_password(it: Federation) -> None:
    sub = it.id_claims(it.by_google())["sub"]
    it.idp.admin_set_user_password(UserPoolId=it.pool, Username=it.goran, Password=PASSWORD, Permanent=True)
    assert it.status(it.goran) == "CONFIRMED" and "IdToken" in it.sign_in(it.goran)
    assert it.id_claims(it.by_google())["sub"] == sub


def test_disabled_and_deleted(it: Federation) -> None:
    sub = it.id_claims(it.by_google())["sub"]
    it.idp.admin_disable_user(UserPoolId=it.pool, Username=it.goran)
    refused(it.by_google(), "User is disabled.")
    it.idp.admin_delete_user(UserPoolId=it.pool, Username=it.goran)
    assert it.id_claims(it.by_google())["sub"] != sub, "a new profile of its own"
    assert json.loads(it.people()[it.goran]["identities"])[0]["primary"] is True


def test_refreshing_keeps_who_he_is(it: Federation) -> None:
    tokens = it.tokens_of(it.by_google())
    again = it.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    for name in ("sub", "amr", "identities", "auth_time", "cognito:groups"):
        assert read(again["id_token"])[name] == read(tokens["id_token"])[name]
