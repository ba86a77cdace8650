"""A page has kept the id of a guest's identity: `kept`. The guest signs in, and `login` is the login. Write
`identity_after`: it shows both to the identity pool, and returns the identity id that the app should use from
now on. Some of these guests sign in for the first time. Others have been members for months.
"""

import boto3

from cognito_lab.practice.checks import expect, id_token, refusal_of

title, core, difficulty, minutes = "Which id counts now?", False, 1, 2
expected = "the id that you return is the one to which the login leads from now on."
hint = "One call takes an id and a login. Its answer contains credentials, and something else that you need here."
scene = "visitors"


def identity_after(identity_pools, kept, login):
    """The identity id that counts after the guest `kept` has signed in with `login`."""
    answer = identity_pools.get_credentials_for_identity(IdentityId=kept, Logins=login)
    return answer["IdentityId"]


def check(answer, scene, lab):
    identity_pools, pool = boto3.client("cognito-identity"), {"IdentityPoolId": scene.identity_pool}
    logins = {who: {scene.issuer: id_token(scene, who)} for who in ("mara", "ben")}
    member = identity_pools.get_id(**pool, Logins=logins["mara"])["IdentityId"]
    for who, what in (("ben", "Ben signs in for the first time"), ("mara", "Mara has been a member before")):
        guest = identity_pools.get_id(**pool)["IdentityId"]
        came = answer(identity_pools, guest, logins[who])
        expect(isinstance(came, str), "Return the identity id: a string.")
        right = guest if who == "ben" else member
        known = identity_pools.list_identities(**pool, MaxResults=60)["Identities"]
        expect(
            came in [each["IdentityId"] for each in known],
            f"{what}: the identity pool knows no identity {came!r}.",
        )
        expect(
            came == right or who == "mara",
            f"{what}: the guest's id is lost. The login came without it, and the pool made another identity.",
        )
        expect(
            came == right,
            f"{what}: you return an id that is not hers. Her login already had an identity, and the answer names it.",
        )
        code = refusal_of(lambda: identity_pools.get_credentials_for_identity(IdentityId=guest))  # noqa: B023
        expect(
            code, f"{what}: the guest's id still works without a login. Show the login and the id together."
        )


def wrong_login_alone(identity_pools, kept, login):
    """the guest's id is lost"""
    pool = boto3.client("cognito-identity").list_identity_pools(MaxResults=1)["IdentityPools"][0]
    return identity_pools.get_id(IdentityPoolId=pool["IdentityPoolId"], Logins=login)["IdentityId"]


def wrong_kept(identity_pools, kept, login):
    """you return an id that is not hers"""
    identity_pools.get_credentials_for_identity(IdentityId=kept, Logins=login)
    return kept


def wrong_nothing_called(identity_pools, kept, login):
    """the guest's id still works without a login"""
    return kept


def wrong_credentials(identity_pools, kept, login):
    """Return the identity id: a string"""
    return identity_pools.get_credentials_for_identity(IdentityId=kept, Logins=login)["Credentials"]


def wrong_access_key(identity_pools, kept, login):
    """the identity pool knows no identity"""
    answer = identity_pools.get_credentials_for_identity(IdentityId=kept, Logins=login)
    return answer["Credentials"]["AccessKeyId"]
