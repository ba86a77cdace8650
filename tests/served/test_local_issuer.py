"""`serve --issuer local`: tokens, documents and addresses agree with the address that a client used."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import jwt
import pytest
from support.served import Server, ask, call, lab, program

from cognito_lab import Lab
from cognito_lab.aws.user_pools import model
from cognito_lab.lessons.refused import refused

__all__ = ["lab"]


@pytest.fixture
def local(lab: Lab) -> Iterator[Server]:
    lab.scene("roles")
    with lab.serve(0, issuer="local") as server:
        yield server


def one_pool() -> str:
    return boto3.client("cognito-idp").list_user_pools(MaxResults=1)["UserPools"][0]["Id"]


def test_a_client_that_knows_only_the_address_can_verify_a_token_and_use_it(local: Server) -> None:
    seen = program(
        local.url,
        """
        import jwt
        from urllib.request import urlopen
        idp = boto3.client("cognito-idp")
        pool = idp.list_user_pools(MaxResults=1)["UserPools"][0]["Id"]
        client = idp.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"][0]["ClientId"]
        person = {"USERNAME": "mara", "PASSWORD": "Tide-pools-2026!"}
        sign = idp.initiate_auth(AuthFlow="USER_PASSWORD_AUTH", ClientId=client, AuthParameters=person)
        tokens = sign["AuthenticationResult"]
        known = f"{url}/{pool}"
        document = json.load(urlopen(known + "/.well-known/openid-configuration"))
        def verified(issuer):
            try:
                key = jwt.PyJWKClient(document["jwks_uri"]).get_signing_key_from_jwt(tokens["IdToken"])
                jwt.decode(tokens["IdToken"], key, ["RS256"], audience=client, issuer=issuer)
                return True
            except jwt.InvalidTokenError as error:
                return type(error).__name__
        print(json.dumps({
            "issuer": document["issuer"] == known,
            "verified": verified(known),
            "as AWS's": verified(f"https://cognito-idp.us-east-1.amazonaws.com/{pool}"),
            "user": idp.get_user(AccessToken=tokens["AccessToken"])["Username"],
            "credentials": sign_in().client("sts").get_caller_identity()["Arn"].split("/")[1],
        }))
        """,
    )
    assert seen == {
        "issuer": True, "verified": True, "as AWS's": "InvalidIssuerError", "user": "mara",
        "credentials": "tidepool-member",
    }  # fmt: skip


def test_the_discovery_document_says_where_programs_and_browsers_find_the_domain(local: Server) -> None:
    pool = one_pool()
    boto3.client("cognito-idp").create_user_pool_domain(UserPoolId=pool, Domain="tidepool")
    found = ask(local, "GET", f"/{pool}/.well-known/openid-configuration").json()
    below, pages = f"{local.url}/{pool}", local.address("https://tidepool.auth.us-east-1.amazoncognito.com")
    assert {name: value for name, value in found.items() if name.endswith(("endpoint", "uri"))} == {
        "authorization_endpoint": f"{pages}/oauth2/authorize",
        "end_session_endpoint": f"{pages}/logout",
        "jwks_uri": f"{below}/.well-known/jwks.json",
        "revocation_endpoint": f"{below}/oauth2/revoke",
        "token_endpoint": f"{below}/oauth2/token",
        "userinfo_endpoint": f"{below}/oauth2/userInfo",
    }


@pytest.mark.parametrize("how", ["aws", "local"])
def test_what_programs_ask_of_a_domain_is_at_the_address_too(lab: Lab, how: str) -> None:
    server = lab.serve(0, how)
    pool = boto3.client("cognito-idp").create_user_pool(PoolName="tidepool")["UserPool"]["Id"]
    path = f"/{pool}/oauth2/token"
    assert "no user pool" in (without := ask(server, "POST", path)).text and without.status == 404
    boto3.client("cognito-idp").create_user_pool_domain(UserPoolId=pool, Domain="tidepool")
    asked = {"content_type": "application/x-www-form-urlencoded"}
    form = b"grant_type=client_credentials&client_id=nobody"
    domain = "tidepool.auth.us-east-1.amazoncognito.com.localhost"
    there = ask(server, "POST", "/oauth2/token", domain, form, **asked)
    here = ask(server, "POST", path, body=form, **asked)
    assert (here.status, here.body) == (there.status, there.body)
    assert there.status == 400 and there.json() == {"error": "invalid_client"}
    for other in (f"/{pool}/oauth2/authorize", f"/{pool}/login"):  # pages belong to a name of their own
        assert ask(server, "GET", other).status == 404


def test_logins_of_the_two_issuers_are_not_mixed_up(lab: Lab) -> None:
    """A token of the time before is AWS's, and no longer this pool's; a forged local one stays forged."""
    scene = lab.scene("roles")
    idp, identities = boto3.client("cognito-idp"), boto3.client("cognito-identity")

    def token() -> str:
        person = {"USERNAME": "mara", "PASSWORD": scene.password}
        given = {"ClientId": scene.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": person}
        return idp.initiate_auth(**given)["AuthenticationResult"]["IdToken"]

    def take(login: str, key: str = scene.issuer) -> str:
        return identities.get_id(IdentityPoolId=scene.identity_pool, Logins={key: login})["IdentityId"]

    before = token()
    mara = take(before)
    with lab.serve(0, issuer="local") as server:
        assert take(token()) == mara  # the same person, by whichever issuer
        with refused("NotAuthorizedException", quiet=True):
            take(before)
        with refused("InvalidParameterException", "NotAuthorizedException", quiet=True):
            take(token(), f"{server.url[7:]}/{scene.pool}")
        claims = jwt.decode(token(), options={"verify_signature": False})
        with refused("NotAuthorizedException", quiet=True):
            take(jwt.encode(claims, "x" * 32, "HS256"))
    assert model.registry().pools[scene.pool].issuer == f"https://{scene.issuer}"
    assert take(token()) == mara


def test_by_default_the_issuer_is_awss(lab: Lab) -> None:
    with lab.serve(0) as server:
        pool = call(server, "CreateUserPool", PoolName="tidepool").json()["UserPool"]["Id"]
        found = ask(server, "GET", f"/{pool}/.well-known/openid-configuration").json()
        assert found["issuer"] == f"https://cognito-idp.us-east-1.amazonaws.com/{pool}"
        assert "issuer" not in str(server)


def test_an_account_is_served_with_one_issuer(lab: Lab) -> None:
    with pytest.raises(ValueError, match="issuer is 'elsewhere', but must be aws or local"):
        lab.serve(0, issuer="elsewhere")
    with lab.serve(0, issuer="local") as server:
        assert f"The issuer in tokens is {server.url}/<user pool's id>" in str(server)
        assert lab.serve(0, issuer="local") is server
        with pytest.raises(ValueError, match="served with issuer='local'"):
            lab.serve()
