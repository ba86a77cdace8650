"""Your API and your app get tokens from anybody. Write `verify`: it returns the claims of an honest token, and
raises an error of PyJWT's (`jwt.InvalidTokenError`, for example) for every other. The pool's keys are below
`issuer`, at `/.well-known/jwks.json`. The check begins with honest tokens of two members, through two app clients.
Then come ten forgeries.
"""

import jwt

from cognito_lab.practice.checks import Mistake, expect, refusal_of

title, core, difficulty, minutes = "Ten forgeries", True, 3, 14
expected = "the honest tokens pass, and each of the ten forgeries is refused."
hint = """
PyJWT finds the key (`jwt.PyJWKClient`), and checks algorithm, signature, issuer and time. Two things it does not know:
`token_use`, and where an access token names its app client. It insists on `aud` unless you tell it
`options={"verify_aud": False}`; then the check of the app client is all yours.
"""
scene = "members"


def verify(token, use, client, issuer):
    """The claims of `token`, if it is an honest token of the user pool `issuer` for the app client `client`.

    `use` says which token is expected here: "id" or "access".
    """
    key = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    options = {"verify_aud": False}
    claims = jwt.decode(token, key, algorithms=["RS256"], issuer=issuer, options=options)
    if claims["token_use"] != use:
        raise jwt.InvalidTokenError(f"not an {use} token")
    if claims.get("aud" if use == "id" else "client_id") != client:
        raise jwt.InvalidAudienceError("for another app client")
    return claims


def check(answer, scene, lab):
    issuer = f"https://cognito-idp.{lab.region}.amazonaws.com/{scene.pool}"
    kiosk = other_client(scene.pool)
    signed_in = {
        (who, client): sign_in(scene, who, client) for who, client in (("mara", scene.client), ("ben", kiosk))
    }
    for (who, client), tokens in signed_in.items():
        for use, name in (("id", "IdToken"), ("access", "AccessToken")):
            code = refusal_of(lambda: answer(tokens[name], use, client, issuer))  # noqa: B023
            expect(
                code not in ("MissingRequiredClaimError", "InvalidAudienceError") or use == "id",
                f"An honest access token → {code}. An access token has no `aud`: its app client is in another "
                "claim.",
            )
            expect(not code, f"The honest {name} of {who} → {code}.")
            claims = answer(tokens[name], use, client, issuer)
            expect(
                claims == unverified(tokens[name]), f"Return all claims of the {name}; came {claims!r:.60}."
            )
    ours, kiosks = signed_in["mara", scene.client], signed_in["ben", kiosk]
    for what, use, token in forgeries(ours, kiosks, scene.client, issuer):
        expect_refusal(lambda: answer(token, use, scene.client, issuer), what)  # noqa: B023
    lab.travel(hours=1)
    expect_refusal(
        lambda: answer(ours["IdToken"], "id", scene.client, issuer),
        "a token that expired an hour after its sign-in",
    )


def expect_refusal(call, what):
    """Raises Mistake, unless ``call`` raises an error of PyJWT's."""
    try:
        came = call()
    except jwt.PyJWTError:
        return
    except Exception as error:
        name = type(error).__name__
        raise Mistake(
            f"You refuse {what}, but with {name}. Whoever calls verify waits for PyJWT's errors."
        ) from error
    expect(came, f"You return {came!r} for {what}. Raise an error: a caller who forgets to look lets it in.")
    raise Mistake(f"You accept {what}.")


def other_client(pool):
    import boto3

    settings = {"ClientName": "kiosk", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}
    made = boto3.client("cognito-idp").create_user_pool_client(UserPoolId=pool, **settings)
    return made["UserPoolClient"]["ClientId"]


def sign_in(scene, who, client):
    import boto3

    person = {"USERNAME": who, "PASSWORD": scene.password}
    answer = boto3.client("cognito-idp").initiate_auth(
        ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=person
    )
    return answer["AuthenticationResult"]


def unverified(token):
    return jwt.decode(token, options={"verify_signature": False})


def forgeries(ours, kiosks, client, issuer):
    """Nine forgeries for this reader: what each is, as which token it is shown, the token. (The tenth is time.)"""
    from cognito_lab.views import token_view

    view = token_view.show_token(ours["IdToken"], use="id", client=client, issuer=issuer)

    def forged(signature):
        algorithms = {token_view.NONE: "none", token_view.PUBLIC_KEY: "HS256"}
        if signature in algorithms:
            view_of_both = view.edited("cognito:username", "ines", signature=signature)
            assert view_of_both.header["alg"] == algorithms[signature]
            return view_of_both.token
        return view.edited("cognito:username", "ines", signature=signature).token

    return [
        ("a token in which Rook has changed the name", "id", forged(token_view.KEPT)),
        ("a token without a signature: its header says `alg: none`", "id", forged(token_view.NONE)),
        (
            "a token whose header says HS256, and whose secret is the published key: it chose the algorithm itself",
            "id",
            forged(token_view.PUBLIC_KEY),
        ),
        ("a token that Rook signed, with the name of your pool's key", "id", forged(token_view.OTHER_KEY)),
        (
            "a token of Rook's own issuer. He published a key of his own, and you fetched it from there",
            "id",
            of_rooks_issuer(unverified(ours["IdToken"])),
        ),
        ("the ID token of another app client", "id", kiosks["IdToken"]),
        (
            "the access token of another app client: nobody looked at `client_id`",
            "access",
            kiosks["AccessToken"],
        ),
        ("an access token where an ID token is expected", "id", with_audience(ours["AccessToken"], client)),
        ("an ID token where an access token is expected", "access", ours["IdToken"]),
    ]


def with_audience(access_token, client):
    """The access token as a trigger of the pool can make it: with the app client as its audience as well."""
    from cognito_lab.aws.user_pools import model
    from cognito_lab.aws.user_pools.tokens import token_store

    claims = unverified(access_token)
    pool = model.registry().pools[claims["iss"].rpartition("/")[2]]
    return token_store.token_store(pool).key("access").sign({**claims, "aud": client})


def of_rooks_issuer(claims):
    """A token that fits but for its issuer: a bucket of Rook's, where his key is published."""
    import json

    import boto3

    from cognito_lab.paths import DATA

    s3, bucket = boto3.client("s3", region_name="us-east-1"), {"Bucket": "rooks-keys"}
    s3.create_bucket(**bucket)
    s3.delete_public_access_block(**bucket)
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    statement = {**everybody, "Resource": "arn:aws:s3:::rooks-keys/*"}
    s3.put_bucket_policy(**bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    private = json.loads((DATA / "forger_key.json").read_text(encoding="utf-8"))
    public = {name: private[name] for name in ("kty", "n", "e")} | {
        "kid": "rook",
        "alg": "RS256",
        "use": "sig",
    }
    s3.put_object(**bucket, Key=".well-known/jwks.json", Body=json.dumps({"keys": [public]}))
    said = {**claims, "iss": "https://rooks-keys.s3.us-east-1.amazonaws.com"}
    return jwt.encode(said, jwt.PyJWK(private, "RS256").key, algorithm="RS256", headers={"kid": "rook"})


def decoded(token, use, client, issuer, **more):
    key = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    rules = {"algorithms": ["RS256"], "issuer": issuer, "options": {"verify_aud": False}}
    return jwt.decode(token, key, **rules | more)


def wrong_not_verified(token, use, client, issuer):
    """a token in which Rook has changed the name"""
    return unverified(token)


def wrong_no_signature_if_the_token_says_so(token, use, client, issuer):
    """a token without a signature"""
    if jwt.get_unverified_header(token)["alg"] == "none":
        return unverified(token)
    return verify(token, use, client, issuer)


def wrong_algorithm_of_the_header(token, use, client, issuer):
    """it chose the algorithm itself"""
    import hmac

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from jwt.utils import base64url_decode

    if jwt.get_unverified_header(token)["alg"] == "HS256":
        key = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json").get_signing_key_from_jwt(token).key
        secret = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        said, _, signature = token.rpartition(".")
        if hmac.compare_digest(hmac.digest(secret, said.encode(), "sha256"), base64url_decode(signature)):
            return unverified(token)
    return verify(token, use, client, issuer)


def wrong_keys_of_the_token(token, use, client, issuer):
    """Rook's own issuer"""
    return verify(token, use, client, unverified(token)["iss"])


def wrong_audience_of_an_access_token(token, use, client, issuer):
    """An honest access token → MissingRequiredClaimError"""
    return decoded(token, use, client, issuer, audience=client, options={})


def wrong_no_audience(token, use, client, issuer):
    """the ID token of another app client"""
    claims = decoded(token, use, client, issuer)
    if claims["token_use"] != use:
        raise jwt.InvalidTokenError
    return claims


def wrong_audience_of_id_tokens_only(token, use, client, issuer):
    """nobody looked at `client_id`"""
    rules = {"audience": client, "options": {}} if use == "id" else {}
    claims = decoded(token, use, client, issuer, **rules)
    if claims["token_use"] != use:
        raise jwt.InvalidTokenError
    return claims


def wrong_no_use(token, use, client, issuer):
    """an access token where an ID token is expected"""
    claims = decoded(token, use, client, issuer)
    if client not in (claims.get("aud"), claims.get("client_id")):
        raise jwt.InvalidAudienceError
    return claims


def wrong_use_of_id_tokens_only(token, use, client, issuer):
    """an ID token where an access token is expected"""
    claims = decoded(token, use, client, issuer)
    if client not in (claims.get("aud"), claims.get("client_id")) or (use, claims["token_use"]) == (
        "id",
        "access",
    ):
        raise jwt.InvalidTokenError
    return claims


def wrong_no_expiry(token, use, client, issuer):
    """You accept a token that expired"""
    claims = decoded(token, use, client, issuer, options={"verify_aud": False, "verify_exp": False})
    if claims["token_use"] != use or client not in (claims.get("aud"), claims.get("client_id")):
        raise jwt.InvalidTokenError
    return claims


def wrong_says_yes(token, use, client, issuer):
    """Return all claims of the IdToken"""
    return bool(verify(token, use, client, issuer))


def wrong_returns_nothing(token, use, client, issuer):
    """Raise an error: a caller who forgets to look"""
    try:
        return verify(token, use, client, issuer)
    except jwt.PyJWTError:
        return None


def wrong_other_errors(token, use, client, issuer):
    """Whoever calls verify waits for PyJWT's errors"""
    try:
        return verify(token, use, client, issuer)
    except jwt.PyJWTError as error:
        raise ValueError from error
