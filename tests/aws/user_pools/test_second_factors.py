"""Second factors: what a pool offers, what its users have and prefer, and what a sign-in then asks for."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError
from support.iam_people import allow, make_role
from support.second_factors import (
    APP,
    EMAIL,
    MAIL,
    ON,
    PHONE,
    PREFERRED,
    SES,
    SMS,
    Factors,
    another,
    factors,
    sent_to,
    trust,
    wrong,
)
from support.user_pools import OTHER_PASSWORD, PASSWORD, read, refused, secret_hash

from cognito_lab import OutsideTheLab
from cognito_lab.aws.user_pools import outbox


@pytest.fixture
def it() -> Iterator[Factors]:
    with factors() as it:
        yield it


# -- what a pool offers ---------------------------------------------------------------------------


def test_the_settings_are_shown(it: Factors) -> None:
    named = {"UserPoolId": it.pool}
    shown = it.idp.get_user_pool_mfa_config(**named)
    assert shown["MfaConfiguration"] == "OPTIONAL"
    assert shown["SoftwareTokenMfaConfiguration"] == {"Enabled": True}
    assert shown["SmsMfaConfiguration"] == {"SmsConfiguration": it.sms}
    assert shown["EmailMfaConfiguration"] == {"Message": "{####} is your code", "Subject": "Code"}
    described = it.idp.describe_user_pool(**named)["UserPool"]
    assert (described["MfaConfiguration"], described["SmsConfiguration"]) == ("OPTIONAL", it.sms)
    it.mfa("ON", APP)
    assert set(it.idp.get_user_pool_mfa_config(**named)) - {"ResponseMetadata"} == {
        "MfaConfiguration", "SoftwareTokenMfaConfiguration",
    }  # fmt: skip
    assert it.mfa("OFF")["MfaConfiguration"] == "OFF"
    assert "SoftwareTokenMfaConfiguration" not in it.idp.get_user_pool_mfa_config(**named)


def test_a_pool_is_made_with_sms_alone(it: Factors) -> None:
    it.new_pool(
        AutoVerifiedAttributes=["email"], MfaConfiguration="ON", SmsConfiguration=it.sms,
        SmsAuthenticationMessage="{####}!",
    )  # fmt: skip
    assert it.idp.get_user_pool_mfa_config(UserPoolId=it.pool)["SmsMfaConfiguration"] == {
        "SmsConfiguration": it.sms, "SmsAuthenticationMessage": "{####}!",
    }  # fmt: skip
    it.member(phone_number=PHONE)
    it.initiate()
    assert outbox.inbox(PHONE)[-1].text == f"{sent_to(PHONE)}!"


@pytest.mark.parametrize(("factor", "way"), [(EMAIL, "verified_email"), (SMS, "verified_phone_number")])
def test_the_only_way_to_recover_is_no_second_factor(it: Factors, factor: str, way: str) -> None:
    only = {"RecoveryMechanisms": [{"Name": way, "Priority": 1}]}
    with refused("InvalidParameterException", "Invalid account recovery setting parameter."):
        it.pool_of("OPTIONAL", factor, AccountRecoverySetting=only)
    it.mfa("OPTIONAL", APP)
    both = [
        {"Name": name, "Priority": n} for n, name in enumerate(("verified_email", "verified_phone_number"), 1)
    ]
    it.pool_of("OPTIONAL", factor, AccountRecoverySetting={"RecoveryMechanisms": both})
    with refused("InvalidParameterException", "Invalid account recovery setting parameter."):
        it.idp.update_user_pool(
            UserPoolId=it.pool,
            MfaConfiguration="OPTIONAL",
            AccountRecoverySetting=only,
            EmailConfiguration=SES,
        )


def test_an_update_that_leaves_mfa_out_switches_it_off(it: Factors) -> None:
    app = it.with_app()
    it.idp.update_user_pool(UserPoolId=it.pool, MfaConfiguration="OPTIONAL", EmailConfiguration=SES,
                            SmsConfiguration=it.sms)  # fmt: skip
    assert it.answer(it.initiate(), app.now())["AccessToken"]
    it.idp.update_user_pool(UserPoolId=it.pool)
    assert it.sign_in()["AccessToken"]
    assert it.idp.get_user_pool_mfa_config(UserPoolId=it.pool)["MfaConfiguration"] == "OFF"


def test_an_update_with_a_role_for_sms_switches_sms_on_beside_the_app(it: Factors) -> None:
    named = {"UserPoolId": it.pool}
    it.mfa("OPTIONAL", APP)
    assert "SmsMfaConfiguration" not in it.idp.get_user_pool_mfa_config(**named)
    it.idp.update_user_pool(**named, MfaConfiguration="OPTIONAL", SmsConfiguration=it.sms)
    found = it.idp.get_user_pool_mfa_config(**named)
    assert {"SmsMfaConfiguration", "SoftwareTokenMfaConfiguration"} <= found.keys()


def test_off_takes_no_factor_along(it: Factors) -> None:
    with refused("InvalidParameterException", "Invalid MFA configuration given"):
        it.idp.set_user_pool_mfa_config(
            UserPoolId=it.pool, MfaConfiguration="OFF", SoftwareTokenMfaConfiguration={"Enabled": True}
        )
    named = {"UserPoolId": it.pool, "MfaConfiguration": "OFF"}
    it.idp.set_user_pool_mfa_config(**named, SoftwareTokenMfaConfiguration={"Enabled": False})


def test_a_sender_of_the_pools_own_has_an_address(it: Factors) -> None:
    with refused("InvalidParameterException", "Source ARN is required for a DEVELOPER"):
        it.new_pool(EmailConfiguration={"EmailSendingAccount": "DEVELOPER"})
    it.new_pool(EmailConfiguration=SES)


def test_an_update_may_not_take_away_the_sender_of_a_factor_in_use(it: Factors) -> None:
    with refused("InvalidParameterException", "Cannot set EmailMfaConfiguration"):
        it.idp.update_user_pool(UserPoolId=it.pool, MfaConfiguration="ON", SmsConfiguration=it.sms)
    with refused("InvalidParameterException", "SMS configuration is required"):
        it.idp.update_user_pool(UserPoolId=it.pool, MfaConfiguration="ON", EmailConfiguration=SES)
    with refused("FeatureUnavailableInTierException"):
        it.idp.update_user_pool(UserPoolId=it.pool, MfaConfiguration="ON", EmailConfiguration=SES,
                                SmsConfiguration=it.sms, UserPoolTier="LITE")  # fmt: skip


def test_an_email_has_the_senders_of_the_pool(it: Factors) -> None:
    it.member()
    assert outbox.inbox(MAIL)[-1].sender == "hello@tidepool.example"
    it.new_pool(AutoVerifiedAttributes=["email"], EmailConfiguration={"ReplyToEmailAddress": "a@b.example"})
    it.sign_up()
    last = outbox.inbox(MAIL)[-1]
    assert (last.sender, last.reply_to) == ("no-reply@verificationemail.com", "a@b.example")


def test_an_update_changes_the_senders_as_well(it: Factors) -> None:
    it.member()
    senders = {**SES, "From": "Tidepool <mail@tidepool.example>", "ReplyToEmailAddress": "a@b.example"}
    it.idp.update_user_pool(UserPoolId=it.pool, EmailConfiguration=senders)
    it.idp.forgot_password(ClientId=it.client, Username="mara")
    last = outbox.inbox(MAIL)[-1]
    assert (last.sender, last.reply_to) == (senders["From"], "a@b.example")
    it.idp.update_user_pool(UserPoolId=it.pool)  # what is left out goes back to its default
    it.lab.travel(hours=2)
    it.idp.forgot_password(ClientId=it.client, Username="mara")
    last = outbox.inbox(MAIL)[-1]
    assert (last.sender, last.reply_to) == ("no-reply@verificationemail.com", "")


@pytest.mark.parametrize("way", ["update_user_pool", "set_user_pool_mfa_config"])
def test_whoever_changes_the_role_of_sms_needs_a_good_one(it: Factors, way: str) -> None:
    def change(**sms: str) -> None:
        given: dict[str, Any] = {"SmsConfiguration": {**it.sms, **sms}}
        if way == "set_user_pool_mfa_config":
            given = {"SmsMfaConfiguration": given, "MfaConfiguration": "OPTIONAL"}
        getattr(it.idp, way)(UserPoolId=it.pool, **given)

    mute = make_role("mute", trust=trust())
    change()
    for code, sms in (
        ("InvalidSmsRoleTrustRelationshipException", {"ExternalId": "rook"}),
        (
            "InvalidSmsRoleTrustRelationshipException",
            {"SnsCallerArn": "arn:aws:iam::123456789012:role/nobody"},
        ),
        ("InvalidSmsRoleAccessPolicyException", {"SnsCallerArn": mute}),
    ):
        with refused(code):
            change(**sms)
    assert it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]["SmsConfiguration"] == it.sms


@pytest.mark.parametrize("way", ["create_user_pool", "update_user_pool"])
@pytest.mark.parametrize(
    "settings", [{"EmailConfiguration": {**SES, "ConfigurationSet": "a"}},
                 {"SmsConfiguration": {"EumsSms": {"CallerArn": "arn:aws:iam::123456789012:role/sms"}}}]
)  # fmt: skip
def test_a_sender_that_is_not_played_is_refused_by_name(
    it: Factors, settings: dict[str, Any], way: str
) -> None:
    named = {"PoolName": "tidepool"} if way == "create_user_pool" else {"UserPoolId": it.pool}
    with pytest.raises(OutsideTheLab):
        getattr(it.idp, way)(**named, **settings)


# -- an authenticator app -------------------------------------------------------------------------


def test_each_secret_is_new_and_long_enough(it: Factors) -> None:
    it.member()
    token = it.sign_in()["AccessToken"]
    first, second = (it.idp.associate_software_token(AccessToken=token)["SecretCode"] for _ in range(2))
    assert first != second
    assert len(base64.b32decode(first + "=" * (-len(first) % 8))) >= 16  # RFC 4226: 128 bits


def test_a_secret_is_proved_once(it: Factors) -> None:
    it.member()
    token = it.sign_in()["AccessToken"]
    app = pyotp.TOTP(it.idp.associate_software_token(AccessToken=token)["SecretCode"])
    it.idp.verify_software_token(AccessToken=token, UserCode=app.now())
    it.lab.travel(minutes=1)
    with refused("SoftwareTokenMFANotFoundException"):
        it.idp.verify_software_token(AccessToken=token, UserCode=app.now())


def test_the_old_app_works_until_the_new_one_showed_a_code(it: Factors) -> None:
    old = it.with_app()
    token = it.answer(it.initiate(), old.now())["AccessToken"]
    new = pyotp.TOTP(it.idp.associate_software_token(AccessToken=token)["SecretCode"])
    it.lab.travel(seconds=60)
    assert it.answer(it.initiate(), old.now())["AccessToken"]
    it.idp.verify_software_token(AccessToken=token, UserCode=new.now(), FriendlyDeviceName="phone")
    it.lab.travel(seconds=60)
    challenge = it.initiate()
    assert challenge["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"] == "phone"
    with refused("CodeMismatchException"):
        it.answer(challenge, old.now())
    assert it.answer(challenge, new.now())["AccessToken"]


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_one_step_wrong(it: Factors, steps: int) -> None:
    app = it.with_app()
    it.lab.travel(seconds=90)
    it.answer(it.initiate(), app.at(it.lab.now, counter_offset=steps))


def test_an_administrator_removes_a_lost_app(it: Factors) -> None:
    app = it.with_app(wanted=PREFERRED)
    waiting = it.initiate()
    it.idp.admin_delete_software_token(UserPoolId=it.pool, Username="mara")
    with refused("SoftwareTokenMFANotFoundException"):
        it.answer(waiting, app.now())
    assert it.sign_in()["AccessToken"]
    assert not {"PreferredMfaSetting", "UserMFASettingList"} & set(it.user())
    it.mfa("ON", APP)
    assert it.initiate()["ChallengeName"] == "MFA_SETUP"


# -- what a sign-in asks for ----------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["OPTIONAL", "ON"])
def test_an_app_still_counts_where_the_pool_no_longer_offers_apps(it: Factors, mode: str) -> None:
    """ "TOTP software token MFA": those who have one go on, and nobody else can set one up."""
    app = it.with_app()
    it.member("ben")
    token = it.sign_in("ben")["AccessToken"]
    it.mfa(mode, SMS)
    asked = it.initiate()
    assert asked["ChallengeName"] == APP
    assert it.answer(asked, app.now())["AccessToken"]
    with refused("SoftwareTokenMFANotFoundException"):
        it.app(token)
    it.mfa("OFF")
    assert it.sign_in()["AccessToken"]


def test_off_and_optional_ask_nobody_who_has_chosen_nothing(it: Factors) -> None:
    it.member(phone_number=PHONE)
    assert it.sign_in()["AccessToken"]
    it.prefer(SMS_MFA=ON)
    assert it.initiate()["ChallengeName"] == SMS
    it.mfa("OFF")
    assert it.sign_in()["AccessToken"]


@pytest.mark.parametrize(
    ("factor", "address", "amr", "level"),
    [(SMS, PHONE, "sms", 3), (EMAIL, MAIL, "email_otp", 3), (APP, "", "otp", 4)],
)
def test_each_factor_asks_and_lets_in(it: Factors, factor: str, address: str, amr: str, level: int) -> None:
    it.member(phone_number=PHONE)
    app = it.app(it.sign_in()["AccessToken"])
    it.prefer(**{factor: PREFERRED})
    it.lab.travel(seconds=30)
    assert (it.user()["PreferredMfaSetting"], it.user()["UserMFASettingList"]) == (factor, [factor])
    challenge = it.initiate()
    assert challenge["ChallengeName"] == factor and "AuthenticationResult" not in challenge
    with refused("CodeMismatchException"):
        it.answer(challenge, wrong(app) if factor == APP else another(sent_to(address)))
    tokens = it.answer(challenge, app.now() if factor == APP else sent_to(address))
    shown = it.idp.get_user(AccessToken=tokens["AccessToken"])
    assert (shown["PreferredMfaSetting"], shown["UserMFASettingList"]) == (factor, [factor])
    for token in (tokens, it.refresh(tokens["RefreshToken"])):
        claims = read(token["IdToken"])
        assert (claims["amr"], claims["acr"]) == (["pwd", amr, "mfa"], f"urn:cognito:loa:{level}")


def test_where_a_code_went_is_masked(it: Factors) -> None:
    it.member(phone_number=PHONE)
    it.prefer(SMS_MFA=ON)
    parameters = it.initiate()["ChallengeParameters"]
    assert parameters["CODE_DELIVERY_DELIVERY_MEDIUM"] == "SMS"
    assert parameters["CODE_DELIVERY_DESTINATION"].endswith("5678") and "491511" not in str(parameters)
    it.prefer(SMS_MFA={}, EMAIL_OTP=ON)
    assert it.initiate()["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "m***@t***"
    assert outbox.inbox(MAIL)[-1].text == f"{sent_to(MAIL)} is your code"


def test_a_code_that_came_back_proves_the_address(it: Factors) -> None:
    it.member(phone_number=PHONE)
    it.prefer(SMS_MFA=ON)
    assert it.attributes().get("phone_number_verified") != "true"
    challenge, code = it.initiate(), sent_to(PHONE)
    it.answer(challenge, code)
    assert it.attributes()["phone_number_verified"] == "true"
    challenge, code = it.initiate(), sent_to(PHONE)
    it.idp.admin_update_user_attributes(UserPoolId=it.pool, Username="mara", UserAttributes=[
        {"Name": "phone_number", "Value": "+4915199999999"}])  # fmt: skip
    it.answer(challenge, code)  # the code of an address that is not the user's any more proves no other one
    assert it.attributes()["phone_number_verified"] == "false"


def test_several_factors_without_a_preference_are_a_choice(it: Factors) -> None:
    it.member(phone_number=PHONE)
    it.prefer(SMS_MFA=ON, EMAIL_OTP=ON)
    challenge = it.initiate()
    assert challenge["ChallengeName"] == "SELECT_MFA_TYPE"
    assert json.loads(challenge["ChallengeParameters"]["MFAS_CAN_CHOOSE"]) == [SMS, EMAIL]
    chosen = it.respond(challenge, ANSWER="EMAIL_MFA")  # the name that the API reference writes
    assert chosen["ChallengeName"] == EMAIL
    assert it.answer(chosen, sent_to(MAIL))["AccessToken"]
    assert it.respond(it.initiate(), ANSWER=SMS)["ChallengeName"] == SMS
    with refused("InvalidParameterException"):
        it.respond(it.initiate(), ANSWER=APP)
    it.prefer(EMAIL_OTP=PREFERRED)
    assert it.initiate()["ChallengeName"] == EMAIL
    it.prefer(SMS_MFA=PREFERRED)
    assert it.initiate()["ChallengeName"] == SMS
    it.prefer(SMS_MFA={})
    assert "PreferredMfaSetting" not in it.user() and it.user()["UserMFASettingList"] == [EMAIL]


def test_a_required_factor_is_asked_for_without_a_choice(it: Factors) -> None:
    it.pool_of("ON", SMS, APP)
    it.member(phone_number=PHONE)
    assert it.initiate()["ChallengeName"] == SMS
    it.pool_of("ON", SMS, EMAIL)
    it.member(phone_number=PHONE)
    assert it.initiate()["ChallengeName"] == "SELECT_MFA_TYPE"


def test_a_factor_is_set_up_in_the_middle_of_a_sign_in(it: Factors) -> None:
    it.pool_of("ON", APP)
    it.member()
    challenge = it.initiate()
    assert challenge["ChallengeName"] == "MFA_SETUP"
    assert json.loads(challenge["ChallengeParameters"]["MFAS_CAN_SETUP"]) == [APP]
    made = it.idp.associate_software_token(Session=challenge["Session"])
    app = pyotp.TOTP(made["SecretCode"])
    with refused("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA"):
        it.idp.verify_software_token(Session=made["Session"], UserCode=wrong(app))
    verified = it.idp.verify_software_token(Session=made["Session"], UserCode=app.now())
    assert verified["Status"] == "SUCCESS"
    tokens = it.respond({**challenge, "Session": verified["Session"]})
    assert read(tokens["AccessToken"])["amr"] == ["pwd", "otp", "mfa"]
    assert it.user()["UserMFASettingList"] == [APP]
    assert it.initiate()["ChallengeName"] == APP


def test_a_new_password_comes_before_the_second_factor(it: Factors) -> None:
    it.pool_of("ON", SMS)
    it.invited(phone_number=PHONE)
    challenge = it.respond(it.initiate("ben"), "ben", NEW_PASSWORD=OTHER_PASSWORD)
    assert challenge["ChallengeName"] == SMS
    assert it.answer(challenge, sent_to(PHONE), "ben")["AccessToken"]


def test_an_administrators_flow_asks_as_well(it: Factors) -> None:
    app = it.with_app()
    named = {"UserPoolId": it.pool, "ClientId": it.client}
    challenge = it.idp.admin_initiate_auth(
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "mara", "PASSWORD": PASSWORD},
        **named,
    )
    assert challenge["ChallengeName"] == APP
    answer = {"USERNAME": "mara", "SOFTWARE_TOKEN_MFA_CODE": app.now()}
    tokens = it.idp.admin_respond_to_auth_challenge(
        ChallengeName=APP, Session=challenge["Session"], ChallengeResponses=answer, **named
    )
    assert tokens["AuthenticationResult"]["AccessToken"]


def test_refreshing_asks_for_no_factor(it: Factors) -> None:
    app = it.with_app()
    tokens = it.answer(it.initiate(), app.now())
    assert it.refresh(tokens["RefreshToken"])["AccessToken"]
    it.mfa("ON", SMS)
    assert it.refresh(tokens["RefreshToken"])["AccessToken"]


def test_an_answer_with_a_secret_hash(it: Factors) -> None:
    app = it.with_app()
    made = it.new_client(GenerateSecret=True)
    client, proof = made["ClientId"], secret_hash(made["ClientSecret"], "mara", made["ClientId"])
    challenge = it.initiate(client=client, SECRET_HASH=proof)
    with refused("NotAuthorizedException"):
        it.answer(challenge, app.now(), client=client)
    assert it.answer(challenge, app.now(), client=client, SECRET_HASH=proof)["AccessToken"]


def test_a_challenge_is_for_one_client_one_kind_and_one_life(it: Factors) -> None:
    it.member(phone_number=PHONE)
    it.prefer(SMS_MFA=ON)
    challenge = it.initiate()
    code, other = sent_to(PHONE), it.new_client()["ClientId"]
    with refused("NotAuthorizedException", "Invalid session for the user."):
        it.answer(challenge, code, client=other)
    with refused("NotAuthorizedException", "Invalid session for the user."):
        it.answer({**challenge, "ChallengeName": EMAIL}, code)
    with refused("NotAuthorizedException", "Invalid session for the user."):
        it.idp.associate_software_token(Session=challenge["Session"])
    it.idp.admin_delete_user(UserPoolId=it.pool, Username="mara")
    it.member(phone_number=PHONE)
    with refused("NotAuthorizedException", "Invalid session for the user."):
        it.answer(challenge, code)


# -- recovery -------------------------------------------------------------------------------------


def test_an_address_that_is_a_factor_recovers_nothing(it: Factors) -> None:
    it.member(phone_number=PHONE)
    it.idp.admin_update_user_attributes(UserPoolId=it.pool, Username="mara", UserAttributes=[
        {"Name": "phone_number_verified", "Value": "true"}])  # fmt: skip
    asked = {"ClientId": it.client, "Username": "mara"}
    assert it.idp.forgot_password(**asked)["CodeDeliveryDetails"]["DeliveryMedium"] == "SMS"
    it.prefer(SMS_MFA=ON)
    assert it.idp.forgot_password(**asked)["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    it.prefer(EMAIL_OTP=ON)
    with refused("InvalidParameterException", "Cannot reset password for the user"):
        it.idp.forgot_password(**asked)
    with refused("InvalidParameterException", "Cannot reset password for the user"):
        it.idp.admin_reset_user_password(UserPoolId=it.pool, Username="mara")
    it.prefer(SMS_MFA={})
    assert it.idp.forgot_password(**asked)["CodeDeliveryDetails"]["DeliveryMedium"] == "SMS"


# -- each rule: refused, and not without it -----------------------------------------------------------

RULES: dict[str, tuple[Callable[[Factors], Any], str, str, Any]] = {}


def rule(code: str, function: str, instead: Any) -> Callable[..., Any]:
    """The decorated call is refused with ``code``; with ``instead`` in the function's place it is not."""

    def register(call: Callable[[Factors], Any]) -> Callable[[Factors], Any]:
        RULES[call.__name__] = call, code, function, instead
        return call

    return register


def nothing(*_: Any, **__: Any) -> None:
    pass


@rule("InvalidParameterException", "settings.mfa_configuration.check_has_factor", nothing)
def required_without_a_factor(it: Factors) -> Any:
    return it.idp.set_user_pool_mfa_config(
        UserPoolId=it.pool, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": False}
    )


@rule("InvalidParameterException", "settings.mfa_configuration.check_no_code_as_first_factor", nothing)
def required_where_a_code_comes_first(it: Factors) -> Any:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    it.new_pool(Policies=policies)
    return it.mfa("ON", APP)


@rule("InvalidParameterException", "settings.mfa_configuration.check_email_sender", nothing)
def codes_by_email_without_a_sender(it: Factors) -> Any:
    it.new_pool()
    return it.mfa("ON", EMAIL)


@rule("FeatureUnavailableInTierException", "settings.plans.check_plan", nothing)
def codes_by_email_on_lite(it: Factors) -> Any:
    it.new_pool(UserPoolTier="LITE", EmailConfiguration=SES)
    return it.mfa("ON", EMAIL)


def sms_with(it: Factors, role: str, **more: str) -> Any:
    return it.new_pool(SmsConfiguration={"SnsCallerArn": role, **more})


@rule("InvalidSmsRoleTrustRelationshipException", "settings.mfa_configuration.check_sms_role", nothing)
def sms_by_a_role_for_another_id(it: Factors) -> Any:
    sms_with(it, it.sms["SnsCallerArn"], ExternalId="tidepool")
    return sms_with(it, it.sms["SnsCallerArn"], ExternalId="rook")


@rule("InvalidSmsRoleTrustRelationshipException", "settings.mfa_configuration.check_sms_role", nothing)
def sms_by_a_role_for_another_service(it: Factors) -> Any:
    other = make_role("other", allow("sns:Publish"), trust=trust(service="lambda.amazonaws.com"))
    return sms_with(it, other, ExternalId="tidepool")


@rule("InvalidSmsRoleTrustRelationshipException", "settings.mfa_configuration.check_sms_role", nothing)
def sms_by_a_role_that_is_not_there(it: Factors) -> Any:
    return sms_with(it, "arn:aws:iam::123456789012:role/nobody")


@rule("InvalidSmsRoleAccessPolicyException", "settings.mfa_configuration.check_sms_role", nothing)
def sms_by_a_role_that_may_not_publish(it: Factors) -> Any:
    return sms_with(it, make_role("mute", trust=trust()), ExternalId="tidepool")


@rule("SoftwareTokenMFANotFoundException", "people.authenticator_apps.check_offered", nothing)
def an_app_where_none_is_offered(it: Factors) -> Any:
    it.pool_of("ON", SMS)
    it.member(phone_number=PHONE)
    token = it.answer(it.initiate(), sent_to(PHONE))["AccessToken"]
    return it.idp.associate_software_token(AccessToken=token)


@rule("EnableSoftwareTokenMFAException", "software_tokens.step_of", lambda token, code: int(code))
def an_app_with_a_wrong_code(it: Factors) -> Any:
    it.member()
    token = it.sign_in()["AccessToken"]
    app = pyotp.TOTP(it.idp.associate_software_token(AccessToken=token)["SecretCode"])
    return it.idp.verify_software_token(AccessToken=token, UserCode=wrong(app))


@rule("SoftwareTokenMFANotFoundException", "people.authenticator_apps.take_app", nothing)
def an_app_that_was_never_given_a_secret(it: Factors) -> Any:
    it.member()
    return it.idp.verify_software_token(AccessToken=it.sign_in()["AccessToken"], UserCode="123456")


@rule("InvalidParameterException", "people.authenticator_apps.by_session", lambda call: False)
def an_app_for_a_token_and_a_session(it: Factors) -> Any:
    it.member()
    return it.idp.associate_software_token(AccessToken=it.sign_in()["AccessToken"], Session="A" * 200)


@rule("ExpiredCodeException", "software_tokens.check_unused", nothing)
def the_same_code_twice(it: Factors) -> Any:
    app = it.with_app()
    it.answer(it.initiate(), app.now())
    return it.answer(it.initiate(), app.now())


@rule("ExpiredCodeException", "software_tokens.check_unused", nothing)
def the_code_of_the_set_up(it: Factors) -> Any:
    it.member()
    app = it.app(it.sign_in()["AccessToken"])
    it.prefer(SOFTWARE_TOKEN_MFA=ON)
    return it.answer(it.initiate(), app.now())


@rule("CodeMismatchException", "software_tokens.DRIFT", 3)
def a_code_of_a_minute_ago(it: Factors) -> Any:
    app = it.with_app()
    it.lab.travel(seconds=60)
    return it.answer(it.initiate(), app.at(it.lab.now, counter_offset=-2))


@rule("CodeMismatchException", "software_tokens.step_of", lambda token, code: int(code))
def digits_of_another_script(it: Factors) -> Any:
    app = it.with_app()
    return it.answer(it.initiate(), "".join(chr(0xFF10 + int(digit)) for digit in app.now()))


@rule("CodeMismatchException", "sign_in.mfa_challenges.check_code", nothing)
def a_wrong_code(it: Factors) -> Any:
    it.member(phone_number=PHONE)
    it.prefer(SMS_MFA=ON)
    challenge = it.initiate()
    return it.answer(challenge, another(sent_to(PHONE)))


@rule("CodeMismatchException", "sign_in.mfa_challenges.check_code", nothing)
def the_code_of_another_sign_in(it: Factors) -> Any:
    it.member(phone_number=PHONE)
    it.prefer(SMS_MFA=ON)
    challenge, code = it.initiate(), sent_to(PHONE)
    while code == sent_to(PHONE):
        it.initiate()
    assert it.answer(challenge, code)  # each sign-in has a code of its own
    return it.answer(it.initiate(), code)


@rule("NotAuthorizedException", "sign_in.challenges.check_session_unused", nothing)
def an_answer_twice(it: Factors) -> Any:
    it.member(phone_number=PHONE)
    it.prefer(SMS_MFA=ON)
    challenge = it.initiate()
    it.answer(challenge, sent_to(PHONE))
    return it.answer(challenge, sent_to(PHONE))


@rule("NotAuthorizedException", "sign_in.challenges.check_session_in_time", nothing)
def an_answer_after_three_minutes(it: Factors) -> Any:
    it.member(phone_number=PHONE)
    it.prefer(SMS_MFA=ON)
    challenge = it.initiate()
    it.lab.travel(minutes=3)
    return it.answer(challenge, sent_to(PHONE))


@rule("NotAuthorizedException", "sign_in.challenges.check_same_user", nothing)
def an_answer_for_somebody_else(it: Factors) -> Any:
    it.member(phone_number=PHONE)
    it.member("ben")
    it.prefer(SMS_MFA=ON)
    return it.answer(it.initiate(), sent_to(PHONE), "ben")


@rule("NotAuthorizedException", "sign_in.mfa_challenges.check_password_in_force", nothing)
def an_answer_after_the_password_changed(it: Factors) -> Any:
    app = it.with_app()
    challenge = it.initiate()
    it.idp.admin_set_user_password(
        UserPoolId=it.pool, Username="mara", Password=OTHER_PASSWORD, Permanent=True
    )
    return it.answer(challenge, app.now())


@rule("NotAuthorizedException", "sign_in.user_status.check_enabled", nothing)
def an_answer_of_somebody_who_was_disabled(it: Factors) -> Any:
    app = it.with_app()
    challenge = it.initiate()
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    return it.answer(challenge, app.now())


@rule("NotAuthorizedException", "sign_in.mfa_challenges.check_password_in_force", nothing)
def an_answer_after_a_reset(it: Factors) -> Any:
    app = it.with_app()
    challenge = it.initiate()
    it.idp.admin_reset_user_password(UserPoolId=it.pool, Username="mara")
    return it.answer(challenge, app.now())


@rule("NotAuthorizedException", "sign_in.lockout.check_not_locked", nothing)
def the_right_code_after_five_wrong_ones(it: Factors) -> Any:
    app = it.with_app()
    waiting = it.initiate()
    for _ in range(5):  # the password is right each time, and clears nothing
        with pytest.raises(ClientError, match="Invalid code received"):
            it.answer(it.initiate(), wrong(app))
    return it.answer(waiting, app.now())


@rule("SoftwareTokenMFANotFoundException", "sign_in.mfa_challenges.ANSWERS", {"MFA_SETUP": lambda *_: "otp"})
def a_set_up_that_was_skipped(it: Factors) -> Any:
    it.pool_of("ON", APP)
    it.member()
    return it.respond(it.initiate())


@rule("SoftwareTokenMFANotFoundException", "sign_in.mfa_challenges.ANSWERS", {"MFA_SETUP": lambda *_: "otp"})
def a_set_up_that_stopped_half_way(it: Factors) -> Any:
    it.pool_of("ON", APP)
    it.member()
    challenge = it.initiate()
    session = it.idp.associate_software_token(Session=challenge["Session"])["Session"]
    return it.respond({**challenge, "Session": session})


@rule("NotAuthorizedException", "sign_in.mfa_challenges.check_has_no_factor", nothing)
def a_set_up_beside_another_one(it: Factors) -> Any:
    it.pool_of("ON", APP)
    it.member()
    rooks, maras = it.initiate(), it.initiate()
    apps = [it.idp.associate_software_token(Session=one["Session"]) for one in (rooks, maras)]
    for made in reversed(apps):  # Rook has the password; since Mara has an app, that is not enough any more
        code = pyotp.TOTP(made["SecretCode"]).now()
        verified = it.idp.verify_software_token(Session=made["Session"], UserCode=code)
    return verified


@rule("NotAuthorizedException", "sign_in.mfa_challenges.check_password_in_force", nothing)
def a_set_up_after_a_reset(it: Factors) -> Any:
    it.pool_of("ON", APP)
    it.member()
    challenge = it.initiate()
    it.idp.admin_reset_user_password(UserPoolId=it.pool, Username="mara")
    return it.idp.associate_software_token(Session=challenge["Session"])


@rule("InvalidParameterException", "people.mfa_preferences.check_one_preferred", nothing)
def two_that_are_preferred(it: Factors) -> Any:
    it.member(phone_number=PHONE)
    return it.prefer(SMS_MFA=PREFERRED, EMAIL_OTP=PREFERRED)


@rule("InvalidParameterException", "people.mfa_preferences.check_one_preferred", nothing)
def preferred_and_off(it: Factors) -> Any:
    it.member(phone_number=PHONE)
    return it.prefer(SMS_MFA={"PreferredMfa": True})


@rule("InvalidParameterException", "people.mfa_preferences.check_possible", nothing)
def sms_without_a_number(it: Factors) -> Any:
    it.member()
    return it.prefer(SMS_MFA=ON)


@rule("InvalidParameterException", "people.mfa_preferences.check_possible", nothing)
def an_app_that_is_not_there(it: Factors) -> Any:
    it.member()
    token = it.sign_in()["AccessToken"]
    return it.idp.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings=ON)


@rule("InvalidParameterException", "people.mfa_preferences.check_possible", nothing)
def a_factor_that_the_pool_does_not_offer(it: Factors) -> Any:
    it.pool_of("OPTIONAL", APP)
    it.member(phone_number=PHONE)
    return it.prefer(SMS_MFA=ON)


@rule("InvalidParameterException", "people.password_recovery.is_no_factor", lambda *_: True)
def recovery_by_the_factor(it: Factors) -> Any:
    it.member()
    it.prefer(EMAIL_OTP=ON)
    return it.idp.forgot_password(ClientId=it.client, Username="mara")


@pytest.mark.parametrize("name", RULES)
def test_a_rule_refuses(it: Factors, name: str) -> None:
    call, code, _, _ = RULES[name]
    with refused(code):
        call(it)


@pytest.mark.parametrize("name", RULES)
def test_without_the_rule_nothing_refuses(it: Factors, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    call, _, function, instead = RULES[name]
    module, _, attribute = f"cognito_lab.aws.user_pools.{function}".rpartition(".")
    if isinstance(instead, dict):
        instead = {**getattr(import_module(module), attribute), **instead}
    monkeypatch.setattr(import_module(module), attribute, instead)
    call(it)


def test_one_challenge_counts_once_for_two_threads(it: Factors) -> None:
    it.member(phone_number=PHONE)
    it.prefer(SMS_MFA=ON)
    for _ in range(5):
        challenge, code = it.initiate(), sent_to(PHONE)

        def try_it(_: int, challenge: Any = challenge, code: str = code) -> bool:
            try:
                return bool(it.answer(challenge, code))
            except ClientError as error:
                return error.response["Error"]["Code"] != "NotAuthorizedException"

        with ThreadPoolExecutor(4) as threads:
            assert sum(threads.map(try_it, range(4))) == 1
