"""Forgeries at a user pool. Each is an honest token with one thing wrong; the honest one passes beside it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import pytest
from cryptography.hazmat.primitives import serialization
from support.user_pools import OTHER_PASSWORD, read, refused, secret_hash, world

from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.tokens import token_store
from cognito_lab.protocols import signing_keys


@pytest.fixture
def it():
    with world() as it:
        it.member()
        it.tokens = it.sign_in()
        it.honest = it.tokens["AccessToken"]
        it.claims = read(it.honest)
        it.issuer = token_store.token_store(model.get_pool("us-east-1", it.pool))
        yield it


def encode(part):
    text = json.dumps(part).encode() if isinstance(part, dict) else part
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


# Every operation that believes an access token.
OPERATIONS = {
    "get_user": {},
    "update_user_attributes": {"UserAttributes": [{"Name": "email", "Value": "rook@elsewhere.example"}]},
    "delete_user_attributes": {"UserAttributeNames": ["email"]},
    "get_user_attribute_verification_code": {"AttributeName": "email"},
    "verify_user_attribute": {"AttributeName": "email", "Code": "123456"},
    "change_password": {"ProposedPassword": OTHER_PASSWORD},
    "global_sign_out": {},
    "delete_user": {},
}


def is_refused(it, token, text):
    for name, parameters in OPERATIONS.items():
        with refused("NotAuthorizedException", text):
            getattr(it.idp, name)(AccessToken=token, **parameters)
    assert (
        it.idp.get_user(AccessToken=it.honest)["Username"] == "mara"
    )  # nothing was done, and the rule is not "no"
    assert it.attributes()["email"] == "mara@tidepool.example"


def signed_by_nobody(it):
    return f"{encode({'kid': it.issuer.key('access').kid, 'alg': 'none'})}.{encode(it.claims)}."


def signed_with_the_public_key_as_a_password(it):
    key = it.issuer.key("access")
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = f"{encode({'kid': key.kid, 'alg': 'HS256'})}.{encode(it.claims)}"
    return f"{text}.{encode(hmac.digest(key.public.public_bytes(*form), text.encode(), hashlib.sha256))}"


def signed_by_a_stranger_under_the_name_of_the_pool_s_key(it):
    return signing_keys.new_key().sign(it.claims, header={"kid": it.issuer.key("access").kid})


def signed_by_a_stranger_under_a_name_of_his_own(it):
    return signing_keys.new_key().sign(it.claims)


def with_the_name_of_the_pool_s_other_key(it):
    return it.issuer.key("access").sign(it.claims, header={"kid": it.issuer.key("id").kid})


def without_the_name_of_a_key(it):
    _, payload, signature = it.honest.split(".")
    return f"{encode({'alg': 'RS256'})}.{payload}.{signature}"


def with_a_key_of_its_own_in_the_header(it):
    rook = signing_keys.new_key()
    return rook.sign(
        it.claims, header={"kid": rook.kid, "jwk": rook.jwk(), "jku": "https://elsewhere.example/jwks"}
    )


def with_another_user_s_name(it):
    header, _, signature = it.honest.split(".")
    return f"{header}.{encode({**it.claims, 'username': 'ben', 'sub': 'somebody'})}.{signature}"


def with_a_later_expiry(it):
    header, _, signature = it.honest.split(".")
    return f"{header}.{encode({**it.claims, 'exp': int(time.time()) + 10**6})}.{signature}"


def with_a_truncated_signature(it):
    return it.honest[:-10]


def with_an_empty_signature(it):
    return it.honest.rpartition(".")[0] + "."


def with_another_algorithm_of_the_same_key(it):
    return it.issuer.key("access").sign(it.claims, algorithm="RS512")


@pytest.mark.parametrize(
    "forge",
    [
        signed_by_nobody, signed_with_the_public_key_as_a_password,
        signed_by_a_stranger_under_the_name_of_the_pool_s_key, signed_by_a_stranger_under_a_name_of_his_own,
        with_the_name_of_the_pool_s_other_key, without_the_name_of_a_key, with_a_key_of_its_own_in_the_header,
        with_another_user_s_name, with_a_later_expiry, with_a_truncated_signature, with_an_empty_signature,
        with_another_algorithm_of_the_same_key,
    ],
)  # fmt: skip
def test_a_token_that_the_pool_did_not_sign(it, forge):
    is_refused(it, forge(it), "Could not verify signature for Access Token")


def test_a_token_whose_issuer_is_nobody_s_or_somebody_else_s(it):
    first, honest = it.pool, it.honest
    it.new_pool()
    for iss in (
        f"https://elsewhere.example/{first}",
        f"https://cognito-idp.eu-west-1.amazonaws.com/{first}",
        "x",
        7,
    ):
        with refused("NotAuthorizedException", "Invalid Access Token"):
            it.idp.get_user(AccessToken=it.issuer.key("access").sign({**it.claims, "iss": str(iss)}))
    # The keys of one pool under the name of another: the signature is not that pool's.
    with refused("NotAuthorizedException", "Could not verify signature for Access Token"):
        other = f"https://cognito-idp.us-east-1.amazonaws.com/{it.pool}"
        it.idp.get_user(AccessToken=it.issuer.key("access").sign({**it.claims, "iss": other}))
    it.idp.get_user(AccessToken=honest)


@pytest.mark.parametrize("text", ["a.b.c", "a.b", "eyJ.eyJ.x", "...", "eyJhbGciOiJSUzI1NiJ9.W10.x"])
def test_what_is_no_token_at_all(it, text):
    is_refused(it, text, "Invalid Access Token")


def test_an_id_token_in_place_of_an_access_token(it):
    is_refused(it, it.tokens["IdToken"], "Invalid Access Token")


def test_a_refresh_token_in_place_of_an_access_token(it):
    is_refused(it, it.tokens["RefreshToken"], "Invalid Access Token")


def test_an_access_token_in_place_of_a_refresh_token(it):
    for name in ("AccessToken", "IdToken"):
        with refused("NotAuthorizedException", "Invalid Refresh Token."):
            it.refresh(it.tokens[name])
        with refused("NotAuthorizedException", "Invalid Refresh Token."):
            it.idp.get_tokens_from_refresh_token(ClientId=it.client, RefreshToken=it.tokens[name])
    assert it.refresh(it.tokens["RefreshToken"])["IdToken"]


def test_an_expired_token(it):
    is_refused(
        it, it.issuer.key("access").sign({**it.claims, "exp": int(time.time())}), "Access Token has expired"
    )


def test_a_token_without_the_scope_of_the_api(it):
    for scope in ("openid email", "", "aws.cognito.signin.user.administrator"):
        token = it.issuer.key("access").sign({**it.claims, "scope": scope})
        is_refused(it, token, "Access Token does not have required scopes")


def test_a_token_of_a_login_that_the_pool_never_answered(it):
    is_refused(
        it,
        it.issuer.key("access").sign({**it.claims, "event_id": "made up"}),
        "Access Token has been revoked",
    )


def test_a_token_in_another_region(it):
    import boto3

    with refused("NotAuthorizedException", "Invalid Access Token"):
        boto3.client("cognito-idp", region_name="eu-west-1").get_user(AccessToken=it.honest)


def test_a_refresh_token_of_another_client_or_pool(it):
    stolen = it.tokens["RefreshToken"]
    for _ in range(2):
        with refused("NotAuthorizedException", "Invalid Refresh Token."):
            it.refresh(stolen, client=it.new_client()["ClientId"])
        it.new_pool()


def test_a_code_that_was_used(it):
    it.idp.forgot_password(ClientId=it.client, Username="mara")
    call = {
        "ClientId": it.client,
        "Username": "mara",
        "ConfirmationCode": it.code(),
        "Password": OTHER_PASSWORD,
    }
    it.idp.confirm_forgot_password(**call)
    with refused("ExpiredCodeException"):
        it.idp.confirm_forgot_password(**call)


def test_a_code_of_one_purpose_for_another(it):
    it.idp.forgot_password(ClientId=it.client, Username="mara")
    with refused("ExpiredCodeException"):
        it.idp.verify_user_attribute(AccessToken=it.honest, AttributeName="email", Code=it.code())
    it.sign_up("ben")
    with refused("ExpiredCodeException"):
        it.idp.confirm_forgot_password(
            ClientId=it.client, Username="ben", ConfirmationCode=it.code(), Password=OTHER_PASSWORD
        )


def test_a_secret_hash_with_its_parts_exchanged_or_in_hex(it):
    client = it.new_client(GenerateSecret=True)
    ident, secret = client["ClientId"], client["ClientSecret"]
    right = secret_hash(secret, "mara", ident)
    exchanged = secret_hash(secret, ident, "mara")
    for wrong in (exchanged, base64.b64decode(right).hex(), right[:-1], right.lower()):
        with refused("NotAuthorizedException", "Unable to verify secret hash"):
            it.initiate(client=ident, SECRET_HASH=wrong)
    assert it.initiate(client=ident, SECRET_HASH=right)["AuthenticationResult"]
