"""Tidepool moves. The old directory has two functions: `is_right(username, password)` says whether the password is
right, and `find(username)` returns a profile with an `email`, or `None`. Write `migrate` for the trigger `UserMigration`:
people keep their passwords, and nobody gets an invitation. Somebody who has forgotten the password should be able to set
a new one, with a code that is sent to the old address. Then the event has no password, and its `triggerSource` is
`UserMigration_ForgotPassword`.
"""

import inspect

import boto3

from cognito_lab.practice.checks import expect, refusal_of, set_triggers

title, core, difficulty, minutes = "Migrate without a reset and without an invitation", False, 3, 9
expected = "Lotte gets in with her old password, Nils with a code, Rook not at all, and no mail is sent but the code."
hint = """
Ask `is_right` only where a password came along, and `find` in both cases. A code goes to a verified address only. In the
function of the lesson, one member of `response` stops the invitation, and another one keeps the old password.
"""
scene = "directory"


def migrate(event, context):
    """Answer for the old directory, at a sign-in and for a forgotten password."""
    name, response = event["userName"], event["response"]
    is_sign_in = event["triggerSource"] == "UserMigration_Authentication"
    if is_sign_in and not is_right(name, event["request"]["password"]):
        return event
    person = find(name)
    if person:
        response["userAttributes"] = {"email": person["email"], "email_verified": "true"}
        response["messageAction"] = "SUPPRESS"
        if is_sign_in:
            response["finalUserStatus"] = "CONFIRMED"
    return event


PEOPLE = {
    "lotte": ("Herring-2019!", "lotte@tidepool.example"),
    "nils": ("Mussels-2018!", "nils@tidepool.example"),
}


def is_right(username, password):
    return username in PEOPLE and PEOPLE[username][0] == password


def find(username):
    return {"email": PEOPLE[username][1]} if username in PEOPLE else None


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    connect(scene, lab, answer)
    for name, password in (("lotte", "Herring-2018!"), ("rook", "Herring-2019!"), ("rook", None)):
        code = refusal_of(
            lambda name=name, password=password: sign_in(user_pools, scene, name, str(password))
        )
        people = [user["Username"] for user in user_pools.list_users(UserPoolId=scene.pool)["Users"]]
        expect(name not in people, f"{name} came with a wrong password, and is in the pool now.")
        expect(code == "UserNotFoundException", f"{name} came with a wrong password → {code or 'is let in'}.")
    code = refusal_of(lambda: sign_in(user_pools, scene, "lotte", "Herring-2019!"))
    expect(not code, f"Lotte types the password that the old directory knows → {code}.")
    expect(not mails(lab, "lotte"), "Lotte got a mail that invites her.")
    code = refusal_of(lambda: recover(user_pools, scene, lab, "nils"))
    expect(not code, f"Nils has forgotten his password, and asks for a code → {code}.")
    expect(len(mails(lab, "nils")) == 1, "Nils got more than the mail with his code.")
    code = refusal_of(lambda: user_pools.forgot_password(ClientId=scene.client, Username="rook"))
    expect(code, "Rook is in no directory, and asked for a new password: the pool has him now.")


def connect(scene, lab, answer):
    parts = [f"PEOPLE = {PEOPLE!r}", *map(inspect.getsource, (is_right, find, answer))]
    text = "\n\n".join([*parts, f"lambda_handler = {answer.__name__}"])
    set_triggers(lab, scene, UserMigration=text)


def sign_in(user_pools, scene, name, password):
    person = {"USERNAME": name, "PASSWORD": password}
    flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": person}
    return user_pools.initiate_auth(**flow)["AuthenticationResult"]


def recover(user_pools, scene, lab, name):
    person = {"ClientId": scene.client, "Username": name}
    user_pools.forgot_password(**person)
    code = mails(lab, name)[-1].code
    user_pools.confirm_forgot_password(**person, ConfirmationCode=code, Password=scene.password)
    sign_in(user_pools, scene, name, scene.password)


def mails(lab, name):
    return lab.inbox(f"{name}@tidepool.example")


def wrong_never_checked(event, context):
    """lotte came with a wrong password, and is in the pool now"""
    person = find(event["userName"])
    if person:
        event["response"]["userAttributes"] = {"email": person["email"], "email_verified": "true"}
        event["response"] |= {"finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS"}
    return event


def wrong_invitation(event, context):
    """Lotte got a mail that invites her"""
    name = event["userName"]
    is_sign_in = event["triggerSource"] == "UserMigration_Authentication"
    if is_sign_in and not is_right(name, event["request"]["password"]):
        return event
    person = find(name)
    if person:
        event["response"]["userAttributes"] = {"email": person["email"], "email_verified": "true"}
        event["response"] |= {"finalUserStatus": "CONFIRMED", "desiredDeliveryMediums": ["EMAIL"]}
    return event


def wrong_reset(event, context):
    """Lotte types the password that the old directory knows → PasswordResetRequiredException"""
    name = event["userName"]
    is_sign_in = event["triggerSource"] == "UserMigration_Authentication"
    if is_sign_in and not is_right(name, event["request"]["password"]):
        return event
    person = find(name)
    if person:
        event["response"]["userAttributes"] = {"email": person["email"], "email_verified": "true"}
        event["response"]["messageAction"] = "SUPPRESS"
    return event


def wrong_only_at_sign_in(event, context):
    """Nils has forgotten his password, and asks for a code → UserNotFoundException"""
    name = event["userName"]
    is_sign_in = event["triggerSource"] == "UserMigration_Authentication"
    if is_sign_in and is_right(name, event["request"]["password"]):
        attributes = {"email": find(name)["email"], "email_verified": "true"}
        event["response"] |= {"userAttributes": attributes, "messageAction": "SUPPRESS"}
        event["response"]["finalUserStatus"] = "CONFIRMED"
    return event


def wrong_not_verified(event, context):
    """Nils has forgotten his password, and asks for a code → InvalidParameterException"""
    name = event["userName"]
    is_sign_in = event["triggerSource"] == "UserMigration_Authentication"
    if is_sign_in and not is_right(name, event["request"]["password"]):
        return event
    person = find(name)
    if person:
        event["response"] |= {"userAttributes": {"email": person["email"]}, "messageAction": "SUPPRESS"}
        event["response"]["finalUserStatus"] = "CONFIRMED"
    return event
