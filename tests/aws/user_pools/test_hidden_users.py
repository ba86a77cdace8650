"""Who hides its users tells neither by a limit nor by its work whether somebody is there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.user_pools import FLOWS, OTHER_PASSWORD, World, pairs, refused, world

from cognito_lab.aws.user_pools import outbox, passwords
from cognito_lab.aws.user_pools.people import verification_codes


@pytest.fixture
def it():
    with world() as it:
        it.new_pool(client={"PreventUserExistenceErrors": "ENABLED"}, AutoVerifiedAttributes=["email"])
        yield it


def said(call: Callable[[], Any]) -> str:
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "done"


def calls(it: World, name: str) -> dict[str, Callable[[], Any]]:
    """The public calls that have a limit, with a code that is wrong."""
    who = {"ClientId": it.client, "Username": name}
    wrong = {**who, "ConfirmationCode": "none"}
    return {
        "ResendConfirmationCode": partial(it.idp.resend_confirmation_code, **who),
        "ConfirmSignUp": partial(it.idp.confirm_sign_up, **wrong),
        "ForgotPassword": partial(it.idp.forgot_password, **who),
        "ConfirmForgotPassword": partial(it.idp.confirm_forgot_password, **wrong, Password=OTHER_PASSWORD),
        "InitiateAuth": partial(it.initiate, name, OTHER_PASSWORD),
    }


@pytest.mark.parametrize(
    ("call", "before", "who"),
    [
        ("ResendConfirmationCode", None, "unconfirmed"),
        ("ConfirmSignUp", "ResendConfirmationCode", "unconfirmed"),
        ("ForgotPassword", None, "confirmed"),
        ("ConfirmForgotPassword", "ForgotPassword", "confirmed"),
        ("InitiateAuth", None, "confirmed"),
    ],
)
def test_a_name_that_nobody_has_meets_the_limits_that_people_meet(
    it: World, call: str, before: str | None, who: str
) -> None:
    it.sign_up("unconfirmed")
    it.member("confirmed")
    heard = {}
    for name in (who, "nobody"):
        named = calls(it, name)
        first = [said(named[before])] if before else []
        heard[name] = first + [said(named[call]) for _ in range(22)]
    assert heard[who] == heard["nobody"]
    assert len(set(heard[who])) > 1 or call == "InitiateAuth"  # a limit was met; a lock has the code of a
    it.lab.travel(hours=1)  # wrong password
    assert said(calls(it, "nobody")[call]) == heard["nobody"][0 if not before else 1] or before


EMAIL, PHONE = "email", "phone_number"
BOTH = {"AutoVerifiedAttributes": [EMAIL, PHONE]}
CHOSEN = {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]}
BY_ADMINISTRATORS = {"RecoveryMechanisms": [{"Priority": 1, "Name": "admin_only"}]}


def sent_by(call: Callable[[], Any]) -> str:
    """By what a code is said to have gone, or the refusal."""
    told: list[str] = []
    code = said(lambda: told.append(call()["CodeDeliveryDetails"]["DeliveryMedium"]))
    return told[0] if told else code


@pytest.mark.parametrize(
    ("settings", "name", "nobody"),
    [
        ({}, "mara", "nobody"),
        ({"AutoVerifiedAttributes": [EMAIL]}, "mara", "nobody"),
        ({"AutoVerifiedAttributes": [PHONE]}, "mara", "nobody"),
        (BOTH, "mara", "nobody"),
        ({**BOTH, "AccountRecoverySetting": CHOSEN}, "mara", "nobody"),
        ({"AutoVerifiedAttributes": [PHONE], "AccountRecoverySetting": CHOSEN}, "mara", "nobody"),
        ({**BOTH, "AccountRecoverySetting": BY_ADMINISTRATORS}, "mara", "nobody"),
        ({**BOTH, "UsernameAttributes": [EMAIL, PHONE]}, "+15550109878", "+15550109879"),
        ({**BOTH, "UsernameAttributes": [EMAIL, PHONE]}, "mara@tidepool.example", "nobody@tidepool.example"),
    ],
)
def test_a_code_for_nobody_goes_the_way_that_one_for_somebody_goes(
    it: World, settings: dict[str, Any], name: str, nobody: str
) -> None:
    it.new_pool(client={"PreventUserExistenceErrors": "ENABLED"}, **settings)
    verified = settings.get("AutoVerifiedAttributes", [])
    own = {EMAIL: "mara@tidepool.example", PHONE: "+15550109878"}
    own = {way: to for way, to in own.items() if name == "mara" and way in {EMAIL, *verified}}
    it.idp.sign_up(ClientId=it.client, Username=name, Password=OTHER_PASSWORD, UserAttributes=pairs(**own))
    resend, forgot = it.idp.resend_confirmation_code, it.idp.forgot_password
    heard = [sent_by(partial(resend, ClientId=it.client, Username=who)) for who in (name, nobody)]
    assert heard[0] == heard[1]
    it.idp.admin_confirm_sign_up(UserPoolId=it.pool, Username=name)
    proved = {f"{way}_verified": "true" for way in it.attributes(name) if way in (EMAIL, PHONE)}
    it.idp.admin_update_user_attributes(UserPoolId=it.pool, Username=name, UserAttributes=pairs(**proved))
    heard = [sent_by(partial(forgot, ClientId=it.client, Username=who)) for who in (name, nobody)]
    assert heard[0] == heard[1]


@pytest.mark.parametrize("why", ["no proved address", "disabled"])
def test_who_cannot_recover_is_like_nobody(it: World, why: str) -> None:
    """Recovery would tell otherwise that the name exists. Who does not hide users says what is missing."""
    it.sign_up()
    it.idp.admin_confirm_sign_up(UserPoolId=it.pool, Username="mara")
    if why == "disabled":
        proved = pairs(email_verified="true")
        it.idp.admin_update_user_attributes(UserPoolId=it.pool, Username="mara", UserAttributes=proved)
        it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    sent = len(outbox.outbox())
    heard = {}
    for name in ("mara", "nobody"):
        named = calls(it, name)
        first = [said(named[call]) for call in ("ConfirmForgotPassword", "ForgotPassword")]
        heard[name] = first + [said(named["ConfirmForgotPassword"])] + [
            said(named["ForgotPassword"]) for _ in range(22)
        ]  # fmt: skip
    assert heard["mara"] == heard["nobody"]
    assert heard["mara"][:3] == ["ExpiredCodeException", "done", "CodeMismatchException"]
    assert len(outbox.outbox()) == sent
    it.lab.travel(hours=2)
    it.client = it.new_client()["ClientId"]
    refusal = "NotAuthorizedException" if why == "disabled" else "InvalidParameterException"
    assert said(calls(it, "mara")["ForgotPassword"]) == refusal


def test_a_code_of_before_sets_no_password_of_a_disabled_user(it: World) -> None:
    it.member()
    it.idp.forgot_password(ClientId=it.client, Username="mara")
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    new = {"ClientId": it.client, "Username": "mara", "Password": OTHER_PASSWORD}
    with refused("CodeMismatchException"):
        it.idp.confirm_forgot_password(**new, ConfirmationCode=it.code())
    it.client = new["ClientId"] = it.new_client()["ClientId"]
    with refused("NotAuthorizedException", "User is disabled."):
        it.idp.confirm_forgot_password(**new, ConfirmationCode=it.code())


def test_a_disabled_user_gets_no_other_code(it: World) -> None:
    it.sign_up()
    sent = len(outbox.outbox())
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    heard = [
        sent_by(partial(it.idp.resend_confirmation_code, ClientId=it.client, Username=name))
        for name in ("mara", "nobody")
    ]
    assert heard == ["EMAIL", "EMAIL"] and len(outbox.outbox()) == sent


def test_the_limit_counts_for_nobody_because_of_the_rule(it: World, monkeypatch: pytest.MonkeyPatch) -> None:
    resend = calls(it, "nobody")["ResendConfirmationCode"]
    assert [said(resend) for _ in range(6)][-1] == "LimitExceededException"
    monkeypatch.setattr(verification_codes, "count_attempt", lambda *_: None)
    assert said(resend) == "done"


def test_who_does_not_hide_its_users_says_so_at_once(it: World) -> None:
    it.client = it.new_client()["ClientId"]
    for name, call in calls(it, "nobody").items():
        assert said(call) == "UserNotFoundException", name


@pytest.mark.parametrize("operation", ["USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH"])
def test_a_wrong_password_is_the_same_work_for_everybody(
    it: World, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in stretchings of a password, which are all but all of the work."""
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    it.new_pool(FLOWS, {"PreventUserExistenceErrors": "ENABLED"}, Policies=factors)
    it.invited("mara", email="mara@tidepool.example")
    it.idp.admin_create_user(
        UserPoolId=it.pool, Username="ben", UserAttributes=pairs(email="ben@tidepool.example")
    )  # without a password
    stretched: list[str] = []
    derive = passwords._derive
    monkeypatch.setattr(passwords, "_derive", lambda word, salt: stretched.append(word) or derive(word, salt))
    work = {}
    for name in ("mara", "ben", "nobody", "nobody@tidepool.example"):
        stretched.clear()
        given = {"ClientId": it.client, "AuthFlow": operation,
                 "AuthParameters": {"USERNAME": name, "PASSWORD": OTHER_PASSWORD}}  # fmt: skip
        with refused("NotAuthorizedException", "Incorrect username or password."):
            if operation.startswith("ADMIN"):
                it.idp.admin_initiate_auth(UserPoolId=it.pool, **given)
            else:
                it.idp.initiate_auth(**given)
        work[name] = len(stretched)
    assert set(work.values()) == {1}, work


def test_nobody_has_the_password_of_nobody() -> None:
    assert not passwords.NO_PASSWORD.matches("") and not passwords.NO_PASSWORD.matches(OTHER_PASSWORD)
