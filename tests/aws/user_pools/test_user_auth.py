"""USER_AUTH: people choose how they begin to sign in, and a code alone can be enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.first_factors import CODES, PASSWORD_FACTORS, Choices, choices
from support.second_factors import APP, EMAIL, MAIL, ON, PHONE, SES, SMS, another, sent_to
from support.srp_client import Client
from support.user_pools import FLOWS, OTHER_PASSWORD, PASSWORD, pairs, read, refused, secret_hash

from cognito_lab import OutsideTheLab
from cognito_lab.aws.user_pools import outbox

ADDRESSES = {"EMAIL_OTP": MAIL, "SMS_OTP": PHONE}
WRONG = ("NotAuthorizedException", "Incorrect username or password.")


@pytest.fixture
def it() -> Iterator[Choices]:
    with choices() as it:
        yield it


# -- what can be chosen ----------------------------------------------------------------------------


def test_without_a_preference_comes_the_choice(it: Choices) -> None:
    it.member()
    asked = it.choose()
    assert asked["ChallengeName"] == "SELECT_CHALLENGE" and asked["ChallengeParameters"] == {}
    assert asked["AvailableChallenges"] == [*PASSWORD_FACTORS, "EMAIL_OTP"]
    it.member("ben", phone_number=PHONE)
    assert it.choose(name="ben")["AvailableChallenges"] == [*PASSWORD_FACTORS, *CODES]


@pytest.mark.parametrize(
    "first", [("PASSWORD",), ("PASSWORD", "EMAIL_OTP"), ("PASSWORD", "SMS_OTP", "WEB_AUTHN")]
)
def test_the_pool_says_which_factors_come_first(it: Choices, first: tuple[str, ...]) -> None:
    it.pool_of("OFF", first=first)
    it.member(phone_number=PHONE)
    codes = [name for name in CODES if name in first]
    assert it.choose()["AvailableChallenges"] == [*PASSWORD_FACTORS, *codes]
    for name in CODES.keys() - set(first) | {"WEB_AUTHN"}:
        assert it.choose(name)["ChallengeName"] == "SELECT_CHALLENGE", "not to be had, so she may choose"


def test_who_has_no_password_is_not_offered_one(it: Choices) -> None:
    it.idp.admin_create_user(UserPoolId=it.pool, Username="mara", UserAttributes=pairs(email=MAIL))
    assert it.choose()["AvailableChallenges"] == ["EMAIL_OTP"]
    with refused(*WRONG):
        it.choose("PASSWORD", PASSWORD=PASSWORD)
    with refused(*WRONG):
        app = Client(it)
        app.send(app.claim(it.choose("PASSWORD_SRP", SRP_A=f"{app.public:x}")))


def test_who_can_begin_with_nothing_is_told_nothing(it: Choices) -> None:
    it.idp.admin_create_user(UserPoolId=it.pool, Username="ben", UserAttributes=[])
    with refused(*WRONG):
        it.choose(name="ben")


def factors_of(it: Choices, name: str = "mara") -> dict[str, Any]:
    answer = it.idp.admin_get_user_auth_factors(UserPoolId=it.pool, Username=name)
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def test_what_somebody_can_sign_in_with_is_told(it: Choices) -> None:
    it.member(phone_number=PHONE)
    assert factors_of(it) == {
        "Username": "mara", "ConfiguredUserAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"],
    }  # fmt: skip
    token = it.sign_in()["AccessToken"]
    it.app(token)
    assert factors_of(it)["ConfiguredUserAuthFactors"][-1] == "SOFTWARE_TOKEN", "set up, and not chosen"
    it.prefer(SMS_MFA={"Enabled": True, "PreferredMfa": True})
    own = it.idp.get_user_auth_factors(AccessToken=token)
    del own["ResponseMetadata"]
    assert own == factors_of(it) == {
        "Username": "mara", "PreferredMfaSetting": SMS, "UserMFASettingList": [SMS],
        "ConfiguredUserAuthFactors": ["PASSWORD", "SMS_OTP", "SOFTWARE_TOKEN"],
    }  # fmt: skip
    it.idp.admin_create_user(UserPoolId=it.pool, Username="ben", UserAttributes=[])
    assert factors_of(it, "ben")["ConfiguredUserAuthFactors"] == []
    with refused("UserNotFoundException"):
        factors_of(it, "nobody")
    it.idp.global_sign_out(AccessToken=token)
    with refused("NotAuthorizedException"):
        it.idp.get_user_auth_factors(AccessToken=token)


@pytest.mark.parametrize("first", [["EMAIL_OTP"], ["PASSWORD", "SOFTWARE_TOKEN"]])
def test_a_pool_always_takes_a_password_and_never_an_app_first(it: Choices, first: list[str]) -> None:
    with refused("InvalidParameterException"):
        it.pool_of("OFF", first=tuple(first))
    it.pool_of("OFF")
    policies = it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]["Policies"]
    assert policies["SignInPolicy"] == {"AllowedFirstAuthFactors": ["PASSWORD", *CODES]}
    it.new_pool()
    policies = it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]["Policies"]
    assert policies["SignInPolicy"] == {"AllowedFirstAuthFactors": ["PASSWORD"]}


# -- a password -----------------------------------------------------------------------------------


def test_each_way_to_show_a_password(it: Choices) -> None:
    it.member()
    assert it.choose("PASSWORD", PASSWORD=PASSWORD)["AuthenticationResult"]
    assert it.respond(it.choose("PASSWORD"), PASSWORD=PASSWORD)["AccessToken"]
    assert it.respond(it.choose(), ANSWER="PASSWORD", PASSWORD=PASSWORD)["AccessToken"]
    asked = it.respond(it.choose(), ANSWER="PASSWORD")
    assert asked["ChallengeName"] == "PASSWORD"
    claims = read(it.respond(asked, PASSWORD=PASSWORD)["AccessToken"])
    assert claims["amr"] == ["pwd"] and claims["acr"] == "urn:cognito:loa:1"


def test_each_way_to_prove_one(it: Choices) -> None:
    it.member()
    app = Client(it)
    public = {"SRP_A": f"{app.public:x}"}
    ways = (
        lambda: it.choose("PASSWORD_SRP", **public),
        lambda: it.respond(it.choose("PASSWORD_SRP"), **public),
        lambda: it.respond(it.choose(), ANSWER="PASSWORD_SRP", **public),
        lambda: it.respond(it.respond(it.choose(), ANSWER="PASSWORD_SRP"), **public),
    )
    for way in ways:
        assert app.send(app.claim(way()))["AuthenticationResult"]


@pytest.mark.parametrize("way", ["at once", "chosen", "asked"])
def test_a_wrong_password_is_refused_counted_and_may_be_corrected(it: Choices, way: str) -> None:
    it.member()
    waiting = {"chosen": it.choose, "asked": lambda: it.choose("PASSWORD")}.get(way, dict)()

    def give(password: str) -> Any:
        if way == "at once":
            return it.choose("PASSWORD", PASSWORD=password)
        return it.respond(waiting, PASSWORD=password, **({"ANSWER": "PASSWORD"} if way == "chosen" else {}))

    for _ in range(4):
        with refused(*WRONG):
            give(OTHER_PASSWORD)
    assert give(PASSWORD)
    for _ in range(5):
        with refused(*WRONG):
            it.choose("PASSWORD", PASSWORD=OTHER_PASSWORD)
    with refused("NotAuthorizedException", "Password attempts exceeded"):
        it.choose("PASSWORD", PASSWORD=PASSWORD)


def test_a_password_is_followed_by_the_second_factor(it: Choices) -> None:
    it.member(phone_number=PHONE)
    it.prefer(SMS_MFA=ON)
    asked = it.choose("PASSWORD", PASSWORD=PASSWORD)
    assert asked["ChallengeName"] == SMS
    assert read(it.answer(asked, sent_to(PHONE))["AccessToken"])["amr"] == ["pwd", "sms", "mfa"]
    it.invited("ben")
    assert it.choose("PASSWORD", "ben", PASSWORD=PASSWORD)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


# -- a code alone ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "amr"), [("EMAIL_OTP", "email_otp"), ("SMS_OTP", "sms")])
def test_a_code_alone_signs_in(it: Choices, name: str, amr: str) -> None:
    it.member(phone_number=PHONE)
    for way in (lambda: it.choose(name), lambda: it.respond(it.choose(), ANSWER=name)):
        asked = way()
        assert asked["ChallengeName"] == name and "AvailableChallenges" not in asked
        medium = "EMAIL" if name == "EMAIL_OTP" else "SMS"
        destination = "m***@t***" if name == "EMAIL_OTP" else "+*********5678"
        assert asked["ChallengeParameters"] == {
            "CODE_DELIVERY_DELIVERY_MEDIUM": medium, "CODE_DELIVERY_DESTINATION": destination,
        }  # fmt: skip
        claims = read(it.answer(asked, sent_to(ADDRESSES[name]))["IdToken"])
        assert claims["amr"] == [amr] and claims["acr"] == "urn:cognito:loa:2"
    assert it.attributes()[f"{CODES[name]}_verified"] == "true"


def test_a_server_does_the_same(it: Choices) -> None:
    it.member()
    named = {"UserPoolId": it.pool, "ClientId": it.client}
    wanted = {"USERNAME": "mara", "PREFERRED_CHALLENGE": "EMAIL_OTP"}
    asked = it.idp.admin_initiate_auth(**named, AuthFlow="USER_AUTH", AuthParameters=wanted)
    done = it.idp.admin_respond_to_auth_challenge(
        **named, ChallengeName="EMAIL_OTP", Session=asked["Session"],
        ChallengeResponses={"USERNAME": "mara", "EMAIL_OTP_CODE": sent_to(MAIL)},
    )  # fmt: skip
    assert done["AuthenticationResult"]["AccessToken"]


def test_the_code_confirms_and_verifies(it: Choices) -> None:
    it.sign_up()
    with refused("UserNotConfirmedException"):
        it.choose("PASSWORD", PASSWORD=PASSWORD)
    assert it.answer(it.choose("EMAIL_OTP"), sent_to(MAIL))["AccessToken"]
    assert it.status() == "CONFIRMED" and it.attributes()["email_verified"] == "true"
    assert it.sign_in()["AccessToken"]


def test_a_code_for_an_address_that_is_an_alias_of_somebody_else(it: Choices) -> None:
    it.pool_of("OFF", AliasAttributes=["email"])
    it.member(email=MAIL)
    it.sign_up("rook", email=MAIL)
    asked = it.choose("EMAIL_OTP", "rook")
    with refused("AliasExistsException"):
        it.answer(asked, sent_to(MAIL), "rook")
    assert it.status("rook") == "UNCONFIRMED"


def test_a_wrong_code_may_be_corrected_and_five_lock(it: Choices) -> None:
    it.member()
    asked = it.choose("EMAIL_OTP")
    code = sent_to(MAIL)
    for _ in range(4):
        with refused("CodeMismatchException"):
            it.answer(asked, another(code))
    assert it.answer(asked, code)["AccessToken"], "and the count is cleared"
    asked = it.choose("EMAIL_OTP")
    for _ in range(5):
        with refused("CodeMismatchException"):
            it.answer(asked, another(sent_to(MAIL)))
    for attempt in (lambda: it.answer(asked, sent_to(MAIL)), it.sign_in):
        with refused("NotAuthorizedException", "Password attempts exceeded"):
            attempt()


def test_a_code_needs_the_secret_hash_where_there_is_a_secret(it: Choices) -> None:
    it.member()
    made = it.new_client(ExplicitAuthFlows=["ALLOW_USER_AUTH"], GenerateSecret=True)
    client = made["ClientId"]
    proof = {"SECRET_HASH": secret_hash(made["ClientSecret"], "mara", client)}
    with refused("NotAuthorizedException", "Client"):
        it.choose("EMAIL_OTP", client=client)
    asked = it.choose("EMAIL_OTP", client=client, **proof)
    with refused("NotAuthorizedException", "Client"):
        it.answer(asked, sent_to(MAIL), client=client)
    assert it.answer(asked, sent_to(MAIL), client=client, **proof)["AccessToken"]


def test_one_code_counts_once_for_two_threads(it: Choices) -> None:
    it.member()
    for _ in range(5):
        asked, code = it.choose("EMAIL_OTP"), sent_to(MAIL)

        def try_it(_: int, asked: Any = asked, code: str = code) -> bool:
            try:
                return bool(it.answer(asked, code))
            except ClientError as error:
                return error.response["Error"]["Code"] != "NotAuthorizedException"

        with ThreadPoolExecutor(4) as threads:
            assert sum(threads.map(try_it, range(4))) == 1


# -- not beside a second factor ---------------------------------------------------------------------


@pytest.mark.parametrize("factor", [SMS, EMAIL, APP])
def test_who_has_a_second_factor_is_not_offered_a_code(it: Choices, factor: str) -> None:
    it.member(phone_number=PHONE)
    before = it.choose("EMAIL_OTP")
    it.app(it.sign_in()["AccessToken"])
    it.prefer(**{factor: ON})
    count = len(outbox.outbox())
    for name in CODES:
        asked = it.choose(name)
        assert asked["AvailableChallenges"] == PASSWORD_FACTORS and len(outbox.outbox()) == count
        with refused("InvalidParameterException"):
            it.respond(asked, ANSWER=name)
    with refused("NotAuthorizedException", "Invalid session"):
        it.answer(before, sent_to(MAIL))


def test_a_pool_that_requires_a_second_factor_takes_no_code_first(it: Choices) -> None:
    with refused("InvalidParameterException"):
        it.mfa("ON")
    settings = {"UserPoolId": it.pool, "SmsConfiguration": it.sms, "EmailConfiguration": SES}
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "SMS_OTP"]}}
    with refused("InvalidParameterException"):
        it.idp.update_user_pool(**settings, Policies=policies, MfaConfiguration="ON")
    it.member()
    it.idp.update_user_pool(**settings, MfaConfiguration="ON")
    assert it.choose("EMAIL_OTP")["AvailableChallenges"] == PASSWORD_FACTORS


@pytest.mark.parametrize("first", [True, False])
def test_a_first_code_is_no_second_one_and_the_reverse(it: Choices, first: bool) -> None:
    """Both challenges have one name, and a code that the same person has."""
    it.member()
    with_password = lambda: it.prefer(EMAIL_OTP=ON) or it.initiate()  # noqa: E731
    asked = it.choose("EMAIL_OTP") if first else with_password()
    code = sent_to(MAIL)
    it.prefer(EMAIL_OTP=ON if first else {})
    if first:
        with refused("NotAuthorizedException", "Invalid session"):
            it.answer(asked, code)
    else:
        assert read(it.answer(asked, code)["AccessToken"])["amr"] == ["pwd", "email_otp", "mfa"]


# -- without a password from the beginning ----------------------------------------------------------


def test_somebody_signs_up_without_a_password(it: Choices) -> None:
    it.sign_up_without_password()
    it.confirm()
    with refused(*WRONG):
        it.sign_in()
    assert it.answer(it.choose("EMAIL_OTP"), sent_to(MAIL))["AccessToken"]


@pytest.mark.parametrize(
    ("settings", "client", "address"),
    [
        ({"first": ("PASSWORD",)}, {}, "email"),
        ({"first": ("PASSWORD", "SMS_OTP")}, {}, "email"),
        ({"AutoVerifiedAttributes": []}, {}, "email"),
        ({}, {"ExplicitAuthFlows": FLOWS}, "email"),
        ({}, {}, "phone_number"),
    ],
    ids=["no code", "another code", "an address that is not verified", "another client", "no address"],
)
def test_a_password_may_be_left_out_only_where_a_code_can_take_its_place(
    it: Choices, settings: dict[str, Any], client: dict[str, Any], address: str
) -> None:
    it.pool_of("OFF", **settings)
    it.client = it.new_client(**client)["ClientId"] if client else it.client
    attributes = pairs(**{address: MAIL if address == "email" else PHONE})
    with refused("InvalidParameterException"):
        it.idp.sign_up(ClientId=it.client, Username="mara", UserAttributes=attributes)
    it.idp.sign_up(ClientId=it.client, Username="mara", Password=PASSWORD, UserAttributes=attributes)


def test_the_code_of_the_sign_up_signs_in(it: Choices) -> None:
    begun = it.sign_up_without_password()["Session"]
    for wrong in ("1", another(it.code())):
        with refused("CodeMismatchException"):
            it.confirm(code=wrong, Session=begun)
    session = confirmed(it, begun)
    claims = read(it.choose(session=session)["AuthenticationResult"]["AccessToken"])
    assert claims["amr"] == ["email_otp"] and claims["acr"] == "urn:cognito:loa:2"
    assert it.attributes()["email_verified"] == "true" and len(outbox.inbox(MAIL)) == 1


def test_a_session_comes_to_clients_that_allow_the_choice(it: Choices) -> None:
    it.sign_up()
    session = confirmed(it)
    assert read(it.choose(session=session)["AuthenticationResult"]["AccessToken"])["amr"] == ["email_otp"]
    it.client = it.new_client()["ClientId"]
    assert "Session" not in it.sign_up("ben")
    with refused("InvalidParameterException"):
        it.choose(name="ben", session=confirmed(it, name="ben") or session)


@pytest.mark.parametrize("mode", ["OFF", "ON"])
def test_where_a_code_cannot_come_first_the_password_of_the_sign_up_counts(it: Choices, mode: str) -> None:
    """If its session was sent on. A second factor is still asked for."""
    it.pool_of(mode, first=("PASSWORD",))
    answer = it.choose(session=confirmed(it, it.sign_up()["Session"]))
    if mode == "ON":
        assert answer["ChallengeName"] == EMAIL
        answer = {"AuthenticationResult": it.answer(answer, sent_to(MAIL))}
    amr = ["pwd"] if mode == "OFF" else ["pwd", "email_otp", "mfa"]
    assert read(answer["AuthenticationResult"]["AccessToken"])["amr"] == amr
    it.sign_up("ben")
    asked = it.choose(name="ben", session=confirmed(it, name="ben"))
    assert asked["AvailableChallenges"] == PASSWORD_FACTORS, "nothing was shown"


def test_the_code_of_the_sign_up_is_not_enough_for_who_needs_a_second_factor(it: Choices) -> None:
    it.sign_up()
    session = confirmed(it)
    it.prefer(EMAIL_OTP=ON)
    assert it.choose(session=session)["AvailableChallenges"] == PASSWORD_FACTORS


def confirmed(it: Choices, begun: str = "", name: str = "mara") -> str:
    session = {"Session": begun} if begun else {}
    answer = it.idp.confirm_sign_up(ClientId=it.client, Username=name, ConfirmationCode=it.code(), **session)
    return str(answer.get("Session", ""))


def test_an_administrator_makes_somebody_without_a_password(it: Choices) -> None:
    made = it.idp.admin_create_user(
        UserPoolId=it.pool,
        Username="mara",
        UserAttributes=pairs(email=MAIL),
        DesiredDeliveryMediums=["EMAIL"],
    )
    assert made["User"]["UserStatus"] == "CONFIRMED"
    assert outbox.inbox(MAIL)[-1].text == "Your username is mara."
    assert it.answer(it.choose("EMAIL_OTP"), sent_to(MAIL))["AccessToken"]
    it.idp.admin_create_user(
        UserPoolId=it.pool, Username="ben", UserAttributes=pairs(email=MAIL), MessageAction="SUPPRESS",
        DesiredDeliveryMediums=["EMAIL"],
    )  # fmt: skip
    assert "ben" not in outbox.inbox(MAIL)[-1].text


def test_who_has_no_password_sets_the_first_one_without_another(it: Choices) -> None:
    it.sign_up_without_password()
    token = it.answer(it.choose("EMAIL_OTP"), sent_to(MAIL))["AccessToken"]
    it.idp.change_password(AccessToken=token, ProposedPassword=PASSWORD)
    assert it.sign_in()["AccessToken"]
    with refused(*WRONG):
        it.idp.change_password(AccessToken=token, ProposedPassword=OTHER_PASSWORD)
    it.idp.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=OTHER_PASSWORD)


# -- nobody ---------------------------------------------------------------------------------------


@pytest.fixture
def hiding(it: Choices) -> Choices:
    flows = [*FLOWS, "ALLOW_USER_AUTH"]
    it.client = it.new_client(ExplicitAuthFlows=flows, PreventUserExistenceErrors="ENABLED")["ClientId"]
    return it


def test_who_does_not_hide_its_users_says_that_nobody_is_there(it: Choices) -> None:
    for preferred in ("", "EMAIL_OTP", "PASSWORD", "PASSWORD_SRP"):
        with refused("UserNotFoundException"):
            it.choose(preferred, "nobody")


def test_nobody_can_begin_with_something_plausible(hiding: Choices) -> None:
    """The same thing for the same name each time, and not the same one for all names."""
    lists = {}
    for number in range(40):
        name = f"nobody{number}"
        lists[name] = hiding.choose(name=name)["AvailableChallenges"]
        assert lists[name] == hiding.choose(name=name)["AvailableChallenges"]
        assert hiding.choose("EMAIL_OTP", name)["ChallengeName"] == (
            "EMAIL_OTP" if "EMAIL_OTP" in lists[name] else "SELECT_CHALLENGE"
        )
    people = {tuple(PASSWORD_FACTORS * a + ["EMAIL_OTP"] * b + ["SMS_OTP"] * c)
              for a in (0, 1) for b in (0, 1) for c in (0, 1)} - {()}  # fmt: skip
    assert {tuple(names) for names in lists.values()} <= people
    assert len({tuple(names) for names in lists.values()}) > 3


def heard(call: Callable[[], Any]) -> tuple[str, str]:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return "", ""


def all_that_is_heard(it: Choices, who: str) -> list[Any]:
    asked, choice = it.choose("EMAIL_OTP", who), it.choose(name=who)
    password, wrong = it.choose("PASSWORD", who), another(sent_to(MAIL))
    by_sms = it.respond(choice, who, ANSWER="SMS_OTP")
    attempts = [
        lambda: it.choose("PASSWORD", who, PASSWORD=OTHER_PASSWORD),
        lambda: it.respond(password, who, PASSWORD=OTHER_PASSWORD),
        lambda: it.respond(choice, who, ANSWER="SMS_OTP"),
        lambda: it.respond(it.choose(name=who), who, ANSWER="NONE"),
        lambda: it.respond(it.choose(name=who), who, ANSWER="PASSWORD", PASSWORD=OTHER_PASSWORD),
        lambda: it.answer(asked, "", who),
        *[lambda: it.answer(asked, wrong, who)] * 3,
        lambda: it.choose("PASSWORD", who, PASSWORD=PASSWORD),
    ]
    seen = [asked["ChallengeName"], sorted(asked["ChallengeParameters"]), by_sms["ChallengeName"]]
    return [*seen, sorted(by_sms["ChallengeParameters"]), *map(heard, attempts)]


def test_nobody_hears_what_somebody_hears(hiding: Choices) -> None:
    hiding.member(phone_number=PHONE)
    names = (f"nobody{number}" for number in range(200))
    nobody = next(name for name in names if len(hiding.choose(name=name)["AvailableChallenges"]) == 4)
    asked = hiding.choose("EMAIL_OTP", nobody)
    somebody_hears = all_that_is_heard(hiding, "mara")
    assert somebody_hears == all_that_is_heard(hiding, nobody)
    assert somebody_hears[-1] == ("NotAuthorizedException", "Password attempts exceeded")
    hiding.member(nobody)
    with refused("NotAuthorizedException", "Invalid session"):
        hiding.answer(asked, "123456", nobody)


def test_a_code_for_nobody_goes_where_the_name_says(hiding: Choices) -> None:
    hiding.pool_of("OFF", first=("PASSWORD", "EMAIL_OTP"), UsernameAttributes=["email"])
    hiding.client = hiding.new_client(
        ExplicitAuthFlows=["ALLOW_USER_AUTH"], PreventUserExistenceErrors="ENABLED"
    )["ClientId"]
    seen = set()
    for number in range(20):
        asked = hiding.choose("EMAIL_OTP", f"k{number}@rock.example")
        seen.add(asked["ChallengeParameters"].get("CODE_DELIVERY_DESTINATION", ""))
    assert seen == {"k***@r***", ""} and not [one for one in outbox.outbox() if "rock" in one.to]


# -- each rule is needed ----------------------------------------------------------------------------

Rule = tuple[Callable[[Choices], Any], str, str, Any]
RULES: dict[str, Rule] = {}


def rule(code: str, function: str, instead: Any = lambda *_, **__: None) -> Callable[..., Any]:
    """The decorated call is refused with ``code``; with ``instead`` in the function's place it is not."""

    def register(call: Callable[[Choices], Any]) -> Callable[[Choices], Any]:
        RULES[call.__name__] = call, code, function, instead
        return call

    return register


@rule("InvalidParameterException", "flows.check_flow_enabled")
def a_client_without_the_flow(it: Choices) -> Any:
    it.member()
    return it.choose(client=it.new_client()["ClientId"])


@rule("InvalidParameterException", "user_auth.check_known")
def a_challenge_that_does_not_exist(it: Choices) -> Any:
    it.member()
    return it.choose("SOFTWARE_TOKEN")


@rule("InvalidParameterException", "challenges.required", lambda given, name: given.get(name, "mara"))
def no_name(it: Choices) -> Any:
    it.member()
    return it.idp.initiate_auth(ClientId=it.client, AuthFlow="USER_AUTH", AuthParameters={})


@rule("NotAuthorizedException", "user_status.check_enabled")
def somebody_who_is_disabled(it: Choices) -> Any:
    it.member()
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    return it.choose("EMAIL_OTP")


@rule("NotAuthorizedException", "user_status.check_enabled")
def somebody_who_was_disabled_meanwhile(it: Choices) -> Any:
    it.member()
    asked = it.choose("EMAIL_OTP")
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    return it.answer(asked, sent_to(MAIL))


@rule("NotAuthorizedException", "challenges.check_session_unused")
def a_code_twice(it: Choices) -> Any:
    it.member()
    asked = it.choose("EMAIL_OTP")
    it.answer(asked, sent_to(MAIL))
    return it.answer(asked, sent_to(MAIL))


@rule("NotAuthorizedException", "challenges.check_session_unused")
def a_choice_twice(it: Choices) -> Any:
    it.member()
    asked = it.choose()
    it.respond(asked, ANSWER="EMAIL_OTP")
    return it.respond(asked, ANSWER="EMAIL_OTP")


@rule("NotAuthorizedException", "challenges.check_session_in_time")
def a_code_after_three_minutes(it: Choices) -> Any:
    it.member()
    asked = it.choose("EMAIL_OTP")
    it.lab.travel(minutes=3)
    return it.answer(asked, sent_to(MAIL))


@rule("NotAuthorizedException", "user_auth.check_same_person")
def a_code_for_somebody_else(it: Choices) -> Any:
    it.member()
    it.member("rook")
    return it.answer(it.choose("EMAIL_OTP"), sent_to(MAIL), "rook")


@rule("NotAuthorizedException", "user_auth.check_address_in_force")
def a_code_that_went_to_the_address_of_before(it: Choices) -> Any:
    it.member()
    asked = it.choose("EMAIL_OTP")
    new = pairs(email="mara@rock.example", email_verified="true")
    it.idp.admin_update_user_attributes(UserPoolId=it.pool, Username="mara", UserAttributes=new)
    return it.answer(asked, sent_to(MAIL))


@rule("NotAuthorizedException", "user_auth.check_still_open")
def a_code_where_the_pool_does_not_want_one_any_more(it: Choices) -> Any:
    it.member()
    asked = it.choose("EMAIL_OTP")
    it.idp.update_user_pool(UserPoolId=it.pool, MfaConfiguration="OFF")
    return it.answer(asked, sent_to(MAIL))


@rule("NotAuthorizedException", "user_auth.check_still_open")
def a_code_after_a_reset(it: Choices) -> Any:
    it.member()
    asked, code = it.choose("EMAIL_OTP"), sent_to(MAIL)
    it.idp.admin_reset_user_password(UserPoolId=it.pool, Username="mara")
    return it.answer(asked, code)


@rule("InvalidParameterException", "user_auth.check_offered")
def a_choice_that_was_not_offered(it: Choices) -> Any:
    it.pool_of("OFF", first=("PASSWORD", "EMAIL_OTP"))
    it.member(phone_number=PHONE)
    return it.respond(it.choose(), ANSWER="SMS_OTP")


@rule("CodeMismatchException", "mfa_challenges.check_code")
def the_code_of_another_sign_in(it: Choices) -> Any:
    it.member()
    before, code = it.choose("EMAIL_OTP"), sent_to(MAIL)
    while sent_to(MAIL) == code:
        asked = it.choose("EMAIL_OTP")
    del before
    return it.answer(asked, code)


@rule("NotAuthorizedException", "lockout.check_not_locked")
def the_right_code_after_five_wrong_ones(it: Choices) -> Any:
    it.member()
    asked = it.choose("EMAIL_OTP")
    for _ in range(5):
        with refused("CodeMismatchException"):
            it.answer(it.choose("EMAIL_OTP"), another(sent_to(MAIL)))
    return it.answer(asked, [one.code for one in outbox.inbox(MAIL)][-6])


@rule("FeatureUnavailableInTierException", "plans.check_user_auth")
def the_choice_on_lite(it: Choices) -> Any:
    it.pool_of("OFF", first=("PASSWORD",), EmailConfiguration={})
    it.member()
    it.idp.update_user_pool(UserPoolId=it.pool, UserPoolTier="LITE")
    return it.choose()


def a_session_of_a_confirmation(it: Choices, name: str = "mara") -> str:
    return confirmed(it, it.sign_up(name)["Session"], name)


@rule("NotAuthorizedException", "user_auth.check_first_sign_in")
def a_session_of_a_confirmation_after_a_sign_in(it: Choices) -> Any:
    session = a_session_of_a_confirmation(it)
    it.sign_in()
    return it.choose(session=session)


@rule("NotAuthorizedException", "user_auth.check_first_sign_in")
def a_session_of_a_confirmation_after_another_password(it: Choices) -> Any:
    session = a_session_of_a_confirmation(it)
    it.idp.admin_set_user_password(
        UserPoolId=it.pool, Username="mara", Password=OTHER_PASSWORD, Permanent=True
    )
    return it.choose(session=session)


@rule("NotAuthorizedException", "challenges.check_session_unused")
def a_session_of_a_confirmation_twice(it: Choices) -> Any:
    session = a_session_of_a_confirmation(it)
    token = it.choose(session=session)["AuthenticationResult"]["AccessToken"]
    it.idp.global_sign_out(AccessToken=token)
    import_module("cognito_lab.aws.user_pools.tokens.token_store").token_store(
        import_module("cognito_lab.aws.user_pools.model").get_pool("us-east-1", it.pool)
    )._of_user.clear()  # as when the sign-in is forgotten
    return it.choose(session=session)


@rule("NotAuthorizedException", "challenges.check_session_in_time")
def a_session_of_a_confirmation_after_three_minutes(it: Choices) -> Any:
    session = a_session_of_a_confirmation(it)
    it.lab.travel(minutes=3)
    return it.choose(session=session)


@rule("NotAuthorizedException", "user_auth.check_same_person")
def a_session_of_a_confirmation_of_somebody_else(it: Choices) -> Any:
    it.member("rook")
    return it.choose(name="rook", session=a_session_of_a_confirmation(it))


@rule("NotAuthorizedException", "user_status.check_enabled")
def a_session_of_a_confirmation_of_somebody_disabled(it: Choices) -> Any:
    session = a_session_of_a_confirmation(it)
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    return it.choose(session=session)


@rule("NotAuthorizedException", "sign_up.find_sign_up", lambda *_: None)
def a_confirmation_with_a_session_of_somebody_else(it: Choices) -> Any:
    session = it.sign_up("rook")["Session"]
    it.sign_up()
    return it.confirm(Session=session)


@rule("NotAuthorizedException", "challenges.check_session_in_time")
def a_confirmation_with_a_session_that_is_over(it: Choices) -> Any:
    session = it.sign_up()["Session"]
    it.lab.travel(minutes=3)
    return it.confirm(Session=session)


@rule("UserNotConfirmedException", "user_status.check_confirmed")
def a_password_of_somebody_unconfirmed(it: Choices) -> Any:
    it.sign_up()
    return it.choose("PASSWORD", PASSWORD=PASSWORD)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_refuses(it: Choices, name: str) -> None:
    call, code, _, _ = RULES[name]
    with refused(code):
        call(it)


@pytest.mark.parametrize("name", RULES)
def test_without_the_rule_nothing_refuses(it: Choices, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    call, _, function, instead = RULES[name]
    module, _, attribute = function.partition(".")
    room = {"sign_up": "people", "plans": "settings"}.get(module, "sign_in")
    monkeypatch.setattr(import_module(f"cognito_lab.aws.user_pools.{room}.{module}"), attribute, instead)
    call(it)


@pytest.mark.parametrize("name", ["TARGET_ACR_VALUES", "MAX_AGE", "ACCESS_TOKEN"])
def test_to_ask_for_a_stronger_sign_in_is_refused_by_name(it: Choices, name: str) -> None:
    it.member()
    with pytest.raises(OutsideTheLab, match=name):
        it.choose("PASSWORD", PASSWORD=PASSWORD, **{name: "urn:cognito:loa:3"})
