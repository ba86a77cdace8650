"""A sign-in by SRP as lessons make it: the right password brings tokens, and no request contains it."""

from __future__ import annotations

import json

import pytest
from support.user_pools import PASSWORD, read, refused, world

from cognito_lab import randomness, sign_in_by_srp
from cognito_lab.practice.checks import watched


@pytest.fixture
def it():
    with world() as account:
        account.new_pool(
            ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"], AutoVerifiedAttributes=["email"]
        )
        account.member()
        yield account


def test_the_right_password_brings_tokens_and_stays_in_the_app(it):
    with watched() as asked:
        answer = sign_in_by_srp(it.idp, it.pool, it.client, "mara", PASSWORD)
    assert read(answer["AuthenticationResult"]["AccessToken"])["username"] == "mara"
    sent = [json.dumps(exchange.details["parameters"]) for exchange in asked]
    assert len(sent) == 2 and not any(PASSWORD in text for text in sent)


def test_a_wrong_password_is_refused_at_the_second_call(it):
    with watched() as asked, refused("NotAuthorizedException"):
        sign_in_by_srp(it.idp, it.pool, it.client, "mara", f"{PASSWORD}!")
    assert [exchange.operation for exchange in asked] == ["InitiateAuth", "RespondToAuthChallenge"]


@pytest.mark.parametrize("salt", ["00" * 15 + "7f", "00ab" + "11" * 14, "0fab" + "11" * 14, "ff" * 16])
def test_a_salt_that_begins_with_zeros_does_too(it, salt, monkeypatch):
    """Cognito writes numbers without zeros in front: one salt of sixteen has an odd number of digits."""
    real = randomness.octets
    monkeypatch.setattr(
        randomness, "octets", lambda count: bytes.fromhex(salt) if count == 16 else real(count)
    )
    it.idp.admin_set_user_password(UserPoolId=it.pool, Username="mara", Password=PASSWORD, Permanent=True)
    assert sign_in_by_srp(it.idp, it.pool, it.client, "mara", PASSWORD)["AuthenticationResult"]
