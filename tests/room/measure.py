"""What a room costs: people who all begin at once, and run lessons 00 and 09. No test: machines differ.

    PYTHONPATH=tests:tests/room .venv/bin/python tests/room/measure.py [PEOPLE]

Memory is what processes have for themselves, and their share of what they have together (PSS). Linux only.
"""

from __future__ import annotations

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
from room_support import certified, comes_in, opened
from support.rooms import Room

LESSONS = ("00_start_here", "09_identities")
GIB = 12


def works(room: Room, name: str) -> tuple[float, float]:
    """Seconds from the form to the first cell's answer, and from there to the end of the lessons."""
    begun = time.monotonic()
    person = comes_in(room, name)
    kernel = person.kernel()
    kernel.runs("from cognito_lab import Lab; Lab.start()")
    first = time.monotonic()
    for lesson in LESSONS:
        for cell in person.api("GET", f"contents/{lesson}.ipynb")["content"]["cells"]:
            if cell["cell_type"] == "code":
                kernel.runs(cell["source"])
    return first - begun, time.monotonic() - first


def mebibytes(processes: list[psutil.Process]) -> float:
    return sum(each.memory_full_info().pss for each in processes) / 2**20


def main(count: int) -> None:
    names = [f"person{number}" for number in range(count)]
    with certified() as folder, opened(folder, "\n".join(["username", *names, ""])) as room:
        hub = psutil.Process(room.process.pid)
        own = [hub, *hub.children(recursive=True)]
        with ThreadPoolExecutor(count) as all_at_once:
            waits, lessons = zip(*all_at_once.map(lambda name: works(room, name), names), strict=True)
        everybody = [each for each in hub.children(recursive=True) if each not in own]
        each, hub_itself = mebibytes(everybody) / count, mebibytes(own)
    print(f"{count} people at once, on {psutil.cpu_count()} cores")
    print(f"from the form to the first cell: {statistics.median(waits):.0f} s, {max(waits):.0f} s at most")
    print(f"lessons 00 and 09 after it: {statistics.median(lessons):.0f} s, {max(lessons):.0f} s at most")
    print(f"memory: {each:.0f} MiB a person, {hub_itself:.0f} MiB for the hub and its proxy")
    print(f"so {GIB} GiB do for {int((GIB * 1024 - hub_itself) / each)} people")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 10)
