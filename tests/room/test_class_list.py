"""The class list, and the temporary passwords that belong to it."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest

from cognito_lab.room.class_list import ClassListError, Person, read_class, temporary_passwords


def of(folder: Path, text: str) -> list[Person]:
    (folder / "class.csv").write_text(text, encoding="utf-8")
    return read_class(folder / "class.csv")


def test_a_list_needs_usernames_only(tmp_path: Path) -> None:
    assert of(tmp_path, "username\nada\nben\n") == [Person("ada"), Person("ben")]
    text = "\ufeffname,username,email,disabled,seat\nAda Okafor, ADA ,ada@example.org,,3\nCleo,cleo,,Yes,\n"
    assert of(tmp_path, "username,instructor\nines,yes\nben,no\n") == [
        Person("ines", instructor=True),
        Person("ben"),
    ]
    assert of(tmp_path, text) == [
        Person("ada", "Ada Okafor", "ada@example.org"),
        Person("cleo", "Cleo", "", True),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the first line should name the columns"),
        ("ada\nben\n", "the first line should name the columns"),
        ("username\n", "names nobody"),
        ("username\nada\n../ada\n", "line 3: '../ada' cannot be a username"),
        ("username\n.\n", "line 2: '.' cannot be a username"),
        ("username\na/b\n", "cannot be a username"),
        ("username,name\n,Ada\n", "line 2: '' cannot be a username"),
        ("username,email\nada,ada\n", "line 2: 'ada' has 'ada', which is no e-mail address"),
        ("username\nada\nAda\n", "line 3: 'ada' is there twice"),
    ],
)
def test_a_list_that_cannot_be_used_says_which_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ClassListError, match=says.replace(".", r"\.")):
        of(tmp_path, text)


def test_a_file_that_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(ClassListError, match="cannot be read"):
        read_class(tmp_path / "nowhere.csv")
    (tmp_path / "class.csv").write_bytes(b"username\n\xff\n")
    with pytest.raises(ClassListError, match="cannot be read"):
        read_class(tmp_path / "class.csv")


def test_passwords_are_kept_and_only_for_the_owner_to_read(tmp_path: Path) -> None:
    file = tmp_path / "passwords.csv"
    first = temporary_passwords([Person("ada", "Ada"), Person("ben")], file)
    assert len({*first.values()}) == 2 and all(len(password) == 17 for password in first.values())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    second = temporary_passwords([Person("ada", "Ada"), Person("cleo")], file)
    assert second["ada"] == first["ada"] and "ben" not in second
    rows = list(csv.DictReader(file.open()))
    assert [(row["username"], row["temporary password"]) for row in rows] == list(second.items())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
