"""Servers of the learner's own: a WSGI application that answers at a host of the lab's network (PEP 3333)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import EnvironBuilder, run_wsgi_app

from cognito_lab.errors import OutsideTheLab
from cognito_lab.network import exchanges
from cognito_lab.network.messages import Handler, Request, Response

HOSTS = r"(?:[a-z0-9-]+\.)?api\.tidepool\.example"  # the names that such a server may have
NAME = "own server"
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclass
class OwnServers:
    """Applications by the host at which they answer."""

    by_host: dict[str, Application] = field(default_factory=dict)


def answer_by(servers: Callable[[], OwnServers]) -> Handler:
    """What answers at :data:`HOSTS`: one of ``servers()``, those of the account that is running."""

    def answer(request: Request) -> Response:
        application = servers().by_host.get(request.host)
        if application is None:
            raise OutsideTheLab(f'Nobody answers at {request.host}: lab.host("{request.host}", application).')
        with exchanges.calling_as(NAME):  # whatever it asks in turn
            body, status, headers = run_wsgi_app(application, environment_of(request), buffered=True)
        return Response(int(status.split()[0]), headers, b"".join(body))

    return answer


def environment_of(request: Request) -> dict[str, Any]:
    """The request as WSGI hands it to an application."""
    return EnvironBuilder(
        path=request.path,
        base_url=f"{request.url.partition('://')[0]}://{request.host}",
        query_string=request.query,
        method=request.method,
        headers=request.headers,
        data=request.body,
    ).get_environ()
