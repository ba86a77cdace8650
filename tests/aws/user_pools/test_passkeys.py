"""Passkeys: what a pool asks of one, whose it is, and what a browser that lies gets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from support.passkeys import (
    DOMAIN,
    ORIGIN,
    Passkeys,
    attested,
    changed,
    for_domain,
    octets,
    passkeys,
    with_flags,
    with_key,
    with_response,
)
from support.user_pools import refused

from cognito_lab import SoftwarePasskey


@pytest.fixture
def it() -> Iterator[Passkeys]:
    with passkeys() as it:
        yield it


def made(it: Passkeys, **device: Any) -> dict[str, Any]:
    """What a browser answers to a registration that has just begun."""
    return SoftwarePasskey(**device).create(it.start(), ORIGIN)


# -- settings -------------------------------------------------------------------------------------


def test_settings_are_shown_and_gone_when_left_out(it: Passkeys) -> None:
    given = {
        "RelyingPartyId": DOMAIN,
        "UserVerification": "required",
        "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION",
    }
    assert it.set(**given)["WebAuthnConfiguration"] == given
    shown = it.idp.get_user_pool_mfa_config(UserPoolId=it.pool)
    assert (shown["WebAuthnConfiguration"], shown["MfaConfiguration"]) == (given, "OFF")
    it.idp.set_user_pool_mfa_config(UserPoolId=it.pool, MfaConfiguration="OFF")
    assert "WebAuthnConfiguration" not in it.idp.get_user_pool_mfa_config(UserPoolId=it.pool)


@pytest.mark.parametrize(
    "domain", ["example", "com", "https://tidepool.example", "tidepool.example/", "Tidepool.example", "a..b",
               ".a.b", "amazoncognito.com", "auth.us-east-1.amazoncognito.com",
               "tidepool.example:443", "-a.example"],
)  # fmt: skip
def test_a_domain_has_one_owner(it: Passkeys, domain: str) -> None:
    with refused("InvalidParameterException"):
        it.set(RelyingPartyId=domain)
    assert it.start()["rp"]["id"] == DOMAIN


@pytest.mark.parametrize(
    "domain", ["localhost", "app.tidepool.example", "a.auth.us-east-1.amazoncognito.com"]
)
def test_it_may_be_any_domain_that_has(it: Passkeys, domain: str) -> None:
    it.set(RelyingPartyId=domain)
    assert it.start()["rp"]["id"] == domain


def test_passkeys_as_two_factors_need_the_plan(it: Passkeys) -> None:
    it.new_pool(UserPoolTier="LITE")
    with refused("FeatureUnavailableInTierException"):
        it.set(FactorConfiguration="MULTI_FACTOR_WITH_USER_VERIFICATION")
    it.set(FactorConfiguration="SINGLE_FACTOR")


# -- registration ---------------------------------------------------------------------------------


def test_a_browser_is_told_who_and_where(it: Passkeys) -> None:
    asked = it.start()
    assert asked["rp"] == {"id": DOMAIN, "name": DOMAIN}
    assert (asked["user"]["name"], octets(asked["user"]["id"]).decode()) == ("mara", it.attributes()["sub"])
    assert [kind["alg"] for kind in asked["pubKeyCredParams"]] == [-7, -257]
    assert asked["authenticatorSelection"]["userVerification"] == "preferred"
    assert len(octets(asked["challenge"])) >= 16 and asked["challenge"] != it.start()["challenge"]
    it.set(RelyingPartyId=DOMAIN, UserVerification="required")
    assert it.start()["authenticatorSelection"]["userVerification"] == "required"


def test_a_registered_passkey_is_listed_and_not_made_twice(it: Passkeys) -> None:
    device = it.register()
    [own] = it.listed()["Credentials"]
    assert (own["RelyingPartyId"], own["AuthenticatorAttachment"]) == (DOMAIN, "platform")
    assert own["AuthenticatorTransports"] == ["internal"] and own["CreatedAt"] == it.lab.now
    asked = it.start()
    assert [known["id"] for known in asked["excludeCredentials"]] == [own["CredentialId"]]
    with pytest.raises(PermissionError, match="InvalidStateError"):
        device.create(asked, ORIGIN)
    it.register(SoftwarePasskey(attachment="cross-platform"))
    assert [key["FriendlyCredentialName"] for key in it.listed()["Credentials"]][1] == "Roaming passkey"


def test_the_same_passkey_is_not_registered_again(it: Passkeys) -> None:
    first = it.start()
    device = SoftwarePasskey()
    credential = device.create(first, ORIGIN)
    second = it.start()
    it.finish(credential)
    with refused("InvalidParameterException", "The passkey is already"):
        it.finish(changed(credential, challenge=second["challenge"]))
    assert len(it.listed()["Credentials"]) == 1


def test_the_domain_of_the_pool_is_the_default(it: Passkeys) -> None:
    it.set(UserVerification="preferred")
    with refused("WebAuthnConfigurationMissingException"):
        it.start()
    it.idp.create_user_pool_domain(UserPoolId=it.pool, Domain="tidepool")
    asked = it.start()
    host = "tidepool.auth.us-east-1.amazoncognito.com"
    assert asked["rp"]["id"] == host
    it.finish(SoftwarePasskey().create(asked, f"https://{host}"))
    assert it.listed()["Credentials"][0]["RelyingPartyId"] == host


def test_a_pool_that_takes_none(it: Passkeys) -> None:
    asked = it.start()
    it.idp.update_user_pool(UserPoolId=it.pool)
    with refused("WebAuthnNotEnabledException"):
        it.start()
    with refused("WebAuthnNotEnabledException"):
        it.finish(SoftwarePasskey().create(asked, ORIGIN))


@pytest.mark.parametrize(
    ("origin", "good"),
    [("https://tidepool.example", True), ("https://app.tidepool.example:8443", True),
     ("http://tidepool.example", False), ("https://tidepool.example.evil.example", False),
     ("https://eviltidepool.example", False), ("https://example", False), ("null", False),
     ("https://tidepool.example.localhost", False), ("http://localhost:3000", False)],
)  # fmt: skip
def test_the_page_is_at_the_domain(it: Passkeys, origin: str, good: bool) -> None:
    asked = it.start()
    if good:
        it.finish(SoftwarePasskey().create(asked, origin))
        return
    with pytest.raises(PermissionError, match="SecurityError"):
        SoftwarePasskey().create(asked, origin)
    with refused("WebAuthnOriginNotAllowedException"):
        it.finish(SoftwarePasskey().create(asked, origin, checked=False))
    assert it.listed()["Credentials"] == []


def test_localhost_needs_no_tls(it: Passkeys) -> None:
    it.set(RelyingPartyId="localhost")
    it.finish(SoftwarePasskey().create(it.start(), "http://localhost:5173"))


def test_the_passkey_is_for_the_domain(it: Passkeys) -> None:
    with refused("WebAuthnRelyingPartyMismatchException"):
        it.finish(attested(made(it), lambda data: for_domain(data, "evil.example")))


def test_a_challenge_is_one_users_and_counts_once_and_not_for_long(it: Passkeys) -> None:
    it.member("ben")
    ben = it.sign_in("ben")["AccessToken"]
    credential = made(it)
    with refused("WebAuthnChallengeNotFoundException"):
        it.finish(credential, ben)
    with refused("WebAuthnChallengeNotFoundException"):
        it.finish(changed(credential, challenge="bm90IHRoZSBjaGFsbGVuZ2U"))
    it.finish(credential)
    with refused("WebAuthnChallengeNotFoundException"):
        it.finish(credential)
    late = made(it)
    it.lab.travel(minutes=5)
    with refused("WebAuthnChallengeNotFoundException"):
        it.finish(late)


def test_a_registration_ends_at_the_app_client_where_it_began(it: Passkeys) -> None:
    other = it.sign_in(client=it.new_client()["ClientId"])["AccessToken"]
    credential = made(it)
    with refused("WebAuthnClientMismatchException"):
        it.finish(credential, other)
    it.finish(credential)


def test_who_must_verify(it: Passkeys) -> None:
    it.finish(made(it, verifies=False))
    it.set(RelyingPartyId=DOMAIN, UserVerification="required")
    with refused("WebAuthnCredentialNotSupportedException"):
        it.finish(made(it, verifies=False))
    it.finish(made(it))


def test_nobody_touched_it(it: Passkeys) -> None:
    with refused("WebAuthnCredentialNotSupportedException"):
        it.finish(attested(made(it), lambda data: with_flags(data, 0x44)))


def test_keys_for_two_algorithms(it: Passkeys) -> None:
    number = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
    modulus = number.n.to_bytes(256, "big")
    it.finish(attested(made(it), lambda data: with_key(data, {1: 3, 3: -257, -1: modulus, -2: b"\1\0\1"})))
    point = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    x, y = point.x.to_bytes(48, "big"), point.y.to_bytes(48, "big")
    others: list[dict[int, Any]] = [
        {1: 2, 3: -35, -1: 2, -2: x, -3: y}, {1: 1, 3: -8, -1: 6, -2: bytes(32)},
        {1: 3, 3: -37, -1: modulus, -2: b"\1\0\1"}, {1: 5}, {},
    ]  # fmt: skip
    for key in others:
        with refused("WebAuthnCredentialNotSupportedException"):
            it.finish(attested(made(it), lambda data, key=key: with_key(data, key)))


def test_twenty_at_most(it: Passkeys) -> None:
    waiting = it.start()
    for _ in range(20):
        it.register()
    with refused("LimitExceededException"):
        it.start()
    with refused("LimitExceededException"):
        it.finish(SoftwarePasskey().create(waiting, ORIGIN))
    first = it.listed(MaxResults=15)
    rest = it.listed(MaxResults=15, NextToken=first["NextToken"])
    listed = {key["CredentialId"] for page in (first, rest) for key in page["Credentials"]}
    assert len(listed) == 20 and "NextToken" not in rest
    with refused("InvalidParameterException"):
        it.listed(NextToken="x")
    it.idp.delete_web_authn_credential(AccessToken=it.token, CredentialId=listed.pop())
    it.register()


def test_each_deletes_their_own(it: Passkeys) -> None:
    it.register()
    it.member("ben")
    ben = it.sign_in("ben")["AccessToken"]
    [own] = it.listed()["Credentials"]
    assert it.listed(ben)["Credentials"] == []
    with refused("ResourceNotFoundException"):
        it.idp.delete_web_authn_credential(AccessToken=ben, CredentialId=own["CredentialId"])
    it.idp.delete_web_authn_credential(AccessToken=it.token, CredentialId=own["CredentialId"])
    with refused("ResourceNotFoundException"):
        it.idp.delete_web_authn_credential(AccessToken=it.token, CredentialId=own["CredentialId"])


def test_a_token_that_is_over_registers_nothing(it: Passkeys) -> None:
    credential = made(it)
    it.idp.global_sign_out(AccessToken=it.token)
    for call in (it.start, it.listed, lambda: it.finish(credential)):
        with refused("NotAuthorizedException"):
            call()


@pytest.mark.parametrize(
    "credential",
    [5, "x", [], {}, {"response": 5}, {"response": {}}, {"response": {"attestationObject": "x"}}],
)
def test_what_is_no_credential(it: Passkeys, credential: Any) -> None:
    with refused("InvalidParameterException"):
        it.finish(credential)


@pytest.mark.parametrize("part", ["clientDataJSON", "attestationObject"])
@pytest.mark.parametrize("value", ["", "x", "W10", "bnVsbA", "AAAA", "W1tb" * 30_000, "ü"])
def test_parts_that_cannot_be_read(it: Passkeys, part: str, value: str) -> None:
    with refused("InvalidParameterException"):
        it.finish(with_response(made(it), **{part: value}))


@pytest.mark.parametrize("said", [{"type": "webauthn.get"}, {"type": None}])
def test_an_answer_to_something_else(it: Passkeys, said: dict[str, Any]) -> None:
    with refused("WebAuthnCredentialNotSupportedException"):
        it.finish(changed(made(it), **said))


def test_another_id_outside_than_inside(it: Passkeys) -> None:
    with refused("WebAuthnCredentialNotSupportedException"):
        it.finish({**made(it), "rawId": "AAAA"})


def test_the_id_is_the_one_that_the_device_has_signed_for(it: Passkeys) -> None:
    credential = made(it)
    it.finish({**credential, "id": "AAAA", "rawId": "AAAA"})
    assert [key["CredentialId"] for key in it.listed()["Credentials"]] == [credential["id"]]


def test_a_deleted_user_leaves_no_passkey(it: Passkeys) -> None:
    it.register()
    it.idp.admin_delete_user(UserPoolId=it.pool, Username="mara")
    it.member()
    assert it.listed(it.sign_in()["AccessToken"])["Credentials"] == []


# -- as a second factor as well -------------------------------------------------------------------


def prefer(it: Passkeys, **more: Any) -> None:
    settings = {"WebAuthnMfaSettings": {"Enabled": True}, **more}
    it.idp.admin_set_user_mfa_preference(UserPoolId=it.pool, Username="mara", **settings)


def test_a_passkey_is_a_second_factor_where_the_pool_says_so_and_there_is_another(it: Passkeys) -> None:
    app = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    it.idp.set_user_pool_mfa_config(UserPoolId=it.pool, MfaConfiguration="OPTIONAL", **app)
    shown = pyotp.TOTP(it.idp.associate_software_token(AccessToken=it.token)["SecretCode"]).now()
    it.idp.verify_software_token(AccessToken=it.token, UserCode=shown)
    enabled = {"SoftwareTokenMfaSettings": {"Enabled": True}}
    with refused("InvalidParameterException", "Passkeys are not configured as MFA"):
        prefer(it, **enabled)
    as_two = {"FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}
    it.idp.set_user_pool_mfa_config(
        UserPoolId=it.pool, MfaConfiguration="OPTIONAL", WebAuthnConfiguration=as_two, **app
    )
    with refused("InvalidParameterException", "Another MFA method"):
        prefer(it)
    prefer(it, **enabled)
    prefer(it)
    with refused("InvalidParameterException", "Another MFA method"):
        prefer(it, SoftwareTokenMfaSettings={"Enabled": False})
    assert it.user()["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
