"""Wishes 1 to 4. Write `make_directory`, which makes the user pool, the app client of Tidepool's app, and what the club
needs for its curators. The app has no secret, since it runs in the browser.
"""

from cognito_lab.paths import DATA
from cognito_lab.practice import exercise_files

opening = exercise_files.load(DATA / "setups" / "opening_day.py")

title, core, difficulty, minutes = "The directory", False, 2, 20
expected = (
    "Mara and Ben become members. Every way to be somebody else, or to learn who is a member, is refused."
)
hint = """
Two calls make the pool and the app client, one the group. 01.4 is about what people sign in with, 04.5 about what a
refusal tells, 03.1 about the ways in which a password travels, and 02.5 about lifetimes, which have units. 13.8 says
which setting makes a changed address wait for its code.
"""
scene = "opening_day"

FUNCTION = "make_directory"


def make_directory(account):
    """Make the user pool, its app client and the curators' group, with `account.user_pools`.

    Return their ids: `{"pool": …, "client": …}`.
    """
    pool = account.user_pools.create_user_pool(
        PoolName="tidepool",
        UsernameAttributes=["email"],
        AutoVerifiedAttributes=["email"],
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
        Policies={"PasswordPolicy": {"MinimumLength": 12}},
    )["UserPool"]["Id"]
    client = account.user_pools.create_user_pool_client(
        UserPoolId=pool,
        ClientName="tidepool-app",
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        PreventUserExistenceErrors="ENABLED",
        AccessTokenValidity=15,
        IdTokenValidity=15,
        RefreshTokenValidity=8,
        TokenValidityUnits={"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "hours"},
    )["UserPoolClient"]["ClientId"]
    account.user_pools.create_group(UserPoolId=pool, GroupName="curators")
    return {"pool": pool, "client": client}


def check(answer, scene, lab):
    opening.check_part("directory", answer, scene, lab)


# -- wrong answers -----------------------------------------------------------------------------


def wrong_nothing_returned(account):
    """there is no client"""
    make_directory(account)


def wrong_names_of_their_own(account):
    """Mara becomes a member → InvalidParameterException"""
    pool = account.user_pools.create_user_pool(
        PoolName="tidepool",
        AliasAttributes=["email"],
        AutoVerifiedAttributes=["email"],
        Policies={"PasswordPolicy": {"MinimumLength": 12}},
    )["UserPool"]["Id"]
    account.user_pools.create_group(UserPoolId=pool, GroupName="curators")
    return {"pool": pool, "client": _app(account, pool)}


def wrong_password_policy_of_aws(account):
    """Mara becomes a member → InvalidPasswordException"""
    return _pool(account, Policies={})


def wrong_symbols_in_place_of_length(account):
    """a password of eleven characters"""
    return _pool(account, Policies={"PasswordPolicy": {"MinimumLength": 8, "RequireLowercase": True}})


def wrong_symbol_wanted(account):
    """Lena signs up with twelve small letters as her password → InvalidPasswordException"""
    return _pool(account, Policies={"PasswordPolicy": {"MinimumLength": 12, "RequireSymbols": True}})


def wrong_small_letter_wanted(account):
    """Teo signs up with twelve digits as his password → InvalidPasswordException"""
    return _pool(account, Policies={"PasswordPolicy": {"MinimumLength": 12, "RequireLowercase": True}})


def wrong_no_code_sent(account):
    """there is no message to mara@tidepool.example, so no code came"""
    return _pool(account, AutoVerifiedAttributes=[], UserAttributeUpdateSettings={})


def wrong_address_counts_at_once(account):
    """Rook writes Ines's address as his own"""
    return _pool(account, UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": []})


def wrong_password_flow(account):
    """An app sends a password as it is, and"""
    made = make_directory(account)
    return {
        **made,
        "client": _app(account, made["pool"], ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", *FLOWS]),
    }


def wrong_flow_that_offers_a_choice(account):
    """An app sends a password as it is, in the flow that offers a choice"""
    made = make_directory(account)
    return {**made, "client": _app(account, made["pool"], ExplicitAuthFlows=["ALLOW_USER_AUTH", *FLOWS])}


def wrong_refusals_that_tell(account):
    """A wrong password is answered alike"""
    made = make_directory(account)
    return {**made, "client": _app(account, made["pool"], PreventUserExistenceErrors="LEGACY")}


def wrong_quarter_of_an_hour_for_one_token_only(account):
    """Mara's tokens live for a quarter of an hour"""
    made = make_directory(account)
    units = {"AccessToken": "minutes", "RefreshToken": "hours"}
    return {**made, "client": _app(account, made["pool"], IdTokenValidity=1, TokenValidityUnits=units)}


def wrong_eight_days(account):
    """Another hour later her app gets new tokens"""
    made = make_directory(account)
    units = {"AccessToken": "minutes", "IdToken": "minutes"}
    return {**made, "client": _app(account, made["pool"], TokenValidityUnits=units)}


def wrong_no_group(account):
    """the club makes her a curator"""
    made = make_directory(account)
    account.user_pools.delete_group(UserPoolId=made["pool"], GroupName="curators")
    return made


FLOWS = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


def _pool(account, **changed):
    """The directory of the solution, with other settings of the user pool."""
    made = make_directory(account)
    kept = {
        "AutoVerifiedAttributes": ["email"],
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
        "Policies": {"PasswordPolicy": {"MinimumLength": 12}},
    }
    account.user_pools.update_user_pool(UserPoolId=made["pool"], **kept | changed)
    return made


def _app(account, pool, **changed):
    """An app client as the solution makes it, with other settings."""
    settings = {
        "ExplicitAuthFlows": FLOWS,
        "PreventUserExistenceErrors": "ENABLED",
        "AccessTokenValidity": 15,
        "IdTokenValidity": 15,
        "RefreshTokenValidity": 8,
        "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "hours"},
    }
    made = account.user_pools.create_user_pool_client(
        UserPoolId=pool, ClientName="tidepool-app", **settings | changed
    )
    return made["UserPoolClient"]["ClientId"]
