"""Goran has an account in the user pool and gets in through the one door. Before that, he signed in with Google, at the
many doors. In which of these four stores can each thing be read: `"Google"`, `"user pool"`, `"identity pool"`,
`"IAM"`? Some are in more than one store, some in none.
"""

from cognito_lab.practice.checks import expect, id_token

title, core, difficulty, minutes = "Who knows what about Goran", False, 2, 6
expected = "Four sets. The check asks the stores themselves."
hint = "Which store has profiles, which has identity ids, which has policies? A token is checked; is it also stored?"
scene = "two_doors"

name = "where"
stub = {
    "his e-mail address": set(),
    "his identity id": set(),
    "the token that Google gave him": set(),
    "what the member's role may do": set(),
}
solution = {
    "his e-mail address": {"Google", "user pool"},
    "his identity id": {"identity pool"},
    "the token that Google gave him": set(),
    "what the member's role may do": {"IAM"},
}
EMAIL = "goran.pavic@gmail.example"
BECAUSE = {
    "his e-mail address": "the address is in his profiles; the identity pool keeps no profile, only ids and "
    "names of providers",
    "his identity id": "the identity id belongs to the identity pool, and the user pool never learns it",
    "the token that Google gave him": "it was issued, shown and checked, and nobody stored it: Cognito stores no provider's token "
    "unless somebody maps it",
    "what the member's role may do": "permissions are a policy of the role, and the identity pool only names the role",
}


def check(answer, scene, lab):
    import json

    import boto3

    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    iam = boto3.client("iam")
    issuer = f"cognito-idp.{lab.region}.amazonaws.com/{scene.pool}"
    token = lab.google.credential(scene.tidepool_at_google.client_id, EMAIL, "https://tidepool.example")
    by_google = identity_pools.get_id(IdentityPoolId=scene.many, Logins={"accounts.google.com": token})
    login = {issuer: id_token(scene, "goran")}
    by_pool = identity_pools.get_id(IdentityPoolId=scene.identity_pool, Logins=login)["IdentityId"]
    role = {"RoleName": "tidepool-member"}
    stores = {
        "Google": vars(lab.google.accounts[EMAIL]),
        "user pool": user_pools.admin_get_user(UserPoolId=scene.pool, Username="goran"),
        "identity pool": [
            identity_pools.describe_identity(IdentityId=identity)
            for identity in (by_pool, by_google["IdentityId"])
        ],
        "IAM": [iam.get_role(**role), iam.get_role_policy(**role, PolicyName="own-folder")],
    }
    things = {
        "his e-mail address": EMAIL,
        "his identity id": by_pool,
        "the token that Google gave him": token,
        "what the member's role may do": "s3:GetObject",
    }
    expect(isinstance(answer, dict) and set(answer) == set(things), f"Keep the four names: {list(things)}.")
    for thing, value in things.items():
        truth = {store for store, known in stores.items() if value in json.dumps(known, default=str)}
        expect(
            isinstance(answer[thing], (set, frozenset, list, tuple)) or not answer[thing],
            f'{thing}: write a set of stores, as in {{"Google"}}; if no store has it, set(). You wrote {answer[thing]!r}.',
        )
        said = set(answer[thing] or ())
        expect(said <= set(stores), f"The stores are {list(stores)}; you wrote {sorted(said)}.")
        for store in sorted(said - truth):
            expect(False, f"{store} does not have {thing}: {BECAUSE[thing]}.")
        expect(truth <= said, f"{thing}: your set leaves out {len(truth - said)} of the stores that have it.")


wrong_cognito_keeps_the_token = (
    {**solution, "the token that Google gave him": {"user pool"}},
    "Cognito stores no provider's token",
)
wrong_identity_pool_knows_the_address = (
    {**solution, "his e-mail address": {"Google", "user pool", "identity pool"}},
    "the identity pool keeps no profile",
)
wrong_user_pool_knows_the_identity = (
    {**solution, "his identity id": {"user pool", "identity pool"}},
    "the user pool never learns it",
)
wrong_permissions_in_the_identity_pool = (
    {**solution, "what the member's role may do": {"identity pool"}},
    "permissions are a policy of the role",
)
wrong_a_word_for_a_set = ({**solution, "what the member's role may do": "IAM"}, "write a set of stores")
wrong_one_left_out = (
    {**solution, "his e-mail address": {"Google"}},
    "his e-mail address: your set leaves out 1 of the stores",
)
