"""The class list, a CSV file with a column `username`, and the temporary passwords of the people on it."""

from __future__ import annotations

import csv
import re
import secrets
from pathlib import Path
from typing import NamedTuple

from cognito_lab.aws.user_pools import attributes
from cognito_lab.files import complete_or_absent

# A name is also a folder's and a part of an address.
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
SYMBOLS = "abcdefghijkmnpqrstuvwxyz23456789"  # without what looks alike on paper
YES = {"yes", "true", "1"}


class ClassListError(Exception):
    """A class list that cannot be used. The text is the line for the instructor."""


class Person(NamedTuple):
    """Somebody on the class list."""

    username: str
    name: str = ""
    email: str = ""
    disabled: bool = False
    instructor: bool = False  # sees how far everybody is


def read_class(path: Path) -> list[Person]:
    """The people of the CSV file ``path``; its other columns need not be there.

    Raises:
        ClassListError: there is no such file, or a line of it cannot be used.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:  # spreadsheets write a mark in front
            lines = csv.DictReader(file)
            if "username" not in (lines.fieldnames or ()):
                raise ClassListError(f"{path}: the first line should name the columns, one of them username.")
            people: dict[str, Person] = {}
            for each in lines:
                text = {column: (each.get(column) or "").strip() for column in (*Person._fields,)}
                username = text["username"].lower()  # as JupyterHub does with what is typed
                where = f"{path}, line {lines.line_num}: {username!r}"
                if not NAME.fullmatch(username):
                    raise ClassListError(
                        f"{where} cannot be a username. Use a to z, digits, dot, hyphen and underscore."
                    )
                if username in people:
                    raise ClassListError(f"{where} is there twice.")
                if text["email"] and not re.fullmatch(attributes.FORMS["email"][0], text["email"]):
                    raise ClassListError(f"{where} has {text['email']!r}, which is no e-mail address.")
                disabled, instructor = (text[column].lower() in YES for column in ("disabled", "instructor"))
                people[username] = Person(username, text["name"], text["email"], disabled, instructor)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ClassListError(f"{path} cannot be read as a CSV file (PEOPLE=…): {error}") from None
    if not people:
        raise ClassListError(f"{path} names nobody.")
    return list(people.values())


def temporary_passwords(people: list[Person], path: Path) -> dict[str, str]:
    """A password for each of ``people``, from the file ``path``, where those who have none get one.

    Only the owner of the file may read it. Who is no longer on the class list leaves it.

    Raises:
        OSError: it cannot be read or written.
    """
    kept: dict[str, str] = {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            kept = {each["username"]: each["temporary password"] for each in csv.DictReader(file)}
    passwords = {each.username: kept.get(each.username) or _password() for each in people}
    with complete_or_absent(path) as partial:
        partial.touch(mode=0o600)
        with partial.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["username", "name", "temporary password"])
            table.writerows([each.username, each.name, passwords[each.username]] for each in people)
    return passwords


def _password() -> str:
    """Three times five symbols, such as `h3kqp-w8mzr-t2xva`: 75 bits."""
    return "-".join("".join(secrets.choice(SYMBOLS) for _ in range(5)) for _ in range(3))
