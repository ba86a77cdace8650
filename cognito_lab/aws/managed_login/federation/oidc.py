"""Sign-in at an outside provider: the pool sends the browser there, and checks what it brings back.

The pool is the provider's client: it sends its own state and nonce, redeems the code itself and reads the ID
token, or asks with the access token where there is no ID token (Facebook, Amazon). Which of it a provider has
is in its details. The app sees none of it; it gets the pool's own code in the end.

Source: "Third-party IdP sign-in" and "Authorize endpoint" in the Developer Guide; OpenID Connect Core 1.0,
3.1; RFC 6749, 10.12 (a state is for one browser); Apple, "Creating a client secret". Texts of
``error_description`` are AWS's where AWS prints them: "Google Error - 401 invalid_client", "Timeout occurred
in calling IdP token endpoint".
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import jwt

from cognito_lab.aws import jwt_issuers
from cognito_lab.aws.managed_login.federation import pending
from cognito_lab.aws.managed_login.oauth import requests
from cognito_lab.aws.managed_login.oauth.requests import AuthorizationRequest
from cognito_lab.aws.user_pools.settings.identity_providers import IdentityProvider
from cognito_lab.aws.user_pools.triggers.inbound_federation import Parts
from cognito_lab.errors import OutsideTheLab
from cognito_lab.network import forms, hosts
from cognito_lab.network.messages import Request, Response
from cognito_lab.protocols import json_texts, jwt_checks, oauth


class IdpError(forms.OAuthError):
    """What a provider sent does not do; ``message`` goes to the app as ``error_description``."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_request", message)


# -- there -----------------------------------------------------------------------------------------


def start_oidc(request: Request, asked: AuthorizationRequest, provider: IdentityProvider) -> Response:
    """The authorization request of OpenID Connect Core 1.0, 3.1.2.1."""
    try:
        address = provider.endpoint("authorize_url", "authorization_endpoint")
    except UNREACHABLE:
        return requests.redirect_with_error(asked, "invalid_request", f"{provider.name} cannot be reached")
    state, cookie = pending.store_pending(asked, provider)
    fields = {
        "client_id": provider.details["client_id"], "redirect_uri": callback(request),
        "response_type": "code", "scope": " ".join(provider.scopes),
        "state": state, "nonce": pending.nonce_of(state),
    }  # fmt: skip
    if provider.type == "SignInWithApple":  # which says an address and a name in no other way
        fields["response_mode"] = "form_post"
    if asked.prompt and set(asked.prompt.split()) <= {"login", "select_account", "consent"}:
        fields["prompt"] = asked.prompt
    if asked.login_hint and provider.type == "OIDC":
        fields["login_hint"] = asked.login_hint
    sent = oauth.back_to(address, fields)
    sent.headers.add("set-cookie", cookie)
    return sent


def callback(request: Request) -> str:
    """The address to register at the provider."""
    return f"https://{request.host}/oauth2/idpresponse"


# -- and back --------------------------------------------------------------------------------------


def check_answered_by(provider: IdentityProvider, fields: Mapping[str, str]) -> None:
    """An answer that says whose it is comes from the provider that was asked (RFC 9207). Otherwise one
    provider could have another's code sent here, and be given it in the token request."""
    issuer = provider.details.get("oidc_issuer")
    if fields.get("iss", issuer) != issuer:
        raise IdpError(f"{provider.name} Error - the answer is another issuer's")


def oidc_response(request: Request) -> Response:
    """/oauth2/idpresponse: the browser is back from a social or an OpenID Connect provider."""
    fields = forms.read_form(request)
    state = fields.get("state", "")
    found = pending.take_pending(request, state)
    if found is None or found.provider.type == "SAML":
        raise forms.OAuthError("invalid_request", "This sign-in is unknown, over, or another browser's.")
    asked, provider = found.asked, found.provider
    if "error" in fields:
        return requests.redirect_with_error(
            asked, error_code(fields["error"]), fields.get("error_description", "")
        )
    try:
        check_answered_by(provider, fields)
        parts = identify(provider, fields.get("code", ""), callback(request), pending.nonce_of(state))
    except IdpError as error:
        raise requests.refusal(asked, error.code, error.message) from error
    subject = (parts["idToken"] or parts["userInfo"])[provider.subject]
    if provider.type == "SignInWithApple":
        parts = {**parts, "userInfo": name_from_form(fields)}
    return pending.complete_federated_sign_in(request, asked, provider, parts, subject)


def name_from_form(fields: Mapping[str, str]) -> dict[str, str]:
    """The name that Apple has the browser bring, the first time. Whoever signs in may have written it, so
    nothing else is read: the address is in the ID token."""
    try:
        told = json_texts.read(fields.get("user", "{}"))["name"]
        names = {part: str(told[part]) for part in ("firstName", "lastName")}
    except (ValueError, TypeError, KeyError):
        return {}
    return {**names, "name": " ".join(names.values())}


def error_code(given: str) -> str:
    """The provider's error code, if it is one (RFC 6749, 4.1.2.1); it is the app's to read."""
    return given if re.fullmatch(r"[a-z_]{1,60}", given) else "invalid_request"


# -- what the provider says ------------------------------------------------------------------------

# A host that does not answer, is not played here, or answers something else than it should.
UNREACHABLE = (jwt_issuers.NoKey, OSError, OutsideTheLab, ValueError, TypeError, KeyError, AttributeError)


def identify(provider: IdentityProvider, code: str, redirect_uri: str, nonce: str) -> Parts:
    """Who signed in, as the provider says: in its ID token, at its userInfo, and by its tokens themselves.

    Raises:
        IdpError: The provider does not answer, refuses the code, or says what cannot be believed.
    """
    given, claims = redeem(provider, code, redirect_uri), {}
    if "oidc_issuer" in provider.details:
        claims = read_id_token(provider, given.get("id_token"))
        for check in (check_issuer, check_audience, check_expiry, check_subject):
            check(provider, claims)
        check_nonce(provider, claims, nonce)
    asks = provider.type == "OIDC" or not claims
    more = user_info(provider, given, claims.get("sub")) if asks else {}
    own = ("access_token", "id_token") if provider.type == "OIDC" else ("access_token",)
    tokens = {name: given[name] for name in own if name in given}
    return {"idToken": claims, "userInfo": more, "tokenResponse": tokens}


def redeem(provider: IdentityProvider, code: str, redirect_uri: str) -> dict[str, Any]:
    """The token request (OpenID Connect Core 1.0, 3.1.3.1), made by the pool: only it knows the secret."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    fields |= {"client_id": provider.details["client_id"], "client_secret": client_secret(provider)}
    method, body = provider.details.get("token_request_method", "POST"), urlencode(fields)
    headers = {"content-type": "application/x-www-form-urlencoded", "user-agent": "Amazon/Cognito"}
    try:
        address = provider.endpoint("token_url", "token_endpoint")
        if method == "GET":
            address, body = f"{address}?{body}", ""
        answer = hosts.fetch("cognito-idp", method, address, headers, body.encode())
    except UNREACHABLE:
        raise IdpError("Timeout occurred in calling IdP token endpoint") from None
    found = _json_object(answer)
    if answer.status != 200 or not found:
        code = error_code(str(found["error"])) if found.get("error") else "error getting token"
        raise IdpError(f"{provider.name} Error - {answer.status} {code}")
    return found


def client_secret(provider: IdentityProvider) -> str:
    """What the provider gave the app; for Apple, a JWT that the app's private key signs now."""
    details = provider.details
    if "private_key" not in details:
        return details["client_secret"]
    key, now = details["private_key"], int(time.time())
    pem = key if "-----" in key else f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----"
    claims = {"iss": details["team_id"], "sub": details["client_id"], "aud": details["oidc_issuer"]}
    try:
        return jwt.encode(
            claims | {"iat": now, "exp": now + 300}, pem, "ES256", headers={"kid": details["key_id"]}
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        raise IdpError(f"{provider.name} Error - the private key cannot be read") from None


def _json_object(answer: Response) -> dict[str, Any]:
    try:
        found = json_texts.read(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def read_id_token(provider: IdentityProvider, token: Any) -> dict[str, Any]:
    """The claims of an ID token, signed with RS256 by a key that the provider publishes."""
    try:
        _, claims = jwt_checks.decode_unverified(token)
        check_signature(provider, token)
    except (jwt_issuers.BadSignature, *UNREACHABLE):
        raise IdpError(f"Invalid ID token from {provider.name}: signature") from None
    return claims


def check_signature(provider: IdentityProvider, token: str) -> None:
    jwt_issuers.check_signature("cognito-idp", token, provider.endpoint("jwks_uri", "jwks_uri"), ("RS256",))


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


def user_info(provider: IdentityProvider, given: Mapping[str, Any], subject: str | None) -> dict[str, Any]:
    """What the provider's userInfo endpoint adds to the ID token, or says where there is none. Facebook's
    says what the address names. (For Google, AWS asks the People API; here the ID token, which says the same
    for the scopes email and profile, is enough.)"""
    headers = {"authorization": f"Bearer {given.get('access_token')}", "user-agent": "Amazon/Cognito"}
    try:
        address = provider.endpoint("attributes_url", "userinfo_endpoint")
    except UNREACHABLE:  # it has none
        return {}
    if provider.details.get("attributes_url_add_attributes") == "true":
        address += quote(",".join(dict.fromkeys(provider.mapping.values())))
    try:
        method = provider.details.get("attributes_request_method", "GET")
        answer = hosts.fetch("cognito-idp", method, address, headers)
    except UNREACHABLE:
        raise IdpError(f"{provider.name} Error - error getting attributes") from None
    found = _json_object(answer)
    if answer.status != 200:
        raise IdpError(f"{provider.name} Error - {answer.status} error getting attributes")
    check_same_person(provider, found, subject)
    return found


def check_same_person(provider: IdentityProvider, found: Mapping[str, Any], subject: str | None) -> None:
    """OpenID Connect Core 1.0, 5.3.2: otherwise the claims of one person go to another's profile. Without an
    ID token there must be somebody."""
    told = found.get(provider.subject)
    right = told == subject if subject else isinstance(told, str) and 0 < len(told) <= 255
    _refuse_unless(right, provider, f"{provider.subject} of userInfo")
