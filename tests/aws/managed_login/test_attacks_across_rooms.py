"""Attacks on the pages, the endpoints and federation that cross the borders of the rooms."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
import requests
from support.federation import GORAN, IDP_RESPONSE, SHORE, Federation, federation, refused
from support.managed_login import CALLBACK, CHALLENGE, DOMAIN, SIGNED_OUT, Pages, fields_of, pages
from support.user_pools import OTHER_PASSWORD, PASSWORD
from support.user_pools import refused as aws_refused

from cognito_lab.aws.managed_login import csrf, routes
from cognito_lab.aws.managed_login.federation import oidc as room
from cognito_lab.aws.managed_login.federation import pending
from cognito_lab.aws.managed_login.pages import rendering
from cognito_lab.aws.user_pools.people import federated_users
from cognito_lab.aws.user_pools.sign_in import lockout
from cognito_lab.errors import OutsideTheLab
from cognito_lab.network import hosts
from cognito_lab.network.messages import Headers, Request


@pytest.fixture
def it() -> Iterator[Federation]:
    with federation() as world:
        world.connect_google()
        world.connect_shore()
        world.support("COGNITO", "Google", "Shore")
        yield world


@pytest.fixture
def hiding() -> Iterator[Pages]:
    with pages(PreventUserExistenceErrors="ENABLED") as world:
        yield world


# -- what changes while somebody is at a provider ------------------------------------------------


def without_the_client(it: Federation) -> None:
    it.idp.delete_user_pool_client(UserPoolId=it.pool, ClientId=it.client)


def without_the_address(it: Federation) -> None:
    it.support("COGNITO", "Google", CallbackURLs=["https://app.tidepool.example/new"])


def without_support(it: Federation) -> None:
    it.support("COGNITO")


def without_the_provider(it: Federation) -> None:
    it.idp.delete_identity_provider(UserPoolId=it.pool, ProviderName="Google")


def with_another_provider_of_the_name(it: Federation) -> None:
    without_the_provider(it)
    it.connect_google()


@pytest.mark.parametrize("response_type", ["code", "token"])
@pytest.mark.parametrize(
    "change",
    [
        without_the_client,
        without_the_address,
        without_support,
        without_the_provider,
        with_another_provider_of_the_name,
    ],
)
def test_what_was_taken_away_meanwhile_lets_nobody_in(
    it: Federation, change: Callable[[Federation], None], response_type: str
) -> None:
    address = it.from_google(response_type=response_type)
    change(it)
    answer = it.browser.get(address, allow_redirects=False)
    assert answer.status_code == 400 and "location" not in answer.headers
    assert "cognito" not in it.browser.cookies and not it.people()
    with patch.object(pending, "still_stands", lambda _: True):
        assert it.browser.get(address, allow_redirects=False).headers["location"].startswith(CALLBACK)


def test_a_domain_or_an_account_that_goes_meanwhile(it: Federation) -> None:
    address, login = it.from_google(), it.address("/login")
    code = it.code_of()
    it.idp.delete_user_pool_domain(UserPoolId=it.pool, Domain="tidepool")
    assert it.browser.get(address).status_code == it.browser.get(login).status_code == 404
    assert it.redeem(code).status_code == 404
    it.idp.create_user_pool_domain(UserPoolId=it.pool, Domain="tidepool")
    assert it.authorize().startswith("/login?")  # the sessions went with the domain
    it.lab.reset()
    assert it.browser.get(address).status_code == it.browser.get(login).status_code == 404


# -- an answer of another provider ---------------------------------------------------------------


def test_an_answer_that_names_another_issuer(it: Federation) -> None:
    """Rook's provider sends Mara on to Shore with the state of Rook's sign-in (a mix-up, RFC 9207)."""
    honest = it.from_shore()
    refused(
        it.arrive(f"{honest}&iss=https://idp.rook.example"), "Shore Error - the answer is another issuer's"
    )
    assert not [request for request in it.shore.asked if request.path == "/token"]
    assert "code" in it.arrive(f"{it.from_shore()}&{urlencode({'iss': SHORE})}")
    it.shore.codes.add("c-1")
    with patch.object(room, "check_answered_by"):
        assert "code" in it.arrive(f"{it.from_shore()}&iss=https://idp.rook.example")


def test_a_state_of_one_provider_redeems_no_code_of_another(it: Federation) -> None:
    code = fields_of(it.from_google())["code"]
    at_shore = it.from_shore()
    refused(
        it.arrive(at_shore.replace("code=c-1", urlencode({"code": code}))), "Shore Error - 400 invalid_grant"
    )


def test_a_provider_is_spoken_to_in_secret(it: Federation) -> None:
    details = {
        "client_id": "x", "client_secret": "y", "authorize_scopes": "openid", "oidc_issuer": SHORE,
        "attributes_request_method": "GET", "attributes_url": "http://idp.shore.example/userinfo",
    }  # fmt: skip
    with aws_refused("InvalidParameterException", "attributes_url is not an https address."):
        it.connect_shore(ProviderName="Other", ProviderDetails=details)


@pytest.mark.parametrize("subject", ["s" * 150, "s 1", "s\n1", " "])
def test_nobody_gets_a_username_that_no_operation_could_name(it: Federation, subject: str) -> None:
    it.shore.claims = it.shore.userinfo = {"sub": subject}
    assert it.by_shore()["error"] == "invalid_request" and not it.people()
    with patch.object(federated_users, "check_username"):
        assert "code" in it.by_shore()


# -- forms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://rook.example", "null", f"{DOMAIN}:8443"])
def test_a_page_of_another_origin_posts_no_form_even_with_the_token(it: Federation, origin: str) -> None:
    """As a neighbour below the same name would, that gave the browser a cookie for both."""
    it.browser.headers["origin"] = origin
    assert it.sign_in_at().status_code == 403
    with patch.object(csrf, "is_of_another_origin", lambda _: False):
        assert it.sign_in_at().status_code == 302
    it.browser.headers["origin"] = DOMAIN
    assert it.sign_in_at().status_code == 302


def test_a_session_is_not_one_that_the_browser_brought_along(it: Federation) -> None:
    host = DOMAIN.removeprefix("https://")
    it.browser.cookies.set("cognito", "chosen-by-rook", domain=host, path="/", secure=True)
    assert it.sign_in_at().status_code == 302
    first = it.browser.cookies["cognito"]
    assert it.sign_in_at().status_code == 302  # again: the cookie of before is worth nothing now
    for cookie in ("chosen-by-rook", first):
        answer = requests.get(it.address(), headers={"cookie": f"cognito={cookie}"}, allow_redirects=False)
        assert answer.headers["location"].startswith("/login?")
    assert "code" in fields_of(it.authorize())


def end_by_user(it: Federation) -> None:
    scope = "openid aws.cognito.signin.user.admin"
    it.idp.global_sign_out(AccessToken=it.tokens(scope=scope)["access_token"])


def end_by_administrator(it: Federation) -> None:
    it.idp.admin_user_global_sign_out(UserPoolId=it.pool, Username="mara")


def disable_for_a_while(it: Federation) -> None:
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    it.idp.admin_enable_user(UserPoolId=it.pool, Username="mara")


@pytest.mark.parametrize("end", [end_by_user, end_by_administrator, disable_for_a_while])
def test_signed_out_everywhere_a_code_from_before_is_worth_nothing(
    it: Federation, end: Callable[[Federation], None]
) -> None:
    code = it.code_of()
    end(it)
    answer = it.redeem(code)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert it.redeem(it.code_of()).status_code == 200


# -- who exists ----------------------------------------------------------------------------------


def tries(it: Pages, name: str) -> list[str]:
    """What the page says to wrong passwords, and to the right one of somebody who exists."""
    found = []
    for password in [OTHER_PASSWORD] * 6 + [PASSWORD]:
        answer = it.sign_in_at(name, password)
        found.append(answer.text.partition('role="alert">')[2].partition("<")[0])
    return found


def test_wrong_passwords_lock_names_that_nobody_has_as_well(hiding: Pages) -> None:
    there = tries(hiding, "mara")
    assert there == ["Incorrect username or password."] * 5 + ["Password attempts exceeded"] * 2
    assert tries(hiding, "nobody") == there
    with patch.object(lockout, "count_placeholder_failure"):
        assert tries(hiding, "somebody") != there


def test_a_lock_of_a_name_is_not_one_of_who_signs_up_under_it_later(hiding: Pages) -> None:
    tries(hiding, "nele")
    hiding.member("nele")
    assert hiding.sign_in_at("nele").status_code == 302


def reset_tries(it: Pages, name: str) -> list[tuple[str, str]]:
    """What 22 requests for a code are told, then a weak password, a wrong code, and one too late."""
    call, found = it.idp.confirm_forgot_password, []

    def told(ask: Callable[..., Any], **more: str) -> None:
        try:
            ask(ClientId=it.client, Username=name, **more)
            found.append(("sent", ""))
        except it.idp.exceptions.ClientError as error:
            found.append((error.response["Error"]["Code"], error.response["Error"]["Message"]))

    told(call, ConfirmationCode="000000", Password=PASSWORD)
    told(it.idp.forgot_password)
    told(call, ConfirmationCode="000000x", Password="short")
    told(call, ConfirmationCode="000000x", Password=PASSWORD)
    it.lab.travel(minutes=61)
    told(call, ConfirmationCode="000000x", Password=PASSWORD)
    for _ in range(22):
        told(it.idp.forgot_password)
    return found


def test_a_forgotten_password_is_refused_alike_whether_there_is_one_or_not(hiding: Pages) -> None:
    there = reset_tries(hiding, "mara")
    assert [code for code, _ in there[:5]] == [
        "ExpiredCodeException", "sent", "InvalidPasswordException", "CodeMismatchException",
        "ExpiredCodeException",
    ]  # fmt: skip
    assert there[-1][0] == "LimitExceededException"
    assert reset_tries(hiding, "nobody") == there


def test_nobody_s_password_is_not_changed_by_the_empty_code(hiding: Pages) -> None:
    hiding.idp.forgot_password(ClientId=hiding.client, Username="nobody")
    page = hiding.browser.get(hiding.address("/confirmforgotPassword", username="nobody"))
    assert hiding.post_form(page, code="", password=PASSWORD).status_code == 400
    assert hiding.sign_in_at("nobody").status_code == 400


# -- odd requests ----------------------------------------------------------------------------------


def test_an_age_with_thousands_of_digits(it: Federation) -> None:
    it.tokens()
    assert "code" in fields_of(it.authorize(max_age="9" * 5000))


def test_several_prompts_at_once() -> None:
    with pages() as it:
        it.idp.update_user_pool_domain(UserPoolId=it.pool, Domain="tidepool", ManagedLoginVersion=2)
        it.idp.create_managed_login_branding(
            UserPoolId=it.pool, ClientId=it.client, UseCognitoProvidedValues=True
        )
        it.tokens()
        assert "code" in fields_of(it.authorize())
        assert it.authorize(prompt="consent login").startswith("/login?")


ODD = [
    "", " ", "0", "-1", "9" * 5000, "x" * 20_000, "\0", "é", "٣", "²", "😀", "<script>alert(1)</script>",
    "'\"><b>", "a\r\nSet-Cookie: x=1", "%", "%ff%fe", "../..", "javascript:alert(1)", "//rook.example",
    "null", "[]", "{}", "openid", "openid email", "none", "login", "$title ${x}", "e30.e30.", "COGNITO", "=",
    "&", "mara", "eyJhbGciOiJSUzI1NiJ9.W10.x", "client_credentials", "authorization_code", "refresh_token",
]  # fmt: skip
NAMES = """
    response_type client_id redirect_uri state scope nonce code_challenge code_challenge_method iss prompt
    identity_provider idp_identifier login_hint lang max_age username password code _csrf session email
    user_name confirmation_code error error_description logout_uri grant_type code_verifier refresh_token
    token client_secret SAMLResponse RelayState
"""
PATHS = sorted({path for _, path in {**routes.CALLED_BY_APPS, **routes.OPENED_BY_BROWSERS}})
PATHS += ["/", "//login", "/login%00", "/oauth2/authorize/", "/passkeys/add"]
SENT_ON = ("/login?", "/error?", CALLBACK, SIGNED_OUT, "https://accounts.google.com/", f"{SHORE}/")


class Chance:
    """Requests by chance, most of them near to honest ones; the same ones for the same seed."""

    def __init__(self, it: Federation, seed: int) -> None:
        self.dice = random.Random(seed)
        web = it.oauth_client(GenerateSecret=True)
        tokens = it.tokens(scope="openid aws.cognito.signin.user.admin")
        self.cookies = [f"{cookie.name}={cookie.value}" for cookie in it.browser.cookies]
        xsrf = it.browser.cookies["XSRF-TOKEN"]
        self.near: dict[str, list[str]] = {
            "client_id": [it.client, web["ClientId"]], "redirect_uri": [CALLBACK],
            "response_type": ["code", "token"],
            "_csrf": [xsrf], "username": ["mara", "nobody"], "password": [PASSWORD], "scope": ["openid"],
            "client_secret": [web["ClientSecret"]], "code_challenge": [CHALLENGE], "logout_uri": [SIGNED_OUT],
            "code_challenge_method": ["S256"], "refresh_token": [tokens["refresh_token"]],
            "token": [tokens["refresh_token"], tokens["access_token"]], "email": ["a@b.example"],
            "grant_type": ["authorization_code", "refresh_token"],
            "identity_provider": ["Google", "Shore", "COGNITO"],
        }  # fmt: skip
        self.proofs = ["Basic", "Basic !!", "Basic /zr/", "Basic é", "Bearer", "Bearer x", "Bearer é"]
        self.proofs += [f"Bearer {tokens[name]}" for name in ("access_token", "id_token")]

    def fields(self, *core: str) -> list[tuple[str, str]]:
        core = core if self.dice.random() < 0.85 else ()
        names = [*core, *self.dice.sample(NAMES.split(), self.dice.randint(0, 6))]
        found = [(name, self.value(name, 0.93 if name in core else 0.4)) for name in names]
        return [*found, found[0]] if found and self.dice.random() < 0.05 else found

    def value(self, name: str, chance: float) -> str:
        near = self.near.get(name, [])
        return self.dice.choice(near if near and self.dice.random() < chance else ODD)

    def request(self) -> Request:
        path, kind = self.dice.choice(PATHS), "application/x-www-form-urlencoded"
        method = self.dice.choice(["GET", "GET", "POST", "POST", "POST", "HEAD", "OPTIONS", "PUT", "DELETE"])
        asked = ("client_id", "redirect_uri", "response_type")
        body = urlencode(dict(self.fields("_csrf", "client_id", "username"))).encode()
        if self.dice.random() < 0.03:
            body = self.dice.randbytes(50)
        headers = {"content-type": self.dice.choice([kind] * 5 + ["", "application/json"])}
        headers["cookie"] = self.dice.choice(
            ["; ".join(self.cookies)] * 5 + ["", "cognito", "=;=;", 'XSRF-TOKEN="é; a']
        )
        if self.dice.random() < 0.3:
            headers["authorization"] = self.dice.choice(self.proofs)
        return Request(method, f"{DOMAIN}{path}?{urlencode(self.fields(*asked))}", Headers(headers), body)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_is_answered_and_leads_nowhere_else(it: Federation, seed: int) -> None:
    chance = Chance(it, seed)
    statuses = set()
    for _ in range(1500):
        request = chance.request()
        try:
            answer = hosts.dispatch(request)
        except OutsideTheLab:
            assert request.path == "/saml2/logout"
            continue
        where = answer.headers.get("location", "")
        assert not where or where.startswith(SENT_ON), request
        assert not set(where) & {"\r", "\n"} and answer.status < 500, request
        body = answer.body.replace(b"<script>" + rendering.SCRIPT + b"</script>", b"")  # the lab's own
        assert b"<script" not in body and b"'\"><b>" not in body, request
        if where or answer.headers.get("content-type", "").startswith("text/html"):
            assert answer.headers["cache-control"] == "no-store", request
        statuses.add(answer.status)
    assert {200, 302, 400, 401, 403, 404, 405} <= statuses  # the requests got far enough to meet every kind


def test_odd_bytes_in_the_address_of_a_provider_s_answer(it: Federation) -> None:
    for query in ("state=%F0%28", "state=%00", "state=" + string.printable.strip(), "&&&", "state"):
        assert requests.get(f"{IDP_RESPONSE}?{query}", allow_redirects=False).status_code == 400
    assert GORAN in it.google.accounts
