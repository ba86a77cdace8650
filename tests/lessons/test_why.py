"""Why something was refused: by which check, what it was given and expected; nothing secret, nothing sent."""

from __future__ import annotations

import functools
import re
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
import requests
from botocore.exceptions import ClientError
from support.iam_people import allow
from support.mistakes import CASES, FORBIDDEN, bucket_denies, trust_of_guests
from support.refusals import Place, place, told
from support.user_pools import OTHER_PASSWORD, PASSWORD

from cognito_lab import Browser, Lab, OutsideTheLab, refused
from cognito_lab.aws.iam import policies
from cognito_lab.aws.sts import web_identity
from cognito_lab.lessons.why import Refusals, Why
from cognito_lab.network import exchanges, hosts
from cognito_lab.network.exchanges import Exchange
from cognito_lab.network.messages import Response

__all__ = ["place"]


@pytest.mark.parametrize("name", CASES)
def test_the_check_what_it_was_given_and_what_it_expected(place: Place, name: str) -> None:
    call, check, given, expected = CASES[name]
    found = told(place, call)
    assert found.check == check
    assert given in found.given and expected in found.expected, found
    assert found.rule and found.code and found.operation
    for shown in (repr(found), found.html()):
        assert not [secret for secret in secrets(place) if secret in shown]
    assert repr(found).split("\n")[0].split() == [*found.operation.split(), "was", "refused"]


def test_given_and_expected_are_those_of_this_very_call(place: Place) -> None:
    """The app client that the token was made for, and the one that the identity pool lets in."""
    stranger = place.new_client()["ClientId"]
    token = place.sign_in(client=stranger)["IdToken"]
    found = told(place, lambda p: p.get_id(token))
    assert (found.given, found.expected) == (f"aud {stranger}", f"aud {place.client}")


def secrets(place: Place) -> list[str]:
    """Whatever nobody should read: passwords, codes, signatures, secret keys."""
    from cognito_lab.aws import moto_patches
    from cognito_lab.aws.iam import principals
    from cognito_lab.aws.sts import role_sessions
    from cognito_lab.aws.user_pools import outbox

    codes = [message.code for message in outbox.outbox()]
    signatures = [token.rpartition(".")[2] for name, token in place.tokens.items() if name.endswith("Token")]
    held = moto_patches.account_state(role_sessions.Sessions).by_key.values()
    keys_ = [text for one in held for text in (one.secret_access_key, one.session_token)]
    return [PASSWORD, OTHER_PASSWORD, place.secret["ClientSecret"], principals.owner_keys().secret_access_key,
            *codes, *signatures, *keys_]  # fmt: skip


# -- what policies decided ----------------------------------------------------------------------------


def test_a_policys_refusal_shows_every_statement(place: Place) -> None:
    found = told(place, bucket_denies)
    assert found.verdict is not None and found.verdict.explicit and not found.verdict
    shown = repr(found)
    assert re.search(r"identity-based policy “rights” +1 +Allow .* applies", shown)
    assert re.search(r"bucket policy +1 +Deny .* decides", shown)


def test_a_trust_policys_condition_with_its_value(place: Place) -> None:
    found = told(place, trust_of_guests)
    assert found.code == "InvalidIdentityPoolConfigurationException"  # what the identity pool makes of it
    shown = repr(found)
    assert (
        "does not hold: ForAnyValue:StringLike cognito-identity.amazonaws.com:amr wants unauthenticated"
        in shown
    )
    assert "given authenticated and cognito-idp" in shown
    assert f"holds: StringEquals cognito-identity.amazonaws.com:aud wants {place.identities}" in shown


def test_a_website_each_time_anew(place: Place) -> None:
    """What one page's refusal knew is not said of the next."""
    site = "http://tidepool-pictures.s3-website-us-east-1.amazonaws.com"
    assert (
        told(place, lambda p: requests.get(site, timeout=5).raise_for_status()).check
        == "s3.website.documents_of"
    )
    place.s3.put_bucket_website(
        Bucket="tidepool-pictures", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}}
    )
    for key in ("a.html", "b.html"):
        found = told(place, lambda p, key=key: requests.get(f"{site}/{key}", timeout=5).raise_for_status())
        assert (found.check, found.code) == ("s3.website.public_object", "AccessDenied")
        assert found.given == f"arn:aws:s3:::tidepool-pictures/{key}"


# -- which refusal ------------------------------------------------------------------------------------


def test_of_a_missing_object_only_who_may_list_is_told(place: Place) -> None:
    reader = place.user_of(allow("s3:GetObject"))
    found = told(place, lambda p: reader.get_object(Bucket="tidepool-pictures", Key="none.svg"))
    assert found.code == "AccessDenied" and found.given.startswith("s3:ListBucket on")
    assert "only who may list is told that an object does not exist" in found.rule


def test_before_anything_was_refused_it_says_so() -> None:
    assert "nothing yet" in repr(Refusals().why())


def test_the_newest_of_the_learners_own(place: Place) -> None:
    with Refusals() as refusals:
        for call in (lambda: place.initiate("nobody"), lambda: place.get_user("x")):
            with pytest.raises(ClientError):
                call()
        assert place.status() == "CONFIRMED"  # what is carried out changes nothing
        newest = refusals.why()
        assert isinstance(newest, Why) and newest.operation == "GetUser"
        # An identity pool that reads keys at an issuer that answers 404 asks on its own behalf.
        hosts.fetch(
            "cognito-identity",
            "GET",
            "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_No/.well-known/jwks.json",
        )
        assert refusals.why() is newest
    with pytest.raises(ClientError):
        place.initiate("nobody")
    assert refusals.why() is newest, "out of its block it listens no more"


def test_what_the_storage_refuses_has_no_check(place: Place) -> None:
    found = told(place, lambda p: p.s3.get_object(Bucket="tidepool-pictures", Key="none.svg"))
    assert (found.code, found.check, found.given) == ("NoSuchKey", "", "")
    assert "nothing more is known here" in repr(found)


def test_what_the_lab_does_not_play_says_so_itself(place: Place) -> None:
    with Refusals() as refusals, pytest.raises(OutsideTheLab):
        place.idp.create_user_import_job(
            UserPoolId=place.pool, JobName="x", CloudWatchLogsRoleArn="arn:aws:iam::1:role/abcdefgh"
        )
    assert isinstance(found := refusals.why(), Why) and found.code == "OutsideTheLab"


def test_an_answer_to_head_told_the_caller_no_code(place: Place) -> None:
    found = told(place, lambda p: p.user_of().head_object(**FORBIDDEN))
    assert (found.code, found.aws_said, found.check) == ("403", "", "s3.access.require_allowed")


def test_a_refusal_is_shown_once_in_plain_html(place: Place) -> None:
    found = told(place, lambda p: p.initiate("<b>nobody"))
    assert "&lt;b&gt;nobody" in found.html() and "<b>" not in found.html()
    assert found._repr_mimebundle_() == {"text/html": found.html(), "text/plain": repr(found)}


# -- the wire -----------------------------------------------------------------------------------------


def test_not_a_byte_of_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same refusals with and without anybody who keeps and reads the reasons."""
    monkeypatch.setenv("COGNITO_LAB_REPRODUCIBLE", "1")

    def answers() -> list[tuple[int, dict[str, str], bytes]]:
        sent = []
        for call, *_ in CASES.values():
            with Lab.start() as lab:
                place = Place(lab)
                observers = [*exchanges.OBSERVERS, seen := Seen()]
                with (
                    patch.object(exchanges, "OBSERVERS", observers),
                    pytest.raises((ClientError, requests.HTTPError)),
                ):
                    call(place)
                sent += [(one.status, dict(one.headers), one.body) for one in seen.answers]
        return sent

    with Refusals() as refusals:
        kept = answers()
        assert isinstance(refusals.why(), Why)
    with patch.object(exchanges, "record_refusal", lambda error: error):
        assert kept == answers()


class Seen:
    def __init__(self) -> None:
        self.answers: list[Response] = []

    def __call__(self, exchange: Exchange) -> None:
        if exchange.response is not None and exchange.response.status >= 400:
            self.answers.append(exchange.response)


# -- without words -------------------------------------------------------------------------------------


def test_a_check_without_words_gives_its_own(place: Place) -> None:
    found = told(
        place,
        lambda p: p.idp.create_user_pool(
            PoolName="x", UsernameAttributes=["email"], AliasAttributes=["email"]
        ),
    )
    assert found.check == "user_pools.settings.pools.check_sign_in_names"
    assert found.rule.startswith("How people name themselves") and not found.given
    assert "nothing more is known here" in repr(found)


def test_a_refusal_that_somebody_else_raises_in_the_lab_is_not_in_the_way(place: Place) -> None:
    """A check that was replaced, as in a test or in a lie, has no words; the refusal is what it was."""
    from cognito_lab.aws.user_pools.sign_in import user_status
    from cognito_lab.errors import AwsError

    def check(user: Any) -> None:
        raise AwsError("NotAuthorizedException", "no")

    with patch.object(user_status, "check_enabled", check):
        found = told(place, lambda p: p.initiate())
    assert (found.code, found.aws_said, found.given) == ("NotAuthorizedException", "no", "")


# -- switched off, it goes red ------------------------------------------------------------------------


def test_the_verdict_comes_from_the_enforcement(place: Place) -> None:
    """Were the statement's resource not compared, the same request would be carried out."""
    mara = place.user_of(allow("s3:GetObject", "arn:aws:s3:::tidepool-pictures/ben/*"))
    assert "does not fit: arn:aws:s3:::tidepool-pictures/ben/*" in repr(
        told(place, lambda p: mara.get_object(**FORBIDDEN))
    )
    with patch.object(policies, "resource_matches", lambda *_: True):
        assert mara.get_object(**FORBIDDEN)["Body"].read() == b"crab"


def test_a_role_that_does_not_exist_is_told_apart_from_its_trust(place: Place) -> None:
    """AWS answers both alike, so that nobody can try out role names."""
    role, token = (
        place.roles("unauthenticated"),
        place.app.get_open_id_token(
            IdentityId=place.get_id(place.tokens["IdToken"]), Logins={place.key: place.tokens["IdToken"]}
        )["Token"],
    )
    take = functools.partial(
        place.sts.assume_role_with_web_identity, RoleSessionName="mara", WebIdentityToken=token
    )
    by_trust = told(place, lambda p: take(RoleArn=role))
    by_name = told(place, lambda p: take(RoleArn=role + "s"))
    assert (by_trust.code, by_trust.aws_said) == (by_name.code, by_name.aws_said)
    assert by_trust.verdict is not None and by_name.verdict is None
    assert "does not exist" in by_name.given and "trust policy" in by_trust.expected
    assert web_identity.ASSUME_ROLE_WITH_WEB_IDENTITY in by_trust.given


@pytest.mark.parametrize(
    ("spoiled", "check"),
    [
        ({"signed": False}, "saml_assertions.check_signature"),
        (
            {"audience": "urn:amazon:cognito:sp:us-east-1_another00"},
            "saml_assertions.check_audience",
        ),
        ({"minutes": -10}, "saml_assertions.check_time"),
    ],
)
def test_a_refusal_that_the_app_hears_of_by_a_redirect(spoiled, check) -> None:
    with Lab.start() as lab:
        scene, browser, aiko = lab.scene("by_every_way"), Browser(), "aiko@northshore.example"
        asked = {"client_id": scene.client, "redirect_uri": scene.callback, "response_type": "code"}
        query = urlencode({**asked, "identity_provider": "Northshore"})
        browser.open(f"{scene.pages}/oauth2/authorize?{query}")
        with refused("server_error"):
            browser.open(*lab.university.answer_by_hand(browser.address, aiko, **spoiled))
        why = lab.why()
        assert (why.code, why.check) == ("server_error", check) and why.rule
