"""Sign-in at an outside provider: the pool sends the browser there, and checks what it brings back.

The pool is the provider's client: it sends its own state and nonce, redeems the code itself and reads the ID
token. The app sees none of it; it gets the pool's own code in the end.

Source: "Third-party IdP sign-in" and "Authorize endpoint" in the Developer Guide; OpenID Connect Core 1.0,
3.1; RFC 6749, 10.12 (a state is for one browser). Texts of ``error_description`` are AWS's where AWS
prints them: "Google Error - 401 invalid_client", "Timeout occurred in calling IdP token endpoint".
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cognito_lab.aws import constant_time, issuers, jwt_checks, network, oauth, randomness, seams, web
from cognito_lab.aws.errors import AwsError, OutsideTheLab
from cognito_lab.aws.managed_login import authorize, sessions
from cognito_lab.aws.network import Request, Response
from cognito_lab.aws.user_pools import domains, federated, identity_providers
from cognito_lab.aws.user_pools.identity_providers import IdentityProvider
from cognito_lab.aws.user_pools.pools import UserPool

if TYPE_CHECKING:
    from cognito_lab.aws.managed_login.authorize import AuthorizationRequest

SECONDS = 300  # "User pool managed login": a sign-in that takes longer is given up
COOKIE = "csrf-state"
# A SAML provider answers with a form that its own site posts here: SameSite=Lax would keep the cookie back.
SAME_SITE = {"SAML": "None"}


class IdpError(web.OAuthError):
    """What a provider sent does not do; ``message`` goes to the app as ``error_description``."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_request", message)


@dataclass(frozen=True)
class Pending:
    """A sign-in that is at a provider: what the app asked for, the browser's cookie, and until when (seconds
    since 1970)."""

    asked: AuthorizationRequest
    provider: IdentityProvider
    cookie: str
    expires: float


class PendingSignIns(dict[str, Pending]):
    """The sign-ins of a pool that are at a provider, by ``state``."""


def _pending(pool: UserPool) -> PendingSignIns:
    return seams.attached(pool, PendingSignIns)


# -- there -----------------------------------------------------------------------------------------


def begin(request: Request, asked: AuthorizationRequest) -> Response:
    """To the provider that the app asked for by name or identifier.

    Raises
    ------
    OAuthError
        A page of the domain's, and no redirect: the pool does not have it, or the app client does not
        support it.
    """
    provider = asked_for(asked)
    if provider is None or not is_supported(asked, provider):
        raise web.OAuthError("invalid_request", authorize.UNAVAILABLE)
    return BEGIN[provider.type](request, asked, provider)


def asked_for(asked: AuthorizationRequest) -> IdentityProvider | None:
    """The provider that the app named, if the pool has it."""
    pool = asked.client.pool
    if asked.identity_provider:
        return identity_providers.find(pool, asked.identity_provider)
    return identity_providers.by_identifier(pool, asked.idp_identifier or "")


def is_supported(asked: AuthorizationRequest, provider: IdentityProvider) -> bool:
    return provider.name in asked.client.providers


def begin_oidc(request: Request, asked: AuthorizationRequest, provider: IdentityProvider) -> Response:
    """The authorization request of OpenID Connect Core 1.0, 3.1.2.1."""
    try:
        address = provider.endpoint("authorize_url", "authorization_endpoint")
    except UNREACHABLE:
        return authorize.give_up(asked, "invalid_request", f"{provider.name} cannot be reached")
    state, cookie = remember(asked, provider)
    fields = {
        "client_id": provider.details["client_id"], "redirect_uri": callback(request),
        "response_type": "code", "scope": " ".join(provider.scopes),
        "state": state, "nonce": nonce_of(state),
    }  # fmt: skip
    if asked.prompt and set(asked.prompt.split()) <= {"login", "select_account", "consent"}:
        fields["prompt"] = asked.prompt
    if asked.login_hint and provider.type == "OIDC":
        fields["login_hint"] = asked.login_hint
    sent = oauth.back_to(address, fields)
    sent.headers.add("set-cookie", cookie)
    return sent


# How a sign-in begins, by the provider's type; :func:`cognito_lab.aws.register` fills it in.
BEGIN: dict[str, Callable[[Request, AuthorizationRequest, IdentityProvider], Response]] = {}


def callback(request: Request) -> str:
    """The address to register at the provider."""
    return f"https://{request.host}/oauth2/idpresponse"


def remember(asked: AuthorizationRequest, provider: IdentityProvider) -> tuple[str, str]:
    """A ``state`` for a new sign-in at ``provider``, and the ``Set-Cookie`` value for its browser."""
    state, cookie = randomness.text(43), randomness.text(43)
    _pending(asked.client.pool)[state] = Pending(asked, provider, cookie, time.time() + SECONDS)
    return state, sessions.set_cookie(COOKIE, cookie, SECONDS, SAME_SITE.get(provider.type, "Lax"))


def nonce_of(state: str) -> str:
    """The nonce of the sign-in with this ``state``: what the provider signs in the end must name it."""
    return hashlib.sha256(state.encode()).hexdigest()


# -- and back --------------------------------------------------------------------------------------


def recall(request: Request, state: str) -> Pending | None:
    """The sign-in that ``state`` stands for, once: begun at this pool by this browser, and in time."""
    pool = domains.pool_of(request.host)
    found = _pending(pool).get(state) if pool else None
    if pool is None or found is None or not is_this_browsers(request, found) or has_expired(found):
        return None
    if not still_stands(found):
        return None
    return _pending(pool).pop(state)


def is_this_browsers(request: Request, pending: Pending) -> bool:
    """Who has somebody else's browser open the end of a sign-in of their own would sign that person in as
    themselves (RFC 6749, 10.12)."""
    return constant_time.equal(web.cookies(request).get(COOKIE, ""), pending.cookie)


def has_expired(pending: Pending) -> bool:
    return time.time() >= pending.expires


def still_stands(pending: Pending) -> bool:
    """Nobody has taken away the app client, its callback URL or the provider while the person was there."""
    asked, provider = pending.asked, pending.provider
    client = asked.client
    return (
        client.pool.clients.get(client.id) is client
        and asked.redirect_uri in client.callback_urls
        and identity_providers.find(client.pool, provider.name) is provider
        and is_supported(asked, provider)
    )


def check_answered_by(provider: IdentityProvider, fields: Mapping[str, str]) -> None:
    """An answer that says whose it is comes from the provider that was asked (RFC 9207). Otherwise one
    provider could have another's code sent here, and be given it in the token request."""
    issuer = provider.details["oidc_issuer"]
    if fields.get("iss", issuer) != issuer:
        raise IdpError(f"{provider.name} Error - the answer is another issuer's")


def oidc_response(request: Request) -> Response:
    """GET /oauth2/idpresponse: the browser is back from Google or another OpenID Connect provider."""
    fields = web.read_form(request)
    state = fields.get("state", "")
    pending = recall(request, state)
    if pending is None or pending.provider.type not in ("Google", "OIDC"):
        raise web.OAuthError("invalid_request", "This sign-in is unknown, over, or another browser's.")
    asked, provider = pending.asked, pending.provider
    if "error" in fields:
        return authorize.give_up(asked, error_code(fields["error"]), fields.get("error_description", ""))
    try:
        check_answered_by(provider, fields)
        claims = identify(provider, fields.get("code", ""), callback(request), nonce_of(state))
    except IdpError as error:
        raise authorize.refusal(asked, error.code, error.message) from error
    return arrived(request, asked, provider, claims, claims["sub"])


def arrived(
    request: Request,
    asked: AuthorizationRequest,
    provider: IdentityProvider,
    claims: Mapping[str, Any],
    subject: str,
) -> Response:
    """The provider has said who it is, and every check of that passed: into the pool, and back to the app."""
    try:
        user = federated.arrive(asked.client, provider, claims, subject)
    except AwsError as error:
        raise authorize.refusal(asked, "invalid_request", error.message.strip()) from error
    # "Understanding the ID token": where the app sent no nonce, Cognito makes one for a third-party sign-in.
    asked = replace(asked, nonce=asked.nonce or randomness.text(43))
    return authorize.finish(request, asked, user, provider.name, ("fed",))


def error_code(given: str) -> str:
    """The provider's error code, if it is one (RFC 6749, 4.1.2.1); it is the app's to read."""
    return given if re.fullmatch(r"[a-z_]{1,60}", given) else "invalid_request"


# -- what the provider says ------------------------------------------------------------------------

# A host that does not answer, is not played here, or answers something else than it should.
UNREACHABLE = (issuers.NoKey, OSError, OutsideTheLab, ValueError, TypeError, KeyError, AttributeError)


def identify(provider: IdentityProvider, code: str, redirect_uri: str, nonce: str) -> dict[str, Any]:
    """Who signed in, as the provider says: its claims, and under their names its tokens, for who maps them.

    Raises
    ------
    IdpError
        The provider does not answer, refuses the code, or says what cannot be believed.
    """
    given = redeem(provider, code, redirect_uri)
    claims = read_id_token(provider, given.get("id_token"))
    for check in (check_issuer, check_audience, check_expiry, check_subject):
        check(provider, claims)
    check_nonce(provider, claims, nonce)
    more = user_info(provider, given, claims["sub"]) if provider.type == "OIDC" else {}
    own = ("access_token",) if provider.type == "Google" else ("access_token", "id_token")
    return {**claims, **more, **{name: given[name] for name in own if name in given}}


def redeem(provider: IdentityProvider, code: str, redirect_uri: str) -> dict[str, Any]:
    """The token request (OpenID Connect Core 1.0, 3.1.3.1), made by the pool: only it knows the secret."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    fields |= {name: provider.details[name] for name in ("client_id", "client_secret")}
    headers = {"content-type": "application/x-www-form-urlencoded", "user-agent": "Amazon/Cognito"}
    try:
        address = provider.endpoint("token_url", "token_endpoint")
        answer = network.fetch("cognito-idp", "POST", address, headers, urlencode(fields).encode())
    except UNREACHABLE:
        raise IdpError("Timeout occurred in calling IdP token endpoint") from None
    found = _json_object(answer)
    if answer.status != 200 or not found:
        code = error_code(str(found["error"])) if found.get("error") else "error getting token"
        raise IdpError(f"{provider.name} Error - {answer.status} {code}")
    return found


def _json_object(answer: Response) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def read_id_token(provider: IdentityProvider, token: Any) -> dict[str, Any]:
    """The claims of an ID token, signed with RS256 by a key that the provider publishes."""
    try:
        _, claims = jwt_checks.read(token)
        check_signature(provider, token)
    except (issuers.BadSignature, *UNREACHABLE):
        raise IdpError(f"Invalid ID token from {provider.name}: signature") from None
    return claims


def check_signature(provider: IdentityProvider, token: str) -> None:
    issuers.check_signature("cognito-idp", token, provider.endpoint("jwks_uri", "jwks_uri"), ("RS256",))


def check_issuer(provider: IdentityProvider, claims: Mapping[str, Any]) -> None:
    """Letter for letter; Google's may also stand without its scheme ("OpenID Connect", Google)."""
    known = {provider.details["oidc_issuer"]}
    if provider.type == "Google":
        known.add("accounts.google.com")
    _refuse_unless(claims.get("iss") in known, provider, "issuer")


def check_audience(provider: IdentityProvider, claims: Mapping[str, Any]) -> None:
    """Made for this pool's client there, not for another app of the same provider."""
    audience, own = claims.get("aud"), provider.details["client_id"]
    several = isinstance(audience, list) and len(audience) > 1
    for_us = own == audience or (isinstance(audience, list) and own in audience)
    _refuse_unless(for_us and claims.get("azp", None if several else own) == own, provider, "audience")


def check_expiry(provider: IdentityProvider, claims: Mapping[str, Any]) -> None:
    _refuse_unless(not jwt_checks.has_ended(claims), provider, "expired")


def check_subject(provider: IdentityProvider, claims: Mapping[str, Any]) -> None:
    subject = claims.get("sub")
    _refuse_unless(isinstance(subject, str) and 0 < len(subject) <= 255, provider, "sub")


def check_nonce(provider: IdentityProvider, claims: Mapping[str, Any], nonce: str) -> None:
    """Made for this very sign-in: a code that was caught in another one brings another nonce."""
    _refuse_unless(claims.get("nonce") == nonce, provider, "nonce")


def _refuse_unless(right: bool, provider: IdentityProvider, what: str) -> None:
    if not right:
        raise IdpError(f"Invalid ID token from {provider.name}: {what}")


def user_info(provider: IdentityProvider, given: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """What the provider's userInfo endpoint adds. (For Google, AWS asks the People API; here the ID token,
    which says the same for the scopes email and profile, is enough.)"""
    headers = {"authorization": f"Bearer {given.get('access_token')}", "user-agent": "Amazon/Cognito"}
    try:
        address = provider.endpoint("attributes_url", "userinfo_endpoint")
    except UNREACHABLE:  # it has none
        return {}
    try:
        answer = network.fetch("cognito-idp", provider.details["attributes_request_method"], address, headers)
    except UNREACHABLE:
        raise IdpError(f"{provider.name} Error - error getting attributes") from None
    found = _json_object(answer)
    if answer.status != 200:
        raise IdpError(f"{provider.name} Error - {answer.status} error getting attributes")
    check_same_person(provider, found, subject)
    return found


def check_same_person(provider: IdentityProvider, found: Mapping[str, Any], subject: str) -> None:
    """OpenID Connect Core 1.0, 5.3.2: otherwise the claims of one person go to another's profile."""
    _refuse_unless(found.get("sub") == subject, provider, "sub of userInfo")
