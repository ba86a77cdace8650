"""Tidepool has several clients at Google: one for the page, one for phones, and perhaps more soon. Write
`admit_all`: the identity pool accepts Google's ID tokens for each client in `clients`.

Perhaps a colleague has already registered Google in IAM, for a client that another pool uses. This client must stay
registered. (Your pool then accepts its tokens too, since the list belongs to the provider.)
"""

import boto3

from cognito_lab.practice.checks import expect, id_token, refusal_of

title, core, difficulty, minutes = "Two clients of one provider", False, 2, 5
expected = "Goran gets in by each client; members of the user pool and guests get in as before."
hint = """
A public provider has one id in the pool's settings. A provider that is registered in IAM has a list. IAM has one entry
for each address, and a call that adds a client to it.
"""
scene = "roles"

GOOGLE, GORAN = "accounts.google.com", "goran.pavic@gmail.example"


def admit_all(iam, identity_pools, pool, clients):
    """Let the identity pool `pool` (an id) accept Google's tokens for all `clients`, a list of client ids."""
    providers = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    found = [each["Arn"] for each in providers if each["Arn"].endswith("/accounts.google.com")]
    if found:
        arn = found[0]
        for client in clients:
            iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=client)
    else:
        made = iam.create_open_id_connect_provider(Url="https://accounts.google.com", ClientIDList=clients)
        arn = made["OpenIDConnectProviderArn"]
    settings = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    del settings["ResponseMetadata"]
    settings["OpenIdConnectProviderARNs"] = [*settings.get("OpenIdConnectProviderARNs", []), arn]
    identity_pools.update_identity_pool(**settings)


def check(answer, scene, lab):
    iam, identity_pools, page = (
        boto3.client("iam"),
        boto3.client("cognito-identity"),
        "https://tidepool.example",
    )
    names = ("Tidepool", "Tidepool for phones", "Tidepool for watches", "Of the colleague", "Win a camera")
    made = [lab.google.register_client(name, origins=[page]).client_id for name in names]
    cases = (("Google is not in IAM yet", False, made[:2]), ("Google is in IAM already", True, made[:3]))
    for case, registered, clients in cases:
        for each in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
            iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=each["Arn"])
        if registered:
            iam.create_open_id_connect_provider(Url=f"https://{GOOGLE}", ClientIDList=[made[3]])
        pool = new_pool(identity_pools, scene)
        answer(iam, identity_pools, pool, list(clients))
        tokens = {client: lab.google.credential(client, GORAN, page) for client in made}
        lost = [each for each in clients if not comes_in(identity_pools, pool, {GOOGLE: tokens[each]})]
        expect(lost != clients, f"{case}: Goran is refused, whichever client his token is for.")
        where = ", ".join(str(clients.index(each) + 1) for each in lost)
        expect(not lost, f"{case}: Goran is refused with a token for client {where}.")
        expect(
            not comes_in(identity_pools, pool, {GOOGLE: tokens[made[4]]}),
            f"{case}: a token for a strange client gets in.",
        )
        expect(
            comes_in(identity_pools, pool, {scene.issuer: id_token(scene, "mara")}),
            f"{case}: Mara does not get in any more by the user pool.",
        )
        expect(comes_in(identity_pools, pool, {}), f"{case}: guests do not get in any more.")
        if registered:
            arn = f"arn:aws:iam::{lab.account}:oidc-provider/{GOOGLE}"
            kept = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"]
            expect(made[3] in kept, f"{case}: the colleague's client is not registered any more.")


def new_pool(identity_pools, scene):
    return identity_pools.create_identity_pool(
        IdentityPoolName="checked",
        AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=[{"ProviderName": scene.issuer, "ClientId": scene.client}],
    )["IdentityPoolId"]


def comes_in(identity_pools, pool, login):
    return not refusal_of(lambda: identity_pools.get_id(IdentityPoolId=pool, Logins=login))


def listed(identity_pools, pool, **more):
    """The pool with some settings more, for the wrong answers."""
    settings = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    del settings["ResponseMetadata"]
    identity_pools.update_identity_pool(**settings, **more)


def wrong_second_entry_under_the_key(iam, identity_pools, pool, clients):
    """with a token for client 1"""
    settings = identity_pools.describe_identity_pool(IdentityPoolId=pool)
    del settings["ResponseMetadata"]
    settings["SupportedLoginProviders"] = {}
    for client in clients:
        settings["SupportedLoginProviders"][GOOGLE] = client
    identity_pools.update_identity_pool(**settings)


def wrong_ids_in_one_text(iam, identity_pools, pool, clients):
    """InvalidParameterException"""
    listed(identity_pools, pool, SupportedLoginProviders={GOOGLE: ",".join(clients * 2)})


def wrong_not_listed_in_the_pool(iam, identity_pools, pool, clients):
    """whichever client his token is for"""
    iam.create_open_id_connect_provider(Url="https://accounts.google.com", ClientIDList=clients)


def wrong_colleague_not_foreseen(iam, identity_pools, pool, clients):
    """EntityAlreadyExists"""
    made = iam.create_open_id_connect_provider(Url="https://accounts.google.com", ClientIDList=clients)
    listed(identity_pools, pool, OpenIdConnectProviderARNs=[made["OpenIDConnectProviderArn"]])


def wrong_colleague_thrown_out(iam, identity_pools, pool, clients):
    """the colleague's client is not registered any more"""
    for each in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=each["Arn"])
    wrong_colleague_not_foreseen(iam, identity_pools, pool, clients)


def wrong_user_pool_lost(iam, identity_pools, pool, clients):
    """Mara does not get in any more"""
    made = iam.create_open_id_connect_provider(Url="https://accounts.google.com", ClientIDList=clients)
    identity_pools.update_identity_pool(
        IdentityPoolId=pool,
        IdentityPoolName="checked",
        AllowUnauthenticatedIdentities=True,
        OpenIdConnectProviderARNs=[made["OpenIDConnectProviderArn"]],
    )
