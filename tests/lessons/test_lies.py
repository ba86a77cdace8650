"""Does each assertion assert anything? Without its rule, the claim's own cell is the first to fail."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest
from support.told import each_told

from cognito_lab.lessons import claims, lies, refused
from cognito_lab.lessons.claims import Piece
from cognito_lab.lessons.lies import Lie, LieError

LIES = lies.every_lie()
LESSONS = sorted({each.claim[:2] for each in LIES})


@pytest.fixture(autouse=True)
def fixed_clock_and_chance(monkeypatch):
    monkeypatch.setenv("COGNITO_LAB_REPRODUCIBLE", "1")


def judged(told: Lie, failure: tuple[Piece, Exception] | None) -> str:
    """What is wrong with a lie as a test of its claim; ``""`` for nothing."""
    if failure is None:
        return "no cell fails: nothing in the lesson asserts this rule"
    piece, problem = failure
    if piece.claim != told.claim:
        return f"cell [{piece.run}] of {piece.claim or 'no claim'} fails first: {problem!r}"
    if not isinstance(problem, AssertionError) and refused.refusal_from(problem) is None:
        return f"cell [{piece.run}] does not fail by an assertion or a refusal: {problem!r}"
    return ""


def objection(told: Lie, lesson: list[Piece]) -> str:
    (said,) = each_told([told], lesson, judged)
    return said


@pytest.fixture(scope="module")
def objections(request):
    """What is wrong with each lie that is to be told in this run, by its place; of a lesson, all at once."""
    chosen = {item.callspec.params["place"] for item in request.session.items if is_of_a_lie(item)}

    @cache
    def of(number: str) -> dict[int, str]:
        places = [place for place in sorted(chosen) if LIES[place].claim.startswith(number)]
        told = [LIES[place] for place in places]
        return dict(zip(places, each_told(told, claims.pieces(claims.lesson(number)), judged), strict=True))

    return of


def is_of_a_lie(item: pytest.Item) -> bool:
    return getattr(item, "originalname", "") == test_a_lie_is_found_out_by_its_own_claim.__name__


@pytest.mark.parametrize("number", LESSONS)
def test_without_a_lie_no_cell_fails(number, objections):
    """Its cells are executed to see which rules they ask, and that is where they would fail."""
    objections(number)


@pytest.mark.parametrize("place", range(len(LIES)), ids=[f"{told.claim} {told.says}" for told in LIES])
def test_a_lie_is_found_out_by_its_own_claim(place, objections):
    assert objections(LIES[place].claim[:2])[place] == ""


def test_every_claim_that_is_shown_has_a_lie():
    for claim in claims.claims().values():
        told = lies.lies_about(claim.number)
        if claim.kind in ("proved", "refused"):
            assert told, claim.number
        else:
            assert not told, claim.number
    assert {each.claim for each in LIES} <= set(claims.claims())


def test_no_lie_is_told_twice():
    assert len({(each.claim, each.says) for each in LIES}) == len(LIES)
    assert len({(each.claim, str(each.instead)) for each in LIES}) == len(LIES)


# -- the test itself is tested ------------------------------------------------------------------------

ANY_CODE = lies.lies_about("01.2")[0]
LESSON = claims.pieces(claims.lesson("01"))


def test_a_lie_that_changes_nothing_is_objected_to():
    nothing = dict.fromkeys(ANY_CODE.instead, "original")
    assert "no cell fails" in objection(replace(ANY_CODE, instead=nothing), LESSON)


def test_a_lie_that_breaks_an_earlier_cell_is_objected_to():
    nobody = {"aws.user_pools.people.verification_codes:is_same": "lambda code, given: False"}
    assert "of 01.1 fails first" in objection(replace(ANY_CODE, instead=nobody), LESSON)
    assert "fails first" in objection(replace(ANY_CODE, claim="01.3"), LESSON)


def test_a_lie_that_breaks_the_lab_is_objected_to():
    broken = {"aws.user_pools.people.verification_codes:is_expired": "lambda code: 1 / (code.expires > 1e12)"}
    cells = [replace(piece, claim="01.2") for piece in LESSON]
    assert "does not fail by an assertion" in objection(replace(ANY_CODE, instead=broken), cells)


def test_a_cell_that_asserts_nothing_is_objected_to():
    cells = [piece for piece in LESSON if piece.claim < "01.3"]
    cells = [piece for piece in cells if not re.search(r"\b(refused|outcome)\(", piece.text)]
    assert "no cell fails" in objection(ANY_CODE, cells)


# -- telling one ---------------------------------------------------------------------------------------


def test_a_lie_holds_in_its_block_and_no_longer(capsys):
    from cognito_lab.aws.user_pools.people import verification_codes

    rule = verification_codes.is_same
    with lies.lie("01.2") as told:
        assert verification_codes.is_same is not rule
    assert verification_codes.is_same is rule and told.says in capsys.readouterr().out
    with pytest.raises(ZeroDivisionError), lies.lie("01.2"):
        raise ZeroDivisionError
    assert verification_codes.is_same is rule


def test_if_one_target_of_several_is_wrong_nothing_stays_switched_off():
    from cognito_lab.aws.user_pools.people import verification_codes

    rule = verification_codes.is_same
    half = {
        "aws.user_pools.people.verification_codes:is_same": "None",
        "aws.user_pools.people.verification_codes:is_gone": "None",
    }
    with pytest.raises(LieError, match="is_gone"), lies.active(Lie("01.2", "Half of it.", half)):
        pass
    assert verification_codes.is_same is rule


def test_the_lies_of_a_claim_are_counted_from_one():
    for number in (0, len(lies.lies_about("01.2")) + 1):
        with pytest.raises(LieError, match="counted from 1"), lies.lie("01.2", number):
            pass
    with pytest.raises(LieError, match="has 0"), lies.lie("99.9"):
        pass


@pytest.mark.parametrize(
    ("target", "expression", "said"),
    [
        ("aws.user_pools.cods:is_same", "None", "not there"),
        ("aws.user_pools.people.verification_codes:is_sam", "None", "not there"),
        ("aws.user_pools.directory:Code.is_sam", "None", "not there"),
        ("aws.user_pools.codes", "None", "not there"),
        ("aws.user_pools.people.verification_codes:is_same", "lambda", "no expression"),
        ("aws.user_pools.people.verification_codes:is_same", "unheard_of", "no expression"),
    ],
)
def test_a_lie_that_cannot_be_told_says_why(target, expression, said):
    with pytest.raises(LieError, match=said), lies.active(Lie("01.2", "", {target: expression})):
        pass
