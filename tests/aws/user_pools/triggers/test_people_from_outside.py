"""People from other providers: which functions run at a first sign-in, which later, and what they change."""

from __future__ import annotations

import json

import pytest
from support.federation import refused as came_back
from support.iam_people import allow, make_role
from support.triggers import triggered_federation


@pytest.fixture
def it():
    with triggered_federation() as it:
        it.connect_google()
        it.support("COGNITO", "Google")
        yield it


TRIGGERS = ("InboundFederation", "PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication")


def test_which_run_the_first_time_and_which_later(it):
    names = {trigger: it.on(trigger) for trigger in (*TRIGGERS, "PreTokenGeneration")}
    sources = []
    for _ in range(2):
        before = {trigger: len(it.events(name)) for trigger, name in names.items()}
        it.tokens_of(it.by_google())
        ran = [it.events(name)[-1]["triggerSource"] for trigger, name in names.items()
               if len(it.events(name)) > before[trigger]]  # fmt: skip
        sources.append(ran)
    assert sources == [
        [
            "InboundFederation_ExternalProvider", "PreSignUp_ExternalProvider",
            "PostConfirmation_ConfirmSignUp", "TokenGeneration_HostedAuth",
        ],
        [
            "InboundFederation_ExternalProvider", "PreAuthentication_Authentication",
            "PostAuthentication_Authentication", "TokenGeneration_HostedAuth",
        ],
    ]  # fmt: skip
    [event] = it.events(names["PreSignUp"])
    assert event["userName"] == it.goran and event["request"]["userAttributes"]["cognito:email_alias"] == ""


@pytest.mark.parametrize("trigger", ["PreSignUp", "InboundFederation"])
def test_it_refuses_who_comes(it, trigger):
    it.on(trigger, "raise ValueError('Not from there')")
    came_back(it.by_google(), f"{trigger} failed with error Not from there.")
    assert it.people() == {}


def test_it_refuses_who_comes_again(it):
    it.by_google()
    it.on("PreAuthentication", "raise ValueError('Not again')")
    came_back(it.by_google(), "PreAuthentication failed with error Not again.")


def test_it_says_that_the_address_is_the_users(it):
    it.on("PreSignUp", "event['response']['autoVerifyEmail'] = True")
    it.by_google()
    assert it.people()[it.goran]["email_verified"] == "true"
    assert it.idp.admin_get_user(UserPoolId=it.pool, Username=it.goran)["UserStatus"] == "EXTERNAL_PROVIDER"


def test_what_a_provider_says_is_changed_before_it_is_mapped(it):
    body = """
told = event["request"]["attributes"]
event["response"]["userAttributesToMap"] = {"email": told["idToken"]["email"], "name": "Somebody"}
"""
    name = it.on("InboundFederation", body)
    it.by_google()
    [profile] = it.people().values()
    assert profile["name"] == "Somebody" and "family_name" not in profile
    [event] = it.events(name)
    assert event["request"]["providerName"] == event["request"]["providerType"] == "Google"
    assert set(event["request"]["attributes"]) == {"idToken", "userInfo", "tokenResponse"}
    assert json.loads(event["request"]["attributes"]["idToken"]["email_verified"]) is True


def test_nothing_returned_changes_nothing(it):
    it.on("InboundFederation", "event['response']['userAttributesToMap'] = {}")
    it.by_google()
    [profile] = it.people().values()
    assert profile["family_name"]


LINK = """
import boto3
provider, _, subject = event["userName"].partition("_")
boto3.client("cognito-idp").admin_link_provider_for_user(
    UserPoolId=event["userPoolId"],
    DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": "mara"},
    SourceUser={
        "ProviderName": provider, "ProviderAttributeName": "Cognito_Subject",
        "ProviderAttributeValue": subject,
    },
)
"""


def test_who_is_linked_by_a_function_is_refused_this_once(it):
    role = make_role("linker", allow("cognito-idp:AdminLinkProviderForUser"))
    it.on("PreSignUp", LINK, role)
    came_back(it.by_google(), f"Already found an entry for username {it.goran}")
    assert it.people() == {}
    assert it.id_claims(it.by_google())["cognito:username"] == "mara"
