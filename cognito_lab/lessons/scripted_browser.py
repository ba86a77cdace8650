"""A browser played by Python, in front of sign-in pages: ``Browser().open(address)``.

It keeps cookies, fills in forms and follows redirects, as far as the lab plays the host. A redirect to any
other host leads to the app, which a lesson plays itself: there the browser stops, and ``address`` is what the
app is handed. It runs no scripts.

>>> browser = Browser()
>>> browser.open(f"{domain}/login?{question}")
>>> browser.fill_in(username="mara", password="…").press("Sign in")
>>> browser.address
'https://app.tidepool.example/callback?code=…'
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests

from cognito_lab.network import exchanges, hosts, html_forms
from cognito_lab.network.forms import OAuthError
from cognito_lab.views.twin import Twin, in_words, picture

WIDE = 640  # pixels, of a page in a picture
MOST_REDIRECTS = 20  # as browsers allow
NOT_DRAWN = ("html", "link", "meta", "script")


class Browser(Twin):
    """A person's browser. Shown in a notebook, it is a picture of its page, with the page in words.

    Attributes:
        address: What its address bar says. Of an app, the address to which it was sent back.
        page: The :class:`Page` that it shows; an app's is empty.
    """

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # the environment names no proxies here, and to look takes a while
        self.address = ""
        self.page = Page()

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that it keeps, by name."""
        return {str(cookie.name): str(cookie.value) for cookie in self._session.cookies}

    @property
    def query(self) -> dict[str, str]:
        """The parameters in ``address``, without those behind a ``#``."""
        return dict(parse_qsl(urlsplit(self.address).query))

    def open(self, address: str, form: dict[str, str] | None = None) -> Browser:
        """Go to ``address``, or send it a form, as a page somewhere else would.

        Raises:
            OAuthError: It ends at an address with ``error=``, of a page or of the app: that is the code. Or
                with an answer whose HTTP status says that something is wrong: then that is.
            OutsideTheLab: The lab does not play the host.
        """
        return self._go("GET" if form is None else "POST", address, form)

    def fill_in(self, **values: str) -> Browser:
        """Write into fields of the page, by name. Raises ValueError for a field that is not there."""
        for name, value in values.items():
            form = next((form for form in self.page.forms if name in form.fields), None)
            if form is None:
                raise _not_here("field", name, [field for form in self.page.forms for field in form.fields])
            form.fields[name] = value
        return self

    def press(self, label: str) -> Browser:
        """Press the button, or follow the link, that says ``label``.

        Raises ValueError where nothing says so, and else as :meth:`open` does.
        """
        for form in self.page.forms:
            if label in form.buttons:
                sent = {**form.hidden, **form.fields, **form.buttons[label]}
                action = urljoin(self.address, form.action or self.address)
                if form.method == "post":
                    return self._go("POST", action, sent)
                return self._go("GET", f"{action.partition('?')[0]}?{urlencode(sent)}")
        if label not in self.page.links:
            buttons = [button for form in self.page.forms for button in form.buttons]
            raise _not_here("button or link", label, [*buttons, *self.page.links])
        return self._go("GET", urljoin(self.address, self.page.links[label]))

    def _go(self, method: str, address: str, form: dict[str, str] | None = None) -> Browser:
        for hop in range(MOST_REDIRECTS):
            if hop and hosts.find_host(urlsplit(address).hostname or "") is None:
                return self._arrive(address, "", 302)
            with exchanges.calling_as("browser"):
                answer = self._session.request(method, address, data=form, allow_redirects=False)
            if not answer.is_redirect:
                return self._arrive(address, answer.text, answer.status_code)
            address = urljoin(address, answer.headers["location"])
            if answer.status_code not in (307, 308):  # RFC 9110, 15.4: only these repeat the method
                method, form = "GET", None
        raise requests.TooManyRedirects(f"more than {MOST_REDIRECTS} redirects, the last one to {address}")

    def _arrive(self, address: str, html: str, status: int) -> Browser:
        self.address, self.page = address, Page(html)
        where = urlsplit(address)
        said = self.query | dict(parse_qsl(where.fragment))
        if not html and status == 302:  # what the app gets, for recordings; nobody in the lab is asked
            with exchanges.internal_call("browser", "app", f"GET {where.path or '/'}", **self.query):
                pass
        if "error" in said or status >= 400:
            text = said.get("error_description") or self.page.alert or " ".join(self.page.lines)
            raise OAuthError(said.get("error", str(status)), text, status)
        return self

    # -- what is shown -----------------------------------------------------------------------------

    def __repr__(self) -> str:
        where = urlsplit(self.address)
        place = f"{where.scheme}://{where.netloc}{where.path}" if self.address else "nothing is open"
        parameters = parse_qsl(where.query) + parse_qsl(where.fragment)
        lines = self.page.lines or [f"{name} = {value}" for name, value in parameters]
        return "\n".join([place, *(f"    {line}" for line in lines)])

    def html(self) -> str:
        words = in_words(repr(self))
        if not self.page.lines:
            return words
        alt = f"A page in a browser: {'; '.join(self.page.lines)}"
        return picture(self.page.svg(), alt, "The page in words", words)


def _not_here(kind: str, name: str, there: list[str]) -> ValueError:
    return ValueError(f"this page has no {kind} {name!r}; it has: {', '.join(there) or 'none'}")


class Page(html_forms.Page):
    """A page, read, that can be drawn."""

    def __init__(self, html: str = "") -> None:
        self._drawn = ""  # the page as XML, which is what a picture in SVG can hold
        super().__init__(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        super().handle_starttag(tag, attrs)
        given = {name: value or "" for name, value in attrs}
        if tag not in NOT_DRAWN and given.get("type") != "hidden":
            said = "".join(f' {name}="{escape(value)}"' for name, value in given.items())
            self._drawn += f"<{tag}{said}{'/' if tag in html_forms.VOID else ''}>"

    def end(self, tag: str, given: dict[str, str]) -> None:
        super().end(tag, given)
        if tag not in NOT_DRAWN:
            self._drawn += f"</{tag}>"

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        if self._open and self._open[-1][0] not in NOT_DRAWN:
            self._drawn += escape(data, quote=False)

    def svg(self) -> str:
        """The page as a picture, in which nothing runs and nothing can be pressed."""
        size = f'width="{WIDE}" height="{220 + 48 * len(self.lines)}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
            '<foreignObject width="100%" height="100%"><html xmlns="http://www.w3.org/1999/xhtml">'
            f"{self._drawn}</html></foreignObject></svg>"
        )
