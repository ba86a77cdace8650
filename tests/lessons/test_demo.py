"""The demo without a browser: its files, its configuration, and when there is a link to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests

from cognito_lab import Lab
from cognito_lab.lessons import demo
from cognito_lab.reproducible import REPRODUCIBLE
from cognito_lab.views import twin

SITE = "http://tidepool-site.s3-website-us-east-1.amazonaws.com"
GOOGLE, PAGE, GORAN = "https://accounts.google.com", "https://tidepool.example", "goran.pavic@gmail.example"
SETTINGS = {
    "region": "us-east-1",
    "identity_pool": "us-east-1:0",
    "bucket": "tidepool-pictures",
    "provider": "accounts.google.com",
    "client_id": '"</script>',
}


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.delenv(REPRODUCIBLE)
    with Lab.start() as lab, lab.serve(0):
        yield lab


def test_a_kernel_with_a_fixed_clock_says_where_the_page_would_be_and_serves_nobody() -> None:
    with Lab.start() as lab:
        page = lab.demo(SITE)
        assert page.origin == f"{SITE}.localhost:8900" and page.url == f"{page.origin}/"
        assert repr(page.link()).startswith("No link. This was stored by a kernel with a fixed clock")
        with pytest.raises(Exception, match="not part of this lab"):
            requests.get(page.url)


def test_the_page_is_where_the_account_is_served(lab: Lab) -> None:
    page = lab.demo(SITE)
    assert lab._server and page.origin == f"{SITE}.localhost:{lab._server.port}"
    assert lab.demo(SITE).origin == page.origin


def test_every_file_has_its_type_and_config_names_what_was_given(lab: Lab) -> None:
    files = lab.demo(SITE).files(**SETTINGS)
    assert set(files) == {file.name for file in demo.SITE.iterdir()} | {"config.js"}
    assert all(file["Body"] and file["ContentType"] for file in files.values())
    text = files["config.js"]["Body"].decode()
    config = json.loads(text.partition("config = ")[2].partition(";\n")[0])
    assert config == {
        "region": "us-east-1",
        "identityPoolId": "us-east-1:0",
        "bucket": "tidepool-pictures",
        "provider": "accounts.google.com",
        "clientId": '"</script>',
    }
    assert "domain" in lab.demo(SITE).files(**SETTINGS, domain="https://x")["config.js"]["Body"].decode()


def test_the_page_uses_no_code_of_others_and_no_address_but_aws_and_googles(lab: Lab) -> None:
    for name, file in lab.demo(SITE).files(**SETTINGS).items():
        hosts = re.findall(r"https?://([^/\s`\"]+)", file["Body"].decode())
        known = r"www\.w3\.org|accounts\.google\.com|.*\.amazonaws\.com|\(\[\^|\$1.*"
        assert all(re.fullmatch(known, host) for host in hosts), (name, hosts)


# -- Google's button, without a browser ----------------------------------------------------------------


def googles_window(lab: Lab) -> tuple[dict[str, str], requests.Response]:
    """What a button on the page asks Google, and the window that comes."""
    client = lab.google.register_client("Tidepool", origins=[PAGE])
    asked = {"client_id": client.client_id, "origin": PAGE, "ux_mode": "popup"}
    return asked, requests.get(f"{GOOGLE}/gsi/select", params=asked)


def chosen(window: requests.Response, account: str) -> requests.Response:
    number = re.findall('name="sign_in" value="([^"]+)"', window.text)[0]
    return requests.post(f"{GOOGLE}/gsi/issue", data={"sign_in": number, "account": account})


def test_googles_script_is_a_script() -> None:
    with Lab.start():
        answer = requests.get(f"{GOOGLE}/gsi/client")
        assert answer.headers["content-type"].startswith("text/javascript") and "initialize" in answer.text


def test_the_credential_is_for_pages_of_the_checked_origin(lab: Lab) -> None:
    _, window = googles_window(lab)
    answer = chosen(window, GORAN)
    assert f'data-origin="{PAGE}"' in answer.text and 'name="credential"' in answer.text


def test_whoever_cancels_hands_over_nothing_and_cannot_choose_afterwards(lab: Lab) -> None:
    _, window = googles_window(lab)
    assert ">Cancel<" in window.text
    cancelled = chosen(window, "")
    assert cancelled.ok and "credential" not in cancelled.text.replace("has its credential", "")
    assert chosen(window, GORAN).status_code == 400


@pytest.mark.parametrize("origin", [f"{PAGE}/", "https://elsewhere.example", "null", "*", ""])
def test_no_window_for_an_origin_that_is_not_registered(lab: Lab, origin: str) -> None:
    asked, _ = googles_window(lab)
    answer = requests.get(f"{GOOGLE}/gsi/select", params={**asked, "origin": origin})
    assert answer.status_code == 403 and "sign_in" not in answer.text


# -- the link ----------------------------------------------------------------------------------------


def shown(lab: Lab, monkeypatch: pytest.MonkeyPatch, browser: Any) -> str:
    """What ``link()`` says where a learner sits; ``browser`` is given the address of the picture."""
    monkeypatch.setattr(twin, "live", lambda: True)
    monkeypatch.setattr(demo, "BROWSER_SECONDS", 0.3)
    monkeypatch.setattr(
        "IPython.display.display", lambda html: browser(re.findall('src="([^"]+)"', html.data)[0])
    )
    return repr(lab.demo(SITE).link())


def test_there_is_a_link_once_the_picture_was_fetched(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(lab, monkeypatch, requests.get).startswith(f"{SITE}.localhost:")


def test_a_fetch_of_another_notebook_is_not_taken_for_ours(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(url: str) -> None:
        requests.get(url[:-1])

    assert shown(lab, monkeypatch, other).startswith("No link. Your browser did not come")


@pytest.mark.parametrize(("name", "where"), demo.NOT_HERE.items())
def test_without_it_the_likely_reason_is_told(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, name: str, where: str
) -> None:
    for each in demo.NOT_HERE:
        monkeypatch.delenv(each, raising=False)
    assert "Safari" in shown(lab, monkeypatch, lambda url: None)
    monkeypatch.setenv(name, "x")
    assert where in shown(lab, monkeypatch, lambda url: None)
    assert shown(lab, monkeypatch, requests.get).startswith("http")  # what was seen counts more


def test_where_no_learner_sits_nothing_is_waited_for(lab: Lab) -> None:
    assert repr(lab.demo(SITE).link()).startswith("No link. No browser shows")


def test_the_scene_has_the_page_at_three_places(lab: Lab) -> None:
    scene = lab.scene("site_in_browser")
    assert requests.get(scene.demo.url).text.startswith("<!doctype html>")
    assert requests.get(f"{scene.demo.url}config.js").headers["cache-control"] == "no-cache"
    rules = boto3.client("s3").get_bucket_cors(Bucket=scene.bucket)["CORSRules"]
    assert [rule["AllowedOrigins"] for rule in rules] == [[scene.demo.origin]]
    assert scene.button.origins == (scene.demo.origin,)
