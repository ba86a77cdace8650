"""The demo's page written with the AWS SDK for JavaScript, unmodified, in Chromium: its real requests."""

from __future__ import annotations

import subprocess

import boto3
import pytest
from clients_support import installed
from demo_support import BUTTON, GORAN, ROOK, context, googles_window, lab, shown, sign_in
from playwright.sync_api import BrowserContext, Page, Route, expect

from cognito_lab import Lab
from cognito_lab.lessons.scenes import Scene

__all__ = ["context", "lab"]
AS_IT_STANDS = ("./config.js", "./sign_in.js")  # what the page takes from the site


@pytest.fixture(scope="module")
def script() -> bytes:
    folder = installed("aws-sdk-js")
    build = ["node_modules/.bin/esbuild", "page.mjs", "--bundle", "--format=esm", "--minify"]
    external = [f"--external:{name}" for name in AS_IT_STANDS]
    return subprocess.run([*build, *external], cwd=folder, check=True, stdout=subprocess.PIPE).stdout


@pytest.fixture
def scene(lab: Lab, script: bytes) -> Scene:
    scene = lab.scene("site_in_browser")
    page = {"Bucket": "tidepool-site", "Key": "app.js", "ContentType": "text/javascript"}
    boto3.client("s3").put_object(**page, Body=script)
    return scene


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    return page


def test_goran_sees_his_pictures(context: BrowserContext, scene: Scene) -> None:
    page = opened(context, scene.demo.url)
    sign_in(page, GORAN)
    expect(page.locator("#gallery li")).to_have_count(2)
    assert shown(page) == ["goby", "limpet"]
    expect(page.locator("#person")).to_contain_text("Goran Pavić")


def test_rook_does_not_see_them(context: BrowserContext, scene: Scene) -> None:
    page = opened(context, f"{scene.demo.url}#{scene.goran}/goby.svg")
    sign_in(page, ROOK)
    expect(page.get_by_role("status")).to_have_text("AccessDenied")
    expect(page.locator("#gallery img")).to_have_count(0)


def test_a_forged_token_gives_no_credentials(context: BrowserContext, scene: Scene) -> None:
    def forge(route: Route) -> None:
        body = route.request.post_data_json
        (provider,) = body["Logins"]
        route.continue_(post_data={**body, "Logins": {provider: body["Logins"][provider][:-8] + "AAAAAAAA"}})

    page = opened(context, scene.demo.url)
    page.route("**/cognito-identity.*/", forge)
    window_closed = googles_window(page)
    window_closed.get_by_role("button", name=GORAN).click()
    expect(page.get_by_role("status")).to_have_text("NotAuthorizedException")
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
