"""Ben signs in at noon and gets credentials. A minute later an administrator disables him. Ben does what he can to
stay in. After how many hours can he open nothing any more? Count from that minute, and round up.

* `"left alone"`: he is disabled, and nothing else is done.
* `"with the server-side check"`: the check is switched on in the identity pool in the same minute.
* `"with a deny by issue time as well"`: the role also denies everything to sessions issued before that minute.

All lifetimes are the defaults.
"""

from cognito_lab.practice.checks import client_with, expect, id_token, identity_and_credentials, refusal_of

title, core, difficulty, minutes = "When is Ben really out?", False, 3, 6
expected = "Three numbers of hours. The check plays each case, and Ben tries again and again."
hint = "Three clocks (12.7). What can Ben still get with what he got at noon? And how long does that last?"
scene = "one_door"

name = "hours"
stub = {"left alone": None, "with the server-side check": None, "with a deny by issue time as well": None}
solution = {"left alone": 2, "with the server-side check": 1, "with a deny by issue time as well": 0}
BECAUSE = {
    "left alone": "with his ID token he got new credentials up to the last minute of its hour, and those lasted an "
    "hour themselves",
    "with the server-side check": "he got no new credentials, but those from noon lasted for their hour",
    "with a deny by issue time as well": "even the credentials that he had were refused",
}


def check(answer, scene, lab):
    expect(
        isinstance(answer, dict) and set(answer) == set(BECAUSE), f"Keep the three names: {list(BECAUSE)}."
    )
    for case, why in BECAUSE.items():
        truth = hours_of_ben(case, lab)
        given = answer[case]
        expect(isinstance(given, (int, float)), f"{case}: how many hours? You wrote {given!r}.")
        expect(
            given <= 24,
            f"{case}: {given} hours is the life of a refresh token, and disabling Ben ended his. In the account "
            "he was out long before.",
        )
        expect(given >= truth, f"{case}: after {given} h he still opened his folder: {why}.")
        expect(given == truth, f"{case}: he was out sooner: {why}.")


def hours_of_ben(case, lab):
    """The hours after which Ben is out, tried in an account of its own."""
    import json
    from math import ceil

    import boto3

    scene = lab.scene("one_door")
    user_pools, identity_pools = boto3.client("cognito-idp"), boto3.client("cognito-identity")
    issuer = f"cognito-idp.{lab.region}.amazonaws.com/{scene.pool}"
    login = {issuer: id_token(scene, "ben")}
    ben = identity_pools.get_id(IdentityPoolId=scene.identity_pool, Logins=login)["IdentityId"]

    def fetch():
        """A client for S3 with new credentials, if there are any to be had."""
        if refusal_of(lambda: identity_and_credentials(scene.identity_pool, login)):
            return []
        return [client_with(identity_and_credentials(scene.identity_pool, login)[1])]

    def opens(s3):
        return not refusal_of(lambda: s3.list_objects_v2(Bucket=scene.bucket, Prefix=f"{ben}/"))

    held, disabled, now = fetch(), 1, 1
    last = disabled
    lab.travel(minutes=disabled)
    user_pools.admin_disable_user(UserPoolId=scene.pool, Username="ben")
    if case != "left alone":
        identity_pools.update_identity_pool(
            IdentityPoolId=scene.identity_pool,
            IdentityPoolName="one door",
            AllowUnauthenticatedIdentities=False,
            CognitoIdentityProviders=[
                {"ProviderName": issuer, "ClientId": scene.client, "ServerSideTokenCheck": True}
            ],
        )
    if case == "with a deny by issue time as well":
        earlier = {"DateLessThan": {"aws:TokenIssueTime": lab.now.strftime("%Y-%m-%dT%H:%M:%SZ")}}
        deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": earlier}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
        boto3.client("iam").put_role_policy(
            RoleName="tidepool-member", PolicyName="end", PolicyDocument=policy
        )
    for minute in (1, 30, 58, 59, 61, 90, 117, 121, 180, 24 * 60):
        lab.travel(minutes=minute - now)
        now = minute
        held = fetch() + held
        if any(opens(s3) for s3 in held):
            last = minute
    return ceil((last - disabled) / 60)


wrong_at_noon = (
    {**solution, "left alone": 0},
    "left alone: after 0 h he still opened his folder",
)
wrong_after_thirty_days = (
    {**solution, "left alone": 30 * 24},
    "is the life of a refresh token, and disabling Ben ended his",
)
wrong_only_the_credentials_count = (
    {**solution, "left alone": 1},
    "left alone: after 1 h he still opened his folder",
)
wrong_the_check_ends_what_runs = (
    {**solution, "with the server-side check": 0},
    "he got no new credentials, but those from noon lasted for their hour",
)
wrong_the_deny_waits = (
    {**solution, "with a deny by issue time as well": 1},
    "even the credentials that he had were refused",
)
