"""Each member belongs to a section, `reef` or `shore`. Write `add_section`: it gives the pool an attribute
`custom:section`. Through the existing app client, members see their own section and cannot change it. Ines,
the curator, sets it with `AdminUpdateUserAttributes`, and can change it later. Everything else that members see and
do through this app client stays as it is.
"""

from functools import partial

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "A section for each member", False, 2, 6
expected = "Mara sees her section and cannot change it; Ines changes it twice; signing in works as before."
hint = """
Compare the app client before and after your call: use `describe_user_pool_client`. An app client without a list of writable
attributes writes custom ones as well (01.5). And an update resets what it does not name (01.6).
"""
scene = "members"


def add_section(user_pools, pool, client):
    """Give `pool` the attribute `custom:section`, which the app client `client` reads and does not write."""
    section = {"Name": "section", "AttributeDataType": "String", "Mutable": True}
    user_pools.add_custom_attributes(UserPoolId=pool, CustomAttributes=[section])
    app = user_pools.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    schema = user_pools.describe_user_pool(UserPoolId=pool)["UserPool"]["SchemaAttributes"]
    nobody_writes = ("sub", "identities", "email_verified", "phone_number_verified", "custom:section")
    names = [attribute["Name"] for attribute in schema]
    user_pools.update_user_pool_client(
        UserPoolId=pool,
        ClientId=client,
        ExplicitAuthFlows=app["ExplicitAuthFlows"],
        WriteAttributes=[name for name in names if name not in nobody_writes],
    )


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    pool = {"UserPoolId": scene.pool}

    def sign_in():
        person = {"USERNAME": "mara", "PASSWORD": scene.password}
        return user_pools.initiate_auth(
            ClientId=scene.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=person
        )["AuthenticationResult"]

    def seen():
        user = user_pools.get_user(AccessToken=sign_in()["AccessToken"])
        return {each["Name"]: each["Value"] for each in user["UserAttributes"]}

    def curator_writes(section):
        attribute = [{"Name": "custom:section", "Value": section}]
        user_pools.admin_update_user_attributes(**pool, Username="mara", UserAttributes=attribute)

    def mara_writes(name, value):
        attribute = [{"Name": name, "Value": value}]
        user_pools.update_user_attributes(AccessToken=sign_in()["AccessToken"], UserAttributes=attribute)

    for name in STANDARD:
        mara_writes(name, "Tide")
    before, refresh_token = seen(), sign_in()["RefreshToken"]
    settings = user_pools.describe_user_pool_client(**pool, ClientId=scene.client)["UserPoolClient"]
    answer(user_pools, scene.pool, scene.client)

    schema = user_pools.describe_user_pool(**pool)["UserPool"]["SchemaAttributes"]
    names = [attribute["Name"] for attribute in schema]
    expect(
        "custom:custom:section" not in names,
        "The attribute is called `custom:custom:section`: Cognito adds `custom:` by itself.",
    )
    expect("custom:section" in names, "The pool has no attribute `custom:section`.")
    code = refusal_of(sign_in)
    expect(
        not code,
        f"Mara signs in with her password → {code}. The update named the attributes and not the flows, and "
        "what an update leaves out goes back to its default.",
    )
    code = refusal_of(lambda: curator_writes("reef"))
    code = code or refusal_of(lambda: curator_writes("shore"))
    expect(
        not code,
        f"Ines moves Mara from `reef` to `shore` → {code}. The attribute is immutable for ever, and for "
        "everybody, also for the curator.",
    )
    now, app = seen(), user_pools.describe_user_pool_client(**pool, ClientId=scene.client)["UserPoolClient"]
    expect(
        now.get("custom:section") == "shore",
        "Mara does not see her section: it is not among the app client's readable attributes.",
    )
    lost = sorted(name for name in before if name not in now)
    expect(not lost, f"Mara does not see {', '.join(lost)} any more: what is not in the list cannot be read.")
    code = refusal_of(lambda: mara_writes("custom:section", "reef"))
    expect(
        code == "NotAuthorizedException" or "WriteAttributes" in app,
        "Mara moves herself to another section: the app client has no list of writable attributes, so it writes "
        "custom ones as well.",
    )
    expect(
        code == "NotAuthorizedException",
        "Mara moves herself to another section: the attribute is among those that the app client writes.",
    )
    for name in STANDARD:
        code = refusal_of(partial(mara_writes, name, "Mara of the tides"))
        expect(not code, f"Mara changes her {name} → {code}. Before, she could do so.")
    person = {"AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": refresh_token}}
    code = refusal_of(partial(user_pools.initiate_auth, ClientId=scene.client, **person))
    expect(not code, f"Mara signed in earlier, and now uses her refresh token → {code}.")
    lists = ("ReadAttributes", "WriteAttributes", "LastModifiedDate")
    changed = [
        name for name in {**settings, **app} if settings.get(name) != app.get(name) and name not in lists
    ]
    expect(not changed, f"The update has changed {', '.join(changed)} of the app client as well.")


STANDARD = ("nickname", "name", "given_name")  # of those that everybody reads and writes by default
SECTION = {"Name": "section", "AttributeDataType": "String", "Mutable": True}
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
SEEN = ["email", "email_verified", "nickname", "name", "given_name", "custom:section"]
WRITTEN = ["email", "nickname", "name", "given_name"]


def update(user_pools, pool, client, section=SECTION, **settings):
    """Attribute and update, for the wrong answers."""
    user_pools.add_custom_attributes(UserPoolId=pool, CustomAttributes=[section])
    given = {"ExplicitAuthFlows": FLOWS, "WriteAttributes": WRITTEN, **settings}
    given = {name: value for name, value in given.items() if value}
    user_pools.update_user_pool_client(UserPoolId=pool, ClientId=client, **given)


def wrong_immutable(user_pools, pool, client):
    """The attribute is immutable"""
    update(user_pools, pool, client, {"Name": "section", "AttributeDataType": "String"})  # as it is left out


def wrong_flows_wiped(user_pools, pool, client):
    """what an update leaves out"""
    update(user_pools, pool, client, ExplicitAuthFlows=None)


def wrong_no_list(user_pools, pool, client):
    """the app client has no list of writable attributes"""
    user_pools.add_custom_attributes(UserPoolId=pool, CustomAttributes=[SECTION])


def wrong_not_in_the_list(user_pools, pool, client):
    """it is not among the app client's readable attributes"""
    update(user_pools, pool, client, ReadAttributes=SEEN[:-1])


def wrong_only_the_section(user_pools, pool, client):
    """what is not in the list cannot be read"""
    update(user_pools, pool, client, ReadAttributes=["custom:section"])


def wrong_writable(user_pools, pool, client):
    """the attribute is among those that the app client writes"""
    update(user_pools, pool, client, WriteAttributes=[*WRITTEN, "custom:section"])


def wrong_nothing_writable(user_pools, pool, client):
    """Mara changes her nickname"""
    update(user_pools, pool, client, WriteAttributes=["email"])


def wrong_prefix_twice(user_pools, pool, client):
    """Cognito adds `custom:` by itself"""
    update(user_pools, pool, client, {**SECTION, "Name": "custom:section"}, ReadAttributes=["email"])


def wrong_no_refresh(user_pools, pool, client):
    """now uses her refresh token"""
    update(user_pools, pool, client, ExplicitAuthFlows=FLOWS[:1])


def wrong_other_settings(user_pools, pool, client):
    """changed AccessTokenValidity of the app client"""
    update(user_pools, pool, client, AccessTokenValidity=5)
