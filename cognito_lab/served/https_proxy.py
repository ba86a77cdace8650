"""`serve --https`: a proxy on this machine for programs that have AWS's addresses built in.

Such a program calls ``https://cognito-idp.us-east-1.amazonaws.com`` and cannot be told of another endpoint.
It asks the proxy for a tunnel to that host, and finds the account at its end, with a certificate of an
authority that was made for this account and that the program is told to trust. To a host that the lab does
not play there is no tunnel: nothing is looked up, and nothing leaves the machine.

Sources: RFC 9110, 9.3.6 (CONNECT).
"""

from __future__ import annotations

import re
import ssl
import tempfile
import threading
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from types import SimpleNamespace
from typing import Any

import trustme

from cognito_lab.network import hosts
from cognito_lab.network.messages import Request, Response
from cognito_lab.served import http_connection, routing
from cognito_lab.served.server import LOOPBACK, Server

TUNNEL = re.compile(rb"CONNECT ([a-z0-9.-]{1,253}):443 HTTP/1\.[01]\r?\n", re.IGNORECASE)
MOST_FIELDS = 100
# The variables by which programs are told of a proxy, and of an authority to trust.
PROXY = "HTTPS_PROXY"
TRUSTED = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


class HttpsProxy:
    """Tunnels to the hosts of ``server``'s account, until :meth:`stop`; printed, what to copy.

    Attributes:
        url: Where the proxy is.
        authority: The file with the authority's certificate. Its key is kept in memory alone, and its
            certificates count for nobody who was not told to trust it.
    """

    def __init__(self, server: Server) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.authority = Path(self._folder.name, "authority.pem")
        made = trustme.CA(organization_name="Cognito Lab, for one account of tests")
        made.cert_pem.write_to_path(str(self.authority))
        self._listener = _Listener((LOOPBACK, 0), _Tunnel)
        self._listener.serves, self._listener.context = server, cache(lambda host: _context(made, host))
        self.url = f"http://{LOOPBACK}:{self._listener.server_address[1]}"
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close the port, and forget the authority."""
        self._listener.shutdown()
        self._listener.server_close()
        self._folder.cleanup()

    def __enter__(self) -> HttpsProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __str__(self) -> str:
        lines = [f"export {PROXY}={self.url}", *(f"export {name}={self.authority}" for name in TRUSTED)]
        return "For programs that have AWS's addresses built in, over HTTPS:\n\n" + "\n".join(lines) + "\n"


def _context(authority: trustme.CA, host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    authority.issue_cert(host).configure_cert(context)
    return context


class _Listener(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    serves: Server
    context: Any  # the TLS settings for a host's name


class _Tunnel(StreamRequestHandler):
    """One connection of a program: the request for a tunnel, and HTTPS at its end."""

    server: Any
    rbufsize = 0  # what follows the request belongs to TLS
    timeout = 30  # seconds that a client may be silent

    def handle(self) -> None:
        with suppress(OSError):  # a client that is silent, gone, or does not trust the certificate
            host = self.asked_for()
            if host is None:
                self.wfile.write(b"HTTP/1.1 403 Not part of this lab\r\ncontent-length: 0\r\n\r\n")
                return
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            tls = self.server.context(host).wrap_socket(self.connection, server_side=True)
            with tls:
                end = SimpleNamespace(answer=lambda request: _answer(self.server.serves, request, host))
                http_connection.Connection(tls, self.client_address, end)  # type: ignore[arg-type]

    def asked_for(self) -> str | None:
        """The host to which a tunnel is asked for; None for one that the lab does not play, or no request."""
        asked = TUNNEL.fullmatch(self.rfile.readline(1025))
        fields = iter(lambda: self.rfile.readline(8193).strip(), b"")
        if asked is None or sum(1 for _, _ in zip(range(MOST_FIELDS), fields, strict=False)) == MOST_FIELDS:
            return None
        host = asked[1].decode("ascii").lower()
        return host if routing.is_real(host) else None


def _answer(server: Server, request: Request, host: str) -> Response:
    with server.account.lock.of_the_learner():
        return routing.respond_as(
            server, replace(request, url=server.url + request.url), host, hosts.dispatch
        )
