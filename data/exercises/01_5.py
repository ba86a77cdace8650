"""Ben signed up two days ago, and his code has expired. Write `let_in`: it gets him a new code and confirms him
with it. `read_mail(address)` returns the messages to an address, the newest last. The check tries two users.
"""

from functools import partial

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "The code is too old", False, 1, 2
expected = "the user is confirmed, by a code that was sent today."
hint = "The name of the call begins with `resend_`. Which of the messages has the code that still works?"
scene = "directory"


def let_in(user_pools, client, username, address, read_mail):
    """Confirm `username`, whose first code has expired, with a new code that goes to `address`."""
    user_pools.resend_confirmation_code(ClientId=client, Username=username)
    code = read_mail(address)[-1].code
    user_pools.confirm_sign_up(ClientId=client, Username=username, ConfirmationCode=code)


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    users = {"ben": "ben@tidepool.example", "mara": "mara.lindqvist@tidepool.example"}
    for username, address in users.items():
        user_pools.sign_up(
            ClientId=scene.client,
            Username=username,
            Password=scene.password,
            UserAttributes=[{"Name": "email", "Value": address}],
        )
    lab.travel(days=2)
    for username, address in users.items():
        code = refusal_of(partial(answer, user_pools, scene.client, username, address, lab.inbox))
        sent = len(lab.inbox(address))
        expect(sent > 1, f"{username} got no new code{f' → {code}' if code else ''}.")
        expect(code != "ExpiredCodeException", f"{username} → {code}: this is the code of two days ago.")
        newest = f"this is not the newest code that was sent to {address}"
        expect(code != "CodeMismatchException", f"{username} → {code}: {newest}.")
        expect(not code, f"{username} → {code}.")
        user = user_pools.admin_get_user(UserPoolId=scene.pool, Username=username)
        values = {each["Name"]: each["Value"] for each in user["UserAttributes"]}
        expect(user["UserStatus"] == "CONFIRMED", f"{username} has a new code, and is not confirmed yet.")
        expect(values["email_verified"] == "true", f"{username} was confirmed without a code.")


def wrong_the_old_code(user_pools, client, username, address, read_mail):
    """ben got no new code → ExpiredCodeException"""
    code = read_mail(address)[-1].code
    user_pools.confirm_sign_up(ClientId=client, Username=username, ConfirmationCode=code)


def wrong_the_first_message(user_pools, client, username, address, read_mail):
    """ben → CodeMismatchException"""
    user_pools.resend_confirmation_code(ClientId=client, Username=username)
    code = read_mail(address)[0].code
    user_pools.confirm_sign_up(ClientId=client, Username=username, ConfirmationCode=code)


def wrong_only_sent(user_pools, client, username, address, read_mail):
    """has a new code, and is not confirmed yet"""
    user_pools.resend_confirmation_code(ClientId=client, Username=username)


def wrong_always_ben(user_pools, client, username, address, read_mail):
    """mara got no new code"""
    let_in(user_pools, client, "ben", "ben@tidepool.example", read_mail)


def wrong_by_the_administrator(user_pools, client, username, address, read_mail):
    """was confirmed without a code"""
    user_pools.resend_confirmation_code(ClientId=client, Username=username)
    pool = user_pools.list_user_pools(MaxResults=1)["UserPools"][0]["Id"]
    user_pools.admin_confirm_sign_up(UserPoolId=pool, Username=username)
