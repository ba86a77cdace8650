"""The browser that Python plays: what it keeps, where it goes, what it refuses, how it is shown."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as xml
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from cognito_lab import Lab, OutsideTheLab, refused
from cognito_lab.lessons.scripted_browser import Browser
from cognito_lab.network import hosts
from cognito_lab.network.messages import Headers, Request, Response

HERE = "https://pages.lab-test.example"
APP = "https://app.tidepool.example/callback"
SIGN_IN = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in</title>
<style>body > p { color: #123456 }</style></head>
<body><p>Dear <strong>guest</strong> &amp; friend,<br>welcome.
<form method="post" action="/in?x=1"><input type="hidden" name="_csrf" value="a&quot;b">
<label>Name <input name="username" value="" required></label>
<input type="password" name="password"><button name="go" value="in">Sign in</button>
<button>Later</button></form>
<form action="/find"><input name="q" value="a b"><button>Find</button></form>
<a href="/help?topic=1">Help</a></body></html>"""


@pytest.fixture
def lab():
    with Lab.start() as account:
        yield account


@pytest.fixture
def asked(lab, monkeypatch):
    """The requests that a host of the test's own got; what it answers depends on their path."""
    requests_seen: list[Request] = []

    def answer(request: Request) -> Response:
        requests_seen.append(request)
        where = dict(parse_qsl(request.query)).get("to", "")
        if request.path == "/page":
            return Response(
                200, Headers({"content-type": "text/html", "set-cookie": "seen=1; Path=/"}), SIGN_IN.encode()
            )
        if request.path == "/loop":
            return Response(302, Headers({"location": "/loop"}))
        if request.path in ("/302", "/307"):
            return Response(int(request.path[1:]), Headers({"location": where}))
        return Response(
            404 if request.path == "/none" else 200, Headers(), b'<h1>No</h1><p role="alert">Said.</p>'
        )

    monkeypatch.setattr(hosts, "HOSTS", list(hosts.HOSTS))
    hosts.register_host(r"pages\.lab-test\.example", "pages", answer)
    return requests_seen


def form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def test_a_form_is_sent_with_what_was_filled_in_with_its_hidden_fields_and_with_the_button(asked):
    browser = Browser().open(f"{HERE}/page").fill_in(username="mara", password="x&y=é").press("Sign in")
    assert asked[-1].method == "POST" and asked[-1].url == f"{HERE}/in?x=1"
    assert form(asked[-1]) == {"_csrf": 'a"b', "username": "mara", "password": "x&y=é", "go": "in"}
    assert browser.address == f"{HERE}/in?x=1" and browser.page.lines == ["No", "Said."]


def test_another_button_of_the_form_says_nothing_of_the_first(asked):
    Browser().open(f"{HERE}/page").press("Later")
    assert form(asked[-1]) == {"_csrf": 'a"b', "username": "", "password": ""}


def test_a_form_without_a_method_is_asked_for_and_a_link_is_followed(asked):
    browser = Browser().open(f"{HERE}/page").press("Find")
    assert (asked[-1].method, asked[-1].url) == ("GET", f"{HERE}/find?q=a+b")
    browser.open(f"{HERE}/page").press("Help")
    assert (asked[-1].method, asked[-1].url) == ("GET", f"{HERE}/help?topic=1")
    assert browser.query == {"topic": "1"}


def test_what_is_not_on_the_page_can_be_neither_filled_in_nor_pressed(asked):
    browser = Browser().open(f"{HERE}/page")
    with pytest.raises(ValueError, match="no field 'user'; it has: username, password, q"):
        browser.fill_in(user="mara")
    with pytest.raises(ValueError, match="no field '_csrf'"):
        browser.fill_in(_csrf="another")
    with pytest.raises(ValueError, match="no button or link 'Log in'; it has: Sign in, Later, Find, Help"):
        browser.press("Log in")
    assert len(asked) == 1


def test_cookies_come_back_to_where_they_were_set_and_to_no_other_browser(asked):
    browser = Browser().open(f"{HERE}/page")
    assert browser.cookies == {"seen": "1"}
    browser.open(f"{HERE}/page")
    assert asked[-1].headers.get("cookie") == "seen=1"
    other = Browser()
    assert other.cookies == {} and other.open(f"{HERE}/page")
    assert asked[-1].headers.get("cookie") is None


def test_a_redirect_is_followed_and_only_307_and_308_send_the_form_again(asked):
    browser = Browser().open(f"{HERE}/302?to=/page")
    assert browser.address == f"{HERE}/page"
    browser._go("POST", f"{HERE}/302?to=/end", {"a": "b"})
    assert (asked[-1].method, asked[-1].path, asked[-1].body) == ("GET", "/end", b"")
    browser._go("POST", f"{HERE}/307?to=/end", {"a": "b"})
    assert (asked[-1].method, asked[-1].path, asked[-1].body) == ("POST", "/end", b"a=b")


def test_a_redirect_in_a_circle_ends(asked):
    with pytest.raises(requests.TooManyRedirects, match="more than 20"):
        Browser().open(f"{HERE}/loop")
    assert len(asked) == 20


def test_it_stops_at_the_app_and_asks_nobody(asked):
    browser = Browser().open(f"{HERE}/302?to={APP}%3Fcode%3D1%26state%3D2")
    assert browser.address == f"{APP}?code=1&state=2" and browser.query == {"code": "1", "state": "2"}
    assert repr(browser) == f"{APP}\n    code = 1\n    state = 2"
    assert browser.page.lines == [] and len(asked) == 1
    with pytest.raises(OutsideTheLab):
        Browser().open(APP)


@pytest.mark.parametrize("joint", ["%3F", "%23"])
def test_an_error_in_the_apps_address_is_a_refusal(asked, joint):
    browser = Browser()
    with refused("invalid_request") as answer:
        browser.open(f"{HERE}/302?to={APP}{joint}error%3Dinvalid_request%26error_description%3Dno%2Bcolour")
    assert (answer.message, answer.status) == ("no colour", 302)
    assert urlsplit(browser.address).path == "/callback"


def test_an_error_page_is_a_refusal(asked):
    browser = Browser()
    with refused("redirect_mismatch") as answer:
        browser.open(f"{HERE}/error?error=redirect_mismatch")
    assert (answer.message, answer.status) == ("Said.", 200)
    with refused("404") as answer:
        browser.open(f"{HERE}/none")
    assert (answer.message, browser.page.alert) == ("Said.", "Said.")


def test_what_the_browser_asked_is_recorded_as_the_browsers_and_the_app_gets_its_part(lab, asked):
    with lab.record() as story:
        Browser().open(f"{HERE}/302?to={APP}%3Fcode%3D1%26state%3D2")
        requests.get(f"{HERE}/end")
    assert story.problems == []
    assert [(call.who, call.whom) for call in story.calls] == [
        ("browser", "pages"),
        ("browser", "app"),
        ("app", "pages"),
    ]
    redirect, arrival, _ = story.calls
    assert arrival.operation == "GET /callback"
    assert redirect.received == arrival.sent and redirect.received[0].label == "authorization code"


def test_what_was_refused_to_the_browser_is_explained_and_not_the_page_that_tells_of_it():
    with Lab.start() as lab:
        scene = lab.scene("pages")
        question = f"response_type=code&client_id={scene.client}&redirect_uri={scene.callback}"
        with refused("redirect_mismatch"):
            Browser().open(f"{scene.pages}/oauth2/authorize?{question}/")
        assert lab.why().check == "managed_login.oauth.requests.check_redirect_uri"
        browser = Browser().open(f"{scene.pages}/oauth2/authorize?{question}")
        with refused("400"):
            browser.fill_in(username="mara", password="not hers").press("Sign in")
        assert lab.why().check == "user_pools.sign_in.lockout.check_password"


# -- how it is shown ---------------------------------------------------------------------------------


def picture(browser: Browser) -> xml.Element:
    found = re.search('src="data:image/svg\\+xml;base64,([^"]+)"', browser.html())
    assert found
    return xml.fromstring(base64.b64decode(found[1]))


def test_a_page_is_shown_as_a_picture_that_is_xml_and_in_words(asked):
    browser = Browser().open(f"{HERE}/page")
    page = picture(browser)
    text = "".join(page.itertext())
    assert "Dear guest & friend," in text and "body > p { color: #123456 }" in text
    names = [each.tag.rpartition("}")[2] for each in page.iter()]
    assert names.count("input") == 3 and "meta" not in names  # the hidden one is not drawn
    assert repr(browser).splitlines() == [
        f"{HERE}/page",
        "    Dear guest & friend,",
        "    welcome.",
        "    Name",
        "    [ username:  ]",
        "    [ password:  ]",
        "    ( Sign in )",
        "    ( Later )",
        "    [ q: a b ]",
        "    ( Find )",
        "    → Help",
    ]
    assert "Dear guest &amp; friend,; welcome." in browser.html()


def test_nothing_that_runs_gets_into_the_picture_and_no_text_becomes_markup(asked, monkeypatch):
    title = '" onload="alert(3)<'
    page = f"<p title='{title}'>&lt;img src=x onerror=alert(1)&gt;<script>alert(2)</script><b>"
    monkeypatch.setitem(globals(), "SIGN_IN", page)
    browser = Browser().open(f"{HERE}/page")
    assert browser.page.lines == ["<img src=x onerror=alert(1)>"]
    tags = {each.tag.rpartition("}")[2] for each in picture(browser).iter()}
    assert [each.attrib for each in picture(browser).iter() if each.tag.endswith("}p")] == [{"title": title}]
    assert tags == {"svg", "foreignObject", "html", "p", "b"} and "<img src=x" not in browser.html()


def test_an_empty_browser_and_an_app_have_no_picture(asked):
    assert Browser().html() == "<pre>nothing is open</pre>"
    assert "<img" not in Browser().open(f"{HERE}/302?to={APP}").html()
