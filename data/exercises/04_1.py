"""From next week on, everybody in `pool` should need an authenticator app. Nobody should be locked out, and nobody
else should set up an app in a member's place. Write `require_apps`. When you call `set_up(names)`, the people with
these usernames are asked to set up an app. When the call returns, a week has passed, and they have done it.
"""

from functools import partial

import boto3
import pyotp

from cognito_lab.practice.checks import expect, refusal_of, sign_in_through_pages

title, core, difficulty, minutes = "An app for everybody", True, 2, 10
expected = "each member who has a password is asked for a code and can give it; everything else in the pool is as before."
hint = """
Three steps, in the right order. People can set up an app only where the pool offers apps, and they need time
before the pool requires one. `ListUsers` says in `UserStatus` who has no password in this pool.
"""
scene = "google_connected"

GORAN = "Goran Pavić (goran.pavic@gmail.example)"


def require_apps(user_pools, pool, set_up):
    """Require an authenticator app in `pool`; `set_up(names)` lets these people set up theirs."""
    apps = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    user_pools.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="OPTIONAL", **apps)
    people = user_pools.list_users(UserPoolId=pool)["Users"]
    set_up([user["Username"] for user in people if user["UserStatus"] != "EXTERNAL_PROVIDER"])
    user_pools.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="ON", **apps)


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    sign_in_through_pages(scene, "Google", GORAN, "Continue")
    before = user_pools.describe_user_pool(UserPoolId=scene.pool)["UserPool"]
    members = {
        user["Username"]: user["UserStatus"] != "EXTERNAL_PROVIDER"
        for user in user_pools.list_users(UserPoolId=scene.pool)["Users"]
    }
    apps = {}

    def set_up(names):
        mode = user_pools.get_user_pool_mfa_config(UserPoolId=scene.pool)["MfaConfiguration"]
        for name in names:
            expect(
                members.get(name, True),
                f"{name} signs in with Google, and the pool never asks for a code there.",
            )
            expect(name in members, f"Nobody is called {name!r}.")
            asked = sign_in(user_pools, scene, name)
            expect(
                mode != "ON",
                f"{name} has had no time: the pool already requires an app. Whoever knew the password could set up "
                "their own.",
            )
            token = asked["AuthenticationResult"]["AccessToken"]
            code = refusal_of(partial(user_pools.associate_software_token, AccessToken=token))
            expect(not code, f"{name} tries to set up an app → {code}: this pool offers none yet.")
            given = user_pools.associate_software_token(AccessToken=token)
            apps[name] = pyotp.TOTP(given["SecretCode"])
            user_pools.verify_software_token(AccessToken=token, UserCode=apps[name].now())
        lab.travel(days=7)

    answer(user_pools, scene.pool, set_up)
    for name in (name for name, local in members.items() if local):
        asked = sign_in(user_pools, scene, name)
        expect(
            asked.get("ChallengeName") != "MFA_SETUP",
            f"{name} has no app, and was not asked to set one up in time.",
        )
        expect(asked.get("ChallengeName") == "SOFTWARE_TOKEN_MFA", f"{name} still signs in without any code.")
        expect(name in apps, f"{name} is asked for a code of an app, and has none.")
    join(user_pools, scene, "aiko")
    asked = sign_in(user_pools, scene, "aiko")
    expect("AuthenticationResult" not in asked, "Somebody who joins later needs no second factor.")
    after = user_pools.describe_user_pool(UserPoolId=scene.pool)["UserPool"]
    for name in sorted(
        {*before, *after} - {"MfaConfiguration", "LastModifiedDate", "EstimatedNumberOfUsers"}
    ):
        expect(
            before.get(name) == after.get(name),
            f"{name} was {before.get(name)!r}, and is {after.get(name)!r}.",
        )


def join(user_pools, scene, name):
    email = [{"Name": "email", "Value": f"{name}@tidepool.example"}]
    person = {"ClientId": scene.client, "Username": name}
    user_pools.sign_up(**person, Password=scene.password, UserAttributes=email)
    user_pools.admin_confirm_sign_up(UserPoolId=scene.pool, Username=name)


def sign_in(user_pools, scene, name):
    person = {"USERNAME": name, "PASSWORD": scene.password}
    flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH"}
    return user_pools.initiate_auth(**flow, AuthParameters=person)


APPS = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}


def members_of(user_pools, pool):
    people = user_pools.list_users(UserPoolId=pool)["Users"]
    return [user["Username"] for user in people if user["UserStatus"] != "EXTERNAL_PROVIDER"]


def wrong_required_first(user_pools, pool, set_up):
    """has had no time"""
    user_pools.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="ON", **APPS)
    set_up(members_of(user_pools, pool))


def wrong_asked_before_it_is_offered(user_pools, pool, set_up):
    """this pool offers none yet"""
    set_up(members_of(user_pools, pool))
    user_pools.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="ON", **APPS)


def wrong_google_too(user_pools, pool, set_up):
    """signs in with Google, and the pool never asks"""
    user_pools.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="OPTIONAL", **APPS)
    set_up([user["Username"] for user in user_pools.list_users(UserPoolId=pool)["Users"]])
    user_pools.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="ON", **APPS)


def wrong_update_that_wipes(user_pools, pool, set_up):
    """AutoVerifiedAttributes was"""
    user_pools.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="OPTIONAL", **APPS)
    set_up(members_of(user_pools, pool))
    user_pools.update_user_pool(UserPoolId=pool, MfaConfiguration="ON")


def wrong_stays_optional(user_pools, pool, set_up):
    """still signs in without any code"""
    user_pools.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="OPTIONAL", **APPS)
    set_up(members_of(user_pools, pool))


def wrong_nobody_asked(user_pools, pool, set_up):
    """was not asked to set one up in time"""
    user_pools.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="ON", **APPS)
