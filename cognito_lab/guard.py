"""Nothing leaves the machine: no request to AWS, no look-up of a name, no key of the learner's own.

A mocked AWS is not enough. Clients and sessions that were made before the mock, ``AWS_ENDPOINT_URL``
and every HTTP library that is not mocked go out to the real network, with real credentials. So:

- :func:`clean_environment` takes AWS's settings and proxies out of the process's environment;
- :func:`install` closes the sockets of this process to everything but this machine;
- :func:`refuse_older_clients` makes older botocore objects useless, and lets the lab answer ``urllib``.

What is refused is refused with :class:`OutsideTheLab`, in one line, before anything is looked up,
signed or read. It is no ``OSError``, so no library takes it for a network failure and tries again.

The closure lasts for the life of the process: after ``lab.stop()`` too there is no way out. It sees
what Python does. A library that opens sockets in C of its own, or another program, is not seen.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import sys
from collections.abc import Callable
from functools import cache, wraps
from typing import Any
from urllib.parse import urlsplit

from cognito_lab.errors import PLAYED, OutsideTheLab
from cognito_lab.network.messages import Response

# -- the environment -----------------------------------------------------------------------------

# AWS's settings; the proxies, as urllib and botocore look for them; and moto's own switches.
LEADS_OUT = re.compile(r"AWS_.*|.*_PROXY|BOTO_CONFIG|MOTO_.*|TEST_SERVER_MODE|TEST_PROXY_MODE", re.IGNORECASE)


def clean_environment(region: str) -> None:
    """Take from the environment what could lead to a real account, and point to empty files instead.

    ``region`` becomes the default Region. An older default session of boto3 is dropped, with its settings.
    Source: "Configuration and credential file settings", AWS SDKs and Tools Reference Guide.
    """
    for name in list(os.environ):
        if LEADS_OUT.fullmatch(name):
            del os.environ[name]
    os.environ.update(
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        BOTO_CONFIG=os.devnull,  # else botocore reads the keys in /etc/boto.cfg and ~/.boto
        AWS_EC2_METADATA_DISABLED="true",
        AWS_DEFAULT_REGION=region,
        NETRC=os.devnull,  # `requests` would send a password of ~/.netrc along
    )
    boto3: Any = sys.modules.get("boto3")
    session = getattr(boto3, "DEFAULT_SESSION", None)
    # One made in the lab knows nothing else, and keeps AWS's models: reading those takes most of a scene.
    if session is not None and STAMP not in vars(session._session):
        boto3.DEFAULT_SESSION = None


# -- the refusal ---------------------------------------------------------------------------------


def is_local(host: object) -> bool:
    """Whether ``host``, a name or an address as sockets take it, is this machine without asking anybody."""
    name = _text(host)
    if host is None or name.lower() in ("", "localhost"):  # None and "" are "any address", for a server
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    inner = getattr(address, "ipv4_mapped", None) or address
    return bool(inner.is_loopback or inner.is_unspecified)


def refusal(host: object) -> OutsideTheLab:
    """The line for a request to ``host`` that came to the machine's edge instead of to the lab."""
    name = _text(host)
    if not _account_is_running():
        why = "this process is closed to the network, and no account is running: Lab.start()."
    elif _is_played(name):
        why = "the lab answers for it, but only through boto3, requests and urllib."
    else:
        why = f"it is not part of this lab, which plays {PLAYED}."
    return OutsideTheLab(f"{name} was not looked up, and nothing was sent: {why}")


def refuse_if_outside(host: object) -> None:
    """The rule itself: only this machine may be named or connected to."""
    if not is_local(host):
        raise refusal(host)


def _text(host: object) -> str:
    return bytes(host).decode("latin-1") if isinstance(host, (bytes, bytearray)) else str(host)


# The account's modules are not imported with this one: a kernel's guard must stay cheap.


def _account_is_running() -> bool:
    patches = sys.modules.get("cognito_lab.aws.moto_patches")
    return patches is not None and patches.running()


def _is_played(name: str) -> bool:
    from cognito_lab.network import hosts

    return hosts.find_host(name) is not None


# -- the sockets ---------------------------------------------------------------------------------

# The calls are replaced, so that a refused one does not even begin. The audit events ("Audit events
# table" of Python's documentation) are the fence behind them, for code that holds the original functions.
LOOK_UPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo")
SENDING = {"connect": 0, "connect_ex": 0, "sendto": -1, "sendmsg": 3}  # where each takes its address
LOOK_UP_EVENTS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
SENDING_EVENTS = ("socket.connect", "socket.sendto", "socket.sendmsg")
INTERNET = (socket.AF_INET, socket.AF_INET6)
# These do not leave the machine. Every other family may: frames of the link layer, Bluetooth, a host of ours.
INSIDE = tuple(getattr(socket, name, None) for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG", "AF_SYSTEM"))
OWN_PACKETS = (socket.SOCK_RAW, getattr(socket, "SOCK_PACKET", None))  # which name a host of their own


@cache
def install() -> None:
    """Close the sockets of this process to everything but this machine. It cannot be undone.

    It imports nothing, so that a kernel can have it before its first cell.
    """
    for name in LOOK_UPS:
        setattr(socket, name, _refusing_look_up(getattr(socket, name)))
    for name, position in SENDING.items():
        setattr(socket.socket, name, _refusing_socket_method(getattr(socket.socket, name), position))
    sys.addaudithook(_fence)


def refuse_way_out(family: int, kind: int) -> None:
    """A socket may be opened if what it sends names a host, for :func:`refuse_if_outside`, or stays here.

    ``family`` and ``kind`` are negative where Python fills in the Internet's, or takes an open one over.
    """
    raw = family in INTERNET and kind >= 0 and kind & 0xF in OWN_PACKETS
    if raw or (family >= 0 and family not in INTERNET + INSIDE):
        raise OutsideTheLab(
            "A socket that makes its own packets, or is of another network, was not opened: this process is "
            "closed to the network."
        )


def _host_of(destination: Any) -> object:
    """The host in a socket address ``(host, port, …)``, or the name that a look-up was given."""
    return destination[0] if isinstance(destination, tuple) and destination else destination


def _refusing_look_up(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def look_up(*args: Any, **kwargs: Any) -> Any:
        refuse_if_outside(_host_of(args[0] if args else kwargs.get("host")))
        return function(*args, **kwargs)

    return look_up


def _refusing_socket_method(method: Callable[..., Any], position: int) -> Callable[..., Any]:
    @wraps(method)
    def send(self: socket.socket, *args: Any) -> Any:
        refuse_way_out(self.family, -1)  # one that was open before
        if self.family in INTERNET and len(args) > max(position, 0):
            refuse_if_outside(_host_of(args[position]))
        return method(self, *args)

    return send


def _fence(event: str, args: tuple[Any, ...]) -> None:
    if event in LOOK_UP_EVENTS:
        refuse_if_outside(_host_of(args[0]))
    elif event == "socket.__new__":
        refuse_way_out(args[1], args[2])
    elif event in SENDING_EVENTS and args[0].family in INTERNET:
        refuse_if_outside(_host_of(args[1]))


# -- botocore and urllib -------------------------------------------------------------------------


@cache
def refuse_older_clients() -> None:
    """Refuse botocore's objects that are older than the lab, and let the lab answer ``urllib``.

    An older client, or a session, holds real credentials, or the way to them: a ``credential_process``
    to run, a configuration file to open. What is made from now on carries a stamp.
    """
    import urllib.request

    import botocore.client
    import botocore.httpsession
    import botocore.session
    import botocore.signers

    session, signer = botocore.session.Session, botocore.signers.RequestSigner
    for kind in (session, signer, botocore.client.BaseClient):
        _stamp_new(kind)
    for method in ("create_client", "get_credentials", "get_auth_token"):
        _refuse_unstamped(session, method, "boto3 or botocore session")
    _refuse_unstamped(botocore.client.BaseClient, "_make_api_call", "AWS client")
    for method in ("get_auth_instance", "get_auth"):  # also what presigned URLs are signed with
        _refuse_unstamped(signer, method, "AWS client")
    session.full_config = _without_file(session.full_config)
    botocore.httpsession.URLLib3Session.send = _refusing_sender(botocore.httpsession.URLLib3Session.send)
    plain, secure = urllib.request.HTTPHandler, urllib.request.HTTPSHandler
    plain.http_open = _answered_by_the_lab(plain.http_open)  # type: ignore[method-assign]
    secure.https_open = _answered_by_the_lab(secure.https_open)  # type: ignore[method-assign]


STAMP = "_made_in_the_lab"


def _stamp_new(kind: type) -> None:
    begin = kind.__init__  # type: ignore[misc]

    @wraps(begin)
    def stamped(self: Any, *args: Any, **kwargs: Any) -> None:
        self.__dict__[STAMP] = True
        begin(self, *args, **kwargs)

    kind.__init__ = stamped  # type: ignore[misc]


def _refuse_unstamped(kind: type, name: str, what: str) -> None:
    method = getattr(kind, name)

    @wraps(method)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        if STAMP not in self.__dict__:
            raise OutsideTheLab(
                f"This {what} was made before Lab.start(), maybe with real keys: make it again."
            )
        return method(self, *args, **kwargs)

    setattr(kind, name, checked)


def _without_file(full_config: property) -> property:
    """An older session opens no file any more. It finds nothing and does not fail: moto has such sessions."""
    read = full_config.fget
    assert read is not None

    def config(self: Any) -> Any:
        return read(self) if STAMP in self.__dict__ else {"profiles": {}}

    return property(config, doc=full_config.__doc__)


def _refusing_sender(send: Callable[..., Any]) -> Callable[..., Any]:
    """botocore's last step before the network; in the lab's account a request is answered before it."""

    @wraps(send)
    def checked(self: Any, request: Any) -> Any:
        refuse_if_outside(urlsplit(request.url).hostname)
        return send(self, request)

    return checked


def _answered_by_the_lab(really_open: Callable[..., Any]) -> Callable[..., Any]:
    """The handlers' classes are the place: PyJWT's ``PyJWKClient`` builds its opener anew for each call."""

    @wraps(really_open)
    def answer(self: Any, request: Any) -> Any:
        host = urlsplit(request.full_url).hostname
        if is_local(host):
            return really_open(self, request)
        if not _account_is_running():
            raise refusal(host)
        from cognito_lab.network import hosts
        from cognito_lab.network.messages import Request

        fields = hosts.headers_of(dict(request.header_items()))
        body = hosts.octets_of(request.data)
        played = hosts.dispatch(Request(request.get_method(), request.full_url, fields, body))
        return _as_from_the_wire(request, played)

    return answer


def _as_from_the_wire(request: Any, response: Response) -> Any:
    """``response`` as the object that ``urllib`` hands out."""
    import http.client
    import io

    fields = response.headers.copy()
    fields["content-length"] = len(response.body)
    fields.remove("transfer-encoding")
    reason = http.client.responses.get(response.status, "")
    head = [f"HTTP/1.1 {response.status} {reason}", *(f"{name}: {value}" for name, value in fields)]
    stream = io.BytesIO("\r\n".join([*head, "", ""]).encode("latin-1") + response.body)
    wire = type("Wire", (), {"makefile": lambda self, mode: stream})()
    answer = http.client.HTTPResponse(wire, method=request.get_method())
    answer.begin()
    answer.url, answer.msg = request.full_url, answer.reason  # type: ignore[assignment]
    return answer
