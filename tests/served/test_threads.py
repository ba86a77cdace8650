"""Many at once, from threads of the kernel and from other programs: one account, one after the other."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from support.served import call, lab, server
from support.user_pools import FLOWS, OTHER_PASSWORD, PASSWORD, World, pairs

from cognito_lab import Lab
from cognito_lab.aws.user_pools.tokens import session_tracking
from cognito_lab.network import account_lock, hosts
from cognito_lab.network.messages import Request, Response
from cognito_lab.served.server import Server
from cognito_lab.views.permissions import permissions

__all__ = ["lab", "server"]
TOGETHER = 4
ROUNDS = 25


@pytest.fixture
def it(lab: Lab) -> World:
    return World(lab)


@pytest.fixture(autouse=True)
def often() -> Iterator[None]:
    """Threads take turns as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each of these came to, begun at one moment: an answer, or the code of its refusal."""
    ready, found = threading.Barrier(len(calls)), list[Any]()

    def run(made: Callable[[], Any]) -> None:
        ready.wait(20)
        try:
            found.append(made())
        except ClientError as refusal:
            found.append(refusal.response["Error"]["Code"])
        except BaseException as error:
            found.append(error)

    threads = [threading.Thread(target=run, args=(made,)) for made in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == len(calls)
    return found


def accepted(answers: list[Any]) -> int:
    """How many were let in; anything but a refusal of AWS's is an error of the lab."""
    assert [each for each in answers if not isinstance(each, dict | str)] == []
    return sum(isinstance(each, dict) for each in answers)


def rotating_refresh_token(it: World, number: int) -> Callable[[], Any]:
    token = it.sign_in()["RefreshToken"]
    return lambda: it.idp.get_tokens_from_refresh_token(ClientId=it.client, RefreshToken=token)


def one_username(it: World, number: int) -> Callable[[], Any]:
    given = {"ClientId": it.client, "Username": f"new{number}", "Password": PASSWORD}
    return lambda: it.idp.sign_up(**given, UserAttributes=pairs(email="a@tidepool.example"))


def one_new_password_session(it: World, number: int) -> Callable[[], Any]:
    it.invited(f"ben{number}", email="b@tidepool.example")
    asked = it.initiate(f"ben{number}")
    answer = {"USERNAME": f"ben{number}", "NEW_PASSWORD": OTHER_PASSWORD}
    return lambda: it.idp.respond_to_auth_challenge(
        ClientId=it.client, ChallengeName=asked["ChallengeName"], Session=asked["Session"],
        ChallengeResponses=answer,
    )  # fmt: skip


ONCE = [rotating_refresh_token, one_username, one_new_password_session]


@pytest.mark.parametrize("prepare", ONCE)
def test_what_counts_once_counts_once_for_threads_as_well(it: World, prepare: Any) -> None:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    flows = [flow for flow in FLOWS if "REFRESH" not in flow]
    it.client = it.new_client(RefreshTokenRotation=rotation, ExplicitAuthFlows=flows)["ClientId"]
    it.member()
    for number in range(ROUNDS):
        made = prepare(it, number)
        assert accepted(at_once(*[made] * TOGETHER)) == 1, f"in round {number}"


@pytest.mark.parametrize("prepare", ONCE)
def test_without_the_lock_it_counts_for_several(it: World, prepare: Any, monkeypatch: Any) -> None:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    it.client = it.new_client(RefreshTokenRotation=rotation, ExplicitAuthFlows=FLOWS[:2])["ClientId"]
    it.member()
    monkeypatch.setattr(account_lock.AccountLock, "_take", lambda _: False)
    # Between the check of a refresh token and what it changes, the others get their turn.
    monkeypatch.setattr(session_tracking, "use", lambda *_: time.sleep(0.001))
    rounds = (at_once(*[prepare(it, number)] * TOGETHER) for number in range(4 * ROUNDS))
    assert any(sum(isinstance(each, dict) for each in answers) != 1 for answers in rounds)


def test_through_kernel_and_wire_a_username_is_given_out_once(it: World, lab: Lab, server: Server) -> None:
    def outside(name: str) -> dict[str, Any] | str:
        given = {"Username": name, "Password": PASSWORD, "UserAttributes": pairs(email="a@tidepool.example")}
        answer = call(server, "SignUp", ClientId=it.client, **given).json()
        return answer if "UserSub" in answer else str(answer["__type"])

    for number in range(ROUNDS):
        inside = one_username(it, number)
        assert accepted(at_once(inside, lambda n=number: outside(f"new{n}"), inside)) == 1


def test_nobody_sees_a_list_in_the_midst_of_a_change(it: World, lab: Lab, server: Server) -> None:
    """Lists, mail and pictures of the account, while people sign up."""
    it.member("ines")
    key, iam = {"AccessKeyId": "test", "SecretAccessKey": "test"}, boto3.client("iam")

    def sign_up(number: int) -> Callable[[], dict[str, Any]]:
        return lambda: [it.sign_up(f"p{number}.{one}") for one in range(15)][-1]

    def look(see: Callable[[], Any]) -> Callable[[], dict[str, Any]]:
        return lambda: [see() for _ in range(15)] and {}

    looks = (
        lambda: it.idp.list_users(UserPoolId=it.pool),
        lambda: call(server, "ListUsers", UserPoolId=it.pool).json()["Users"],
        lambda: lab.inbox("p1.1@tidepool.example"),
        lambda: permissions(key, "s3:ListBucket", "arn:aws:s3:::a"),
        lambda: iam.list_roles(),
    )
    answers = at_once(*map(sign_up, range(3)), *map(look, looks))
    assert accepted(answers) == len(answers)
    assert it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]["EstimatedNumberOfUsers"] == 46


def test_people_of_a_stand_in_are_added_once(lab: Lab) -> None:
    for number in range(ROUNDS):
        person = {"email": f"{number}@a.example", "name": "A", "given_name": "A", "family_name": "A"}
        for add in (lab.google.add_account, lab.university.add_person):
            answers = at_once(*[lambda add=add, person=person: add(**person) and {}] * TOGETHER)
            assert Counter(type(each).__name__ for each in answers) == {"dict": 1, "ValueError": 3}


def test_a_call_that_waits_for_another_ones_call_is_no_deadlock(it: World, monkeypatch: Any) -> None:
    """A Lambda function calls the account while the call that set it off is still under way."""
    monkeypatch.setattr(account_lock, "PATIENCE", 0.1)
    found = []

    def function(request: Request) -> Response:
        inner = threading.Thread(
            target=lambda: found.append([it.idp.list_user_pools(MaxResults=5) for _ in "ab"])
        )
        inner.start()
        inner.join(20)
        return Response(200)

    monkeypatch.setattr(hosts, "HOSTS", [*hosts.HOSTS])
    hosts.register_host("function.example", "function", function)
    assert hosts.fetch("app", "GET", "https://function.example/").status == 200
    assert len(found) == 1, "the inner call was not answered"


def test_who_waits_for_many_waits_for_all_of_them() -> None:
    """Patience is with one holder: a queue, however long, is no reason to go on beside it."""
    lock, together, most, inside = account_lock.AccountLock(), 0, 0, threading.Barrier(8)

    def work() -> None:
        nonlocal together, most
        inside.wait()
        with lock:
            together += 1
            most = max(most, together)
            time.sleep(0.1)
            together -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(account_lock, "PATIENCE", 0.6)  # less than for all, and far more than for one
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == 1
