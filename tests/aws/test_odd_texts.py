"""Texts that no keyboard of English has, in every place where a caller's text is read or compared.

Python's ``hmac.compare_digest`` takes texts of ASCII only, and half of a surrogate pair has no UTF-8. A
caller can send both. Whoever does is refused as with any other wrong text, or served; the lab does not fail.
"""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
import requests
from support.federation import federation
from support.managed_login import DOMAIN, PKCE, SIGNED_OUT, VERIFIER
from support.user_pools import OTHER_PASSWORD, PASSWORD, World, pairs, refused, secret_hash

import cognito_lab
from cognito_lab import Lab, OutsideTheLab
from cognito_lab.aws.iam import signatures
from cognito_lab.aws.user_pools import srp
from cognito_lab.network import hosts
from cognito_lab.network.messages import Headers, Request, Response
from cognito_lab.protocols import constant_time

ODD = ("ü", "🦀", "\ud83e")  # in Latin-1, outside of it, and half of a pair


def test_one_function_compares_texts_that_a_caller_sends() -> None:
    """It is the only one that calls ``compare_digest`` with texts; the other has two digests."""
    package = Path(cognito_lab.__file__).parent
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "compare_digest"
    }
    assert found == {"protocols/constant_time.py", "aws/user_pools/passwords.py"}


def test_equal_texts_are_equal_and_no_others() -> None:
    texts = ["", "a", "A", "ab", *ODD, "u\u0308"]
    for one in texts:
        for other in texts:
            assert constant_time.equal(one, other) == (one == other)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


# -- whole sign-ins, each request oddly first -----------------------------------------------------


def changed(value: Any, text: str) -> Iterator[Any]:
    """``value``, each time with another of its texts replaced by ``text``."""
    if isinstance(value, str):
        yield text
    if isinstance(value, dict):
        for name, member in value.items():
            yield from ({**value, name: other} for other in changed(member, text))
    if isinstance(value, list):
        for number, member in enumerate(value):
            yield from ([*value[:number], other, *value[number + 1 :]] for other in changed(member, text))


# What is sent there counts once, also where it is wrong.
COUNT_ONCE = [
    ("POST", "/o/oauth2/v2/auth/oauthchooseaccount"), ("POST", "/signin/oauth/consent"),
    ("GET", "/oauth2/idpresponse"),
]  # fmt: skip


class Oddly:
    """Plays each request of APIs and pages oddly first, with one text replaced, and then as it was sent.

    ``tried``: the operations and the paths that were asked so. Signatures of requests count here, whatever
    the body: a changed body is otherwise refused before anybody reads it.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tried: set[str] = set()
        self.play = hosts.dispatch
        self.inside = False
        monkeypatch.setattr(hosts, "dispatch", self)
        monkeypatch.setattr(signatures, "check_value", lambda *_: None)

    def __call__(self, request: Request) -> Response:
        if self.inside or (request.method, request.path) in COUNT_ONCE:
            return self.play(request)
        self.inside = True
        try:
            for text in ODD:
                for other in self.variants(request, text):
                    self.check(other)
            return self.play(request)
        finally:
            self.inside = False

    def variants(self, request: Request, text: str) -> Iterator[Request]:
        if "x-amz-target" in request.headers:
            self.tried.add(request.headers["x-amz-target"].rpartition(".")[2])
            for body in changed(json.loads(request.body), text):
                yield replace(request, body=json.dumps(body).encode())
        else:
            self.tried.add(request.path)
            yield from in_forms(request, text)
            yield from in_headers(request, text)

    def check(self, request: Request) -> None:
        try:
            answer = self.play(request)
        except OutsideTheLab:
            return
        assert answer.status < 500, (request, answer.body)
        if answer.status >= 400 and "x-amz-target" in request.headers:
            assert json.loads(answer.body)["__type"], request


def in_forms(request: Request, text: str) -> Iterator[Request]:
    """The request with another text in its address or its form."""
    parts = urlsplit(request.url)
    for fields in changed(dict(parse_qsl(parts.query)), text):
        query = urlencode(fields, errors="surrogatepass")
        yield replace(request, url=urlunsplit(parts._replace(query=query)))
    for fields in changed(dict(parse_qsl(request.body.decode())), text):
        yield replace(request, body=urlencode(fields, errors="surrogatepass").encode())


def in_headers(request: Request, text: str) -> Iterator[Request]:
    """The request with another text in its cookies or its authorization, as octets, as they are sent."""
    sent = text.encode("utf-8", "surrogatepass").decode("latin-1")
    given = {name.lower(): value for name, value in request.headers.items()}
    cookies = dict(pair.split("=", 1) for pair in given.get("cookie", "").split("; ") if pair)
    for kept in changed(cookies, sent):
        said = "; ".join(f"{name}={value}" for name, value in kept.items())
        yield replace(request, headers=Headers({**given, "cookie": said}))
    for name in {"authorization", "origin"} & set(given):
        scheme = given[name].partition(" ")[0]
        for value in (sent, f"{scheme} {sent}"):
            yield replace(request, headers=Headers({**given, name: value}))


def test_the_apis_are_given_odd_texts(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    it = World(lab)
    web = it.new_client(GenerateSecret=True)
    oddly = Oddly(monkeypatch)
    key = {"ClientId": web["ClientId"]}
    proof = secret_hash(web["ClientSecret"], "ben", web["ClientId"])
    named = {**key, "SecretHash": proof, "Username": "ben"}
    it.idp.sign_up(**named, Password=PASSWORD, UserAttributes=pairs(email="ben@tidepool.example"))
    it.idp.resend_confirmation_code(**named)
    it.idp.confirm_sign_up(**named, ConfirmationCode=it.code())
    lab.travel(hours=1)  # the limits count anew
    it.idp.forgot_password(**named)
    it.idp.confirm_forgot_password(**named, ConfirmationCode=it.code(), Password=OTHER_PASSWORD)
    lab.travel(hours=1)
    given = {"USERNAME": "ben", "PASSWORD": OTHER_PASSWORD, "SECRET_HASH": proof}
    got = it.idp.initiate_auth(**key, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
    access, refresh = (got["AuthenticationResult"][name] for name in ("AccessToken", "RefreshToken"))
    again = {"REFRESH_TOKEN": refresh, "SECRET_HASH": proof}
    it.idp.initiate_auth(**key, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=again)
    it.idp.get_user(AccessToken=access)
    it.idp.update_user_attributes(AccessToken=access, UserAttributes=pairs(email="b@tidepool.example"))
    it.idp.verify_user_attribute(AccessToken=access, AttributeName="email", Code=it.code())
    it.idp.change_password(
        AccessToken=access, PreviousPassword=OTHER_PASSWORD, ProposedPassword=f"New-{PASSWORD}"
    )
    it.idp.revoke_token(**key, Token=refresh, ClientSecret=web["ClientSecret"])
    it.invited("noor")
    first = it.idp.admin_initiate_auth(
        UserPoolId=it.pool, ClientId=it.client, AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "noor", "PASSWORD": PASSWORD},
    )  # fmt: skip
    it.idp.respond_to_auth_challenge(
        ClientId=it.client, ChallengeName=first["ChallengeName"], Session=first["Session"],
        ChallengeResponses={"USERNAME": "noor", "NEW_PASSWORD": OTHER_PASSWORD},
    )  # fmt: skip
    assert len(oddly.tried) == 14


def test_a_proof_by_srp_is_given_odd_texts(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    it = World(lab)
    it.new_pool(flows=["ALLOW_USER_SRP_AUTH"], AutoVerifiedAttributes=["email"])
    it.member()
    asked = {"ClientId": it.client, "AuthFlow": "USER_SRP_AUTH"}
    first = it.idp.initiate_auth(**asked, AuthParameters={"USERNAME": "mara", "SRP_A": "ab" * 384})
    given = first["ChallengeParameters"]
    oddly = Oddly(monkeypatch)
    answer = {
        "USERNAME": "mara", "PASSWORD_CLAIM_SECRET_BLOCK": given["SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": "ab", "TIMESTAMP": srp.timestamp(time.time()),
    }  # fmt: skip
    with refused("NotAuthorizedException"):
        it.idp.respond_to_auth_challenge(
            ClientId=it.client, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=answer
        )
    assert oddly.tried == {"RespondToAuthChallenge"}


def test_the_pages_and_endpoints_are_given_odd_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    with federation() as it:
        it.connect_google()
        both = {"SupportedIdentityProviders": ["COGNITO", "Google"]}
        web = it.oauth_client(GenerateSecret=True, **both)
        oddly = Oddly(monkeypatch)
        it.client, proof = web["ClientId"], (web["ClientId"], web["ClientSecret"])
        answer = it.redeem(it.code_of(**PKCE, nonce="n"), code_verifier=VERIFIER, auth=proof)
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        again = it.token(auth=proof, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert again.status_code == 200, again.text
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert requests.get(f"{DOMAIN}/oauth2/userInfo", headers=bearer).status_code == 200
        gone = {"token": tokens["refresh_token"], "client_id": proof[0], "client_secret": proof[1]}
        assert requests.post(f"{DOMAIN}/oauth2/revoke", data=gone).status_code == 200
        page = it.browser.get(it.address("/forgotPassword"))
        it.post_form(page, username="mara")
        it.browser.get(it.address("/logout", logout_uri=SIGNED_OUT), allow_redirects=False)
        assert "code" in it.by_google()
        assert {"/oauth2/token", "/o/oauth2/v2/auth", "/oauth2/v4/token"} < oddly.tried
        assert len(oddly.tried) == 11


def test_what_a_provider_s_answer_says_is_odd(monkeypatch: pytest.MonkeyPatch) -> None:
    with federation() as it:
        it.connect_google()
        for text in ODD:
            for number in range(100):
                it.browser = requests.Session()
                prepared = it.browser.prepare_request(requests.Request("GET", it.from_google()))
                request = Request("GET", str(prepared.url), Headers(prepared.headers))
                others = [*in_forms(request, text), *in_headers(request, text)]
                if number == len(others):
                    break
                Oddly(monkeypatch).check(others[number])
                monkeypatch.undo()
            assert number > 3
