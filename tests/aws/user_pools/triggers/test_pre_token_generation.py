"""A function before tokens: what it adds and takes out, in which token, and what nobody changes."""

from __future__ import annotations

import threading

import pytest
from support.iam_people import allow, make_role
from support.managed_login import error
from support.triggers import triggered, triggered_pages
from support.user_pools import PASSWORD, read, refused

from cognito_lab.aws.user_pools.tokens import customization


@pytest.fixture
def it():
    with triggered() as it:
        it.member()
        yield it


def version(it, number, body, **more):
    """A function for the trigger's version ``number``; its name."""
    return it.on("PreTokenGeneration", body, version=number, **more)


V1 = "event['response']['claimsOverrideDetails'] = "
V2 = "event['response']['claimsAndScopeOverrideDetails'] = "


def test_the_first_version_changes_the_id_token(it):
    name = it.on(
        "PreTokenGeneration",
        V1 + "{'claimsToAddOrOverride': {'tenant': 'north', 'email': 'a@b.example'},"
        " 'claimsToSuppress': ['email_verified']}",
    )
    tokens = it.sign_in()
    claims = read(tokens["IdToken"])
    assert (claims["tenant"], claims["email"]) == ("north", "a@b.example") and "email_verified" not in claims
    assert "tenant" not in read(tokens["AccessToken"])
    [event] = it.events(name)
    assert (event["version"], event["triggerSource"]) == ("1", "TokenGeneration_Authentication")
    assert event["response"] == {"claimsOverrideDetails": None}
    groups = {"groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": None}
    assert event["request"]["groupConfiguration"] == groups
    assert "scopes" not in event["request"] and "clientMetadata" not in event["request"]


def test_the_second_version_changes_the_access_token_too_and_takes_all_of_json(it):
    name = version(
        it, 2,
        V2 + "{'idTokenGeneration': {'claimsToAddOrOverride': {'roles': ['a', {'b': 1}]}},"
        " 'accessTokenGeneration': {'claimsToAddOrOverride': {'section': 3, 'vip': True},"
        " 'scopesToAdd': ['pictures/read'], 'scopesToSuppress': ['aws.cognito.signin.user.admin']}}",
    )  # fmt: skip
    tokens = it.sign_in()
    identity, access = read(tokens["IdToken"]), read(tokens["AccessToken"])
    assert identity["roles"] == ["a", {"b": 1}] and "section" not in identity
    assert (access["section"], access["vip"], access["scope"]) == (3, True, "pictures/read")
    [event] = it.events(name)
    assert event["version"] == "2" and event["request"]["scopes"] == ["aws.cognito.signin.user.admin"]
    with refused("NotAuthorizedException"):  # the scope that opens the API is gone
        it.idp.get_user(AccessToken=tokens["AccessToken"])


def test_what_nobody_changes(it):
    names = sorted(
        {*customization.PROTECTED, "scope", "cognito:username", "cognito:groups", "cognito:own", "dev:x"}
    )
    add = dict.fromkeys(names, "rook")
    body = str(
        {"claimsToAddOrOverride": add, "claimsToSuppress": [n for n in names if n != "cognito:groups"]}
    )
    before = it.sign_in()
    version(it, 2, V2 + f"{{'idTokenGeneration': {body}, 'accessTokenGeneration': {body}}}")
    after = it.sign_in()
    own = {"jti", "event_id", "origin_jti", "iat", "exp", "auth_time"}
    for token in ("IdToken", "AccessToken"):
        then, now = read(before[token]), read(after[token])
        assert then.keys() == now.keys() and "rook" not in now.values()
        assert {n: v for n, v in then.items() if n not in own} == {
            n: v for n, v in now.items() if n not in own
        }


def test_an_access_token_gets_its_own_audience_and_no_other(it):
    body = "{'accessTokenGeneration': {'claimsToAddOrOverride': {'aud': event['callerContext']['clientId']}}}"
    version(it, 2, V2 + body)
    assert read(it.sign_in()["AccessToken"])["aud"] == it.client
    version(it, 2, V2 + body.replace("event['callerContext']['clientId']", "'other'"))
    assert "aud" not in read(it.sign_in()["AccessToken"])


def test_an_attribute_of_the_developers_can_only_be_suppressed(it):
    it.idp.add_custom_attributes(
        UserPoolId=it.pool,
        CustomAttributes=[{"Name": "rank", "AttributeDataType": "String", "DeveloperOnlyAttribute": True}],
    )
    it.invited("ben", **{"dev:custom:rank": "3"})
    it.idp.admin_set_user_password(UserPoolId=it.pool, Username="ben", Password=PASSWORD, Permanent=True)
    it.on("PreTokenGeneration", V1 + "{'claimsToAddOrOverride': {'dev:custom:rank': '4', 'dev:a': 'b'}}")
    claims = read(it.sign_in("ben")["IdToken"])
    assert claims["dev:custom:rank"] == "3" and "dev:a" not in claims
    it.on("PreTokenGeneration", V1 + "{'claimsToSuppress': ['dev:custom:rank']}")
    assert "dev:custom:rank" not in read(it.sign_in("ben")["IdToken"])


def test_added_and_suppressed_is_suppressed(it):
    it.on("PreTokenGeneration", V1 + "{'claimsToAddOrOverride': {'a': 'b'}, 'claimsToSuppress': ['a']}")
    assert "a" not in read(it.sign_in()["IdToken"])


def test_an_attribute_for_developers_only_is_suppressed_and_not_changed(it):
    rank = {"AttributeDataType": "String", "Mutable": True, "DeveloperOnlyAttribute": True, "Name": "rank"}
    it.idp.add_custom_attributes(UserPoolId=it.pool, CustomAttributes=[rank])
    it.idp.admin_update_user_attributes(
        UserPoolId=it.pool, Username="mara", UserAttributes=[{"Name": "dev:custom:rank", "Value": "1"}]
    )
    it.on("PreTokenGeneration", V1 + "{'claimsToAddOrOverride': {'dev:custom:rank': '9', 'dev:new': '9'}}")
    claims = read(it.sign_in()["IdToken"])
    assert claims["dev:custom:rank"] == "1" and "dev:new" not in claims
    it.on("PreTokenGeneration", V1 + "{'claimsToSuppress': ['dev:custom:rank']}")
    assert "dev:custom:rank" not in read(it.sign_in()["IdToken"])


@pytest.mark.parametrize(
    ("details", "in_id", "in_access"),
    [
        ("{}", ["divers"], ["divers"]),
        ("{'groupOverrideDetails': {'groupsToOverride': ['a', 'b']}}", ["a", "b"], ["a", "b"]),
        ("{'groupOverrideDetails': {}}", None, None),
        ("{'groupOverrideDetails': None}", None, None),
        ("{'groupOverrideDetails': event['request']['groupConfiguration']}", ["divers"], ["divers"]),
        ("{'claimsToSuppress': ['cognito:groups']}", None, ["divers"]),
    ],
)
def test_groups_are_replaced_as_a_whole(it, details, in_id, in_access):
    it.idp.create_group(UserPoolId=it.pool, GroupName="divers")
    it.idp.admin_add_user_to_group(UserPoolId=it.pool, Username="mara", GroupName="divers")
    it.on("PreTokenGeneration", V1 + details)
    tokens = it.sign_in()
    assert read(tokens["IdToken"]).get("cognito:groups") == in_id
    assert read(tokens["AccessToken"]).get("cognito:groups") == in_access


def test_roles_of_groups(it):
    role = "arn:aws:iam::123456789012:role/divers"
    given = {"iamRolesToOverride": [role], "preferredRole": role}
    it.on("PreTokenGeneration", V1 + f"{{'groupOverrideDetails': {given}}}")
    tokens = it.sign_in()
    claims = read(tokens["IdToken"])
    assert (claims["cognito:roles"], claims["cognito:preferred_role"]) == ([role], role)
    assert "cognito:roles" not in read(tokens["AccessToken"])


@pytest.mark.parametrize(
    ("number", "details"),
    [
        (1, V1 + "{'claimsToAddOrOverride': {'a': 1}}"),  # the first version takes texts alone
        (1, V1 + "{'claimsToSuppress': 'email'}"),
        (2, V2 + "{'accessTokenGeneration': {'scopesToAdd': [1]}}"),
        (2, V2 + "[]"),
    ],
)
def test_another_form_is_refused(it, number, details):
    version(it, number, details)
    with refused("InvalidLambdaResponseException"):
        it.sign_in()


def test_who_is_refused_has_no_login(it):
    it.on("PreTokenGeneration", "raise ValueError('Not today')")
    with refused("UserLambdaValidationException", "PreTokenGeneration failed with error Not today."):
        it.sign_in()


def test_what_the_caller_says_arrives_with_an_answer_and_not_with_the_first_call(it):
    name = it.on("PreTokenGeneration")
    it.idp.admin_create_user(
        UserPoolId=it.pool, Username="nele", TemporaryPassword="Tide-pools-2025!", MessageAction="SUPPRESS"
    )
    sign_in = {"USERNAME": "nele", "PASSWORD": "Tide-pools-2025!"}
    asked = it.idp.initiate_auth(
        ClientId=it.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=sign_in, ClientMetadata={"a": "b"}
    )
    it.idp.respond_to_auth_challenge(
        ClientId=it.client, ChallengeName="NEW_PASSWORD_REQUIRED", Session=asked["Session"],
        ChallengeResponses={"USERNAME": "nele", "NEW_PASSWORD": PASSWORD}, ClientMetadata={"c": "d"},
    )  # fmt: skip
    it.sign_in("nele")
    first, second = it.events(name)
    assert first["triggerSource"] == "TokenGeneration_NewPasswordChallenge"
    assert first["request"]["clientMetadata"] == {"c": "d"}
    assert second["triggerSource"] == "TokenGeneration_Authentication"


def test_a_refresh_asks_again(it):
    name = it.on("PreTokenGeneration", V1 + "{'claimsToAddOrOverride': {'source': event['triggerSource']}}")
    tokens = it.sign_in()
    fresh = it.idp.initiate_auth(
        ClientId=it.client,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
    )["AuthenticationResult"]
    again = it.idp.get_tokens_from_refresh_token(
        ClientId=it.client, RefreshToken=tokens["RefreshToken"], ClientMetadata={"a": "b"}
    )["AuthenticationResult"]
    assert (
        read(fresh["IdToken"])["source"]
        == read(again["IdToken"])["source"]
        == "TokenGeneration_RefreshTokens"
    )
    assert it.events(name)[-1]["request"]["clientMetadata"] == {"a": "b"}


def test_a_refresh_token_that_rotates_brings_one_new_one(it):
    it.client = it.new_client(
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    )["ClientId"]
    it.on("PreTokenGeneration", "import time; time.sleep(0.3)")
    token, found = it.sign_in()["RefreshToken"], []

    def refresh():
        try:
            it.idp.get_tokens_from_refresh_token(ClientId=it.client, RefreshToken=token)
            found.append("new")
        except it.idp.exceptions.RefreshTokenReuseException:
            found.append("reused")

    both = [threading.Thread(target=refresh) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(found) == ["new", "reused"]


def test_the_second_version_needs_essentials(it):
    it.new_pool(UserPoolTier="LITE", AutoVerifiedAttributes=["email"])
    it.member()
    version(it, 1, V1 + "{'claimsToAddOrOverride': {'a': 'b'}}")
    assert read(it.sign_in()["IdToken"])["a"] == "b"
    with refused("FeatureUnavailableInTierException"):
        version(it, 2, "")


def test_who_is_deleted_meanwhile_gets_no_tokens(it):
    role = make_role("deleter", allow("cognito-idp:AdminDeleteUser"))
    body = "boto3.client('cognito-idp').admin_delete_user(UserPoolId=event['userPoolId'], Username='mara')"
    it.on("PreTokenGeneration", f"import boto3; {body}", role)
    with refused("UserNotFoundException"):
        it.sign_in()


# -- at the domain -------------------------------------------------------------------------------


@pytest.fixture
def pages():
    with triggered_pages() as it:
        yield it


def test_a_sign_in_on_the_pages(pages):
    name = pages.on("PreTokenGeneration", V1 + "{'claimsToAddOrOverride': {'tenant': 'north'}}")
    tokens = pages.tokens()
    assert read(tokens["id_token"])["tenant"] == "north"
    fresh = pages.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    assert read(fresh["id_token"])["tenant"] == "north"
    sources = [event["triggerSource"] for event in pages.events(name)]
    assert sources == ["TokenGeneration_HostedAuth", "TokenGeneration_RefreshTokens"]


def test_a_refusal_at_the_token_endpoint(pages):
    pages.on("PreTokenGeneration", "raise ValueError('Not today')")
    answer = pages.redeem(pages.code_of())
    said = error(answer, "invalid_request")
    assert "PreTokenGeneration failed with error Not today." in said


def test_a_token_for_a_machine_is_the_third_version_s(pages):
    pages.idp.create_resource_server(
        UserPoolId=pages.pool, Identifier="pictures", Name="Pictures",
        Scopes=[{"ScopeName": "read", "ScopeDescription": "read"}],
    )  # fmt: skip
    machine = pages.new_client(
        GenerateSecret=True, AllowedOAuthFlowsUserPoolClient=True, AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["pictures/read"],
    )  # fmt: skip
    auth = (machine["ClientId"], machine["ClientSecret"])
    body = V2 + "{'accessTokenGeneration': {'claimsToAddOrOverride': {'plan': 'gold'}, 'scopesToAdd': ['b']}}"

    def ask(**more):
        return pages.token(auth=auth, grant_type="client_credentials", client_id=None, **more)

    def token(**more):
        return read(ask(**more).json()["access_token"])

    second = version(pages, 2, body)
    assert "plan" not in token() and pages.events(second) == []
    third = version(pages, 3, body)
    assert (token()["plan"], token()["scope"]) == ("gold", "pictures/read b")
    event = pages.events(third)[0]
    assert "clientMetadata" not in event["request"]
    assert (event["version"], event["triggerSource"]) == ("3", "TokenGeneration_ClientCredentials")
    assert (event["userName"], event["request"]["userAttributes"]) == ("ClientCredentials", {})
    assert event["request"]["groupConfiguration"] is None
    token(aws_client_metadata='{"tenant": "north"}')
    assert pages.events(third)[-1]["request"]["clientMetadata"] == {"tenant": "north"}
    for wrong in ("north", '["north"]', '{"tenant": 1}'):
        error(ask(aws_client_metadata=wrong), "invalid_request")
