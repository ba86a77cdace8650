"""Why something was refused: by which check, what it was given and expected; nothing secret, nothing sent."""

from __future__ import annotations

import ast
import base64
import functools
import importlib
import json
import operator
import re
import string
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from support.iam_people import allow, deny, document, make_role, make_user, s3_of, session_of
from support.identity_pools import UNSIGNED, trust
from support.user_pools import OTHER_PASSWORD, PASSWORD, World, pairs

from cognito_lab import Browser, Lab, OutsideTheLab, refused
from cognito_lab.aws.iam import policies
from cognito_lab.aws.iam.identity_providers import AUDIENCES, SAML_ENDPOINT
from cognito_lab.aws.sts import web_identity
from cognito_lab.lessons import why as room
from cognito_lab.lessons.why import Refusals, Why
from cognito_lab.network import exchanges, hosts
from cognito_lab.network.exchanges import Exchange
from cognito_lab.network.messages import Response
from cognito_lab.paths import ROOT
from cognito_lab.protocols import signing_keys

ROOMS = [
    ROOT / "cognito_lab" / room for room in ("aws", "protocols", "network")
]  # where AWS's refusals are raised
HOUR = 3600


@functools.cache
def client_of(service: str, signing: bool = True) -> Any:
    """A client of the owner's, or of somebody without keys; every account of the process takes it."""
    return boto3.client(service) if signing else boto3.client(service, config=UNSIGNED)


class Place(World):
    """A user pool with Mara, an identity pool that lets her in, a bucket, and their clients."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.member()
        self.tokens = self.sign_in()
        self.secret = self.new_client(GenerateSecret=True)
        self.key = f"cognito-idp.us-east-1.amazonaws.com/{self.pool}"
        self.pools = client_of("cognito-identity")
        self.app = client_of("cognito-identity", signing=False)
        self.sts = client_of("sts", signing=False)
        self.identities = self.new_identity_pool()
        self.s3 = client_of("s3")
        self.s3.create_bucket(Bucket="tidepool-pictures")
        self.s3.put_object(Bucket="tidepool-pictures", Key="mara/crab.svg", Body=b"crab")

    def new_identity_pool(self, **settings: Any) -> str:
        row = {"ProviderName": self.key, "ClientId": self.client}
        made = self.pools.create_identity_pool(
            IdentityPoolName="tidepool", CognitoIdentityProviders=[row], AllowUnauthenticatedIdentities=False,
            **settings,
        )  # fmt: skip
        return str(made["IdentityPoolId"])

    def get_id(self, token: str, key: str = "") -> str:
        return str(
            self.app.get_id(IdentityPoolId=self.identities, Logins={key or self.key: token})["IdentityId"]
        )

    def get_user(self, token: str) -> Any:
        return self.idp.get_user(AccessToken=token)

    def roles(self, amr: str | None = "authenticated", *rights: dict[str, Any]) -> str:
        role = make_role("member", *rights, trust=trust(self.identities, amr)["Statement"][0])
        self.pools.set_identity_pool_roles(IdentityPoolId=self.identities, Roles={"authenticated": role})
        return role

    def credentials(self) -> dict[str, str]:
        logins = {self.key: self.tokens["IdToken"]}
        found = self.app.get_credentials_for_identity(IdentityId=self.get_id(logins[self.key]), Logins=logins)
        made = found["Credentials"]
        return {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretKey"],
            "aws_session_token": made["SessionToken"],
        }

    def user_of(self, *rights: dict[str, Any], **session: Any) -> Any:
        return s3_of(session_of(make_role("club", *rights), **session))


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("COGNITO_LAB_REPRODUCIBLE", "1")
    with Lab.start() as lab:
        yield Place(lab)


def told(place: Place, call: Callable[[Place], Any]) -> Why:
    """The reason for the refusal of ``call``."""
    with Refusals() as refusals, pytest.raises((ClientError, requests.HTTPError)):
        call(place)
    found = refusals.why()
    assert isinstance(found, Why)
    return found


def forged(token: str) -> str:
    """The same claims under another key's signature, which keeps the name of the right key."""
    header, claims, _ = token.split(".")
    named = json.loads(base64.urlsafe_b64decode(header + "=="))
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    return signing_keys.new_key().sign(said, "RS256", {"kid": named["kid"]})


def later(place: Place, call: Callable[[], Any], **time: float) -> Any:
    place.lab.travel(**time)
    return call()


# -- what a learner can do wrong: check, given, expected ----------------------------------------------

CASES: dict[str, tuple[Callable[[Place], Any], str, str, str]] = {}


def case(check: str, given: str, expected: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The decorated call is refused by ``check``; parts of what lab.why() says it was given and expected."""

    def register(call: Callable[..., Any]) -> Callable[..., Any]:
        CASES[call.__name__] = call, check, given, expected
        return call

    return register


FORBIDDEN = {"Bucket": "tidepool-pictures", "Key": "mara/crab.svg"}
URL = "https://tidepool-pictures.s3.amazonaws.com/mara/crab.svg"


def new_code(p: Place) -> str:
    p.sign_up("nele")
    return p.code()


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


@case("user_pools.sign_in.user_status.check_enabled", "mara is disabled", "enabled")
def disabled(p: Place) -> Any:
    p.idp.admin_disable_user(UserPoolId=p.pool, Username="mara")
    return p.initiate()


@case("user_pools.sign_in.lockout.check_not_locked", "after 5 wrong", "before 2026-06-01 09:00:01")
def wrong_five_times(p: Place) -> Any:
    for _ in range(5):
        with pytest.raises(ClientError):
            p.initiate(password=OTHER_PASSWORD)
    return p.initiate()


@case("user_pools.tokens.checking.check_not_revoked", "was ended", "still valid")
def signed_out(p: Place) -> Any:
    p.idp.global_sign_out(AccessToken=p.tokens["AccessToken"])
    return p.get_user(p.tokens["AccessToken"])


@case("user_pools.sign_in.password_flow.find_by_password", "the name nobody, which no user has", "a user of")
def hidden(p: Place) -> Any:
    client = p.new_client(PreventUserExistenceErrors="ENABLED")["ClientId"]
    return p.initiate("nobody", client=client)


@case("user_pools.client_secrets.check_secret_hash", "no secret hash", "“mara")
def over_secret(p: Place, **more: str) -> Any:
    return p.initiate(client=p.secret["ClientId"], **more)


@case("user_pools.attributes.check_write_rights", "email", "WriteAttributes: name")
def read_only(p: Place) -> Any:
    client = p.new_client(WriteAttributes=["name"])["ClientId"]
    token = p.sign_in(client=client)["AccessToken"]
    return p.idp.update_user_attributes(AccessToken=token, UserAttributes=pairs(email="m@tidepool.example"))


def protected(p: Place, **configuration: Any) -> None:
    mode = {"UserPoolTier": "PLUS", "UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}
    p.idp.update_user_pool(UserPoolId=p.pool, **mode)
    p.idp.set_risk_configuration(UserPoolId=p.pool, **configuration)


@case("user_pools.threat_protection.risk.check_address_not_blocked", "from 127.0.0.1", "outside 127.0.0.0/8")
def blocked_address(p: Place) -> Any:
    protected(p, RiskExceptionConfiguration={"BlockedIPRangeList": ["127.0.0.0/8"]})
    return p.initiate()


@case(
    "user_pools.threat_protection.leaked_passwords.check_new_password", "leaked ones, at SIGN_UP", "another"
)
def leaked_password(p: Place) -> Any:
    protected(p, CompromisedCredentialsRiskConfiguration={"Actions": {"EventAction": "BLOCK"}})
    return p.idp.sign_up(ClientId=p.client, Username="nele", Password="Tidepool-2026!")


@case("user_pools.threat_protection.risk.check_not_risky", "of the level High", "a known network or device")
def risky(p: Place) -> Any:
    action = {"HighAction": {"Notify": False, "EventAction": "BLOCK"}}
    protected(p, AccountTakeoverRiskConfiguration={"Actions": action})
    p.initiate()
    told = {"IpAddress": "198.51.100.9", "ServerName": "x", "ServerPath": "/"}
    return p.idp.admin_initiate_auth(
        UserPoolId=p.pool, ClientId=p.client, AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "mara", "PASSWORD": PASSWORD}, ContextData={**told, "HttpHeaders": []},
    )  # fmt: skip


@case("user_pools.sign_in.challenges.check_session_unused", "was answered", "new sign-in")
def second_answer(p: Place) -> Any:
    p.invited()
    challenge = p.initiate("ben")
    answer = {
        "ClientId": p.client,
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "Session": challenge["Session"],
        "ChallengeResponses": {"USERNAME": "ben", "NEW_PASSWORD": OTHER_PASSWORD},
    }
    p.idp.respond_to_auth_challenge(**answer)
    return p.idp.respond_to_auth_challenge(**answer)


@case("identity_pools.logins.check_audience", "aud ", "aud ")
def other_client(p: Place) -> Any:
    client = p.new_client()["ClientId"]
    return p.get_id(p.sign_in(client=client)["IdToken"])


@case("identity_pools.identities.check_open_to_guests", "no login", "cognito-idp")
def guest_of_member(p: Place) -> Any:
    p.get_id(p.tokens["IdToken"])
    p.pools.update_identity_pool(
        IdentityPoolId=p.identities, IdentityPoolName="tidepool", AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=[{"ProviderName": p.key, "ClientId": p.client}],
    )  # fmt: skip
    return p.app.get_credentials_for_identity(IdentityId=p.get_id(p.tokens["IdToken"]))


@case("identity_pools.role_selection.choose", "no role for authenticated", "in the pool's Roles")
def no_role(p: Place) -> Any:
    return p.credentials()


@case("sts.web_identity.assume", "sts:AssumeRoleWithWebIdentity on", "trust policy")
def trust_of_guests(p: Place) -> Any:
    p.roles("unauthenticated")
    return p.credentials()


@case("sts.web_identity.check_expiry", "exp 2026-06-01 09:10", "after now")
def basic_flow(p: Place) -> Any:
    role = p.roles("authenticated")
    token = p.app.get_open_id_token(
        IdentityId=p.get_id(p.tokens["IdToken"]), Logins={p.key: p.tokens["IdToken"]}
    )["Token"]
    return later(
        p,
        lambda: p.sts.assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="mara", WebIdentityToken=token
        ),
        minutes=11,
    )


@case("iam.signatures.check_date", "at 2026-06-01 09:00:00 UTC for 60", "09:02:00")
def presigned(p: Place) -> Any:
    url = s3_of({}).generate_presigned_url("get_object", Params=FORBIDDEN, ExpiresIn=60)
    return later(p, lambda: requests.get(url, timeout=5).raise_for_status(), minutes=2)


@case("s3.access.require_allowed", "s3:GetObject on arn", "no Deny")
def bucket_denies(p: Place) -> Any:
    statement = {**deny("s3:GetObject", "arn:aws:s3:::tidepool-pictures/*"), "Principal": "*"}
    p.s3.put_bucket_policy(Bucket="tidepool-pictures", Policy=json.dumps(document(statement)))
    return p.user_of(allow("s3:*")).get_object(**FORBIDDEN)


def posted(operation: str, body: str = "{}") -> Any:
    headers = {"X-Amz-Target": f"AWSCognitoIdentityService.{operation}"}
    url = "https://cognito-identity.us-east-1.amazonaws.com/"
    return requests.post(url, body, headers=headers, timeout=5).raise_for_status()


@case("s3.cors.preflight", "without such rules", "allows the origin")
def preflight(p: Place) -> Any:
    headers = {"Origin": "https://tidepool.example", "Access-Control-Request-Method": "GET"}
    return requests.options(URL, headers=headers, timeout=5).raise_for_status()


@case(
    "user_pools.people.verification_codes.check",
    "another code",
    "sent to nele@tidepool.example, valid until 2026-06-02 09:00:00 UTC",
)
def another_code(p: Place) -> Any:
    return p.confirm("nele", other(new_code(p)))


@case(
    "user_pools.people.verification_codes.check",
    "until 2026-06-02 09:00:00",
    "still good at 2026-06-02 09:00:00",
)
def an_old_code(p: Place) -> Any:
    return later(p, functools.partial(p.confirm, "nele", new_code(p)), hours=24)


@case("user_pools.people.verification_codes.check", "none waiting for “recovery”", "was sent")
def no_code(p: Place) -> Any:
    return p.idp.confirm_forgot_password(
        ClientId=p.client, Username="mara", Password=PASSWORD, ConfirmationCode="123456"
    )


@case("user_pools.people.sign_up.check_unconfirmed", "mara is CONFIRMED", "UNCONFIRMED")
def confirmed_already(p: Place) -> Any:
    return p.confirm("mara", "123456")


@case("user_pools.sign_in.user_status.check_confirmed", "nele is UNCONFIRMED", "CONFIRMED")
def not_confirmed(p: Place) -> Any:
    return (p.sign_up("nele"), p.initiate("nele"))


@case(
    "user_pools.sign_in.lockout.check_password",
    "wrong ones in a row: 1",
    "mara has had since 2026-06-01 09:00:00",
)
def wrong_password(p: Place) -> Any:
    return p.initiate(password=OTHER_PASSWORD)


@case("user_pools.sign_in.password_flow.find_by_password", "the name nobody", "a user of")
def nobody(p: Place) -> Any:
    return p.initiate("nobody")


@case("user_pools.sign_in.flows.check_flow_enabled", "allows ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH")
def flow_off(p: Place) -> Any:
    return p.initiate(client=p.new_client(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])["ClientId"])


@case("user_pools.passwords.check_policy", "without uppercase", "RequireUppercase is on")
def weak_password(p: Place) -> Any:
    return p.idp.sign_up(ClientId=p.client, Username="nele", Password="tidepools1!")


@case(
    "user_pools.client_secrets.check_secret_hash", "another secret hash", "Base64 of HMAC-SHA256 over “mara"
)
def wrong_secret_hash(p: Place) -> Any:
    return over_secret(p, SECRET_HASH="x")


@case("user_pools.attributes.Schema.find", "custom:reef", "one of the schema's")
def no_such_attribute(p: Place) -> Any:
    return p.sign_up("nele", custom_reef="north")


@case("user_pools.tokens.checking.check_token_use", "this is the id token", "token_use access")
def id_token_for_the_user_pool(p: Place) -> Any:
    return p.get_user(p.tokens["IdToken"])


@case("user_pools.tokens.checking.check_not_expired", "exp 2026-06-01 10:00:00", "after now, 2026-06-01 10")
def expired_access_token(p: Place) -> Any:
    return later(p, lambda: p.get_user(p.tokens["AccessToken"]), hours=1)


@case("user_pools.tokens.checking.check_signature", "named key did not make", "RS256")
def forged_access_token(p: Place) -> Any:
    return p.get_user(forged(p.tokens["AccessToken"]))


@case("user_pools.tokens.refreshing.authentication_of", "not a refresh token of", "a refresh token")
def no_refresh_token(p: Place) -> Any:
    return p.refresh("x")


@case("identity_pools.identities.check_guests_allowed", "AllowUnauthenticatedIdentities False", "a login")
def no_guests(p: Place) -> Any:
    return p.app.get_id(IdentityPoolId=p.identities)


@case("identity_pools.logins.check_token_use", "this is the access token", "the ID token")
def access_token_as_a_login(p: Place) -> Any:
    return p.get_id(p.tokens["AccessToken"])


@case("identity_pools.logins.check_issuer", "under the key cognito-idp", "iss https://cognito-idp")
def wrong_key(p: Place) -> Any:
    return p.get_id(p.tokens["IdToken"], p.key[:-1] + "X")


@case("identity_pools.logins.check_configured", "graph.facebook.com", "that the pool lists")
def provider_not_set_up(p: Place) -> Any:
    return p.get_id(p.tokens["IdToken"], "graph.facebook.com")


@case("identity_pools.logins.check_known_to_provider", "graph.facebook.com does not know", "not withdrawn")
def token_nobody_issued(p: Place) -> Any:
    pool = p.pools.create_identity_pool(
        IdentityPoolName="f", AllowUnauthenticatedIdentities=False,
        SupportedLoginProviders={"graph.facebook.com": "7"},
    )["IdentityPoolId"]  # fmt: skip
    return p.app.get_id(IdentityPoolId=pool, Logins={"graph.facebook.com": "EAA-invented"})


@case("identity_pools.logins.check_app", "a token for the app amzn1.application.", "amzn1.application.other")
def token_of_another_app(p: Place) -> Any:
    amazon = p.lab.amazon
    client = amazon.register_client("Tidepool", ["https://tidepool.example"])
    pool = p.pools.create_identity_pool(
        IdentityPoolName="a", AllowUnauthenticatedIdentities=False,
        SupportedLoginProviders={"www.amazon.com": "amzn1.application.other"},
    )["IdentityPoolId"]  # fmt: skip
    token = amazon.credential(client.client_id, "ines@tidepool.example")
    return p.app.get_id(IdentityPoolId=pool, Logins={"www.amazon.com": token})


@case("identity_pools.logins.check_signature", "none of the provider's published keys", "RS256")
def forged_login(p: Place) -> Any:
    return p.get_id(forged(p.tokens["IdToken"]))


@case("identity_pools.logins.check_expiry", "exp 2026-06-01 10:00:00", "2026-06-01 11:00:00")
def expired_login(p: Place) -> Any:
    return later(p, lambda: p.get_id(p.tokens["IdToken"]), hours=2)


@case("s3.access.require_allowed", "s3:GetObject on arn", "an Allow")
def no_allow(p: Place) -> Any:
    return p.user_of().get_object(**FORBIDDEN)


@case("s3.access.require_allowed", "not signed", "bucket policy")
def not_signed(p: Place) -> Any:
    return requests.get(URL, timeout=5).raise_for_status()


@case("iam.enforcement.authorize_by_policies", "cognito-idp:DescribeUserPool on arn", "an Allow")
def other_service(p: Place) -> Any:
    return boto3.client("cognito-idp", **session_of(make_role("none"))).describe_user_pool(UserPoolId=p.pool)


@case("dynamodb.access.authorize", "dynamodb:GetItem on arn", "an Allow")
def another_s_row(p: Place) -> Any:
    db = boto3.client("dynamodb", **session_of(make_role("none")))
    return db.get_item(TableName="sightings", Key={"owner": {"S": "goran"}})


@case("secrets_manager.authorize", ":secret:tides", "an Allow")
def secret_of_others(p: Place) -> Any:
    return boto3.client("secretsmanager", **session_of(make_role("none"))).get_secret_value(SecretId="tides")


@case("secrets_manager.check_secret", "us-east-1 has none", "the ARN of a secret")
def secret_that_is_not_there(p: Place) -> Any:
    return client_of("secretsmanager").get_secret_value(SecretId="tides")


@case("secrets_manager.check", "high tide", "of those")
def secret_with_a_space(p: Place) -> Any:
    return client_of("secretsmanager").create_secret(Name="high tide")


@case("dynamodb.inputs.refuse", "is not defined", "that form")
def value_that_is_not_given(p: Place) -> Any:
    return client_of("dynamodb").scan(TableName="sightings", FilterExpression="owner = :me")


@case("iam.signatures.check_key", "without its", "three parts")
def another_secret(p: Place) -> Any:
    return s3_of(
        {
            "aws_access_key_id": session_of(make_role("none"))["aws_access_key_id"],
            "aws_secret_access_key": "x",
        }
    ).list_buckets()


@case("iam.signatures.check_session", "expired at 2026-06-01 10:00:00", "2026-06-01 11:00:00")
def session_over(p: Place) -> Any:
    return later(p, p.user_of(allow("*")).list_buckets, hours=2)


@case("s3.public_access.check_bucket_policy", "lets everybody in", "BlockPublicPolicy off")
def public_policy(p: Place) -> Any:
    return p.s3.put_bucket_policy(
        Bucket="tidepool-pictures",
        Policy=json.dumps(
            document({**allow("s3:GetObject", "arn:aws:s3:::tidepool-pictures/*"), "Principal": "*"})
        ),
    )


@case("api.dispatch._known", "Nope", "an operation of cognito-identity")
def no_such_operation(p: Place) -> Any:
    return posted("Nope")


@case("api.json_inputs.read_object", "another body", "a JSON object")
def no_json(p: Place) -> Any:
    return posted("GetId", "x")


@case("api_gateway.user_pool_authorizers.check_kind", "token_use: access", "token_use: id")
def access_token_without_scopes(p: Place) -> Any:
    return at_rest_api(p, p.tokens["AccessToken"])


@case("api_gateway.user_pool_authorizers.check_scopes", "aws.cognito.signin.user.admin", "pictures/read")
def token_without_the_scope(p: Place) -> Any:
    return at_rest_api(p, p.tokens["AccessToken"], ["pictures/read"])


@case("api_gateway.user_pool_authorizers.check_expiry", "exp: ", "later than")
def late_token(p: Place) -> Any:
    return later(p, lambda: at_rest_api(p, p.tokens["IdToken"]), hours=1)


def at_rest_api(p: Place, token: str, scopes: list[str] | None = None) -> Any:
    """A method that wants a token of Mara's pool is asked with ``token``."""
    gateway = client_of("apigateway")
    made = gateway.create_rest_api(name="tidepool")
    api = {"restApiId": made["id"]}
    arn = f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{p.pool}"
    authorizer = gateway.create_authorizer(**api, name="a", type="COGNITO_USER_POOLS", providerARNs=[arn])
    place = {**api, "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    more = {"authorizationScopes": scopes} if scopes else {}
    gateway.put_method(**place, authorizationType="COGNITO_USER_POOLS", authorizerId=authorizer["id"], **more)
    uri = "https://api.tidepool.example"
    gateway.put_integration(**place, type="HTTP_PROXY", integrationHttpMethod="GET", uri=uri)
    gateway.create_deployment(**api, stageName="prod")
    address = f"https://{made['id']}.execute-api.us-east-1.amazonaws.com/prod"
    return requests.get(address, headers={"Authorization": token}, timeout=5).raise_for_status()


@case("api.query_protocol.refuse", "Given more than once: RoleArn", "of this operation alone")
def doubled_form(p: Place) -> Any:
    form = "Action=AssumeRoleWithWebIdentity&RoleArn=a&RoleArn=b"
    return requests.post("https://sts.us-east-1.amazonaws.com/", form, timeout=5).raise_for_status()


@case("api.resources.check_is_user", "without UserName", "a UserName")
def no_user(p: Place) -> Any:
    return boto3.client("iam", **session_of(make_role("club", allow("iam:*")))).get_user()


@case("iam.deleted_principals.remember_user", "ines, who has 1", "no access key")
def user_with_a_key(p: Place) -> Any:
    make_user("ines")
    return boto3.client("iam").delete_user(UserName="ines")


@case("s3.routes.check_address", "not text", "can be read")
def no_path(p: Place) -> Any:
    return requests.get(f"{URL}%ff", timeout=5).raise_for_status()


@case("s3.routes.check_address", "another name", "name of a bucket")
def no_bucket(p: Place) -> Any:
    return requests.get("https://s3.amazonaws.com/a%20b/c", timeout=5).raise_for_status()


@case("s3.routes.query_of", "more than once: prefix", "each once")
def doubled_query(p: Place) -> Any:
    return requests.get(f"{URL}?prefix=a&prefix=b", timeout=5).raise_for_status()


@case("s3.inputs.check_one_place", "x-amz-acl", "header or in the query")
def two_places(p: Place) -> Any:
    return requests.put(f"{URL}?x-amz-acl=a", headers={"x-amz-acl": "b"}, timeout=5).raise_for_status()


@case("s3.inputs.number", "for partNumber", "digits")
def no_number(p: Place) -> Any:
    return requests.get(f"{URL}?partNumber=x", timeout=5).raise_for_status()


@case("s3.inputs.source_of", "nowhere", "bucket/key")
def no_source(p: Place) -> Any:
    return requests.put(URL, headers={"x-amz-copy-source": "nowhere"}, timeout=5).raise_for_status()


@case("s3.inputs.octets_of", "do not fit", "size before it")
def no_chunks(p: Place) -> Any:
    headers = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
    return requests.put(URL, "5\r\nab", headers=headers, timeout=5).raise_for_status()


@case("s3.cors.check_rules", "AllowedOrigin https://*.*", "one")
def two_wildcards(p: Place) -> Any:
    rule = {"AllowedOrigins": ["https://*.*"], "AllowedMethods": ["GET"]}
    return p.s3.put_bucket_cors(Bucket="tidepool-pictures", CORSConfiguration={"CORSRules": [rule]})


@case("s3.access.check_overrides", "ResponseContentType, not signed", "a signature")
def overrides_of_a_stranger(p: Place) -> Any:
    return requests.get(f"{URL}?response-content-type=text/html", timeout=5).raise_for_status()


@case("api.json_inputs.of_type", "not a string", "a string")
def of_another_type(p: Place) -> Any:
    return posted("GetId", '{"IdentityPoolId": 5}')


@case("api.validation.check_input", "'x' at 'identityPoolId'", "value")
def malformed_input(p: Place) -> Any:
    return p.app.get_id(IdentityPoolId="x")


SAML = "arn:aws:iam::123456789012:saml-provider/northshore"


def at_the_university(p: Place, **spoiled: Any) -> str:
    p.lab.university.register_service(AUDIENCES[0], SAML_ENDPOINT)
    address = p.lab.university.sign_in_address(AUDIENCES[0])
    return p.lab.university.answer_by_hand(address, "aiko@northshore.example", **spoiled)[1]["SAMLResponse"]


@case("identity_pools.logins.check_saml_configured", SAML, "both")
def saml_provider_not_registered(p: Place) -> Any:
    return p.get_id(at_the_university(p), SAML)


@case("saml_assertions.check_audience", "urn:elsewhere", "urn:amazon:webservices")
def saml_response_for_another(p: Place) -> Any:
    document = p.lab.university.metadata
    client_of("iam").create_saml_provider(Name="northshore", SAMLMetadataDocument=document)
    p.identities = p.new_identity_pool(SamlProviderARNs=[SAML])
    return p.get_id(at_the_university(p, audience="urn:elsewhere"), SAML)


@case("iam.identity_providers.check_metadata", "certificate", "entity ID")
def saml_metadata_without_a_key(p: Place) -> Any:
    document = p.lab.university.metadata.replace("X509Certificate", "X509CRL")
    return client_of("iam").create_saml_provider(Name="n", SAMLMetadataDocument=document)


@pytest.mark.parametrize("name", CASES)
def test_the_check_what_it_was_given_and_what_it_expected(place: Place, name: str) -> None:
    call, check, given, expected = CASES[name]
    found = told(place, call)
    assert found.check == check
    assert given in found.given and expected in found.expected, found
    assert found.rule and found.code and found.operation
    for shown in (repr(found), found.html()):
        assert not [secret for secret in secrets(place) if secret in shown]
    assert repr(found).split("\n")[0].split() == [*found.operation.split(), "was", "refused"]


def test_given_and_expected_are_those_of_this_very_call(place: Place) -> None:
    """The app client that the token was made for, and the one that the identity pool lets in."""
    stranger = place.new_client()["ClientId"]
    token = place.sign_in(client=stranger)["IdToken"]
    found = told(place, lambda p: p.get_id(token))
    assert (found.given, found.expected) == (f"aud {stranger}", f"aud {place.client}")


def secrets(place: Place) -> list[str]:
    """Whatever nobody should read: passwords, codes, signatures, secret keys."""
    from cognito_lab.aws import moto_patches
    from cognito_lab.aws.iam import principals
    from cognito_lab.aws.sts import role_sessions
    from cognito_lab.aws.user_pools import outbox

    codes = [message.code for message in outbox.outbox()]
    signatures = [token.rpartition(".")[2] for name, token in place.tokens.items() if name.endswith("Token")]
    held = moto_patches.account_state(role_sessions.Sessions).by_key.values()
    keys_ = [text for one in held for text in (one.secret_access_key, one.session_token)]
    return [PASSWORD, OTHER_PASSWORD, place.secret["ClientSecret"], principals.owner_keys().secret_access_key,
            *codes, *signatures, *keys_]  # fmt: skip


# -- what policies decided ----------------------------------------------------------------------------


def test_a_policys_refusal_shows_every_statement(place: Place) -> None:
    found = told(place, bucket_denies)
    assert found.verdict is not None and found.verdict.explicit and not found.verdict
    shown = repr(found)
    assert re.search(r"identity-based policy “rights” +1 +Allow .* applies", shown)
    assert re.search(r"bucket policy +1 +Deny .* decides", shown)


def test_a_trust_policys_condition_with_its_value(place: Place) -> None:
    found = told(place, trust_of_guests)
    assert found.code == "InvalidIdentityPoolConfigurationException"  # what the identity pool makes of it
    shown = repr(found)
    assert (
        "does not hold: ForAnyValue:StringLike cognito-identity.amazonaws.com:amr wants unauthenticated"
        in shown
    )
    assert "given authenticated and cognito-idp" in shown
    assert f"holds: StringEquals cognito-identity.amazonaws.com:aud wants {place.identities}" in shown


def test_a_website_each_time_anew(place: Place) -> None:
    """What one page's refusal knew is not said of the next."""
    site = "http://tidepool-pictures.s3-website-us-east-1.amazonaws.com"
    assert (
        told(place, lambda p: requests.get(site, timeout=5).raise_for_status()).check
        == "s3.website.documents_of"
    )
    place.s3.put_bucket_website(
        Bucket="tidepool-pictures", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}}
    )
    for key in ("a.html", "b.html"):
        found = told(place, lambda p, key=key: requests.get(f"{site}/{key}", timeout=5).raise_for_status())
        assert (found.check, found.code) == ("s3.website.public_object", "AccessDenied")
        assert found.given == f"arn:aws:s3:::tidepool-pictures/{key}"


# -- which refusal ------------------------------------------------------------------------------------


def test_of_a_missing_object_only_who_may_list_is_told(place: Place) -> None:
    reader = place.user_of(allow("s3:GetObject"))
    found = told(place, lambda p: reader.get_object(Bucket="tidepool-pictures", Key="none.svg"))
    assert found.code == "AccessDenied" and found.given.startswith("s3:ListBucket on")
    assert "only who may list is told that an object does not exist" in found.rule


def test_before_anything_was_refused_it_says_so() -> None:
    assert "nothing yet" in repr(Refusals().why())


def test_the_newest_of_the_learners_own(place: Place) -> None:
    with Refusals() as refusals:
        for call in (lambda: place.initiate("nobody"), lambda: place.get_user("x")):
            with pytest.raises(ClientError):
                call()
        assert place.status() == "CONFIRMED"  # what is carried out changes nothing
        newest = refusals.why()
        assert isinstance(newest, Why) and newest.operation == "GetUser"
        # An identity pool that reads keys at an issuer that answers 404 asks on its own behalf.
        hosts.fetch(
            "cognito-identity",
            "GET",
            "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_No/.well-known/jwks.json",
        )
        assert refusals.why() is newest
    with pytest.raises(ClientError):
        place.initiate("nobody")
    assert refusals.why() is newest, "out of its block it listens no more"


def test_what_the_storage_refuses_has_no_check(place: Place) -> None:
    found = told(place, lambda p: p.s3.get_object(Bucket="tidepool-pictures", Key="none.svg"))
    assert (found.code, found.check, found.given) == ("NoSuchKey", "", "")
    assert "nothing more is known here" in repr(found)


def test_what_the_lab_does_not_play_says_so_itself(place: Place) -> None:
    with Refusals() as refusals, pytest.raises(OutsideTheLab):
        place.idp.create_user_import_job(
            UserPoolId=place.pool, JobName="x", CloudWatchLogsRoleArn="arn:aws:iam::1:role/abcdefgh"
        )
    assert isinstance(found := refusals.why(), Why) and found.code == "OutsideTheLab"


def test_an_answer_to_head_told_the_caller_no_code(place: Place) -> None:
    found = told(place, lambda p: p.user_of().head_object(**FORBIDDEN))
    assert (found.code, found.aws_said, found.check) == ("403", "", "s3.access.require_allowed")


def test_a_refusal_is_shown_once_in_plain_html(place: Place) -> None:
    found = told(place, lambda p: p.initiate("<b>nobody"))
    assert "&lt;b&gt;nobody" in found.html() and "<b>" not in found.html()
    assert found._repr_mimebundle_() == {"text/html": found.html(), "text/plain": repr(found)}


# -- the wire -----------------------------------------------------------------------------------------


def test_not_a_byte_of_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same refusals with and without anybody who keeps and reads the reasons."""
    monkeypatch.setenv("COGNITO_LAB_REPRODUCIBLE", "1")

    def answers() -> list[tuple[int, dict[str, str], bytes]]:
        sent = []
        for call, *_ in CASES.values():
            with Lab.start() as lab:
                place = Place(lab)
                observers = [*exchanges.OBSERVERS, seen := Seen()]
                with (
                    patch.object(exchanges, "OBSERVERS", observers),
                    pytest.raises((ClientError, requests.HTTPError)),
                ):
                    call(place)
                sent += [(one.status, dict(one.headers), one.body) for one in seen.answers]
        return sent

    with Refusals() as refusals:
        kept = answers()
        assert isinstance(refusals.why(), Why)
    with patch.object(exchanges, "record_refusal", lambda error: error):
        assert kept == answers()


class Seen:
    def __init__(self) -> None:
        self.answers: list[Response] = []

    def __call__(self, exchange: Exchange) -> None:
        if exchange.response is not None and exchange.response.status >= 400:
            self.answers.append(exchange.response)


# -- the table of reasons -----------------------------------------------------------------------------

# Checks of settings whose text says all there is: here lab.why() has that text, and the check's docstring.
WITHOUT_WORDS = {
    "api_gateway.apis.Api.part",
    "api_gateway.http_apis._checked_authorizer",
    "api_gateway.http_apis._checked_route",
    "api_gateway.http_apis.create_route",
    "api_gateway.http_apis.create_stage",
    "api_gateway.integrations.check",
    "api_gateway.rest_apis._method",
    "api_gateway.rest_apis.create_authorizer",
    "api_gateway.rest_apis.create_resource",
    "api_gateway.rest_apis.put_integration",
    "identity_pools.pools._pool_of_arn",
    "identity_pools.pools.check_role_mapping",
    "identity_pools.pools.check_settings",
    "sts.assume_role.check_size",
    "sts.web_identity.session_policy",
    "user_pools.settings.saml_metadata.complete_details",
    "user_pools.people.admin.list_users",
    "user_pools.settings.app_clients.check_attribute_lists",
    "user_pools.settings.app_clients.check_flows",
    "user_pools.settings.app_clients.check_oauth",
    "user_pools.settings.app_clients.check_settings",
    "user_pools.attributes.Schema._declare_standard",
    "user_pools.attributes.Schema.add_custom",
    "user_pools.attributes._bounds",
    "user_pools.settings.mfa_configuration.check_email_sender",
    "user_pools.settings.mfa_configuration.check_has_factor",
    "user_pools.settings.mfa_configuration.check_mfa",
    "user_pools.settings.mfa_configuration.check_no_code_as_first_factor",
    "user_pools.settings.mfa_configuration.check_other_recovery",
    "user_pools.settings.mfa_configuration.check_sms_role",
    "user_pools.settings.mfa_configuration.set_user_pool_mfa_config",
    "user_pools.settings.plans.check_plan",
    "user_pools.settings.pools.check_first_factors",
    "user_pools.settings.pools.check_one_function",
    "user_pools.settings.pools.check_settings",
    "user_pools.settings.pools.check_sign_in_names",
}
# Raise what another check refused in a form of their own; the reason is the other's.
PASSED_ON = {
    "managed_login.oauth.requests.redirect_error_if",
    "managed_login.federation.pending.complete_federated_sign_in",
    "managed_login.federation.saml.idp_response",
    "managed_login.oauth.token_endpoint.by_refresh_token",
    "managed_login.oauth.token_endpoint.revoke",
    "network.forms.refuse_if",
    "lambda_functions.function_policies.check_statement",
    "lambda_functions.functions.list_functions",
    "lambda_functions.invocations.invoke",
    "identity_pools.credentials.get_credentials_for_identity",
    "identity_pools.logins.saml_login",
    "sts.saml_identity.verified_identity",
    "user_pools.people.admin.take_aliases",
    "user_pools.sign_in.passkey_factor.check_answer",
    "user_pools.sign_in.refresh.revoke_token",
}
OTHER_ERRORS = (
    "OutsideTheLab", "jwt_issuers.", "NoKey", "NotAToken", "NotJson", "NotVerified", "BadSignature",
    "LookupError", "TypeError", "jwt.", "RuntimeError", "ConnectionRefusedError", "NoConnection",
    "Failed", "ModuleNotFoundError", "NotValid", "NoAnswer", "Stopped", "TimeoutError",
)  # fmt: skip
OF_PROVIDERS = ("SamlError", "IdpError")  # the app hears the check's text; words beside it are a help


SECRET = re.compile(r"(^|[.\[])(digits|secret|password|secret_access_key|session|session_token|signature)$")


@functools.cache
def raising(*but: str) -> set[str]:
    """Every function that raises a refusal of AWS's, ``but`` of these kinds."""
    found = set()

    def walk(node: ast.AST, names: list[str]) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                walk(child, [*names, child.name])
                continue
            raised = ast.unparse(child.exc) if isinstance(child, ast.Raise) and child.exc else ""
            if raised and not raised.startswith((*OTHER_ERRORS, *but)):
                found.add(".".join(names))
            walk(child, names)

    for path in sorted(path for folder in ROOMS for path in folder.rglob("*.py")):
        parts = path.relative_to(ROOT / "cognito_lab").with_suffix("").parts
        walk(ast.parse(path.read_text(encoding="utf-8")), [*parts[parts[0] == "aws" :]])
    return found


def test_every_check_has_its_words_or_is_listed() -> None:
    assert raising(*OF_PROVIDERS) - set(room.table()) == WITHOUT_WORDS | PASSED_ON
    assert len(WITHOUT_WORDS) * 5 < len(room.table())


@pytest.mark.parametrize("check", sorted(room.table()))
def test_the_words_name_what_the_check_has(check: str) -> None:
    parts = check.split(".")
    function = next(
        operator.attrgetter(".".join(parts[cut:]))(importlib.import_module(".".join([*above, *parts[:cut]])))
        for cut in range(len(parts) - 1, 0, -1)
        for above in (("cognito_lab", "aws"), ("cognito_lab",))
        if ROOT.joinpath(*above, *parts[:cut]).with_suffix(".py").is_file()
    )
    assert check in raising()
    for row in room.table()[check]:
        assert {"rule", "given", "expected"} <= row.keys() <= {"when", "rule", "given", "expected"}
        for side in ("given", "expected"):
            for _, name, form, _ in string.Formatter().parse(row[side]):
                if name is not None:
                    root = re.split(r"[.\[]", name)[0]
                    assert root in function.__code__.co_varnames + function.__code__.co_cellvars + ("now",)
                    assert form in room.FORMS
                    assert not SECRET.search(name), "what nobody should read has no place in the table"


def test_a_check_without_words_gives_its_own(place: Place) -> None:
    found = told(
        place,
        lambda p: p.idp.create_user_pool(
            PoolName="x", UsernameAttributes=["email"], AliasAttributes=["email"]
        ),
    )
    assert found.check == "user_pools.settings.pools.check_sign_in_names"
    assert found.rule.startswith("How people name themselves") and not found.given
    assert "nothing more is known here" in repr(found)


def test_a_refusal_that_somebody_else_raises_in_the_lab_is_not_in_the_way(place: Place) -> None:
    """A check that was replaced, as in a test or in a lie, has no words; the refusal is what it was."""
    from cognito_lab.aws.user_pools.sign_in import user_status
    from cognito_lab.errors import AwsError

    def check(user: Any) -> None:
        raise AwsError("NotAuthorizedException", "no")

    with patch.object(user_status, "check_enabled", check):
        found = told(place, lambda p: p.initiate())
    assert (found.code, found.aws_said, found.given) == ("NotAuthorizedException", "no", "")


# -- switched off, it goes red ------------------------------------------------------------------------


def test_the_verdict_comes_from_the_enforcement(place: Place) -> None:
    """Were the statement's resource not compared, the same request would be carried out."""
    mara = place.user_of(allow("s3:GetObject", "arn:aws:s3:::tidepool-pictures/ben/*"))
    assert "does not fit: arn:aws:s3:::tidepool-pictures/ben/*" in repr(
        told(place, lambda p: mara.get_object(**FORBIDDEN))
    )
    with patch.object(policies, "resource_matches", lambda *_: True):
        assert mara.get_object(**FORBIDDEN)["Body"].read() == b"crab"


def test_a_role_that_does_not_exist_is_told_apart_from_its_trust(place: Place) -> None:
    """AWS answers both alike, so that nobody can try out role names."""
    role, token = (
        place.roles("unauthenticated"),
        place.app.get_open_id_token(
            IdentityId=place.get_id(place.tokens["IdToken"]), Logins={place.key: place.tokens["IdToken"]}
        )["Token"],
    )
    take = functools.partial(
        place.sts.assume_role_with_web_identity, RoleSessionName="mara", WebIdentityToken=token
    )
    by_trust = told(place, lambda p: take(RoleArn=role))
    by_name = told(place, lambda p: take(RoleArn=role + "s"))
    assert (by_trust.code, by_trust.aws_said) == (by_name.code, by_name.aws_said)
    assert by_trust.verdict is not None and by_name.verdict is None
    assert "does not exist" in by_name.given and "trust policy" in by_trust.expected
    assert web_identity.ASSUME_ROLE_WITH_WEB_IDENTITY in by_trust.given


@pytest.mark.parametrize(
    ("spoiled", "check"),
    [
        ({"signed": False}, "saml_assertions.check_signature"),
        (
            {"audience": "urn:amazon:cognito:sp:us-east-1_another00"},
            "saml_assertions.check_audience",
        ),
        ({"minutes": -10}, "saml_assertions.check_time"),
    ],
)
def test_a_refusal_that_the_app_hears_of_by_a_redirect(spoiled, check) -> None:
    with Lab.start() as lab:
        scene, browser, aiko = lab.scene("by_every_way"), Browser(), "aiko@northshore.example"
        asked = {"client_id": scene.client, "redirect_uri": scene.callback, "response_type": "code"}
        query = urlencode({**asked, "identity_provider": "Northshore"})
        browser.open(f"{scene.pages}/oauth2/authorize?{query}")
        with refused("server_error"):
            browser.open(*lab.university.answer_by_hand(browser.address, aiko, **spoiled))
        why = lab.why()
        assert (why.code, why.check) == ("server_error", check) and why.rule
