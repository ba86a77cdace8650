"""The control endpoints: mail, clock and reset of the account, for programs and not for pages.

    GET  /_lab/health             the account, its Region and its time
    GET  /_lab/inbox/<address>    the messages to an address as JSON, newest last, each with its ``code``
    POST /_lab/clock              {"advance_seconds": n}
    POST /_lab/reset              an empty account

They exist on ``127.0.0.1:PORT`` and ``localhost:PORT`` alone, where no page of the account runs a script.
A page of any other origin is refused: the inbox holds other people's codes.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from cognito_lab.network.messages import Headers, Request, Response
from cognito_lab.protocols import json_texts
from cognito_lab.served import HttpRefusal
from cognito_lab.served.account import Account


def handle(account: Account, request: Request) -> Response:
    """The answer of a control endpoint, as JSON; raises :class:`HttpRefusal` 400, 403, 404 or 405."""
    refuse_pages(request)
    name, _, rest = request.path.removeprefix("/_lab/").partition("/")
    method, action = CONTROL_ENDPOINTS.get(name, ("", None))
    if action is None or bool(rest) != (name == "inbox"):
        raise HttpRefusal(
            f"{request.path} is no control endpoint; there are {', '.join(CONTROL_ENDPOINTS)}.", 404
        )
    if request.method != method:
        raise HttpRefusal(f"{request.path} takes {method} only.", 405)
    body = json.dumps(action(account, unquote(rest), request.body), ensure_ascii=False, indent=2)
    fields = {"content-type": "application/json; charset=utf-8", "x-content-type-options": "nosniff"}
    return Response(200, Headers({**fields, "cache-control": "no-store"}), f"{body}\n".encode())


def refuse_pages(request: Request) -> None:
    """Raise :class:`HttpRefusal` for a page of another origin; browsers name it, programs send neither
    field."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "none")
    if origin not in (None, f"http://{request.headers['host']}") or site not in ("none", "same-origin"):
        raise HttpRefusal("The control endpoints are not for pages of other origins.", 403)


def health(account: Account, *_: object) -> dict[str, Any]:
    return {
        "status": "ok",
        "account": account.account,
        "region": account.region,
        "time": account.now.isoformat(),
    }


def inbox(account: Account, address: str, _: object) -> list[dict[str, Any]]:
    return [{**vars(message), "time": message.time.isoformat()} for message in account.inbox(address)]


def advance(account: Account, _: object, body: bytes) -> dict[str, Any]:
    try:
        seconds = json_texts.read(body)["advance_seconds"]
        if isinstance(seconds, bool):
            raise TypeError("a number of seconds")
        return {"time": account.travel(seconds=seconds).isoformat()}
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise HttpRefusal(f'The clock takes {{"advance_seconds": n}}, n not less than 0: {error}') from None


def reset(account: Account, *_: object) -> dict[str, Any]:
    account.reset()
    return health(account)


CONTROL_ENDPOINTS: dict[str, tuple[str, Any]] = {
    "health": ("GET", health),
    "inbox": ("GET", inbox),
    "clock": ("POST", advance),
    "reset": ("POST", reset),
}
