"""One morning the gallery's identity pool has 10,000 more identities than the day before. The web server's log
of that day shows 310 visitors, 10,000 pages, and 24 sign-ins of one member. How many identities do the lines
below make? And what is `"the cause"` of the 10,000: `"visitors"`, `"pages"` or `"sign-ins"`?
"""

import boto3

from cognito_lab.practice.checks import expect, id_token

title, core, difficulty, minutes = "Ten thousand identities in a day", False, 2, 7
expected = "four numbers and the cause. The check makes the visits and counts the identities."
hint = "09.2 says when GetId makes an identity and when it finds one. You can count with `list_identities`."
scene = "visitors"

name = "identities"
stub = {
    "ten visitors, a page each": None,
    "one visitor, ten pages, each page calls GetId": None,
    "one visitor, ten pages, the id is kept and used again": None,
    "one member signs in ten times": None,
    "the cause": None,
}
solution = {
    "ten visitors, a page each": 10,
    "one visitor, ten pages, each page calls GetId": 10,
    "one visitor, ten pages, the id is kept and used again": 1,
    "one member signs in ten times": 1,
    "the cause": "pages",
}
LOG = {"visitors": 310, "pages": 10_000, "sign-ins": 24}
TEN_OF = {
    "visitors": "ten visitors, a page each",
    "pages": "one visitor, ten pages, each page calls GetId",
    "sign-ins": "one member signs in ten times",
}
BECAUSE = {
    "ten visitors, a page each": "Without a login, GetId makes an identity each time.",
    "one visitor, ten pages, each page calls GetId": "GetId does not recognise a browser. Without a login, "
    "each call makes a new guest. So an app should keep the id.",
    "one visitor, ten pages, the id is kept and used again": "GetCredentialsForIdentity uses the id that it "
    "is given, and makes no new one.",
    "one member signs in ten times": "A login leads to the same identity each time, also with a new token.",
}


def check(answer, scene, lab):
    made = counted(scene)
    for what, really in made.items():
        said = answer.get(what)
        expect(isinstance(said, int), f"{what}: how many identities? Write a number.")
        expect(said == really, f"{what}: the pool does not have {said} new ones. {BECAUSE[what]}")
    explained = {cause: LOG[cause] * made[ten] // 10 for cause, ten in TEN_OF.items()}
    cause = answer.get("the cause")
    expect(cause in LOG, "The cause is one of “visitors”, “pages” and “sign-ins”.")
    expect(
        explained[cause] == 10_000,
        f"{LOG[cause]} {cause} explain {explained[cause]} identities, not 10,000.",
    )


def counted(scene):
    """The four cases, made: how many identities the pool has gained by each."""
    identity_pools = boto3.client("cognito-identity")
    pool = {"IdentityPoolId": scene.identity_pool}

    def visit(kept=None):
        identity = kept or identity_pools.get_id(**pool)["IdentityId"]
        return identity_pools.get_credentials_for_identity(IdentityId=identity)["IdentityId"]

    def sign_in():
        identity_pools.get_id(**pool, Logins={scene.issuer: id_token(scene, "mara")})

    def keep():
        kept = None
        for _ in range(10):
            kept = visit(kept)

    cases = {  # the pool sees no browsers: to it the first two are the same
        "ten visitors, a page each": lambda: [visit() for _ in range(10)],
        "one visitor, ten pages, each page calls GetId": lambda: [visit() for _ in range(10)],
        "one visitor, ten pages, the id is kept and used again": keep,
        "one member signs in ten times": lambda: [sign_in() for _ in range(10)],
    }
    made = {}
    for what, happens in cases.items():
        before = len(identity_pools.list_identities(**pool, MaxResults=60)["Identities"])
        happens()
        made[what] = len(identity_pools.list_identities(**pool, MaxResults=60)["Identities"]) - before
    return made


wrong_visitors = (
    {
        **solution,
        "one visitor, ten pages, each page calls GetId": 1,
        "the cause": "visitors",
    },
    "GetId does not recognise a browser",
)
wrong_each_sign_in = {**solution, "one member signs in ten times": 10}, "A login leads to the same identity"
wrong_each_page = (
    {
        **solution,
        "one visitor, ten pages, the id is kept and used again": 10,
    },
    "uses the id that it is given",
)
wrong_guests_are_one = {**solution, "ten visitors, a page each": 1}, "GetId makes an identity each time"
wrong_cause = {**solution, "the cause": "visitors"}, "310 visitors explain 310"
wrong_no_cause = {**solution, "the cause": None}, "The cause is one of"
