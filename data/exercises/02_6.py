"""Your app accepts ID tokens of Tidepool's user pool for its own app client. Five tokens come that it must refuse.
At which step does each of them fall? Choose one of `"algorithm"`, `"issuer"`, `"key"`, `"signature"`, `"audience"`,
`"expiry"` and `"token_use"`.
"""

import boto3

from cognito_lab.practice.checks import expect

title, core, difficulty, minutes = "Which step stops it?", False, 1, 2
expected = "a step for each token. The check takes the steps, in the order of `show_token`."
hint = "What is wrong with it: whose it is, what was changed, for whom it is, which kind it is, or how old?"
scene = "members"

name = "stopped_at"
stub = {
    "an honest token of the club's test pool": None,
    "an honest token that Mara's tab has kept since yesterday": None,
    "an honest ID token that the newsletter's app client got": None,
    "an honest access token that your own app client got": None,
    "a token to which Rook has added a group": None,
}
solution = {
    "an honest token of the club's test pool": "issuer",
    "an honest token that Mara's tab has kept since yesterday": "expiry",
    "an honest ID token that the newsletter's app client got": "audience",
    "an honest access token that your own app client got": "token_use",
    "a token to which Rook has added a group": "signature",
}
STEPS = ("algorithm", "issuer", "key", "signature", "audience", "expiry", "token_use")


def check(answer, scene, lab):
    for what, step in answer.items():
        expect(step in STEPS, f"{what}: choose one of {', '.join(STEPS)}.")
    views = tokens_shown(scene, lab)
    for what, view in views.items():
        expect(
            answer[what] == view.fell_at,
            f"{what}: it passes the step {answer[what]}, or never gets there. {ABOUT[what]}",
        )


ABOUT = dict(
    zip(
        stub,
        (
            "Everybody can have a user pool, and this is not the one that you trust.",
            "Nothing in it was changed, and all is right but the hour.",
            "It is from the right pool, and meant for somebody else.",
            "It is from the right pool and the right app client, and says what may be done, not who somebody is.",
            "Rook does not have the private key.",
        ),
        strict=True,
    )
)


def tokens_shown(scene, lab):
    from cognito_lab.practice.checks import id_token
    from cognito_lab.views.token_view import show_token

    user_pools = boto3.client("cognito-idp")
    reader = {
        "use": "id",
        "client": scene.client,
        "issuer": f"https://cognito-idp.{lab.region}.amazonaws.com/{scene.pool}",
    }
    flows, person = ["ALLOW_USER_PASSWORD_AUTH"], {"Username": "mara", "Password": scene.password}
    test_pool = user_pools.create_user_pool(PoolName="test")["UserPool"]["Id"]
    apps = {}
    for name, pool in (("test", test_pool), ("newsletter", scene.pool)):
        made = user_pools.create_user_pool_client(UserPoolId=pool, ClientName=name, ExplicitAuthFlows=flows)
        apps[name] = made["UserPoolClient"]["ClientId"]
    user_pools.sign_up(ClientId=apps["test"], **person)
    user_pools.admin_confirm_sign_up(UserPoolId=test_pool, Username="mara")
    old = id_token(scene, "mara")
    lab.travel(hours=24)
    flow = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH"}
    given = {"USERNAME": "mara", "PASSWORD": scene.password}
    own = user_pools.initiate_auth(**flow, AuthParameters=given)["AuthenticationResult"]
    views = [
        show_token(id_token(scene, "mara", apps["test"]), **reader),
        show_token(old, **reader),
        show_token(id_token(scene, "mara", apps["newsletter"]), **reader),
        show_token(own["AccessToken"], **reader),
        show_token(own["IdToken"], **reader).edited("cognito:groups", ["curators"]),
    ]
    return dict(zip(stub, views, strict=True))


TEST_POOL, KEPT, NEWSLETTER, ACCESS, GROUP = stub
wrong_test_pool = {**solution, TEST_POOL: "audience"}, "this is not the one that you trust"
wrong_kept = {**solution, KEPT: "signature"}, "all is right but the hour"
wrong_newsletter = {**solution, NEWSLETTER: "token_use"}, "meant for somebody else"
wrong_access = {**solution, ACCESS: "audience"}, "says what may be done"
wrong_group = {**solution, GROUP: "algorithm"}, "does not have the private key"
wrong_step = {**solution, GROUP: "revocation"}, "choose one of"
