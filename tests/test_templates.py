"""The templates: everything that is put into one is escaped, and a value that is missing is a failure."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest

from cognito_lab import templates
from cognito_lab.network.html_forms import Page
from cognito_lab.providers import pages
from cognito_lab.templates import ENVIRONMENT

PACKAGE = Path(templates.__file__).parent
HOSTILE = "\"'><img src=x onerror=alert(1)>{{7*7}}${x}</title></style><script>alert(1)</script>"
# Modules that say of a text that it is HTML, and why they may.
MARKUP = {
    "aws/managed_login/pages/rendering.py",  # CSS that branding has checked
}


def test_no_template_and_no_module_switches_escaping_off() -> None:
    assert ENVIRONMENT.autoescape is True and ENVIRONMENT.undefined is jinja2.StrictUndefined
    found = list(PACKAGE.rglob("templates/*.*"))
    assert len(found) > 15
    for path in found:
        assert not re.search(r"\|\s*safe\b|autoescape", path.read_text(encoding="utf-8")), path
    modules = [path for path in PACKAGE.rglob("*.py") if "Markup(" in path.read_text(encoding="utf-8")]
    assert {path.relative_to(PACKAGE).as_posix() for path in modules} == MARKUP


def test_a_value_that_is_missing_is_a_failure() -> None:
    with pytest.raises(jinja2.UndefinedError):
        pages.render("error.html", provider="Google")


OF_PROVIDERS = [
    path.name
    for path in (Path(pages.__file__).parent / "templates").glob("*.html")
    if path.name not in ("layout.html", "parts.html")
]


@pytest.mark.parametrize("template", OF_PROVIDERS)
def test_every_value_on_a_provider_s_page_is_escaped(template: str) -> None:
    names = "service app claims action origin credential status code message provider"
    given = dict.fromkeys(names.split(" "), HOSTILE)
    html = pages.render(
        template,
        **given | {"claims": [HOSTILE]},
        hidden={HOSTILE: HOSTILE},
        accounts={HOSTILE: HOSTILE, "": "Cancel"},
    )
    ours = html.replace('<script src="/gsi/handover.js" data-origin="', "")
    assert "<script" not in ours and "<img" not in html and "'><" not in html and "\"'" not in html
    assert html.count("</title>") == html.count("</style>") == 1 and "{{7*7}}" in html
    page = Page(html)  # which reads it as it was meant
    assert (" ".join(HOSTILE.split()) in page.title and page.hidden in ({HOSTILE: HOSTILE}, {})) or (
        page.hidden == {"credential": HOSTILE}
    )
