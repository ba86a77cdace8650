"""So far the page has only Google's button. From now on people sign in at the user pool, the identity pool lists the user
pool only, and Mara should see her picture on the page. Which three of these lines have to change?

1. the page signs in: Google's button gives `token`
2. the page names the issuer of the token: `provider = "accounts.google.com"`
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
    "A set of three numbers, in braces. The check changes these lines only, and opens the page as Mara."
)
hint = "The policies name identities. Which lines name a provider, or need one?"
scene = "own_folders"

name = "changed"
stub = set()
solution = {1, 2, 5}


def check(answer, scene, lab):
    expect(
        isinstance(answer, set) and answer <= set(range(1, 8)),
        f"Write a set of numbers from 1 to 7; you wrote {answer!r}.",
    )
    problem = page_as_mara(answer, scene, lab)
    expect(not problem, f"Changed {sorted(answer)}, and opened the page as Mara: {problem}")
    for number in sorted(answer):
        if not page_as_mara(answer - {number}, lab.scene("own_folders"), lab):
            raise Mistake(f"It works, and it also works if line {number} stays as it is.")


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
            return "no credentials: the trust policy wants a pool that did not issue the token (line 6)."
        return "the identity pool refuses the token: it is the user pool's, and goes under another name."
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


wrong_the_policies = ({1, 6, 7}, "no credentials: the trust policy wants a pool")
wrong_permissions_too = ({1, 2, 5, 7}, "the list is refused, because a folder is named after the identity id")
wrong_google_stays = ({1, 2}, "Google's tokens still get in")
wrong_name_of_the_provider = ({1, 5}, "and goes under another name")
wrong_entering_is_another_call = ({1, 2, 3, 5}, "it also works if line 3 stays as it is")
wrong_button_stays = ({2, 5}, "she has no Google account")
