"""The identity pool is to believe the user pool and nobody else, and Mara is to see her pictures as before. These are
the lines of the page and of the set-up behind it. Which three change?

1. the page signs in: Google's button gives `token`
2. the page says whose token it is: `provider = "accounts.google.com"`
3. the page enters: `GetId` and `GetCredentialsForIdentity`, with `Logins={provider: token}`
4. the page lists the folder `identity_id + "/"`
5. set-up: the providers that the identity pool lists
6. set-up: the trust policy, `aud` is the identity pool's id
7. set-up: the permissions, for the folder `${cognito-identity.amazonaws.com:sub}`
"""

from cognito_lab.practice.checks import (
    Mistake,
    client_with,
    expect,
    id_token,
    identity_and_credentials,
    refusal_of,
)

title, core, difficulty, minutes = "Swap Google for the user pool", False, 2, 5
expected = (
    "A set of three numbers, in braces. The check changes just these lines, and opens the page as Mara."
)
hint = "The policies speak of identities. Which lines speak of a provider?"
scene = "own_folders"

name = "changed"
stub = set()
solution = {1, 2, 5}


def check(answer, scene, lab):
    expect(
        isinstance(answer, set) and answer <= set(range(1, 8)),
        f"A set of numbers from 1 to 7; got {answer!r}.",
    )
    problem = page_as_mara(answer, scene, lab)
    expect(not problem, f"Changed {sorted(answer)}, and opened the page as Mara: {problem}")
    for number in sorted(answer):
        if not page_as_mara(answer - {number}, lab.scene("own_folders"), lab):
            raise Mistake(f"It works, and without changing line {number} it works as well.")


def page_as_mara(changed, scene, lab):
    """What is wrong when the page is opened as Mara with these lines changed; nothing if it shows her picture."""
    import boto3

    identity_pools, iam = boto3.client("cognito-identity"), boto3.client("iam")
    pool, issuer = scene.identity_pool, scene.issuer
    if 5 in changed:
        identity_pools.update_identity_pool(
            IdentityPoolId=pool,
            IdentityPoolName="tidepool-site",
            AllowUnauthenticatedIdentities=False,
            CognitoIdentityProviders=[{"ProviderName": issuer, "ClientId": scene.client}],
        )
    if 6 in changed:
        document = iam.get_role(RoleName="site-user")["Role"]["AssumeRolePolicyDocument"]
        rewrite(iam.update_assume_role_policy, document, pool, scene.client)
    if 7 in changed:
        document = iam.get_role_policy(RoleName="site-user", PolicyName="own-folder")["PolicyDocument"]
        put = {"RoleName": "site-user", "PolicyName": "own-folder"}
        rewrite(iam.put_role_policy, document, "cognito-identity.amazonaws.com:sub", f"{issuer}:sub", **put)
    google = lab.google.credential(scene.tidepool.client_id, "goran.pavic@gmail.example", scene.origin)
    member = id_token(scene, "mara")
    logins = {issuer if 2 in changed else "accounts.google.com": member if 1 in changed else google}
    if 1 not in changed:
        return "she has no Google account, and the page has only Google's button."
    if refusal_of(lambda: identity_and_credentials(pool, logins)):
        if 6 in changed:
            return "no credentials: the trust policy asks for a pool that the token is not from (line 6)."
        return "the identity pool refuses the token, which is the user pool's, under the name of another."
    identity, parts = identity_and_credentials(pool, logins)
    folder = identity if 4 not in changed else "mara"
    listing = refusal_of(lambda: client_with(parts).list_objects_v2(Bucket=scene.bucket, Prefix=f"{folder}/"))
    if listing:
        which = "line 7" if 7 in changed else "line 4"
        return f"the list is refused, because a folder is named after the identity id and nothing else ({which})."
    if not refusal_of(lambda: identity_and_credentials(pool, {"accounts.google.com": google})):
        return "she sees her picture, and Google's tokens still get in: the identity pool lists Google."
    return ""


def rewrite(call, document, old, new, **names):
    import json

    text = json.dumps(document).replace(old, new)
    call(**(names or {"RoleName": "site-user"}), PolicyDocument=text)


wrong_the_policies = ({1, 6, 7}, "no credentials: the trust policy asks for a pool")
wrong_permissions_too = ({1, 2, 5, 7}, "the list is refused, because a folder is named after the identity id")
wrong_google_stays = ({1, 2}, "Google's tokens still get in")
wrong_name_of_the_provider = ({1, 5}, "under the name of another")
wrong_entering_is_another_call = ({1, 2, 3, 5}, "without changing line 3 it works as well")
wrong_button_stays = ({2, 5}, "she has no Google account")
