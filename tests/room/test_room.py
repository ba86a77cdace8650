"""A room that is open: people sign in by JupyterHub's form, and work. `make clients` runs this."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from room_support import LIMIT, certified, comes_in, opened
from support.rooms import Kernel, Room, Somebody

from cognito_lab.paths import ROOT
from cognito_lab.practice import progress
from cognito_lab.room.directory import NEW_PASSWORD, SENTENCES

WRONG, DISABLED, TOO_MANY, _ = SENTENCES.values()
CLASS = "username,name,disabled,instructor\nada,Ada,,\nben,Ben,,\ncleo,,yes,\ngoran,,,\nines,,,yes\n"

if not os.environ.get("COGNITO_LAB_CLIENTS"):
    pytest.skip("a room takes 750 MB and a minute: make clients runs it", allow_module_level=True)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with certified() as folder:
        yield folder


def test_a_class(folder: Path) -> None:
    with opened(folder, CLASS) as room:
        refusals_at_the_door(room)
        ada, ben = comes_in(room, "ada"), comes_in(room, "ben")
        assert room.somebody().signs_in("ada", room.temporary_password("ada")) == WRONG
        assert room.somebody().signs_in("ada", "tide pools of ada") == ""

        kernels = {person: person.kernel() for person in (ada, ben)}
        for person, kernel in kernels.items():
            runs_lesson_00(person, kernel)
        nobody_reaches_another(ada, ben, kernels[ada])
        a_kernel_that_eats_its_memory_is_stopped_alone(kernels[ada], kernels[ben])
        ines = the_instructor_sees_who_is_where(room, ada, ben, kernels[ben])
        # A change that nothing may undo.
        ada.saves("notes.txt", "Ask for GetId")
        ada.saves("00_start_here.ipynb", "mine")
        assert "START.md" in {each["name"] for each in ada.api("GET", "contents")["content"]}

    with opened(
        folder,
        CLASS.replace("Ben,", "Ben,yes").replace("goran", "mara").replace("ines,,,yes", "ines,,,\nida,,,yes"),
    ) as again:
        assert ines.at(again).opens("/hub/progress").status_code == 403
        assert ben.at(again).opens("/hub/home").url.path == "/hub/login"  # with a cookie that was good
        assert again.somebody().signs_in("ben", again.temporary_password("ben")) == DISABLED
        assert again.somebody().signs_in("goran", "tide pools of goran") == WRONG
        ada = comes_in(again, "ada")
        assert ada.reads("notes.txt") == "Ask for GetId" and ada.reads("00_start_here.ipynb") == "mine"
        told = ada.kernel().runs("from cognito_lab.practice import progress; print(progress.load_progress())")
        assert told == "{'exercise': {'00.1': 'done'}}"


def test_a_hub_that_was_killed_goes_on(folder: Path) -> None:
    with opened(folder, CLASS) as room:
        ada = comes_in(room, "ada")
        assert ada.kernel().runs("kept = 17") == ""
        room.process.kill()
        room.process.wait()
    (kernel,) = ada.api("GET", "kernels")  # by the proxy, which was not killed
    with opened(folder, CLASS, port=room.url.rpartition(":")[2]):
        ada.starts()
        assert ada.kernel(kernel["id"]).runs("print(kept)") == "17"


def refusals_at_the_door(room: Room) -> None:
    slip = room.temporary_password("ada")
    for name, password in (("ada", "wrong"), ("ada", slip.upper()), ("nobody", slip), ("../ada", slip)):
        assert room.somebody().signs_in(name, password) == WRONG
    assert room.somebody().signs_in("cleo", room.temporary_password("cleo")) == DISABLED
    for _ in range(5):
        assert room.somebody().signs_in("goran", "wrong") == WRONG
    assert room.somebody().signs_in("goran", room.temporary_password("goran")) == TOO_MANY
    assert room.somebody().opens("/user/ada/lab").url.path == "/hub/login"
    assert not any((room.folder / "people").iterdir())


def runs_lesson_00(person: Somebody, kernel: Kernel) -> None:
    cells = person.api("GET", "contents/00_start_here.ipynb")["content"]["cells"]
    code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    assert not any(cell.get("outputs") for cell in cells)
    said = [kernel.runs(cell) for cell in code[:3]]
    assert not [text for text in said if "Error" in text], said
    assert (
        kernel.runs("import boto3; print(boto3.client('sts').get_caller_identity()['Account'])")
        == "123456789012"
    )
    noted = "from cognito_lab.practice import progress; print(progress.note('exercise', '00.1'))"
    assert kernel.runs(noted) == str(person.room.folder / "people" / person.name / "my_course")
    assert kernel.runs("import os; print([name for name in os.environ if 'AUTH_TOKEN' in name])") == "[]"


def nobody_reaches_another(ada: Somebody, ben: Somebody, kernel: Kernel) -> None:
    assert ada.opens("/user/ben/api/contents").status_code in (403, 404)
    if os.getuid() == 0:  # each is a system user of their own
        people = ada.room.folder / "people"
        for path in (people / "ben", ada.room.folder / "hub", ada.room.folder / "passwords.csv"):
            reads = "os.listdir" if path.is_dir() else "open"
            assert kernel.runs(f"import os; {reads}({str(path)!r})") == "PermissionError"
        assert kernel.runs(f"open({str(ROOT / 'cognito_lab' / 'x.py')!r}, 'w')") == "PermissionError"
        assert (people / "ada").stat().st_uid != (people / "ben").stat().st_uid != 0


def the_instructor_sees_who_is_where(room: Room, ada: Somebody, ben: Somebody, of_ben: Kernel) -> Somebody:
    assert room.somebody().opens("/hub/progress").url.path == "/hub/login"
    refused = ada.opens("/hub/progress")
    assert (
        refused.status_code == 403
        and "for instructors" in refused.text
        and "Who is where" not in refused.text
    )
    assert "/hub/progress" not in ada.opens("/hub/home").text
    ines = room.somebody()
    slip = room.temporary_password("ines")
    assert ines.signs_in("ines", slip).startswith(NEW_PASSWORD)
    assert ines.signs_in("ines", slip, "tide pools of ines") == ""
    assert 'href="/hub/progress"' in ines.opens("/hub/home").text
    for name in ("ada", "../ines", ""):  # a token of one's own carries one's own scopes, and no more
        assert ada.opens(f"/hub/progress?user={name}").status_code == 403

    people = room.folder / "people"
    file = people / "ben" / "my_course" / progress.FILE
    assert standings(ines) == {"ada": "1 of 5 ★", "ben": "1 of 5 ★", "cleo": "0 of 5", "goran": "0 of 5"}
    anew = f"import os; file = {str(file)!r}; os.path.lexists(file) and os.remove(file); "
    course = f"course = {str(file.parent)!r}; os.rename(course, course + '.kept'); "
    for planted in (
        f"os.symlink({str(people / 'ada' / 'my_course' / progress.FILE)!r}, file)",
        f"os.symlink({str(room.folder / 'passwords.csv')!r}, file)",
        "os.mkfifo(file)",
        "open(file, 'w').truncate(2**40)",
        "open(file, 'w').write('<script>')",
        "os.makedirs(file + '/<b>/my_course')",
        f"{course}os.symlink({str(people / 'ada' / 'my_course')!r}, course)",
    ):
        assert of_ben.runs(anew * (not planted.startswith("course")) + planted) == ""
        page = ines.opens("/hub/progress")
        assert page.status_code == 200 and f"{file} is left out" in page.text, planted
        assert standings(ines) == {"ada": "1 of 5 ★", "ben": "0 of 5", "cleo": "0 of 5", "goran": "0 of 5"}
        for text in ("<script>", "<b>", room.temporary_password("ada")):
            assert text not in page.text
    assert of_ben.runs("os.remove(course); os.rename(course + '.kept', course)") == ""
    return ines


def standings(instructor: Somebody) -> dict[str, str]:
    """Each learner's in lesson 00, as the page shows it."""
    page = instructor.opens("/hub/progress").text
    return dict(re.findall(r'<th scope="row">(\w+)[^<]*</th><td>([^<]*)</td>', page.partition("</table>")[0]))


def a_kernel_that_eats_its_memory_is_stopped_alone(eats: Kernel, other: Kernel) -> None:
    assert other.runs("kept = 17") == ""
    assert eats.runs(f"eaten = [bytearray(2**20) for _ in range({LIMIT})]") in ("MemoryError", "died")
    assert other.runs("print(kept)") == "17"
    assert other.runs(f"print(len(bytearray({LIMIT // 2} * 2**20)))") == str(LIMIT // 2 * 2**20)
