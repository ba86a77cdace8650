"""The account set aside: whatever is done meanwhile, member by member it is as before."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
import requests
from support import digests, interrupts
from support.served import ask, call, lab, presigned, server
from support.user_pools import PASSWORD, World

from cognito_lab import Browser, Lab, OutsideTheLab, reproducible
from cognito_lab.aws import moto_patches
from cognito_lab.lessons import set_aside
from cognito_lab.network import account_lock
from cognito_lab.served.server import Server

__all__ = ["lab", "server"]


def live_in(lab: Lab) -> Any:
    """Something of everything that an account can hold."""
    scene = lab.scene("google_connected")
    user_pools, s3 = boto3.client("cognito-idp"), boto3.client("s3")
    lab.travel(hours=3)
    user_pools.sign_up(
        ClientId=scene.client,
        Username="lena",
        Password="Low-water-2026!",
        UserAttributes=[{"Name": "email", "Value": "lena@tidepool.example"}],
    )
    s3.create_bucket(Bucket="tidepool-shells")
    s3.put_object(Bucket="tidepool-shells", Key="limpet.svg", Body=lab.picture("limpet.svg"))
    lab.google.add_account("lena@gmail.example", "Lena", "Lena", "L")
    assert lab.university
    boto3.client("iam").create_user(UserName="deploy")
    boto3.client("cognito-identity", "eu-west-1").create_identity_pool(
        IdentityPoolName="far away", AllowUnauthenticatedIdentities=True
    )
    with pytest.raises(user_pools.exceptions.UserNotFoundException):
        user_pools.admin_get_user(UserPoolId=scene.pool, Username="nobody")
    os.environ["AWS_SDK_UA_APP_ID"] = "of-the-learner"
    return scene


@pytest.fixture(params=["fixed", "free"])
def lived_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """An account in use, with a recording under way: in a run of fixed bytes, and in a learner's kernel."""
    if request.param == "free":
        monkeypatch.delenv(reproducible.REPRODUCIBLE)
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "")
    with Lab.start() as lab:
        live_in(lab)
        with lab.record() as story:
            boto3.client("sts").get_caller_identity()
            yield lab
            assert len(story) >= 1


def scenes_and_travel(lab: Lab) -> None:
    lab.scene("two_doors")
    lab.travel(days=40)
    lab.reset()
    lab.scene("overture")


def end_it(lab: Lab) -> None:
    lab.stop()


def begin_others(_: Lab) -> None:
    Lab.start("eu-west-1")
    boto3.setup_default_session(region_name="eu-north-1")
    os.environ["AWS_REGION"] = "eu-north-1"
    Lab.start().scene("members")


def leave_a_recording(lab: Lab) -> None:
    lab.record().__enter__()
    lab.google.intercepted(str).__enter__()


def once_more(lab: Lab) -> None:
    with lab.set_aside() as inner:
        inner.scene("members")
        assert not lab.lock.at_home.is_set()
    assert boto3.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"] == []
    assert not lab.lock.at_home.is_set()


WHAT_IS_DONE = [scenes_and_travel, end_it, begin_others, leave_a_recording, once_more]


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
@pytest.mark.parametrize("do", WHAT_IS_DONE)
def test_everything_is_as_before(
    do: Callable[[Lab], None], error: type[BaseException] | None, lived_in: Lab
) -> None:
    before = digests.digest()
    assert len(before) > 2000, "the digest sees an account"
    if error is None:
        with lived_in.set_aside() as lab:
            do(lab)
    else:
        with pytest.raises(error), lived_in.set_aside() as lab:
            do(lab)
            raise error
    assert digests.differences(before, digests.digest()) == {}


def test_in_the_block_the_account_is_empty_and_its_clock_the_machines(lived_in: Lab) -> None:
    pools = boto3.client("cognito-idp")
    with lived_in.set_aside() as lab:
        assert pools.list_user_pools(MaxResults=10)["UserPools"] == []
        assert boto3.client("s3").list_buckets()["Buckets"] == []
        assert lab.inbox("lena@tidepool.example") == []
        assert "lena@gmail.example" not in lab.google.accounts
        assert "nothing yet" in repr(lab.why())
        fixed = reproducible.is_asked_for()
        assert lab.now == reproducible.FIXED_START if fixed else abs(lab.now.timestamp() - time.time()) < 60
        assert lab is lived_in, "what an answer calls lab is the account that is there"
    assert lived_in.inbox("lena@tidepool.example") and "lena@gmail.example" in lived_in.google.accounts
    assert "UserNotFoundException" in repr(lived_in.why())


def left_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the things that are kept is not."""
    if name == "clock":
        monkeypatch.setattr(set_aside.clock, "take_out", lambda: lambda: None)
    elif name == "chance of moto":
        take_out = moto_patches.take_out
        monkeypatch.setattr(moto_patches, "take_out", lambda: (*take_out()[:2], random.Random(7).getstate()))
    elif name == "storage":
        take_out = moto_patches.take_out
        monkeypatch.setattr(moto_patches, "take_out", lambda: (take_out()[0], [], take_out()[2]))
    else:
        monkeypatch.setattr(set_aside, "KEPT", tuple(pair for pair in set_aside.KEPT if pair[1] != name))


@pytest.mark.parametrize(
    "name", ["clock", "chance of moto", "storage", *(name for _, name in set_aside.KEPT)]
)
def test_the_digest_sees_what_is_not_put_back(
    name: str, lived_in: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_aside.jwt_issuers, "local_endpoint", "http://127.0.0.1:1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3.DEFAULT_SESSION)  # to be as before after the test
    with monkeypatch.context() as patch:
        before = digests.digest()
        left_out(name, patch)
        with lived_in.set_aside() as lab:
            begin_others(lab)
        assert digests.differences(before, digests.digest())
    Lab.start().stop()


def test_the_next_ids_are_those_of_a_run_without_it() -> None:
    made = []
    for aside in (False, True):
        with Lab.start() as lab:
            lab.scene("overture")
            if aside:
                with lab.set_aside():
                    lab.scene("members")
            pool = boto3.client("cognito-idp").create_user_pool(PoolName="a")["UserPool"]["Id"]
            role = boto3.client("iam").create_user(UserName="b")["User"]["UserId"]
            made.append((pool, role, lab.google.accounts["goran.pavic@gmail.example"].sub))
    assert made[0] == made[1]


def test_an_account_that_has_ended_has_ended_afterwards() -> None:
    with Lab.start("eu-west-1") as lab:
        pass
    before = digests.digest()
    with lab.set_aside() as again:
        assert again is lab and again.scene("members").pool.startswith("eu-west-1_")
    assert digests.differences(before, digests.digest()) == {}
    with pytest.raises(OutsideTheLab, match=r"lab\.stop\(\) ended it"):
        _ = lab.now
    with pytest.raises(OutsideTheLab, match="no account is running"):
        boto3.client("sts").get_caller_identity()


def test_another_account_that_runs_is_set_aside_as_well() -> None:
    with Lab.start() as first:
        pass
    with Lab.start() as second:
        second.scene("members")
        before = digests.digest()
        with first.set_aside() as lab:
            lab.scene("overture")
            with pytest.raises(OutsideTheLab, match="takes its place for a while"):
                second.reset()
        assert digests.differences(before, digests.digest()) == {}
        assert "running" in repr(second)


def test_an_interrupt_anywhere_leaves_the_learners_account(tmp_path: Path) -> None:
    """Also in the middle of setting aside and of putting back."""
    chance = random.Random(11)

    def interrupted() -> None:
        with Lab.start() as lab:
            live_in(lab)
            before = digests.digest()

            def aside() -> None:
                with lab.set_aside():
                    lab.reset()

            aside()
            whole = interrupts.at_line(0, aside)
            for number in range(150):
                line = chance.randint(1, whole)
                interrupts.at_line(line, aside)
                wrong = digests.differences(before, digests.digest())
                assert not wrong, f"interrupt {number}, at line {line} of {whole}: {wrong}"
            task = lab.exercise("01.1")
            took = max(interrupts.after(60, lambda: task.judge(task.right())) for _ in range(2))
            for _ in range(20):
                moment = chance.uniform(0, took)
                interrupts.after(moment, lambda: task.judge(task.right()))
                wrong = digests.differences(before, digests.digest())
                assert not wrong, f"a check, interrupted after {moment} of {took}: {wrong}"

    assert interrupts.in_a_fork(interrupted, tmp_path / "report") == ""


# -- from outside ----------------------------------------------------------------------------------


@pytest.fixture
def it(lab: Lab) -> World:
    world = World(lab)
    world.member("mara")
    return world


def sign_in(server: Server, it: World) -> int:
    given = {"USERNAME": "mara", "PASSWORD": PASSWORD}
    wish = {"ClientId": it.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given}
    return call(server, "InitiateAuth", **wish).status


def test_who_asks_from_outside_meanwhile_is_answered_by_the_learners_account(
    server: Server, it: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_lock, "PATIENCE", 0.05)  # it must not be that who waits goes on beside it
    boto3.client("s3").create_bucket(Bucket="tidepool-shells")
    boto3.client("s3").put_object(Bucket="tidepool-shells", Key="a", Body=b"limpet")
    address = presigned(server, "/tidepool-shells/a")
    it.lab.travel(minutes=5)
    assert sign_in(server, it) == 200
    answers: list[Any] = []
    ask_all = [
        lambda: answers.append(sign_in(server, it)),
        lambda: answers.append(ask(server, "GET", address).text),
        lambda: answers.append(ask(server, "GET", "/_lab/inbox/mara@tidepool.example").text[:2]),
    ]
    threads = [threading.Thread(target=one) for one in ask_all]
    with it.lab.set_aside() as lab:
        lab.scene("overture")
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        assert answers == [], "nobody was answered by the account that has the place"
        assert boto3.client("sts").get_caller_identity(), "and the check is not held up"
        with pytest.raises(OutsideTheLab, match="nothing is served"):
            lab.serve(0)
        lab.stop()
    for thread in threads:
        thread.join(60)
    assert sorted(map(str, answers)) == ["200", "[\n", "limpet"]
    assert server.running and sign_in(server, it) == 200
    assert requests.get(f"{server.url}/_lab/health").ok, "the kernel's own requests find it as well"


def test_a_browser_that_was_signed_in_still_is(lab: Lab, server: Server) -> None:
    scene, browser = lab.scene("pages"), Browser()
    wish = {"response_type": "code", "client_id": scene.client, "redirect_uri": scene.callback}
    address = f"/oauth2/authorize?{urlencode(wish)}"
    browser.open(f"{scene.pages}{address}").fill_in(username="mara", password=scene.password).press("Sign in")
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    host = f"{scene.pages.removeprefix('https://')}.localhost"

    def comes_back() -> bool:
        answer = ask(server, "GET", address, host, cookie=cookie)
        return str(answer.headers["location"]).startswith(f"{scene.callback}?code=")

    assert comes_back()
    task = lab.exercise("06.3")
    assert task.judge(task.right()).done, "which signs her out, in another account"
    assert comes_back()
    browser.open(f"{scene.pages}/logout?client_id={scene.client}&logout_uri={scene.farewell}")
    assert not comes_back()


def test_a_server_that_an_answer_stops_is_stopped(lab: Lab) -> None:
    server = lab.serve(0, issuer="local")
    with lab.set_aside():
        assert not set_aside.jwt_issuers.local_endpoint
        server.stop()
    assert not set_aside.jwt_issuers.local_endpoint and not server.running


def test_with_a_local_issuer_it_is_the_issuer_again(lab: Lab) -> None:
    server = lab.serve(0, issuer="local")
    with lab.set_aside():
        pass
    assert set_aside.jwt_issuers.local_endpoint == server.url
