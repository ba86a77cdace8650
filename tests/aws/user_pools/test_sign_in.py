"""Sign-in: flows, passwords and their lockout, hidden users, secrets, the challenge of a new password."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from support.user_pools import FLOWS, OTHER_PASSWORD, PASSWORD, read, refused, secret_hash, world


@pytest.fixture
def it():
    with world() as it:
        yield it


def admin(it, flow="ADMIN_USER_PASSWORD_AUTH", client="", **parameters):
    return it.idp.admin_initiate_auth(
        UserPoolId=it.pool, ClientId=client or it.client, AuthFlow=flow, AuthParameters=parameters
    )


def respond(it, session, client="", name="ben", **responses):
    return it.idp.respond_to_auth_challenge(
        ClientId=client or it.client,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=session,
        ChallengeResponses={"USERNAME": name, "NEW_PASSWORD": OTHER_PASSWORD, **responses},
    )


# -- flows ---------------------------------------------------------------------------------------


def test_the_right_password_brings_three_tokens(it):
    it.member()
    answer = it.sign_in()
    assert set(answer) == {"AccessToken", "IdToken", "RefreshToken", "ExpiresIn", "TokenType"}
    assert (answer["ExpiresIn"], answer["TokenType"]) == (3600, "Bearer")


def test_signing_in_needs_no_signature(it):
    it.member()
    it.idp = boto3.client("cognito-idp", config=Config(signature_version=UNSIGNED))
    assert it.sign_in()["IdToken"]


def test_a_wrong_password_is_refused_the_same_way_by_both_doors(it):
    it.member()
    with refused("NotAuthorizedException", "Incorrect username or password."):
        it.sign_in(password=OTHER_PASSWORD)
    with refused("NotAuthorizedException", "Incorrect username or password."):
        admin(it, USERNAME="mara", PASSWORD=OTHER_PASSWORD)
    assert admin(it, USERNAME="mara", PASSWORD=PASSWORD)["AuthenticationResult"]["IdToken"]


@pytest.mark.parametrize(
    ("flow", "switch", "text"),
    [
        (
            "USER_PASSWORD_AUTH",
            "ALLOW_USER_PASSWORD_AUTH",
            "USER_PASSWORD_AUTH flow not enabled for this client",
        ),
        (
            "REFRESH_TOKEN_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH",
            "REFRESH_TOKEN_AUTH flow not enabled for this client",
        ),
        (
            "ADMIN_USER_PASSWORD_AUTH",
            "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            "Auth flow not enabled for this client",
        ),
        ("ADMIN_NO_SRP_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "Auth flow not enabled for this client"),
        ("USER_SRP_AUTH", "ALLOW_USER_SRP_AUTH", "USER_SRP_AUTH is not enabled for the client."),
        ("CUSTOM_AUTH", "ALLOW_CUSTOM_AUTH", "CUSTOM_AUTH is not enabled for the client."),
        ("USER_AUTH", "ALLOW_USER_AUTH", "USER_AUTH flow not enabled for this client"),
    ],
)
def test_a_flow_works_only_on_a_client_that_allows_it(it, flow, switch, text):
    """The texts are those that people quote; of USER_AUTH and refreshing nobody does."""
    it.member()
    parameters = {"USERNAME": "mara", "PASSWORD": PASSWORD, "REFRESH_TOKEN": "x.x.x.x.x"}
    without = it.new_client(ExplicitAuthFlows=[other for other in FLOWS if other != switch])["ClientId"]
    with refused("InvalidParameterException", text):
        if flow.startswith("ADMIN"):
            admin(it, flow, without, **parameters)
        else:
            it.idp.initiate_auth(ClientId=without, AuthFlow=flow, AuthParameters=parameters)


def test_a_client_allows_no_plain_password_by_itself(it):
    it.member()
    bare = it.idp.create_user_pool_client(UserPoolId=it.pool, ClientName="bare")["UserPoolClient"]["ClientId"]
    with refused("InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client"):
        it.sign_in(client=bare)
    with refused("InvalidParameterException", "Custom auth lambda trigger is not configured"):
        it.idp.initiate_auth(ClientId=bare, AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": "mara"})


def test_each_door_has_its_own_flow(it):
    it.member()
    with refused("InvalidParameterException", "Initiate Auth method not supported"):
        it.idp.initiate_auth(
            ClientId=it.client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "mara", "PASSWORD": "x"},
        )
    with refused("InvalidParameterException", "Initiate Auth method not supported"):
        admin(it, "USER_PASSWORD_AUTH", USERNAME="mara", PASSWORD=PASSWORD)


@pytest.mark.parametrize("missing", ["USERNAME", "PASSWORD"])
def test_parameters_of_a_flow_are_required(it, missing):
    parameters = {"USERNAME": "mara", "PASSWORD": PASSWORD}
    del parameters[missing]
    with refused("InvalidParameterException", f"Missing required parameter {missing}"):
        it.idp.initiate_auth(ClientId=it.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)


def test_the_client_of_an_admin_call_belongs_to_its_pool(it):
    it.member()
    client = it.client
    it.new_pool()
    with refused("ResourceNotFoundException", f"User pool client {client} does not exist."):
        admin(it, client=client, USERNAME="mara", PASSWORD=PASSWORD)


# -- who is let in -------------------------------------------------------------------------------


def test_an_unconfirmed_user_is_refused_before_the_password_is_looked_at(it):
    it.sign_up()
    for password in (PASSWORD, OTHER_PASSWORD):
        with refused("UserNotConfirmedException", "User is not confirmed."):
            it.sign_in(password=password)
        with refused("UserNotConfirmedException"):
            admin(it, USERNAME="mara", PASSWORD=password)


def test_a_disabled_user_is_refused_until_enabled(it):
    it.member()
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    assert it.user()["Enabled"] is False and it.status() == "CONFIRMED"
    with refused("NotAuthorizedException", "User is disabled."):
        it.sign_in()
    it.idp.admin_enable_user(UserPoolId=it.pool, Username="mara")
    assert it.sign_in()["IdToken"]


def test_an_unknown_user_looks_like_a_wrong_password_if_the_client_says_so(it):
    hiding = it.new_client(PreventUserExistenceErrors="ENABLED")["ClientId"]
    with refused("UserNotFoundException", "User does not exist."):
        it.sign_in("nobody")
    with refused("UserNotFoundException"):
        admin(it, USERNAME="nobody", PASSWORD=PASSWORD)
    with refused("NotAuthorizedException", "Incorrect username or password."):
        it.sign_in("nobody", client=hiding)
    with refused("NotAuthorizedException", "Incorrect username or password."):
        admin(it, client=hiding, USERNAME="nobody", PASSWORD=PASSWORD)


def test_a_client_with_a_secret_proves_it_at_sign_in(it):
    it.member()
    client = it.new_client(GenerateSecret=True)
    ident, secret = client["ClientId"], client["ClientSecret"]
    with refused(
        "NotAuthorizedException", f"Client {ident} is configured with secret but SECRET_HASH was not received"
    ):
        it.sign_in(client=ident)
    for wrong in (secret_hash(secret, "ben", ident), secret_hash("x" * 51, "mara", ident), secret):
        with refused("NotAuthorizedException", f"Unable to verify secret hash for client {ident}"):
            it.initiate(client=ident, SECRET_HASH=wrong)
    right = secret_hash(secret, "mara", ident)
    assert it.initiate(client=ident, SECRET_HASH=right)["AuthenticationResult"]
    with refused("NotAuthorizedException"):
        it.initiate(SECRET_HASH=right)  # a client without a secret
    with refused("NotAuthorizedException", f"Client {ident} is configured with secret"):
        admin(it, client=ident, USERNAME="mara", PASSWORD=PASSWORD)


# -- lockout -------------------------------------------------------------------------------------


def fail(it, times):
    for _ in range(times):
        with refused("NotAuthorizedException", "Incorrect username or password."):
            it.sign_in(password=OTHER_PASSWORD)


def test_five_wrong_passwords_lock_for_a_second_and_each_further_one_twice_as_long(it):
    it.member()
    fail(it, 4)
    assert it.sign_in()["IdToken"]  # the right one clears the count
    fail(it, 5)
    for seconds in (1, 2, 4, 8):
        with refused("NotAuthorizedException", "Password attempts exceeded"):
            it.sign_in()
        it.lab.travel(seconds=seconds - 0.5)
        with refused("NotAuthorizedException", "Password attempts exceeded"):
            it.sign_in(password=OTHER_PASSWORD)  # nor does this one lengthen it
        it.lab.travel(seconds=0.5)
        fail(it, 1)
    it.lab.travel(seconds=16)
    assert it.sign_in()["IdToken"]
    fail(it, 4)


def test_the_lock_holds_at_the_admin_door_and_for_one_user_only(it):
    it.member("mara")
    it.member("ben")
    fail(it, 5)
    with refused("NotAuthorizedException", "Password attempts exceeded"):
        admin(it, USERNAME="mara", PASSWORD=PASSWORD)
    assert it.sign_in("ben")["IdToken"]


def test_the_lock_never_lasts_longer_than_a_quarter_of_an_hour(it):
    it.member()
    fail(it, 5)
    for number in range(5, 16):
        it.lab.travel(seconds=2 ** (number - 5))
        fail(it, 1)
    it.lab.travel(seconds=899)
    with refused("NotAuthorizedException", "Password attempts exceeded"):
        it.sign_in()
    it.lab.travel(seconds=1)
    assert it.sign_in()["IdToken"]


def test_the_count_starts_anew_after_fifteen_quiet_minutes(it):
    it.member()
    fail(it, 4)
    it.lab.travel(minutes=15)
    fail(it, 4)
    assert it.sign_in()["IdToken"]


# -- a temporary password ------------------------------------------------------------------------


def test_a_temporary_password_is_exchanged_for_one_of_the_user_s_own(it):
    user = it.invited("ben", email="ben@tidepool.example")
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    answer = it.initiate("ben")
    assert answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED" and "AuthenticationResult" not in answer
    parameters = answer["ChallengeParameters"]
    assert parameters["USER_ID_FOR_SRP"] == "ben" and json.loads(parameters["requiredAttributes"]) == []
    assert json.loads(parameters["userAttributes"])["email"] == "ben@tidepool.example"
    assert (
        read(respond(it, answer["Session"])["AuthenticationResult"]["IdToken"])["cognito:username"] == "ben"
    )
    assert it.status("ben") == "CONFIRMED"
    assert it.sign_in("ben", OTHER_PASSWORD)["IdToken"]
    with refused("NotAuthorizedException", "Incorrect username or password."):
        it.sign_in("ben", PASSWORD)


def test_the_admin_door_answers_the_same_challenge(it):
    it.invited("ben")
    session = admin(it, USERNAME="ben", PASSWORD=PASSWORD)["Session"]
    answer = it.idp.admin_respond_to_auth_challenge(
        UserPoolId=it.pool, ClientId=it.client, ChallengeName="NEW_PASSWORD_REQUIRED", Session=session,
        ChallengeResponses={"USERNAME": "ben", "NEW_PASSWORD": OTHER_PASSWORD},
    )  # fmt: skip
    assert answer["AuthenticationResult"]["AccessToken"]


def test_a_session_belongs_to_one_user(it):
    it.invited("ben")
    it.member("mara")
    session = it.initiate("ben")["Session"]
    with refused("NotAuthorizedException", "Invalid session for the user."):
        respond(it, session, name="mara")
    assert it.sign_in("mara")["IdToken"]  # her password is what it was
    respond(it, session)


def test_a_session_belongs_to_one_client(it):
    it.invited("ben")
    with refused("NotAuthorizedException", "Invalid session for the user."):
        respond(it, it.initiate("ben")["Session"], client=it.new_client()["ClientId"])


def test_a_session_is_used_once(it):
    it.invited("ben")
    session = it.initiate("ben")["Session"]
    respond(it, session)
    with refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
        respond(it, session, NEW_PASSWORD=PASSWORD)


@pytest.mark.parametrize("minutes", [3, 15])
def test_a_session_lives_as_long_as_the_client_says(it, minutes):
    it.client = it.new_client(AuthSessionValidity=minutes)["ClientId"]
    it.invited("ben")
    first = it.initiate("ben")["Session"]
    it.lab.travel(minutes=minutes)
    with refused("NotAuthorizedException", "Invalid session for the user, session is expired."):
        respond(it, first)
    second = it.initiate("ben")["Session"]
    it.lab.travel(seconds=60 * minutes - 1)
    respond(it, second)


def test_a_made_up_session_or_another_challenge_is_refused(it):
    it.invited("ben")
    with refused("NotAuthorizedException", "Invalid session for the user."):
        respond(it, "A" * 200)
    session = it.initiate("ben")["Session"]
    with refused("NotAuthorizedException", "Invalid session for the user."):
        it.idp.respond_to_auth_challenge(
            ClientId=it.client, ChallengeName="SMS_MFA", Session=session,
            ChallengeResponses={"USERNAME": "ben", "SMS_MFA_CODE": "123456"},
        )  # fmt: skip
    with refused("InvalidParameterException", "Missing required parameter Session"):
        it.idp.respond_to_auth_challenge(
            ClientId=it.client, ChallengeName="NEW_PASSWORD_REQUIRED",
            ChallengeResponses={"USERNAME": "ben", "NEW_PASSWORD": OTHER_PASSWORD},
        )  # fmt: skip


def test_the_answer_to_a_challenge_proves_the_secret(it):
    client = it.new_client(GenerateSecret=True)
    ident, secret = client["ClientId"], client["ClientSecret"]
    it.invited("ben")
    proof = secret_hash(secret, "ben", ident)
    session = it.initiate("ben", client=ident, SECRET_HASH=proof)["Session"]
    with refused("NotAuthorizedException", f"Client {ident} is configured with secret"):
        respond(it, session, ident)
    with refused("NotAuthorizedException", "Unable to verify secret hash"):
        respond(it, session, ident, SECRET_HASH=secret_hash(secret, "mara", ident))
    assert respond(it, session, ident, SECRET_HASH=proof)["AuthenticationResult"]


def test_a_weak_new_password_is_refused_and_may_be_corrected(it):
    it.invited("ben")
    session = it.initiate("ben")["Session"]
    with refused("InvalidPasswordException"):
        respond(it, session, NEW_PASSWORD="tidepools")
    assert it.status("ben") == "FORCE_CHANGE_PASSWORD"
    respond(it, session)


def test_required_attributes_that_are_missing_come_with_the_new_password(it):
    it.new_pool(
        Schema=[{"Name": "email", "Required": True}, {"Name": "name", "Required": True, "Mutable": True}]
    )
    it.invited("ben", email="ben@tidepool.example")
    answer = it.initiate("ben")
    assert json.loads(answer["ChallengeParameters"]["requiredAttributes"]) == ["userAttributes.name"]
    session = answer["Session"]
    with refused("InvalidParameterException", "Invalid attributes given, name is missing"):
        respond(it, session)
    given = {"userAttributes.name": "Ben Okafor"}
    with refused("NotAuthorizedException", "Cannot modify an already provided email"):
        respond(it, session, **given, **{"userAttributes.email": "rook@elsewhere.example"})
    respond(it, session, **given)
    assert it.attributes("ben")["name"] == "Ben Okafor"
    assert it.attributes("ben")["email"] == "ben@tidepool.example"
    it.new_pool(Schema=[{"Name": "email", "Required": True, "Mutable": True}])
    it.invited("ben")
    respond(it, it.initiate("ben")["Session"], **{"userAttributes.email": "ben@tidepool.example"})
    assert it.attributes("ben")["email_verified"] == "false"  # said, not proved


def test_whoever_is_disabled_meanwhile_does_not_finish(it):
    it.invited("ben")
    session = it.initiate("ben")["Session"]
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="ben")
    with refused("NotAuthorizedException", "User is disabled."):
        respond(it, session)


@pytest.mark.parametrize("days", [7, 2])
def test_a_temporary_password_expires(it, days):
    it.new_pool(Policies={"PasswordPolicy": {"MinimumLength": 8, "TemporaryPasswordValidityDays": days}})
    it.invited("ben")
    it.lab.travel(days=days, seconds=-1)
    assert it.initiate("ben")["ChallengeName"]
    it.lab.travel(seconds=1)
    with refused(
        "NotAuthorizedException", "Temporary password has expired and must be reset by an administrator."
    ):
        it.initiate("ben")
    with refused("NotAuthorizedException", "Incorrect username or password."):
        it.initiate("ben", OTHER_PASSWORD)
