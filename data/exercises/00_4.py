"""Write `service_of`. It is given the id of a pool, and returns the name of the service that knows this pool:
`"cognito-idp"` or `"cognito-identity"`. The check makes pools in two Regions.
"""

from functools import partial

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "Whose id is this?", False, 1, 2
expected = "the service that you name can describe the pool."
hint = "Look again at the two ids of 00.1. What comes after the Region?"
scene = "directory"


def service_of(pool_id):
    """The name of the service that knows the pool with this id."""
    return "cognito-identity" if ":" in pool_id else "cognito-idp"


def check(answer, scene, lab):
    for region in ("us-east-1", "eu-west-1"):
        user_pools = boto3.client("cognito-idp", region_name=region)
        identity_pools = boto3.client("cognito-identity", region_name=region)
        closed = {"IdentityPoolName": "club", "AllowUnauthenticatedIdentities": False}
        pools = (
            user_pools.create_user_pool(PoolName="club")["UserPool"]["Id"],
            identity_pools.create_identity_pool(**closed)["IdentityPoolId"],
        )
        for pool in pools:
            describe = {
                "cognito-idp": partial(user_pools.describe_user_pool, UserPoolId=pool),
                "cognito-identity": partial(identity_pools.describe_identity_pool, IdentityPoolId=pool),
            }
            said = answer(pool)
            expect(
                said in describe,
                f"For {pool} you return {said!r}. Return one of these names: {', '.join(describe)}.",
            )
            code = refusal_of(describe[said])
            expect(not code, f"{said} was asked about {pool} → {code}. Look at the form of the id.")


def wrong_other_way_round(pool_id):
    """cognito-identity was asked about us-east-1_"""
    return "cognito-idp" if ":" in pool_id else "cognito-identity"


def wrong_one_region(pool_id):
    """cognito-identity was asked about eu-west-1_"""
    return "cognito-idp" if pool_id.startswith("us-east-1_") else "cognito-identity"


def wrong_always_the_same(pool_id):
    """cognito-idp was asked about us-east-1:"""
    return "cognito-idp"


def wrong_in_words(pool_id):
    """Return one of these names"""
    return "identity pool" if ":" in pool_id else "user pool"
