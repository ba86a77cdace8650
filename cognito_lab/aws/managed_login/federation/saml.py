"""Sign-in by SAML 2.0: the user pool as the service that a university's sign-in tells who somebody is.

The pool sends the browser to the provider with a request, and the browser brings back a signed answer;
:mod:`cognito_lab.aws.saml_assertions` says what of that is believed. Not played: encrypted assertions, signed
requests and single logout.

Sources: OASIS, "Bindings for SAML V2.0", 3.4 and 3.5; Cognito Developer Guide, "SAML session initiation in
Amazon Cognito user pools", "The IdP SAML assertion endpoint".
"""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import parse_qsl

from cognito_lab.aws import saml_assertions
from cognito_lab.aws.managed_login.federation import pending
from cognito_lab.aws.managed_login.oauth import requests
from cognito_lab.aws.managed_login.oauth.requests import AuthorizationRequest
from cognito_lab.aws.saml_assertions import Expected
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.aws.user_pools.settings import saml_metadata
from cognito_lab.aws.user_pools.settings.identity_providers import IdentityProvider
from cognito_lab.errors import OutsideTheLab
from cognito_lab.network.forms import OAuthError, read_form
from cognito_lab.network.messages import Request, Response
from cognito_lab.protocols import oauth, saml_documents
from cognito_lab.protocols.saml_documents import SamlError, element

UNKNOWN = "Invalid samlResponse or relayState from identity provider"  # AWS's text


def entity_id(pool: UserPool) -> str:
    """The pool's name at SAML providers, and the audience of what they say to it."""
    return f"urn:amazon:cognito:sp:{pool.id}"


def callback(request: Request) -> str:
    """The assertion consumer service URL, to register at the provider."""
    return f"https://{request.host}/saml2/idpresponse"


def request_id(state: str) -> str:
    """The ID of the request that goes out with ``state``; an XML id begins with no digit."""
    return f"_{pending.nonce_of(state)}"


def start_saml(request: Request, asked: AuthorizationRequest, provider: IdentityProvider) -> Response:
    """To the provider, with a request for authentication (HTTP Redirect binding)."""
    try:
        address = saml_metadata.metadata_of(provider.details).sign_in_url
    except SamlError as error:
        return requests.redirect_with_error(asked, "server_error", error.message)
    state, cookie = pending.store_pending(asked, provider)
    about = {"ID": request_id(state), "Version": "2.0", "IssueInstant": saml_documents.instant(time.time())}
    about |= {"Destination": address, "ProtocolBinding": saml_documents.POST}
    about |= {"AssertionConsumerServiceURL": callback(request)}
    issuer = element("saml:Issuer", None, entity_id(asked.client.pool))
    document = saml_documents.serialise(element("samlp:AuthnRequest", about, issuer))
    sent = oauth.back_to(address, {"SAMLRequest": saml_documents.deflate(document), "RelayState": state})
    sent.headers.add("set-cookie", cookie)
    return sent


def idp_response(request: Request) -> Response:
    """POST /saml2/idpresponse: the provider's answer, brought by the browser."""
    fields = read_form(request)
    asked, provider, answered = answered_request(request, fields.get("RelayState", ""))
    try:
        metadata = saml_metadata.metadata_of(provider.details)
        expected = Expected(metadata, (entity_id(asked.client.pool),), callback(request), answered)
        assertion = saml_assertions.verify_response(
            saml_documents.decode(fields.get("SAMLResponse", "")), expected
        )
        saml_assertions.use_once(assertion, expected)
        subject = saml_assertions.subject_of(assertion)
    except SamlError as error:
        said = f"Invalid SAML response received: {error.message}"
        raise requests.refusal(asked, "server_error", said) from error
    parts = {"samlResponse": saml_assertions.attributes_of(assertion)}
    return pending.complete_federated_sign_in(request, asked, provider, parts, subject)


def answered_request(
    request: Request, relay_state: str
) -> tuple[AuthorizationRequest, IdentityProvider, str | None]:
    """What the app asked for, the provider, and the ID of the request that is answered.

    None where nobody asked: somebody came from the provider's side, and the RelayState is the query that the
    app would have sent.

    Raises:
        OAuthError: Nothing of that kind, or nothing of this browser.
        RedirectError: What the app would have been told.
    """
    found = pending.take_pending(request, relay_state)
    if found is not None and found.provider.type == "SAML":
        return found.asked, found.provider, request_id(relay_state)
    if "client_id" in dict(parse_qsl(relay_state)):
        asked = requests.parse_authorization_request(
            replace(request, url=f"https://{request.host}/oauth2/authorize?{relay_state}")
        )
        provider = pending.requested_provider(asked)
        if provider and may_begin(provider) and pending.is_supported(asked, provider):
            return asked, provider, None
    raise OAuthError("invalid_request", UNKNOWN)


def may_begin(provider: IdentityProvider) -> bool:
    """Whether people may come from this provider unasked. Not by default: nothing ties what they bring to a
    browser, so that anybody can sign somebody else's in as themselves."""
    return provider.details.get("IDPInit", "").lower() == "true"  # which only SAML has


def log_out(request: Request) -> Response:
    """Single logout."""
    raise OutsideTheLab("Single logout by SAML is not played by this lab (AWS has it).")
