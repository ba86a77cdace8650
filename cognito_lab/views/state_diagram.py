"""The states of a user, with the calls that were really made as arrows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cognito_lab.views.diagrams import Diagram
from cognito_lab.views.palette import INK, LANE, LINE, PAPER, REFUSED, WIDTH
from cognito_lab.views.svg import box, document, svg_text, width_of, wrapped
from cognito_lab.views.wording import RefusedCall

Move = tuple[str, str]  # from one state to another
Transition = tuple[str, str, str | RefusedCall]
START = "(no user)"


def state_diagram(transitions: Iterable[Transition], title: str = "") -> Diagram:
    """Boxes for states and arrows for calls.

    Args:
        transitions: What was done, in order: state before (``""`` for no user), call, state after. Where the
            call was refused, what ``refused(…) as answer`` gave stands for it, and is shown below the box.

    Examples:
        >>> state_diagram([("", "SignUp", "UNCONFIRMED"), ("UNCONFIRMED", "InitiateAuth", answer),
        ...                ("UNCONFIRMED", "ConfirmSignUp", status_of("mara"))])
    """
    steps = list(transitions)
    if not steps:
        raise ValueError("there is no transition to draw")
    return Diagram([States(title, steps)])


@dataclass
class States:
    """A picture of states, as :func:`state_diagram` describes it."""

    title: str
    transitions: Sequence[Transition]

    @property
    def names(self) -> list[str]:
        """The states, in order of appearance."""
        ends = ((before, after) for before, _, after in self.transitions)
        return list(dict.fromkeys(end or START for pair in ends for end in pair if isinstance(end, str)))

    @property
    def moves(self) -> dict[Move, list[str]]:
        """The calls that led from one state to another."""
        found: dict[Move, list[str]] = {}
        for before, call, after in self.transitions:
            if isinstance(after, str) and call not in found.setdefault((before or START, after), []):
                found[before or START, after].append(call)
        return found

    def refusals(self, state: str) -> list[str]:
        """What was refused in ``state``."""
        here = [(call, after.code) for before, call, after in self.transitions if (before or START) == state
                and not isinstance(after, str)]  # fmt: skip
        return [f"✗ {call} refused: {code}" for call, code in dict.fromkeys(here)]

    def transcript(self) -> str:
        lines = [f"{before} → {after}: {' or '.join(calls)}" for (before, after), calls in self.moves.items()]
        lines += [f"{state}: {text}" for state in self.names for text in self.refusals(state)]
        return "\n".join(([self.title] if self.title else []) + lines)

    def alt(self) -> str:
        lines = self.transcript().splitlines()[1 if self.title else 0 :]
        states = f"{len(self.names)} states, {', '.join(self.names)}"
        return f"{self.title or 'States'}: {states}. {'; '.join(lines)}."

    def svg(self) -> str:
        names = self.names
        step = (WIDTH - 20) / len(names)
        wide = min(step - 16, 190)
        centre = {name: 10 + step * (number + 0.5) for number, name in enumerate(names)}
        levels = self._levels()
        top = (40.0 if self.title else 12.0) + 40 * (max(levels.values(), default=-1) + 1) + 22
        drawn = [svg_text(WIDTH / 2, 26, self.title, 16, more='font-weight="bold"')] if self.title else []
        ports = self._ports(levels, centre, wide)
        for move, level in sorted(levels.items(), key=lambda item: -item[1]):  # the outer ones lie below
            start, end = ports[move]
            y = top - 22 - 40 * level
            path = f"M{start:.1f} {top:.1f}V{y:.1f}H{end:.1f}V{top - 2:.1f}"
            pen = f'stroke="{INK}" stroke-width="1.6" marker-end="url(#call)"'
            drawn.append(f'<path d="{path}" fill="none" {pen}/>')
        for move, level in levels.items():
            (start, end), y = ports[move], top - 22 - 40 * level
            middle = (start + end) / 2
            lines = wrapped(" or ".join(self.moves[move]), max(abs(end - start) - 12, step - 10), 12)
            for row, text in enumerate(reversed(lines)):
                room = width_of(text, 12)
                drawn.append(box(middle - room / 2, y - 15 - 13 * row, room, 13, PAPER))
                drawn.append(svg_text(middle, y - 5 - 13 * row, text, 11, more='font-weight="bold"'))
        low = top + 46
        for name, x in centre.items():
            dashes = 'rx="7" stroke-dasharray="5 4"' if name == START else 'rx="7"'
            drawn.append(box(x - wide / 2, top, wide, 42, PAPER if name == START else LANE, LINE, dashes))
            lines = wrapped(name, wide - 6, 13)
            for row, text in enumerate(lines):
                y = top + 25 - 7 * (len(lines) - 1) + 15 * row
                drawn.append(svg_text(x, y, text, 12, more='font-weight="bold"'))
            y = top + 60
            for refusal in self.refusals(name):
                for text in wrapped(refusal, step - 8, 11, 4):
                    drawn.append(svg_text(x, y, text, 11, REFUSED))
                    y += 14
                y += 5
            low = max(low, y)
        return document(drawn, low + 4, self.alt())

    def _levels(self) -> dict[Move, int]:
        """How high each arrow runs: above all shorter ones that it passes."""
        place = {name: number for number, name in enumerate(self.names)}
        spans = {move: sorted((place[move[0]], place[move[1]])) for move in self.moves}
        levels: dict[Move, int] = {}
        for move, (left, right) in sorted(spans.items(), key=lambda item: item[1][1] - item[1][0]):
            passed = [other for other in levels if spans[other][0] < right and left < spans[other][1]]
            levels[move] = max((levels[other] for other in passed), default=-1) + 1
        return levels

    def _ports(
        self, levels: dict[Move, int], centre: dict[str, float], wide: float
    ) -> dict[Move, list[float]]:
        """Where each arrow leaves and enters its boxes: side by side, in an order that crosses least.

        Those to the left come first, the lowest leftmost; then those to the right, the highest leftmost.
        """
        ports = {move: [0.0, 0.0] for move in self.moves}
        for name, x in centre.items():
            order = {}
            for move, level in levels.items():
                if name in move:
                    to_the_right = centre[move[1 - move.index(name)]] > x
                    order[move] = (to_the_right, -level if to_the_right else level)
            for number, move in enumerate(sorted(order, key=lambda move: order[move]), 1):
                ports[move][move.index(name)] = x + wide * (number / (len(order) + 1) - 0.5)
        return ports
