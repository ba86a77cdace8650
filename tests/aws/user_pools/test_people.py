"""What people and administrators do with profiles, passwords and groups."""

from __future__ import annotations

import pytest
from support.user_pools import OTHER_PASSWORD, PASSWORD, mapping, pairs, refused, world

from cognito_lab.aws.user_pools import outbox

SECTION = {"Name": "section", "AttributeDataType": "String", "StringAttributeConstraints": {"MaxLength": "5"}}
NUMBER = {"Name": "number", "AttributeDataType": "String", "Mutable": False}


@pytest.fixture
def it():
    with world() as it:
        yield it


def update(it, token, **values):
    return it.idp.update_user_attributes(AccessToken=token, UserAttributes=pairs(**values))


def wrong(code):
    return "000000" if code != "000000" else "111111"


# -- one's own profile ---------------------------------------------------------------------------


def test_get_user_shows_what_the_client_may_read(it):
    it.member(name="Mara")
    token = it.sign_in()["AccessToken"]
    assert set(mapping(it.idp.get_user(AccessToken=token)["UserAttributes"])) == {
        "sub",
        "name",
        "email",
        "email_verified",
    }
    token = it.sign_in(client=it.new_client(ReadAttributes=["name"])["ClientId"])["AccessToken"]
    assert set(mapping(it.idp.get_user(AccessToken=token)["UserAttributes"])) == {"sub", "name"}


def test_a_careless_update_of_the_client_widens_what_get_user_shows(it):
    it.member(name="Mara")
    client = it.new_client(ReadAttributes=["name"])["ClientId"]
    token = it.sign_in(client=client)["AccessToken"]
    it.idp.update_user_pool_client(UserPoolId=it.pool, ClientId=client, ClientName="renamed")
    assert "email" in mapping(it.idp.get_user(AccessToken=token)["UserAttributes"])


def test_people_change_what_the_client_may_write(it):
    it.new_pool(
        Schema=[SECTION],
        AutoVerifiedAttributes=["email"],
        client={"WriteAttributes": ["email", "nickname"]},
    )
    it.member()
    token = it.sign_in()["AccessToken"]
    assert update(it, token, nickname="M")["CodeDeliveryDetailsList"] == []
    assert it.attributes()["nickname"] == "M"
    for name, value in (("email_verified", "true"), ("custom_section", "reef"), ("name", "Mara")):
        with refused("NotAuthorizedException", "A client attempted to write unauthorized attribute"):
            update(it, token, **{name: value})
    with refused("InvalidParameterException"):
        update(it, token, custom_nothing="x")
    with refused("InvalidParameterException"):
        update(it, token, email="no address")
    update(it, token, nickname="")
    assert "nickname" not in it.attributes()


def test_an_immutable_attribute_keeps_its_first_value(it):
    it.new_pool(
        Schema=[NUMBER],
        AutoVerifiedAttributes=["email"],
        client={"WriteAttributes": ["email", "custom:number"]},
    )
    it.member(custom_number="7")
    with refused("InvalidParameterException", "user.custom:number: Attribute cannot be updated."):
        update(it, it.sign_in()["AccessToken"], custom_number="8")
    with refused("InvalidParameterException", "user.custom:number: Attribute cannot be updated."):
        it.idp.admin_update_user_attributes(
            UserPoolId=it.pool, Username="mara", UserAttributes=pairs(custom_number="8")
        )
    assert it.attributes()["custom:number"] == "7"


def test_a_new_address_counts_as_unproved_until_its_code_comes_back(it):
    it.member()
    token = it.sign_in()["AccessToken"]
    details = update(it, token, email="new@tidepool.example")["CodeDeliveryDetailsList"]
    assert details == [{"Destination": "n***@t***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}]
    assert (it.attributes()["email"], it.attributes()["email_verified"]) == ("new@tidepool.example", "false")
    code = it.code()
    assert outbox.outbox()[-1].to == "new@tidepool.example"
    verify = {"AccessToken": token, "AttributeName": "email"}
    with refused("CodeMismatchException"):
        it.idp.verify_user_attribute(Code=wrong(code), **verify)
    it.idp.verify_user_attribute(Code=code, **verify)
    assert it.attributes()["email_verified"] == "true"
    with refused("ExpiredCodeException"):
        it.idp.verify_user_attribute(Code=code, **verify)  # a code works once


def test_a_pool_can_keep_the_old_address_until_the_new_one_is_proved(it):
    first = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    it.new_pool(AutoVerifiedAttributes=["email"], UserAttributeUpdateSettings=first)
    it.member()
    token = it.sign_in()["AccessToken"]
    update(it, token, email="new@tidepool.example")
    assert (it.attributes()["email"], it.attributes()["email_verified"]) == ("mara@tidepool.example", "true")
    it.idp.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    assert outbox.outbox()[-1].to == "new@tidepool.example"
    it.idp.verify_user_attribute(AccessToken=token, AttributeName="email", Code=it.code())
    assert (it.attributes()["email"], it.attributes()["email_verified"]) == ("new@tidepool.example", "true")


def test_codes_for_attributes_expire_and_are_counted(it):
    it.member()
    token = it.sign_in(client=it.new_client(AccessTokenValidity=24)["ClientId"])["AccessToken"]
    ask = {"AccessToken": token, "AttributeName": "email"}
    for _ in range(5):
        it.idp.get_user_attribute_verification_code(**ask)
    with refused("LimitExceededException"):
        it.idp.get_user_attribute_verification_code(**ask)
    for _ in range(15):
        with refused("CodeMismatchException"):
            it.idp.verify_user_attribute(Code=wrong(it.code()), **ask)
    with refused("LimitExceededException"):
        it.idp.verify_user_attribute(Code=it.code(), **ask)
    with refused("InvalidParameterException"):
        it.idp.get_user_attribute_verification_code(AccessToken=token, AttributeName="phone_number")
    with refused("InvalidParameterException"):
        it.idp.get_user_attribute_verification_code(AccessToken=token, AttributeName="nickname")
    it.lab.travel(hours=23, minutes=30)
    code = it.code()
    it.lab.travel(minutes=29)
    it.idp.verify_user_attribute(Code=code, **ask)


def test_an_attribute_code_lives_for_a_day(it):
    it.member()
    it.idp.get_user_attribute_verification_code(
        AccessToken=it.sign_in()["AccessToken"], AttributeName="email"
    )
    code = it.code()
    it.lab.travel(hours=24)
    with refused("ExpiredCodeException"):
        it.idp.verify_user_attribute(
            AccessToken=it.sign_in()["AccessToken"], AttributeName="email", Code=code
        )


def test_an_alias_of_somebody_else_is_not_verified(it):
    it.new_pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    it.member("mara")
    it.member("ben")
    token = it.sign_in("ben")["AccessToken"]
    update(it, token, email="mara@tidepool.example")
    assert it.user("mara@tidepool.example")["Username"] == "mara"
    with refused("AliasExistsException"):
        it.idp.verify_user_attribute(AccessToken=token, AttributeName="email", Code=it.code())
    with refused("UserNotFoundException"):
        it.user("ben@tidepool.example")  # ben's old alias went with the old address


def test_a_username_attribute_can_change_but_not_to_a_taken_one(it):
    it.new_pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    for name in ("mara@tidepool.example", "ben@tidepool.example"):
        it.member(name)
    token = it.sign_in("ben@tidepool.example")["AccessToken"]
    with refused("AliasExistsException"):
        update(it, token, email="mara@tidepool.example")
    update(it, token, email="benjamin@tidepool.example")
    assert it.sign_in("benjamin@tidepool.example")["IdToken"]
    with refused("UserNotFoundException"):
        it.sign_in("ben@tidepool.example")


def test_people_delete_attributes_but_not_required_ones(it):
    it.new_pool(Schema=[{"Name": "email", "Required": True}], AutoVerifiedAttributes=["email"])
    it.member(nickname="M")
    token = it.sign_in()["AccessToken"]
    it.idp.delete_user_attributes(AccessToken=token, UserAttributeNames=["nickname"])
    assert "nickname" not in it.attributes()
    with refused("InvalidParameterException"):
        it.idp.delete_user_attributes(AccessToken=token, UserAttributeNames=["email"])
    with refused("NotAuthorizedException"):
        it.idp.delete_user_attributes(AccessToken=token, UserAttributeNames=["email_verified"])
    it.new_pool(AutoVerifiedAttributes=["email"])
    it.member()
    it.idp.delete_user_attributes(AccessToken=it.sign_in()["AccessToken"], UserAttributeNames=["email"])
    assert not {"email", "email_verified"} & set(it.attributes())


def test_people_delete_themselves(it):
    it.member()
    token = it.sign_in()["AccessToken"]
    it.idp.create_group(UserPoolId=it.pool, GroupName="members")
    it.idp.admin_add_user_to_group(UserPoolId=it.pool, Username="mara", GroupName="members")
    it.idp.delete_user(AccessToken=token)
    with refused("UserNotFoundException", "User does not exist."):
        it.user()
    with refused("NotAuthorizedException"):
        it.idp.get_user(AccessToken=token)
    with refused("UserNotFoundException"):
        it.sign_in()
    assert it.idp.list_users_in_group(UserPoolId=it.pool, GroupName="members")["Users"] == []


# -- passwords -----------------------------------------------------------------------------------


def change(it, token, old, new):
    it.idp.change_password(AccessToken=token, PreviousPassword=old, ProposedPassword=new)


def test_a_password_is_changed_with_the_old_one(it):
    it.member()
    token = it.sign_in()["AccessToken"]
    with refused("NotAuthorizedException", "Incorrect username or password."):
        change(it, token, OTHER_PASSWORD, OTHER_PASSWORD)
    with refused("InvalidPasswordException"):
        change(it, token, PASSWORD, "tidepools")
    change(it, token, PASSWORD, OTHER_PASSWORD)
    assert it.sign_in(password=OTHER_PASSWORD)["IdToken"]
    with refused("NotAuthorizedException"):
        it.sign_in()
    change(it, token, OTHER_PASSWORD, PASSWORD)
    change(it, token, PASSWORD, PASSWORD)
    with refused("LimitExceededException"):
        change(it, token, PASSWORD, OTHER_PASSWORD)


def test_former_passwords_do_not_come_back(it):
    policy = {"MinimumLength": 8, "PasswordHistorySize": 2}
    it.new_pool(Policies={"PasswordPolicy": policy}, AutoVerifiedAttributes=["email"])
    it.member()
    token = it.sign_in()["AccessToken"]
    with refused("PasswordHistoryPolicyViolationException"):
        change(it, token, PASSWORD, PASSWORD)
    change(it, token, PASSWORD, OTHER_PASSWORD)
    with refused("PasswordHistoryPolicyViolationException"):
        it.idp.admin_set_user_password(UserPoolId=it.pool, Username="mara", Password=PASSWORD, Permanent=True)
    change(it, token, OTHER_PASSWORD, "Third-pools-2028!")
    it.idp.forgot_password(ClientId=it.client, Username="mara")
    recover = {"ClientId": it.client, "Username": "mara", "ConfirmationCode": it.code()}
    with refused("PasswordHistoryPolicyViolationException"):
        it.idp.confirm_forgot_password(Password=OTHER_PASSWORD, **recover)
    it.idp.confirm_forgot_password(Password=PASSWORD, **recover)  # the third last is forgotten


# -- a forgotten password ------------------------------------------------------------------------


def forgot(it, name="mara", client=""):
    return it.idp.forgot_password(ClientId=client or it.client, Username=name)["CodeDeliveryDetails"]


def recover(it, code, password=OTHER_PASSWORD, name="mara", client=""):
    it.idp.confirm_forgot_password(
        ClientId=client or it.client, Username=name, ConfirmationCode=code, Password=password
    )


def test_a_code_to_a_verified_address_sets_a_new_password(it):
    it.member()
    assert forgot(it) == {"Destination": "m***@t***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    code = it.code()
    with refused("CodeMismatchException"):
        recover(it, wrong(code))
    with refused("InvalidPasswordException"):
        recover(it, code, "tidepools")
    recover(it, code)
    assert it.sign_in(password=OTHER_PASSWORD)["IdToken"]
    with refused("NotAuthorizedException"):
        it.sign_in()
    with refused("ExpiredCodeException"):
        recover(it, code, PASSWORD)  # a code works once


def test_a_reset_code_lives_for_an_hour(it):
    it.member()
    forgot(it)
    it.lab.travel(hours=1)
    with refused("ExpiredCodeException", "Invalid code provided, please request a code again."):
        recover(it, it.code())
    forgot(it)
    it.lab.travel(minutes=59, seconds=59)
    recover(it, it.code())


def test_confirmed_is_not_verified(it):
    it.sign_up()
    it.idp.admin_confirm_sign_up(UserPoolId=it.pool, Username="mara")
    assert (it.status(), it.attributes()["email_verified"]) == ("CONFIRMED", "false")
    with refused(
        "InvalidParameterException", "Cannot reset password for the user as there is no registered/verified"
    ):
        forgot(it)
    it.idp.admin_update_user_attributes(
        UserPoolId=it.pool, Username="mara", UserAttributes=pairs(email_verified="true")
    )
    forgot(it)
    with refused("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"):
        it.idp.admin_confirm_sign_up(UserPoolId=it.pool, Username="mara")


def test_recovery_goes_the_way_that_the_pool_prefers(it):
    proved = {"email_verified": "true", "phone_number_verified": "true", "phone_number": "+15550100"}
    email_first = [
        {"Name": "verified_email", "Priority": 1},
        {"Name": "verified_phone_number", "Priority": 2},
    ]
    for mechanisms, medium in ((None, "SMS"), (email_first, "EMAIL"), (email_first[1:], "SMS")):
        more = {"AccountRecoverySetting": {"RecoveryMechanisms": mechanisms}} if mechanisms else {}
        it.new_pool(**more)
        it.invited("mara", email="mara@tidepool.example", **proved)
        it.idp.admin_set_user_password(UserPoolId=it.pool, Username="mara", Password=PASSWORD, Permanent=True)
        assert forgot(it)["DeliveryMedium"] == medium
    only_admins = {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
    it.new_pool(AccountRecoverySetting=only_admins, AutoVerifiedAttributes=["email"])
    it.member()
    with refused("NotAuthorizedException"):
        forgot(it)


def test_a_temporary_password_and_a_disabled_user_are_not_reset(it):
    it.invited("ben", email="ben@tidepool.example", email_verified="true")
    with refused("NotAuthorizedException", "User password cannot be reset in the current state."):
        forgot(it, "ben")
    it.member()
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    with refused("NotAuthorizedException", "User is disabled."):
        forgot(it)
    with refused("NotAuthorizedException", "User is disabled."):
        it.idp.admin_reset_user_password(UserPoolId=it.pool, Username="mara")


def test_recoveries_are_counted_per_hour(it):
    it.member()
    for _ in range(10):
        forgot(it)
        with refused("CodeMismatchException"):
            recover(it, wrong(it.code()))
    with refused("LimitExceededException", "Attempt limit exceeded, please try after some time."):
        forgot(it)
    with refused("LimitExceededException"):
        recover(it, it.code())


def test_an_unknown_person_is_hidden_if_the_client_says_so(it):
    with refused("UserNotFoundException", "Username/client id combination not found."):
        forgot(it, "nobody")
    with refused("UserNotFoundException"):
        recover(it, "123456", name="nobody")
    hiding = it.new_client(PreventUserExistenceErrors="ENABLED")["ClientId"]
    with refused("ExpiredCodeException"):
        recover(it, "123456", name="nobody", client=hiding)
    assert forgot(it, "nobody", hiding)["DeliveryMedium"] == "EMAIL" and outbox.outbox() == []
    with refused("CodeMismatchException"):
        recover(it, "123456", name="nobody", client=hiding)


# -- administrators ------------------------------------------------------------------------------


def test_an_invitation_carries_a_password_that_keeps_the_policy(it):
    it.idp.admin_create_user(
        UserPoolId=it.pool, Username="ben", UserAttributes=pairs(email="ben@tidepool.example"),
        DesiredDeliveryMediums=["EMAIL"],
    )  # fmt: skip
    message = outbox.outbox()[-1]
    assert message.to == "ben@tidepool.example" and "ben" in message.text and message.code in message.text
    assert it.initiate("ben", message.code)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert "email_verified" not in it.attributes("ben")  # the administrator said nothing of it


@pytest.mark.parametrize("name", ["ben@tidepool.example", "+15550100"])
def test_an_invitation_names_what_the_user_signs_in_with(it, name):
    it.new_pool(UsernameAttributes=["email", "phone_number"])
    it.idp.admin_create_user(
        UserPoolId=it.pool, Username=name, DesiredDeliveryMediums=["EMAIL", "SMS"],
        UserAttributes=pairs(email="ben@tidepool.example", phone_number="+15550100"),
    )  # fmt: skip
    for message in outbox.outbox()[-2:]:
        assert message.text.startswith(f"Your username is {name} ")
        assert it.initiate(name, message.code)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_an_invitation_goes_by_sms_unless_told_otherwise_and_can_be_suppressed(it):
    it.idp.admin_create_user(
        UserPoolId=it.pool, Username="a", UserAttributes=pairs(email="a@tidepool.example")
    )
    assert outbox.outbox() == []
    it.idp.admin_create_user(UserPoolId=it.pool, Username="b", UserAttributes=pairs(phone_number="+15550100"))
    assert outbox.outbox()[-1].medium == "SMS"
    it.invited("c", phone_number="+15550101")
    assert len(outbox.outbox()) == 1
    with refused("InvalidParameterException"):
        it.idp.admin_create_user(UserPoolId=it.pool, Username="d", DesiredDeliveryMediums=["EMAIL"])
    with refused("InvalidParameterException"):
        it.idp.admin_create_user(
            UserPoolId=it.pool, Username="d", UserAttributes=pairs(email_verified="true")
        )


def test_administrators_keep_to_policy_names_and_schema_too(it):
    it.invited("ben")
    with refused("UsernameExistsException", "User account already exists"):
        it.invited("ben")
    create = {"UserPoolId": it.pool, "Username": "ines"}
    with refused("InvalidPasswordException"):
        it.idp.admin_create_user(TemporaryPassword="tidepools", **create)
    with refused("InvalidParameterException"):
        it.idp.admin_create_user(UserAttributes=pairs(custom_section="reef"), **create)
    with refused("UserNotFoundException"):
        it.user("ines")


def test_resending_an_invitation_begins_its_days_again(it):
    it.invited("ben", email="ben@tidepool.example")
    it.lab.travel(days=8)
    resend = {"UserPoolId": it.pool, "MessageAction": "RESEND", "DesiredDeliveryMediums": ["EMAIL"]}
    it.idp.admin_create_user(Username="ben", **resend)
    assert it.initiate("ben", it.code())["ChallengeName"]
    with refused("NotAuthorizedException"):
        it.initiate("ben", PASSWORD)
    with refused("UserNotFoundException"):
        it.idp.admin_create_user(Username="nobody", **resend)
    it.member()
    with refused("UnsupportedUserStateException"):
        it.idp.admin_create_user(Username="mara", **resend)


def test_an_administrator_s_verified_address_is_an_alias_at_once(it):
    it.new_pool(AliasAttributes=["email"])
    both = {"email": "both@tidepool.example", "email_verified": "true"}
    it.invited("mara", **both)
    assert it.user("both@tidepool.example")["Username"] == "mara"
    with refused("UsernameExistsException"):
        it.invited("ben", **both)
    it.idp.admin_create_user(
        UserPoolId=it.pool, Username="ben", UserAttributes=pairs(**both), ForceAliasCreation=True
    )
    assert it.user("both@tidepool.example")["Username"] == "ben"
    assert it.attributes("mara")["email_verified"] == "false"


def test_where_codes_can_replace_passwords_none_is_made_up(it):
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    it.new_pool(Policies=factors, Schema=[{"Name": "email", "Required": True}])
    with refused("InvalidParameterException"):
        it.idp.admin_create_user(UserPoolId=it.pool, Username="ben")
    it.idp.admin_create_user(
        UserPoolId=it.pool, Username="ben", UserAttributes=pairs(email="ben@tidepool.example")
    )
    assert it.status("ben") == "CONFIRMED"
    assert it.invited("mara", email="mara@tidepool.example")["UserStatus"] == "FORCE_CHANGE_PASSWORD"


def test_an_administrator_sets_passwords_for_good_or_for_once(it):
    it.sign_up()
    with refused("InvalidPasswordException"):
        it.idp.admin_set_user_password(
            UserPoolId=it.pool, Username="mara", Password="tidepools", Permanent=True
        )
    it.idp.admin_set_user_password(
        UserPoolId=it.pool, Username="mara", Password=OTHER_PASSWORD, Permanent=True
    )
    assert it.status() == "CONFIRMED" and it.sign_in(password=OTHER_PASSWORD)["IdToken"]
    it.idp.admin_set_user_password(UserPoolId=it.pool, Username="mara", Password=PASSWORD, Permanent=False)
    assert (
        it.status() == "FORCE_CHANGE_PASSWORD" and it.initiate()["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    )


def test_after_a_reset_the_old_password_only_tells_that_a_reset_is_due(it):
    it.member()
    it.idp.admin_reset_user_password(UserPoolId=it.pool, Username="mara")
    assert it.status() == "RESET_REQUIRED"
    with refused("PasswordResetRequiredException", "Password reset required for the user"):
        it.sign_in()
    with refused("NotAuthorizedException", "Incorrect username or password."):
        it.sign_in(password=OTHER_PASSWORD)
    recover(it, it.code())
    assert it.status() == "CONFIRMED" and it.sign_in(password=OTHER_PASSWORD)["IdToken"]
    it.sign_up("ben")
    with refused("InvalidParameterException"):
        it.idp.admin_reset_user_password(UserPoolId=it.pool, Username="ben")


def test_an_administrator_changes_attributes(it):
    it.member(nickname="M")
    admin = {"UserPoolId": it.pool, "Username": "mara"}
    it.idp.admin_update_user_attributes(UserAttributes=pairs(email="new@tidepool.example"), **admin)
    assert it.attributes()["email_verified"] == "false" and outbox.outbox()[-1].to == "new@tidepool.example"
    proved = pairs(email="newer@tidepool.example", email_verified="true")
    sent = len(outbox.outbox())
    it.idp.admin_update_user_attributes(UserAttributes=proved, **admin)
    assert it.attributes()["email_verified"] == "true" and len(outbox.outbox()) == sent
    it.idp.admin_delete_user_attributes(UserAttributeNames=["nickname"], **admin)
    assert "nickname" not in it.attributes()
    with refused("InvalidParameterException"):
        it.idp.admin_delete_user_attributes(UserAttributeNames=["custom:nothing"], **admin)
    with refused("InvalidParameterException"):
        it.idp.admin_update_user_attributes(UserAttributes=pairs(sub="x"), **admin)


@pytest.mark.parametrize(
    "operation",
    ["admin_get_user", "admin_delete_user", "admin_confirm_sign_up", "admin_reset_user_password",
     "admin_enable_user", "admin_disable_user", "admin_user_global_sign_out", "admin_list_groups_for_user"],
)  # fmt: skip
def test_an_unknown_user_is_not_hidden_from_administrators(it, operation):
    with refused("UserNotFoundException", "User does not exist."):
        getattr(it.idp, operation)(UserPoolId=it.pool, Username="nobody")


# -- lists ---------------------------------------------------------------------------------------


def names(answer):
    return [user["Username"] for user in answer["Users"]]


def test_list_users_filters_one_attribute(it):
    it.member("mara", name="Mara")
    it.sign_up("marek", name="Marek")
    it.invited("ben", name='Ben "B" Okafor')
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="ben")
    for text, found in {
        "": ["mara", "marek", "ben"],
        'username = "mara"': ["mara"],
        'username ^= "mar"': ["mara", "marek"],
        'email="marek@tidepool.example"': ["marek"],
        'cognito:user_status = "unconfirmed"': ["marek"],
        'status = "Disabled"': ["ben"],
        'status = "disabled"': [],
        f'sub = "{it.attributes()["sub"]}"': ["mara"],
        r'name = "Ben \"B\" Okafor"': ["ben"],
        'name = "Mar"': [],
    }.items():
        assert names(it.idp.list_users(UserPoolId=it.pool, Filter=text)) == found, text
    for text in ('custom:section = "reef"', "username = mara", 'username > "m"', 'nickname = "m"'):
        with refused("InvalidParameterException"):
            it.idp.list_users(UserPoolId=it.pool, Filter=text)


def test_list_users_comes_in_pages_with_the_attributes_that_were_asked_for(it):
    for number in range(7):
        it.invited(f"user{number}", email=f"user{number}@tidepool.example")
    answer = it.idp.list_users(UserPoolId=it.pool, Limit=5, AttributesToGet=["email"])
    assert answer["Users"][0]["Attributes"] == pairs(email="user0@tidepool.example")
    rest = it.idp.list_users(UserPoolId=it.pool, Limit=5, PaginationToken=answer["PaginationToken"])
    assert (
        names(answer) + names(rest) == [f"user{number}" for number in range(7)]
        and "PaginationToken" not in rest
    )
    with refused("InvalidParameterException"):
        it.idp.list_users(UserPoolId=it.pool, Limit=100)
    with refused("InvalidParameterException"):
        it.idp.list_users(UserPoolId=it.pool, AttributesToGet=["custom:section"])
    with refused("InvalidParameterException", "Invalid pagination token"):
        it.idp.list_users(UserPoolId=it.pool, PaginationToken="made-up")


# -- groups --------------------------------------------------------------------------------------


def test_groups_are_made_changed_listed_and_deleted(it):
    group = {"UserPoolId": it.pool, "GroupName": "curators"}
    made = it.idp.create_group(**group, Description="who choose", Precedence=0)["Group"]
    assert (made["Precedence"], made["Description"]) == (0, "who choose") and "RoleArn" not in made
    with refused("GroupExistsException", "A group with the name already exists."):
        it.idp.create_group(**group)
    role = "arn:aws:iam::123456789012:role/curator"
    it.idp.update_group(**group, RoleArn=role)
    found = it.idp.get_group(**group)["Group"]
    assert (found["RoleArn"], found["Precedence"], found["Description"]) == (role, 0, "who choose")
    assert [one["GroupName"] for one in it.idp.list_groups(UserPoolId=it.pool)["Groups"]] == ["curators"]
    it.idp.delete_group(**group)
    for operation in (it.idp.get_group, it.idp.update_group, it.idp.delete_group, it.idp.list_users_in_group):
        with refused("ResourceNotFoundException", "Group not found."):
            operation(**group)


def test_people_join_and_leave_groups(it):
    it.member("mara")
    it.member("ben")
    for name in ("members", "curators"):
        it.idp.create_group(UserPoolId=it.pool, GroupName=name)
    members = {"UserPoolId": it.pool, "GroupName": "members"}
    for name in ("mara", "ben", "mara"):
        it.idp.admin_add_user_to_group(Username=name, **members)
    assert names(it.idp.list_users_in_group(**members)) == ["mara", "ben"]
    it.idp.admin_remove_user_from_group(Username="ben", **members)
    it.idp.admin_remove_user_from_group(Username="ben", **members)
    assert names(it.idp.list_users_in_group(**members)) == ["mara"]

    def of_mara():
        found = it.idp.admin_list_groups_for_user(UserPoolId=it.pool, Username="mara")["Groups"]
        return [group["GroupName"] for group in found]

    assert of_mara() == ["members"]
    it.idp.delete_group(**members)
    assert of_mara() == []
    with refused("ResourceNotFoundException"):
        it.idp.admin_add_user_to_group(Username="mara", **members)
    with refused("UserNotFoundException"):
        it.idp.admin_add_user_to_group(UserPoolId=it.pool, GroupName="curators", Username="nobody")
