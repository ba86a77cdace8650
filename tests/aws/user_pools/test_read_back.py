"""What is written is read back: every member that AWS's model of a Create operation has is shown by the
Describe operation as it was given, or is refused, by its name where the lab does not act on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from support.iam_people import allow, make_role
from support.second_factors import trust
from support.user_pools import FLOWS, World, refused, world

from cognito_lab import OutsideTheLab
from cognito_lab.aws import moto_patches
from cognito_lab.aws.user_pools.settings import app_clients, pools

ARN = "arn:aws:iam::123456789012:role/sms"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
FUNCTIONS = (
    "PreSignUp", "CustomMessage", "PostConfirmation", "PreAuthentication", "PostAuthentication",
    "UserMigration", "DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse",
    "PreTokenGeneration",
)  # fmt: skip
SECTION = {"Name": "section", "AttributeDataType": "String", "Mutable": True}
POOL: dict[str, Any] = {
    "PoolName": "tidepool",
    "Policies": {
        "PasswordPolicy": {
            "MinimumLength": 10, "RequireUppercase": True, "RequireLowercase": True, "RequireNumbers": False,
            "RequireSymbols": False, "PasswordHistorySize": 2, "TemporaryPasswordValidityDays": 3,
        },
        "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]},
    },
    "DeletionProtection": "ACTIVE",
    "LambdaConfig": {
        **dict.fromkeys(FUNCTIONS, FUNCTION),
        "PreTokenGenerationConfig": {"LambdaVersion": "V2_0", "LambdaArn": FUNCTION},
        "InboundFederation": {"LambdaVersion": "V1_0", "LambdaArn": FUNCTION},
    },
    "AutoVerifiedAttributes": ["email"],
    "AliasAttributes": ["email"],
    "SmsVerificationMessage": "{####}", "EmailVerificationMessage": "code {####}",
    "EmailVerificationSubject": "Code",
    "VerificationMessageTemplate": {
        "SmsMessage": "{####}", "EmailMessage": "code {####}", "EmailSubject": "Code",
        "EmailMessageByLink": "{##here##}", "EmailSubjectByLink": "Link",
        "DefaultEmailOption": "CONFIRM_WITH_LINK",
    },
    "MfaConfiguration": "OPTIONAL",
    "SmsConfiguration": {"SnsCallerArn": ARN, "ExternalId": "tidepool", "SnsRegion": "us-east-1"},
    "SmsAuthenticationMessage": "code {####}",
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
    "EmailConfiguration": {
        "EmailSendingAccount": "DEVELOPER",
        "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@b.example",
        "ReplyToEmailAddress": "a@b.example", "From": "a@b.example",
    },
    "UserPoolTags": {"course": "01"},
    "AdminCreateUserConfig": {
        "AllowAdminCreateUserOnly": True, "UnusedAccountValidityDays": 3,
        "InviteMessageTemplate": {
            "SMSMessage": "{username} {####}", "EmailMessage": "{username} {####}", "EmailSubject": "Hello",
        },
    },
    "UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"},
    "DcrConfiguration": {"EnableStatus": "Disabled"},
    "UsernameConfiguration": {"CaseSensitive": False},
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
    "UserPoolTier": "PLUS",
    "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True},
    "KeyConfiguration": {"KeyType": "AWS_OWNED_KEY"},
    "IssuerConfiguration": {"Type": "ORIGINAL"},
    "Schema": [SECTION],
}  # fmt: skip
CLIENT: dict[str, Any] = {
    "ClientName": "web", "GenerateSecret": True,
    "RefreshTokenValidity": 2, "AccessTokenValidity": 30, "IdTokenValidity": 40,
    "TokenValidityUnits": {"RefreshToken": "hours", "AccessToken": "minutes", "IdToken": "minutes"},
    "ReadAttributes": ["email", "custom:section"], "WriteAttributes": ["email"],
    "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"], "SupportedIdentityProviders": ["COGNITO"],
    "CallbackURLs": ["https://tidepool.example/back"], "LogoutURLs": ["https://tidepool.example/bye"],
    "DefaultRedirectURI": "https://tidepool.example/back",
    "AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid"], "AllowedOAuthFlowsUserPoolClient": True,
    "PreventUserExistenceErrors": "ENABLED", "EnableTokenRevocation": False, "AuthSessionValidity": 5,
    "EnablePropagateAdditionalUserContextData": True,
    "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10},
}  # fmt: skip
# Members that POOL and CLIENT do not have: a value, which is refused. Its last name stands in the refusal.
REFUSED_OF_POOLS: dict[str, Any] = {
    "LambdaConfig.CustomSMSSender": {"CustomSMSSender": {"LambdaVersion": "V1_0", "LambdaArn": FUNCTION}},
    "LambdaConfig.CustomEmailSender": {"CustomEmailSender": {"LambdaVersion": "V1_0", "LambdaArn": FUNCTION}},
    "LambdaConfig.KMSKeyID": {"KMSKeyID": "arn:aws:kms:us-east-1:123456789012:key/k"},
    "UsernameAttributes": ["email"],  # beside AliasAttributes: tried by itself below
    "EmailConfiguration.ConfigurationSet": {"ConfigurationSet": "a"},
    "SmsConfiguration.EumsSms": {"EumsSms": {"CallerArn": ARN}},
    "UserPoolAddOns.AdvancedSecurityAdditionalFlows": {
        "AdvancedSecurityMode": "OFF", "AdvancedSecurityAdditionalFlows": {"CustomAuthMode": "AUDIT"},
    },
    "DcrConfiguration.OpenDcrEnabled": {"EnableStatus": "Enabled", "OpenDcrEnabled": True},
    "DcrConfiguration.AuthenticatedGrantTypes": {"EnableStatus": "Enabled"},
    "DcrConfiguration.OpenDcrGrantTypes": {"EnableStatus": "Enabled"},
    "DcrConfiguration.AllowedScopes": {"EnableStatus": "Enabled"},
    "KeyConfiguration.KmsKeyArn": {"KeyType": "CUSTOMER_MANAGED_KEY"},
    "AcrConfiguration": {"Level1": {"AcrValue": "https://tidepool.example/1"}},
}  # fmt: skip
REFUSED_OF_CLIENTS: dict[str, Any] = {
    "AnalyticsConfiguration": {"ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a"},
}


@pytest.fixture
def it() -> Iterator[World]:
    with world() as it:
        yield it


def members(shape: Any, within: str = "") -> Iterator[str]:
    """The members of a structure, and with dots those of the structures in it that are taken in parts."""
    for name, member in shape.members.items():
        whole = f"{within}{name}"
        if member.type_name == "structure" and whole not in {**REFUSED_OF_POOLS, **REFUSED_OF_CLIENTS}:
            yield from members(member, f"{whole}.")
        else:
            yield whole


def value_of(given: Any, path: str) -> Any:
    for name in path.split("."):
        given = given.get(name) if isinstance(given, dict) else None
    return given


def shape_of(operation: str, service: str = "cognito-idp") -> Any:
    return moto_patches.service_model(service).operation_model(operation).input_shape


def test_a_pool_shows_what_it_was_given(it: World) -> None:
    make_role(ARN.rpartition("/")[2], allow("sns:Publish"), trust=trust())
    made = it.idp.create_user_pool(**POOL)["UserPool"]
    shown = it.idp.describe_user_pool(UserPoolId=made["Id"])["UserPool"]
    assert shown == made
    for path in members(shape_of("CreateUserPool")):
        wanted = value_of(POOL, path)
        if path in REFUSED_OF_POOLS:
            assert wanted is None, f"{path} is taken and refused"
        elif path == "Schema":
            assert {**SECTION, "Name": "custom:section"}.items() <= shown["SchemaAttributes"][-1].items()
        else:
            assert wanted is not None, f"{path} is neither taken nor refused in this test"
            assert value_of(shown, {"PoolName": "Name"}.get(path, path)) == wanted, path


@pytest.mark.parametrize("path", REFUSED_OF_POOLS)
def test_what_a_pool_does_not_show_is_refused_by_name(it: World, path: str) -> None:
    first, _, part = path.partition(".")
    if path == "UsernameAttributes":
        it.new_pool(UsernameAttributes=["email"])
        assert it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]["UsernameAttributes"] == ["email"]
        return
    with pytest.raises(OutsideTheLab, match=f"{first}|{part or first}"):
        it.new_pool(UserPoolTier="PLUS", **{first: REFUSED_OF_POOLS[path]})


def test_a_pool_with_the_least_shows_the_defaults(it: World) -> None:
    it.new_pool()
    shown = it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]
    known = set(moto_patches.service_model("cognito-idp").shape_for("UserPoolType").members)
    assert set(shown) <= known
    texts = {
        "SmsVerificationMessage",
        "EmailVerificationMessage",
        "UsernameConfiguration",
        "SmsConfiguration",
    }
    assert not texts & set(shown)
    assert {
        name: shown[name] for name in pools.DEFAULTS if name not in ("Policies", "AdminCreateUserConfig")
    } == {
        name: value
        for name, value in pools.DEFAULTS.items()
        if name not in ("Policies", "AdminCreateUserConfig")
    }
    assert shown["AdminCreateUserConfig"] == {
        "AllowAdminCreateUserOnly": False,
        "UnusedAccountValidityDays": 7,
    }


def test_the_older_name_of_the_days_of_a_temporary_password_counts_while_the_newer_does_not(
    it: World,
) -> None:
    def days(**settings: Any) -> tuple[int, int]:
        it.new_pool(AdminCreateUserConfig={"UnusedAccountValidityDays": 5}, **settings)
        shown = it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]
        newer = shown["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"]
        return newer, shown["AdminCreateUserConfig"]["UnusedAccountValidityDays"]

    assert days() == (5, 5)
    assert days(Policies={"PasswordPolicy": {"TemporaryPasswordValidityDays": 2}}) == (2, 2)


def test_a_client_shows_what_it_was_given(it: World) -> None:
    it.new_pool(Schema=[SECTION])
    made = it.idp.create_user_pool_client(UserPoolId=it.pool, **CLIENT)["UserPoolClient"]
    shown = it.idp.describe_user_pool_client(UserPoolId=it.pool, ClientId=made["ClientId"])["UserPoolClient"]
    assert shown == made and len(shown["ClientSecret"]) > 24
    beside = {"UserPoolId", "GenerateSecret", "ClientSecret", "AnalyticsConfiguration"}
    for path in members(shape_of("CreateUserPoolClient")):
        if path not in beside:
            assert value_of(CLIENT, path) is not None, f"{path} is neither taken nor refused in this test"
            assert value_of(shown, path) == value_of(CLIENT, path), path
    assert it.new_client(ClientSecret="a" * 30)["ClientSecret"] == "a" * 30


@pytest.mark.parametrize("member", REFUSED_OF_CLIENTS)
def test_what_feeds_another_service_is_refused_by_name(
    it: World, member: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = {member: REFUSED_OF_CLIENTS[member]}
    with pytest.raises(OutsideTheLab, match=member):
        it.new_client(GenerateSecret=True, **setting)
    with pytest.raises(OutsideTheLab, match=member):
        ident = it.new_client(GenerateSecret=True)["ClientId"]
        it.idp.update_user_pool_client(UserPoolId=it.pool, ClientId=ident, **setting)
    monkeypatch.setattr(app_clients, "check_played", lambda *_: None)
    assert it.new_client(GenerateSecret=True, **setting)[member]


@pytest.mark.parametrize("kind", ["DELEGATION", "IMPERSONATION"])
def test_an_app_client_that_may_exchange_tokens_is_refused_by_name(
    it: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    flows = ["ALLOW_USER_PASSWORD_AUTH", f"ALLOW_TOKEN_EXCHANGE_{kind}"]
    with pytest.raises(OutsideTheLab, match=flows[1]):
        it.new_client(ExplicitAuthFlows=flows)
    monkeypatch.setattr(app_clients, "check_played", lambda *_: None)
    assert it.new_client(ExplicitAuthFlows=flows)["ExplicitAuthFlows"] == flows


def test_a_client_with_the_least_shows_the_defaults(it: World) -> None:
    made = it.idp.create_user_pool_client(UserPoolId=it.pool, ClientName="bare")["UserPoolClient"]
    own = {"UserPoolId", "ClientName", "ClientId", "CreationDate", "LastModifiedDate", "TokenValidityUnits"}
    assert {name: value for name, value in made.items() if name not in own} == {
        name: value for name, value in app_clients.DEFAULTS.items() if name not in own
    }


SAML_FREE = {"client_id": "a.apps.googleusercontent.com", "client_secret": "s", "authorize_scopes": "openid"}


def rest(it: World) -> dict[str, tuple[str, dict[str, Any], Callable[[], dict[str, Any]], set[str]]]:
    """Object → its Create operation, everything that it takes, how it is read, and what it does not show."""
    idp, pool = it.idp, {"UserPoolId": it.pool}
    google = {**pool, "ProviderName": "Google"}
    return {
        "group": (
            "CreateGroup",
            {**pool, "GroupName": "reef", "Description": "d", "RoleArn": ARN, "Precedence": 0},
            lambda: idp.get_group(**pool, GroupName="reef")["Group"], set(),
        ),
        "identity provider": (
            "CreateIdentityProvider",
            {**google, "ProviderType": "Google", "ProviderDetails": SAML_FREE,
             "AttributeMapping": {"email": "email", "username": "sub"}, "IdpIdentifiers": ["g.example"]},
            lambda: idp.describe_identity_provider(**google)["IdentityProvider"], {"AcrMapping"},
        ),
        "resource server": (
            "CreateResourceServer",
            {**pool, "Identifier": "api", "Name": "API",
             "Scopes": [{"ScopeName": "read", "ScopeDescription": "r"}]},
            lambda: idp.describe_resource_server(**pool, Identifier="api")["ResourceServer"], set(),
        ),
        "domain": (
            "CreateUserPoolDomain",
            {**pool, "Domain": "tidepool-read-back", "ManagedLoginVersion": 2},
            lambda: idp.describe_user_pool_domain(Domain="tidepool-read-back")["DomainDescription"],
            {"CustomDomainConfig", "Routing"},
        ),
    }  # fmt: skip


LEAST = {"identity provider": {"ProviderDetails": SAML_FREE}}


@pytest.mark.parametrize("kind", ["group", "identity provider", "resource server", "domain"])
@pytest.mark.parametrize("least", [False, True])
def test_the_other_objects_of_a_pool_show_what_they_were_given(it: World, kind: str, least: bool) -> None:
    operation, everything, read, refused_members = rest(it)[kind]
    shape = shape_of(operation)
    assert set(shape.members) == set(everything) | refused_members
    given = {name: value for name, value in everything.items() if not least or name in shape.required_members}
    method = next(py for py, api in it.idp.meta.method_to_api_mapping.items() if api == operation)
    getattr(it.idp, method)(**given)
    shown = read()
    for name, value in given.items():
        if name == "ProviderDetails":
            assert value.items() <= shown[name].items()  # AWS adds the addresses that follow
        else:
            assert shown[name] == value, name


@pytest.mark.parametrize(
    ("operation", "member", "value"),
    [
        (
            "CreateUserPoolDomain",
            "CustomDomainConfig",
            {"CertificateArn": "arn:aws:acm:us-east-1:1:certificate/a"},
        ),
        (
            "CreateUserPoolDomain",
            "Routing",
            {"Failover": {"SecondaryRegion": "eu-west-1", "PrimaryRoute53HealthCheckId": "a"}},
        ),
        ("CreateIdentityProvider", "AcrMapping", {"Level1": "urn:x"}),
    ],
)
def test_what_the_others_do_not_show_is_refused(it: World, operation: str, member: str, value: Any) -> None:
    everything = next(row[1] for row in rest(it).values() if row[0] == operation)
    method = next(py for py, api in it.idp.meta.method_to_api_mapping.items() if api == operation)
    with pytest.raises(OutsideTheLab):
        getattr(it.idp, method)(**everything, **{member: value})


def test_an_identity_pool_shows_what_it_was_given(it: World) -> None:
    identity = boto3.client("cognito-identity")
    key = f"cognito-idp.us-east-1.amazonaws.com/{it.pool}"
    given: dict[str, Any] = {
        "IdentityPoolName": "tidepool", "AllowUnauthenticatedIdentities": False, "AllowClassicFlow": True,
        "SupportedLoginProviders": {"accounts.google.com": "g"},
        "OpenIdConnectProviderARNs": ["arn:aws:iam::123456789012:oidc-provider/login.example.org"],
        "SamlProviderARNs": ["arn:aws:iam::123456789012:saml-provider/uni"],
        "CognitoIdentityProviders": [
            {"ProviderName": key, "ClientId": it.client, "ServerSideTokenCheck": True}
        ],
        "IdentityPoolTags": {"a": "b"}, "DeveloperProviderName": "login.tidepool.example",
    }  # fmt: skip
    assert set(shape_of("CreateIdentityPool", "cognito-identity").members) == set(given)
    made = identity.create_identity_pool(**given)
    shown = identity.describe_identity_pool(IdentityPoolId=made["IdentityPoolId"])
    assert {name: shown[name] for name in given} == given
    rules = [{"Claim": "email", "MatchType": "Equals", "Value": "x", "RoleARN": ARN}]
    roles = {"authenticated": ARN, "unauthenticated": ARN}
    mappings = {
        f"{key}:{it.client}": {"Type": "Token", "AmbiguousRoleResolution": "Deny"},
        "accounts.google.com": {
            "Type": "Rules", "AmbiguousRoleResolution": "AuthenticatedRole",
            "RulesConfiguration": {"Rules": rules},
        },
    }  # fmt: skip
    named = {"IdentityPoolId": made["IdentityPoolId"]}
    identity.set_identity_pool_roles(**named, Roles=roles, RoleMappings=mappings)
    shown = identity.get_identity_pool_roles(**named)
    assert (shown["Roles"], shown["RoleMappings"]) == (roles, mappings)


STANDARD = (
    "profile", "address", "gender", "preferred_username", "website", "picture", "zoneinfo", "locale",
    "given_name", "family_name", "middle_name", "name", "nickname",
)  # fmt: skip


def test_a_user_shows_every_attribute_and_no_other(it: World) -> None:
    it.new_pool(Schema=[SECTION])
    values = {
        "email": "mara@tidepool.example", "email_verified": "true", "phone_number": "+4912345678",
        "phone_number_verified": "false", "birthdate": "2000-01-02", "updated_at": "1780304400",
        "custom_section": "reef",
        **dict.fromkeys(STANDARD, "x"),
    }  # fmt: skip
    it.invited("mara", **values)
    shown = it.attributes()
    known = {
        one["Name"] for one in it.idp.describe_user_pool(UserPoolId=it.pool)["UserPool"]["SchemaAttributes"]
    }
    assert set(shown) == known - {"identities"}
    assert {name: shown[name.replace("custom_", "custom:")] for name in values} == values
    it.invited("ben")
    assert set(it.attributes("ben")) == {"sub"}


# -- two settings that go together -----------------------------------------------------------------

ON = {"AllowedOAuthFlowsUserPoolClient": True}
BACK = {"CallbackURLs": ["https://tidepool.example/back"]}
CODE = {"AllowedOAuthFlows": ["code"]}
OPENID = {"AllowedOAuthScopes": ["openid"]}
WHOLE = {**ON, **BACK, **CODE, **OPENID}
FIRST = {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}}
ADMIN, MAIL = (
    {"Name": name, "Priority": number} for number, name in enumerate(("admin_only", "verified_email"), 1)
)
PAIRS_OF_CLIENTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [  # code, refused, and what is missing
    ("InvalidOAuthFlowException", {**ON, **CODE, **OPENID}, BACK),
    ("InvalidOAuthFlowException", {**ON, **OPENID, "AllowedOAuthFlows": ["implicit"]}, BACK),
    ("InvalidParameterException", {**ON, **BACK, **CODE}, OPENID),
    ("InvalidParameterException", {**ON, **BACK, **OPENID}, CODE),
    ("InvalidParameterException", {**WHOLE, "DefaultRedirectURI": "https://other.example/"},
     {"CallbackURLs": ["https://other.example/"]}),
    ("InvalidParameterException", {"EnablePropagateAdditionalUserContextData": True},
     {"EnablePropagateAdditionalUserContextData": False}),
    ("InvalidParameterException", {"GenerateSecret": True, "ClientSecret": 30 * "a"},
     {"GenerateSecret": False}),
    ("InvalidParameterException",
     {"RefreshTokenRotation": {"Feature": "ENABLED"}, "ExplicitAuthFlows": FLOWS},
     {"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]}),
    ("InvalidParameterException", {"ReadAttributes": ["custom:nobody"]}, {"ReadAttributes": ["email"]}),
    ("InvalidParameterException", {"WriteAttributes": ["email_verified"]}, {"WriteAttributes": ["email"]}),
    ("InvalidParameterException", {"SupportedIdentityProviders": ["Google"]},
     {"SupportedIdentityProviders": ["COGNITO"]}),
]  # fmt: skip
PAIRS_OF_POOLS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (FIRST, {"AutoVerifiedAttributes": ["email"]}),
    ({"UsernameAttributes": ["email"], "AliasAttributes": ["email"]}, {"AliasAttributes": []}),
    ({"Schema": [{"Name": "preferred_username", "Required": True}],
      "AliasAttributes": ["preferred_username"]}, {"AliasAttributes": ["email"]}),
    ({"AccountRecoverySetting": {"RecoveryMechanisms": [ADMIN, MAIL]}},
     {"AccountRecoverySetting": {"RecoveryMechanisms": [ADMIN]}}),
    ({"MfaConfiguration": "ON"}, {"MfaConfiguration": "OFF"}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "given", "missing"), PAIRS_OF_CLIENTS, ids=lambda value: str(value)[:60])
def test_settings_of_a_client_that_go_together(
    it: World, code: str, given: dict[str, Any], missing: dict[str, Any]
) -> None:
    with refused(code):
        it.new_client(**given)
    ident = it.new_client(**{**given, **missing})["ClientId"]
    with refused(code) if "ClientSecret" not in given else pytest.raises(Exception):
        it.idp.update_user_pool_client(UserPoolId=it.pool, ClientId=ident, **given)


@pytest.mark.parametrize(("given", "missing"), PAIRS_OF_POOLS, ids=lambda value: json.dumps(value)[:60])
def test_settings_of_a_pool_that_go_together(
    it: World, given: dict[str, Any], missing: dict[str, Any]
) -> None:
    with refused("InvalidParameterException"):
        it.new_pool(**given)
    it.new_pool(**{**given, **missing})


def test_the_rules_of_two_settings_are_what_refuses(it: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_clients, "check_oauth_is_whole", lambda settings: None)
    it.new_client(**ON, **CODE, **OPENID)
    it.new_client(**ON)
