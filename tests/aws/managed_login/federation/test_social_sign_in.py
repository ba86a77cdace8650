"""People who come to a user pool from Facebook, Amazon and Apple."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from support.federation import IDP_RESPONSE, Federation, refused
from support.identity_pools import exchanges
from support.managed_login import CALLBACK, fields_of

from cognito_lab import Lab
from cognito_lab.network import hosts
from cognito_lab.network.messages import Headers, Response
from cognito_lab.providers.accounts import Client
from cognito_lab.providers.apple import Apple
from cognito_lab.providers.social import Social

ROOK = "rook@elsewhere.example"
KINDS = {"Facebook": "facebook", "LoginWithAmazon": "amazon", "SignInWithApple": "apple"}
SCOPES = {
    "Facebook": "public_profile, email", "LoginWithAmazon": "profile", "SignInWithApple": "email name",
}  # fmt: skip
NAMES = {"Facebook": "name", "LoginWithAmazon": "name", "SignInWithApple": "firstName"}
ALL = pytest.mark.parametrize("kind", KINDS)


class Place(Federation):
    def connect(self, kind: str, mapping: dict[str, str] | None = None, **changed: str) -> Client:
        """Tidepool's app at this provider, and the provider in the pool."""
        client = self.at(kind).register_client("Tidepool", [IDP_RESPONSE])
        own = ("client_id", "client_secret", "team_id", "key_id", "private_key")
        details = {name: getattr(client, name) for name in own if getattr(client, name)}
        self.idp.create_identity_provider(
            UserPoolId=self.pool, ProviderName=kind, ProviderType=kind,
            ProviderDetails={**details, "authorize_scopes": SCOPES[kind], **changed},
            AttributeMapping=mapping or {"email": "email", "name": NAMES[kind]},
        )  # fmt: skip
        self.support("COGNITO", kind)
        return client

    def at(self, kind: str) -> Social:
        return getattr(self.lab, KINDS[kind])  # type: ignore[no-any-return]

    def back(self, kind: str, consent: bool = True) -> tuple[str, dict[str, str]]:
        """Where the browser comes back to the pool, and the form that it posts there, if it does."""
        self.browser = requests.Session()
        address, provider = self.authorize(identity_provider=kind, state="of-the-app"), self.at(kind)
        if isinstance(provider, Apple):
            return IDP_RESPONSE, provider.sign_in_by_form(address, ROOK, consent)
        return provider.sign_in(address, ROOK, consent), {}

    def come(self, address: str, form: dict[str, str]) -> dict[str, str]:
        """What the app hears."""
        if not form:
            return self.arrive(address)
        answer = self.browser.post(address, data=form, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        return fields_of(str(answer.headers["location"]))

    def by(self, kind: str) -> dict[str, str]:
        return self.come(*self.back(kind))

    def rook(self, kind: str) -> str:
        return f"{kind}_{self.at(kind).accounts[ROOK].sub}"


@pytest.fixture
def it() -> Iterator[Place]:
    with Lab.start() as lab:
        yield Place(lab)


@ALL
def test_somebody_comes_again_and_again_and_has_one_profile(it: Place, kind: str) -> None:
    it.connect(kind)
    claims = [it.id_claims(it.by(kind)) for _ in range(2)]
    assert {each["cognito:username"] for each in claims} == {it.rook(kind)}
    assert len({each["sub"] for each in claims}) == len(it.people()) == 1
    assert claims[0]["cognito:groups"] == [f"{it.pool}_{kind}"]
    (identity,) = claims[0]["identities"]
    assert (identity["providerName"], identity["providerType"]) == (kind, kind)
    assert identity["userId"] == it.at(kind).accounts[ROOK].sub
    (attributes,) = it.people().values()
    assert (attributes["email"], attributes["name"]) == (ROOK, "Rook")
    assert attributes["email_verified"] == "false"  # nothing maps it


@ALL
def test_who_says_no_goes_back_to_the_app_without_a_code(it: Place, kind: str) -> None:
    it.connect(kind)
    came = it.come(*it.back(kind, consent=False))
    expected = "user_cancelled_authorize" if kind == "SignInWithApple" else "access_denied"
    assert (came["error"], came["state"]) == (expected, "of-the-app") and "code" not in came
    assert it.people() == {}


@ALL
def test_the_answer_is_for_the_browser_that_asked_and_counts_once(it: Place, kind: str) -> None:
    it.connect(kind)
    address, form = it.back(kind)
    method = "POST" if form else "GET"
    stranger = requests.request(method, address, data=form, allow_redirects=False)
    assert stranger.status_code == 400 and it.people() == {}
    assert "code" in it.come(address, form)
    assert it.browser.request(method, address, data=form, allow_redirects=False).status_code == 400


@ALL
def test_the_button_has_the_providers_own_name(it: Place, kind: str) -> None:
    it.connect(kind)
    names = {"LoginWithAmazon": "Amazon", "SignInWithApple": "Apple"}
    page = requests.get(it.address("/login"))
    assert f"Continue with {names.get(kind, kind)}<" in page.text


@ALL
def test_the_pool_asks_as_the_provider_wants_and_the_app_sees_nothing(it: Place, kind: str) -> None:
    it.connect(kind)
    with exchanges() as seen:
        it.id_claims(it.by(kind))
    asked = [
        (each.request.method, each.request.path)
        for each in seen
        if each.caller == "cognito-idp" and each.callee == KINDS[kind] and each.request
    ]
    assert asked == {
        "Facebook": [("GET", "/oauth/access_token"), ("GET", "/me")],
        "LoginWithAmazon": [("POST", "/auth/o2/token"), ("GET", "/user/profile")],
        "SignInWithApple": [
            ("POST", "/auth/token"), ("GET", "/.well-known/openid-configuration"), ("GET", "/auth/keys"),
        ],
    }[kind]  # fmt: skip


def test_facebook_is_asked_with_the_version_and_for_what_is_mapped(it: Place) -> None:
    it.connect("Facebook", {"email": "email", "given_name": "first_name"}, api_version="v17.0")
    with exchanges() as seen:
        it.by("Facebook")
    me = next(each.request for each in seen if each.request and each.request.path == "/v17.0/me")
    assert dict(parse_qsl(me.query)) == {"fields": "id,email,first_name"}
    assert next(iter(it.people().values()))["given_name"] == "Rook"


@ALL
def test_a_secret_that_is_wrong(it: Place, kind: str) -> None:
    wrong = {"private_key": "no key"} if kind == "SignInWithApple" else {"client_secret": "guessed"}
    it.connect(kind, **wrong)
    said = {
        "Facebook": "Facebook Error - 400 invalid_request",
        "LoginWithAmazon": "LoginWithAmazon Error - 400 invalid_client",
        "SignInWithApple": "SignInWithApple Error - the private key cannot be read",
    }
    refused(it.by(kind), said[kind])
    assert it.people() == {}


@ALL
@pytest.mark.parametrize("path", ["token", "/me", "/user/profile"])
@pytest.mark.parametrize("body", [b"{}", b"[1", b'{"access_token": 1, "id": 7, "user_id": ""}'])
def test_a_provider_that_says_nothing_of_anybody(
    it: Place, kind: str, path: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    it.connect(kind)
    original = hosts.dispatch

    def altered(request: Any) -> Response:
        inside = request.headers.get("user-agent") == "Amazon/Cognito" and request.path.endswith(path)
        return Response(200, Headers(), body) if inside else original(request)

    back = it.back(kind)
    monkeypatch.setattr(hosts, "dispatch", altered)
    came = it.come(*back)
    untouched = {("SignInWithApple", "/me"), ("SignInWithApple", "/user/profile"),
                 ("Facebook", "/user/profile"), ("LoginWithAmazon", "/me")}  # fmt: skip
    assert ("code" in came) is ((kind, path) in untouched), came
    assert bool(it.people()) is ("code" in came)


def test_the_form_from_apple_says_a_name_and_nothing_else(it: Place) -> None:
    it.connect("SignInWithApple", {"email": "email", "given_name": "firstName", "name": "name"})
    address, form = it.back("SignInWithApple")
    told = {"name": {"firstName": "Rook", "lastName": "the Great"}, "email": "mara@tidepool.example"}
    it.come(address, form | {"user": json.dumps(told | {"sub": "1"})})
    (found,) = it.people().values()
    assert (found["email"], found["given_name"], found["name"]) == (ROOK, "Rook", "Rook the Great")
    for broken in ("{", "[]", '{"name": 1}', "7"):
        address, form = it.back("SignInWithApple")
        assert "code" in it.come(address, form | {"user": broken})
    (found,) = it.people().values()
    assert found["given_name"] == "Rook"  # a name that does not come again stays


def test_apples_private_key_may_come_without_its_first_and_last_line(it: Place) -> None:
    client = it.at("SignInWithApple").register_client("Other", [IDP_RESPONSE])
    key = "".join(client.private_key.splitlines()[1:-1])
    own = {name: getattr(client, name) for name in ("client_id", "team_id", "key_id")}
    it.connect("SignInWithApple", private_key=key, **own)
    assert "code" in it.by("SignInWithApple")


def test_who_is_known_to_a_social_provider_is_linked_by_the_subject_alone(it: Place) -> None:
    it.connect("Facebook")
    source = {"ProviderName": "Facebook", "ProviderAttributeName": "email", "ProviderAttributeValue": ROOK}
    mara = {"ProviderName": "Cognito", "ProviderAttributeValue": "mara"}
    with pytest.raises(it.idp.exceptions.InvalidParameterException):
        it.idp.admin_link_provider_for_user(UserPoolId=it.pool, DestinationUser=mara, SourceUser=source)
    subject = it.at("Facebook").accounts[ROOK].sub
    source |= {"ProviderAttributeName": "Cognito_Subject", "ProviderAttributeValue": subject}
    it.idp.admin_link_provider_for_user(UserPoolId=it.pool, DestinationUser=mara, SourceUser=source)
    assert it.id_claims(it.by("Facebook"))["cognito:username"] == "mara"


@pytest.mark.parametrize(("length", "known"), [(255, True), (256, False)])
def test_a_subject_has_255_letters_at_the_most(it: Place, length: int, known: bool) -> None:
    it.connect("Facebook")
    people = it.at("Facebook").accounts
    people[ROOK] = replace(people[ROOK], sub="7" * length)
    source = {"ProviderName": "Facebook", "ProviderAttributeName": "Cognito_Subject"}
    it.idp.admin_link_provider_for_user(
        UserPoolId=it.pool, DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": "mara"},
        SourceUser={**source, "ProviderAttributeValue": people[ROOK].sub},
    )  # fmt: skip
    assert ("code" in it.by("Facebook")) is known


def test_the_way_back_is_registered_at_the_provider(it: Place) -> None:
    for kind in KINDS:
        it.connect(kind)
        asked = fields_of(it.authorize(identity_provider=kind))
        assert asked["redirect_uri"] == IDP_RESPONSE
        assert asked.get("response_mode") == ("form_post" if kind == "SignInWithApple" else None)
    assert urlsplit(CALLBACK).hostname != urlsplit(IDP_RESPONSE).hostname
