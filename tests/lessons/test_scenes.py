"""Scenes: a plain list of AWS calls that is read, printed and run as it is written."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest

from cognito_lab import Lab
from cognito_lab.lessons import scenes
from cognito_lab.lessons.scenes import SceneError

COURSE = sorted(path.stem for path in scenes.SCENES.glob("*.py"))

BUCKETS = '''"""Two buckets."""
# ruff: noqa: F821

import boto3

s3 = boto3.client("s3", region_name=region)

first = "tidepool-one"
s3.create_bucket(Bucket=first)
s3.create_bucket(Bucket="tidepool-two")
_hidden = 1
'''
MAIL = '''"""Something lies in a bucket."""
# after: buckets
# ruff: noqa: F821

word = lab.inbox("mara@tidepool.example")[-1].code
s3.put_object(Bucket=first, Key="word", Body=word)
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "buckets.py").write_text(BUCKETS, encoding="utf-8")
    (tmp_path / "mail.py").write_text(MAIL, encoding="utf-8")
    return tmp_path


@pytest.fixture
def lab():
    with Lab.start() as lab:
        yield lab


def letters(*codes):
    """A lab of which nothing is there but letters with these codes."""
    return SimpleNamespace(inbox=lambda address: [SimpleNamespace(code=code) for code in codes])


def test_a_scene_makes_its_calls_after_those_of_the_scene_it_comes_after(lab, folder):
    scene = scenes.play("mail", region="us-east-1", lab=letters("old", "new"), folder=folder)
    s3 = boto3.client("s3")
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["tidepool-one", "tidepool-two"]
    assert s3.get_object(Bucket=scene.first, Key="word")["Body"].read() == b"new" == scene.word.encode()


def test_saved_are_values_and_neither_clients_modules_nor_hidden_names(lab, folder):
    scene = scenes.play("buckets", region="us-east-1", lab=letters(), folder=folder)
    assert scene.first == "tidepool-one"
    for name in ("s3", "boto3", "_hidden", "region", "lab"):
        with pytest.raises(AttributeError, match=f"this scene did not save '{name}'; it saved: first"):
            getattr(scene, name)


def test_what_is_printed_is_what_runs(lab, folder):
    scene = scenes.play("mail", region="us-east-1", lab=letters("1"), folder=folder)
    printed = str(scene)
    assert printed == scenes.listing("mail", folder)
    assert repr(scene).splitlines()[-1] == "(print shows the calls; saved: first, word)"
    assert "after:" not in printed and "ruff" not in printed
    assert printed.index("tidepool-two") < printed.index("put_object")
    lab.reset()
    exec(printed, {"region": "us-east-1", "lab": letters("copied")})
    assert boto3.client("s3").get_object(Bucket="tidepool-one", Key="word")["Body"].read() == b"copied"


def test_the_region_is_the_one_that_was_asked_for(lab, folder):
    (folder / "pool.py").write_text(
        "import boto3\n"
        'pools = boto3.client("cognito-idp", region_name=region)\n'
        'pool = pools.create_user_pool(PoolName="p")["UserPool"]["Id"]\n'
    )
    assert scenes.play("pool", region="eu-west-1", lab=letters(), folder=folder).pool.startswith("eu-west-1_")


def test_a_refused_step_is_named_with_scene_line_and_code(lab, folder):
    (folder / "late.py").write_text(
        '# after: buckets\n\ns3.get_object(\n    Bucket="tidepool-three", Key="x")\n'
    )
    with pytest.raises(SceneError) as caught:
        scenes.play("late", region="us-east-1", lab=letters(), folder=folder)
    assert str(caught.value).startswith('scene "late", line 3 (s3.get_object(): NoSuchBucket: ')


def test_a_step_that_goes_wrong_otherwise_is_named_too(lab, folder):
    with pytest.raises(
        SceneError, match=r'scene "mail", line 5 \(word = .*\): IndexError: list index out of range'
    ):
        scenes.play("mail", region="us-east-1", lab=letters(), folder=folder)


def test_an_unknown_scene_is_refused_with_those_there_are(folder):
    with pytest.raises(SceneError, match='there is no scene "members"; the scenes are: buckets, mail'):
        scenes.scene_sources("members", folder)


def test_scenes_in_a_circle_are_refused(folder):
    (folder / "buckets.py").write_text("# after: mail\n")
    with pytest.raises(SceneError, match="scenes in a circle: mail after buckets after mail"):
        scenes.scene_sources("mail", folder)


CLEVER = [
    "for name in ('a', 'b'):\n    print(name)",
    "while True:\n    pass",
    "if region:\n    pass",
    "try:\n    pass\nfinally:\n    pass",
    "with open('x') as x:\n    pass",
    "def help():\n    pass",
]


@pytest.mark.parametrize("step", CLEVER)
def test_a_scene_is_a_plain_list_and_nothing_runs_when_it_is_not(lab, folder, step):
    (folder / "clever.py").write_text(f"# after: buckets\n{step}\n")
    with pytest.raises(SceneError, match=r'scene "clever", line 2 .*: a scene is a plain list of calls'):
        scenes.play("clever", region="us-east-1", lab=letters(), folder=folder)
    assert boto3.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize("name", COURSE)
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_each_scene_of_the_course_can_be_played(name, region):
    with Lab.start(region=region) as lab:
        scene = lab.scene(name)
        assert ("boto3.client(" in str(scene)) == (not name.startswith("unseen_"))
        other = "us-east-1" if region == "eu-west-1" else "eu-west-1"
        assert other not in str(scene._saved)


def test_the_course_has_scenes():
    assert COURSE
