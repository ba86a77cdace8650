"""The demo's page in a real browser: its files, its address, and whether the learner's browser gets there.

That is found out by asking the browser: the notebook shows a picture that lies beside the page. If it is
fetched, the account sees the request. If it is not, no link is printed, and the likely reason is read from
the kernel's environment.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import threading
from html import escape
from pathlib import Path
from typing import Any

from cognito_lab.network import exchanges
from cognito_lab.network.exchanges import Exchange
from cognito_lab.paths import DATA
from cognito_lab.views import palette, twin

SITE = DATA / "site"
PICTURE = DATA / "demo.png"  # of the page as the tests see it in Chromium
PICTURE_SAYS = (
    "Tidepool's page, with Goran signed in: his name and address, a button to sign out, and under Your "
    "pictures a goby and a limpet, each with a button to share it"
)
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
CONFIG = """\
export const config = {config};

// Where this browser finds an address of AWS or Google. On AWS: (url) => url
export const address = (url) => url.replace(/^https?:\\/\\/([^/]+)/, "http://$1.localhost:{port}");
"""
STORED = (
    "This was stored by a kernel with a fixed clock, which serves no browser. In your own, it stands here"
)
BROWSER_SECONDS = 5.0  # that a browser has for the picture
NOT_HERE = {  # a variable of the environment: where the kernel then runs
    "BINDER_LAUNCH_HOST": "on Binder",
    "CODESPACES": "in a GitHub codespace",
    "COLAB_RELEASE_TAG": "on Google Colab",
    "JUPYTERHUB_USER": "on a JupyterHub",
    "WSL_DISTRO_NAME": "in WSL, whose ports Windows may not see",
    "SSH_CONNECTION": "on a machine that you reach by SSH, without a tunnel for its port",
}
A_BROWSER = (
    "Either the notebook is shown by a program that loads no pictures, or by a browser that does not find "
    "names that end in .localhost, as Safari before macOS Tahoe"
)


class Demo:
    """Tidepool's page at ``origin``, where a browser of this machine finds it.

    Attributes:
        origin: The page's origin in a browser, for Google, the CORS rule and redirect addresses.
        url: The page's address, ``origin`` and a slash: letter for letter what a callback URL has to be.
    """

    def __init__(self, origin: str, port: int, served: bool) -> None:
        self.origin, self.url = origin, f"{origin}/"
        self._port, self._served = port, served

    def __repr__(self) -> str:
        return f"Tidepool's page, for browsers of this machine: {self.url}"

    def files(
        self, *, region: str, identity_pool: str, bucket: str, provider: str, client_id: str, domain: str = ""
    ) -> dict[str, dict[str, Any]]:
        """What belongs into the site's bucket: for each key the members of a ``PutObject``.

        Args:
            region, identity_pool, bucket: Where the page finds the identity pool, and the pictures.
            provider: Whose ID tokens it sends, as the identity pool names it: ``"accounts.google.com"``, or
                ``"cognito-idp.<region>.amazonaws.com/<pool>"``.
            client_id: The client that it is there.
            domain: Of the user pool, ``"https://…"``; empty with Google's button.
        """
        settings = {
            "region": region,
            "identityPoolId": identity_pool,
            "bucket": bucket,
            "provider": provider,
            "clientId": client_id,
            **({"domain": domain} if domain else {}),
        }
        config = CONFIG.replace("{config}", json.dumps(settings, indent=2)).replace("{port}", str(self._port))
        bodies = {
            file.name: file.read_bytes() for file in sorted(SITE.iterdir()) if file.suffix in CONTENT_TYPES
        }
        bodies["config.js"] = config.encode()
        more = {"CacheControl": "no-cache"}  # or a browser could go on with an earlier account's config.js
        return {
            key: {"Body": body, "ContentType": CONTENT_TYPES[Path(key).suffix], **more}
            for key, body in bodies.items()
        }

    def sentences(self) -> dict[str, str]:
        """What the page says to a person, by AWS's error code or by what happened."""
        found: dict[str, str] = json.loads((SITE / "sentences.json").read_text(encoding="utf-8"))
        return found

    def link(self) -> Link:
        """The link to the page, if the browser that shows this notebook gets there; else, why not."""
        if not self._served:
            return Link(self.url, STORED)
        if not twin.live():
            return Link(self.url, "No browser shows what this kernel puts out")
        return Link(self.url, "" if self._is_reached() else why_not())

    def _is_reached(self) -> bool:
        from IPython.display import HTML, display

        number, seen = secrets.token_hex(8), threading.Event()

        def look(exchange: Exchange) -> None:
            if exchange.request and exchange.request.query == f"seen={number}":
                seen.set()

        exchanges.OBSERVERS.append(look)
        try:
            picture = f'<img src="{self.url}tidepool.svg?seen={number}" alt="" width="48" height="48">'
            display(HTML(f"{picture} Your browser is asked for Tidepool's mark …"))
            return seen.wait(BROWSER_SECONDS)
        finally:
            exchanges.OBSERVERS.remove(look)


def why_not() -> str:
    """The likely reason why the learner's browser did not come."""
    for name, where in NOT_HERE.items():
        if os.environ.get(name):
            return f"Your browser did not come: this kernel runs {where}, and serves its own machine only"
    return f"Your browser did not come. {A_BROWSER}"


class Link(twin.Twin):
    """The address of the page, as a link where it leads somewhere; ``reason`` says why it does not."""

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = url, reason

    def html(self) -> str:
        style = (
            f"color:{palette.INK};background:{palette.PAPER};border:1px solid {palette.LINE};padding:.6em 1em"
        )
        there = f'<a href="{escape(self.url)}" target="_blank" rel="noopener" style="color:{palette.MARK}">'
        shown = (
            f"{there}Open Tidepool's page</a>"
            if not self.reason
            else f"<b>No link.</b> {escape(self.reason)}."
        )
        picture = self._picture() if self.reason else ""
        return f'<div style="{style}"><p>{shown}</p><p>{escape(self._more())}</p>{picture}</div>'

    def _picture(self) -> str:
        image = base64.b64encode(PICTURE.read_bytes()).decode()
        return f'<img alt="{PICTURE_SAYS}" width="{palette.WIDTH}" src="data:image/png;base64,{image}">'

    def _more(self) -> str:
        if self.reason:
            return (
                "The lesson goes on the first way, with Python as the browser: nothing here needs the link."
            )
        return "It is there as long as this section's account: until another scene begins, or the lab stops."

    def __repr__(self) -> str:
        return f"{self.url if not self.reason else f'No link. {self.reason}.'}\n{self._more()}"
