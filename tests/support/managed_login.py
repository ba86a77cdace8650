"""A user pool with a domain, an app client of each kind, a browser, and short ways through a sign-in."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from support.user_pools import FLOWS, PASSWORD, World

from cognito_lab import Lab

DOMAIN = "https://tidepool.auth.us-east-1.amazoncognito.com"
CALLBACK, OTHER_CALLBACK = "https://app.tidepool.example/callback", "https://app.tidepool.example/other?tab=1"
SIGNED_OUT = "https://app.tidepool.example/bye"
VERIFIER = "mara-began-this-sign-in-and-nobody-else-did-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
OAUTH: dict[str, Any] = {
    "SupportedIdentityProviders": ["COGNITO"],
    "CallbackURLs": [CALLBACK, OTHER_CALLBACK],
    "LogoutURLs": [SIGNED_OUT],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code", "implicit"],
    "AllowedOAuthScopes": ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"],
}


def fields_of(address: str) -> dict[str, str]:
    """What came back to the app, in the query or in the fragment."""
    parts = urlsplit(address)
    return dict(parse_qsl(parts.fragment or parts.query, keep_blank_values=True))


class Pages(World):
    """The world with a domain; ``client`` is a public web app with Mara as its member."""

    def __init__(self, lab: Lab, **settings: Any) -> None:
        super().__init__(lab)
        self.new_pool(AutoVerifiedAttributes=["email"], client=OAUTH | settings)
        self.idp.create_user_pool_domain(UserPoolId=self.pool, Domain="tidepool")
        self.member()
        self.browser = requests.Session()

    def oauth_client(self, **settings: Any) -> dict[str, Any]:
        return self.new_client(ExplicitAuthFlows=FLOWS, **(OAUTH | settings))

    def address(self, path: str = "/oauth2/authorize", **fields: str | None) -> str:
        """An authorization request of :attr:`client`; a field that is None is left out."""
        asked = {"response_type": "code", "client_id": self.client, "redirect_uri": CALLBACK, **fields}
        kept = {name: value for name, value in asked.items() if value is not None}
        return f"{DOMAIN}{path}?{urlencode(kept)}"

    def authorize(self, **fields: str | None) -> str:
        """Where the authorization endpoint sends the browser."""
        answer = self.browser.get(self.address(**fields), allow_redirects=False)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    def sign_in_at(
        self, name: str = "mara", password: str = PASSWORD, **fields: str | None
    ) -> requests.Response:
        """The sign-in page, filled in and sent."""
        page = self.browser.get(self.address("/login", **fields))
        return self.post_form(page, username=name, password=password)

    def post_form(self, page: requests.Response, **filled: str) -> requests.Response:
        """Fill in the first form of ``page`` and send it; redirects are not followed."""
        found = re.search(r'<form method="post" action="([^"]*)">(.*?)</form>', page.text, re.DOTALL)
        assert found, page.text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', found[2]))
        data = {html.unescape(name): html.unescape(value) for name, value in hidden.items()}
        target = requests.compat.urljoin(page.url, html.unescape(found[1]))
        return self.browser.post(target, data=data | filled, allow_redirects=False)

    def back(self, **fields: str | None) -> dict[str, str]:
        """Sign in, and what came back to the app."""
        answer = self.sign_in_at(**fields)
        assert answer.status_code == 302, answer.text
        return fields_of(answer.headers["location"])

    def code_of(self, **fields: str | None) -> str:
        return self.back(**fields)["code"]

    def token(self, auth: Any = None, headers: Any = None, **fields: str | None) -> requests.Response:
        """The token endpoint."""
        asked = {"client_id": self.client, **fields}
        return requests.post(
            f"{DOMAIN}/oauth2/token",
            data={name: value for name, value in asked.items() if value is not None},
            auth=auth,
            headers=headers,
        )

    def redeem(self, code: str, **fields: Any) -> requests.Response:
        return self.token(
            **{"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **fields}
        )

    def tokens(self, **fields: str | None) -> dict[str, Any]:
        """A whole sign-in with PKCE."""
        answer = self.redeem(self.code_of(**PKCE, **fields), code_verifier=VERIFIER)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def error(answer: requests.Response, code: str, status: int = 400) -> str:
    """The endpoint refused with OAuth's ``code``; its description."""
    assert answer.status_code == status, answer.text
    assert answer.json()["error"] == code, answer.text
    return str(answer.json().get("error_description", ""))


@contextmanager
def pages(**settings: Any) -> Iterator[Pages]:
    with Lab.start() as lab:
        yield Pages(lab, **settings)
