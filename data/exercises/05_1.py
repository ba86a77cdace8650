"""Only people with an address at `tidepool.example` may sign up. Write `admit`: the pool calls it before each sign-up,
and again after each confirmation. The part of an address after the `@` may be written in capital letters too.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of, set_triggers

title, core, difficulty, minutes = "Admit only one domain", True, 2, 8
expected = "the club's people get in, and nobody else is ever in the pool."
hint = """
Look at the whole part after the last `@`, in small letters. Somebody could own `eviltidepool.example`. What a function
has to return, and how it says no, is in the first section.
"""
scene = "directory"


def admit(event, context):
    """Refuse everybody whose address is not at tidepool.example."""
    address = event["request"]["userAttributes"]["email"]
    domain = address.rpartition("@")[2]
    domain = domain.lower()
    if domain != "tidepool.example":
        raise ValueError("Only for members of the club")
    return event


CLUB = {"mara": "mara@tidepool.example", "ben": "Ben@Tidepool.Example", "ines": "INES@TIDEPOOL.EXAMPLE"}
OTHERS = {
    "rook": "rook@mail.example",
    "rook2": "rook@eviltidepool.example",
    "rook3": "rook@tidepool.example.mail.example",
    "rook4": "tidepool.example@mail.example",
    "rook5": "rook@reef.tidepool.example",
}


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    set_triggers(lab, scene, PreSignUp=answer, PostConfirmation=answer)
    for name, address in CLUB.items():
        code = refusal_of(lambda name=name, address=address: sign_up(user_pools, scene, name, address))
        expect(
            code != "InvalidLambdaResponseException",
            f"{address} signs up, and Cognito cannot read what your function returns.",
        )
        expect(not code, f"{address} is an address of the club, and is refused → {code}.")
        expect(
            lab.inbox(address), f"{address} was confirmed without a code. Nobody knows whose address it is."
        )
        code = refusal_of(lambda name=name, address=address: confirm(user_pools, scene, lab, name, address))
        expect(not code, f"{address} signed up, and then the confirmation is refused → {code}.")
    for name, address in OTHERS.items():
        code = refusal_of(lambda name=name, address=address: sign_up(user_pools, scene, name, address))
        people = [user["Username"] for user in user_pools.list_users(UserPoolId=scene.pool)["Users"]]
        expect(name not in people, f"{address} is no address of the club, and is in the pool now.")
        expect(
            code == "UserLambdaValidationException",
            f"{address} is refused → {code}. The person should read a text of yours.",
        )


def sign_up(user_pools, scene, name, address):
    person = {"ClientId": scene.client, "Username": name, "Password": scene.password}
    user_pools.sign_up(**person, UserAttributes=[{"Name": "email", "Value": address}])


def confirm(user_pools, scene, lab, name, address):
    code = lab.inbox(address)[-1].code
    user_pools.confirm_sign_up(ClientId=scene.client, Username=name, ConfirmationCode=code)


def wrong_ends_with(event, context):
    """rook@eviltidepool.example is no address"""
    if not event["request"]["userAttributes"]["email"].lower().endswith("tidepool.example"):
        raise ValueError("Only for members of the club")
    return event


def wrong_somewhere_in_it(event, context):
    """rook@tidepool.example.mail.example is no address"""
    if "@tidepool.example" not in event["request"]["userAttributes"]["email"].lower():
        raise ValueError("Only for members of the club")
    return event


def wrong_small_letters_only(event, context):
    """Ben@Tidepool.Example is an address of the club"""
    if not event["request"]["userAttributes"]["email"].endswith("@tidepool.example"):
        raise ValueError("Only for members of the club")
    return event


def wrong_returns_nothing(event, context):
    """Cognito cannot read what your function returns"""
    if event["request"]["userAttributes"]["email"].rpartition("@")[2].lower() != "tidepool.example":
        raise ValueError("Only for members of the club")


def wrong_after_the_confirmation(event, context):
    """rook@mail.example is no address"""
    address = event["request"]["userAttributes"]["email"]
    is_late = event["triggerSource"] == "PostConfirmation_ConfirmSignUp"
    if is_late and address.rpartition("@")[2].lower() != "tidepool.example":
        raise ValueError("Only for members of the club")
    return event


def wrong_no_text(event, context):
    """The person should read a text of yours"""
    is_club = event["request"]["userAttributes"]["email"].rpartition("@")[2].lower() == "tidepool.example"
    return event if is_club else None
