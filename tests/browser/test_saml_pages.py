"""Sign-in by SAML on the wire, in a real browser: the answer is a form that one site posts to another."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import boto3
import pytest
from browser_support import axe_faults, photograph
from playwright.sync_api import Browser, expect

from cognito_lab import Lab
from cognito_lab.providers.university import METADATA_URL
from cognito_lab.reproducible import REPRODUCIBLE
from cognito_lab.served.server import Server

HOME = "https://tidepool.auth.us-east-1.amazoncognito.com"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(REPRODUCIBLE, raising=False)
        with Lab.start() as lab:
            yield lab.serve(0)


@pytest.fixture(scope="module")
def address(server: Server) -> str:
    """Where an app sends Aiko."""
    idp = boto3.client("cognito-idp")
    pool = idp.create_user_pool(PoolName="tidepool")["UserPool"]["Id"]
    idp.create_user_pool_domain(UserPoolId=pool, Domain="tidepool")
    idp.create_identity_provider(
        UserPoolId=pool, ProviderName="NorthShore", ProviderType="SAML",
        ProviderDetails={"MetadataURL": METADATA_URL}, AttributeMapping={"email": "mail"},
    )  # fmt: skip
    callback = server.url + "/_lab/health"  # any page that answers; it stands in for the app's
    client = idp.create_user_pool_client(
        UserPoolId=pool, ClientName="Tidepool", CallbackURLs=[callback], AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"], AllowedOAuthScopes=["openid"], SupportedIdentityProviders=["NorthShore"],
    )["UserPoolClient"]["ClientId"]  # fmt: skip
    server.account.university.register_service(f"urn:amazon:cognito:sp:{pool}", f"{HOME}/saml2/idpresponse")
    asked = {"client_id": client, "redirect_uri": callback, "response_type": "code"}
    query = urlencode({**asked, "identity_provider": "NorthShore"})
    return f"{server.address(f'{HOME}/oauth2/authorize')}?{query}"


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_aiko_comes_from_the_university(browser: Browser, server: Server, address: str, script: bool) -> None:
    context = browser.new_context(java_script_enabled=script, viewport={"width": 600, "height": 700})
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("heading", name="Choose an account")).to_be_visible()
    assert page.url.startswith(f"http://idp.northshore.example.localhost:{server.port}/sso?SAMLRequest=")
    # Without Secure browsers would drop it, and a Lax cookie would stay behind when the form is posted.
    (state,) = [cookie for cookie in context.cookies() if cookie["name"] == "csrf-state"]
    assert (state["sameSite"], state["secure"], state["httpOnly"]) == ("None", True, True)
    page.get_by_role("button", name="Aiko Tanaka").press("Enter")
    expect(page.get_by_role("heading", name="Signed in")).to_be_visible()
    if script:
        photograph(page, "university")
        assert axe_faults(page, "body") == []
    page.get_by_role("button", name="Continue").press("Enter")
    page.wait_for_url(f"{server.url}/_lab/health?code=*")
    context.close()
