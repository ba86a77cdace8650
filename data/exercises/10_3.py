"""The page has kept the identity id under which a basket is stored: `kept`. Now somebody signs in with Google, and
`login` is the login. Write `basket_of`. It returns the identity id whose basket this person should see from now on.

Most of the time the basket was filled by a guest, who now signs in: the basket stays with this person. But two people
share a computer. Goran has joined his Google login to the basket, and then Rook signs in with his own Google
account. Rook should get a basket of his own, and Goran's should stay his.
"""

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Whose basket is this?", False, 2, 6
expected = "a guest keeps the basket when signing in, and a second Google account gets another one."
hint = """
One call takes an identity id and a login, and joins the two. It is refused if the identity belongs to somebody else.
Then ask for the identity of the login alone.
"""
scene = "google_listed"


def basket_of(identity_pools, pool, kept, login):
    """The identity id for `login`. `kept` is the id that the page has kept, `pool` the identity pool's id."""
    try:
        answer = identity_pools.get_credentials_for_identity(IdentityId=kept, Logins=login)
    except identity_pools.exceptions.NotAuthorizedException:
        answer = identity_pools.get_id(IdentityPoolId=pool, Logins=login)
    return answer["IdentityId"]


def check(answer, scene, lab):
    identity_pools, pool = boto3.client("cognito-identity"), {"IdentityPoolId": scene.identity_pool}

    def login(who):
        token = lab.google.credential(scene.tidepool_at_google.client_id, who, scene.page)
        return {"accounts.google.com": token}

    def now(who):
        return identity_pools.get_id(**pool, Logins=login(who))["IdentityId"]

    goran, rook = "goran.pavic@gmail.example", "rook@elsewhere.example"
    guest = identity_pools.get_id(**pool)["IdentityId"]
    came = answer(identity_pools, scene.identity_pool, guest, login(goran))
    expect(isinstance(came, str), "Return the identity id: a string.")
    merged = refusal_of(lambda: identity_pools.get_credentials_for_identity(IdentityId=guest))
    expect(
        came == guest or merged != "NotAuthorizedException",
        "Goran signs in: his login first got an identity of its own, and then the basket's identity was disabled.",
    )
    expect(
        came == guest,
        "Goran filled a basket as a guest and signs in: the id is another one, and his basket is empty.",
    )
    expect(now(goran) == guest, "Goran's basket: his login does not lead to the id that you returned.")
    came = answer(identity_pools, scene.identity_pool, guest, login(goran))
    expect(came == guest, "Goran signs in a second time, and his basket is gone.")
    came = answer(identity_pools, scene.identity_pool, guest, login(rook))
    expect(came != guest, "Rook signs in after Goran on the same computer, and sees Goran's basket.")
    known = [one["IdentityId"] for one in identity_pools.list_identities(**pool, MaxResults=60)["Identities"]]
    expect(came in known, f"Rook signs in after Goran: the pool knows no identity {came!r}.")
    expect(now(rook) == came, "Rook's login does not lead to the id that you returned for him.")
    expect(now(goran) == guest, "Rook has signed in, and Goran's login leads to another identity now.")


def wrong_login_alone(identity_pools, pool, kept, login):
    """the id is another one, and his basket is empty"""
    return identity_pools.get_id(IdentityPoolId=pool, Logins=login)["IdentityId"]


def wrong_login_first(identity_pools, pool, kept, login):
    """his login first got an identity of its own"""
    identity_pools.get_id(IdentityPoolId=pool, Logins=login)
    return identity_pools.get_credentials_for_identity(IdentityId=kept, Logins=login)["IdentityId"]


def wrong_kept_always(identity_pools, pool, kept, login):
    """his login does not lead to the id"""
    return kept


def wrong_conflict_ignored(identity_pools, pool, kept, login):
    """sees Goran's basket"""
    if refusal_of(lambda: identity_pools.get_credentials_for_identity(IdentityId=kept, Logins=login)):
        return kept
    return kept


def wrong_conflict_not_foreseen(identity_pools, pool, kept, login):
    """NotAuthorizedException"""
    return identity_pools.get_credentials_for_identity(IdentityId=kept, Logins=login)["IdentityId"]


def wrong_guest_for_rook(identity_pools, pool, kept, login):
    """Rook's login does not lead to the id"""
    if refusal_of(lambda: identity_pools.get_credentials_for_identity(IdentityId=kept, Logins=login)):
        return identity_pools.get_id(IdentityPoolId=pool)["IdentityId"]
    return kept


def wrong_credentials(identity_pools, pool, kept, login):
    """Return the identity id: a string"""
    return identity_pools.get_credentials_for_identity(IdentityId=kept, Logins=login)["Credentials"]
