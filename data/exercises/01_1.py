"""Write `bring_ben`: it signs Ben up, and leaves him in a state in which he can recover a forgotten password
without help. His address is `ben@tidepool.example`. `read_mail(address)` returns the messages that Cognito has sent
to an address, the newest last.
"""

import boto3
from botocore.exceptions import ClientError

from cognito_lab.practice.checks import expect, refusal_of, watched

title, core, difficulty, minutes = "Ben, and the day he forgets his password", True, 2, 8
expected = "`ForgotPassword` sends Ben a code, and with the code he sets a new password."
hint = """
Two things are separate: Ben may use the account (confirmed), and the address is his (verified). Claim 01.1 shows a
call that does both, and 01.3 shows one that does only the first.
"""
scene = "directory"

ADDRESS, PASSWORD, NEW_PASSWORD = "ben@tidepool.example", "Low-water-2026!", "High-water-2027!"


def bring_ben(user_pools, pool, client, read_mail):
    """Sign Ben up in `pool` through the app client `client`, and make him able to recover his password."""
    user_pools.sign_up(
        ClientId=client,
        Username="ben",
        Password="Low-water-2026!",
        UserAttributes=[{"Name": "email", "Value": "ben@tidepool.example"}],
    )
    code = read_mail("ben@tidepool.example")[-1].code
    user_pools.confirm_sign_up(ClientId=client, Username="ben", ConfirmationCode=code)


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    try:
        with watched() as asked:
            answer(user_pools, scene.pool, scene.client, lab.inbox)
    except ClientError as error:
        at, code = error.operation_name, error.response["Error"]["Code"]
        expect(
            code != "UserNotConfirmedException",
            f"{at} → {code}. Verifying an address needs an access token, and an unconfirmed user cannot sign "
            "in to get one. Confirm first.",
        )
        expect(
            (at, code) != ("SignUp", "NotAuthorizedException"),
            "Users may not say of themselves that an address is verified: SignUp refuses that.",
        )
        raise
    except IndexError:
        expect(lab.inbox(ADDRESS), f"Nothing was sent to {ADDRESS}: SignUp did not get this address.")
        raise
    people = {user["Username"]: user for user in user_pools.list_users(UserPoolId=scene.pool)["Users"]}
    expect("ben" in people, "There is no user `ben` in the pool.")
    values = {each["Name"]: each["Value"] for each in people["ben"]["Attributes"]}
    expect(values.get("email") == ADDRESS, f"Ben's e-mail should be {ADDRESS}; it is {values.get('email')}.")
    called = {exchange.operation for exchange in asked}
    expect(
        "AdminCreateUser" not in called,
        "An administrator made Ben's account. Ben should sign up himself, with SignUp.",
    )
    expect(
        "AdminUpdateUserAttributes" not in called,
        "An administrator said that the address is his. But nobody has proved it: only somebody who can read mail at this address can prove it.",
    )
    status = people["ben"]["UserStatus"]
    expect(status == "CONFIRMED", f"Ben's status is {status}. An unconfirmed user cannot recover a password.")
    expect(
        values.get("email_verified") == "true",
        "Ben is confirmed, but his address is not verified. Cognito sends a recovery code to a verified address "
        "only.",
    )
    user_pools.forgot_password(ClientId=scene.client, Username="ben")
    code = lab.inbox(ADDRESS)[-1].code
    user_pools.confirm_forgot_password(
        ClientId=scene.client, Username="ben", ConfirmationCode=code, Password=NEW_PASSWORD
    )
    person = {"USERNAME": "ben", "PASSWORD": NEW_PASSWORD}
    sign_in = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": person}
    code = refusal_of(lambda: user_pools.initiate_auth(**sign_in))
    expect(not code, f"Ben has a new password. He signs in with it → {code}.")


def wrong_administrator_confirms(user_pools, pool, client, read_mail):
    """his address is not verified"""
    address = [{"Name": "email", "Value": ADDRESS}]
    user_pools.sign_up(ClientId=client, Username="ben", Password=PASSWORD, UserAttributes=address)
    user_pools.admin_confirm_sign_up(UserPoolId=pool, Username="ben")


def wrong_only_signed_up(user_pools, pool, client, read_mail):
    """Ben's status is UNCONFIRMED"""
    address = [{"Name": "email", "Value": ADDRESS}]
    user_pools.sign_up(ClientId=client, Username="ben", Password=PASSWORD, UserAttributes=address)


def wrong_says_so_himself(user_pools, pool, client, read_mail):
    """Users may not say of themselves"""
    address = [{"Name": "email", "Value": ADDRESS}, {"Name": "email_verified", "Value": "true"}]
    user_pools.sign_up(ClientId=client, Username="ben", Password=PASSWORD, UserAttributes=address)


def wrong_verifies_first(user_pools, pool, client, read_mail):
    """Confirm first"""
    wrong_only_signed_up(user_pools, pool, client, read_mail)
    token = user_pools.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ben", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]["AccessToken"]
    user_pools.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    code = read_mail(ADDRESS)[-1].code
    user_pools.verify_user_attribute(AccessToken=token, AttributeName="email", Code=code)


def wrong_address(user_pools, pool, client, read_mail):
    """Ben's e-mail should be"""
    address = [{"Name": "email", "Value": "ben@elsewhere.example"}]
    user_pools.sign_up(ClientId=client, Username="ben", Password=PASSWORD, UserAttributes=address)
    user_pools.admin_confirm_sign_up(UserPoolId=pool, Username="ben")


def wrong_username(user_pools, pool, client, read_mail):
    """There is no user `ben`"""
    address = [{"Name": "email", "Value": ADDRESS}]
    user_pools.sign_up(ClientId=client, Username="benjamin", Password=PASSWORD, UserAttributes=address)


def wrong_no_address(user_pools, pool, client, read_mail):
    """Nothing was sent to ben@tidepool.example"""
    user_pools.sign_up(ClientId=client, Username="ben", Password=PASSWORD)
    code = read_mail(ADDRESS)[-1].code
    user_pools.confirm_sign_up(ClientId=client, Username="ben", ConfirmationCode=code)


def wrong_made_by_an_administrator(user_pools, pool, client, read_mail):
    """An administrator made Ben's account"""
    address = [{"Name": "email", "Value": ADDRESS}, {"Name": "email_verified", "Value": "true"}]
    user_pools.admin_create_user(
        UserPoolId=pool, Username="ben", UserAttributes=address, MessageAction="SUPPRESS"
    )
    user_pools.admin_set_user_password(UserPoolId=pool, Username="ben", Password=PASSWORD, Permanent=True)


def wrong_verified_by_an_administrator(user_pools, pool, client, read_mail):
    """An administrator said that the address is his"""
    wrong_only_signed_up(user_pools, pool, client, read_mail)
    user_pools.admin_confirm_sign_up(UserPoolId=pool, Username="ben")
    verified = [{"Name": "email_verified", "Value": "true"}]
    user_pools.admin_update_user_attributes(UserPoolId=pool, Username="ben", UserAttributes=verified)
