"""User pools and app clients: ids, defaults, plans, what an update resets, what can never be changed."""

from __future__ import annotations

import re

import boto3
import pytest
from support.user_pools import FLOWS, pairs, refused, world

from cognito_lab import OutsideTheLab


@pytest.fixture
def it():
    with world() as it:
        yield it


def describe(it):
    return it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]


def describe_client(it, client=None):
    return it.idp.describe_user_pool_client(UserPoolId=it.pool, ClientId=client or it.client)[
        "UserPoolClient"
    ]


# -- pools ---------------------------------------------------------------------------------------


def test_a_pool_id_is_the_region_and_nine_letters_or_digits(it):
    pool = describe(it)
    assert re.fullmatch(r"us-east-1_[0-9A-Za-z]{9}", pool["Id"])
    assert pool["Arn"] == f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool['Id']}"


def test_a_pool_without_settings_has_the_defaults_of_aws(it):
    it.new_pool()
    pool = describe(it)
    assert pool["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 8, "RequireUppercase": True, "RequireLowercase": True, "RequireNumbers": True,
        "RequireSymbols": True, "TemporaryPasswordValidityDays": 7,
    }  # fmt: skip
    assert pool["Policies"]["SignInPolicy"] == {"AllowedFirstAuthFactors": ["PASSWORD"]}
    assert (pool["UserPoolTier"], pool["MfaConfiguration"], pool["DeletionProtection"]) == (
        "ESSENTIALS",
        "OFF",
        "INACTIVE",
    )
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is False
    assert pool["EmailConfiguration"] == {"EmailSendingAccount": "COGNITO_DEFAULT"}


def test_what_tools_ask_of_every_pool(it):
    it.new_pool(Schema=[{"Name": "reef", "AttributeDataType": "String"}])
    named = {"UserPoolId": it.pool}
    assert it.idp.get_user_pool_mfa_config(**named)["MfaConfiguration"] == "OFF"
    logs = it.idp.get_log_delivery_configuration(**named)["LogDeliveryConfiguration"]
    assert logs == {**named, "LogConfigurations": []}
    header = it.idp.get_csv_header(**named)
    assert header["UserPoolId"] == it.pool and header["CSVHeader"][-3:] == [
        "custom:reef", "cognito:mfa_enabled", "cognito:username",
    ]  # fmt: skip
    everything = {one["Name"] for one in describe(it)["SchemaAttributes"]} - {"sub", "identities"}
    assert set(header["CSVHeader"]) == everything | {"cognito:mfa_enabled", "cognito:username"}
    for call in (
        it.idp.get_user_pool_mfa_config,
        it.idp.get_log_delivery_configuration,
        it.idp.get_csv_header,
    ):
        with refused("ResourceNotFoundException"):
            call(UserPoolId="us-east-1_nobodys12")


def test_in_a_policy_that_is_given_a_rule_that_is_left_out_is_off(it):
    it.new_pool(Policies={"PasswordPolicy": {"MinimumLength": 6}})
    policy = describe(it)["Policies"]["PasswordPolicy"]
    assert not policy["RequireSymbols"] and policy["MinimumLength"] == 6
    it.idp.sign_up(ClientId=it.client, Username="mara", Password="abcdef")


def test_a_pool_of_another_region_is_not_found(it):
    elsewhere = boto3.client("cognito-idp", region_name="eu-west-1")
    with refused("ResourceNotFoundException", f"User pool {it.pool} does not exist."):
        elsewhere.describe_user_pool(UserPoolId=it.pool)
    assert elsewhere.create_user_pool(PoolName="x")["UserPool"]["Id"].startswith("eu-west-1_")
    with refused("ResourceNotFoundException", f"User pool client {it.client} does not exist."):
        elsewhere.sign_up(ClientId=it.client, Username="mara", Password="Tide-pools-2026!")


def test_the_id_of_an_identity_pool_is_not_the_id_of_a_user_pool(it):
    with refused("InvalidParameterException", "1 validation error detected"):
        it.idp.describe_user_pool(UserPoolId="us-east-1:11111111-2222-3333-4444-555555555555")


@pytest.mark.parametrize("plan", ["LITE", "ESSENTIALS", "PLUS"])
def test_the_plan_that_was_asked_for_is_the_plan(it, plan):
    it.new_pool(UserPoolTier=plan)
    assert describe(it)["UserPoolTier"] == plan


@pytest.mark.parametrize(
    ("lowest", "settings"),
    [
        (
            "ESSENTIALS",
            {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}},
        ),
        ("ESSENTIALS", {"Policies": {"PasswordPolicy": {"PasswordHistorySize": 3}}}),
        ("PLUS", {"UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}),
        ("PLUS", {"UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}}),
    ],
)
def test_a_feature_needs_its_plan(it, lowest, settings):
    plans = ["LITE", "ESSENTIALS", "PLUS"]
    for plan in plans:
        if plans.index(plan) >= plans.index(lowest):
            it.new_pool(UserPoolTier=plan, **settings)
        else:
            with refused(
                "FeatureUnavailableInTierException", f"The following feature is not available for the {plan}"
            ):
                it.new_pool(UserPoolTier=plan, **settings)


def test_a_plan_cannot_be_lowered_under_a_feature_in_use(it):
    history = {"Policies": {"PasswordPolicy": {"PasswordHistorySize": 3}}}
    it.new_pool(UserPoolTier="PLUS", **history)
    with refused(
        "FeatureUnavailableInTierException", "The following features need to be disabled for the LITE"
    ):
        it.idp.update_user_pool(UserPoolId=it.pool, UserPoolTier="LITE", **history)
    assert describe(it)["UserPoolTier"] == "PLUS"
    it.idp.update_user_pool(UserPoolId=it.pool, UserPoolTier="LITE")


MULTI_FACTOR = {
    "RelyingPartyId": "tidepool.example",
    "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION",
}


@pytest.mark.parametrize(
    ("operation", "given", "off"),
    [
        ("create_user_pool_domain", {"Domain": "tides", "ManagedLoginVersion": 2},
         lambda it: it.idp.delete_user_pool_domain(UserPoolId=it.pool, Domain="tides")),
        ("set_user_pool_mfa_config",
         {"WebAuthnConfiguration": MULTI_FACTOR, "SoftwareTokenMfaConfiguration": {"Enabled": True},
          "MfaConfiguration": "OPTIONAL"},
         lambda it: it.idp.set_user_pool_mfa_config(UserPoolId=it.pool, MfaConfiguration="OFF")),
        ("set_user_pool_session_configuration",
         {"UserSessionTracking": "ENABLED", "TokenSession": {"MaxPerUser": 3}},
         lambda it: it.idp.set_user_pool_session_configuration(
             UserPoolId=it.pool, UserSessionTracking="DISABLED", TokenSession={"MaxPerUser": 3})),
    ],
)  # fmt: skip
def test_a_plan_cannot_be_lowered_under_a_feature_that_another_operation_set(it, operation, given, off):
    getattr(it.idp, operation)(UserPoolId=it.pool, **given)
    it.idp.update_user_pool(UserPoolId=it.pool, UserPoolTier="PLUS")
    with refused(
        "FeatureUnavailableInTierException", "The following features need to be disabled for the LITE"
    ):
        it.idp.update_user_pool(UserPoolId=it.pool, UserPoolTier="LITE")
    assert describe(it)["UserPoolTier"] == "PLUS"
    off(it)
    it.idp.update_user_pool(UserPoolId=it.pool, UserPoolTier="LITE")
    with refused("FeatureUnavailableInTierException", "The following feature is not available for the LITE"):
        getattr(it.idp, operation)(UserPoolId=it.pool, **given)


def test_choice_based_sign_in_needs_more_than_lite(it):
    it.new_client(ExplicitAuthFlows=["ALLOW_USER_AUTH"])
    it.new_pool(UserPoolTier="LITE")
    with refused("FeatureUnavailableInTierException"):
        it.new_client(ExplicitAuthFlows=["ALLOW_USER_AUTH"])


@pytest.mark.parametrize(
    "settings",
    [
        {"LambdaConfig": {"KMSKeyID": "arn:aws:kms:us-east-1:123456789012:key/k"}},
        {"IssuerConfiguration": {"Type": "UPDATED"}},
        {
            "UserPoolAddOns": {
                "AdvancedSecurityMode": "OFF",
                "AdvancedSecurityAdditionalFlows": {"CustomAuthMode": "AUDIT"},
            }
        },
    ],
)
def test_a_setting_that_the_lab_would_not_act_on_is_not_stored_silently(it, settings):
    with pytest.raises(OutsideTheLab, match="CreateUserPool with"):
        it.new_pool(**settings)


def test_mfa_at_creation_needs_sms_settings(it):
    with refused("InvalidParameterException"):
        it.new_pool(MfaConfiguration="ON")


def test_a_software_token_is_no_first_factor(it):
    with refused("InvalidParameterException"):
        it.new_pool(Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "SOFTWARE_TOKEN"]}})


def test_username_attributes_and_aliases_exclude_each_other(it):
    it.new_pool(UsernameAttributes=["email"])
    it.new_pool(AliasAttributes=["email"])
    with refused("InvalidParameterException"):
        it.new_pool(UsernameAttributes=["email"], AliasAttributes=["email"])


def test_preferred_username_is_an_alias_or_required_but_not_both(it):
    required = [{"Name": "preferred_username", "Required": True}]
    it.new_pool(Schema=required)
    with refused("InvalidParameterException"):
        it.new_pool(Schema=required, AliasAttributes=["preferred_username"])


def test_recovery_by_administrators_stands_alone(it):
    only = {"Name": "admin_only", "Priority": 1}
    it.new_pool(AccountRecoverySetting={"RecoveryMechanisms": [only]})
    with refused("InvalidParameterException"):
        both = [only, {"Name": "verified_email", "Priority": 2}]
        it.new_pool(AccountRecoverySetting={"RecoveryMechanisms": both})


def test_an_update_resets_what_it_leaves_out_and_keeps_what_can_never_change(it):
    it.new_pool(
        UsernameAttributes=["email"], AutoVerifiedAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
        Policies={"PasswordPolicy": {"MinimumLength": 20}}, DeletionProtection="ACTIVE",
        Schema=[{"Name": "section", "AttributeDataType": "String"}],
    )  # fmt: skip
    it.idp.update_user_pool(UserPoolId=it.pool, AutoVerifiedAttributes=["email"])
    pool = describe(it)
    assert pool["AutoVerifiedAttributes"] == ["email"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
    assert pool["DeletionProtection"] == "INACTIVE"
    assert (pool["UsernameAttributes"], pool["UsernameConfiguration"]) == (
        ["email"],
        {"CaseSensitive": False},
    )
    assert "custom:section" in [attribute["Name"] for attribute in pool["SchemaAttributes"]]
    assert pool["Name"] == "tidepool"


def test_a_protected_pool_is_not_deleted(it):
    it.new_pool(DeletionProtection="ACTIVE")
    with refused("InvalidParameterException", "The user pool cannot be deleted because deletion protection"):
        it.idp.delete_user_pool(UserPoolId=it.pool)
    it.idp.update_user_pool(UserPoolId=it.pool, DeletionProtection="INACTIVE")
    it.idp.delete_user_pool(UserPoolId=it.pool)
    with refused("ResourceNotFoundException"):
        describe(it)
    with refused("ResourceNotFoundException"):
        it.sign_in()  # its clients are gone with it


def test_pools_are_listed_in_pages_of_one_region(it):
    ids = [it.pool, *(it.new_pool() for _ in range(4))]
    boto3.client("cognito-idp", region_name="eu-west-1").create_user_pool(PoolName="elsewhere")
    pages = it.idp.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 2})
    assert [pool["Id"] for page in pages for pool in page["UserPools"]] == ids
    with refused("InvalidParameterException"):
        it.idp.list_user_pools(MaxResults=100)
    token = it.idp.list_user_pools(MaxResults=2)["NextToken"]
    with refused("InvalidParameterException", "Invalid pagination token"):
        it.idp.list_user_pool_clients(UserPoolId=it.pool, NextToken=token)
    it.lab.travel(minutes=61)
    with refused("InvalidParameterException", "Invalid pagination token"):
        it.idp.list_user_pools(MaxResults=2, NextToken=token)


def test_a_pool_carries_tags(it):
    arn = describe(it)["Arn"]
    it.idp.tag_resource(ResourceArn=arn, Tags={"app": "tidepool", "stage": "test"})
    it.idp.untag_resource(ResourceArn=arn, TagKeys=["stage"])
    assert it.idp.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"app": "tidepool"}
    with refused("ResourceNotFoundException"):
        it.idp.list_tags_for_resource(ResourceArn=arn.replace("123456789012", "210987654321"))


# -- the schema ----------------------------------------------------------------------------------


def test_a_pool_with_a_custom_attribute_still_lists_every_standard_one(it):
    standard = {attribute["Name"] for attribute in describe(it)["SchemaAttributes"]}
    assert {"sub", "email", "email_verified", "updated_at", "zoneinfo"} <= standard
    it.new_pool(Schema=[{"Name": "section", "AttributeDataType": "String"}])
    names = [attribute["Name"] for attribute in describe(it)["SchemaAttributes"]]
    assert set(names) == standard | {"custom:section"} and len(names) == len(set(names))


def test_custom_attributes_are_added_and_never_twice(it):
    section = {
        "Name": "section",
        "AttributeDataType": "String",
        "StringAttributeConstraints": {"MaxLength": "10"},
    }
    it.idp.add_custom_attributes(UserPoolId=it.pool, CustomAttributes=[section])
    added = next(one for one in describe(it)["SchemaAttributes"] if one["Name"] == "custom:section")
    assert added["StringAttributeConstraints"] == {"MaxLength": "10"} and not added["Mutable"]
    with refused("InvalidParameterException"):
        it.idp.add_custom_attributes(UserPoolId=it.pool, CustomAttributes=[{"Name": "depth"}, section])
    assert "custom:depth" not in [one["Name"] for one in describe(it)["SchemaAttributes"]]


@pytest.mark.parametrize(
    "attribute",
    [
        {"Name": "section", "AttributeDataType": "String", "Required": True},
        {"Name": "email", "AttributeDataType": "Number"},
        {"Name": "email", "DeveloperOnlyAttribute": True},
        {"Name": "sub", "Required": False},
        {
            "Name": "section",
            "AttributeDataType": "String",
            "StringAttributeConstraints": {"MaxLength": "3000"},
        },
        {
            "Name": "depth",
            "AttributeDataType": "Number",
            "NumberAttributeConstraints": {"MinValue": "9", "MaxValue": "1"},
        },
        {"Name": "depth", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "deep"}},
        {"Name": "x" * 21, "AttributeDataType": "String"},
    ],
)
def test_a_schema_that_aws_does_not_take_is_refused(it, attribute):
    with refused("InvalidParameterException"):
        it.new_pool(Schema=[attribute])


def test_at_most_fifty_custom_attributes(it):
    fifty = [{"Name": f"a{number}", "AttributeDataType": "String"} for number in range(50)]
    for start in (0, 25):
        it.idp.add_custom_attributes(UserPoolId=it.pool, CustomAttributes=fifty[start : start + 25])
    with refused("InvalidParameterException"):
        it.idp.add_custom_attributes(
            UserPoolId=it.pool, CustomAttributes=[{"Name": "b", "AttributeDataType": "String"}]
        )


# -- app clients ---------------------------------------------------------------------------------


def test_client_ids_and_secrets_have_the_shape_of_aws(it):
    client = it.new_client(GenerateSecret=True)
    assert re.fullmatch(r"[a-z0-9]{26}", client["ClientId"])
    assert re.fullmatch(r"[a-z0-9]{51}", client["ClientSecret"])
    assert "ClientSecret" not in it.new_client()
    assert it.new_client(ClientSecret="a" * 30)["ClientSecret"] == "a" * 30
    with refused("InvalidParameterException"):
        it.new_client(ClientSecret="with-a-dash-" * 3)


def test_a_client_without_settings_has_the_defaults_of_aws(it):
    client = it.idp.create_user_pool_client(UserPoolId=it.pool, ClientName="bare")["UserPoolClient"]
    assert set(client["ExplicitAuthFlows"]) == {
        "ALLOW_REFRESH_TOKEN_AUTH",
        "ALLOW_USER_SRP_AUTH",
        "ALLOW_CUSTOM_AUTH",
    }
    assert client["RefreshTokenValidity"] == 30 and client["EnableTokenRevocation"] is True
    assert client["AuthSessionValidity"] == 3
    assert describe_client(it, client["ClientId"]) == client


@pytest.mark.parametrize(
    ("settings", "is_taken"),
    [
        ({"AccessTokenValidity": 24}, True),
        ({"AccessTokenValidity": 25}, False),
        ({"AccessTokenValidity": 2, "TokenValidityUnits": {"AccessToken": "days"}}, False),
        ({"AccessTokenValidity": 5, "TokenValidityUnits": {"AccessToken": "minutes"}}, True),
        ({"AccessTokenValidity": 4, "TokenValidityUnits": {"AccessToken": "minutes"}}, False),
        ({"IdTokenValidity": 299, "TokenValidityUnits": {"IdToken": "seconds"}}, False),
        ({"IdTokenValidity": 300, "TokenValidityUnits": {"IdToken": "seconds"}}, True),
        ({"RefreshTokenValidity": 3650}, True),
        ({"RefreshTokenValidity": 3651}, False),
        ({"RefreshTokenValidity": 59, "TokenValidityUnits": {"RefreshToken": "minutes"}}, False),
        ({"RefreshTokenValidity": 0}, True),
    ],
)
def test_tokens_live_within_the_ranges_of_aws(it, settings, is_taken):
    if is_taken:
        it.new_client(**settings)
    else:
        with refused("InvalidParameterException"):
            it.new_client(**settings)


def test_an_update_of_a_client_resets_what_it_leaves_out(it):
    client = it.new_client(
        GenerateSecret=True, AccessTokenValidity=5, ReadAttributes=["email"], AuthSessionValidity=9
    )
    it.idp.update_user_pool_client(UserPoolId=it.pool, ClientId=client["ClientId"], AccessTokenValidity=5)
    now = describe_client(it, client["ClientId"])
    assert now["AccessTokenValidity"] == 5 and now["AuthSessionValidity"] == 3
    assert "ALLOW_USER_PASSWORD_AUTH" not in now["ExplicitAuthFlows"] and "ReadAttributes" not in now
    assert (now["ClientSecret"], now["ClientName"]) == (client["ClientSecret"], "web")


def test_a_client_may_only_name_attributes_of_the_pool_and_never_writes_the_proof(it):
    it.new_client(ReadAttributes=["email", "email_verified"], WriteAttributes=["email"])
    with refused("InvalidParameterException"):
        it.new_client(ReadAttributes=["custom:section"])
    for name in ("email_verified", "phone_number_verified", "sub"):
        with refused("InvalidParameterException"):
            it.new_client(WriteAttributes=["email", name])


def test_a_client_may_name_every_attribute_of_the_pool(it):
    schema = it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]["SchemaAttributes"]
    names = {row["Name"] for row in schema}
    proofs = {"email_verified", "phone_number_verified", "sub", "identities"}
    client = it.new_client(ReadAttributes=sorted(names), WriteAttributes=sorted(names - proofs))
    assert (set(client["ReadAttributes"]), set(client["WriteAttributes"])) == (names, names - proofs)


def test_flows_of_the_old_and_the_new_kind_do_not_mix(it):
    with refused("InvalidParameterException"):
        it.new_client(ExplicitAuthFlows=["USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    old = it.new_client(ExplicitAuthFlows=["USER_PASSWORD_AUTH"])["ClientId"]
    it.member()
    assert it.sign_in(client=old)["AccessToken"]


def test_oauth_settings_are_checked(it):
    good = {
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid"],
    }
    back = {"CallbackURLs": ["https://tidepool.example/back"]}
    for url in ("https://tidepool.example/back", "http://localhost:8000/", "myapp://back"):
        it.new_client(CallbackURLs=[url], **good)
    for url in (
        "http://tidepool.example/back",
        "http://localhost.evil.example/",
        "https://tidepool.example/#here",
    ):
        with refused("InvalidParameterException"):
            it.new_client(CallbackURLs=[url], **good)
    with refused("ScopeDoesNotExistException"):
        it.new_client(**back, **{**good, "AllowedOAuthScopes": ["pictures/read"]})
    it.idp.create_resource_server(
        UserPoolId=it.pool, Identifier="pictures", Name="p",
        Scopes=[{"ScopeName": "read", "ScopeDescription": "r"}],
    )  # fmt: skip
    machine = {**good, "AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["pictures/read"]}
    with refused("InvalidOAuthFlowException"):
        it.new_client(**machine)
    it.new_client(GenerateSecret=True, **machine)
    with refused("InvalidOAuthFlowException"):
        both = {**machine, "AllowedOAuthFlows": ["client_credentials", "code"]}
        it.new_client(GenerateSecret=True, **back, **both)
    it.new_client(SupportedIdentityProviders=["COGNITO"])
    with refused("InvalidParameterException", "The provider Google does not exist"):
        it.new_client(SupportedIdentityProviders=["Google"])


def test_rotation_and_the_old_way_to_refresh_exclude_each_other(it):
    rotation = {"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}}
    with refused("InvalidParameterException"):
        it.new_client(ExplicitAuthFlows=FLOWS, **rotation)
    bare = it.idp.create_user_pool_client(UserPoolId=it.pool, ClientName="bare", **rotation)["UserPoolClient"]
    assert "ALLOW_REFRESH_TOKEN_AUTH" not in bare["ExplicitAuthFlows"]


def test_a_client_belongs_to_its_pool(it):
    client, first = it.client, it.pool
    it.new_pool()
    with refused("ResourceNotFoundException", f"User pool client {client} does not exist."):
        describe_client(it, client)
    it.pool = first
    it.idp.delete_user_pool_client(UserPoolId=first, ClientId=client)
    with refused("ResourceNotFoundException"):
        it.idp.sign_up(ClientId=client, Username="mara", Password="Tide-pools-2026!", UserAttributes=pairs())
    assert it.idp.list_user_pool_clients(UserPoolId=first)["UserPoolClients"] == []
