"""The demo's page in its second configuration: a user pool between Google and the identity pool (14.6)."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from browser_support import tab_to
from demo_support import GORAN, context, lab, look_at, said, shown
from demo_support import sign_in as sign_in_by_button
from playwright.sync_api import BrowserContext, Page, expect

from cognito_lab import Lab
from cognito_lab.lessons import claims
from cognito_lab.reproducible import REPRODUCIBLE

__all__ = ["context", "lab"]


@pytest.fixture
def tidepool(lab: Lab) -> SimpleNamespace:
    """The account with Tidepool's page, configured for the user pool, at its address on this machine."""
    scene = lab.scene("site_user_pool")
    demo = lab.demo(scene.site)
    boto3.client("cognito-idp").update_user_pool_client(
        UserPoolId=scene.pool,
        ClientId=scene.client,
        SupportedIdentityProviders=["COGNITO", "Google"],
        CallbackURLs=[demo.url],
        LogoutURLs=[demo.url],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "email", "profile"],
    )
    s3 = boto3.client("s3")
    rule = {"AllowedOrigins": [demo.origin], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=scene.bucket, CORSConfiguration={"CORSRules": [rule]})
    files = demo.files(
        region=lab.region, identity_pool=scene.identity_pool, bucket=scene.bucket,
        provider=scene.issuer, client_id=scene.client, domain=scene.pages,
    )  # fmt: skip
    for key, file in files.items():
        s3.put_object(Bucket="tidepool-site", Key=key, **file)
    return SimpleNamespace(scene=scene, demo=demo)


@pytest.fixture
def page(context: BrowserContext, tidepool: SimpleNamespace) -> Page:
    page = context.new_page()
    page.goto(tidepool.demo.url)
    return page


def to_google(page: Page) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Google").click()
    page.get_by_role("button", name=GORAN).click()


def sign_in(page: Page) -> None:
    to_google(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Your pictures")).to_be_visible()


def nobody_is_in(page: Page) -> None:
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.locator("#person")).to_be_hidden()


def test_goran_is_somebody_new_and_finds_his_pictures_once_they_have_moved(
    page: Page, tidepool: SimpleNamespace
) -> None:
    sign_in(page)
    said(page, "empty")
    expect(page.locator("#person")).to_contain_text("Goran Pavić")
    page.locator("summary").click()
    now = page.locator("#held dd").nth(2).inner_text()
    assert now != tidepool.scene.goran
    s3 = boto3.client("s3")
    for name in ("goby.svg", "limpet.svg"):
        old = {"Bucket": tidepool.scene.bucket, "Key": f"{tidepool.scene.goran}/{name}"}
        s3.copy_object(Bucket=tidepool.scene.bucket, Key=f"{now}/{name}", CopySource=old)
    page.get_by_role("button", name="Look again").click()
    expect(page.locator("#gallery li")).to_have_count(2)
    assert shown(page) == ["goby", "limpet"]
    assert "code=" not in page.url
    look_at(page, "user_pool")


def test_mara_signs_in_with_her_password(page: Page, tidepool: SimpleNamespace) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Username").fill("mara")
    page.get_by_label("Password").fill(tidepool.scene.password)
    tab_to(page, page.get_by_role("button", name="Sign in"))
    page.keyboard.press("Enter")
    expect(page.locator("#gallery li")).to_have_count(1)
    assert shown(page) == ["crab"]


def test_denied_consent_comes_back_as_a_sentence(page: Page) -> None:
    to_google(page)
    page.get_by_role("button", name="Cancel").click()
    said(page, "access_denied")
    nobody_is_in(page)
    assert "error=" not in page.url


def test_signing_out_ends_the_pools_session_too(page: Page) -> None:
    sign_in(page)
    page.reload()
    nobody_is_in(page)
    page.get_by_role("button", name="Sign in").click()  # the pool's cookie: nobody is asked again
    expect(page.get_by_role("heading", name="Your pictures")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    said(page, "signed_out")
    nobody_is_in(page)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Google")).to_be_visible()


def test_a_code_that_was_not_asked_for_here_is_not_redeemed(page: Page, tidepool: SimpleNamespace) -> None:
    """Who sends a link with a code of his own would have others look into, or fill, his folder."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{tidepool.demo.url}?code=rooks&state=rooks")
    said(page, "not_begun_here")
    nobody_is_in(page)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{tidepool.demo.url}?code=rooks&state=rooks")  # begun here, and of another state
    said(page, "not_begun_here")
    assert not [url for url in asked if "/oauth2/token" in url]


def test_a_code_that_counts_no_more_is_a_sentence(page: Page, tidepool: SimpleNamespace) -> None:
    page.route("**/oauth2/token", lambda route: route.continue_(post_data=f"{route.request.post_data}x"))
    to_google(page)
    page.get_by_role("button", name="Continue").click()
    said(page, "invalid_grant")
    nobody_is_in(page)


def test_the_cells_of_the_lesson_lead_to_the_same_page(
    context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last section of lesson 14 as a learner runs it, with the page open beside it."""
    monkeypatch.delenv(REPRODUCIBLE)
    section = [piece for piece in claims.pieces(claims.lesson("14")) if piece.run]
    opening = [piece for piece in section if piece.heading == ""]
    cells = [piece for piece in section if piece.heading == "In a real browser"]
    until_the_link = next(n for n, piece in enumerate(cells) if "demo.link()" in piece.text) + 1
    names: dict[str, Any] = {}
    try:
        for piece in [*opening, *cells[:until_the_link]]:
            exec(piece.text, names)
        page = context.new_page()
        page.goto(names["demo"].url)
        sign_in_by_button(page)
        expect(page.locator("#gallery li")).to_have_count(2)
        assert shown(page) == ["goby", "limpet"]
        for piece in cells[until_the_link:]:
            exec(piece.text, names)
        page.get_by_role("button", name="Look again").click()
        said(page, "ExpiredToken")
        sign_in_by_button(page)
        expect(page.locator("#gallery li")).to_have_count(2)
        (swap,) = re.findall("^# (s3.put_object.*)", "\n".join(piece.text for piece in cells), re.MULTILINE)
        exec(swap, names)
        page.reload()
        sign_in(page)
        said(page, "empty")
    finally:
        names["lab"].stop()
