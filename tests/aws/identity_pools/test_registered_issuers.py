"""An OpenID Connect provider of the learner's own, registered in IAM: at identity pools and at STS."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from support.iam_people import refusal
from support.identity_pools import ACCOUNT, UNSIGNED, caller, federated_trust, trust
from werkzeug.wrappers import Request, Response

from cognito_lab import Lab
from cognito_lab.aws.sts import role_sessions
from cognito_lab.protocols import signing_keys
from cognito_lab.reproducible import REPRODUCIBLE

HOST = "id.api.tidepool.example"
KEY = f"{HOST}/club"
ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{KEY}"


class Issuer:
    """A server that signs and publishes what OpenID Connect asks for, written as any learner would.

    ``spoiled``: the end of a path, and what it answers in place of the honest document.
    """

    spoiled = ("nothing", "")

    def __init__(self, lab: Lab) -> None:
        self.key = signing_keys.new_key()
        lab.host(HOST, Request.application(self.answer))

    def answer(self, request: Request) -> Response:
        documents = {
            "/club/.well-known/openid-configuration": {
                "issuer": f"https://{KEY}", "jwks_uri": f"https://{HOST}/keys",
            },
            "/keys": {"keys": [self.key.jwk()]},
        }  # fmt: skip
        if request.path.endswith(self.spoiled[0]):
            return Response(self.spoiled[1], content_type="application/json")
        found = documents.get(request.path)
        return Response(json.dumps(found), 200 if found else 404, content_type="application/json")

    def token(self, subject: str = "d-1", **changed: Any) -> str:
        claims = {"iss": f"https://{KEY}", "aud": "web", "sub": subject, "exp": int(time.time()) + 600}
        return self.key.sign(claims | changed)


class Place:
    """An identity pool that lists the issuer, and the clients of an app; ``more`` is for each of them."""

    def __init__(self, lab: Lab, **more: Any) -> None:
        self.lab, self.issuer = lab, Issuer(lab)
        self.iam, self.pools = boto3.client("iam", **more), boto3.client("cognito-identity", **more)
        self.app = boto3.client("cognito-identity", config=UNSIGNED, **more)
        self.sts = boto3.client("sts", config=UNSIGNED, **more)
        made = self.pools.create_identity_pool(
            IdentityPoolName="divers", AllowUnauthenticatedIdentities=False, OpenIdConnectProviderARNs=[ARN]
        )
        self.id = made["IdentityPoolId"]
        self.pools.set_identity_pool_roles(
            IdentityPoolId=self.id,
            Roles={"authenticated": self.role("member", trust(self.id, "authenticated"))},
        )

    def register(self, *clients: str) -> None:
        self.iam.create_open_id_connect_provider(Url=f"https://{KEY}", ClientIDList=list(clients))

    def role(self, name: str, document: dict[str, Any]) -> str:
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
        return str(made["Role"]["Arn"])

    def get_id(self, **changed: Any) -> str:
        login = {KEY: self.issuer.token(**changed)}
        return str(self.app.get_id(IdentityPoolId=self.id, Logins=login)["IdentityId"])

    def credentials(self) -> dict[str, Any]:
        logins = {KEY: self.issuer.token()}
        answer = self.app.get_credentials_for_identity(IdentityId=self.get_id(), Logins=logins)
        return dict(answer["Credentials"])

    def assume(self, role: str, **changed: Any) -> dict[str, Any]:
        token = self.issuer.token(**changed)
        named = {"RoleArn": role, "RoleSessionName": "app", "WebIdentityToken": token}
        return dict(self.sts.assume_role_with_web_identity(**named))

    def direct_role(self, **conditions: str) -> str:
        keys = {f"{KEY}:{claim}": value for claim, value in conditions.items()}
        return self.role("diver", federated_trust(ARN, {"StringEquals": keys}))


@pytest.fixture(params=["in process", "over the wire"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.delenv(REPRODUCIBLE)
    with Lab.start() as lab:
        more = {}
        if request.param == "over the wire":
            more["endpoint_url"] = lab.serve(0).url
        yield Place(lab, **more)


def test_at_an_identity_pool(place: Place) -> None:
    assert refusal(place.get_id)[0] == "InvalidParameterException"  # listed, and not registered
    place.register("web")
    assert place.get_id() == place.get_id() != place.get_id(subject="d-2")
    assert caller(place.credentials())["Arn"].split("/")[1] == "member"
    place.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=ARN)
    assert refusal(place.get_id)[0] == "InvalidParameterException"


NO_CLAIMS = [
    {"aud": None}, {"aud": 5}, {"aud": {"web": 1}}, {"aud": [["web"]]}, {"aud": []}, {"sub": None},
    {"exp": None}, {"exp": "x"}, {"exp": [1]}, {"exp": -1e300}, {"exp": -10**15},
]  # fmt: skip


@pytest.mark.parametrize("spoiled", NO_CLAIMS, ids=str)
def test_claims_of_no_use_in_a_token_that_is_well_signed(place: Place, spoiled: dict[str, Any]) -> None:
    place.register("web")
    assert refusal(place.get_id, **spoiled)[0] == "NotAuthorizedException"
    code = refusal(place.assume, place.direct_role(aud="web"), **spoiled)[0]
    assert code in ("InvalidIdentityToken", "ExpiredTokenException")


@pytest.mark.parametrize("spoiled", [{"aud": "tv"}, {"exp": 1}, {"iss": f"https://{HOST}"}], ids=str)
def test_no_other_token(place: Place, spoiled: dict[str, Any]) -> None:
    place.register("web")
    assert refusal(place.get_id, **spoiled)[0] == "NotAuthorizedException"
    place.issuer.key, kid = signing_keys.new_key(), place.issuer.key.kid
    assert place.get_id()  # the issuer has another key now, and says so
    forged = signing_keys.new_key()
    forged.kid, place.issuer.token = kid, lambda **_: forged.sign(json.loads("{}"))  # type: ignore[method-assign]
    assert refusal(place.get_id)[0] == "NotAuthorizedException"


CURVE = {
    "kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}  # fmt: skip
KEYS: list[Any] = [
    None, 5, {"a": 1}, [1], [{}], [{"kid": "K"}], [{"kid": "K", "kty": "RSA"}],
    [{"kid": [], "kty": "oct", "k": "x"}], [{"kid": "K", "kty": "RSA", "n": "!", "e": 5}],
    [{"kid": "K", "kty": "oct", "k": "eA"}], [{"kid": "K", **CURVE}],
]  # fmt: skip
DOCUMENT = {"issuer": f"https://{KEY}", "jwks_uri": f"https://{HOST}/keys"}
ADDRESSES = [None, 5, "no address", f"https://{HOST}/nowhere"]
TEXTS = ["", "no json", "null", "5", "[1]", '"x"', "{}", "[" * 5000, "\x00"]
TEXTS += [json.dumps({"keys": keys}) for keys in KEYS]
TEXTS += [json.dumps(DOCUMENT | {"jwks_uri": address}) for address in ADDRESSES]


@pytest.mark.parametrize("place", ["in process"], indirect=True)
@pytest.mark.parametrize("end", ["configuration", "/keys"])
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text)[:40])
def test_what_an_issuer_publishes_may_be_of_no_use(place: Place, end: str, text: str) -> None:
    place.register("web")
    place.issuer.spoiled = (end, text.replace('"K"', json.dumps(place.issuer.key.kid)))
    assert refusal(place.get_id)[0] == "NotAuthorizedException"
    assert refusal(place.assume, place.direct_role(aud="web"))[0] == "InvalidIdentityToken"


@pytest.mark.parametrize("place", ["in process"], indirect=True)
def test_an_issuer_may_end_in_a_slash(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Auth0's do, in the token and in the ARN; its document is where it would be without."""
    monkeypatch.setitem(globals(), "KEY", f"{KEY}/")
    place.register("web")
    arn = f"{ARN}/"
    named = {"IdentityPoolId": place.id, "IdentityPoolName": "d", "AllowUnauthenticatedIdentities": False}
    place.pools.update_identity_pool(**named, OpenIdConnectProviderARNs=[arn])
    assert place.get_id() == place.get_id()
    role = place.role("diver", federated_trust(arn, {"StringEquals": {f"{KEY}:aud": "web"}}))
    assert place.assume(role)["Provider"] == arn


def test_roles_are_mapped_under_the_arn(place: Place) -> None:
    place.register("web")
    reader = place.role("reader", trust(place.id, "authenticated"))
    rule = {"Claim": "sub", "MatchType": "StartsWith", "Value": "d-", "RoleARN": reader}
    mapping = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [rule]}}
    place.pools.set_identity_pool_roles(IdentityPoolId=place.id, Roles={}, RoleMappings={ARN: mapping})
    assert caller(place.credentials())["Arn"].split("/")[1] == "reader"


def test_straight_at_sts(place: Place) -> None:
    role = place.direct_role(aud="web", sub="d-1")
    assert refusal(place.assume, role) == (
        "InvalidIdentityToken", 400, f"No OpenIDConnect provider found in your account for https://{KEY}",
    )  # fmt: skip
    place.register("web", "phone")
    answer = place.assume(role)
    assert (answer["Provider"], answer["Audience"]) == (ARN, "web")
    session = role_sessions.session_by_key_id(answer["Credentials"]["AccessKeyId"])
    assert session is not None and session.context[f"{KEY}:sub"] == "d-1"
    assert session.context["aws:FederatedProvider"] == ARN
    for changed, code in (
        ({"aud": "tv"}, "InvalidIdentityToken"),
        ({"aud": "phone"}, "AccessDenied"),
        ({"subject": "d-2"}, "AccessDenied"),
        ({"exp": 1}, "ExpiredTokenException"),
    ):
        assert refusal(place.assume, role, **changed)[0] == code
