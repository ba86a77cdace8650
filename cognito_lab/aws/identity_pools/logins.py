"""Is this login genuine, and meant for this identity pool?

Source: Cognito guide, "Identity pools authentication flow".

A login is a pair from the ``Logins`` map: a key that names the provider, and the provider's token.
The key is looked up in :data:`PROVIDERS`, and then the token passes the checks of :func:`verified_login`
one after the other. It is checked at every call: an identity that had credentials once needs a
fresh token to have them again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cognito_lab.aws import jwt_issuers, moto_patches, opaque_tokens, saml_assertions
from cognito_lab.aws.api.operations import Call
from cognito_lab.aws.iam import identity_providers
from cognito_lab.aws.iam.identity_providers import SAML_PROVIDER
from cognito_lab.aws.identity_pools import pools
from cognito_lab.aws.identity_pools.pools import (
    POOLS_HOST,
    PUBLIC_PROVIDERS,
    USER_POOL_PROVIDER,
    IdentityPool,
    providers_of,
)
from cognito_lab.errors import AwsError, OutsideTheLab, invalid
from cognito_lab.network import exchanges
from cognito_lab.protocols import jwt_checks
from cognito_lab.protocols.saml_documents import SamlError

GOOGLE = "accounts.google.com"
NAME_ID = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"  # the claim with the NameID


@dataclass(frozen=True)
class Login:
    """A login that was found genuine.

    ``key`` is the provider's key in ``Logins``, ``source`` what the ``amr`` claim calls the provider's
    own sign-in, ``claims`` what the token says.
    """

    key: str
    source: str
    claims: dict[str, Any]

    @property
    def subject(self) -> str:
        return str(self.claims["sub"])

    @property
    def client(self) -> str:
        """The app client that the token was made for."""
        return jwt_checks.audiences(self.claims)[0]


@dataclass(frozen=True)
class Provider:
    """A kind of login provider: a row of the table."""

    key: re.Pattern[str]  # what its keys look like
    clients: Callable[[IdentityPool, str], list[str]]  # audiences a pool has configured; none: not configured
    keys_address: Callable[[str], str] | None  # where its signing keys are published; None: it has none
    token_use: str | None = None  # what the claim of this name must say
    wrong_token: str = "Not a valid OpenId Connect identity token."  # AWS's words for a token of another kind
    source: str | None = None  # Login.source, where that is not the key
    algorithm: str = "RS256"


def _user_pool_clients(pool: IdentityPool, key: str) -> list[str]:
    return [row["ClientId"] for row in pool.clients_of(key)]


def _public_clients(pool: IdentityPool, key: str) -> list[str]:
    client = pool.settings.get("SupportedLoginProviders", {}).get(key)
    return [client] if client else []


def _public_and_registered_clients(pool: IdentityPool, key: str) -> list[str]:
    """Who has several clients at Google or Apple registers it in IAM, too (Cognito guide, "Setting up Google
    as an identity pool IdP")."""
    return [*_public_clients(pool, key), *_registered_clients(pool, key)]


def _registered_clients(pool: IdentityPool, key: str) -> list[str]:
    """Audiences of an OIDC provider that is registered in IAM and listed in the pool."""
    arn = pools.oidc_arn(key)
    registered = moto_patches.iam().open_id_providers.get(arn)
    listed = arn in pool.settings.get("OpenIdConnectProviderARNs", [])
    return list(registered.client_id_list) if listed and registered else []


def _developers_pool(pool: IdentityPool, key: str) -> list[str]:
    return [pool.id] if pool.developer_provider else []


def _user_pool_keys(key: str) -> str:
    return f"https://{key}/.well-known/jwks.json"


def _discovered_keys(key: str) -> str:
    return jwt_issuers.keys_address("cognito-identity", f"https://{key}")


PROVIDERS = {
    "user pool": Provider(
        USER_POOL_PROVIDER, _user_pool_clients, _user_pool_keys, "id", "Not a Cognito token.", "CognitoSignIn"
    ),
    "Google": Provider(re.compile(re.escape(GOOGLE)), _public_and_registered_clients, _discovered_keys),
    "Apple": Provider(re.compile(r"appleid\.apple\.com"), _public_and_registered_clients, _discovered_keys),
    "developer": Provider(
        re.compile(re.escape(POOLS_HOST)), _developers_pool, _discovered_keys, algorithm="RS512"
    ),
    "opaque": Provider(re.compile("|".join(map(re.escape, opaque_tokens.ISSUERS))), _public_clients, None),
    "not played": Provider(re.compile("|".join(map(re.escape, PUBLIC_PROVIDERS))), _public_clients, None),
    "OIDC": Provider(re.compile(r"[\w.-]+(?:/[\w./-]*)?"), _registered_clients, _discovered_keys),
}


def all_verified(pool: IdentityPool, call: Call) -> list[Login]:
    """The logins of a call, every one of them checked; empty for a guest."""
    given = call.get("Logins", {})
    if given:
        check_has_providers(pool)
    return [verified_login(pool, key, token) for key, token in given.items()]


def check_has_providers(pool: IdentityPool) -> None:
    """A pool that lists no provider takes no login (measured)."""
    if not (providers_of(pool) or pool.developer_provider):
        raise refusal(
            "Logins don't match. Please include at least one valid login for this identity or identity pool."
        )


def verified_login(pool: IdentityPool, key: str, token: str) -> Login:
    """The login that ``token`` proves.

    Raises ``InvalidParameterException`` for a key that names no provider, and ``NotAuthorizedException``
    for a provider that is not configured and for every fault of the token.
    """
    if SAML_PROVIDER.fullmatch(key):
        return saml_login(pool, key, token)
    provider = provider_of_key(pool, key)
    if provider.keys_address is None:
        return looked_up_login(provider, pool, key, token)
    claims = unverified_claims(provider, token)
    check_issuer(key, claims)
    check_configured(provider, pool, key)
    check_signature(provider, key, token)
    check_token_use(provider, claims)
    check_claims(claims)
    check_expiry(claims)
    check_audience(provider, pool, key, claims)
    check_not_signed_out(pool, key, claims)
    return developer_login(pool, claims) if key == POOLS_HOST else Login(key, provider.source or key, claims)


def looked_up_login(provider: Provider, pool: IdentityPool, key: str, token: str) -> Login:
    """The login of an opaque token, as its provider tells it now.

    Raises ``ExternalServiceException`` where the provider does not answer.
    """
    check_configured(provider, pool, key)
    if key not in opaque_tokens.ISSUERS:
        raise OutsideTheLab(f"Logins of {key} are not played by this lab (AWS has them): nothing was done.")
    claims = check_known_to_provider(key, token)
    check_app(provider, pool, key, claims)
    return Login(key, key, claims)


def check_known_to_provider(key: str, token: str) -> dict[str, Any]:
    """What the provider says of an access token now: since the last call it may have been withdrawn."""
    try:
        return opaque_tokens.look_up("cognito-identity", key, token)
    except opaque_tokens.NotValid:
        raise refusal("Invalid login token.") from None
    except opaque_tokens.NoAnswer:
        raise AwsError("ExternalServiceException", f"{key} does not respond.") from None


def check_app(provider: Provider, pool: IdentityPool, key: str, claims: dict[str, Any]) -> None:
    """The token was made for the app that this pool lists: of Amazon's, it lists the security profile."""
    app, allowed = claims[opaque_tokens.ISSUERS[key].app], provider.clients(pool, key)
    if app not in allowed:
        raise refusal("Token is not from a supported provider of this identity pool.")


def saml_login(pool: IdentityPool, key: str, response: str) -> Login:
    """The login that a SAML response (base64) proves: for AWS, by the metadata that IAM has at this moment.

    Its claims are the attributes of the assertion, and ``cognito:roles`` the roles that it names.

    Raises:
        AwsError: ``NotAuthorizedException``: the provider is not listed in the pool or not registered in IAM,
            or the response is not believed. AWS publishes none of the texts.
    """
    provider = identity_providers.saml_provider(key)
    check_saml_configured(pool, key, provider)
    try:
        assertion = identity_providers.verified_assertion(provider, response)
        subject = saml_assertions.subject_of(assertion)
    except SamlError as error:
        raise refusal(f"Invalid login token. {error.message}") from error
    told = saml_assertions.values_of(assertion).items()
    claims: dict[str, Any] = {name: values[0] if len(values) == 1 else values for name, values in told}
    claims |= {"iss": saml_assertions.issuer_of(assertion), "aud": identity_providers.SAML_ENDPOINT}
    claims |= {"sub": subject, NAME_ID: subject, "cognito:roles": identity_providers.roles_in(assertion, key)}
    claims.pop("cognito:preferred_role", None)  # which only a user pool says
    return Login(key, key, claims)


def check_saml_configured(pool: IdentityPool, key: str, provider: Any) -> None:
    if provider is None or key not in pool.settings.get("SamlProviderARNs", []):
        raise refusal("Token is not from a supported provider of this identity pool.")


def developer_login(pool: IdentityPool, claims: dict[str, Any]) -> Login:
    """The user of the developer's for whom a token of ``GetOpenIdTokenForDeveloperIdentity`` was made.

    Raises ``NotAuthorizedException`` where the token names no such user, or the user has been unlinked from
    the token's identity since: AWS does not say what it does then.
    """
    name = str(pool.developer_provider)
    start = f"{name}:{pool.id}:"
    user = next((text.removeprefix(start) for text in claims["amr"] if text.startswith(start)), "")
    owner = pool.owners.get((name, user))
    if owner is None or claims["sub"] not in {owner.id, *owner.absorbed}:
        raise refusal(f"Access to Identity '{claims['sub']}' is forbidden.")
    return Login(name, pool.id, {**claims, "sub": user})


def provider_of_key(pool: IdentityPool, key: str) -> Provider:
    """The row for a key. A scheme in front is no other provider: its issuer will not match."""
    name = key.removeprefix("https://")
    for kind, provider in PROVIDERS.items():
        if provider.key.fullmatch(name) and (kind != "OIDC" or provider.clients(pool, name)):
            return provider
    raise invalid("Please provide a valid public provider")


def unverified_claims(provider: Provider, token: str) -> dict[str, Any]:
    """The claims, not yet believed."""
    try:
        return jwt_checks.decode_unverified(token)[1]
    except jwt_checks.NotAToken:
        raise refusal(f"Invalid login token. {provider.wrong_token}") from None


def check_issuer(key: str, claims: dict[str, Any]) -> None:
    """The issuer is the key with ``https://`` before it; Google's may also stand without."""
    pool = USER_POOL_PROVIDER.fullmatch(key)
    name = jwt_issuers.of_user_pool(pool[1], pool[2]).removeprefix("https://") if pool else key
    if "iss" in claims and str(claims["iss"]).removeprefix("https://") != name:
        raise refusal("Invalid login token. Issuer doesn't match providerName")


def check_configured(provider: Provider, pool: IdentityPool, key: str) -> None:
    """Nothing is fetched from a provider that the pool does not list."""
    if not provider.clients(pool, key):
        raise refusal("Token is not from a supported provider of this identity pool.")


def check_signature(provider: Provider, key: str, token: str) -> None:
    assert provider.keys_address is not None, "opaque tokens are looked up"
    try:
        jwt_issuers.check_signature(
            "cognito-identity", token, provider.keys_address(key), (provider.algorithm,)
        )
    except (jwt_issuers.NoKey, jwt_issuers.BadSignature):
        raise refusal("Invalid login token. Couldn't verify signed token.") from None


def check_token_use(provider: Provider, claims: dict[str, Any]) -> None:
    """Of a user pool's tokens only the ID token is a login; the access token is for calling the pool."""
    if provider.token_use and claims.get("token_use") != provider.token_use:
        raise refusal(f"Invalid login token. {provider.wrong_token}")


def check_claims(claims: dict[str, Any]) -> None:
    if name := jwt_checks.missing(claims, ("iss", "sub", "aud", "exp")):
        raise refusal(f"Invalid login token. Missing a required claim: {name}")


def check_expiry(claims: dict[str, Any]) -> None:
    if jwt_checks.has_ended(claims):
        now = int(time.time())
        raise refusal(f"Invalid login token. Token expired: {now} >= {claims['exp']}")


def check_audience(provider: Provider, pool: IdentityPool, key: str, claims: dict[str, Any]) -> None:
    """The token was made for an app client that this pool lets in."""
    allowed = provider.clients(pool, key)
    if not jwt_checks.is_for_any(claims, allowed):
        raise refusal("Token is not from a supported provider of this identity pool.")


def check_not_signed_out(pool: IdentityPool, key: str, claims: dict[str, Any]) -> None:
    """With ``ServerSideTokenCheck`` the user pool is asked whether the user is still there and signed in."""
    rows = [row for row in pool.clients_of(key) if row["ClientId"] in jwt_checks.audiences(claims)]
    if not any(row.get("ServerSideTokenCheck") for row in rows):
        return
    from cognito_lab.aws.user_pools.tokens import checking

    with exchanges.internal_call(
        "cognito-identity", "cognito-idp", "ServerSideTokenCheck", sub=claims["sub"]
    ) as inner:
        inner.answer = {"SignedOut": checking.is_signed_out(claims)}
    if inner.answer["SignedOut"]:
        raise refusal("Invalid login token. Token has been revoked.")


def refusal(text: str) -> AwsError:
    return AwsError("NotAuthorizedException", text)
