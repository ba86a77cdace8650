"""Tidepool opens a shop, with a user pool of its own. Customers sign up and sign in with their e-mail address, and
have no other name. One address has one account, and `Ines@Shop.example` is the same address as
`ines@shop.example`. Write `open_shop`, which makes the pool. The check makes the app client and the customers.
"""

from functools import partial

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "A shop where the address is the name", False, 2, 7
expected = (
    "customers sign in, in upper or lower case; a second account with the same address is refused at once."
)
hint = """
There are two ways to sign in with an address, and they refuse duplicates at different moments (01.4). And
what does the API do about upper and lower case if you say nothing?
"""
scene = "directory"

PASSWORD = "Low-water-2026!"


def open_shop(user_pools):
    """Make the shop's user pool, and return its id."""
    made = user_pools.create_user_pool(
        PoolName="shop",
        UsernameAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
    )
    return made["UserPool"]["Id"]


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    pool = answer(user_pools)
    expect(
        isinstance(pool, str) and "_" in pool,
        f"Return the pool's id, a string; you return {type(pool).__name__}.",
    )
    client = user_pools.create_user_pool_client(
        UserPoolId=pool, ClientName="shop", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]

    def sign_up(username, **attributes):
        given = [{"Name": name, "Value": value} for name, value in attributes.items()]
        user_pools.sign_up(ClientId=client, Username=username, Password=PASSWORD, UserAttributes=given)

    def sign_in(username, password=PASSWORD):
        person = {"USERNAME": username, "PASSWORD": password}
        user_pools.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=person)

    made = user_pools.describe_user_pool(UserPoolId=pool)["UserPool"]
    required = [attribute["Name"] for attribute in made["SchemaAttributes"] if attribute["Required"]]
    code = refusal_of(partial(sign_up, "ines@shop.example"))
    said = f"Ines signs up with her address as her name → {code}."
    expect(
        not code or "email" not in made.get("AliasAttributes", []),
        f"{said} As an alias, the address is only another name for a user who has a username, and "
        "Cognito refuses a duplicate only at ConfirmSignUp.",
    )
    expect(
        not code or "email" in made.get("UsernameAttributes", []) or "email" not in required,
        f"{said} A required address exists beside the username, and does not take its place.",
    )
    expect(
        not code or made.get("UsernameAttributes", []) != ["phone_number"],
        f"{said} In this pool people sign up with phone numbers.",
    )
    expect(not code, said)
    user_pools.admin_confirm_sign_up(UserPoolId=pool, Username="ines@shop.example")
    expect(not refusal_of(partial(sign_in, "ines@shop.example")), "Ines cannot sign in with her address.")
    code = refusal_of(partial(sign_up, "ines", email="ines@shop.example"))
    expect(
        code,
        "Somebody signed up with a username and with Ines's address beside it: two accounts for one address. "
        "In this pool the address is not the name.",
    )
    code = refusal_of(partial(sign_up, "+15550100"))
    expect(code, "Somebody signed up with a phone number. The shop asked for addresses.")
    code = refusal_of(partial(sign_up, "Ines@Shop.example"))
    expect(
        code == "UsernameExistsException",
        "`Ines@Shop.example` got an account beside `ines@shop.example`. Unless you say otherwise, the API makes "
        "a pool that distinguishes upper and lower case, and that is for ever.",
    )
    expect(not refusal_of(partial(sign_in, "INES@shop.example")), "Ines cannot sign in as INES@shop.example.")
    code = refusal_of(partial(sign_up, "mara@shop.example"))
    expect(not code, f"Mara, the second customer, signs up → {code}.")


def wrong_alias(user_pools):
    """As an alias, the address is only another name"""
    return user_pools.create_user_pool(
        PoolName="shop", AliasAttributes=["email"], UsernameConfiguration={"CaseSensitive": False}
    )["UserPool"]["Id"]


def wrong_merely_required(user_pools):
    """A required address exists beside the username"""
    return user_pools.create_user_pool(
        PoolName="shop",
        Schema=[{"Name": "email", "Required": True}],
        UsernameConfiguration={"CaseSensitive": False},
    )["UserPool"]["Id"]


def wrong_nothing_said(user_pools):
    """In this pool the address is not the name"""
    return user_pools.create_user_pool(PoolName="shop", UsernameConfiguration={"CaseSensitive": False})[
        "UserPool"
    ]["Id"]


def wrong_case_left_open(user_pools):
    """Unless you say otherwise"""
    return user_pools.create_user_pool(PoolName="shop", UsernameAttributes=["email"])["UserPool"]["Id"]


def wrong_phone_as_well(user_pools):
    """The shop asked for addresses"""
    return user_pools.create_user_pool(
        PoolName="shop",
        UsernameAttributes=["email", "phone_number"],
        UsernameConfiguration={"CaseSensitive": False},
    )["UserPool"]["Id"]


def wrong_whole_answer(user_pools):
    """Return the pool's id"""
    return user_pools.create_user_pool(
        PoolName="shop", UsernameAttributes=["email"], UsernameConfiguration={"CaseSensitive": False}
    )


def wrong_phone_only(user_pools):
    """In this pool people sign up with phone numbers"""
    return user_pools.create_user_pool(
        PoolName="shop",
        UsernameAttributes=["phone_number"],
        UsernameConfiguration={"CaseSensitive": False},
    )["UserPool"]["Id"]
