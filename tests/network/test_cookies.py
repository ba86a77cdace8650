"""Cookies: several in one answer, kept and sent back in the kernel and on the wire."""

from __future__ import annotations

import http.cookiejar
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from support.served import ask, lab, server

from cognito_lab import Lab
from cognito_lab.network import forms, hosts
from cognito_lab.network.messages import Headers, Request, Response
from cognito_lab.served.server import Server

__all__ = ["lab", "server"]
HOST = "cookies.lab.example"
SET = ["first=1; Path=/; Secure; HttpOnly; SameSite=Lax", "second=2; Path=/in; Max-Age=60", "third=3; secure"]


@pytest.fixture(autouse=True)
def host() -> Iterator[None]:
    """A host that sets cookies and says which came back."""

    def answer(request: Request) -> Response:
        said = ",".join(sorted(forms.cookies(request)))
        headers = Headers({"content-type": "text/plain", "set-cookie": list(SET)})
        return Response(200, headers, said.encode())

    hosts.HOSTS.append(hosts.Host(re.compile(re.escape(HOST)), "cookies", answer))
    yield
    hosts.HOSTS.pop()


def test_a_session_of_requests_keeps_cookies_and_sends_them_where_they_belong(lab: Lab) -> None:
    browser = requests.Session()
    assert browser.get(f"https://{HOST}/in").text == ""
    assert browser.get(f"https://{HOST}/in").text == "first,second,third"
    assert browser.get(f"https://{HOST}/out").text == "first,third"
    assert browser.get(f"http://{HOST}/in").text == "second"  # Secure: over TLS alone
    lab.travel(seconds=61)
    assert browser.get(f"https://{HOST}/out").text == "first,third"
    assert "second" in {cookie.name for cookie in browser.cookies}  # set anew just now
    assert requests.get(f"https://{HOST}/in").text == ""  # without a session nothing is kept


def test_a_cookie_ends_with_its_time_on_the_account_s_clock(lab: Lab) -> None:
    browser = requests.Session()
    browser.get(f"https://{HOST}/in")
    lab.travel(seconds=61)
    assert browser.get(f"https://{HOST}/in").text == "first,third"


def test_urllib_keeps_cookies(lab: Lab) -> None:
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)
    assert browser.open(f"https://{HOST}/in").read() == b""
    assert browser.open(f"https://{HOST}/in").read() == b"first,second,third"


def test_on_the_wire_each_cookie_has_a_line_and_none_waits_for_tls(server: Server) -> None:
    answer = ask(server, "GET", "/in", f"{HOST}.localhost")
    assert answer.headers.get_all("set-cookie") == [
        "first=1; Path=/; HttpOnly; SameSite=Lax", "second=2; Path=/in; Max-Age=60", "third=3",
    ]  # fmt: skip
    assert ask(server, "GET", "/in", f"{HOST}.localhost", cookie="first=1; second=2").text == "first,second"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_sends_them_back(server: Server, tmp_path: Path) -> None:
    jar, url = str(tmp_path / "jar"), f"http://{HOST}.localhost:{server.port}/in"
    said = [
        subprocess.run(
            ["curl", "-s", "--noproxy", "*", "-c", jar, "-b", jar, url], capture_output=True, text=True
        ).stdout
        for _ in range(2)
    ]
    assert said == ["", "first,second,third"]


def test_one_cookie_that_is_odd_hides_no_other() -> None:
    sent = Headers({"cookie": 'odd; theme={"a": 1}; cognito=x=y; quoted="z"; =none'})
    found = forms.cookies(Request("GET", f"https://{HOST}/", sent))
    assert found == {"theme": '{"a": 1}', "cognito": "x=y", "quoted": "z", "": "none"}
