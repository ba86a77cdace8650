"""The pages of managed login as HTML: one layout, the pool's branding, and the parts of forms.

No page needs a script, and none would run. Whatever is put into a page is escaped here, all but the HTML made
by the functions of this module and the CSS that :mod:`..user_pools.branding` has checked.
"""

from __future__ import annotations

import html
import string
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from cognito_lab.aws.network import Headers, Response
from cognito_lab.aws.user_pools import branding
from cognito_lab.aws.user_pools.app_clients import AppClient
from cognito_lab.aws.user_pools.branding import Style
from cognito_lab.aws.user_pools.pools import UserPool

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    # The address says who signs in where: it is for no other site. (With "no-referrer", browsers would
    # hide the origin of a form from its own server too.)
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    # No script, nothing from elsewhere, and no other site may frame the page and have its buttons pressed
    # unseen. form-action is left open: browsers hold it against the redirect to the app as well.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; frame-ancestors 'none'",
}


@cache
def template(name: str) -> string.Template:
    return string.Template((Path(__file__).parent / name).read_text(encoding="utf-8"))


def escape(text: str) -> str:
    """``text`` so that HTML shows it, in an element or in a quoted attribute."""
    return html.escape(text, quote=True)


def page(
    pool: UserPool | None, client: AppClient | None, title: str, body_html: str, status: int = 200
) -> Response:
    """A page that looks as ``pool`` has set it for ``client``.

    Parameters
    ----------
    title:
        Text of the heading; it is escaped here.
    body_html:
        HTML made by the functions of this module.
    status:
        HTTP status code; from 400 on, the window's title says "Error".
    """
    style = branding.style_of(pool, client) if pool and client else None
    style = style or Style()
    heading = f"Error: {title}" if status >= 400 else title
    filled = template("layout.html").substitute(
        heading=escape(heading), title=escape(title), app=escape(client.name if client else "Sign-in"),
        style=template("style.css").template, branding=f":root{{color-scheme:{style.scheme}}}{style.css}",
        icon=f'<link rel="icon" href="{escape(style.icon)}">\n' if style.icon else "",
        logo=f'<img class="logo-customizable" src="{escape(style.logo)}" alt="">' if style.logo else "",
        content=body_html,
    )  # fmt: skip
    return Response(status, Headers(HEADERS), filled.encode())


def error_page(
    message: str,
    status: int = 400,
    pool: UserPool | None = None,
    client: AppClient | None = None,
    title: str = "Something went wrong",
) -> Response:
    """A page for what can be told to nobody but the person in front of the browser."""
    return page(pool, client, title, alert(message), status)


# -- parts of pages ------------------------------------------------------------------------------


def paragraph(text: str) -> str:
    return f'<p class="textDescription-customizable">{escape(text)}</p>'


def notice(text: str) -> str:
    """Something that went well."""
    return f'<p class="notice" role="status">{escape(text)}</p>' if text else ""


def alert(text: str) -> str:
    """What was refused; fields point to it by ``aria-describedby``."""
    return (
        f'<p class="error errorMessage-customizable" id="error" role="alert">{escape(text)}</p>'
        if text
        else ""
    )


def field(name: str, label: str, *, hint: str = "", wrong: bool = False, **attributes: str) -> str:
    """A labelled input. ``attributes`` are HTML's (``type``, ``value``, ``autocomplete`` …).

    ``wrong``: the form was refused, and why stands in the :func:`alert`.
    """
    about = [f"{name}-hint"] * bool(hint) + ["error"] * wrong
    if about:
        attributes["aria-describedby"] = " ".join(about)
    if wrong:
        attributes["aria-invalid"] = "true"
    given = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return (
        f'<label class="label-customizable" for="{escape(name)}">{escape(label)}</label>\n'
        + (f'<p class="hint" id="{escape(name)}-hint">{escape(hint)}</p>\n' if hint else "")
        + f'<input class="inputField-customizable" id="{escape(name)}" name="{escape(name)}"{given}>\n'
    )


def form(action: str, fields_html: str, button: str, hidden: Mapping[str, str], quiet: bool = False) -> str:
    """A form that is posted to ``action``; ``quiet``: its button is not what the page is for."""
    kept = "".join(
        f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">\n' for k, v in hidden.items()
    )
    look = "button" if quiet else "button submitButton-customizable"
    return (
        f'<form method="post" action="{escape(action)}">\n{kept}{fields_html}'
        f'<button class="{look}">{escape(button)}</button>\n</form>\n'
    )


def buttons(links: Iterable[tuple[str, str]]) -> str:
    """Links that look like buttons: (text, address)."""
    return "".join(
        f'<a class="button idpButton-customizable" href="{escape(address)}">{escape(text)}</a>\n'
        for text, address in links
    )


def links(found: Iterable[tuple[str, str]]) -> str:
    """The ways to other pages: (text, address)."""
    rows = "".join(f'<li><a href="{escape(address)}">{escape(text)}</a></li>\n' for text, address in found)
    return f'<ul class="links redirect-customizable">\n{rows}</ul>\n' if rows else ""
