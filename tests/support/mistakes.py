"""What a learner can do wrong: the call, the check that refuses it, what it was given and expected."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from support.iam_people import allow, deny, document, make_role, make_user, s3_of, session_of
from support.refusals import Place, client_of
from support.user_pools import OTHER_PASSWORD, PASSWORD, pairs

from cognito_lab.aws.iam.identity_providers import AUDIENCES, SAML_ENDPOINT
from cognito_lab.protocols import signing_keys

HOUR = 3600


def forged(token: str) -> str:
    """The same claims under another key's signature, which keeps the name of the right key."""
    header, claims, _ = token.split(".")
    named = json.loads(base64.urlsafe_b64decode(header + "=="))
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    return signing_keys.new_key().sign(said, "RS256", {"kid": named["kid"]})


def later(place: Place, call: Callable[[], Any], **time: float) -> Any:
    place.lab.travel(**time)
    return call()


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
