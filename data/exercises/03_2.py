"""Your server uses an app client with a secret. Write `with_hash`: it returns `parameters` with one more member,
`SECRET_HASH`. The server calls it for the `AuthParameters` of a sign-in and for the `ChallengeResponses` of an answer.

    SECRET_HASH = Base64(HMAC-SHA256(key=secret, text=username + client id))
"""

import base64
import hmac

import boto3

from cognito_lab.practice.checks import Mistake, expect, refusal_of

title, core, difficulty, minutes = "The secret hash", False, 2, 5
expected = "three people sign in, and one of them answers a challenge."
hint = """
`hmac.digest(key, text, "sha256")` takes bytes, and returns bytes: `"…".encode()` makes bytes of a string, and
`base64.b64encode(…).decode()` makes a string in Base64 of bytes.
"""
scene = "members"


def with_hash(parameters, client, secret):
    """The `parameters`, which have a `USERNAME`, together with the `SECRET_HASH` for app client `client`."""
    text = parameters["USERNAME"] + client
    digest = hmac.digest(secret.encode(), text.encode(), "sha256")
    return {**parameters, "SECRET_HASH": base64.b64encode(digest).decode()}


def check(answer, scene, lab):
    user_pools = boto3.client("cognito-idp")
    flows = ["ALLOW_USER_PASSWORD_AUTH"]
    made = {"UserPoolId": scene.pool, "ClientName": "server", "ExplicitAuthFlows": flows}
    client = user_pools.create_user_pool_client(**made, GenerateSecret=True)["UserPoolClient"]
    temporary = {"Username": "ines", "Password": "Low-tide-2026!", "Permanent": False}
    user_pools.admin_set_user_password(UserPoolId=scene.pool, **temporary)
    passwords = {"mara": scene.password, "ben": scene.password, "ines": temporary["Password"]}
    app, secret = {"ClientId": client["ClientId"]}, client["ClientSecret"]
    asked = {}

    def call(operation, parameters, **rest):
        given = answer(dict(parameters), client["ClientId"], secret)
        expect(isinstance(given, dict), "with_hash should return a dictionary.")
        missing = sorted(name for name, value in parameters.items() if given.get(name) != value)
        expect(not missing, f"{', '.join(missing)}: not in what with_hash returns, or changed.")
        expect("SECRET_HASH" in given, "What with_hash returns has no SECRET_HASH.")
        expect(isinstance(given["SECRET_HASH"], str), "SECRET_HASH should be a string, not bytes.")
        name = parameters["USERNAME"]
        diagnose(given["SECRET_HASH"], name, client["ClientId"], secret, parameters, passwords)
        key = "AuthParameters" if operation == "initiate_auth" else "ChallengeResponses"
        done = {}
        code = refusal_of(lambda: done.update(getattr(user_pools, operation)(**app, **rest, **{key: given})))
        expect(not code, f"{name} → {code}.")
        return done

    for name, password in passwords.items():
        person = {"USERNAME": name, "PASSWORD": password}
        asked = call("initiate_auth", person, AuthFlow="USER_PASSWORD_AUTH")
    new = {"USERNAME": "ines", "NEW_PASSWORD": "Rock-pools-2026!"}
    challenge = {"ChallengeName": asked["ChallengeName"], "Session": asked["Session"]}
    call("respond_to_auth_challenge", new, **challenge)


def hashed(key, text):
    return hmac.digest(key.encode(), text.encode(), "sha256")


def diagnose(given, name, client, secret, parameters, passwords):
    """The mistakes that people make, told from what they lead to."""
    if given == base64.b64encode(hashed(secret, client + name)).decode():
        raise Mistake("The client id stands first in the text. The order counts.")
    if given.lower() == hashed(secret, name + client).hex():
        raise Mistake("These are hexadecimal digits. The user pool reads Base64.")
    if given == base64.b64encode(hashed(passwords[name], name + client)).decode():
        raise Mistake(
            f"The key is the password of {name}. It should be what the server shares with the pool."
        )
    for other in set(passwords) - {name}:
        if given == base64.b64encode(hashed(secret, other + client)).decode():
            raise Mistake(f"{name} signs in, and the hash is that of {other}.")


def wrong_client_first(parameters, client, secret):
    """The client id stands first"""
    digest = hmac.digest(secret.encode(), (client + parameters["USERNAME"]).encode(), "sha256")
    return {**parameters, "SECRET_HASH": base64.b64encode(digest).decode()}


def wrong_hex(parameters, client, secret):
    """These are hexadecimal digits"""
    digest = hmac.digest(secret.encode(), (parameters["USERNAME"] + client).encode(), "sha256")
    return {**parameters, "SECRET_HASH": digest.hex()}


def wrong_password_as_key(parameters, client, secret):
    """The key is the password"""
    key = parameters.get("PASSWORD", secret)
    digest = hmac.digest(key.encode(), (parameters["USERNAME"] + client).encode(), "sha256")
    return {**parameters, "SECRET_HASH": base64.b64encode(digest).decode()}


def wrong_always_mara(parameters, client, secret):
    """the hash is that of mara"""
    return {**parameters, "SECRET_HASH": with_hash({"USERNAME": "mara"}, client, secret)["SECRET_HASH"]}


def wrong_the_secret_itself(parameters, client, secret):
    """mara → NotAuthorizedException"""
    return {**parameters, "SECRET_HASH": secret}


def wrong_bytes(parameters, client, secret):
    """should be a string"""
    digest = hmac.digest(secret.encode(), (parameters["USERNAME"] + client).encode(), "sha256")
    return {**parameters, "SECRET_HASH": base64.b64encode(digest)}


def wrong_only_the_hash(parameters, client, secret):
    """PASSWORD, USERNAME: not in what with_hash returns"""
    return {"SECRET_HASH": with_hash(parameters, client, secret)["SECRET_HASH"]}
