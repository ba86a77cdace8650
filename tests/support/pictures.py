"""Pictures read back: which texts an SVG has, and which of them lie over each other."""

from __future__ import annotations

import xml.etree.ElementTree as xml

from cognito_lab.views.svg import width_of

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[tuple[str, float, float, float, float]]:
    """Each text with the box that it takes: left, top, right, bottom."""
    found = []
    for node in xml.fromstring(svg).iter(f"{SVG}text"):
        x, y, size = (float(node.get(name)) for name in ("x", "y", "font-size"))
        wide = width_of(node.text, size + (node.get("font-weight") == "bold"))
        left = x if node.get("text-anchor") == "start" else x - wide / 2
        found.append((node.text, left, y - size * 0.8, left + wide, y + size * 0.2))
    return found


def overlaps(svg: str) -> list[tuple[str, str]]:
    boxes = texts(svg)
    return [
        (a[0], b[0])
        for number, a in enumerate(boxes)
        for b in boxes[number + 1 :]
        if a[1] < b[3] and b[1] < a[3] and a[2] < b[4] and b[2] < a[4]
    ]
