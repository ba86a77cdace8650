"""The club wants a pool in which people sign in with a code by e-mail, or with their password. `CreateUserPool` is
refused with the settings below. Change one of them, so that the call succeeds and the club pays as little as possible.
"""

from functools import partial

import boto3

from cognito_lab.practice.checks import expect, refusal_of

title, core, difficulty, minutes = "As cheap as possible", False, 1, 2
expected = "the pool is made, allows both ways, and has the cheapest plan that does so."
hint = "What did 01.8 show about the three plans? Lite costs least, and Plus costs most."
scene = "directory"

name = "wanted"
stub = {
    "UserPoolTier": "LITE",
    "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"],
}
solution = {
    "UserPoolTier": "ESSENTIALS",
    "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"],
}
BOTH = {"PASSWORD", "EMAIL_OTP"}


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    plan, factors = answer["UserPoolTier"], answer["AllowedFirstAuthFactors"]
    made = {}

    def make(tier):
        policies = {"SignInPolicy": {"AllowedFirstAuthFactors": factors}}
        made.update(user_pools.create_user_pool(PoolName="club", Policies=policies, UserPoolTier=tier))

    code = refusal_of(partial(make, plan))
    expect(not code, f"CreateUserPool → {code}.")
    allowed = set(made["UserPool"]["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"])
    missing = ", ".join(sorted(BOTH - allowed))
    expect(not missing, f"The pool is made, but {missing} is missing.")
    plans = user_pools.meta.service_model.shape_for("UserPoolTierType").enum
    cheaper = [tier for tier in plans[: plans.index(plan)] if not refusal_of(partial(make, tier))]
    expect(not cheaper, f"{plan} allows both ways, but so does a cheaper plan.")


wrong_without_the_code = (
    {**solution, "UserPoolTier": "LITE", "AllowedFirstAuthFactors": ["PASSWORD"]},
    "EMAIL_OTP is",
)
wrong_the_dearest = {**solution, "UserPoolTier": "PLUS"}, "PLUS allows both ways, but so does a cheaper plan"
wrong_no_plan = {**solution, "UserPoolTier": "Essentials"}, "CreateUserPool → InvalidParameterException"
