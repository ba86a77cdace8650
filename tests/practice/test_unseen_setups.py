"""Exercise 13.2: each of its twelve set-ups has one hole, which one attack uses and its repair closes."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from support.kept_scenes import kept_scenes

from cognito_lab import Lab
from cognito_lab.lessons import scenes
from cognito_lab.practice.exercises import Exercise

__all__ = ["kept_scenes"]

EXERCISE = Exercise("13.2")
REPAIR, PEOPLE = EXERCISE.right(), EXERCISE._module.people
SETUPS = list(PEOPLE.ATTACKS)
# A role that is for every identity pool of the Region is for the phone app's too.
ALSO = {10: {6}}


@pytest.fixture(scope="module")
def lab():
    with Lab.start() as lab:
        yield lab


def played(lab: Lab, name: str) -> SimpleNamespace:
    return PEOPLE.account_of(lab.scene(name))


def shut_out(tidepool: SimpleNamespace, lab: Lab) -> list[str]:
    return [who for who, does in PEOPLE.honest(tidepool, lab) if PEOPLE.refused(does)]


def test_there_are_a_dozen():
    found = {path.stem for path in scenes.SCENES.glob("unseen_*.py")}
    assert found == {f"unseen_{number}" for number in SETUPS} and list(range(1, 13)) == SETUPS


def test_nothing_works_for_rook_where_there_is_no_hole(lab):
    tidepool = played(lab, "open_tidepool")
    assert reading(tidepool) == reading(played(lab, "open_tidepool")), "a difference is a hole"
    assert list(PEOPLE.works_for_rook(tidepool, lab)) == []
    assert shut_out(tidepool, lab) == []


@pytest.mark.parametrize("setup", SETUPS)
def test_one_attack_uses_the_hole_and_everybody_else_is_let_in(setup, lab):
    plain, tidepool = reading(played(lab, "open_tidepool")), played(lab, f"unseen_{setup}")
    assert reading(tidepool) != plain, "it can be found with calls that only read"
    works = {number for number, attack in PEOPLE.ATTACKS.items() if attack(tidepool, lab)}
    assert works == {setup} | ALSO.get(setup, set())
    assert shut_out(tidepool, lab) == []
    assert PEOPLE.ATTACKS[setup](tidepool, lab), "attacks leave the account as it was"


@pytest.mark.parametrize("setup", SETUPS)
def test_a_set_up_is_repaired_by_its_own_repair(setup, lab):
    exercise = Exercise("13.2", lab)
    right = exercise.answer_from(exercise.solved.replace("setup=1)", f"setup={setup})"))
    assert exercise.judge(right).done, exercise.judge(right).says


def test_the_repair_of_another_set_up_is_not_enough_and_the_check_does_not_say_where_the_hole_is(lab):
    """Each repair, in the set-up that comes after its own."""
    exercise = Exercise("13.2", lab)
    for setup in SETUPS:
        other = SETUPS[setup - 2]

        def repair(account, *, setup=setup, other=other):
            REPAIR(account, setup=other)

        verdict = exercise.judge(repair)
        words = ("amr", "aud", "trust", "attribute", "policy", "guest", "slash", "sign-up", "mapping", "tag")
        assert not verdict.done, (setup, other)
        assert not [word for word in words if word in verdict.says.lower()], verdict.says


def test_the_calls_of_a_set_up_are_not_shown(lab):
    plain = lab.scene("open_tidepool")._saved.keys()
    for setup in SETUPS:
        scene = lab.scene(f"unseen_{setup}")
        assert str(scene) == scenes.FIND_OUT and "print" not in repr(scene)
        assert scene._saved.keys() == plain, "what it saves does not tell either"


def reading(tidepool: SimpleNamespace) -> dict[str, Any]:
    """What calls that read say of a set-up."""
    site, pools = {"IdentityPoolId": tidepool.site_pool}, tidepool.identity_pools
    bucket = boto3.client("s3")
    policy = PEOPLE.refused(lambda: bucket.get_bucket_policy(Bucket=tidepool.bucket))
    people = {"UserPoolId": tidepool.pool}
    app = tidepool.user_pools.describe_user_pool_client(**people, ClientId=tidepool.client)["UserPoolClient"]
    members = tidepool.user_pools.describe_user_pool(**people)["UserPool"]
    office = tidepool.user_pools.describe_user_pool(UserPoolId=tidepool.office_users)["UserPool"]
    found = {
        "roles": tidepool.iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"],
        "site": {**pools.get_identity_pool_roles(**site), "ResponseMetadata": ""},
        "members": members["UserAttributeUpdateSettings"],
        "app": app["WriteAttributes"],
        "office": office["AdminCreateUserConfig"],
        "bucket": policy,
    }
    return json.loads(json.dumps(found, default=str, sort_keys=True))
