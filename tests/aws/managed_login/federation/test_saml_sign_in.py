"""Sign-in by SAML, from the app's request to the pool's tokens: the pool's half and the university's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from support.managed_login import CALLBACK, DOMAIN, Pages, fields_of
from support.user_pools import mapping, read, refused

from cognito_lab import Browser, Lab, OutsideTheLab
from cognito_lab.aws import saml_assertions
from cognito_lab.aws.managed_login.federation import pending as federation_pending
from cognito_lab.aws.managed_login.federation import saml as endpoint
from cognito_lab.network import exchanges
from cognito_lab.network.exchanges import Exchange
from cognito_lab.network.forms import OAuthError
from cognito_lab.network.messages import Headers, Response
from cognito_lab.protocols import saml_documents
from cognito_lab.providers import university as provider
from cognito_lab.served import browser_rules

AIKO = "aiko@northshore.example"
ACS = f"{DOMAIN}/saml2/idpresponse"
MAPPED = {"email": "mail", "name": "displayName", "custom:standing": "eduPersonAffiliation"}
URL = {"MetadataURL": provider.METADATA_URL}


class Place(Pages):
    """A pool that trusts the university, and an app client that lets people come from there."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.university = lab.university
        standing = {"Name": "standing", "AttributeDataType": "String", "Mutable": True}
        self.idp.add_custom_attributes(UserPoolId=self.pool, CustomAttributes=[standing])
        may = {"SupportedIdentityProviders": ["COGNITO"], "WriteAttributes": [*MAPPED]}
        self.client = self.oauth_client(**may)["ClientId"]
        self.entity_id = f"urn:amazon:cognito:sp:{self.pool}"
        self.university.register_service(self.entity_id, ACS)

    def connect(self, name: str = "NorthShore", **details: str) -> dict[str, Any]:
        made = self.idp.create_identity_provider(
            UserPoolId=self.pool, ProviderName=name, ProviderType="SAML", ProviderDetails=details or URL,
            AttributeMapping=MAPPED,
        )["IdentityProvider"]  # fmt: skip
        self.idp.update_user_pool_client(**self.settings_with(name))
        return made

    def settings_with(self, name: str) -> dict[str, Any]:
        found = self.idp.describe_user_pool_client(UserPoolId=self.pool, ClientId=self.client)
        kept = dict(found["UserPoolClient"])
        del kept["CreationDate"], kept["LastModifiedDate"]
        return kept | {"SupportedIdentityProviders": ["COGNITO", name]}

    def sent(self, **more: str) -> str:
        """Where the pool sends the browser of somebody who is to come from the university."""
        return self.authorize(**{"identity_provider": "NorthShore", "scope": "openid email profile", **more})

    def post(self, fields: dict[str, str], browser: requests.Session | None = None) -> requests.Response:
        return (browser or self.browser).post(ACS, data=fields, allow_redirects=False)

    def back_with(self, **more: Any) -> dict[str, str]:
        """What the app gets in the end, of an answer made by hand."""
        acs, fields = self.university.answer_by_hand(self.sent(), AIKO, **more)
        assert acs == ACS
        answer = self.post(fields)
        assert answer.status_code == 302 and answer.headers["location"].startswith(CALLBACK), answer.text
        return fields_of(answer.headers["location"])


@pytest.fixture
def place() -> Iterator[Place]:
    with Lab.start() as lab:
        yield Place(lab)


@pytest.fixture
def it(place: Place) -> Place:
    place.connect()
    return place


def refused_with(found: dict[str, str], text: str) -> None:
    assert found.keys() == {"error", "error_description"} and found["error"] == "server_error"
    assert found["error_description"].startswith(f"Invalid SAML response received: {text}"), found


def test_the_state_of_a_request_by_saml_is_no_state_of_openid_connect(it: Place) -> None:
    state = dict(parse_qsl(urlsplit(it.sent()).query))["RelayState"]
    answer = it.browser.get(
        f"{DOMAIN}/oauth2/idpresponse?{urlencode({'state': state, 'code': 'c'})}", allow_redirects=False
    )
    assert answer.status_code == 400 and "This sign-in is unknown" in answer.text


# -- the whole way -------------------------------------------------------------------------------------


def test_aiko_signs_in_page_by_page(it: Place) -> None:
    asked = {"identity_provider": "NorthShore", "scope": "openid email profile", "state": "s"}
    browser = Browser().open(it.address(**asked))
    assert browser.address.startswith(f"{provider.SIGN_IN_URL}?SAMLRequest=")
    browser.press(f"Aiko Tanaka ({AIKO})").press("Continue")
    assert browser.address.startswith(f"{CALLBACK}?code=") and browser.query["state"] == "s"
    tokens = it.redeem(browser.query["code"]).json()
    claims = read(tokens["id_token"])
    name_id = it.university.people[AIKO].name_id
    assert claims["cognito:username"] == f"NorthShore_{name_id}"
    assert claims["cognito:groups"] == [f"{it.pool}_NorthShore"]
    assert (claims["email"], claims["email_verified"], claims["name"]) == (AIKO, False, "Aiko Tanaka")
    (identity,) = claims["identities"]
    assert (identity["providerType"], identity["providerName"]) == ("SAML", "NorthShore")
    assert (identity["userId"], identity["issuer"]) == (name_id, provider.METADATA_URL)
    user = it.user(f"NorthShore_{name_id}")
    assert user["UserStatus"] == "EXTERNAL_PROVIDER"
    assert mapping(user["UserAttributes"])["custom:standing"] == "[member, student]"


def test_the_second_time_it_is_the_same_profile(it: Place) -> None:
    first = read(it.redeem(it.back_with()["code"]).json()["id_token"])
    it.browser = requests.Session()
    second = read(it.redeem(it.back_with()["code"]).json()["id_token"])
    assert first["sub"] == second["sub"]


def test_the_metadata_may_be_a_file(place: Place) -> None:
    made = place.connect(MetadataFile=place.university.metadata)
    assert made["ProviderDetails"]["SSORedirectBindingURI"] == provider.SIGN_IN_URL
    assert "code" in place.back_with()


def test_the_request_says_who_asks_and_where_to_answer(it: Place) -> None:
    sent = dict(parse_qsl(urlsplit(it.sent()).query))
    request = saml_documents.parse(saml_documents.inflate(sent["SAMLRequest"]))
    assert request.get("Destination") == provider.SIGN_IN_URL
    assert request.get("AssertionConsumerServiceURL") == ACS
    assert [issuer.text for issuer in saml_documents.all_of(request, "saml:Issuer")] == [it.entity_id]
    assert request.get("ID") == endpoint.request_id(sent["RelayState"])
    assert (request.get("Version"), request.get("ProtocolBinding")) == ("2.0", saml_documents.POST)
    assert request.get("IssueInstant") == saml_documents.instant(it.lab.now.timestamp())


def test_the_answer_is_formed_as_the_standard_has_it(it: Place) -> None:
    _, fields = it.university.answer_by_hand(it.sent(), AIKO)
    response = saml_documents.parse(saml_documents.decode(fields["SAMLResponse"]))
    assert response.get("Destination") == ACS
    assert response.get("InResponseTo") == endpoint.request_id(fields["RelayState"])
    (assertion,) = saml_documents.all_of(response, "saml:Assertion")
    order = [part.tag.partition("}")[2] for part in assertion][:4]
    assert order == ["Issuer", "Signature", "Subject", "Conditions"]


# -- refusals that the app hears of --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"signed": False}, "SAML Assertion signature is invalid."),
        ({"audience": "urn:amazon:cognito:sp:us-east-1_Another"}, "The assertion is for another audience."),
        ({"minutes": -10}, "The assertion has expired."),
    ],
)
def test_what_should_not_be_believed_makes_no_profile(it: Place, how: Any, text: str) -> None:
    refused_with(it.back_with(**how), text)
    names = [user["Username"] for user in it.idp.list_users(UserPoolId=it.pool)["Users"]]
    assert names == ["mara"]


@pytest.mark.parametrize("answer", ["", "%%%", "bm8=", "A" * 100_001])
def test_what_is_no_answer_is_refused(it: Place, answer: str) -> None:
    state = dict(parse_qsl(urlsplit(it.sent()).query))["RelayState"]
    back = it.post({"SAMLResponse": answer, "RelayState": state})
    refused_with(fields_of(back.headers["location"]), "The document")


def test_an_answer_to_another_request_is_refused(it: Place) -> None:
    """Aiko's own browser, and an honest answer, to a request that was somebody else's."""
    _, fields = it.university.answer_by_hand(it.sent(), AIKO)
    mine = dict(parse_qsl(urlsplit(it.sent()).query))["RelayState"]
    back = it.post({**fields, "RelayState": mine})
    refused_with(fields_of(back.headers["location"]), "The assertion is for another request")


# -- states --------------------------------------------------------------------------------------------


def lost(answer: requests.Response) -> None:
    assert answer.status_code == 400 and endpoint.UNKNOWN in answer.text and not answer.cookies


def test_a_state_counts_once(it: Place) -> None:
    _, fields = it.university.answer_by_hand(it.sent(), AIKO)
    assert "code" in fields_of(it.post(fields).headers["location"])
    lost(it.post(fields))


def test_a_state_is_for_one_browser(it: Place) -> None:
    """Rook begins, and has Mara's browser bring the answer: she would work in his account."""
    _, fields = it.university.answer_by_hand(it.sent(), AIKO)
    lost(it.post(fields, requests.Session()))
    with patch.object(federation_pending, "is_this_browsers", lambda request, pending: True):
        assert it.post(fields, requests.Session()).status_code == 302


@pytest.mark.parametrize("fields", [{}, {"RelayState": "no"}, {"SAMLResponse": "no"}])
def test_an_answer_without_a_request_is_refused(it: Place, fields: dict[str, str]) -> None:
    lost(it.post(fields))


def test_a_state_of_another_kind_of_provider_is_refused(it: Place) -> None:
    google = it.lab.google.register_client("pool", [f"{DOMAIN}/oauth2/idpresponse"])
    details = {"client_id": google.client_id, "client_secret": google.client_secret or ""}
    it.idp.create_identity_provider(
        UserPoolId=it.pool, ProviderName="Google", ProviderType="Google",
        ProviderDetails={**details, "authorize_scopes": "openid email"},
    )  # fmt: skip
    it.idp.update_user_pool_client(**it.settings_with("Google"))
    state = dict(parse_qsl(urlsplit(it.sent(identity_provider="Google")).query))["state"]
    lost(it.post({"RelayState": state}))


def test_the_answer_comes_by_post(it: Place) -> None:
    assert it.browser.get(ACS).status_code == 404


# -- from the provider's side --------------------------------------------------------------------------


def unasked(it: Place, **more: str) -> tuple[dict[str, str], provider.SignIn]:
    """An honest answer to nobody's request, with what the app would have asked for."""
    asked = {"client_id": it.client, "redirect_uri": CALLBACK, "response_type": "code"}
    relay_state = urlencode({**asked, "identity_provider": "NorthShore", "scope": "openid", **more})
    sign_in = provider.SignIn(it.entity_id, ACS, None, relay_state)
    assertion = provider.make_assertion(sign_in, it.university.people[AIKO])
    signed = provider.sign(assertion, it.university.key, it.university.certificate)
    document = saml_documents.serialise(provider.make_response(sign_in, signed))
    return {"SAMLResponse": saml_documents.encode(document), "RelayState": relay_state}, sign_in


def test_nobody_comes_unasked(it: Place) -> None:
    lost(it.post(unasked(it)[0]))
    with patch.object(endpoint, "may_begin", lambda provider: True):
        assert "code" in fields_of(it.post(unasked(it)[0]).headers["location"])


def test_unless_the_provider_may_begin(place: Place) -> None:
    place.connect(**URL, IDPInit="true")
    fields, _ = unasked(place)
    back = fields_of(place.post(fields).headers["location"])
    (identity,) = read(place.redeem(back["code"]).json()["id_token"])["identities"]
    assert identity["providerName"] == "NorthShore"
    refused_with(fields_of(place.post(fields).headers["location"]), "The assertion was used before.")
    with patch.object(saml_assertions, "use_once", lambda assertion, expected: None):
        assert "code" in fields_of(place.post(fields).headers["location"])
    place.browser = requests.Session()
    asked_for = place.university.answer_by_hand(place.sent(), AIKO)[1]
    mixed = {**asked_for, "RelayState": unasked(place)[0]["RelayState"]}
    refused_with(fields_of(place.post(mixed).headers["location"]), "The assertion is for another request")


@pytest.mark.parametrize("more", [{"identity_provider": "COGNITO"}, {"redirect_uri": "https://a.example"}])
def test_what_comes_unasked_is_checked_as_a_request_of_an_app(place: Place, more: dict[str, str]) -> None:
    place.connect(**URL, IDPInit="true")
    answer = place.post(unasked(place, **more)[0])
    assert "a.example" not in answer.headers.get("location", "") and not answer.cookies
    assert answer.status_code == 400 or answer.headers["location"].startswith("/error?")


def test_who_comes_unasked_needs_a_client_that_supports_the_provider(place: Place) -> None:
    place.connect(**URL, IDPInit="true")
    named = {"UserPoolId": place.pool, "ProviderName": "NorthShore", "IdpIdentifiers": ["northshore.example"]}
    place.idp.update_identity_provider(**named)
    fields, _ = unasked(place, identity_provider="", idp_identifier="northshore.example")
    place.idp.update_user_pool_client(**place.settings_with("COGNITO"))
    lost(place.post(fields))
    place.idp.update_user_pool_client(**place.settings_with("NorthShore"))
    assert "code" in fields_of(place.post(fields).headers["location"])


# -- settings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "details",
    [
        {"IDPInit": "true"},
        {**URL, "MetadataFile": "<x/>"},
        {"MetadataFile": "no"},
        {"MetadataFile": "<x/>"},
        {"MetadataFile": "<!DOCTYPE x><x/>"},
        {"MetadataURL": f"https://{provider.UNIVERSITY_HOST}/nowhere"},
    ],
)
def test_metadata_that_cannot_be_used_are_refused(place: Place, details: dict[str, str]) -> None:
    error: Any = OutsideTheLab if "nowhere" in str(details) else None
    with pytest.raises(error) if error else refused("InvalidParameterException"):
        place.connect(**details)


@pytest.mark.parametrize("missing", ["entityID", "certificate", "address"])
def test_metadata_need_a_name_an_address_and_a_certificate(place: Place, missing: str) -> None:
    text = place.university.metadata
    swap = {"entityID": ("entityID", "other"), "certificate": ("ds:X509Certificate", "ds:Nothing"),
            "address": ("HTTP-Redirect", "SOAP")}[missing]  # fmt: skip
    with pytest.raises(saml_documents.SamlError, match="lack"):
        assert saml_documents.read_metadata(text.replace(*swap).encode()).sign_in_url
    encryption = text.replace('use="signing"', 'use="encryption"')
    with pytest.raises(saml_documents.SamlError, match="lack"):
        saml_documents.read_metadata(encryption.encode())


@pytest.mark.parametrize("name", ["EncryptedResponses", "IDPSignout", "RequestSigningAlgorithm"])
def test_what_is_not_played_is_refused_by_name(place: Place, name: str) -> None:
    with pytest.raises(OutsideTheLab, match="SAML"):
        place.connect(**URL, **{name: "rsa-sha256" if name.startswith("Request") else "true"})


def test_metadata_come_with_a_success(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as failing:
        answer = Response(500, Headers(), place.university.metadata.encode())
        failing.setitem(provider.ROUTES, ("GET", "/metadata"), lambda *_: answer)
        with refused("InvalidParameterException", "Invalid SAML metadata"):
            place.connect()
    assert place.connect()


def test_metadata_elsewhere_are_not_looked_up(place: Place) -> None:
    with pytest.raises(OutsideTheLab, match=r"idp\.elsewhere\.example is not part"):
        place.connect(MetadataURL="https://idp.elsewhere.example/metadata")


def test_single_logout_is_not_played(it: Place) -> None:
    with pytest.raises(OutsideTheLab, match="Single logout"):
        it.browser.post(f"{DOMAIN}/saml2/logout")


def test_metadata_are_read_again_after_six_hours(it: Place) -> None:
    """A new key counts once the pool has looked again; with the old certificate it is refused."""
    seen: list[str] = []

    def look(exchange: Exchange) -> None:
        if exchange.request is not None and exchange.request.path == "/metadata":
            seen.append(exchange.caller)

    with patch.object(exchanges, "OBSERVERS", [*exchanges.OBSERVERS, look]):
        assert "code" in it.back_with()
        assert seen == []
        it.browser = requests.Session()
        del it.university.key, it.university.certificate
        refused_with(it.back_with(), "SAML Assertion signature is invalid.")
        it.lab.travel(hours=6)
        it.browser = requests.Session()
        assert "code" in it.back_with()
    assert seen == ["cognito-idp"]


# -- the university ------------------------------------------------------------------------------------


def test_the_university_answers_only_services_it_knows(it: Place) -> None:
    sent = it.sent()
    it.university.services.clear()
    with pytest.raises(OAuthError, match="is not known here"):
        Browser().open(sent)


def test_the_university_answers_only_at_the_registered_address(it: Place) -> None:
    """A request is unsigned: who could name the address would be handed Aiko's assertion."""
    it.university.register_service(it.entity_id, f"{ACS}/elsewhere")
    with pytest.raises(OAuthError, match="not the address registered"):
        Browser().open(it.sent())
    switched_off: Callable[..., str] = lambda services, service, address: address or ""  # noqa: E731
    with patch.object(provider, "check_service", switched_off):
        assert Browser().open(it.sent()).page.forms


def test_a_page_of_the_university_counts_once(it: Place) -> None:
    browser = Browser().open(it.sent())
    form = browser.page.forms[0]
    sent = {**form.hidden, "account": AIKO}
    address = f"https://{provider.UNIVERSITY_HOST}/choose"
    assert requests.post(address, data=sent).status_code == 200
    assert requests.post(address, data=sent).status_code == 400
    assert requests.post(address, data={"account": AIKO}).status_code == 400


def test_nobody_unknown_is_signed_in(it: Place) -> None:
    form = Browser().open(it.sent()).page.forms[0]
    sent = {**form.hidden, "account": "rook@elsewhere.example"}
    assert requests.post(f"https://{provider.UNIVERSITY_HOST}/choose", data=sent).status_code == 400


@pytest.mark.parametrize("request_", ["", "%%%", "bm8="])
def test_what_is_no_request_is_refused(it: Place, request_: str) -> None:
    with pytest.raises(OAuthError):
        Browser().open(f"{provider.SIGN_IN_URL}?{urlencode({'SAMLRequest': request_})}")


def test_what_a_service_says_of_itself_is_escaped(it: Place) -> None:
    it.university.register_service('"><script>', ACS)
    issuer = saml_documents.element("saml:Issuer", None, '"><script>')
    request = saml_documents.serialise(saml_documents.element("samlp:AuthnRequest", {"ID": "_1"}, issuer))
    fields = {"SAMLRequest": saml_documents.deflate(request), "RelayState": '"><script>'}
    shown = requests.get(f"{provider.SIGN_IN_URL}?{urlencode(fields)}").text
    assert "&gt;&lt;script&gt;" in shown and "<script>" not in shown


def test_other_paths_are_not_played(it: Place) -> None:
    with pytest.raises(OutsideTheLab):
        requests.get(f"https://{provider.UNIVERSITY_HOST}/slo")


def test_a_reset_forgets_the_university_too(it: Place) -> None:
    assert list(it.university.people) == [AIKO]
    it.university.add_person("mina@northshore.example", "Mina Sato", "Mina", "Sato")
    it.lab.reset()
    assert list(it.lab.university.people) == [AIKO] and it.lab.university.services == {}


def test_an_address_is_somebodys(it: Place) -> None:
    with pytest.raises(ValueError, match="already"):
        it.university.add_person(AIKO, "Other", "Other", "Other")


# -- the wire ------------------------------------------------------------------------------------------


def test_on_the_wire_the_form_leads_to_the_pool_on_this_machine() -> None:
    action = b'action="https://x.auth.us-east-1.amazoncognito.com/a&amp;b"'
    page = Response(200, body=b'<form method="post" ' + action + b">")
    browser_rules.localise_forms(page, 8900)
    assert b'action="http://x.auth.us-east-1.amazoncognito.com.localhost:8900/a&amp;b"' in page.body
    elsewhere = Response(200, body=b'<form method="post" action="https://a.example/">')
    browser_rules.localise_forms(elsewhere, 8900)
    assert elsewhere.body == b'<form method="post" action="https://a.example/">'


def test_on_the_wire_a_cookie_for_posts_from_other_sites_stays_secure() -> None:
    kept, plain = "a=1; Secure; SameSite=None", "b=2; Path=/; Secure; SameSite=Lax"
    answer = Response(200, Headers({"set-cookie": [kept, plain]}))
    browser_rules.drop_secure_flag(answer)
    assert answer.headers.getlist("set-cookie") == [kept, "b=2; Path=/; SameSite=Lax"]


# -- recordings ----------------------------------------------------------------------------------------


def test_a_recording_shows_the_assertion_as_a_ticket_and_never_its_text(it: Place) -> None:
    with it.lab.record(app="Aiko's app") as story:
        browser = Browser().open(it.address(identity_provider="NorthShore", scope="openid"))
        browser.press(f"Aiko Tanaka ({AIKO})").press("Continue")
    shown = story.diagram().html()
    assert "university" in shown and "SAML assertion" in shown
    assert "PHNhbWxw" not in shown


def test_a_kernel_without_saml_does_not_import_its_parser() -> None:
    import subprocess
    import sys

    code = "import sys, cognito_lab as c; c.Lab.start(); print({'lxml', 'signxml'} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
