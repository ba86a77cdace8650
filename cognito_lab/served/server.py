"""The account on the loopback address, a thread for each connection."""

from __future__ import annotations

import errno
import re
import socket
import string
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from socketserver import ThreadingTCPServer
from typing import Any
from urllib.parse import urlsplit

from cognito_lab.aws import jwt_issuers
from cognito_lab.aws.iam import principals
from cognito_lab.errors import OutsideTheLab
from cognito_lab.network import exchanges, hosts
from cognito_lab.network.messages import Request, Response
from cognito_lab.served import browser_rules, http_connection, routing
from cognito_lab.served.account import Account

LOOPBACK = "127.0.0.1"
PORTS_TRIED = 20
# What a system says that can give out no further socket now, and how long until it is asked again.
NO_MORE_SOCKETS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
PAUSE = 0.2  # seconds
ISSUER_CHOICES = ("aws", "local")
KEY_PAIR = {"test": "test"}  # the convention of local AWS stacks
HOW_TO = string.Template((Path(__file__).parent / "how_to.txt").read_text(encoding="utf-8"))


class Server:
    """``account`` on ``http://127.0.0.1:PORT``, until :meth:`stop`; printed, what to copy.

    ``with lab.serve() as server:`` ends the serving with its block, however that ends.

    Attributes:
        port, url: Where it is: the port that was asked for, or the next free one.
        issuer: ``"aws"`` or ``"local"``: see :meth:`cognito_lab.lab.Lab.serve`.
    """

    def __init__(self, account: Account, port: int, issuer: str = "aws") -> None:
        if issuer not in ISSUER_CHOICES:
            raise ValueError(f"issuer is {issuer!r}, but must be {' or '.join(ISSUER_CHOICES)}.")
        self.account, self._asked_for, self.issuer = account, port, issuer
        self._listener = _listen(port)
        self._listener.answer = self._from_outside
        self.port: int = self._listener.server_address[1]
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.running = True
        jwt_issuers.local_endpoint = self.url if issuer == "local" else ""
        # The kernel's own requests to these names are answered without a socket, and by the kernel's clock.
        self.row = hosts.Host(re.compile(r"127\.0\.0\.1|(.+\.)?localhost"), "wire", self._from_the_kernel)
        hosts.HOSTS.append(self.row)
        principals.EXTRA_ROOT_KEYS.update(KEY_PAIR)
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), name="wire", daemon=True).start()

    def stop(self) -> None:
        """Close the port and every connection. The account goes on in the kernel; twice is nothing new."""
        with self.account.lock:
            if not self.running:
                return
            self.running = False
            hosts.HOSTS.remove(self.row)
            principals.EXTRA_ROOT_KEYS.clear()
            jwt_issuers.local_endpoint = ""
            self._listener.shutdown()
            self._listener.server_close()
            for connection in list(self._listener.open):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def address(self, url: str) -> str:
        """Where a browser of this machine finds ``url``, an address of AWS's or Google's.

        Raises:
            OutsideTheLab: The lab does not play its host.
        """
        if not browser_rules.is_played(url):
            raise OutsideTheLab(f"{url} is not an address that this lab plays.")
        return browser_rules.local_address(url, self.port)

    def __str__(self) -> str:
        if not self.running:
            return f"The account is no longer served on {self.url}."
        ((key, secret),) = KEY_PAIR.items()
        how_to = HOW_TO.substitute(vars(self), region=self.account.region, key=key, secret=secret)
        if self.issuer == "local":
            how_to += f"\nThe issuer in tokens is {self.url}/<user pool's id>, and not AWS's.\n"
        if self._asked_for in (0, self.port):
            return how_to
        return (
            f"Port {self._asked_for} is taken; {self.port} is the next free one. Callback URLs and "
            f"origins with {self._asked_for} do not match now.\n{how_to}"
        )

    def __repr__(self) -> str:
        return f"<Server {self.url}, {'running' if self.running else 'stopped'}>"

    def _from_outside(self, request: Request) -> Response:
        with self.account.lock.of_the_learner():
            return routing.respond(self, replace(request, url=self.url + request.url), hosts.dispatch)

    def _from_the_kernel(self, request: Request) -> Response:
        """What the kernel's own boto3 and ``requests`` send here, in the exchange that they began."""
        place = urlsplit(request.url)
        if place.scheme != "http" or place.port != self.port:
            raise OutsideTheLab(f"{request.url} is not part of this lab: the account is on {self.url}.")

        def play(meant: Request) -> Response:
            exchange, host = exchanges.current_exchange(), hosts.find_host(meant.host)
            assert host is not None
            exchange.request, exchange.callee = meant, host.name
            return host.answer(meant)

        target = request.url.split(place.netloc, 1)[1].partition("#")[0]
        url = self.url + (target if target.startswith("/") else f"/{target}")
        headers = request.headers.copy()
        headers.setdefault("host", place.netloc)
        return routing.respond(self, replace(request, url=url, headers=headers), play)


class _Listener(ThreadingTCPServer):
    allow_reuse_address = True  # a port that was just released can be had again
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    answer: http_connection.Answer

    def __init__(self, port: int) -> None:
        self.open: set[socket.socket] = set()
        super().__init__((LOOPBACK, port), http_connection.Connection)

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection. One that cannot be taken yet stays in the queue, and is waited for: asked
        again at once, the system would say no some hundred thousand times a second."""
        try:
            return super().get_request()
        except OSError as error:
            if error.errno in NO_MORE_SOCKETS:
                time.sleep(PAUSE)
            raise

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        self.open.discard(request)
        super().shutdown_request(request)


def _listen(port: int) -> _Listener:
    """A listener on ``port``, or on the next one that is free."""
    for number in range(port, port + PORTS_TRIED) if port else (0,):
        with suppress(OSError):
            return _Listener(number)
    raise OSError(f"no port from {port} to {port + PORTS_TRIED - 1} is free")
