"""What people measured on real pools, where AWS's pages are silent or say otherwise."""

from __future__ import annotations

import json

import pytest
from support.user_pools import FLOWS, OTHER_PASSWORD, PASSWORD, mapping, pairs, read, refused, world

from cognito_lab.aws.user_pools import attributes, directory
from cognito_lab.aws.user_pools.people import sign_up


@pytest.fixture
def it():
    with world() as it:
        yield it


def schema(it):
    described = it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]["SchemaAttributes"]
    return {attribute["Name"]: attribute for attribute in described}


def update(it, **attributes):
    it.idp.admin_update_user_attributes(
        UserPoolId=it.pool, Username="mara", UserAttributes=pairs(**attributes)
    )


# -- the schema ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["CreateUserPool", "AddCustomAttributes"])
def test_an_attribute_that_is_declared_without_mutable_is_immutable_for_ever(it, how):
    reef = {"Name": "reef", "AttributeDataType": "String"}
    if how == "CreateUserPool":
        it.new_pool(Schema=[{"Name": "nickname"}, reef])
        assert schema(it)["nickname"]["Mutable"] is False and schema(it)["name"]["Mutable"] is True
    else:
        it.idp.add_custom_attributes(UserPoolId=it.pool, CustomAttributes=[reef])
    assert schema(it)["custom:reef"]["Mutable"] is False
    it.invited("mara", custom_reef="north")
    with refused("InvalidParameterException", "user.custom:reef: Attribute cannot be updated."):
        update(it, custom_reef="south")


def test_a_client_without_lists_reads_and_writes_the_pools_own_attributes(it):
    it.new_pool(Schema=[{"Name": "reef", "AttributeDataType": "String", "Mutable": True}])
    it.sign_up("mara", custom_reef="north")
    it.idp.admin_confirm_sign_up(UserPoolId=it.pool, Username="mara")
    tokens = it.sign_in()
    assert read(tokens["IdToken"])["custom:reef"] == "north"
    it.idp.update_user_attributes(
        AccessToken=tokens["AccessToken"], UserAttributes=pairs(custom_reef="south")
    )
    seen = it.idp.get_user(AccessToken=tokens["AccessToken"])["UserAttributes"]
    assert mapping(seen)["custom:reef"] == "south"


def test_a_client_with_lists_keeps_to_them(it):
    it.new_pool(
        Schema=[{"Name": "reef", "AttributeDataType": "String", "Mutable": True}],
        client={"ReadAttributes": ["email"], "WriteAttributes": ["email"]},
    )
    with refused("NotAuthorizedException", "A client attempted to write unauthorized attribute"):
        it.sign_up("mara", custom_reef="north")
    it.invited("mara", custom_reef="north")
    it.idp.admin_set_user_password(UserPoolId=it.pool, Username="mara", Password=PASSWORD, Permanent=True)
    assert "custom:reef" not in read(it.sign_in()["IdToken"])


def test_a_developer_only_attribute_is_for_administrators_also_without_a_list(it):
    entry = {"Name": "rank", "AttributeDataType": "String", "Mutable": True, "DeveloperOnlyAttribute": True}
    it.new_pool(Schema=[entry])
    rank = [{"Name": "dev:custom:rank", "Value": "1"}]
    with refused("NotAuthorizedException"):
        it.idp.sign_up(ClientId=it.client, Username="mara", Password=PASSWORD, UserAttributes=rank)
    it.invited("mara")
    it.idp.admin_update_user_attributes(UserPoolId=it.pool, Username="mara", UserAttributes=rank)


# -- addresses and who they lead to --------------------------------------------------------------------


@pytest.mark.parametrize("written", ["True", "TRUE", "true"])
def test_a_proof_is_kept_in_lower_case(it, written):
    it.invited("mara", email="mara@tidepool.example", email_verified=written)
    assert it.attributes()["email_verified"] == "true"
    update(it, email_verified="False")
    assert it.attributes()["email_verified"] == "false"
    update(it, email="other@tidepool.example", email_verified=written)
    assert it.attributes()["email_verified"] == "true"


def test_an_administrator_who_says_nothing_of_a_proof_leaves_none(it):
    it.invited("mara", email="mara@tidepool.example", phone_number="+4912345678")
    assert not {"email_verified", "phone_number_verified"} & set(it.attributes())
    it.sign_up("ben")
    assert it.attributes("ben")["email_verified"] == "false"


def test_with_username_attributes_the_address_is_the_username(it):
    it.new_pool(UsernameAttributes=["email"])
    text = "User email should be empty or same as username since user pool was created with email as username"
    with refused("InvalidParameterException", text):
        it.invited("a@tidepool.example", email="b@tidepool.example")
    with refused("InvalidParameterException", text):
        it.sign_up("a@tidepool.example", email="b@tidepool.example")
    it.sign_up("a@tidepool.example", email="a@tidepool.example")
    it.sign_up("b@tidepool.example", phone_number="+4912345678")


def test_without_the_rule_of_one_address_the_username_would_be_ignored(it, monkeypatch):
    monkeypatch.setattr(sign_up, "check_one_address", lambda *_: None)
    with pytest.raises(AssertionError, match="not refused"):
        test_with_username_attributes_the_address_is_the_username(it)


def aliased(it):
    it.new_pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    it.invited("ben", email="shared@tidepool.example", email_verified="true")
    it.invited("mara", email="mara@tidepool.example", email_verified="true")


def test_an_administrator_moves_an_alias(it):
    aliased(it)
    update(it, email="shared@tidepool.example", email_verified="true")
    assert it.attributes("shared@tidepool.example")["sub"] == it.attributes("mara")["sub"]
    assert it.attributes("ben")["email_verified"] == "false"
    with refused("UserNotFoundException"):
        it.user("mara@tidepool.example")


def test_an_address_that_is_not_said_to_be_verified_moves_nothing(it):
    aliased(it)
    update(it, email="shared@tidepool.example")
    assert it.attributes("ben")["email_verified"] == "true"
    assert it.user("shared@tidepool.example")["Username"] == "ben"


def test_a_users_own_confirmation_moves_no_alias(it):
    aliased(it)
    it.idp.admin_set_user_password(UserPoolId=it.pool, Username="mara", Password=PASSWORD, Permanent=True)
    token = it.sign_in()["AccessToken"]
    it.idp.update_user_attributes(AccessToken=token, UserAttributes=pairs(email="shared@tidepool.example"))
    with refused("AliasExistsException"):
        it.idp.verify_user_attribute(AccessToken=token, AttributeName="email", Code=it.code())


def test_a_username_attribute_does_not_move(it):
    it.new_pool(UsernameAttributes=["email"])
    it.sign_up("mara@tidepool.example")
    it.sign_up("ben@tidepool.example")
    with refused("AliasExistsException"):
        it.idp.admin_update_user_attributes(
            UserPoolId=it.pool, Username="mara@tidepool.example",
            UserAttributes=pairs(email="ben@tidepool.example", email_verified="true"),
        )  # fmt: skip


@pytest.mark.parametrize("hides", ["LEGACY", "ENABLED"])
@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "USER_SRP_AUTH"])
def test_nobody_signs_in_by_a_sub(it, hides, flow):
    it.new_pool([*FLOWS, "ALLOW_USER_SRP_AUTH"], {"PreventUserExistenceErrors": hides})
    it.sign_up("mara")
    it.idp.admin_confirm_sign_up(UserPoolId=it.pool, Username="mara")
    sub = it.attributes()["sub"]
    assert it.user(sub)["Username"] == "mara"  # administrators' calls do take it
    proof = {"SRP_A": "ab" * 200} if flow == "USER_SRP_AUTH" else {"PASSWORD": PASSWORD}
    given = {"USERNAME": sub, **proof}
    if hides == "ENABLED" and flow == "USER_SRP_AUTH":  # a challenge as for anybody, which nobody can answer
        begun = it.idp.initiate_auth(ClientId=it.client, AuthFlow=flow, AuthParameters=given)
        assert begun["ChallengeParameters"]["USERNAME"] == sub
    else:
        code = "UserNotFoundException" if hides == "LEGACY" else "NotAuthorizedException"
        with refused(code):
            it.idp.initiate_auth(ClientId=it.client, AuthFlow=flow, AuthParameters=given)
    by_name = {**given, "USERNAME": "mara"}
    it.idp.initiate_auth(ClientId=it.client, AuthFlow=flow, AuthParameters=by_name)


def test_the_rule_of_the_sub_is_what_refuses(it, monkeypatch):
    def find(self, name):
        return self._users.get(name) or self._by_sub.get(name)

    monkeypatch.setattr(directory.Directory, "find_for_sign_in", find)
    with pytest.raises(AssertionError, match="not refused"):
        test_nobody_signs_in_by_a_sub(it, "LEGACY", "USER_PASSWORD_AUTH")


# -- app clients -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("older", "more"),
    [
        ("ADMIN_NO_SRP_AUTH", {"ADMIN_USER_PASSWORD_AUTH", "USER_SRP_AUTH", "REFRESH_TOKEN_AUTH"}),
        ("USER_PASSWORD_AUTH", {"USER_PASSWORD_AUTH", "USER_SRP_AUTH", "REFRESH_TOKEN_AUTH"}),
        ("CUSTOM_AUTH_FLOW_ONLY", {"CUSTOM_AUTH", "REFRESH_TOKEN_AUTH"}),
    ],
)
def test_the_older_names_of_flows_leave_srp_and_refreshing_on(it, older, more):
    client = it.new_client(ExplicitAuthFlows=[older])
    assert client["ExplicitAuthFlows"] == [older]
    on = set()
    for flow in ("ADMIN_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH", "USER_SRP_AUTH", "CUSTOM_AUTH",
                 "REFRESH_TOKEN_AUTH"):  # fmt: skip
        admin = flow.startswith("ADMIN")
        call = it.idp.admin_initiate_auth if admin else it.idp.initiate_auth
        pool = {"UserPoolId": it.pool} if admin else {}
        try:
            call(**pool, ClientId=client["ClientId"], AuthFlow=flow, AuthParameters={"USERNAME": "nobody"})
        except it.idp.exceptions.ClientError as error:
            if "not enabled for th" not in str(error):  # "this client", or "the client."
                on.add(flow)
    assert on == more


def test_a_refresh_goes_with_an_older_name(it):
    it.client = it.new_client(ExplicitAuthFlows=["USER_PASSWORD_AUTH"])["ClientId"]
    it.member()
    assert it.refresh(it.sign_in()["RefreshToken"])["AccessToken"]


def test_a_client_that_was_told_nothing_does_not_hide_users_and_does_not_say_so(it):
    assert "PreventUserExistenceErrors" not in it.new_client()
    with refused("UserNotFoundException"):
        it.initiate("nobody")
    for told in ("LEGACY", "ENABLED"):
        assert it.new_client(PreventUserExistenceErrors=told)["PreventUserExistenceErrors"] == told


# -- passwords and messages ------------------------------------------------------------------------------


@pytest.mark.parametrize("proof", ["email_verified", "phone_number_verified", "custom:number"])
def test_who_answers_a_challenge_sets_nothing_that_is_not_mutable(it, proof):
    it.new_pool(Schema=[{"Name": "number", "AttributeDataType": "String"}])
    it.invited("mara", email="mara@tidepool.example")
    session = it.initiate()["Session"]
    answer = {"USERNAME": "mara", "NEW_PASSWORD": OTHER_PASSWORD, f"userAttributes.{proof}": "true"}
    asked = {"ClientId": it.client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session}
    with refused("InvalidParameterException", f"Cannot modify the non-mutable attribute {proof}"):
        it.idp.respond_to_auth_challenge(**asked, ChallengeResponses=answer)
    del answer[f"userAttributes.{proof}"]
    assert it.idp.respond_to_auth_challenge(**asked, ChallengeResponses=answer)["AuthenticationResult"]


def test_the_rule_of_what_is_not_mutable_is_what_refuses(it, monkeypatch):
    monkeypatch.setattr(attributes, "check_may_be_answered", lambda *_: None)
    with pytest.raises(AssertionError):
        test_who_answers_a_challenge_sets_nothing_that_is_not_mutable(it, "email_verified")


def test_an_invitation_needs_the_required_attributes_that_the_answer_cannot_bring(it):
    fixed, free = ({"Name": "name", "Required": True}, {"Name": "email", "Required": True, "Mutable": True})
    it.new_pool(Schema=[fixed, free])
    with refused(
        "InvalidParameterException", "Attributes did not conform to the schema: name: The attribute"
    ):
        it.invited("mara", email="mara@tidepool.example")
    it.invited("mara", name="Mara")
    asked = it.initiate()["ChallengeParameters"]["requiredAttributes"]
    assert json.loads(asked) == ["userAttributes.email"]


OLDER = {
    "EmailMessage": "EmailVerificationMessage",
    "EmailSubject": "EmailVerificationSubject",
    "SmsMessage": "SmsVerificationMessage",
}
TEXTS = {"EmailMessage": "Your code: {####}", "EmailSubject": "Hello", "SmsMessage": "{####}"}


@pytest.mark.parametrize("older", [False, True])
def test_the_texts_of_messages_are_shown_under_both_of_their_names(it, older):
    given = {OLDER[name]: text for name, text in TEXTS.items()}
    it.new_pool(
        AutoVerifiedAttributes=["email"], **(given if older else {"VerificationMessageTemplate": TEXTS})
    )
    pool = it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]
    assert {**pool["VerificationMessageTemplate"], **TEXTS} == pool["VerificationMessageTemplate"]
    assert {name: pool[name] for name in given} == given
    it.sign_up("mara")
    assert it.lab.inbox("mara@tidepool.example")[-1].subject == "Hello"


def test_the_words_for_a_password_outside_of_the_policy(it):
    with refused(
        "InvalidPasswordException", "Password did not conform with password policy: Password not long enough"
    ):
        it.idp.admin_create_user(UserPoolId=it.pool, Username="mara", TemporaryPassword="Ab1!xyz")
    with refused(
        "InvalidPasswordException", "Password did not conform with policy: Password not long enough"
    ):
        it.idp.sign_up(ClientId=it.client, Username="mara", Password="Ab1!xyz")
