"""The pages at the end of the course keep what they promise: what they list is shown, nothing is missing."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from support.lessons import execute, playing, sections

from cognito_lab.aws import saml_assertions
from cognito_lab.aws.iam import signatures
from cognito_lab.aws.identity_pools import identities
from cognito_lab.aws.identity_pools import pools as identity_pools
from cognito_lab.aws.managed_login import browser_sessions
from cognito_lab.aws.managed_login.federation import oidc
from cognito_lab.aws.managed_login.oauth import (
    authorization_codes,
    authorize,
    requests,
    token_endpoint,
    userinfo,
)
from cognito_lab.aws.s3 import access
from cognito_lab.aws.user_pools import relying_party
from cognito_lab.aws.user_pools.people import federated_users, verification_codes
from cognito_lab.aws.user_pools.settings import (
    app_clients,
    branding,
    domains,
    identity_providers,
    resource_servers,
)
from cognito_lab.aws.user_pools.sign_in import lockout
from cognito_lab.aws.user_pools.tokens import checking
from cognito_lab.course.notebooks import run
from cognito_lab.lab import DATA
from cognito_lab.practice.predictions import predict

LESSONS = sorted(run.NOTEBOOKS.glob("[0-9]*.ipynb"))
APPENDIX = sorted(run.NOTEBOOKS.glob("A[2-6]_*.ipynb"))  # A1, the index of claims, has tests of its own
DIFFERENCES, ERRORS, GLOSSARY, TOKENS, LIMITS = (
    next(page for page in APPENDIX if page.stem.startswith(name)) for name in ("A2", "A3", "A4", "A5", "A6")
)
BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass
class Unit:
    """A piece of text, the code under it, and the heading above."""

    heading: str
    text: str
    code: str = ""
    outputs: list = field(default_factory=list)

    def refusals(self) -> list[str]:
        return list(refused_in(self.code))


def units(path) -> list[Unit]:
    """The page in units: each markdown cell with the code cells that follow it."""
    heading, found = "", []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            heading = source.splitlines()[0].removeprefix("## ") if source.startswith("## ") else heading
            found.append(Unit(heading, source))
        elif found:
            found[-1].code += f"{source}\n"
            found[-1].outputs += cell["outputs"]
    return found


def refused_in(code: str) -> Iterator[str]:
    """The codes of every `refused("…")` and `outcome("…")` in a piece of code."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = [part.value for part in node.args if isinstance(part, ast.Constant)]
            if node.func.id == "refused":
                yield from given
            elif node.func.id == "outcome" and (code := predict(*given).comes):
                yield code


def table_rows(text: str) -> list[list[str]]:
    """The rows of the Markdown tables in a text, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [[part.strip() for part in line.strip("|").split("|")] for line in lines]
    heads = [place - 1 for place, row in enumerate(rows) if set("".join(row)) <= set("-: ")]
    return [row for place, row in enumerate(rows) if place not in heads and place - 1 not in heads]


def play(path, heading: str) -> dict[str, object]:
    """What a section of a page leaves behind, run after the opening."""
    code = sections(path)
    with playing() as names:
        for cell in [*code[""], *code[heading]]:
            execute(cell, names)
        return names


@pytest.mark.parametrize("path", APPENDIX, ids=lambda path: path.stem)
def test_a_page_says_what_it_is_for_and_sets_no_exercise(path):
    first = units(path)[0]
    assert first.text.startswith(f"# {path.stem[:2]} · ") and "**Use this page** " in first.text
    assert not any("exercise" in unit.text.lower() for unit in units(path))


def test_a_difference_is_told_once():
    for unit in units(DIFFERENCES):
        firsts = [row[0] for row in table_rows(unit.text)]
        assert len(firsts) == len(set(firsts)), [one for one in firsts if firsts.count(one) > 1]


# -- A3: errors ------------------------------------------------------------------------------------


def raised(path) -> dict[str, set[str]]:
    """The codes that a page raises, each with the headings under which it does."""
    found: dict[str, set[str]] = {}
    for unit in units(path):
        for code in unit.refusals():
            found.setdefault(code, set()).add(unit.heading)
    return found


def test_every_error_that_the_course_meets_is_explained():
    met = {code: path.stem for path in [*LESSONS, *APPENDIX] for code in raised(path)}
    assert len(met) > 40
    assert {code: where for code, where in met.items() if code not in raised(ERRORS)} == {}


def test_the_index_of_errors_is_that_of_the_cells():
    listed = {}
    for code, gloss, links in table_rows(units(ERRORS)[0].text):
        found = re.findall(r"\[([^]]+)\]\(#([^)]+)\)", links)
        assert gloss and all(target == heading.replace(" ", "-") for heading, target in found)
        listed[code.strip("`")] = {heading for heading, _ in found}
    assert listed == raised(ERRORS)


EXPLAINED = [unit for unit in units(ERRORS) if "*Cause:*" in unit.text]


def name(unit: Unit) -> str:
    return BOLD.findall(unit.text)[0].replace("`", "")


def test_no_error_is_raised_without_being_explained():
    assert [unit.text for unit in units(ERRORS) if unit.refusals() and unit not in EXPLAINED] == []


@pytest.mark.parametrize("unit", EXPLAINED, ids=name)
def test_an_error_has_cause_and_remedy_and_the_call_that_passes(unit):
    assert unit.text.count("*Cause:*") == len(re.findall(r"\*Remedy(?! for the owner)", unit.text))
    named = {code for bold in BOLD.findall(unit.text) for code in re.findall(r"`(\w+)`", bold)}
    alternatives = set(re.findall(r"some say `(\w+)`", unit.text))
    assert set(unit.refusals()) >= named
    # A remedy may lead to another refusal on purpose: then that one is explained elsewhere on the page.
    assert set(unit.refusals()) - named - alternatives <= {"NotAuthorizedException", "CodeMismatchException"}
    statements = ast.parse(unit.code).body
    first = next(place for place, node in enumerate(statements) if list(refused_in(ast.unparse(node))))
    honest = [node for node in statements[first:] if not list(refused_in(ast.unparse(node)))]
    assert any(isinstance(part, ast.Call) for node in honest for part in ast.walk(node)), (
        "no call that passes"
    )


def never(*_: object, **__: object) -> None:
    """A rule that is switched off."""


PAGES, OUTSIDE = "Pages and endpoints of a user pool", "Outside providers of a user pool"
# A page, a section of it, and rules of one room with what stands in their place. Where two rules guard one
# door (an ID token has neither the use nor the scope that GetUser asks for), both are switched off.
LIES = [
    (ERRORS, "Signing up", verification_codes, {"is_same": lambda *_: True}),
    (ERRORS, "Signing up", verification_codes, {"count_attempt": never}),
    (ERRORS, "Signing in", lockout, {"check_not_locked": never}),
    (ERRORS, "Calls with a token of the user pool", checking, {"check_not_revoked": never}),
    (ERRORS, "Passkeys", relying_party, {"check_origin": never}),
    (ERRORS, "Identity pools", identities, {"check_one_login_per_provider": never}),
    (ERRORS, "S3", signatures, {"check_session": never}),
    (ERRORS, PAGES, requests, {"check_redirect_uri": never}),
    (ERRORS, PAGES, requests, {"check_scopes": never}),
    (ERRORS, PAGES, authorize, {"prompt": never}),
    (ERRORS, PAGES, token_endpoint, {"check_secret": never}),
    (ERRORS, PAGES, token_endpoint, {"consume_code": never}),
    (ERRORS, PAGES, domains, {"check_free": never}),
    (ERRORS, OUTSIDE, federated_users, {"check_not_signed_up": never}),
    (ERRORS, OUTSIDE, identity_providers, {"check_name": never}),
    (ERRORS, OUTSIDE, saml_assertions, {"check_signature": lambda response, assertion, provider: assertion}),
    (TOKENS, "Every token in every place", checking, {"check_token_use": never, "check_scope": never}),
    (TOKENS, "Every token in every place", oidc, {"identify": lambda *_: {"idToken": {"sub": "1"}}}),
    (TOKENS, "The user pool", userinfo, {"check_open_id": never}),
    (TOKENS, "The user pool", token_endpoint.oauth, {"check_verifier": never}),
    (LIMITS, "How long things live", app_clients, {"check_validity": never}),
    (LIMITS, "How long things live", authorization_codes, {"CODE_SECONDS": 600}),
    (LIMITS, "How long things live", browser_sessions, {"SESSION_SECONDS": 4000}),
    (LIMITS, "How often one user may try", lockout, {"LONGEST_LOCK": 600}),
    (
        LIMITS,
        "How often one user may try",
        verification_codes,
        {"ATTEMPTS": dict.fromkeys(verification_codes.ATTEMPTS, 1000)},
    ),
    (LIMITS, "How many, how long", identity_pools, {"check_role_mapping": lambda mapping: []}),
    (LIMITS, "How many, how long", federated_users, {"check_room": never}),
    (LIMITS, "How many, how long", resource_servers, {"MOST": 26}),
    (DIFFERENCES, "Differences that you can see", access, {"verdict_on": lambda *_: True}),
    (DIFFERENCES, "Differences that you can see", app_clients, {"check_redirect": never}),
    (DIFFERENCES, "Differences that you can see", branding, {"FOLLOWED": ()}),
    (DIFFERENCES, "What is refused by name", domains, {"refuse_custom": never}),
    (DIFFERENCES, "What is refused by name", requests, {"UNSUPPORTED_PARAMETERS": ()}),
    (DIFFERENCES, "What is refused by name", identity_providers, {"check_addresses": never}),
]


@pytest.mark.parametrize(("path", "heading", "room", "rules"), LIES)
def test_a_page_notices_when_a_rule_is_switched_off(path, heading, room, rules, monkeypatch):
    for rule, lie in rules.items():
        monkeypatch.setattr(room, rule, lie)
    with pytest.raises(AssertionError):
        play(path, heading)


# -- A4: glossary ----------------------------------------------------------------------------------

ENTRIES = [row for unit in units(GLOSSARY) for row in table_rows(unit.text)]
TERMS = {row[0].strip("*"): row for row in ENTRIES if row[0].startswith("**")}
OLDER = {row[0].strip("`"): row for row in ENTRIES if not row[0].startswith("**")}
STRESSED = {  # italics that introduce no term, and what is written on buttons and in Google's console
    "who is this?", "what may they do in AWS?", "in the user pool",
    "Look again", "Authorized JavaScript origins", "Authorized redirect URI",
}  # fmt: skip


def plain(text: str) -> str:
    return " ".join(text.lower().replace("_", " ").split())


def test_every_term_stands_once_in_the_glossary_and_is_explained():
    terms = [row for row in ENTRIES if row[0].startswith("**")]
    assert len(TERMS) == len(terms) > 80
    assert all(len(row) == 3 and len(row[1]) > 10 and row[2] for row in terms)


def test_every_term_that_a_lesson_introduces_is_in_the_glossary():
    known = {plain(term) for term in [*TERMS, *OLDER]}
    for path in LESSONS:
        text = "\n".join(unit.text for unit in units(path))
        italic = re.findall(r"(?<![*\w])\*([^*\n]+ [^*\n]+)\*(?![*\w])", text)
        italic = [phrase for phrase in italic if not phrase.endswith(" min")]  # an exercise's
        assert {phrase for phrase in italic if plain(phrase) not in known} <= STRESSED, path.stem


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_used_on_the_pages_that_the_glossary_names(term):
    for place in TERMS[term][2].split(", "):
        if link := re.fullmatch(r"\[(\w+)\]\((.+)\)", place):
            page = run.NOTEBOOKS / link[2]
            assert page.stem.startswith(link[1])
            assert plain(term) in plain(" ".join(f"{unit.text} {unit.code}" for unit in units(page))), place
        else:  # a lesson that is not written yet
            number = place.removesuffix(" ‡")
            assert number != place and not list(run.NOTEBOOKS.glob(f"{number}_*.ipynb")), place


def test_an_older_name_leads_to_a_term_of_today():
    for older, (_, today, _) in OLDER.items():
        assert today.strip("`") in TERMS or today.startswith("`"), older


# -- A5: which token where -------------------------------------------------------------------------


def test_the_table_of_tokens_says_what_the_cells_found():
    found = play(TOKENS, "Every token in every place")
    rows = table_rows(units(TOKENS)[0].text)
    played = {row[0]: row for row in rows if "‡" not in row[0]}
    assert set(played) == set(found["tried"]) and 0 < len(played) < len(rows)
    for place, (_, wants, mistake, then) in played.items():
        assert found["accepted"][place] == [wants]
        said = found["tried"][place][mistake]
        stated = re.findall(r"`(\w+)`", then) or ["AuthorizationHeaderMalformed"]
        assert said == f"✗ {stated[-1]}"


def test_what_is_wanted_and_the_usual_mistake_are_shown_in_plain_cells_as_well():
    shown = [unit for unit in units(TOKENS) if unit.heading and "Every token" not in unit.heading]
    assert sum("assert" in unit.code and len(unit.refusals()) > 0 for unit in shown) >= 6


# -- A6: limits and prices -------------------------------------------------------------------------

FILE = tomllib.loads((DATA / "limits.toml").read_text(encoding="utf-8"))
ROWS = FILE["limits"]


def test_each_limit_says_where_and_when_it_was_read():
    for row in ROWS:
        assert set(row) - {"sure"} == {"group", "what", "value", "page", "read", "held"}
        assert row["page"] in FILE["pages"] and re.fullmatch(r"(\d+ )?(\w+ )?20\d\d", row["read"])
    assert {row["page"] for row in ROWS} == set(FILE["pages"]), "a page that no row was read in"
    assert len({(row["group"], row["what"]) for row in ROWS}) == len(ROWS)


def test_each_group_of_limits_is_shown_and_each_doubt_has_its_dagger():
    shown = [unit for unit in units(LIMITS) if "limits(" in unit.code and unit.heading]
    assert [unit.heading for unit in shown] == list(dict.fromkeys(row["group"] for row in ROWS))
    said = {unit.heading: "".join(map(str, unit.outputs)) for unit in shown}
    for row in ROWS:
        assert row["what"] in said[row["group"]]
        assert (f"{row['what']} †" in said[row["group"]]) == (not row.get("sure", True)), row["what"]


@pytest.mark.parametrize("row", [row for row in ROWS if row["held"]], ids=lambda row: row["what"])
def test_a_limit_that_is_held_is_shown_at_its_edge(row):
    named = [unit for unit in units(LIMITS) if row["what"] in BOLD.findall(unit.text)]
    assert len(named) == 1 and named[0].heading == row["group"]
    following = [unit for unit in units(LIMITS) if unit.heading == row["group"]]
    until = following[following.index(named[0]) :]
    code = named[0].code + next((unit.code for unit in until[1:] if not BOLD.findall(unit.text)), "")
    assert list(refused_in(code)) or "every_time(" in code


def test_nothing_is_said_to_be_held_that_no_row_says():
    held = {row["what"] for row in ROWS if row["held"]}
    bold = {
        words
        for unit in units(LIMITS)
        if unit.heading in {row["group"] for row in ROWS}
        for words in BOLD.findall(unit.text)
    }
    assert bold == held


# -- A2: where the lab differs ---------------------------------------------------------------------


def test_each_difference_that_can_be_seen_is_shown():
    shown = [unit for unit in units(DIFFERENCES) if unit.heading == "Differences that you can see"]
    [rows] = [table_rows(unit.text) for unit in shown if table_rows(unit.text)]
    leads = [unit for unit in shown if re.search(r"^\*\*[\w' ]+\.\*\*", unit.text, re.MULTILINE)]
    assert len(leads) == len(rows) and all(unit.code for unit in leads)


def test_the_operations_are_counted_from_the_table_that_decides():
    found = play(DIFFERENCES, "Which operations are played")
    table = tomllib.loads((DATA / "operations.toml").read_text(encoding="utf-8"))
    counted = {row["service"]: (row["by the course"], row["by moto"]) for row in found["rows"]}
    assert counted == {
        name: (len(row.get("ours", [])), len(row.get("moto", {}))) for name, row in table.items()
    }
