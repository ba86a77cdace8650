"""HTTP/1.1 as the standard library's ``http.server`` has it, with chunked bodies and limits added.

Sources: RFC 9110 (HTTP semantics), RFC 9112 (HTTP/1.1).
"""

from __future__ import annotations

import re
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import errors
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any

from cognito_lab import clock
from cognito_lab.network.hosts import FIELD_NAME, one_line
from cognito_lab.network.messages import Headers, Request, Response
from cognito_lab.served import HttpRefusal

LARGEST_BODY = 32 * 2**20  # octets
LONGEST_LINE = 8_000  # octets of the request line, or of a field; S3 takes 8 KB of both together
MOST_FIELDS = 100  # of a trailer; ``http.client`` has the same limit for the header
# A CR without an LF ends a line for some parsers and not for others (RFC 9112, 2.2).
LINE = re.compile(rb"[^\r\n\0]*\r?\n")
# The connection's own fields; the rest of an answer's header is the service's.
OWN_FIELDS = ("connection", "content-length", "date", "keep-alive", "server", "transfer-encoding")
Answer = Callable[[Request], Response]
MAIL_DEFECTS = (
    errors.NoBoundaryInMultipartDefect,
    errors.StartBoundaryNotFoundDefect,
    errors.MultipartInvariantViolationDefect,
)


class Lines:
    """What ``http.client`` reads a header from: the lines of ``file``, each looked at first."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def readline(self, limit: int = LONGEST_LINE) -> bytes:
        """The next line with its end; nothing where there is none.

        Raises:
            HttpRefusal: 431: it is longer than :data:`LONGEST_LINE`. 400: it has a CR or NUL in it.
            ConnectionAbortedError: The client has gone in the middle of it.
        """
        line: bytes = self.file.readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            raise HttpRefusal(f"A line of a header has at most {LONGEST_LINE} octets here.", 431)
        if line and not line.endswith(b"\n"):
            raise ConnectionAbortedError("the client has gone")
        if line and not LINE.fullmatch(line):
            raise HttpRefusal("A line of a header ends with CR LF, and has neither of them nor NUL before.")
        return line


class Connection(BaseHTTPRequestHandler):
    """One connection of a client: requests one after the other, each answered by the server's ``answer``."""

    server: Any
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # of a line that names none
    timeout = 30  # seconds that a client may be silent
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with suppress(TimeoutError, ConnectionError):  # a client that is silent, or gone, is answered nothing
            super().handle()

    def handle_one_request(self) -> None:
        self.close_connection, self.command = True, ""
        try:
            if self.read_header():
                self.reply(self.server.answer(self.as_sent()))
        except HttpRefusal as refused:  # where its body ends is not known
            self.close_connection = True
            self.reply(refused.response())
            self.read_on()
        except (TimeoutError, ConnectionError):
            raise
        except Exception as error:
            traceback.print_exc()
            self.reply(HttpRefusal(f"The lab itself failed: {type(error).__name__}: {error}", 500).response())

    def read_header(self) -> bool:
        """Request line and fields; whether there is a request. What is no HTTP is answered here.

        Raises :class:`HttpRefusal`, 400, 414 or 431.
        """
        self.raw_requestline = self.rfile.readline(LONGEST_LINE + 1)
        if len(self.raw_requestline) > LONGEST_LINE:
            raise HttpRefusal(f"The line of a request has at most {LONGEST_LINE} octets here.", 414)
        connection, self.rfile = self.rfile, Lines(self.rfile)  # type: ignore[assignment]
        try:
            return bool(self.raw_requestline.strip()) and self.parse_request()
        finally:
            self.rfile = connection

    def handle_expect_100(self) -> bool:
        """A body that is too long is refused before it is sent."""
        stated = self.headers.get("content-length", "")
        return (stated.isdecimal() and int(stated) > LARGEST_BODY) or super().handle_expect_100()

    def as_sent(self) -> Request:
        """The request as it was sent; its ``url`` has only path and query.

        Raises :class:`HttpRefusal`, 400 or 413: it could be read in two ways, or its body is too long.
        """
        target = self.requestline.split()[1]  # self.path has lost a slash where there were two
        if not re.fullmatch(r"/[!-\"$-~]*", target):
            raise HttpRefusal("The target of a request is a path, percent-encoded, and perhaps a query.")
        folded = any(re.search("[\r\n]", value) for value in self.headers.values())
        # The parser is one of mail: what it misses in a body that it has not seen is no fault of a field.
        broken = [each for each in self.headers.defects if not isinstance(each, MAIL_DEFECTS)]
        named = all(FIELD_NAME.fullmatch(name) for name in self.headers)
        if broken or folded or not named or len(self.headers.get_all("host", [])) > 1:
            raise HttpRefusal("A header field has its name, a colon and one line, and Host comes once.")
        fields = Headers()
        for name, value in self.headers.items():
            fields[name] = f"{fields[name]},{value}" if name in fields else value
        return Request(self.command, target, fields, b"".join(self.body()), outside=True)

    def body(self) -> Iterator[bytes]:
        """The pieces of the body (RFC 9112, 6 and 7.1); one with a length and chunks is an attack."""
        lengths = self.headers.get_all("content-length", [])
        codings = [coding.lower() for coding in self.headers.get_all("transfer-encoding", [])]
        if (codings and (lengths or codings != ["chunked"])) or len(lengths) > 1:
            raise HttpRefusal("A body comes in chunks or with its length.")
        left = LARGEST_BODY
        while codings:
            found = re.fullmatch(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?\r\n", self.rfile.readline(1025))
            if found is None:
                raise HttpRefusal("A chunk begins with its size.")
            size = int(found[1], 16)
            if not size:
                self.skip_trailer()
                return
            yield self.octets(size, left)
            left -= size
            if self.rfile.readline(3) != b"\r\n":
                raise HttpRefusal("A chunk does not end where it should.")
        if lengths:
            if not re.fullmatch("[0-9]{1,15}", lengths[0]):
                raise HttpRefusal("Content-Length is a number.")
            yield self.octets(int(lengths[0]), left)

    def skip_trailer(self) -> None:
        """What comes after the last chunk (RFC 9112, 7.1.2) counts for nothing here, and has an end."""
        for _ in range(MOST_FIELDS):
            if not Lines(self.rfile).readline().strip():
                return
        raise HttpRefusal(f"A trailer has at most {MOST_FIELDS} fields here.", 431)

    def octets(self, count: int, most: int) -> bytes:
        if count > most:
            raise HttpRefusal(f"A body has at most {LARGEST_BODY} octets here.", 413)
        found = self.rfile.read(count)
        if len(found) < count:
            raise ConnectionAbortedError("the client has gone")
        return found

    def reply(self, response: Response) -> None:
        """Send ``response`` in one write. HEAD is told the length, and sent no body (RFC 9110, 9.3.2)."""
        head = self.command == "HEAD"
        lower = response.headers.items(lower=True)
        # A name that is none, as one that somebody else has asked for, would begin another field.
        sent = [pair for pair in lower if pair[0] not in OWN_FIELDS and FIELD_NAME.fullmatch(pair[0])]
        fields = Headers(sent)
        # The machine's time: SDKs correct their clock by it, and sign by that.
        fields["date"] = self.date_time_string()
        fields["connection"] = "close" if self.close_connection else "keep-alive"
        if response.status not in (204, 304):
            told = response.headers.get("content-length") if head and not response.body else None
            fields["content-length"] = told or str(len(response.body))
        lines = [f"HTTP/1.1 {response.status} {self.responses.get(response.status, ('',))[0]}"]
        lines += [f"{name}: {one_line(value)}" for name, value in fields]
        body = b"" if head or "content-length" not in fields else response.body
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)

    def read_on(self) -> None:
        """Take what a refused client still sends: closed at once, it might never read the refusal."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(1)
            for _ in range(4 * LARGEST_BODY // 2**16):
                if not self.rfile.read1(2**16):
                    break

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(clock.real_time() if timestamp is None else timestamp, usegmt=True)

    def log_message(self, *_: object) -> None:
        """Nothing: a line for each request would fall into the learner's notebook."""
