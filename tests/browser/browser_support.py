"""JupyterLab as a learner has it, and axe-core, for the tests that use a real browser."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from unittest import mock

import nbformat
import psutil
from axe_playwright_python.sync_playwright import Axe
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Locator, Page, expect

from cognito_lab.course import learner_copy
from cognito_lab.course.setup import environment
from cognito_lab.paths import ROOT

SCREENS = ROOT / "build" / "screens"
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong
THEMES = {"Dark": ["color-contrast"], "Light": None}  # the last one stays; in it all rules are looked at
WIDTHS = {"wide": 1400, "narrow": 600}
LOCAL = re.compile(r"(https?|wss?)://127\.0\.0\.1:\d+/|data:|blob:|file:|about:")


@contextmanager
def careful_page(browser: Browser) -> Iterator[Page]:
    """A page that may put no error on the console, and ask for nothing from another machine."""
    context = browser.new_context(viewport={"width": WIDTHS["wide"], "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: None if LOCAL.match(asked.url) else faults.append(asked.url))
    try:
        yield page
    finally:
        context.close()
    assert not faults, faults


@dataclass
class JupyterLab:
    """A running JupyterLab: where it answers, what it opens first, its token, and the learner's folder."""

    address: str
    first_page: str
    token: str
    folder: Path

    def open(self, page: Page, notebook: str) -> Locator:
        """Load JupyterLab with this notebook; the panel of the notebook, when all its cells are there."""
        # A workspace that is reset: no test sees the tabs of the one before.
        page.goto(f"{self.address}/lab/workspaces/test/tree/{notebook}?reset&token={self.token}")
        return self.panel(page, notebook)

    def panel(self, page: Page, notebook: str) -> Locator:
        """The panel that shows this notebook now, when all its cells are there."""
        panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        cells = self.number_of_cells(page, notebook)
        expect(page.locator(".lm-mod-current .lm-TabBar-tabLabel", has_text=notebook)).to_be_visible()
        expect(panel.locator(".jp-Notebook .jp-Cell")).to_have_count(cells)
        return panel

    def number_of_cells(self, page: Page, notebook: str) -> int:
        """How many cells the file has, as soon as it is whole: the server may just be writing it."""
        for _ in range(50):
            try:
                return len(nbformat.read(self.folder / notebook, as_version=4).cells)
            except nbformat.reader.NotJSONError:
                page.wait_for_timeout(100)
        raise AssertionError(f"{notebook} stayed half-written")

    def write(self, name: str, *cells: str) -> str:
        """A notebook of these code cells in the learner's folder."""
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells], metadata=kernel)
        nbformat.write(notebook, self.folder / name)
        return name

    def write_unrun(self, name: str, lesson: str) -> str:
        """The code cells of a lesson, before any ran. To show its texts takes long; exported pages do."""
        notebook = nbformat.read(self.folder / lesson, as_version=4)
        notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for cell in notebook.cells:
            cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, self.folder / name)
        return name


@contextmanager
def running_jupyterlab(root: Path) -> Iterator[JupyterLab]:
    """What `make lab OUTPUTS=yes` becomes, on a copy of the course in `root`, with Jupyter's files there too.

    So it is as after a clone: nothing was ever trusted or set, and nobody's own notebooks are touched.
    """
    for name in ("cognito_lab", "data", "notebooks"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    with (
        mock.patch.object(learner_copy, "course_folder", return_value=root),
        mock.patch("os.chdir"),
        mock.patch("os.execve") as become,
    ):
        learner_copy.main(["--no-browser", "--outputs", "--port", str(_free_port())])
    program, command, variables = become.call_args.args
    shutil.copytree(environment.TEMPLATES, root / "jupyter")
    usual = str(Path(variables["JUPYTER_CONFIG_DIR"]).parent)
    variables = {name: value.replace(usual, f"{root}/jupyter") for name, value in variables.items()}
    variables["PYTHONPATH"] = str(root)  # so kernels, too, have the copy, and note progress there
    log = root / "jupyter.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, executable=program, cwd=root / learner_copy.COPY, env=variables,
            stdout=file, stderr=file, pass_fds=[bound := int(variables[learner_copy.BOUND])],
        )  # fmt: skip
    os.close(bound)
    try:
        yield JupyterLab(*_answering(process, log), root / learner_copy.COPY)
    finally:
        # Its kernels too; it would wait for long for one that serves an account.
        kernels = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        for each in [*kernels, process]:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def _answering(process: subprocess.Popen[bytes], log: Path) -> tuple[str, str, str]:
    """Address, first page and token, from the moment at which JupyterLab answers there."""
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        if said := re.search(r"(http://127\.0\.0\.1:(\d+))(/lab\S*)\?token=(\w+)", log.read_text()):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(said[2]))) == 0:
                    return said[1], said[3], said[4]
        time.sleep(0.1)
    raise AssertionError(log.read_text())


# --- what a person does and sees --------------------------------------------------------------------


def run_all(page: Page, panel: Locator) -> list[str]:
    """Run → Run All Cells, on cells that have not run yet. Returns the errors that were put out."""
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")  # before, JupyterLab forgets it
    choose(page, "Run", "Run All Cells")
    waiting = panel.locator(".jp-CodeCell .jp-InputPrompt").filter(has_not_text=re.compile(r"\[\d+\]"))
    expect(waiting).to_have_count(0, timeout=60_000)
    return panel.locator("[data-mime-type$='.error'], [data-mime-type$='.stderr']").all_inner_texts()


def stored_pictures(notebook: Path) -> list[str]:
    """The alternative texts of the pictures in a notebook's stored outputs."""
    cells = nbformat.read(notebook, as_version=4).cells
    return [alt for cell in cells for output in cell.get("outputs", ()) for alt in pictures_in(output)]


def pictures_in(output: nbformat.NotebookNode) -> list[str]:
    """The alternative texts of the pictures in one output of a cell."""
    shown = output.get("data", {}).get("text/html", "")
    return [unescape(alt) for alt in re.findall(r'<img\b[^>]*?\balt="([^"]*)"', shown)]


def pictures(panel: Locator) -> list[tuple[str, bool]]:
    """Of each picture in an output: its alternative text, and whether it can be seen."""
    found = panel.locator(".jp-OutputArea-output img").evaluate_all(
        """images => Promise.all(images.map(async image => {
            await image.decode().catch(() => {});
            return [image.alt, image.naturalWidth > 0 && image.clientWidth > 0];
        }))"""
    )
    return [tuple(picture) for picture in found]


def press_until(page: Page, key: str, holds: Callable[[], bool]) -> None:
    """Press a key until this holds, up to 40 times."""
    for _ in range(40):
        if holds():
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead there")


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab (or Shift+Tab) until the keyboard is at (one of) `target`."""
    press_until(page, key, lambda: target.evaluate_all("all => all.includes(document.activeElement)"))


def choose(page: Page, menu: str, *entries: str) -> None:
    """Choose from JupyterLab's menus."""
    page.get_by_role("menuitem", name=menu, exact=True).click()
    for entry in entries:
        page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True).click()


def photograph(page: Page, name: str, **how: bool) -> None:
    """A picture of the page in build/screens/ for people to look at, where COGNITO_LAB_SCREENS asks for it.

    No test reads it, and of a whole notebook it takes longer than everything that is looked for there.
    """
    if os.environ.get("COGNITO_LAB_SCREENS"):
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENS / f"{name}.png", **how)


def look_at(page: Page, panel: Locator, name: str) -> None:
    """No serious fault, no contrast too low; photographs of the whole notebook in both themes and widths."""
    for theme, rules in THEMES.items():
        choose(page, "Settings", "Theme", f"JupyterLab {theme}")
        expect(page.locator("body")).to_have_attribute("data-jp-theme-name", f"JupyterLab {theme}")
        assert axe_faults(page, ".jp-OutputArea-output", rules) == []
        if os.environ.get("COGNITO_LAB_SCREENS"):
            _photograph_whole(page, panel, f"{name}_{theme.lower()}")


def _photograph_whole(page: Page, panel: Locator, name: str) -> None:
    cells = panel.locator(".jp-Cell")
    choose(page, "View", "Appearance", "Show Left Sidebar")
    for width, pixels in WIDTHS.items():
        for _ in range(2):  # cells that come into view get their true height
            length = cells.last.evaluate("cell => cell.offsetTop + cell.offsetHeight")
            page.set_viewport_size({"width": pixels, "height": 150 + round(length)})
        cells.first.scroll_into_view_if_needed()
        photograph(page, f"{name}_{width}")
    page.set_viewport_size({"width": WIDTHS["wide"], "height": 900})
    choose(page, "View", "Appearance", "Show Left Sidebar")


# What is not the course's to change, and why.
NOT_OURS = {
    ".jp-InputPrompt, .jp-OutputPrompt": "the pale numbers beside the cells are JupyterLab's and nbconvert's",
    ".highlight, .cm-editor": "the colours of code are the theme's",
}
RULES_NOT_OURS = {
    "link-in-text-block": "JupyterLab's stylesheet takes the underline from every link in Markdown",
}
NEVER_SERIOUS = ("region",)  # axe-core calls its faults moderate, and spends a fifth of its time on them


def axe_faults(page: Page, within: str, rules: list[str] | None = None, but: Sequence[str] = ()) -> list[str]:
    """What axe-core calls serious or critical inside `within`, with every `<details>` open.

    Args:
        within: CSS selector.
        rules: ids of the only rules to look at; all of them if not given.
        but: ids of rules to leave out, of all.
    """
    page.locator("details").evaluate_all("all => all.forEach(details => { details.open = true; })")
    left_out = {rule: {"enabled": False} for rule in (*RULES_NOT_OURS, *NEVER_SERIOUS, *but)}
    which = {"runOnly": rules} if rules else {"rules": left_out}
    where = {"include": [within], "exclude": list(NOT_OURS)}
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(
        "async ([where, which]) => (await axe.run(where, which)).violations",
        [where, {"resultTypes": ["violations"], **which}],
    )
    return [
        f"{fault['id']}: {fault['help']}: {node['html'][:300]} {node['failureSummary']}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
