"""Tokens: claims, keys, lifetimes, groups and roles, refreshing, rotation, revocation."""

from __future__ import annotations

from unittest import mock

import jwt
import pytest
import requests
from support.user_pools import FLOWS, PASSWORD, pairs, read, refused, secret_hash, world

from cognito_lab import OutsideTheLab
from cognito_lab.aws.user_pools.tokens import checking
from cognito_lab.protocols import signing_keys

ROLE = "arn:aws:iam::123456789012:role/"


@pytest.fixture
def it():
    with world() as it:
        it.member()
        yield it


def issuer(it):
    return f"https://cognito-idp.us-east-1.amazonaws.com/{it.pool}"


def get_user(it, token):
    return it.idp.get_user(AccessToken=token)["Username"]


# -- what is in them -----------------------------------------------------------------------------


def test_the_id_token_says_who(it):
    now = int(it.lab.now.timestamp())
    claims = read(it.sign_in()["IdToken"])
    expected = {
        "iss": issuer(it), "aud": it.client, "token_use": "id", "cognito:username": "mara",
        "auth_time": now, "iat": now, "exp": now + 3600,
    }  # fmt: skip
    assert {name: claims[name] for name in expected} == expected
    assert (claims["email"], claims["email_verified"]) == ("mara@tidepool.example", True)
    assert claims["sub"] == it.attributes()["sub"]
    assert {"jti", "origin_jti", "event_id"} <= set(claims)
    assert not {"client_id", "scope", "username"} & set(claims)
    assert (claims["acr"], claims["amr"]) == ("urn:cognito:loa:1", ["pwd"])


def test_the_access_token_says_what_and_nothing_of_the_profile(it):
    now = int(it.lab.now.timestamp())
    answer = it.sign_in()
    claims, twin = read(answer["AccessToken"]), read(answer["IdToken"])
    assert set(claims) == {
        "sub", "iss", "client_id", "origin_jti", "event_id", "token_use", "scope", "auth_time", "exp", "iat",
        "jti", "username", "acr", "amr",
    }  # fmt: skip
    assert (claims["client_id"], claims["token_use"], claims["username"]) == (it.client, "access", "mara")
    assert claims["scope"] == "aws.cognito.signin.user.admin"
    assert claims["exp"] == now + 3600
    assert all(claims[name] == twin[name] for name in ("sub", "event_id", "origin_jti", "auth_time"))
    assert claims["jti"] != twin["jti"]


def test_the_id_token_carries_what_the_client_may_read(it):
    section = [
        {"Name": "section", "AttributeDataType": "String", "Mutable": True},
        {"Name": "depth", "AttributeDataType": "Number", "Mutable": True},
    ]
    it.idp.add_custom_attributes(UserPoolId=it.pool, CustomAttributes=section)
    values = pairs(custom_section="reef", custom_depth="5", name="Mara")
    it.idp.admin_update_user_attributes(UserPoolId=it.pool, Username="mara", UserAttributes=values)
    everything = read(it.sign_in()["IdToken"])
    assert everything["name"] == "Mara" and everything["custom:section"] == "reef"
    it.client = it.new_client(ReadAttributes=["custom:section", "custom:depth"])["ClientId"]
    claims = read(it.sign_in()["IdToken"])
    assert (claims["custom:section"], claims["custom:depth"]) == (
        "reef",
        "5",
    )  # a custom claim is always text
    assert not {"email", "email_verified", "name"} & set(claims)


def test_without_revocation_the_ids_of_the_login_are_left_out(it):
    it.client = it.new_client(EnableTokenRevocation=False)["ClientId"]
    answer = it.sign_in()
    for token in (answer["IdToken"], answer["AccessToken"]):
        assert not {"jti", "origin_jti"} & set(read(token))


def test_with_username_attributes_the_username_is_the_sub(it):
    it.new_pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    it.member("ben@tidepool.example")
    answer = it.sign_in("ben@tidepool.example")
    claims = read(answer["IdToken"])
    assert claims["cognito:username"] == claims["sub"] == read(answer["AccessToken"])["username"]
    assert claims["email"] == "ben@tidepool.example"


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({"AccessTokenValidity": 5, "TokenValidityUnits": {"AccessToken": "minutes"}}, (300, 3600)),
        ({"IdTokenValidity": 12}, (3600, 12 * 3600)),
        ({"AccessTokenValidity": 1, "IdTokenValidity": 7200,
          "TokenValidityUnits": {"AccessToken": "days", "IdToken": "seconds"}}, (86400, 7200)),
    ],
)  # fmt: skip
def test_lifetimes_come_from_the_client(it, settings, seconds):
    answer = it.sign_in(client=it.new_client(**settings)["ClientId"])
    access, identity = read(answer["AccessToken"]), read(answer["IdToken"])
    assert (access["exp"] - access["iat"], identity["exp"] - identity["iat"]) == seconds
    assert answer["ExpiresIn"] == seconds[0]


# -- groups and roles ----------------------------------------------------------------------------


def join(it, name, role=None, precedence=None):
    more = {"RoleArn": ROLE + role} if role else {}
    more |= {} if precedence is None else {"Precedence": precedence}
    it.idp.create_group(UserPoolId=it.pool, GroupName=name, **more)
    it.idp.admin_add_user_to_group(UserPoolId=it.pool, Username="mara", GroupName=name)


def test_groups_travel_in_both_tokens_and_roles_in_the_id_token_only(it):
    assert "cognito:groups" not in read(it.sign_in()["IdToken"])
    join(it, "members")
    assert "cognito:roles" not in read(it.sign_in()["IdToken"])
    join(it, "curators", "curator", 1)
    answer = it.sign_in()
    identity, access = read(answer["IdToken"]), read(answer["AccessToken"])
    assert identity["cognito:groups"] == access["cognito:groups"] == ["curators", "members"]
    assert identity["cognito:roles"] == [ROLE + "curator"] and "cognito:roles" not in access
    assert "cognito:preferred_role" not in access


@pytest.mark.parametrize(
    ("groups", "preferred"),
    [
        ([("a", "low", 10), ("b", "high", 0)], "high"),
        ([("a", "low", None), ("b", "high", 5)], "high"),
        ([("a", "only", None)], "only"),
        ([("a", "one", 3), ("b", "two", 3)], None),
        ([("a", "same", 3), ("b", "same", 3), ("c", "worse", 4)], "same"),
        ([("a", None, 0), ("b", "with", 9)], "with"),
        ([("a", "one", 3), ("b", "two", 3), ("c", "best", 2)], "best"),
    ],
)
def test_the_best_precedence_gives_the_preferred_role(it, groups, preferred):
    for name, role, precedence in groups:
        join(it, name, role, precedence)
    claims = read(it.sign_in()["IdToken"])
    assert claims.get("cognito:preferred_role") == (ROLE + preferred if preferred else None)
    assert set(claims["cognito:roles"]) == {ROLE + role for _, role, _ in groups if role}


# -- keys ----------------------------------------------------------------------------------------


def test_a_pool_signs_with_two_published_keys_of_its_own(it):
    answer = it.sign_in()
    headers = [jwt.get_unverified_header(answer[name]) for name in ("IdToken", "AccessToken")]
    assert all(header == {"kid": header["kid"], "alg": "RS256"} for header in headers)
    assert headers[0]["kid"] != headers[1]["kid"]
    published = requests.get(issuer(it) + "/.well-known/jwks.json").json()["keys"]
    assert {key["kid"] for key in published} == {header["kid"] for header in headers}
    assert all(set(key) == {"alg", "e", "kid", "kty", "n", "use"} and key["e"] == "AQAB" for key in published)
    by_kid = {key["kid"]: jwt.PyJWK(key) for key in published}
    jwt.decode(
        answer["IdToken"],
        by_kid[headers[0]["kid"]],
        algorithms=["RS256"],
        audience=it.client,
        issuer=issuer(it),
    )
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(answer["IdToken"], by_kid[headers[1]["kid"]], algorithms=["RS256"], audience=it.client)
    first = it.pool
    it.new_pool()
    others = requests.get(issuer(it) + "/.well-known/jwks.json").json()["keys"]
    assert first != it.pool and not {key["kid"] for key in others} & set(by_kid)


def test_the_keys_are_made_when_they_are_first_needed(it):
    with mock.patch.object(signing_keys, "new_key", wraps=signing_keys.new_key) as made:
        it.new_pool(AutoVerifiedAttributes=["email"])
        it.member("nele")
        assert made.call_count == 0
        before = requests.get(issuer(it) + "/.well-known/jwks.json").json()
        assert made.call_count == len(before["keys"]) == 2
        it.sign_in("nele")
        assert made.call_count == 2
    assert requests.get(issuer(it) + "/.well-known/jwks.json").json() == before


def test_the_discovery_document_leads_to_the_keys(it):
    found = requests.get(issuer(it) + "/.well-known/openid-configuration").json()
    assert (found["issuer"], found["jwks_uri"]) == (issuer(it), issuer(it) + "/.well-known/jwks.json")
    assert "token_endpoint" not in found  # the pool has no domain
    assert requests.get(issuer(it) + "x/.well-known/jwks.json").status_code == 404
    elsewhere = issuer(it).replace("us-east-1.amazonaws", "eu-west-1.amazonaws")
    assert requests.get(elsewhere + "/.well-known/jwks.json").status_code == 404
    with pytest.raises(OutsideTheLab):
        requests.get(issuer(it) + "/.well-known/other")


def test_pyjwt_s_own_client_finds_the_key(it):
    token = it.sign_in()["IdToken"]
    key = jwt.PyJWKClient(issuer(it) + "/.well-known/jwks.json").get_signing_key_from_jwt(token)
    assert jwt.decode(token, key, algorithms=["RS256"], audience=it.client)["cognito:username"] == "mara"


# -- expiry --------------------------------------------------------------------------------------


def test_an_access_token_expires_to_the_second(it):
    token = it.sign_in()["AccessToken"]
    it.lab.travel(minutes=59, seconds=59)
    assert get_user(it, token) == "mara"
    it.lab.travel(seconds=1)
    with refused("NotAuthorizedException", "Access Token has expired"):
        get_user(it, token)


# -- refreshing ----------------------------------------------------------------------------------


def test_a_refresh_remembers_when_the_person_signed_in(it):
    first = it.sign_in()
    it.lab.travel(minutes=30)
    second = it.refresh(first["RefreshToken"])
    assert "RefreshToken" not in second
    for name in ("IdToken", "AccessToken"):
        old, new = read(first[name]), read(second[name])
        assert all(
            old[same] == new[same] for same in ("sub", "auth_time", "origin_jti", "event_id", "acr", "amr")
        )
        assert (
            new["iat"] == old["iat"] + 1800 and new["exp"] == old["exp"] + 1800 and new["jti"] != old["jti"]
        )
    assert get_user(it, second["AccessToken"]) == "mara"


def test_a_refresh_brings_what_has_changed_meanwhile(it):
    first = it.sign_in()
    join(it, "members")
    assert read(it.refresh(first["RefreshToken"])["AccessToken"])["cognito:groups"] == ["members"]


def test_a_refresh_token_is_opaque_and_has_five_parts(it):
    token = it.sign_in()["RefreshToken"]
    assert token.count(".") == 4 and token.startswith("eyJ")
    with pytest.raises(jwt.DecodeError):
        read(token)
    with refused("NotAuthorizedException", "Invalid Access Token"):
        get_user(it, token)


def test_only_a_pool_s_own_refresh_token_refreshes(it):
    answer = it.sign_in()
    other = it.new_client()["ClientId"]
    with refused("NotAuthorizedException", "Invalid Refresh Token."):
        it.refresh(answer["RefreshToken"], client=other)
    for token in (answer["AccessToken"], answer["RefreshToken"][:-4] + "AAAA", "a.b.c.d.e"):
        with refused("NotAuthorizedException", "Invalid Refresh Token."):
            it.refresh(token)
        with refused("NotAuthorizedException", "Invalid Refresh Token."):
            it.idp.admin_initiate_auth(
                UserPoolId=it.pool, ClientId=it.client, AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": token},
            )  # fmt: skip


def test_a_refresh_token_lives_as_long_as_the_client_says(it):
    it.client = it.new_client(RefreshTokenValidity=2)["ClientId"]
    token = it.sign_in()["RefreshToken"]
    it.lab.travel(days=2, seconds=-1)
    it.refresh(token)
    it.lab.travel(seconds=1)
    with refused("NotAuthorizedException", "Refresh Token has expired"):
        it.refresh(token)


def test_the_secret_hash_of_a_refresh_is_over_the_real_username(it):
    it.new_pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    it.member("ben@tidepool.example")
    client = it.new_client(GenerateSecret=True)
    ident, secret = client["ClientId"], client["ClientSecret"]
    by_alias = secret_hash(secret, "ben@tidepool.example", ident)
    answer = it.initiate("ben@tidepool.example", client=ident, SECRET_HASH=by_alias)["AuthenticationResult"]
    with refused("NotAuthorizedException", f"SecretHash does not match for the client: {ident}"):
        it.refresh(answer["RefreshToken"], ident, SECRET_HASH=by_alias)
    with refused("NotAuthorizedException", f"Client {ident} is configured with secret"):
        it.refresh(answer["RefreshToken"], ident)
    sub = read(answer["IdToken"])["sub"]
    assert it.refresh(answer["RefreshToken"], ident, SECRET_HASH=secret_hash(secret, sub, ident))["IdToken"]


def get_tokens(it, token, client="", **more):
    answer = it.idp.get_tokens_from_refresh_token(ClientId=client or it.client, RefreshToken=token, **more)
    return answer["AuthenticationResult"]


def test_get_tokens_from_refresh_token_takes_the_secret_itself(it):
    assert set(get_tokens(it, it.sign_in()["RefreshToken"])) == {
        "AccessToken",
        "IdToken",
        "ExpiresIn",
        "TokenType",
    }
    client = it.new_client(GenerateSecret=True)
    ident, secret = client["ClientId"], client["ClientSecret"]
    proof = secret_hash(secret, "mara", ident)
    token = it.initiate(client=ident, SECRET_HASH=proof)["AuthenticationResult"]["RefreshToken"]
    with refused("NotAuthorizedException"):
        get_tokens(it, token, ident)
    with refused("NotAuthorizedException"):
        get_tokens(it, token, ident, ClientSecret="x" * 51)
    assert get_tokens(it, token, ident, ClientSecret=secret)["IdToken"]
    with refused("NotAuthorizedException"):
        get_tokens(it, it.sign_in()["RefreshToken"], ClientSecret=secret)


def rotating(it, grace=0):
    flows = [flow for flow in FLOWS if "REFRESH" not in flow]
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": grace}
    it.client = it.new_client(ExplicitAuthFlows=flows, RefreshTokenRotation=rotation)["ClientId"]


def test_with_rotation_each_refresh_brings_a_new_refresh_token_and_ends_the_old_one(it):
    rotating(it)
    first = it.sign_in()
    second = get_tokens(it, first["RefreshToken"])
    assert second["RefreshToken"] != first["RefreshToken"]
    assert read(second["IdToken"])["auth_time"] == read(first["IdToken"])["auth_time"]
    with refused("RefreshTokenReuseException"):
        get_tokens(it, first["RefreshToken"])
    assert get_tokens(it, second["RefreshToken"])["IdToken"]
    with refused("InvalidParameterException", "REFRESH_TOKEN_AUTH flow not enabled for this client"):
        it.refresh(second["RefreshToken"])


def test_a_rotated_out_token_may_be_tried_again_within_its_grace(it):
    rotating(it, grace=20)
    first = it.sign_in()
    get_tokens(it, first["RefreshToken"])
    it.lab.travel(seconds=19)
    get_tokens(it, first["RefreshToken"])  # and this does not put the end of the grace off
    it.lab.travel(seconds=1)
    with refused("RefreshTokenReuseException"):
        get_tokens(it, first["RefreshToken"])


def test_rotation_does_not_lengthen_a_session(it):
    rotating(it)
    token = it.sign_in()["RefreshToken"]
    for _ in range(3):
        it.lab.travel(days=9)
        token = get_tokens(it, token)["RefreshToken"]
    it.lab.travel(days=3)
    with refused("NotAuthorizedException", "Refresh Token has expired"):
        get_tokens(it, token)


# -- revocation ----------------------------------------------------------------------------------


def test_revoking_ends_one_login_and_leaves_the_others(it):
    one, other = it.sign_in(), it.sign_in()
    born_of_one = it.refresh(one["RefreshToken"])
    it.idp.revoke_token(ClientId=it.client, Token=one["RefreshToken"])
    for token in (one["AccessToken"], born_of_one["AccessToken"]):
        with refused("NotAuthorizedException", "Access Token has been revoked"):
            get_user(it, token)
    with refused("NotAuthorizedException", "Refresh Token has been revoked"):
        it.refresh(one["RefreshToken"])
    assert get_user(it, other["AccessToken"]) == "mara" and it.refresh(other["RefreshToken"])["IdToken"]
    it.idp.revoke_token(ClientId=it.client, Token=one["RefreshToken"])  # already dead: nothing to refuse
    # The trap: whoever only verifies signature and expiry does not notice.
    key = jwt.PyJWKClient(issuer(it) + "/.well-known/jwks.json").get_signing_key_from_jwt(one["AccessToken"])
    assert jwt.decode(one["AccessToken"], key, algorithms=["RS256"])["username"] == "mara"


def test_only_refresh_tokens_of_the_client_are_revoked(it):
    answer = it.sign_in()
    for token in (answer["AccessToken"], answer["IdToken"], "a.b.c.d.e"):
        with refused("UnsupportedTokenTypeException"):
            it.idp.revoke_token(ClientId=it.client, Token=token)
    with refused("UnauthorizedException"):
        it.idp.revoke_token(ClientId=it.new_client()["ClientId"], Token=answer["RefreshToken"])
    with refused("UnauthorizedException"):
        it.idp.revoke_token(ClientId="nosuchclient", Token=answer["RefreshToken"])
    without = it.new_client(EnableTokenRevocation=False)["ClientId"]
    with refused("UnsupportedOperationException"):
        it.idp.revoke_token(ClientId=without, Token=it.sign_in(client=without)["RefreshToken"])
    client = it.new_client(GenerateSecret=True)
    with refused("UnauthorizedException"):
        it.idp.revoke_token(ClientId=client["ClientId"], Token=answer["RefreshToken"])
    assert get_user(it, answer["AccessToken"]) == "mara"


def sign_out_everywhere(it, answer):
    it.idp.global_sign_out(AccessToken=answer["AccessToken"])


def signed_out_by_an_administrator(it, answer):
    it.idp.admin_user_global_sign_out(UserPoolId=it.pool, Username="mara")


def disabled_for_a_moment(it, answer):
    it.idp.admin_disable_user(UserPoolId=it.pool, Username="mara")
    it.idp.admin_enable_user(UserPoolId=it.pool, Username="mara")


@pytest.mark.parametrize("revocable", [True, False])
@pytest.mark.parametrize("end", [sign_out_everywhere, signed_out_by_an_administrator, disabled_for_a_moment])
def test_all_logins_of_a_user_end_at_once(it, end, revocable):
    it.client = it.new_client(EnableTokenRevocation=revocable)["ClientId"]
    it.member("ben")
    ben, one, two = it.sign_in("ben"), it.sign_in(), it.sign_in()
    end(it, one)
    for answer in (one, two):
        with refused("NotAuthorizedException", "Access Token has been revoked"):
            get_user(it, answer["AccessToken"])
        with refused("NotAuthorizedException", "Refresh Token has been revoked"):
            it.refresh(answer["RefreshToken"])
        assert checking.is_signed_out(read(answer["IdToken"]))
    again = it.sign_in()
    assert get_user(it, again["AccessToken"]) == "mara"  # the same second, and still another login
    assert get_user(it, ben["AccessToken"]) == "ben"
    assert not checking.is_signed_out(read(again["IdToken"])) and not checking.is_signed_out(
        read(ben["IdToken"])
    )


def test_a_deleted_user_s_tokens_are_dead(it):
    answer = it.sign_in()
    it.idp.admin_delete_user(UserPoolId=it.pool, Username="mara")
    assert checking.is_signed_out(read(answer["IdToken"]))
    it.member("mara")  # somebody else of the same name
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        get_user(it, answer["AccessToken"])
    with refused("NotAuthorizedException", "Refresh Token has been revoked"):
        it.refresh(answer["RefreshToken"])
    with refused("UserNotFoundException"):
        it.sign_in("nobody", PASSWORD)


def test_the_operations_of_passkeys_know_no_code_for_an_app_client_that_is_gone(it):
    lost = it.new_client()["ClientId"]
    token = it.sign_in(client=lost)["AccessToken"]
    assert it.idp.list_web_authn_credentials(AccessToken=token)["Credentials"] == []
    it.idp.delete_user_pool_client(UserPoolId=it.pool, ClientId=lost)
    with refused("ResourceNotFoundException"):
        get_user(it, token)
    with refused("NotAuthorizedException"):
        it.idp.list_web_authn_credentials(AccessToken=token)
