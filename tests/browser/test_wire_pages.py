"""The served account in a real browser: what a page of the website may do, and what no page may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from playwright.sync_api import Browser, Page

from cognito_lab import Lab
from cognito_lab.reproducible import REPRODUCIBLE
from cognito_lab.served import browser_rules, control_endpoints
from cognito_lab.served.server import Server

# A page that tries to empty the account, from wherever it is shown.
EVIL = (
    "<title>harmless</title><script>document.title = 'ran'; fetch('/_lab/reset', {method: 'POST'})</script>"
)
READ = """async ([url, options]) => {
  try { const answer = await fetch(url, options); return [answer.status, await answer.text()] }
  catch (error) { return [0, error.name] }
}"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.delenv(REPRODUCIBLE)
    with Lab.start() as lab, lab.serve(0) as server:
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="tidepool-site")
        s3.delete_public_access_block(Bucket="tidepool-site")
        public = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::tidepool-site/*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [public]})
        s3.put_bucket_policy(Bucket="tidepool-site", Policy=policy)
        s3.put_bucket_website(
            Bucket="tidepool-site", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}}
        )
        for key, body in (("index.html", "<title>Tidepool</title>"), ("evil.html", EVIL)):
            s3.put_object(Bucket="tidepool-site", Key=key, Body=body.encode(), ContentType="text/html")
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def at(server: Server, path: str = "/") -> str:
    return server.address("http://tidepool-site.s3-website-us-east-1.amazonaws.com" + path)


def buckets() -> list[Any]:
    return boto3.client("s3").list_buckets()["Buckets"]


def fetched(page: Page, url: str, **options: Any) -> list[Any]:
    return page.evaluate(READ, [url, options])


def test_a_page_of_the_website_calls_cognito_and_s3_as_its_rules_allow(page: Page, server: Server) -> None:
    page.goto(at(server))
    assert page.title() == "Tidepool" and page.evaluate("isSecureContext")
    get_id = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSCognitoIdentityService.GetId"}
    ask = {"method": "POST", "headers": get_id, "body": '{"IdentityPoolId": "us-east-1:0"}'}
    for url in (server.address("https://cognito-identity.us-east-1.amazonaws.com/"), f"{server.url}/"):
        status, text = fetched(page, url, **ask)
        assert status == 400 and "ResourceNotFoundException" in text
    there = server.address("https://tidepool-site.s3.us-east-1.amazonaws.com/index.html")
    assert fetched(page, there, headers={"x-amz-date": "now"}) == [0, "TypeError"]
    rule = {"AllowedOrigins": [at(server).rstrip("/")], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"]}
    boto3.client("s3").put_bucket_cors(Bucket="tidepool-site", CORSConfiguration={"CORSRules": [rule]})
    assert fetched(page, there, headers={"x-amz-date": "now"}) == [200, "<title>Tidepool</title>"]
    status, text = fetched(page, f"{server.url}/tidepool-site/none", headers={"x-amz-date": "now"})
    assert status == 403 and "AccessDenied" in text  # an error can be read too


@pytest.mark.parametrize(
    "home", ["http://tidepool-site.s3-website-us-east-1.amazonaws.com", "https://accounts.google.com"]
)
@pytest.mark.parametrize("endpoint", ["127.0.0.1", "localhost"])
def test_no_page_reads_the_inbox_or_empties_the_account(
    page: Page, server: Server, home: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.goto(server.address(f"{home}/none"))
    url = server.url.replace("127.0.0.1", endpoint)
    assert fetched(page, f"{url}/_lab/inbox/mara@tidepool.example") == [0, "TypeError"]
    for options in ({}, {"mode": "no-cors"}, {"headers": {"content-type": "application/json"}}):
        fetched(page, f"{url}/_lab/reset", method="POST", **options)
    post = "url => { const form = document.createElement('form'); form.method = 'post'; form.action = url; "
    with page.expect_navigation():
        page.evaluate(post + "document.body.append(form); form.submit() }", f"{url}/_lab/reset")
    assert "not for pages" in page.content() and buckets()
    monkeypatch.setattr(control_endpoints, "refuse_pages", lambda _: None)
    page.goto(server.address(f"{home}/none"))
    fetched(page, f"{url}/_lab/reset", method="POST", mode="no-cors")
    assert not buckets()  # so it was that check that held


def test_a_page_beside_the_control_endpoints_runs_no_script(
    page: Page, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.goto(f"{server.url}/tidepool-site/evil.html")
    assert page.title() == "harmless" and buckets()
    monkeypatch.setattr(browser_rules, "add_sandbox", lambda _: None)
    with page.expect_response("**/_lab/reset"):
        page.goto(f"{server.url}/tidepool-site/evil.html?again")
    assert page.title() == "ran" and not buckets()


def test_google_sends_a_person_back_to_a_page_of_this_machine(page: Page, server: Server) -> None:
    back = at(server)
    client = server.account.google.register_client("Tidepool", redirect_uris=[back])
    wanted = {"client_id": client.client_id, "redirect_uri": back, "response_type": "code", "scope": "openid"}
    query = "&".join(f"{name}={value}" for name, value in wanted.items())
    page.goto(server.address("https://accounts.google.com/o/oauth2/v2/auth") + "?" + query)
    page.get_by_role("button").first.click()
    page.get_by_role("button").first.click()
    page.wait_for_url(f"{back}?*code=*")
    assert page.title() == "Tidepool"
