"""Your server calls `caller` for each request. It returns the username of whoever sends an honest access token of
your app client, and raises an error of PyJWT's (`jwt.InvalidTokenError`, for example) for everybody else; then the
server answers 401. `authorization` is the header as it came. Mara comes, and after her the attackers.
"""

from contextlib import contextmanager

import jwt

from cognito_lab.practice.checks import Mistake, expect, refusal_of

title, core, difficulty, minutes = "Who may enter?", True, 2, 12
expected = "Mara gets in, and every attacker gets 401."
hint = """
Take the word before the token away. The keys are below the issuer of *your* pool, never below the one that the token
names. PyJWT compares the issuer if you name it. Two claims of Cognito's it does not know: say what you expect of them.
"""
scene = "members"


def caller(authorization, pool, client, region):
    """The username of whoever sent the header `authorization`; otherwise an error of PyJWT's.

    The access token must come from the user pool `pool` in `region`, for the app client `client`.
    """
    token = authorization.removeprefix("Bearer ")
    issuer = f"https://cognito-idp.{region}.amazonaws.com/{pool}"
    key = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key, algorithms=["RS256"], issuer=issuer)
    if claims["token_use"] != "access" or claims["client_id"] != client:
        raise jwt.InvalidTokenError("no access token of this app client")
    return claims["username"]


def check(answer, scene, lab):
    def status(token, what="Mara"):
        """What the server answers: the username, or an HTTP status."""
        try:
            return answer(f"Bearer {token}" if token else "", scene.pool, scene.client, lab.region)
        except jwt.PyJWTError:
            return 401
        except Exception as error:
            kind = type(error).__name__
            raise Mistake(
                f"{what}: your function raises {kind}. Only an error of PyJWT's becomes a 401."
            ) from error

    def kept_out(token, what):
        came = status(token, what)
        expect(came is not None, f"{what}: you return None. Only an error of PyJWT's becomes a 401.")
        expect(came == 401, f"{what}: you let it in.")

    mara = sign_in(scene.client, scene.password, lab.region)
    with rooks_keys():
        code = refusal_of(
            lambda: answer(f"Bearer {mara['AccessToken']}", scene.pool, scene.client, lab.region)
        )
        expect(
            code not in ("PyJWKClientError", "PyJWKClientConnectionError", "OutsideTheLab"),
            f"Mara gets 401 → {code}. You look for the keys in the wrong place.",
        )
        expect(not code, f"Mara gets 401 → {code}. Her token is honest.")
        came = status(mara["AccessToken"])
        expect(came == "mara", f"For Mara you return {came!r:.40}. The server wants her username.")
        for what, token in attackers(scene, lab, mara).items():
            kept_out(token, what)
    lab.travel(hours=1)
    kept_out(mara["AccessToken"], "Mara's token of an hour ago")


def attackers(scene, lab, mara):
    """What is shown to the server, by what it is."""
    import boto3

    said = jwt.decode(mara["AccessToken"], options={"verify_signature": False})
    settings = {"ClientName": "newsletter", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}
    newsletter = boto3.client("cognito-idp").create_user_pool_client(UserPoolId=scene.pool, **settings)
    client = newsletter["UserPoolClient"]["ClientId"]
    like_yours = f"https://cognito-idp.{lab.region}.amazonaws.com.rook.example/{scene.pool}"
    return {
        "No token at all": "",
        "A token without a signature": jwt.encode(said, None, algorithm="none"),
        "A token of an issuer of Rook's": signed_by_rook({**said, "iss": "https://keys.rook.example"}),
        "A token of Rook's issuer whose name begins like yours": signed_by_rook({**said, "iss": like_yours}),
        "Mara's ID token": mara["IdToken"],
        "Her access token of the newsletter's app client": sign_in(client, scene.password, lab.region)[
            "AccessToken"
        ],
    }


def rooks_key():
    import json

    from cognito_lab.paths import DATA

    return json.loads((DATA / "forger_key.json").read_text(encoding="utf-8"))


def signed_by_rook(claims):
    return jwt.encode(claims, jwt.PyJWK(rooks_key(), "RS256").key, "RS256", {"kid": "rook"})


@contextmanager
def rooks_keys():
    """In this block Rook publishes his key at each host whose name ends in ``rook.example``."""
    import json

    from cognito_lab.network import hosts
    from cognito_lab.network.messages import Response

    public = {name: rooks_key()[name] for name in ("kty", "n", "e")}
    keys = json.dumps({"keys": [{**public, "kid": "rook", "alg": "RS256", "use": "sig"}]}).encode()
    hosts.register_host(r".+\.rook\.example", "Rook", lambda request: Response(200, body=keys))
    row = hosts.HOSTS[-1]
    try:
        yield
    finally:
        hosts.HOSTS.remove(row)


def sign_in(client, password, region):
    import boto3

    person = {"USERNAME": "mara", "PASSWORD": password}
    flow = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH"}
    user_pools = boto3.client("cognito-idp", region_name=region)
    return user_pools.initiate_auth(**flow, AuthParameters=person)["AuthenticationResult"]


def verified(authorization, issuer, **options):
    """The claims, when signature and time were checked with the keys below ``issuer``, and no more."""
    token = authorization.removeprefix("Bearer ")
    key = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False, **options})


def said_by(authorization):
    token = authorization.removeprefix("Bearer ")
    return jwt.decode(token, options={"verify_signature": False})


def wrong_only_decoded(authorization, pool, client, region):
    """A token without a signature: you let it in"""
    return said_by(authorization)["username"]


def wrong_signature_alone(authorization, pool, client, region):
    """an issuer of Rook's: you let it in"""
    claims = verified(authorization, said_by(authorization)["iss"])
    if claims["token_use"] != "access" or claims["client_id"] != client:
        raise jwt.InvalidTokenError
    return claims["username"]


def wrong_beginning_of_the_issuer(authorization, pool, client, region):
    """whose name begins like yours: you let it in"""
    claims = said_by(authorization)
    if not claims["iss"].startswith(f"https://cognito-idp.{region}.amazonaws.com"):
        raise jwt.InvalidIssuerError
    return wrong_signature_alone(authorization, pool, client, region)


def wrong_client_in_the_issuer(authorization, pool, client, region):
    """You look for the keys in the wrong place"""
    return caller(authorization, client, client, region)


def wrong_audience(authorization, pool, client, region):
    """Her token is honest"""
    token = authorization.removeprefix("Bearer ")
    issuer = f"https://cognito-idp.{region}.amazonaws.com/{pool}"
    key = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=["RS256"], issuer=issuer, audience=client)["username"]


def wrong_no_use(authorization, pool, client, region):
    """Mara's ID token: you let it in"""
    claims = verified(authorization, f"https://cognito-idp.{region}.amazonaws.com/{pool}")
    if client not in (claims.get("aud"), claims.get("client_id")):
        raise jwt.InvalidTokenError
    return claims.get("username", claims.get("cognito:username"))


def wrong_no_client(authorization, pool, client, region):
    """the newsletter's app client: you let it in"""
    claims = verified(authorization, f"https://cognito-idp.{region}.amazonaws.com/{pool}")
    if claims["token_use"] != "access":
        raise jwt.InvalidTokenError
    return claims["username"]


def wrong_no_expiry(authorization, pool, client, region):
    """Mara's token of an hour ago: you let it in"""
    issuer = f"https://cognito-idp.{region}.amazonaws.com/{pool}"
    claims = verified(authorization, issuer, verify_exp=False)
    if claims["token_use"] != "access" or claims["client_id"] != client:
        raise jwt.InvalidTokenError
    return claims["username"]


def wrong_all_claims(authorization, pool, client, region):
    """The server wants her username"""
    caller(authorization, pool, client, region)
    return said_by(authorization)


def wrong_none_for_everybody_else(authorization, pool, client, region):
    """No token at all: you return None"""
    try:
        return caller(authorization, pool, client, region)
    except jwt.PyJWTError:
        return None


def wrong_second_word(authorization, pool, client, region):
    """No token at all: your function raises IndexError"""
    return caller(authorization.split()[1], pool, client, region)


def wrong_key_error(authorization, pool, client, region):
    """Mara's ID token: your function raises KeyError"""
    claims = verified(authorization, f"https://cognito-idp.{region}.amazonaws.com/{pool}")
    if claims["client_id"] != client:
        raise jwt.InvalidTokenError
    return claims["username"]
