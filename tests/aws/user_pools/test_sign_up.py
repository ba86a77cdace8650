"""Sign-up: codes, names, attributes. Each rule holds, and is refused with AWS's code where it is broken."""

from __future__ import annotations

import pytest
from support.user_pools import PASSWORD, mapping, pairs, refused, secret_hash, world

from cognito_lab.aws.user_pools import outbox

SECTION = {"Name": "section", "AttributeDataType": "String", "StringAttributeConstraints": {"MaxLength": "5"}}


@pytest.fixture
def it():
    with world() as it:
        yield it


# -- the code ------------------------------------------------------------------------------------


def test_the_code_that_was_sent_confirms_the_account_and_verifies_the_address(it):
    answer = it.sign_up()
    assert answer["UserConfirmed"] is False
    assert answer["CodeDeliveryDetails"] == {
        "Destination": "m***@t***", "DeliveryMedium": "EMAIL", "AttributeName": "email",
    }  # fmt: skip
    assert (it.status(), it.attributes()["email_verified"]) == ("UNCONFIRMED", "false")
    message = outbox.outbox()[-1]
    assert (message.to, message.medium) == ("mara@tidepool.example", "EMAIL")
    assert message.code in message.text and len(message.code) == 6 and message.code.isdigit()
    it.confirm()
    assert (it.status(), it.attributes()["email_verified"]) == ("CONFIRMED", "true")
    assert answer["UserSub"] == it.attributes()["sub"]


def test_a_wrong_code_is_refused_and_the_right_one_still_works(it):
    it.sign_up()
    wrong = "000000" if it.code() != "000000" else "111111"
    with refused("CodeMismatchException", "Invalid verification code provided, please try again."):
        it.confirm(code=wrong)
    assert it.status() == "UNCONFIRMED"
    it.confirm()


def test_a_code_is_for_one_user(it):
    it.sign_up("mara")
    code = it.code()
    it.sign_up("ben")
    assert it.code() != code
    with refused("CodeMismatchException"):
        it.confirm("ben", code)


def test_a_sign_up_code_lives_for_a_day(it):
    it.sign_up("mara")
    it.sign_up("ben")
    it.lab.travel(hours=23, minutes=59)
    it.confirm("ben")
    it.lab.travel(minutes=1)
    with refused("ExpiredCodeException", "Invalid code provided, please request a code again."):
        it.confirm("mara", outbox.outbox()[0].code)


def test_only_the_newest_code_counts(it):
    it.sign_up()
    old = it.code()
    it.idp.resend_confirmation_code(ClientId=it.client, Username="mara")
    assert it.code() != old
    with refused("CodeMismatchException"):
        it.confirm(code=old)
    it.confirm()


def test_whoever_is_confirmed_is_not_confirmed_again(it):
    it.member()
    with refused("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"):
        it.confirm(code="123456")
    with refused("InvalidParameterException", "User is already confirmed."):
        it.idp.resend_confirmation_code(ClientId=it.client, Username="mara")


def test_guesses_are_counted_per_hour(it):
    it.sign_up()
    right = it.code()
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(15):
        with refused("CodeMismatchException"):
            it.confirm(code=wrong)
    with refused("LimitExceededException", "Attempt limit exceeded, please try after some time."):
        it.confirm(code=right)
    it.lab.travel(hours=1)
    it.confirm(code=right)


def test_messages_are_counted_per_hour(it):
    it.sign_up()
    for _ in range(5):
        it.idp.resend_confirmation_code(ClientId=it.client, Username="mara")
    with refused("LimitExceededException"):
        it.idp.resend_confirmation_code(ClientId=it.client, Username="mara")
    assert len(outbox.outbox()) == 6


def test_without_auto_verification_nothing_is_sent(it):
    it.new_pool()
    assert "CodeDeliveryDetails" not in it.sign_up()
    assert outbox.outbox() == []
    with refused("ExpiredCodeException"):
        it.confirm(code="123456")
    with refused("InvalidParameterException", "Auto verification not turned on."):
        it.idp.resend_confirmation_code(ClientId=it.client, Username="mara")


def test_with_both_to_verify_the_code_goes_to_the_phone(it):
    it.new_pool(AutoVerifiedAttributes=["email", "phone_number"])
    answer = it.sign_up(phone_number="+15550109878")
    assert answer["CodeDeliveryDetails"] == {
        "Destination": "+*******9878", "DeliveryMedium": "SMS", "AttributeName": "phone_number",
    }  # fmt: skip
    it.confirm()
    attributes = it.attributes()
    assert (attributes["phone_number_verified"], attributes["email_verified"]) == ("true", "false")


def test_the_pool_writes_its_own_messages(it):
    template = {"EmailMessage": "Welcome, here is {####}", "EmailSubject": "Tidepool"}
    it.new_pool(AutoVerifiedAttributes=["email"], VerificationMessageTemplate=template)
    it.sign_up()
    assert outbox.outbox()[-1].text == f"Welcome, here is {it.code()}"
    it.new_pool(
        AutoVerifiedAttributes=["email"],
        EmailVerificationMessage="Older: {####}",
        EmailVerificationSubject="O",
    )
    it.sign_up()
    assert (outbox.outbox()[-1].text, outbox.outbox()[-1].subject) == (f"Older: {it.code()}", "O")


# -- who may sign up -----------------------------------------------------------------------------


def test_in_a_pool_of_administrators_nobody_signs_up(it):
    it.new_pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    with refused("NotAuthorizedException", "SignUp is not permitted for this user pool"):
        it.sign_up()
    it.invited("mara")


def test_a_client_with_a_secret_proves_it_at_each_public_call(it):
    client = it.new_client(GenerateSecret=True)
    right = secret_hash(client["ClientSecret"], "mara", client["ClientId"])
    of_ben = secret_hash(client["ClientSecret"], "ben", client["ClientId"])
    call = {"ClientId": client["ClientId"], "Username": "mara"}
    calls = [
        (it.idp.sign_up, {"Password": PASSWORD, "UserAttributes": pairs(email="mara@tidepool.example")}),
        (it.idp.resend_confirmation_code, {}),
        (it.idp.confirm_sign_up, {"ConfirmationCode": None}),
        (it.idp.forgot_password, {}),
        (it.idp.confirm_forgot_password, {"ConfirmationCode": None, "Password": PASSWORD}),
    ]
    for operation, more in calls:
        more = {name: value or it.code() for name, value in more.items()}
        with refused(
            "NotAuthorizedException", f"Client {call['ClientId']} is configured with secret but SECRET_HASH"
        ):
            operation(**call, **more)
        with refused("NotAuthorizedException", f"Unable to verify secret hash for client {call['ClientId']}"):
            operation(**call, **more, SecretHash=of_ben)
        operation(**call, **more, SecretHash=right)
    with refused(
        "NotAuthorizedException", f"Client {it.client} is not configured for secret but secret hash"
    ):
        it.idp.sign_up(ClientId=it.client, Username="ben", Password=PASSWORD, SecretHash=right)


def test_an_unknown_person_is_hidden_if_the_client_says_so(it):
    hiding = it.new_client(PreventUserExistenceErrors="ENABLED")["ClientId"]
    resend = {"Username": "nobody"}
    with refused("UserNotFoundException", "Username/client id combination not found."):
        it.idp.resend_confirmation_code(ClientId=it.client, **resend)
    with refused("UserNotFoundException"):
        it.idp.confirm_sign_up(ClientId=it.client, ConfirmationCode="123456", **resend)
    with refused("ExpiredCodeException"):
        it.idp.confirm_sign_up(ClientId=hiding, ConfirmationCode="123456", **resend)
    pretended = it.idp.resend_confirmation_code(ClientId=hiding, **resend)["CodeDeliveryDetails"]
    assert pretended == it.idp.resend_confirmation_code(ClientId=hiding, **resend)["CodeDeliveryDetails"]
    assert pretended["DeliveryMedium"] == "EMAIL" and outbox.outbox() == []
    with refused("CodeMismatchException"):
        it.idp.confirm_sign_up(ClientId=hiding, ConfirmationCode="123456", **resend)
    it.sign_up("mara")  # the gap: a taken username is not hidden
    with refused("UsernameExistsException", "User already exists"):
        it.idp.sign_up(ClientId=hiding, Username="mara", Password=PASSWORD)


# -- passwords -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Tide-1a", "Password not long enough"),
        ("TIDEPOOLS-2026", "Password must have lowercase characters"),
        ("tidepools-2026", "Password must have uppercase characters"),
        ("Tidepools-more", "Password must have numeric characters"),
        ("Tidepools2026", "Password must have symbol characters"),
    ],
)
def test_a_password_keeps_each_rule_of_the_policy(it, password, why):
    with refused("InvalidPasswordException", f"Password did not conform with policy: {why}"):
        it.idp.sign_up(ClientId=it.client, Username="mara", Password=password)
    it.idp.sign_up(ClientId=it.client, Username="mara", Password=password + "-aA1")


def test_very_short_passwords_do_not_reach_the_policy(it):
    with refused("InvalidParameterException", "1 validation error detected: Value at 'password'"):
        it.idp.sign_up(ClientId=it.client, Username="mara", Password="aA1-")


@pytest.mark.parametrize("outer", [" Tidepools1", "Tidepools1 ", "\tTidepools-1", "Tidepools-1\n", " " * 9])
def test_a_password_neither_begins_nor_ends_with_a_space(it, outer):
    it.invited("ben")
    it.member("mara")
    access, named = it.sign_in()["AccessToken"], {"UserPoolId": it.pool, "Username": "ben"}
    doors = {
        "sign_up": {"ClientId": it.client, "Username": "noor", "Password": outer},
        "admin_create_user": {"UserPoolId": it.pool, "Username": "noor", "TemporaryPassword": outer},
        "admin_set_user_password": {**named, "Password": outer},
        "change_password": {"AccessToken": access, "PreviousPassword": PASSWORD, "ProposedPassword": outer},
        "confirm_forgot_password": {
            "ClientId": it.client, "Username": "mara", "ConfirmationCode": "1", "Password": outer,
        },
    }  # fmt: skip
    for operation, given in doors.items():
        with refused("InvalidParameterException", "1 validation error detected: Value at '"):
            getattr(it.idp, operation)(**given)


def test_a_space_inside_a_password_is_a_symbol(it):
    phrase = "Four tide pools 4"
    at = pairs(email="mara@tidepool.example")
    it.idp.sign_up(ClientId=it.client, Username="mara", Password=phrase, UserAttributes=at)
    it.confirm()
    access = it.sign_in("mara", phrase)["AccessToken"]
    it.idp.change_password(AccessToken=access, PreviousPassword=phrase, ProposedPassword=f"{phrase} more")
    with refused("NotAuthorizedException"):
        it.sign_in("mara", phrase)
    it.sign_in("mara", f"{phrase} more")


# -- names ---------------------------------------------------------------------------------------


def test_a_username_is_taken_once(it):
    it.sign_up()
    with refused("UsernameExistsException", "User already exists"):
        it.sign_up(email="other@tidepool.example")
    it.sign_up("Mara")  # case counts unless the pool says otherwise


def test_a_pool_can_be_blind_to_case(it):
    it.new_pool(UsernameConfiguration={"CaseSensitive": False}, AutoVerifiedAttributes=["email"])
    it.member("Mara")
    assert it.sign_in("mARA")["IdToken"]
    assert it.user("mara")["Username"] == "Mara"
    with refused("UsernameExistsException"):
        it.sign_up("MARA")
    it.new_pool(AutoVerifiedAttributes=["email"])
    it.member("Mara")
    with refused("UserNotFoundException"):
        it.sign_in("mARA")


def test_a_name_is_free_again_after_deletion(it):
    it.member()
    it.idp.admin_delete_user(UserPoolId=it.pool, Username="mara")
    it.member()


def test_with_an_email_as_username_attribute_the_username_is_the_sub(it):
    it.new_pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    sub = it.sign_up("mara@tidepool.example")["UserSub"]
    user = it.user("mara@tidepool.example")
    assert user["Username"] == sub == mapping(user["UserAttributes"])["sub"]
    assert mapping(user["UserAttributes"])["email"] == "mara@tidepool.example"
    it.confirm("mara@tidepool.example")
    assert it.sign_in("mara@tidepool.example")["IdToken"] and it.sign_in(sub)["IdToken"]
    with refused("UsernameExistsException", "An account with the given email already exists."):
        it.sign_up("mara@tidepool.example")
    with refused("InvalidParameterException", "Username should be an email."):
        it.sign_up("mara")


def test_an_unproved_username_attribute_signs_in_too(it):
    it.new_pool(UsernameAttributes=["email"])
    it.sign_up("mara@tidepool.example")
    it.idp.admin_confirm_sign_up(UserPoolId=it.pool, Username="mara@tidepool.example")
    assert it.attributes("mara@tidepool.example")["email_verified"] == "false"
    assert it.sign_in("mara@tidepool.example")["IdToken"]


def test_a_phone_number_or_either_can_be_the_username(it):
    it.new_pool(UsernameAttributes=["phone_number"])
    it.sign_up("+15550100", email="mara@tidepool.example")
    with refused("InvalidParameterException", "Username should be a phone number."):
        it.sign_up("mara@tidepool.example")
    it.new_pool(UsernameAttributes=["phone_number", "email"])
    it.sign_up("+15550100", email="mara@tidepool.example")
    it.sign_up("ben@tidepool.example")
    with refused("InvalidParameterException", "Username should be either a phone number or an email."):
        it.sign_up("ines")


@pytest.mark.parametrize("first", ["email", "phone_number"])
@pytest.mark.parametrize("invited", [False, True])
def test_people_sign_in_with_the_kind_of_address_that_they_signed_up_with(it, first, invited):
    names = {"email": "mara@tidepool.example", "phone_number": "+15550100"}
    (other,) = set(names) - {first}
    it.new_pool(UsernameAttributes=["email", "phone_number"])
    verified = {f"{other}_verified": "true"} if invited else {}
    (it.invited if invited else it.sign_up)(names[first], **{other: names[other]}, **verified)
    it.idp.admin_set_user_password(
        UserPoolId=it.pool, Username=names[first], Password=PASSWORD, Permanent=True
    )
    access = it.sign_in(names[first])["AccessToken"]
    for lookup in (it.sign_in, it.user):
        with refused("UserNotFoundException"):
            lookup(names[other])
    it.idp.update_user_attributes(AccessToken=access, UserAttributes=pairs(**{other: names[other]}))
    changed = {"email": "mara.lind@tidepool.example", "phone_number": "+15550199"}
    it.idp.update_user_attributes(AccessToken=access, UserAttributes=pairs(**changed))
    assert it.sign_in(changed[first])["AccessToken"]
    for gone in (names[first], changed[other]):
        with refused("UserNotFoundException"):
            it.sign_in(gone)


def test_an_alias_signs_in_once_it_is_verified(it):
    it.new_pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    it.member("mara")
    assert it.sign_in("mara")["IdToken"] and it.sign_in("mara@tidepool.example")["IdToken"]
    it.sign_up("ben")
    it.idp.admin_confirm_sign_up(UserPoolId=it.pool, Username="ben")
    assert it.sign_in("ben")["IdToken"]
    with refused("UserNotFoundException"):
        it.sign_in("ben@tidepool.example")
    with refused(
        "InvalidParameterException", "Username cannot be of email format, since user pool is configured for"
    ):
        it.sign_up("ines@tidepool.example")


def test_the_same_alias_twice_shows_at_confirmation(it):
    it.new_pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    shared = "both@tidepool.example"
    it.member("mara", email=shared)
    it.sign_up("ben", email=shared)
    code = it.code()
    with refused("AliasExistsException", "An account with the email already exists."):
        it.confirm("ben", code)
    assert (it.status("ben"), it.user(shared)["Username"]) == ("UNCONFIRMED", "mara")
    it.confirm("ben", code, ForceAliasCreation=True)
    assert it.user(shared)["Username"] == "ben"
    assert it.attributes("mara")["email_verified"] == "false"


def test_preferred_username_is_an_alias_from_confirmation_on(it):
    it.new_pool(AliasAttributes=["preferred_username"])
    it.sign_up("u1", preferred_username="tide")
    with refused("UserNotFoundException"):
        it.user("tide")
    it.idp.admin_confirm_sign_up(UserPoolId=it.pool, Username="u1")
    assert it.user("tide")["Username"] == "u1"
    it.sign_up("u2", preferred_username="tide")
    with pytest.raises(it.idp.exceptions.ClientError):
        it.idp.admin_confirm_sign_up(UserPoolId=it.pool, Username="u2")
    assert it.status("u2") == "UNCONFIRMED"


# -- attributes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("custom_section", "reef", "deeper"),
        ("custom_depth", "5", "12"),
        ("custom_depth", "5", "five"),
        ("custom_diver", "true", "yes"),
        ("custom_since", "2026-06-01", "June"),
        ("birthdate", "1990-02-03", "03.02.1990"),
        ("email", "m@tidepool.example", "tidepool.example"),
        ("phone_number", "+15550100", "555-0100"),
        ("updated_at", "1780304400", "yesterday"),
    ],
)
def test_values_are_checked_against_the_schema(it, name, good, bad):
    custom = [
        SECTION,
        {"Name": "depth", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MaxValue": "10"}},
        {"Name": "diver", "AttributeDataType": "Boolean"},
        {"Name": "since", "AttributeDataType": "DateTime"},
    ]
    names = [f"custom:{attribute['Name']}" for attribute in custom]
    names += ["birthdate", "email", "phone_number", "updated_at"]
    it.new_pool(Schema=custom, client={"WriteAttributes": names})
    with refused("InvalidParameterException"):
        it.sign_up(**{name: bad})
    it.sign_up(**{name: good})
    assert it.attributes()[name.replace("custom_", "custom:")] == good


def test_undeclared_attributes_are_refused(it):
    with refused(
        "InvalidParameterException",
        "Attributes did not conform to the schema: custom:section: Attribute does",
    ):
        it.sign_up(custom_section="reef")


def test_required_attributes_are_required(it):
    it.new_pool(Schema=[{"Name": "name", "Required": True}])
    with refused(
        "InvalidParameterException",
        "Attributes did not conform to the schema: name: The attribute is required",
    ):
        it.sign_up()
    mara = pairs(name="Mara")
    it.idp.sign_up(ClientId=it.client, Username="mara", Password=PASSWORD, UserAttributes=mara)


def test_a_client_writes_only_what_it_may(it):
    it.new_pool(Schema=[SECTION])
    with refused("NotAuthorizedException"):
        it.sign_up(email_verified="true")
    it.client = it.new_client(WriteAttributes=["email", "custom:section"])["ClientId"]
    with refused("NotAuthorizedException"):
        it.sign_up(given_name="Mara")
    it.sign_up(custom_section="reef")
    it.client = it.new_client(WriteAttributes=["email"])["ClientId"]
    with refused("NotAuthorizedException", "A client attempted to write unauthorized attribute"):
        it.sign_up("ben", custom_section="reef")


def test_nobody_chooses_a_sub(it):
    with refused("InvalidParameterException"):
        it.sign_up(sub="11111111-2222-3333-4444-555555555555")
