"""The colours of every picture of the course, and the family of their letters, written down once.

They are chosen to stay apart in the common kinds of colour blindness; as text they have a contrast of at
least 4.5 : 1 on the paper. No picture tells anything by colour alone.
"""

PAPER = "#ffffff"
INK = "#1f2933"
QUIET = "#5a6675"  # answers, inner steps, small print
LINE = "#c3ccd6"  # lifelines, borders
LANE = "#eef2f6"  # heads of lanes
MARK = "#0b5f8a"  # the part that a lesson is about
REFUSED = "#b3261e"
TICKETS = {  # family of a ticket: (border and sign, ground)
    "token": ("#0b5f8a", "#e3f1f8"),
    "credentials": ("#8a5a00", "#fff3d9"),
    "secret": ("#5a6675", "#f1f3f5"),
}
FONT = "sans-serif"
WIDTH = 860  # pixels, of every picture
