"""Passkeys: what a pool asks of one, whose it is, and what a browser that lies gets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from support.first_factors import PASSWORD_FACTORS
from support.passkeys import (
    DOMAIN,
    EVIL,
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
from support.second_factors import APP, ON
from support.user_pools import OTHER_PASSWORD, read, refused

from cognito_lab import SoftwarePasskey
from cognito_lab.aws.user_pools import model
from cognito_lab.protocols import webauthn_checks


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


def test_a_pool_that_has_lost_its_domain(it: Passkeys) -> None:
    credential = made(it)
    it.set()
    with refused("WebAuthnOriginNotAllowedException"):
        it.finish(credential)


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


# -- signing in -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("attachment", "amr"), [("platform", "swk"), ("cross-platform", "hwk")])
def test_a_passkey_alone_signs_in_again_and_again(it: Passkeys, attachment: str, amr: str) -> None:
    device = it.register(SoftwarePasskey(attachment=attachment))
    for _ in range(2):
        claims = read(it.by_passkey(device)["AccessToken"])
        assert (claims["username"], claims["amr"], claims["acr"]) == ("mara", [amr], "urn:cognito:loa:3")


def test_what_a_browser_is_asked(it: Passkeys) -> None:
    it.register()
    asked = json.loads(it.ask()["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    [own] = it.listed()["Credentials"]
    known = {"id": own["CredentialId"], "type": "public-key", "transports": ["internal"]}
    assert (asked["rpId"], asked["allowCredentials"], asked["userVerification"]) == (
        DOMAIN,
        [known],
        "preferred",
    )
    assert asked["challenge"] not in it.ask()["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]


def test_it_can_be_chosen_where_there_is_one(it: Passkeys) -> None:
    assert it.choose("WEB_AUTHN")["AvailableChallenges"] == PASSWORD_FACTORS
    device = it.register()
    choice = it.choose()
    assert choice["AvailableChallenges"] == [*PASSWORD_FACTORS, "WEB_AUTHN"]
    asked = it.respond(choice, ANSWER="WEB_AUTHN")
    assert it.respond(asked, CREDENTIAL=it.signed(device, asked))["AccessToken"]
    factors = it.idp.get_user_auth_factors(AccessToken=it.token)
    assert factors["ConfiguredUserAuthFactors"] == ["PASSWORD", "WEB_AUTHN"]
    it.idp.delete_web_authn_credential(
        AccessToken=it.token, CredentialId=it.listed()["Credentials"][0]["CredentialId"]
    )
    assert it.choose("WEB_AUTHN")["ChallengeName"] == "SELECT_CHALLENGE"


def test_a_server_asks_for_one_too(it: Passkeys) -> None:
    device = it.register()
    named = {"UserPoolId": it.pool, "ClientId": it.client}
    asked = it.idp.admin_initiate_auth(
        **named, AuthFlow="USER_AUTH", AuthParameters={"USERNAME": "mara", "PREFERRED_CHALLENGE": "WEB_AUTHN"}
    )
    answer = it.idp.admin_respond_to_auth_challenge(
        **named, ChallengeName="WEB_AUTHN", Session=asked["Session"],
        ChallengeResponses={"USERNAME": "mara", "CREDENTIAL": it.signed(device, asked)},
    )  # fmt: skip
    assert answer["AuthenticationResult"]["AccessToken"]


def test_a_refused_answer_may_be_corrected(it: Passkeys) -> None:
    device = it.register()
    asked = it.ask()
    for _ in range(6):  # which would lock, if they were passwords
        with refused("NotAuthorizedException"):
            it.respond(asked, CREDENTIAL=it.signed(device, asked, EVIL, checked=False))
    assert it.respond(asked, CREDENTIAL=it.signed(device, asked))["AccessToken"]


def test_a_passkey_for_the_domain_of_before_does_not_count(it: Passkeys) -> None:
    it.register()
    it.set(RelyingPartyId="other.example")
    assert it.choose("WEB_AUTHN")["ChallengeName"] == "SELECT_CHALLENGE"
    it.set()
    assert it.choose("WEB_AUTHN")["ChallengeName"] == "SELECT_CHALLENGE", "no domain at all"


@pytest.mark.parametrize("credential", ["", "x", "null", "[]", "{}", '{"response": {}}', "[" * 30_000])
def test_what_is_no_answer(it: Passkeys, credential: str) -> None:
    it.register()
    with refused("InvalidParameterException"):
        it.respond(it.ask(), CREDENTIAL=credential)


def test_one_answer_counts_once_for_two_threads(it: Passkeys) -> None:
    device = it.register()
    asked = it.ask()
    credential = it.signed(device, asked)

    def attempt(_: int) -> str:
        try:
            return "tokens" if it.respond(asked, CREDENTIAL=credential)["AccessToken"] else ""
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(attempt, range(4)))
    assert sorted(found) == ["NotAuthorizedException"] * 3 + ["tokens"]


# -- nobody ---------------------------------------------------------------------------------------


def test_nobody_is_asked_for_a_passkey_that_looks_like_one(it: Passkeys) -> None:
    hiding = it.new_client(ExplicitAuthFlows=["ALLOW_USER_AUTH"], PreventUserExistenceErrors="ENABLED")
    it.client = hiding["ClientId"]
    device = it.register()
    names = (f"nobody{number}" for number in range(100))
    nobody = next(name for name in names if "WEB_AUTHN" in it.choose(name=name)["AvailableChallenges"])
    shown = [json.loads(it.ask(nobody)["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]) for _ in "12"]
    assert shown[0]["allowCredentials"] == shown[1]["allowCredentials"] != []
    somebody = json.loads(it.ask()["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    assert shown[0].keys() == somebody.keys()
    credential = it.signed(device, it.ask())
    with refused("NotAuthorizedException", "The passkey is none of this user's."):
        it.respond(it.ask(nobody), nobody, CREDENTIAL=credential)
    it.set()
    for number in range(20):
        assert it.choose("WEB_AUTHN", f"nobody{number}")["ChallengeName"] == "SELECT_CHALLENGE"


# -- each rule is needed --------------------------------------------------------------------------

Rule = tuple[Callable[[Passkeys], Any], str, Any]
RULES: dict[str, Rule] = {}


def rule(function: str, instead: Any = lambda *_, **__: None) -> Callable[..., Any]:
    """The decorated call is refused as not authorized; with ``instead`` in the function's place it is not."""

    def register(call: Callable[[Passkeys], Any]) -> Callable[[Passkeys], Any]:
        RULES[call.__name__] = call, function, instead
        return call

    return register


def unchecked(change: dict[str, Any]) -> Any:
    """The library's check of an assertion, with other expectations than those of the lab."""
    original = webauthn_checks.verify_assertion

    def instead(answer: Any, passkey: Any, challenge: bytes, name: str, must_verify: bool) -> int:
        given = {"answer": answer, "passkey": passkey, "challenge": challenge, "must_verify": must_verify}
        given |= {key: value(given) for key, value in change.items()}
        return original(relying_party=name, **given)

    return instead


@rule("relying_party.check_origin")
def the_page_of_somebody_else(it: Passkeys) -> Any:
    device, asked = it.register(), it.ask()
    return it.respond(asked, CREDENTIAL=it.signed(device, asked, EVIL, checked=False))


def whatever_domain(domain: str, answer: Any) -> str:
    evil = hashlib.sha256(b"evil.example").digest()
    return "evil.example" if answer.relying_party_hash == evil else domain


@rule("relying_party.check_same_domain", whatever_domain)
def a_passkey_for_another_domain(it: Passkeys) -> Any:
    device = SoftwarePasskey()
    credential = device.create(it.start(), ORIGIN)
    it.finish(credential)
    key = device._keys[credential["id"]]
    device._keys[credential["id"]] = "evil.example", *key[1:]
    asked = it.ask()
    options = json.loads(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    return it.respond(
        asked, CREDENTIAL=device.get(json.dumps({**options, "rpId": "evil.example"}), ORIGIN, checked=False)
    )


@rule(
    "webauthn_checks.verify_assertion",
    unchecked({"challenge": lambda given: given["answer"].challenge}),
)
def an_answer_to_another_challenge(it: Passkeys) -> Any:
    device = it.register()
    credential = it.signed(device, it.ask())
    return it.respond(it.ask(), CREDENTIAL=credential)


@rule("webauthn_checks.verify_assertion", unchecked({"must_verify": lambda given: False}))
def a_device_that_does_not_verify(it: Passkeys) -> Any:
    device = it.register(SoftwarePasskey(verifies=False))
    it.set(RelyingPartyId=DOMAIN, UserVerification="required")
    return it.by_passkey(device)


@rule(
    "webauthn_checks.verify_assertion",
    unchecked({"passkey": lambda given: replace(given["passkey"], counter=0)}),
)
def a_copy_of_the_device(it: Passkeys) -> Any:
    device = it.register()
    it.by_passkey(device)
    before = device.counter
    it.by_passkey(device)
    device.counter = before  # which the copy still has
    return it.by_passkey(device)


@rule("challenges.check_session_unused")
def a_session_twice(it: Passkeys) -> Any:
    device, asked = it.register(), it.ask()
    it.respond(asked, CREDENTIAL=it.signed(device, asked))
    return it.respond(asked, CREDENTIAL=it.signed(device, asked))


@rule("challenges.check_session_in_time")
def a_session_of_three_minutes_ago(it: Passkeys) -> Any:
    device, asked = it.register(), it.ask()
    it.lab.travel(minutes=3)
    return it.respond(asked, CREDENTIAL=it.signed(device, asked))


@rule("user_auth.check_same_person")
def a_session_of_somebody_else(it: Passkeys) -> Any:
    device, asked = it.register(), it.ask()
    it.member("rook")
    return it.respond(asked, "rook", CREDENTIAL=it.signed(device, asked))


@rule("passkey_factor.own_passkey", lambda user, answer: PARKED["passkey"])
def a_passkey_of_somebody_else(it: Passkeys) -> Any:
    it.register()
    it.member("rook")
    device = SoftwarePasskey()
    it.register(device, it.sign_in("rook")["AccessToken"])
    PARKED["passkey"] = next(iter(model.registry().pools[it.pool].people.find("rook").passkeys.values()))
    asked = it.ask()
    options = json.loads(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    return it.respond(asked, CREDENTIAL=device.get(json.dumps({**options, "allowCredentials": []}), ORIGIN))


@rule("passkey_factor.own_passkey", lambda user, answer: user.passkeys[answer.id])
def a_passkey_that_names_somebody_else(it: Passkeys) -> Any:
    device, asked = it.register(), it.ask()
    signed = json.loads(it.signed(device, asked))
    return it.respond(asked, CREDENTIAL=json.dumps(with_response(signed, userHandle="cm9vaw")))


@rule("user_auth.check_still_open")
def a_user_who_has_a_second_factor_by_now(it: Passkeys) -> Any:
    it.as_two(FactorConfiguration="SINGLE_FACTOR")
    device, asked = it.register(), it.ask()
    it.app(it.token)
    it.prefer(SOFTWARE_TOKEN_MFA=ON)
    return it.respond(asked, CREDENTIAL=it.signed(device, asked))


@rule("user_auth.check_still_open")
def a_passkey_after_a_reset(it: Passkeys) -> Any:
    device, asked = it.register(), it.ask()
    it.idp.admin_reset_user_password(UserPoolId=it.pool, Username="mara")
    return it.respond(asked, CREDENTIAL=it.signed(device, asked))


@rule("user_status.check_enabled")
def somebody_who_was_disabled(it: Passkeys) -> Any:
    device, asked = it.register(), it.ask()
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    return it.respond(asked, CREDENTIAL=it.signed(device, asked))


@rule("lockout.check_not_locked")
def the_right_one_after_five_wrong_passwords(it: Passkeys) -> Any:
    device = it.register()
    for _ in range(5):
        with refused("NotAuthorizedException"):
            it.sign_in(password=OTHER_PASSWORD)
    return it.by_passkey(device)


PARKED: dict[str, Any] = {}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_refuses(it: Passkeys, name: str) -> None:
    with refused("NotAuthorizedException"):
        RULES[name][0](it)


@pytest.mark.parametrize("name", RULES)
def test_without_the_rule_nothing_refuses(it: Passkeys, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    call, function, instead = RULES[name]
    module, _, attribute = function.partition(".")
    rooms = ("cognito_lab.aws.user_pools.sign_in", "cognito_lab.aws.user_pools", "cognito_lab.protocols")
    found = next(f"{room}.{module}" for room in rooms if find_spec(f"{room}.{module}"))
    monkeypatch.setattr(import_module(found), attribute, instead)
    assert call(it)["AccessToken"]


# -- as both factors ------------------------------------------------------------------------------


def prefer(it: Passkeys, **more: Any) -> None:
    settings = {"WebAuthnMfaSettings": {"Enabled": True}, **more}
    it.idp.admin_set_user_mfa_preference(UserPoolId=it.pool, Username="mara", **settings)


def test_a_passkey_is_both_where_the_pool_says_so_and_there_is_another_second_factor(it: Passkeys) -> None:
    it.as_two(FactorConfiguration="SINGLE_FACTOR")
    it.app(it.token)
    enabled = {"SoftwareTokenMfaSettings": ON}
    with refused("InvalidParameterException", "Passkeys are not configured as MFA"):
        prefer(it, **enabled)
    it.as_two()
    with refused("InvalidParameterException", "Another MFA method"):
        prefer(it)
    prefer(it, **enabled)
    prefer(it)
    with refused("InvalidParameterException", "Another MFA method"):
        prefer(it, SoftwareTokenMfaSettings={"Enabled": False})
    assert it.user()["UserMFASettingList"] == [APP]


@pytest.mark.parametrize("mode", ["OPTIONAL", "ON"])
def test_who_has_a_second_factor_signs_in_by_a_passkey_only_where_it_is_both(it: Passkeys, mode: str) -> None:
    device = it.register()
    it.as_two(mode, FactorConfiguration="SINGLE_FACTOR")
    it.app(it.token)
    it.prefer(SOFTWARE_TOKEN_MFA=ON)
    assert it.choose("WEB_AUTHN")["AvailableChallenges"] == PASSWORD_FACTORS
    it.as_two(mode)
    assert it.choose("WEB_AUTHN")["AvailableChallenges"] == PASSWORD_FACTORS, "not what she asked for"
    prefer(it)
    claims = read(it.by_passkey(device)["AccessToken"])
    assert (claims["amr"], claims["acr"]) == (["swk", "mfa"], "urn:cognito:loa:3")
    assert it.initiate()["ChallengeName"] == APP, "a password alone is still half of it"
    it.idp.admin_set_user_mfa_preference(
        UserPoolId=it.pool, Username="mara", WebAuthnMfaSettings={"Enabled": False}
    )
    assert it.choose("WEB_AUTHN")["AvailableChallenges"] == PASSWORD_FACTORS


def test_for_both_the_device_has_to_verify(it: Passkeys) -> None:
    device = it.register(SoftwarePasskey(verifies=False))
    it.as_two()
    it.app(it.token)
    prefer(it, SoftwareTokenMfaSettings=ON)
    asked = json.loads(it.ask()["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    assert asked["userVerification"] == "required"
    with refused("NotAuthorizedException"):
        it.by_passkey(device)
    device.verifies = True
    assert it.by_passkey(device)["AccessToken"]
