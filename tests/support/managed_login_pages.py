"""A pool with a domain, an app client with pages, and somebody in front of a browser."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests
from support.user_pools import FLOWS, World

from cognito_lab.lessons.scripted_browser import Page

CALLBACK = "https://app.tidepool.example/callback"
HOME = "https://tidepool.auth.us-east-1.amazoncognito.com"
OAUTH: dict[str, Any] = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email"],
    "CallbackURLs": [CALLBACK],
    "SupportedIdentityProviders": ["COGNITO"],
}


class Place(World):
    """World, with managed login: ``it.version`` 1 is the classic hosted UI, which needs no style."""

    def new_pool(
        self,
        flows: list[str] | None = None,
        client: dict[str, Any] | None = None,
        version: int = 1,
        **settings: Any,
    ) -> str:
        if hasattr(self, "pool"):
            self.idp.delete_user_pool_domain(UserPoolId=self.pool, Domain="tidepool")
        super().new_pool(flows or FLOWS, {**OAUTH, **(client or {})}, **settings)
        self.idp.create_user_pool_domain(UserPoolId=self.pool, Domain="tidepool", ManagedLoginVersion=version)
        self.secret = ""
        return self.pool

    def update_client(self, **settings: Any) -> None:
        given = {"ExplicitAuthFlows": FLOWS, **OAUTH, **settings}
        self.idp.update_user_pool_client(UserPoolId=self.pool, ClientId=self.client, **given)

    def address(self, path: str = "/login", **more: str) -> str:
        asked = {
            "client_id": self.client,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "state": "s t/1",
        }
        return f"{HOME}{path}?{urlencode({**asked, **more})}"

    def visitor(self, path: str = "/login", **more: str) -> Visitor:
        return Visitor(self.address(path, **more))


class Visitor:
    """A browser of its own; ``page`` is what it shows, ``code`` what it brought back to the app."""

    def __init__(self, address: str) -> None:
        self.browser = requests.Session()
        self.open(address)

    def open(self, address: str) -> Visitor:
        return self._show(self.browser.get(urljoin(HOME, address), allow_redirects=False))

    def follow(self, label: str) -> Visitor:
        return self.open(self.page.links[label])

    def press(self, button: str, **fields: str) -> Visitor:
        """Fill in and send the form that has this button; a field that it does not have is a failure."""
        (form,) = [form for form in self.page.forms if button in form.buttons]
        assert not fields.keys() - form.fields.keys(), form.fields
        return self.post(form.action, {**form.hidden, **form.fields, **fields})

    def post(self, path: str, fields: dict[str, str]) -> Visitor:
        return self._show(self.browser.post(urljoin(HOME, path), fields, allow_redirects=False))

    def _show(self, answer: requests.Response) -> Visitor:
        self.answer, self.status, self.html = answer, answer.status_code, answer.text
        self.page = Page(answer.text)
        self.location = answer.headers.get("location", "")
        self.query = dict(parse_qsl(urlsplit(self.location).query))
        return self

    @property
    def title(self) -> str:
        return unescape(re.findall(r"<h1>(.*)</h1>", self.html)[0])

    @property
    def error(self) -> str:
        """What is refused; a page says so once."""
        found = re.findall(r'<p class="error[^"]*" id="error" role="alert">([^<]*)</p>', self.html)
        return unescape("".join(found))

    @property
    def notice(self) -> str:
        return unescape("".join(re.findall(r'<p class="notice" role="status">([^<]*)</p>', self.html)))

    @property
    def arrived(self) -> bool:
        """Whether the browser is sent back to the app, with a code and the app's own state."""
        return (
            self.status == 302 and self.location.startswith(CALLBACK + "?")
            and set(self.query) == {"code", "state"} and self.query["state"] == "s t/1"
        )  # fmt: skip
