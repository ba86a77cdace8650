"""Hand in: your five functions, together. The check begins with the morning of the opening, calls them in this order,
and lets everybody in. Each function gets what those before it have returned.
"""

from cognito_lab.paths import DATA
from cognito_lab.practice import exercise_files
from cognito_lab.practice.checks import expect

opening = exercise_files.load(DATA / "setups" / "opening_day.py")
globals().update({one.__name__: one for one in opening.solved(*opening.PARTS).values()})

title, core, difficulty, minutes = "Tidepool opens", True, 3, 10
expected = "everything goes as the club wishes."
hint = """
`lab.exercise("15.2").check(make_directory)` and the others say which part it is. If each part is right by itself, look
for what one part changes that another has set.
"""
scene = "opening_day"

name = "hand_in"
stub = {"directory": None, "ways in": None, "doors": None, "rights": None, "gauge": None}
solution = {
    "directory": make_directory,  # noqa: F821
    "ways in": add_ways_in,  # noqa: F821
    "doors": open_doors,  # noqa: F821
    "rights": give_rights,  # noqa: F821
    "gauge": guard_gauge,  # noqa: F821
}


def check(answer, scene, lab):
    missing = [part for part, function in answer.items() if not callable(function)]
    expect(not missing, f"There is no function yet for: {', '.join(missing)}.")
    account = opening.built(opening.account_of(scene, lab), answer)
    found = list(opening.faults(account, lab))
    of = len(opening.TRIES)
    if found:
        done = of - len(found)
        expect(False, f"{done} of {of} things go as they should. The first that does not: {found[0]}")


# -- wrong answers -----------------------------------------------------------------------------


wrong_gauge_forgotten = {**solution, "gauge": None}, "no function yet for: gauge"
wrong_two_parts_exchanged = (
    {**solution, "rights": solution["doors"], "doors": solution["rights"]},
    "PutRolePolicy was refused",
)
wrong_nothing_for_members = {**solution, "rights": lambda account: None}, "things go as they should"
