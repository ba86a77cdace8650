"""HTTP/1.1 over a bare socket: bodies, limits, lasting connections, and clients that are slow or broken."""

from __future__ import annotations

import errno
import socket
import threading
import time
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import psutil
import pytest
from support.served import ask, buckets, lab, server, signed

from cognito_lab import Lab, clock
from cognito_lab.network.messages import Headers, Response
from cognito_lab.served import http_connection, routing
from cognito_lab.served import server as server_module
from cognito_lab.served.server import Server

__all__ = ["lab", "server"]


class Wire:
    """A connection, and what comes back on it."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        self.file = self.socket.makefile("rb")
        self.host = f"Host: 127.0.0.1:{server.port}\r\n"

    def send(self, text: str | bytes) -> None:
        self.socket.sendall(text.encode("latin-1") if isinstance(text, str) else text)

    def ask(self, head: str, body: str = "") -> tuple[int, dict[str, str], bytes]:
        self.send(head.replace("\n", "\r\n").replace("HOST\r\n", self.host) + "\r\n" + body)
        return self.answer()

    def answer(self, empty: bool = False) -> tuple[int, dict[str, str], bytes]:
        status = int(self.file.readline().split()[1])
        lines = iter(lambda: self.file.readline().strip().decode("latin-1"), "")
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = 0 if empty or status == 100 else int(fields.get("content-length", 0))
        return status, fields, self.file.read(length)

    def is_closed(self) -> bool:
        return self.file.read(1) == b""

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@pytest.fixture
def wire(server: Server) -> Wire:
    return Wire(server)


CLOCK = "POST /_lab/clock HTTP/1.1\nHOST\n"
CLOSE = "GET /_lab/health HTTP/1.1\nHOST\nConnection: close\n"


def test_a_connection_goes_on_after_every_kind_of_answer(wire: Wire) -> None:
    for line, status in (
        ("GET /_lab/health", 200),
        ("GET /no-such-bucket/", 404),
        ("POST /_lab/health", 405),
        ("GET /_lab/health", 200),
    ):
        answer = wire.ask(f"{line} HTTP/1.1\nHOST\n")
        assert (answer[0], answer[1]["connection"]) == (status, "keep-alive")
    wire.send(f"HEAD /no-such-bucket HTTP/1.1\r\n{wire.host}\r\n")
    status, fields, _ = wire.answer(empty=True)
    assert status == 404 and int(fields["content-length"]) > 0
    two = f"GET /_lab/health HTTP/1.1\r\n{wire.host}\r\n" * 2
    wire.send(two)  # the second before the first is answered
    assert [wire.answer()[0] for _ in range(2)] == [200, 200]
    assert wire.ask(CLOSE)[1]["connection"] == "close" and wire.is_closed()


def test_http_1_0_closes(wire: Wire) -> None:
    status, fields, _ = wire.ask("GET /_lab/health HTTP/1.0\nHOST\n")
    assert (status, fields["connection"]) == (200, "close") and wire.is_closed()


def test_a_body_with_its_length_in_chunks_or_after_a_question(wire: Wire) -> None:
    body = '{"advance_seconds": 0}'
    assert wire.ask(f"{CLOCK}Content-Length: {len(body)}\n", body)[0] == 200
    half = len(body) // 2
    pieces = (
        f"{half:x};ext=1\r\n{body[:half]}\r\n{len(body) - half:X}\r\n{body[half:]}\r\n0\r\nTrailer: x\r\n\r\n"
    )
    assert wire.ask(f"{CLOCK}Transfer-Encoding: Chunked\n", pieces)[0] == 200
    assert wire.ask(f"{CLOCK}Content-Length: {len(body)}\nExpect: 100-continue\n")[0] == 100
    wire.send(body)
    assert wire.answer()[0] == 200
    assert wire.ask(CLOSE)[0] == 200


def test_a_body_has_a_limit(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "LARGEST_BODY", 1000)
    for fields, body in (
        ("Content-Length: 1001\n", "x" * 1001),
        ("Content-Length: 99999999999\n", "x" * 200_000),
        ("Content-Length: 1001\nExpect: 100-continue\n", ""),
        ("Transfer-Encoding: chunked\n", f"3e9\r\n{'x' * 1001}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\n", f"1f4\r\n{'x' * 500}\r\n" * 3),
    ):
        wire = Wire(server)
        status, answered, _ = wire.ask(CLOCK + fields, body)
        assert (status, answered["connection"]) == (413, "close")
    exactly = Wire(server).ask(f"{CLOCK}Content-Length: 1000\n", '{"advance_seconds": 0}'.ljust(1000))
    assert exactly[0] == 200


@pytest.mark.parametrize(
    "request_",
    [
        "POST /_lab/clock HTTP/1.1\nHOST\nContent-Length: 2\nContent-Length: 2\n",
        "POST /_lab/clock HTTP/1.1\nHOST\nContent-Length: 2\nTransfer-Encoding: chunked\n",
        "POST /_lab/clock HTTP/1.1\nHOST\nTransfer-Encoding: gzip, chunked\n",
        "POST /_lab/clock HTTP/1.1\nHOST\nTransfer-Encoding: identity\n",
        "POST /_lab/clock HTTP/1.1\nHOST\nContent-Length: -1\n",
        "POST /_lab/clock HTTP/1.1\nHOST\nContent-Length: 0x2\n",
        "POST /_lab/clock HTTP/1.1\nHOST\nContent-Length: ²\n",
        "GET /_lab/health HTTP/1.1\nHOST\nHOST\n",
        "GET /_lab/health HTTP/1.1\nHOST\nX-Amz-Date: a\n b\n",
        "POST /_lab/reset HTTP/1.1\nHOST\nOrigin : https://evil.example\n",
        "POST /_lab/reset HTTP/1.1\nHOST\nno colon\nOrigin: https://evil.example\n",
        "GET http://127.0.0.1/_lab/health HTTP/1.1\nHOST\n",
        "GET /_lab/häalth HTTP/1.1\nHOST\n",
        "GET /_lab/health#x HTTP/1.1\nHOST\n",
        "CONNECT accounts.google.com:443 HTTP/1.1\nHOST\n",
        "GET /a b HTTP/1.1\nHOST\n",
        "POST /_lab/reset HTTP/1.1\nHOST\nX-A: b\rOrigin: https://evil.example\n",
        "POST /_lab/reset HTTP/1.1\nHOST\nX-A: b\r\rOrigin: https://evil.example\n",
        "GET /_lab/health HTTP/1.1\nHOST\nX-A: b\0c\n",
        "GET /_lab/health HTTP/1.1\nHOST\nX-(A): b\n",
        "GET /_lab/health HTTP/1.1\nHOST\nX[A]: b\n",
        "GET\n",
        "\x16\x03\x01\x02\x00\x01\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_not_read(server: Server, request_: str) -> None:
    wire = Wire(server)
    assert wire.ask(request_, "{}")[0] == 400
    assert wire.is_closed()


def test_lines_of_a_header_and_of_a_trailer_have_limits(server: Server) -> None:
    long = "a" * (http_connection.LONGEST_LINE + 1)
    chunked = "POST /_lab/health HTTP/1.1\nHOST\nTransfer-Encoding: chunked\n"
    for head, body, status in (
        (f"GET /{long} HTTP/1.1\nHOST\n", "", 414),
        (f"GET /_lab/health HTTP/1.1\nHOST\nX-A: {long}\n", "", 431),
        ("GET /_lab/health HTTP/1.1\nHOST\n" + "X-A: b\n" * 200, "", 431),
        (chunked, f"0\r\nX-A: {long}\r\n\r\n", 431),
        (chunked, "0\r\n" + "X-A: b\r\n" * 200 + "\r\n", 431),
        (chunked, "0\r\nX-A: b\rX-B: c\r\n\r\n", 400),
        (chunked, "0\r\n" + "X-A: b\r\n" * 90 + "\r\n", 405),
        (f"GET /_lab/health HTTP/1.1\nHOST\nX-A: {'a' * 7_900}\n", "", 200),
    ):
        assert Wire(server).ask(head, body)[0] == status, (head[:60], body[:60])


@pytest.mark.parametrize(
    "chunks", ["x\r\n", "-1\r\n", "0x2\r\nab\r\n", "+2\r\nab\r\n", "2\r\nabc\r\n0\r\n\r\n", "2 2\r\n"]
)
def test_chunks_are_what_they_say(server: Server, chunks: str) -> None:
    assert Wire(server).ask(f"{CLOCK}Transfer-Encoding: chunked\n", chunks)[0] == 400


def test_without_a_host_there_is_no_answer(server: Server) -> None:
    assert Wire(server).ask("GET /_lab/health HTTP/1.1\n")[0] == 421


def test_two_slashes_in_front_stay(server: Server) -> None:
    buckets()
    host = "tidepool-site.s3.us-east-1.amazonaws.com.localhost"
    assert ask(server, "GET", "/index.html", host).text == "home"
    assert ask(server, "GET", "//index.html", host).status == 403  # another key, and not public to list


def connections_of(server: Server) -> list[tuple[str, int]]:
    """The other ends of the connections that the server holds."""
    held = psutil.Process().net_connections("tcp")
    return [tuple(one.raddr) for one in held if one.laddr.port == server.port and one.raddr]


def test_clients_that_are_slow_or_gone_keep_nobody_waiting(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def some() -> list[Wire]:
        slow = [Wire(server) for _ in range(4)]
        slow[0].send("GET /_lab/he")
        slow[1].send(f"POST /_lab/clock HTTP/1.1\r\n{slow[1].host}Content-Length: 100\r\n\r\nfew")
        chunked = f"{slow[2].host}Transfer-Encoding: chunked\r\n\r\nff\r\nfew"
        slow[2].send(f"POST /_lab/clock HTTP/1.1\r\n{chunked}")
        gone = Wire(server)
        gone.send(f"POST /_lab/clock HTTP/1.1\r\n{gone.host}Content-Length: 100\r\n\r\nfew")
        gone.socket.shutdown(socket.SHUT_WR)
        return [*slow, gone]

    patient = some()  # these may be silent for longer than whoever asks now waits
    assert ask(server, "GET", "/_lab/health").status == 200
    assert len(connections_of(server)) >= 4
    for wire in patient:
        wire.close()
    monkeypatch.setattr(http_connection.Connection, "timeout", 1)
    assert all(wire.is_closed() for wire in some())  # and nothing was answered
    give_up = time.monotonic() + 20
    while held := connections_of(server):
        assert time.monotonic() < give_up, held
        time.sleep(0.01)


def test_one_that_does_not_read_its_answer_keeps_nobody_waiting(server: Server) -> None:
    buckets()
    deaf = Wire(server)
    deaf.send(f"GET /tidepool-site/index.html HTTP/1.1\r\n{deaf.host}\r\n" * 200)
    assert ask(server, "GET", "/_lab/health").status == 200


def test_a_stop_ends_what_is_under_way(server: Server) -> None:
    waiting = Wire(server)
    waiting.send(f"POST /_lab/clock HTTP/1.1\r\n{waiting.host}Content-Length: 100\r\n\r\nfew")
    assert ask(server, "GET", "/_lab/health").status == 200
    server.stop()
    assert waiting.is_closed(), "and not when its client has been silent for too long"
    give_up = time.monotonic() + 20
    while "wire" in [thread.name for thread in threading.enumerate()]:
        assert time.monotonic() < give_up
        time.sleep(0.01)


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/mixed; boundary=x", "message/rfc822"])
def test_a_body_may_be_of_a_kind_that_mail_has_too(server: Server, kind: str) -> None:
    buckets()
    put = signed(server, "PUT", "/tidepool-pictures/parts", body=b"--x", content_type=kind)
    assert put.status == 200, put.text
    assert signed(server, "GET", "/tidepool-pictures/parts").headers["content-type"] == kind


def test_the_date_is_the_machines_also_when_the_account_has_travelled(lab: Lab, server: Server) -> None:
    lab.travel(hours=5)
    told = parsedate_to_datetime(ask(server, "GET", "/_lab/health").headers["date"]).timestamp()
    assert abs(told - clock.real_time()) < 60 < time.time() - told


def test_a_line_break_in_a_field_of_an_answer_makes_no_second_field(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets()
    for line_break in ("\r\n", "\n", "\r"):
        with pytest.raises(ValueError, match="newline"):
            Headers({"x-said": f"one{line_break}set-cookie: two=2"})
        asked = quote(f"one{line_break}set-cookie: two=2")  # S3 answers with what the caller asks for here
        answer = signed(server, "GET", f"/tidepool-pictures/crab?response-content-disposition={asked}")
        assert answer.status == 200 and answer.headers["set-cookie"] is None
        assert answer.headers["content-disposition"] == "one set-cookie: two=2"
    fields = Headers({"x-said": "one\x0bset-cookie: two=2"})  # which some take for one, and werkzeug does not
    fields.add("x-asked\r\nset-cookie", "two=2")  # a name that somebody else has asked for
    fields.add("x asked", "two=2")
    monkeypatch.setattr(routing, "respond", lambda *_: Response(200, fields, b"done"))
    answer = ask(server, "GET", "/")
    assert answer.text == "done" and answer.headers["set-cookie"] is None
    assert answer.headers["x-said"] == "one set-cookie: two=2"
    assert not [name for name in answer.headers if name.startswith(("x-asked", "x asked"))]


def test_without_descriptors_the_server_waits_and_goes_on(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system cannot give out now is asked for a few times a second, and not without a pause."""
    asked, accept = [], socket.socket.accept

    def refuse(listener: socket.socket) -> tuple[socket.socket, tuple[str, int]]:
        asked.append(listener)
        if len(asked) < 4:
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", refuse)
    begun = time.monotonic()
    assert ask(server, "GET", "/_lab/health").status == 200  # which waited in the queue meanwhile
    assert len(asked) == 4 and time.monotonic() - begun >= 3 * server_module.PAUSE * 0.9


def test_a_connection_that_fails_at_once_is_not_waited_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, accept = [], socket.socket.accept

    def fail_once(listener: socket.socket) -> tuple[socket.socket, tuple[str, int]]:
        asked.append(listener)
        if len(asked) == 1:
            raise OSError(errno.ECONNABORTED, "the client has gone")
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", fail_once)
    monkeypatch.setattr(server_module, "PAUSE", 60)  # longer than whoever asks waits
    assert ask(server, "GET", "/_lab/health").status == 200
