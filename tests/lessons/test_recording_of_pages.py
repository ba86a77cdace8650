"""What a recording tells of a sign-in through the pages, and what it keeps to itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from support.managed_login import CALLBACK, CHALLENGE, DOMAIN, PKCE, SIGNED_OUT, VERIFIER, Pages, pages
from support.user_pools import PASSWORD

from cognito_lab.lessons.recording import record


@pytest.fixture
def it() -> Iterator[Pages]:
    with pages() as it:
        yield it


def test_the_code_flow_with_its_halves(it: Pages) -> None:
    with record() as story:
        it.browser.get(it.address(state="state-1", **PKCE), allow_redirects=False)
        code = it.code_of(**PKCE, scope="openid email")
        tokens = it.redeem(code, code_verifier=VERIFIER).json()
        authorization = {"authorization": f"Bearer {tokens['access_token']}"}
        requests.get(f"{DOMAIN}/oauth2/userInfo", headers=authorization)
    assert story.transcript().splitlines() == [
        "app → managed login: GET /oauth2/authorize [code challenge · A]",
        "app ⇠ managed login: [code challenge · A]",
        "app → managed login: GET /login [code challenge · A]",
        "app ⇠ managed login: page “Sign in”",
        "app → managed login: POST /login (mara) [code challenge · A + password]",
        "app ⇠ managed login: [authorization code · B + session cookie · C]",
        "app → managed login: POST /oauth2/token (authorization_code) "
        "[authorization code · B + code verifier · A]",
        "app ⇠ managed login: [access token of mara · D + ID token of mara · E + refresh token · F]",
        "app → managed login: GET /oauth2/userInfo [access token of mara · D]",
        "app ⇠ managed login: mara",
    ]
    session = it.browser.cookies["cognito"]
    told = story.transcript() + repr(story.calls) + repr(story.diagram("x"))
    for secret in (code, VERIFIER, CHALLENGE, PASSWORD, session, *tokens.values()):
        assert str(secret) == "3600" or str(secret) not in told
    assert not story.problems


def test_a_verifier_that_does_not_fit_has_another_letter(it: Pages) -> None:
    with record() as story:
        it.redeem(it.code_of(**PKCE), code_verifier="x" * 43)
    tickets = {str(ticket) for call in story.calls for ticket in call.sent}
    assert "code challenge · A" in tickets and "code verifier · D" in tickets
    assert story.calls[-1].code == "invalid_grant"


def test_the_implicit_grant_the_session_and_the_refusals(it: Pages) -> None:
    it.back()
    with record() as story:
        it.authorize(response_type="token", scope="openid")
        it.authorize(scope="nothing")
        it.authorize(redirect_uri="https://evil.example/")
        it.browser.get(it.address("/logout", logout_uri=SIGNED_OUT), allow_redirects=False)
    assert story.transcript().splitlines() == [
        "app → managed login: GET /oauth2/authorize [session cookie · A]",
        "app ⇠ managed login: [access token of mara · B + ID token of mara · C]",
        "app → managed login: GET /oauth2/authorize [session cookie · A]",
        "app ⇠ managed login: ✗ refused: invalid_request (HTTP 302)",
        "app → managed login: GET /oauth2/authorize [session cookie · A]",
        "app ⇠ managed login: ✗ refused: redirect_mismatch (HTTP 302)",
        "app → managed login: GET /logout [session cookie · A]",
        "app ⇠ managed login: on to app.tidepool.example",
    ]
    assert CALLBACK not in story.transcript()


def test_the_code_of_a_form_is_the_one_from_the_mail(it: Pages) -> None:
    page = it.browser.get(it.address("/confirm", username="mara"))
    with record() as story:
        it.post_form(page, code="123456")
    assert "code from the message" in story.transcript() and "authorization code" not in story.transcript()
    assert "123456" not in story.transcript()


# -- why -------------------------------------------------------------------------------------------


def test_why_names_the_check_that_stopped_whoever_has_the_code(it: Pages) -> None:
    other = it.oauth_client()["ClientId"]
    code = it.code_of(**PKCE)
    home = "managed_login.oauth.token_endpoint."
    for wrong, check, given in (
        ({"client_id": other}, f"{home}check_is_of", f"brought by {other}"),
        ({"redirect_uri": "https://evil.example/"}, f"{home}check_redirect_uri", "https://evil.example/"),
        ({}, "protocols.oauth.check_verifier", ""),
        ({"code_verifier": "x" * 43}, "protocols.oauth.check_verifier", ""),
        ({"client_id": "nobody"}, f"{home}client_of", "nobody"),
        ({"client_secret": "guessed"}, f"{home}check_secret", "another secret"),
    ):
        assert it.redeem(code, **wrong).status_code == 400
        why = it.lab.why()
        assert why.check == check and given in why.given and code not in repr(why), why
    assert it.redeem(code, code_verifier=VERIFIER).status_code == 200
    it.redeem(code, code_verifier=VERIFIER)
    assert it.lab.why().check == f"{home}find_grant"
    late = it.code_of()
    it.lab.travel(minutes=5)
    it.redeem(late)
    assert it.lab.why().check == f"{home}check_not_expired" and late not in repr(it.lab.why())


def test_why_tells_of_what_the_browser_was_sent_on_with(it: Pages) -> None:
    it.authorize(redirect_uri="https://evil.example/")
    why = it.lab.why()
    assert (why.code, why.aws_said, why.status) == ("redirect_mismatch", "", 302)
    assert "error=redirect_mismatch (HTTP 302)" in str(why)  # what the check said stays here
    assert "callback URL of the app client" not in str(why)
    assert why.given == "https://evil.example/" and CALLBACK in why.expected
    it.authorize(scope="nothing")
    assert (
        it.lab.why().check == "managed_login.oauth.requests.check_scopes"
        and it.lab.why().code == "invalid_request"
    )
    assert "error=invalid_request&error_description=invalid_scope (HTTP 302)" in str(it.lab.why())
    it.authorize(response_type="token", scope="nothing")  # in the fragment
    assert it.lab.why().aws_said == "invalid_scope"
    it.authorize(code_challenge=CHALLENGE, code_challenge_method="plain")
    assert it.lab.why().check == "managed_login.oauth.requests.check_challenge"


def test_why_a_refresh_token_is_worth_nothing(it: Pages) -> None:
    token = it.tokens()["refresh_token"]
    it.idp.admin_user_global_sign_out(UserPoolId=it.pool, Username="mara")
    it.token(grant_type="refresh_token", refresh_token=token)
    why = it.lab.why()
    assert why.code == "invalid_grant" and why.check == "user_pools.tokens.refreshing.authentication_of"
