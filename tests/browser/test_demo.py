"""The demo as a person has it: Tidepool's page in Chromium, Google's button, pictures in a private bucket."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import boto3
import pytest
from browser_support import tab_to
from demo_support import (
    BUTTON,
    GORAN,
    ROOK,
    SENTENCES,
    closing,
    context,
    googles_window,
    lab,
    look_at,
    nobody_is_in,
    said,
    shown,
    sign_in,
)
from playwright.sync_api import BrowserContext, Error, Page, Route, TimeoutError, expect

from cognito_lab import Lab
from cognito_lab.aws.iam import signatures
from cognito_lab.aws.identity_pools import logins
from cognito_lab.aws.s3 import access
from cognito_lab.lessons.scenes import Scene
from cognito_lab.providers import google
from cognito_lab.providers.accounts import SignIn

__all__ = ["context", "lab"]


@pytest.fixture
def scene(lab: Lab) -> Scene:
    return lab.scene("site_in_browser")


@pytest.fixture
def page(context: BrowserContext, scene: Scene) -> Page:
    page = context.new_page()
    page.goto(scene.demo.url)
    return page


# -- as it should be ---------------------------------------------------------------------------------


def test_goran_signs_in_and_sees_his_pictures(page: Page, scene: Scene) -> None:
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    look_at(page, "door")
    sign_in(page)
    expect(page.locator("#gallery li")).to_have_count(2)
    assert shown(page) == ["goby", "limpet"]
    expect(page.locator("#person")).to_contain_text("Goran Pavić")
    page.get_by_text("What this page holds now").click()
    expect(page.locator("#held")).to_contain_text(scene.goran)
    assert page.get_by_role("status").inner_text() == ""
    look_at(page, "pictures")


def test_an_exercise_is_checked_while_the_page_is_open_and_it_goes_on(page: Page, lab: Lab) -> None:
    sign_in(page)
    expect(page.locator("#gallery li")).to_have_count(2)
    task = lab.exercise("14.1")
    assert task.judge(task.right()).done, "in four accounts, with other buckets and other people"
    page.get_by_role("link", name="limpet").click()
    expect(page.locator("#one figcaption")).to_have_text("limpet")
    page.reload()
    sign_in(page)
    expect(page.locator("#gallery li")).to_have_count(2)
    assert shown(page) == ["goby", "limpet"]


def test_it_can_be_used_by_keyboard(page: Page) -> None:
    tab_to(page, page.get_by_role("button", name=BUTTON))
    with page.expect_popup() as popup:
        page.keyboard.press("Enter")
    window = popup.value
    tab_to(window, window.get_by_role("button", name=GORAN))
    with closing(window):
        window.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your pictures")).to_be_focused()
    tab_to(page, page.get_by_role("link", name="limpet"))
    page.keyboard.press("Enter")
    expect(page.locator("#one figcaption")).to_have_text("limpet")


def test_a_window_may_be_gone_before_its_key_is_answered(page: Page) -> None:
    def window_that(does: str) -> Page:
        with page.expect_popup() as popup:
            page.evaluate("open('about:blank')")
        popup.value.evaluate(f"addEventListener('keydown', () => {does})")
        return popup.value

    gone = window_that("close()")
    with closing(gone):
        gone.keyboard.press("Enter")
        gone.keyboard.press("Enter")  # surely after it
    stays = window_that("0")
    stays.set_default_timeout(300)
    with pytest.raises(TimeoutError, match='"close"'), closing(stays):
        stays.keyboard.press("Enter")
    with pytest.raises(Error, match="Unknown key"), closing(stays):
        stays.keyboard.press("No such key")


def test_a_shared_link_opens_one_picture_without_credentials(page: Page, context: BrowserContext) -> None:
    sign_in(page)
    page.get_by_role("button", name="Share goby").click()
    href = page.locator(".shared").get_attribute("href")
    assert href
    other = context.new_page()
    answer = other.goto(href)
    assert answer and answer.ok and "goby" in answer.text()
    refused = other.goto(href.replace("goby.svg", "limpet.svg"))
    assert refused and refused.status == 403 and "SignatureDoesNotMatch" in refused.text()


def test_whoever_signs_out_leaves_nothing_on_the_page(page: Page) -> None:
    sign_in(page)
    expect(page.locator("#gallery li")).to_have_count(2)
    page.get_by_role("button", name="Sign out").click()
    said(page, "signed_out")
    nobody_is_in(page)
    page.reload()
    nobody_is_in(page)


def test_an_answer_that_comes_after_signing_out_is_not_shown(page: Page) -> None:
    held: list[Route] = []
    page.route("**/goby.svg", lambda route: held.append(route))
    sign_in(page)
    expect(page.get_by_role("status")).to_contain_text(SENTENCES["signing_in"])
    page.wait_for_timeout(300)
    page.get_by_role("button", name="Sign out").click()
    assert held
    for route in held:
        route.continue_()
    page.wait_for_timeout(500)
    said(page, "signed_out")
    nobody_is_in(page)


# -- what goes wrong, and what the page says (14.7) --------------------------------------------------


def test_an_hour_later_the_session_is_over(page: Page, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(page)
    expect(page.locator("#gallery li")).to_have_count(2)
    lab.travel(hours=1)
    with monkeypatch.context() as lie:
        lie.setattr(signatures, "check_session", lambda *_: None)
        image = page.locator("#gallery img").first
        before = image.get_attribute("src") or ""
        page.get_by_role("button", name="Look again").click()
        expect(image).not_to_have_attribute("src", before)  # so it is that check that says no now:
    page.get_by_role("button", name="Look again").click()
    said(page, "ExpiredToken")
    nobody_is_in(page)
    look_at(page, "hour_over")
    sign_in(page)
    expect(page.locator("#gallery li")).to_have_count(2)


@pytest.mark.parametrize("by", ["Cancel", "closing the window"])
def test_whoever_says_no_to_google_is_not_signed_in(page: Page, by: str) -> None:
    window = googles_window(page)
    if by == "Cancel":
        with closing(window):
            window.get_by_role("button", name=by).click()
    else:
        window.close()
    said(page, "google_window")
    nobody_is_in(page)
    look_at(page, "denied")
    sign_in(page)
    expect(page.locator("#gallery li")).to_have_count(2)


def test_rook_does_not_see_gorans_pictures(page: Page, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(page)
    page.get_by_role("link", name="goby").click()
    expect(page.locator("#one img")).to_be_visible()
    link = page.url
    assert link.endswith("goby.svg") and scene.goran in link.replace("%3A", ":")
    page.goto("about:blank")
    page.goto(link)
    sign_in(page, ROOK)
    said(page, "AccessDenied")
    expect(page.locator("#gallery img")).to_have_count(0)
    expect(page.locator("#one")).to_be_hidden()
    look_at(page, "not_yours")
    monkeypatch.setattr(access, "require_allowed", lambda *_, **__: None)
    page.get_by_role("button", name="Look again").click()
    expect(page.locator("#one img")).to_be_visible()  # so it was that rule that held


def forged(token: str, **changed: Any) -> str:
    """A token with other claims under the old signature."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "==")) | changed
    return (
        f"{header}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b'=').decode()}.{signature}"
    )


def on_the_way(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """Whoever sits in the way changes these claims of Google's tokens."""
    handover = google._handover

    def altered(*given: Any, credential: str) -> Any:
        return handover(*given, credential=forged(credential, **changed))

    monkeypatch.setattr(google, "_handover", altered)


def test_a_forged_token_lets_nobody_in(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_way(monkeypatch, sub="1" * 21)
    sign_in(page)
    said(page, "NotAuthorizedException")
    nobody_is_in(page)
    look_at(page, "forged")
    monkeypatch.setattr(logins, "check_signature", lambda *_: None)
    sign_in(page)
    said(page, "empty")  # somebody else, who has no pictures: so it was that check that held


def test_a_token_of_another_sign_in_is_not_used(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_way(monkeypatch, nonce="of another window")
    sign_in(page)
    said(page, "not_begun_here")
    nobody_is_in(page)


def test_where_the_cors_rule_is_missing_the_page_says_so(page: Page, scene: Scene) -> None:
    boto3.client("s3").delete_bucket_cors(Bucket=scene.bucket)
    sign_in(page)
    said(page, "TypeError")
    expect(page.locator("#gallery img")).to_have_count(0)


def test_where_google_is_not_configured_the_page_says_so(page: Page, scene: Scene) -> None:
    boto3.client("cognito-identity").update_identity_pool(
        IdentityPoolId=scene.identity_pool,
        IdentityPoolName="tidepool-site",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": scene.issuer, "ClientId": scene.client}],
    )
    sign_in(page)
    said(page, "NotAuthorizedException")
    nobody_is_in(page)


def test_where_the_role_lacks_the_right_the_page_says_so(page: Page) -> None:
    boto3.client("iam").delete_role_policy(RoleName="site-user", PolicyName="own-folder")
    sign_in(page)
    said(page, "list AccessDenied")


def test_where_the_account_was_emptied_the_page_says_so(page: Page, lab: Lab) -> None:
    sign_in(page)
    expect(page.locator("#gallery li")).to_have_count(2)
    lab.scene("site_in_browser")
    page.get_by_role("button", name="Look again").click()
    said(page, "InvalidAccessKeyId")
    nobody_is_in(page)


def test_every_sentence_names_no_code(scene: Scene) -> None:
    """The code stands in the small print; and every refusal that the page knows is a real one of AWS's."""
    assert scene.demo.sentences() == SENTENCES
    for sentence in SENTENCES.values():
        assert not re.search(r"[a-z][A-Z]|_|\d{3}|Exception", sentence), sentence


# -- attacks -----------------------------------------------------------------------------------------

ROOKS_PAGE = b"""<!doctype html><title>Win a camera</title><script>
window.heard = [];
addEventListener("message", (event) => heard.push(event.data.credential));
</script>"""


@pytest.fixture
def rooks_page(context: BrowserContext, lab: Lab, scene: Scene) -> Page:
    """A page of Rook's on another origin. It knows Tidepool's client id, which is no secret."""
    bucket, client = "win-a-camera", boto3.client("s3")
    client.create_bucket(Bucket=bucket)
    client.delete_public_access_block(Bucket=bucket)
    everybody = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    client.put_bucket_policy(Bucket=bucket, Policy=policy)
    client.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    client.put_object(Bucket=bucket, Key="index.html", Body=ROOKS_PAGE, ContentType="text/html")
    page = context.new_page()
    page.goto(scene.demo.url.replace("tidepool-site", bucket))
    return page


def ask_google(page: Page, scene: Scene, origin: str) -> Page:
    """Google's window, opened by a script of ``page`` that names ``origin`` as its own."""
    select = scene.demo.url.replace("tidepool-site.s3-website-us-east-1.amazonaws.com", "accounts.google.com")
    with page.expect_popup() as popup:
        page.evaluate(
            "url => { window.opened = open(url) }",
            f"{select}gsi/select?client_id={scene.button.client_id}&origin={origin}&ux_mode=popup",
        )
    return popup.value


def test_a_page_that_is_not_registered_gets_no_window(rooks_page: Page, scene: Scene) -> None:
    origin = rooks_page.evaluate("origin")
    window = ask_google(rooks_page, scene, origin)
    expect(window.get_by_role("heading")).to_have_text("Error 403: origin_mismatch")


def test_a_page_that_names_anothers_origin_is_handed_nothing(
    rooks_page: Page, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def heard() -> list[str]:
        window = ask_google(rooks_page, scene, scene.demo.origin)
        with closing(window):
            window.get_by_role("button", name=GORAN).click()
        rooks_page.wait_for_timeout(300)
        return list(rooks_page.evaluate("heard"))

    assert heard() == []
    careless = google.SCRIPTS["handover"].replace(b"document.currentScript.dataset.origin", b'"*"')
    monkeypatch.setitem(google.SCRIPTS, "handover", careless)
    assert len(heard()) == 1  # so it was the exact target that held


def test_a_message_of_another_window_signs_nobody_in(
    page: Page, rooks_page: Page, lab: Lab, scene: Scene
) -> None:
    """Rook opens Tidepool's page, and sends it a token of his own: whoever looks would see Rook's folder."""
    with rooks_page.expect_popup() as popup:
        rooks_page.evaluate("url => { window.tidepool = open(url) }", scene.demo.url)
    victim = popup.value
    expect(victim.get_by_role("button", name=BUTTON)).to_be_visible()
    token = lab.google.credential(scene.button.client_id, ROOK, scene.demo.origin)
    rooks_page.evaluate("credential => tidepool.postMessage({ credential }, '*')", token)
    victim.wait_for_timeout(300)
    nobody_is_in(victim)
    assert victim.get_by_role("status").inner_text() == ""


def test_googles_answer_cannot_be_framed_is_not_kept_and_is_escaped(scene: Scene) -> None:
    handed = google._handover(SignIn(scene.button, origin="https://x/\"'><script>"), credential="t")
    assert "frame-ancestors 'none'" in handed.headers["content-security-policy"]
    assert handed.headers["cache-control"] == "no-store"
    assert b"<script>" not in handed.body
