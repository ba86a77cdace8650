"""Five applications have one requirement each. For which do you put a user pool between Google and the identity pool
(`"one door"`)? For which does the identity pool list Google (`"many doors"`)? Where does it make no difference
(`"either"`)?
"""

from cognito_lab.practice.checks import expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "When not to put a user pool in between", False, 2, 4
expected = "Five choices. The check tries both architectures and says what happened."
hint = "What does each requirement need: a profile, a group, a switch for one person? Which architecture has that?"
scene = "two_doors"

name = "choices"
stub = {
    "people from Google leave no profile with us": None,
    "an administrator can stop one person's new credentials": None,
    "somebody's group decides which role they get": None,
    "the application verifies one kind of token": None,
    "visitors without an account may look at the gallery": None,
}
solution = {
    "people from Google leave no profile with us": "many doors",
    "an administrator can stop one person's new credentials": "one door",
    "somebody's group decides which role they get": "one door",
    "the application verifies one kind of token": "one door",
    "visitors without an account may look at the gallery": "either",
}
EMAIL, PAGE = "goran.pavic@gmail.example", "https://tidepool.example"
BECAUSE = {
    "people from Google leave no profile with us": "whoever signs in through the user pool has a profile in it; "
    "at the identity pool alone they have an identity id and no more",
    "an administrator can stop one person's new credentials": "the user pool can disable a person; for somebody "
    "who signs in with Google, the identity pool has no such switch",
    "somebody's group decides which role they get": "groups belong to the user pool, and its token carries their "
    "roles; Google's token knows nothing of them",
    "the application verifies one kind of token": "with many doors the tokens have different issuers and keys",
    "visitors without an account may look at the gallery": "guests need no provider at all, so both can let them in",
}


def check(answer, scene, lab):
    expect(
        isinstance(answer, dict) and set(answer) == set(BECAUSE),
        f"Keep the five requirements: {list(BECAUSE)}.",
    )
    works = tried(scene, lab)
    for wish, why in BECAUSE.items():
        one, many = works[wish]
        truth = "either" if one and many else "one door" if one else "many doors"
        said = answer[wish]
        expect(
            said in ("one door", "many doors", "either"),
            f'“{wish}”: choose "one door", "many doors" or "either"; you wrote {said!r}.',
        )
        expect(said == truth, f"“{wish}”: not {said}. Tried in both: {why}.")


def tried(scene, lab):
    """For each wish, whether it is fulfilled by one door, and by many: found out by trying."""
    import boto3
    import jwt

    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    issuer = f"cognito-idp.{lab.region}.amazonaws.com/{scene.pool}"

    def by_pool():
        return id_token(scene, "goran")

    def by_google():
        return lab.google.credential(scene.tidepool_at_google.client_id, EMAIL, PAGE)

    def claims(token):
        return jwt.decode(token, options={"verify_signature": False})

    def enters(sign_in, pool, provider):
        return not refusal_of(lambda: identity_and_credentials(pool, {provider: sign_in()}))

    def guests(pool, **providers):
        identity_pools.update_identity_pool(
            IdentityPoolId=pool, IdentityPoolName="gallery", AllowUnauthenticatedIdentities=True, **providers
        )
        return bool(identity_pools.get_id(IdentityPoolId=pool)["IdentityId"])

    one_door = enters(by_pool, scene.identity_pool, issuer)
    many_doors = enters(by_google, scene.many, "accounts.google.com")
    assert one_door and many_doors
    token_of_member, token_of_google = claims(by_pool()), claims(by_google())
    user_pools.create_group(UserPoolId=scene.pool, GroupName="curators", RoleArn=scene.curator_role)
    user_pools.admin_add_user_to_group(UserPoolId=scene.pool, GroupName="curators", Username="goran")
    roles = ["cognito:roles" in claims(sign_in()) for sign_in in (by_pool, by_google)]
    listed = user_pools.list_users(UserPoolId=scene.pool, Filter=f'email = "{EMAIL}"')["Users"]
    user_pools.admin_disable_user(UserPoolId=scene.pool, Username="goran")
    stopped = [
        not enters(by_pool, scene.identity_pool, issuer),
        not enters(by_google, scene.many, "accounts.google.com"),
    ]
    user_pools.admin_delete_user(UserPoolId=scene.pool, Username="goran")  # without a profile, who gets in?
    works_without = [
        enters(by_pool, scene.identity_pool, issuer),
        enters(by_google, scene.many, "accounts.google.com"),
    ]
    members = {"CognitoIdentityProviders": [{"ProviderName": issuer, "ClientId": scene.client}]}
    google = {"SupportedLoginProviders": {"accounts.google.com": scene.tidepool_at_google.client_id}}
    assert listed
    return {
        "people from Google leave no profile with us": works_without,
        "an administrator can stop one person's new credentials": stopped,
        "somebody's group decides which role they get": roles,
        "the application verifies one kind of token": [
            True,  # with one door there is one issuer
            token_of_member["iss"] == token_of_google["iss"],
        ],
        "visitors without an account may look at the gallery": [
            guests(scene.identity_pool, **members),
            guests(scene.many, **members, **google),
        ],
    }


wrong_never = (
    {**solution, "people from Google leave no profile with us": "one door"},
    "whoever signs in through the user pool has a profile in it",
)
wrong_guests_need_many_doors = (
    {**solution, "visitors without an account may look at the gallery": "many doors"},
    "guests need no provider at all",
)
wrong_google_can_be_disabled = (
    {**solution, "an administrator can stop one person's new credentials": "either"},
    "the identity pool has no such switch",
)
wrong_google_knows_groups = (
    {**solution, "somebody's group decides which role they get": "either"},
    "Google's token knows nothing of them",
)
wrong_tokens_are_alike = (
    {**solution, "the application verifies one kind of token": "either"},
    "the tokens have different issuers and keys",
)
