"""A cell that is run twice, or after its scene is over: what is shown is a few plain lines, which say so."""

from __future__ import annotations

import re
from collections import Counter
from itertools import cycle
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import requests
from IPython.core.interactiveshell import InteractiveShell
from support import lessons

from cognito_lab import Lab, reproducible, show_token
from cognito_lab.aws import former_accounts
from cognito_lab.course.notebooks import run
from cognito_lab.lessons import reruns, short_tracebacks
from cognito_lab.lessons.claims import pieces
from cognito_lab.practice.checks import watched
from cognito_lab.protocols import signing_keys

SAYS_SO = re.compile(
    r"(is over|already run in .+): run the section again from (lab\.scene\(\"\w+\"\)|its beginning)\.$"
)
INSIDES = re.compile(r"site-packages|\.py\b|Traceback|\bmoto\b|\bbotocore\b|\burllib3\b|\n")
BEGINS = re.compile(r"\blab\.(scene|reset)\(|\bLab\.start\(")


@pytest.fixture(autouse=True)
def learners(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids as a learner has them: no two accounts have the same. Their keys take too long to be made."""
    monkeypatch.delenv(reproducible.REPRODUCIBLE)
    pool = signing_keys.KeyPool(fixed=True)
    keys = cycle([pool.new().private for _ in range(6)])
    monkeypatch.setattr(signing_keys.rsa, "generate_private_key", lambda **_: next(keys))


class Lesson:
    """The cells of a lesson, played as by a shell; ``shown`` counts how their errors were shown."""

    def __init__(self, names: dict[str, object]) -> None:
        self.names, self.shown = names, Counter[str]()
        self.went_through: set[str] = set()

    def play(self, cell: str, when: str) -> bool:
        """Run a cell, look at how its error is shown, and say whether it asked for anything."""
        info = SimpleNamespace(raw_cell=cell)
        reruns.began(info)
        error = None
        with watched() as asked:
            try:
                lessons.execute(cell, self.names)
            except Exception as raised:
                error = raised
        if error is not None:
            self.look_at(cell, error, when)
        elif when == "first":
            self.went_through.add(cell)
        reruns.ended(SimpleNamespace(success=error is None, info=info))
        return bool(asked)

    def look_at(self, cell: str, error: Exception, when: str) -> None:
        lines = short_tracebacks.shown(error)
        assert len(lines) <= 4
        for line in lines:
            assert not INSIDES.search(line), f"{when}: {lines}"
        said = lines[-1] if lines else reruns.note(error)
        knows = cell in self.went_through and not BEGINS.search(cell)
        assert not knows or SAYS_SO.search(said), f"{when}: {said!r} of {error!r} in\n{cell}"
        self.shown[f"{when}, {'in lines' if lines else 'by Python'}"] += 1


def test_every_cell_of_every_lesson_twice_and_after_the_next_scene() -> None:
    shown: Counter[str] = Counter()
    for path in sorted(run.NOTEBOOKS.glob("[0-9]*.ipynb")):
        with lessons.playing() as names:
            lesson, section = Lesson(names), []
            for cell in [piece.text for piece in pieces(path) if piece.run]:
                asks = lesson.play(cell, "first")
                if BEGINS.search(cell):
                    for earlier in section:
                        lesson.play(earlier, "after")
                    lesson.play(cell, "again")
                    section = []
                elif "lab.stop" not in cell:
                    if asks:  # the others give the same twice
                        lesson.play(cell, "twice")
                    section.append(cell)
        shown += lesson.shown
    assert shown["twice, in lines"] > 20 and shown["after, in lines"] > 50, "they were played"
    assert shown["twice, by Python"] and shown["after, by Python"], "and some stop in the learner's own line"


def shown_for(call: Any) -> list[str]:
    try:
        call()
    except Exception as error:
        return short_tracebacks.shown(error)
    raise AssertionError("it went through")


@pytest.fixture
def over() -> Any:
    """Two scenes, of which the first is over; what it saved."""
    with Lab.start() as lab:
        scene = lab.scene("overture")
        answer = boto3.client("cognito-idp").initiate_auth(
            ClientId=scene.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "mara", "PASSWORD": scene.password},
        )
        scene.tokens = answer["AuthenticationResult"]
        login = {scene.issuer: scene.tokens["IdToken"]}
        keys = boto3.client("cognito-identity").get_credentials_for_identity(
            IdentityId=scene.mara, Logins=login
        )
        scene.keys, scene.lab = keys["Credentials"], lab
        lab.scene("directory")
        reruns.began(SimpleNamespace(raw_cell="a cell that has never run"))
        yield scene


def as_identity(scene: Any) -> Any:
    return boto3.client(
        "sts",
        aws_access_key_id=scene.keys["AccessKeyId"],
        aws_secret_access_key=scene.keys["SecretKey"],
        aws_session_token=scene.keys["SessionToken"],
    )


CALLS = {
    "a user pool": lambda scene: boto3.client("cognito-idp").list_users(UserPoolId=scene.pool),
    "an app client": lambda scene: boto3.client("cognito-idp").forgot_password(
        ClientId=scene.client, Username="mara"
    ),
    "an app client or a user pool": lambda scene: boto3.client("cognito-idp").get_user(
        AccessToken=scene.tokens["AccessToken"]
    ),
    "an identity pool": lambda scene: boto3.client("cognito-identity").get_id(
        IdentityPoolId=scene.identity_pool
    ),
    "an identity": lambda scene: boto3.client("cognito-identity").describe_identity(IdentityId=scene.mara),
    "a bucket": lambda scene: boto3.client("s3").list_objects_v2(Bucket=scene.bucket),
    "a bucket ": lambda scene: requests.get(f"https://{scene.bucket}.s3.amazonaws.com/").raise_for_status(),
    "an access key": lambda scene: as_identity(scene).get_caller_identity(),
}


@pytest.mark.parametrize("kind", CALLS)
def test_what_is_of_a_scene_that_is_over_is_known_again(kind: str, over: Any) -> None:
    *_, said = shown_for(lambda: CALLS[kind](over))
    kinds = "|".join(kind.strip().split(" or "))
    assert re.search(
        rf" was ({kinds}) of the scene “overture”, which is over: run the section again from lab", said
    )


@pytest.mark.parametrize("text", ["tidepool", "the bucket tidepool.", "https://tidepool.s3.amazonaws.com/a"])
def test_a_name_is_known_where_it_stands_alone(text: str) -> None:
    assert former_accounts._names(text, "tidepool")
    assert not former_accounts._names(text.replace("tidepool", "tidepool-pictures"), "tidepool")
    assert not former_accounts._names(text.replace("tidepool", "mytidepool"), "tidepool")


def test_what_is_there_again_is_not_over(over: Any) -> None:
    over.lab.scene("overture")
    lines = shown_for(lambda: boto3.client("s3").get_object(Bucket=over.bucket, Key="nothing.svg"))
    assert lines[1].split()[1] == "NoSuchKey" and len(lines) == 3


def test_what_never_was_is_not_said_to_be_over(over: Any) -> None:
    lines = shown_for(lambda: boto3.client("cognito-idp").list_users(UserPoolId="us-east-1_nobody000"))
    assert [line.split()[0] for line in lines] == ["operation", "code", "text"]


def test_accounts_that_are_played_while_one_is_set_aside_are_nobodys(over: Any) -> None:
    with over.lab.set_aside() as lab:
        pool = lab.scene("members").pool
        lab.reset()
    lines = shown_for(lambda: boto3.client("cognito-idp").list_users(UserPoolId=pool))
    assert len(lines) == 3


def test_many_accounts_do_not_make_the_kernel_heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(former_accounts, "MOST", 10)
    with Lab.start() as lab:
        for _ in range(12):
            lab.scene("members")
    assert len(former_accounts._held) == 10


def test_the_token_view_says_it_where_the_keys_would_be(over: Any) -> None:
    said = repr(show_token(over.tokens["IdToken"]))
    assert f"{over.pool} was a user pool of the scene “overture”, which is over" in said
    assert not re.search(r"\b404\b", said)  # a time or an id may have these digits in it


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Any:
    shell = InteractiveShell.instance()
    shown: list[list[str]] = []
    monkeypatch.setattr(shell, "_showtraceback", lambda kind, error, lines: shown.append(lines))
    with Lab.start() as lab:
        shell.user_ns.update(lab=lab, boto3=boto3)
        yield SimpleNamespace(run=shell.run_cell, shown=shown)
    InteractiveShell.clear_instance()


def test_in_a_shell(shell: Any) -> None:
    shell.run('scene = lab.scene("members")\niam = boto3.client("iam")')
    role = 'iam.create_user(UserName="ines")'
    shell.run(role)
    shell.run(role)
    again = 'run the section again from lab.scene("members").'
    assert shell.shown.pop()[-1] == f"This cell has already run in the scene “members”: {again}"
    shell.run("[user] = iam.list_users()['Users']")
    shell.run('scene = lab.scene("directory")')
    shell.run("[user] = iam.list_users()['Users']")
    text = shell.shown.pop()
    assert "Traceback" in "".join(text), "an error of the learner's own line is shown by Python"
    assert text[-1] == f"This cell ran in the scene “members”, which is over: {again}"
    shell.run("import json\nrole = json.loads('{')")
    assert shell.shown.pop()[0].startswith("line 2, `json.loads('{')`: JSONDecodeError: Expecting")
    shell.run("nobody")
    assert not SAYS_SO.search(shell.shown.pop()[-1]), "it has not run"
