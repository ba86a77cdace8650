"""Sign-in at outside providers on the wire, in a real browser: SAML and Apple answer by a form."""

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
def addresses(server: Server) -> dict[str, str]:
    """Where an app sends people, by the provider."""
    lab, back = server.account, f"{HOME}/oauth2/idpresponse"
    facebook, apple = (each.register_client("Tidepool", [back]) for each in (lab.facebook, lab.apple))
    of_apple = {name: getattr(apple, name) for name in ("client_id", "team_id", "key_id", "private_key")}
    of_facebook = {name: str(getattr(facebook, name)) for name in ("client_id", "client_secret")}
    details = {
        "NorthShore": {"MetadataURL": METADATA_URL},
        "SignInWithApple": {**of_apple, "authorize_scopes": "email name"},
        "Facebook": {**of_facebook, "authorize_scopes": "public_profile", "api_version": "v17.0"},
    }
    idp = boto3.client("cognito-idp")
    pool = idp.create_user_pool(PoolName="tidepool")["UserPool"]["Id"]
    idp.create_user_pool_domain(UserPoolId=pool, Domain="tidepool")
    for name, given in details.items():
        kind = "SAML" if name == "NorthShore" else name
        idp.create_identity_provider(
            UserPoolId=pool, ProviderName=name, ProviderType=kind, ProviderDetails=given
        )
    callback = server.url + "/_lab/health"  # any page that answers; it stands in for the app's
    client = idp.create_user_pool_client(
        UserPoolId=pool, ClientName="Tidepool", CallbackURLs=[callback], AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"], AllowedOAuthScopes=["openid"], SupportedIdentityProviders=list(details),
    )["UserPoolClient"]["ClientId"]  # fmt: skip
    lab.university.register_service(f"urn:amazon:cognito:sp:{pool}", f"{HOME}/saml2/idpresponse")
    asked = {"client_id": client, "redirect_uri": callback, "response_type": "code"}
    begin = server.address(f"{HOME}/oauth2/authorize")
    return {name: f"{begin}?{urlencode({**asked, 'identity_provider': name})}" for name in details}


# Who comes from where, at which address the browser is meanwhile, and whether a form brings the answer.
WAYS = {
    "NorthShore": ("Aiko Tanaka", "idp.northshore.example", True),
    "SignInWithApple": ("Mara Lindqvist", "appleid.apple.com", True),
    "Facebook": ("Ben Okafor", "www.facebook.com", False),
}


@pytest.mark.parametrize("provider", WAYS)
@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_people_come_from_elsewhere(
    browser: Browser, server: Server, addresses: dict[str, str], script: bool, provider: str
) -> None:
    name, host, by_form = WAYS[provider]
    context = browser.new_context(java_script_enabled=script, viewport={"width": 600, "height": 700})
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(addresses[provider])
    expect(page.get_by_role("heading", name="Choose an account")).to_be_visible()
    assert page.url.startswith(f"http://{host}.localhost:{server.port}/")
    # Without Secure browsers would drop it, and a Lax cookie would stay behind when the form is posted.
    (state,) = [cookie for cookie in context.cookies() if cookie["name"] == "csrf-state"]
    expected = ("None", True, True) if by_form else ("Lax", False, True)
    assert (state["sameSite"], state["secure"], state["httpOnly"]) == expected
    page.get_by_role("button", name=name).press("Enter")
    if provider != "NorthShore":
        page.get_by_role("button", name="Continue").press("Enter")
    if by_form:
        expect(page.get_by_role("heading", name="Signed in")).to_be_visible()
        if script:
            photograph(page, provider)
            assert axe_faults(page, "body") == []
        page.get_by_role("button", name="Continue").press("Enter")
    page.wait_for_url(f"{server.url}/_lab/health?code=*")
    context.close()
