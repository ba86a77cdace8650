"""Ben has signed up and asked for his code twice, so he has two messages. Write `confirm`, which confirms
somebody who has just signed up. `mail` is the list of that person's messages, the newest last. Each message
has a `.text`, and the `.code` from this text. The check tries Ben and then another user.
"""

from functools import partial

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Ben reads his mail", True, 1, 2
expected = "people whom `confirm` has confirmed can sign in."
hint = "A new code replaces the earlier code. And look at the type of a code: `type(message.code)`."
scene = "ben_waits"


def confirm(user_pools, client, username, mail):
    """Confirm `username`, who signed up through the app client `client`."""
    newest = mail[-1]
    user_pools.confirm_sign_up(ClientId=client, Username=username, ConfirmationCode=newest.code)


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    given = []
    user_pools.meta.events.register(
        "provide-client-params.*.ConfirmSignUp",
        lambda params, **_: given.append((params.get("Username"), params.get("ConfirmationCode"))),
    )
    try_with("ben", answer, user_pools, scene, lab, given)
    # A code that begins with 0, as one in ten does.
    username = next(
        username
        for username in (f"member-{number}" for number in range(1000))
        if sign_up(user_pools, scene, username) and lab.inbox(address(username))[-1].code.startswith("0")
    )
    expect(
        refusal_of(partial(sign_in, user_pools, scene, username)) == "UserNotConfirmedException",
        "People can sign in before anybody has read their mail.",
    )
    try_with(username, answer, user_pools, scene, lab, given)


def try_with(username, answer, user_pools, scene, lab, given):
    """Let the answer confirm somebody, and see whether they can sign in.

    `given` are the usernames and codes that it sent.
    """
    given.clear()
    mail = lab.inbox(address(username))
    code = refusal_of(partial(answer, user_pools, scene.client, username, mail))
    for name, _ in given:
        expect(
            name == username,
            f"This was about {username}, and ConfirmSignUp was called for {name}: you ignored `username`.",
        )
    codes = [str(each) for _, each in given]
    bens = [message.code for message in lab.inbox(address("ben"))]
    expect(
        username == "ben" or not set(codes) & set(bens) - {message.code for message in mail},
        f"This was about {username}, and you sent a code of Ben's: you ignored `mail`.",
    )
    expect(
        len(lab.inbox(address(username))) == len(mail),
        f"Your answer had a new code sent to {username}, and `mail` does not have it. You need only what is in `mail`.",
    )
    expect(
        code != "ParamValidationError",
        "boto3 did not even send it: the code is a string, although it looks like a number.",
    )
    expect(
        code != "InvalidParameterException", "ConfirmSignUp wants the code alone, and not the whole message."
    )
    newest = mail[-1].code
    expect(
        code != "CodeMismatchException" or str(int(newest)) not in codes or not newest.startswith("0"),
        f"{newest} has become {int(newest)}: a number does not keep zeros in front, and a code needs them.",
    )
    expect(
        code != "CodeMismatchException",
        f"{username} has {len(mail)} messages, and this is not the code of the newest. A new code replaces "
        "the earlier one.",
    )
    expect(not code, f"Confirming {username} → {code}.")
    expect(
        len(codes) < 2,
        f"Your answer tried {len(codes)} codes for {username}. Only one of them counts: which?",
    )
    is_confirmed = not refusal_of(partial(sign_in, user_pools, scene, username))
    expect(
        newest in codes or not is_confirmed,
        f"{username} can sign in, but nobody looked at the code: somebody who signs up with another person's "
        "address would get in as well. The code proves the address.",
    )
    code = refusal_of(partial(sign_in, user_pools, scene, username))
    expect(not code, f"{username} cannot sign in yet → {code}.")


def address(username):
    return f"{username}@tidepool.example"


def sign_up(user_pools, scene, username):
    return user_pools.sign_up(
        ClientId=scene.client,
        Username=username,
        Password=scene.password,
        UserAttributes=[{"Name": "email", "Value": address(username)}],
    )


def sign_in(user_pools, scene, username):
    return user_pools.initiate_auth(
        ClientId=scene.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": scene.password},
    )


def wrong_first_message(user_pools, client, username, mail):
    """this is not the code of the newest"""
    user_pools.confirm_sign_up(ClientId=client, Username=username, ConfirmationCode=mail[0].code)


def wrong_number(user_pools, client, username, mail):
    """the code is a string"""
    user_pools.confirm_sign_up(ClientId=client, Username=username, ConfirmationCode=int(mail[-1].code))


def wrong_by_way_of_a_number(user_pools, client, username, mail):
    """a number does not keep zeros in front"""
    code = str(int(mail[-1].code))
    user_pools.confirm_sign_up(ClientId=client, Username=username, ConfirmationCode=code)


def wrong_whole_message(user_pools, client, username, mail):
    """ConfirmSignUp wants the code alone"""
    user_pools.confirm_sign_up(ClientId=client, Username=username, ConfirmationCode=mail[-1].text)


def wrong_asks_again(user_pools, client, username, mail):
    """`mail` does not have it"""
    user_pools.resend_confirmation_code(ClientId=client, Username=username)


def wrong_only_reads(user_pools, client, username, mail):
    """ben cannot sign in yet"""
    return mail[-1].code


def wrong_always_ben(user_pools, client, username, mail):
    """you ignored `username`"""
    user_pools.confirm_sign_up(ClientId=client, Username="ben", ConfirmationCode=mail[-1].code)


def wrong_always_bens_mail(user_pools, client, username, mail, bens={}):  # noqa: B006
    """you ignored `mail`"""
    mail = bens.setdefault("mail", mail)  # as `lab.inbox("ben@tidepool.example")` has it
    user_pools.confirm_sign_up(ClientId=client, Username=username, ConfirmationCode=mail[-1].code)


def wrong_each_until_one_fits(user_pools, client, username, mail):
    """tried 2 codes for ben"""
    for message in mail:
        try:
            user_pools.confirm_sign_up(ClientId=client, Username=username, ConfirmationCode=message.code)
        except user_pools.exceptions.CodeMismatchException:
            continue


def wrong_an_administrator_confirms(user_pools, client, username, mail):
    """but nobody looked at the code"""
    pool = user_pools.list_user_pools(MaxResults=1)["UserPools"][0]["Id"]
    user_pools.admin_confirm_sign_up(UserPoolId=pool, Username=username)
