"""The device in Python that lessons sign in with: it does what a browser and a phone do, and no more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.passkeys import octets, text
from webauthn import verify_authentication_response, verify_registration_response

from cognito_lab import SoftwarePasskey

DOMAIN, ORIGIN, EVIL = "tidepool.example", "https://tidepool.example", "https://tidepool-example.evil.example"
OPTIONS = {"rp": {"id": DOMAIN}, "user": {"id": "bWFyYQ"}, "challenge": text(b"first" * 8)}
ASKED = {"rpId": DOMAIN, "challenge": text(b"again" * 8), "allowCredentials": []}


def registered(device: SoftwarePasskey) -> Any:
    return verify_registration_response(
        credential=device.create(OPTIONS, ORIGIN), expected_challenge=b"first" * 8, expected_rp_id=DOMAIN,
        expected_origin=ORIGIN,
    )  # fmt: skip


@pytest.mark.parametrize("verifies", [True, False])
def test_what_it_signs_holds_and_says_whether_it_knows_who(verifies: bool) -> None:
    device = SoftwarePasskey(verifies)
    key = registered(device)
    for counter in (1, 2):
        signed = device.get(json.dumps(ASKED), ORIGIN)
        found = verify_authentication_response(
            credential=signed, expected_challenge=b"again" * 8, expected_rp_id=DOMAIN, expected_origin=ORIGIN,
            credential_public_key=key.credential_public_key, credential_current_sign_count=counter - 1,
        )  # fmt: skip
        assert (found.new_sign_count, found.user_verified) == (counter, verifies)
        assert octets(json.loads(signed)["response"]["userHandle"]) == b"mara"


def test_the_browser_keeps_a_page_from_passkeys_of_another_domain() -> None:
    device = SoftwarePasskey()
    with pytest.raises(PermissionError, match="SecurityError"):
        device.create(OPTIONS, EVIL)
    registered(device)
    with pytest.raises(PermissionError, match="SecurityError"):
        device.get(json.dumps(ASKED), EVIL)
    with pytest.raises(PermissionError, match="NotAllowedError"):
        device.get(json.dumps({**ASKED, "rpId": "evil.example"}), EVIL)
    with pytest.raises(PermissionError, match="NotAllowedError"):
        device.get(json.dumps({**ASKED, "allowCredentials": [{"id": "AAAA"}]}), ORIGIN)


def test_a_browser_that_lies_still_names_the_page() -> None:
    device = SoftwarePasskey()
    registered(device)
    signed = json.loads(device.get(json.dumps(ASKED), EVIL, checked=False))
    assert json.loads(octets(signed["response"]["clientDataJSON"]))["origin"] == EVIL
