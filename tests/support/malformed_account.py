"""An account with something of everything in it, for :mod:`support.malformed`: what there is, by member."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pyotp
from botocore.credentials import Credentials
from support.federation import Federation
from support.iam_people import TRUST, allow, deny, document, session_of
from support.lambda_functions import archive, make_function
from support.managed_login import CALLBACK, CHALLENGE, DOMAIN, SIGNED_OUT, VERIFIER
from support.passkeys import FACTORS, credentials_for
from support.srp_client import Client
from support.threat_protection import AWAY, BLOCK_LEAKED, HOME, LAPTOP, NOTIFY, PHONE, encoded
from support.user_pools import FLOWS, OTHER_PASSWORD, PASSWORD, pairs, secret_hash

from cognito_lab import Lab, SoftwarePasskey
from cognito_lab.aws.iam.identity_providers import AUDIENCES, ROLES, SAML_ENDPOINT
from cognito_lab.aws.managed_login import routes
from cognito_lab.aws.sts.saml_identity import ATTRIBUTES
from cognito_lab.providers import google, registry, university

ASKED = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method",
    "nonce", "identity_provider", "prompt", "login_hint", "max_age", "lang",
)  # fmt: skip
FILLED_IN = (
    *ASKED[:3], "_csrf", "username", "password", "code", "email", "session", "challenge", "factor",
    "credential",
)  # fmt: skip
# The fields of an address, where they are others than those of an authorization request or of a page's form.
FIELDS: dict[str, tuple[str, ...]] = {
    "/logout": ("client_id", "logout_uri", *ASKED[1:4]),
    "/error": ("error", "client_id"),
    "/oauth2/idpresponse": ("code", "state", "error"),
    "/confirmUser": ("client_id", "user_name", "confirmation_code"),
    "/oauth2/userInfo": (),
    "/saml2/idpresponse": ("SAMLResponse", "RelayState"),
    "/oauth2/revoke": ("token", "client_id", "client_secret"),
    "/oauth2/token": ("grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier",
                      "refresh_token", "scope"),
    "/sso": ("SAMLRequest", "RelayState", "providerId"),
    "/_lab/clock": ("advance_seconds",),
    "/": ("Action",),
    "/tidepool-pictures/mara/crab.svg": ("prefix",),
}  # fmt: skip

SERVER = "login.tidepool.example"  # the developer provider of the identity pool
AT_AWS, NAME = (AUDIENCES[0], SAML_ENDPOINT), f"{ATTRIBUTES}RoleSessionName"
DEVICES = {"ChallengeRequiredOnNewDevice": True}


def pages(pool: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Method, host, path and fields of what browsers and apps open, by the names of a served account."""
    domain = str(urlsplit(DOMAIN).hostname)
    found = [(method, domain, path) for method, path in (*routes.CALLED_BY_APPS, *routes.OPENED_BY_BROWSERS)]
    found += [("POST", domain, "/oauth2/token")] * 3
    found += [(method, str(urlsplit(url).hostname), urlsplit(url).path) for method, url in google.ROUTES]
    for provider in registry.SOCIAL:
        urls = [(method, urlsplit(url)) for method, url in provider().routes]
        found += [(method, str(url.hostname), url.path) for method, url in urls]
    found += [(method, university.UNIVERSITY_HOST, path) for method, path in university.ROUTES]
    found += [("GET", "tidepool-pictures.s3-website-us-east-1.amazonaws.com", "/x")]
    found = [(method, f"{host}.localhost", path) for method, host, path in found]
    found += [
        (method, "127.0.0.1", path)
        for method, path in (
            ("GET", f"/{pool}/.well-known/jwks.json"), ("GET", "/_lab/inbox/mara%40tidepool.example"),
            ("POST", "/_lab/clock"), ("OPTIONS", "/"), ("POST", "/"),
            ("GET", "/tidepool-pictures/mara/crab.svg"),
            ("POST", "/tidepool/oauth2/token"), ("GET", "/tidepool/oauth2/userInfo"), ("GET", "/"),
        )
    ]  # fmt: skip
    return [
        (method, host, path, FIELDS.get(path, FILLED_IN if method == "POST" else ASKED))
        for method, host, path in found
    ]


def device_of(it: Federation, settings: dict[str, Any]) -> str:
    """The key of a device of Mara's; from now on the pool tracks devices."""
    it.idp.update_user_pool(**settings, DeviceConfiguration=DEVICES)
    app = it.new_client(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])["ClientId"]
    person = Client(it)
    tokens = person.send(person.claim(person.begin(client=app)), client=app)["AuthenticationResult"]
    key = str(tokens["NewDeviceMetadata"]["DeviceKey"])
    numbers = {"Salt": "AQ==", "PasswordVerifier": "Ag=="}
    it.idp.confirm_device(
        AccessToken=tokens["AccessToken"], DeviceKey=key, DeviceSecretVerifierConfig=numbers
    )
    return key


def furnished(lab: Lab) -> dict[str, list[Any]]:
    """Fill the account; what is in it by member name, as :class:`support.malformed.Requests` wants it."""
    it = Federation(lab)
    settings: dict[str, Any] = {
        "UserPoolId": it.pool, "AutoVerifiedAttributes": ["email"], "UserPoolTier": "PLUS",
        "Policies": FACTORS,
        "UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"},
    }  # fmt: skip
    it.idp.update_user_pool(**settings)
    it.idp.set_risk_configuration(
        UserPoolId=it.pool, CompromisedCredentialsRiskConfiguration=BLOCK_LEAKED,
        RiskExceptionConfiguration={"BlockedIPRangeList": ["198.51.100.0/24"]},
        AccountTakeoverRiskConfiguration={
            "NotifyConfiguration": NOTIFY,
            "Actions": {"HighAction": {"Notify": True, "EventAction": "MFA_IF_CONFIGURED"}},
        },
    )  # fmt: skip
    it.connect_google()
    it.support("COGNITO", "Google")
    web = it.oauth_client(GenerateSecret=True)
    it.invited("noor", email="noor@tidepool.example")
    it.sign_up("ben")
    it.idp.create_group(UserPoolId=it.pool, GroupName="divers")
    it.idp.create_resource_server(UserPoolId=it.pool, Identifier="tides", Name="tides", Scopes=[])
    session = it.initiate("noor")["Session"]
    it.idp.set_user_pool_session_configuration(
        UserPoolId=it.pool, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 9}
    )
    signed_in = it.sign_in()
    token = {"AccessToken": signed_in["AccessToken"]}
    options = it.idp.start_web_authn_registration(**token)["CredentialCreationOptions"]
    device, origin = SoftwarePasskey(), f"https://{options['rp']['id']}"
    credential = device.create(options, origin)
    it.idp.complete_web_authn_registration(**token, Credential=credential)
    choice = it.new_client(ExplicitAuthFlows=["ALLOW_USER_AUTH"])["ClientId"]
    by_passkey = {"USERNAME": "mara", "PREFERRED_CHALLENGE": "WEB_AUTHN"}
    asked = it.idp.initiate_auth(ClientId=choice, AuthFlow="USER_AUTH", AuthParameters=by_passkey)
    signed = device.get(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"], origin)
    phone, tracked = device_of(it, settings), it.idp.list_user_sessions(AccessToken=signed_in["AccessToken"])
    it.sign_up("ula")
    it.confirm("ula")
    app = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    it.idp.set_user_pool_mfa_config(UserPoolId=it.pool, MfaConfiguration="ON", **app)
    setup = it.idp.associate_software_token(Session=it.initiate("ula")["Session"])
    shown = pyotp.TOTP(setup["SecretCode"]).now()
    it.idp.set_user_pool_mfa_config(UserPoolId=it.pool, MfaConfiguration="OPTIONAL", **app)
    plus = {"AutoVerifiedAttributes": ["email"], "UserPoolTier": "PLUS", "MfaConfiguration": "OPTIONAL",
            "UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}  # fmt: skip
    first = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]}}
    it.idp.update_user_pool(UserPoolId=it.pool, Policies=first, DeviceConfiguration=DEVICES, **plus)
    choice = it.new_client(ExplicitAuthFlows=[*FLOWS, "ALLOW_USER_AUTH"])["ClientId"]
    begun = it.idp.sign_up(
        ClientId=choice, Username="kai", UserAttributes=pairs(email="kai@tidepool.example")
    )
    sessions = [begun["Session"]]
    for preferred in ({}, {"PREFERRED_CHALLENGE": "PASSWORD"}, {"PREFERRED_CHALLENGE": "EMAIL_OTP"}):
        wanted = {"USERNAME": "mara", **preferred}
        answer = it.idp.initiate_auth(ClientId=choice, AuthFlow="USER_AUTH", AuthParameters=wanted)
        sessions.append(answer["Session"])
    event = it.idp.admin_list_user_auth_events(UserPoolId=it.pool, Username="mara")["AuthEvents"][0]
    options = it.idp.start_web_authn_registration(**token)["CredentialCreationOptions"]
    # page fields
    iam, s3, identity = boto3.client("iam"), boto3.client("s3"), boto3.client("cognito-identity")
    trust, rights = json.dumps(document(TRUST)), json.dumps(document(allow("s3:*")))
    role = iam.create_role(RoleName="keeper", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="keeper", PolicyName="rights", PolicyDocument=rights)
    policy = iam.create_policy(PolicyName="managed", PolicyDocument=rights)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="keeper", PolicyArn=policy)
    iam.create_user(UserName="ines")
    ines = iam.create_access_key(UserName="ines")["AccessKey"]
    key = ines["AccessKeyId"]
    for name, wide in (("wide", allow("*")), ("narrow", deny("s3:*", "arn:aws:s3:::other/*"))):
        iam.put_user_policy(UserName="ines", PolicyName=name, PolicyDocument=json.dumps(document(wide)))
    session_keys = session_of(role)
    s3.create_bucket(Bucket="tidepool-pictures")
    s3.put_object(Bucket="tidepool-pictures", Key="mara/crab.svg", Body=b"crab", Metadata={"a": "b"})
    upload = s3.create_multipart_upload(Bucket="tidepool-pictures", Key="mara/crab.svg")["UploadId"]
    provider, metadata = f"cognito-idp.us-east-1.amazonaws.com/{it.pool}", lab.university.metadata
    saml = iam.create_saml_provider(Name="northshore", SAMLMetadataDocument=metadata)["SAMLProviderArn"]
    lab.university.register_service(*AT_AWS, lambda person: {ROLES: f"{role},{saml}", NAME: "aiko"})
    begun = lab.university.sign_in_address(AT_AWS[0])
    said = lab.university.answer_by_hand(begun, "aiko@northshore.example")[1]["SAMLResponse"]
    own = {"ProviderName": provider, "ClientId": it.client}
    pool = identity.create_identity_pool(
        IdentityPoolName="p",
        AllowUnauthenticatedIdentities=True,
        AllowClassicFlow=True,
        CognitoIdentityProviders=[own],
        DeveloperProviderName=SERVER,
        SamlProviderARNs=[saml],
    )["IdentityPoolId"]
    identity.set_identity_pool_roles(
        IdentityPoolId=pool, Roles={"authenticated": role, "unauthenticated": role}
    )
    logins = {provider: signed_in["IdToken"]}
    who = identity.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    guest = identity.get_id(IdentityPoolId=pool)["IdentityId"]
    server, others = {"IdentityPoolId": pool, "Logins": {SERVER: "noor"}}, {SERVER: "ben", **logins}
    vouched = identity.get_open_id_token_for_developer_identity(**server)
    identity.get_open_id_token_for_developer_identity(**{**server, "Logins": {SERVER: "ben"}})
    by_token = {"cognito-identity.amazonaws.com": vouched["Token"]}
    open_id = identity.get_open_id_token(IdentityId=who, Logins=logins)["Token"]
    boto3.client("dynamodb").create_table(
        TableName="sightings", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "owner", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}],
    )  # fmt: skip
    boto3.client("secretsmanager").create_secret(Name="tide-table", SecretString="high at noon")
    row = {"owner": {"S": "mara"}}
    page = it.browser.get(it.address("/login"))
    csrf = re.findall(r'name="_csrf" value="([^"]*)"', page.text)[0]
    state = dict(parse_qsl(urlsplit(it.from_google(nonce="n")).query))["state"]
    pool_arn = f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{it.pool}"
    function = make_function("f", "def handler(event, context):\n    return event\n")
    code = base64.b64encode(archive(app="def handler(event, context):\n    return 1\n")).decode()
    return {
        "FunctionName": ["f", function], "Resource": [function], "ZipFile": [code],
        "Handler": ["app.handler"], "Runtime": ["python3.13"],
        "Role": ["arn:aws:iam::123456789012:role/f-role"],
        "keys": [
            Credentials(ines["AccessKeyId"], ines["SecretAccessKey"]), Credentials(*session_keys.values()),
        ],
        "pages": pages(it.pool),
        "cookies": [{"XSRF-TOKEN": [csrf], "cognito": list(it.browser.cookies.values())}],
        "authorization": [signed_in["AccessToken"], signed_in["IdToken"], "eDp5"],
        "client_id": [it.client, web["ClientId"]], "client_secret": [web["ClientSecret"]], "_csrf": [csrf],
        "redirect_uri": [CALLBACK], "logout_uri": [SIGNED_OUT], "response_type": ["code", "token"],
        "state": ["s", state],
        "scope": ["openid", "openid email", "tides/read"], "code_challenge": [CHALLENGE],
        "code_challenge_method": ["S256"],
        "identity_provider": ["Google", "COGNITO"], "username": ["mara", "noor", "ben"],
        "password": [PASSWORD, OTHER_PASSWORD],
        "grant_type": ["authorization_code", "refresh_token", "client_credentials"], "code": ["123456",
        it.code()],
        "code_verifier": [VERIFIER], "refresh_token": [signed_in["RefreshToken"]],
        "token": [signed_in["RefreshToken"]],
        "user_name": ["ben"], "confirmation_code": [it.code()], "error": ["invalid_client"],
        "max_age": ["5"], "lang": ["en"],
        "prompt": ["none", "login", "select_account"], "login_hint": ["mara"], "nonce": ["n"],
        "email": ["x@tidepool.example"],
        "session": [session, setup["Session"], *sessions],
        "challenge": ["SOFTWARE_TOKEN_MFA", "MFA_SETUP", "EMAIL_OTP"],
        "factor": ["SMS_MFA"], "credential": [signed],
        "providerId": [AT_AWS[0]],
        "RelayState": [state,
        f"client_id={it.client}&redirect_uri={CALLBACK}&response_type=code&identity_provider=Google"],
        "SAMLResponse": ["PGEvPg==", "eA=="], "advance_seconds": ["0"], "Action": ["GetUser", "AssumeRole"],
        "prefix": ["mara/"],
        "UserPoolId": [it.pool], "ClientId": [it.client, web["ClientId"], choice],
        "ClientSecret": [web["ClientSecret"]],
        "Username": ["mara", "noor", "ben"], "Password": [PASSWORD, OTHER_PASSWORD],
        "TemporaryPassword": [PASSWORD],
        "ProposedPassword": [OTHER_PASSWORD], "PreviousPassword": [PASSWORD], "PASSWORD": [PASSWORD],
        "NEW_PASSWORD": [OTHER_PASSWORD],
        "USERNAME": ["mara", "noor", "ula"], "SECRET_HASH": [secret_hash(web["ClientSecret"], "mara",
        web["ClientId"])],
        "SecretHash": [secret_hash(web["ClientSecret"], "ben", web["ClientId"])],
        "REFRESH_TOKEN": [signed_in["RefreshToken"]],
        "RefreshToken": [signed_in["RefreshToken"]], "Token": [signed_in["RefreshToken"]],
        "AccessToken": [signed_in["AccessToken"]],
        "SRP_A": ["ab" * 384, "0", "zz"], "UserCode": [shown],
        "Session": [session, setup["Session"], asked["Session"], *sessions], "CREDENTIAL": [signed],
        "SOFTWARE_TOKEN_MFA_CODE": [shown], "ANSWER": ["SMS_MFA", "PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"],
        "PREFERRED_CHALLENGE": ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"],
        "EMAIL_OTP_CODE": [it.code()], "ConfirmationCode": [it.code()],
        "Code": ["123456"], "Credential": credentials_for(options), "CredentialId": [credential["id"]],
        "AttributeName": ["email", "name"], "AttributeNames": [["email"], ["name"]],
        "UserAttributeNames": [["name"]], "AttributesToGet": [["email"]],
        "UserAttributes": [pairs(email="x@tidepool.example"), pairs(name="Mara"), []],
        "GroupName": ["divers"], "Identifier": ["tides"],
        "ProviderName": ["Google", provider], "ProviderType": ["Google", "OIDC", "SAML"],
        "Domain": ["tidepool"], "ResourceArn": [pool_arn],
        "Filter": ['email = "x"', 'username ^= "m"'], "IdentityPoolId": [pool],
        "IdentityId": [who, guest, vouched["IdentityId"]],
        "Logins": [logins, {}, by_token, server["Logins"], others, {saml: said}],
        "DeveloperProviderName": [SERVER],
        "DeveloperUserIdentifier": ["noor", "ben"], "SourceUserIdentifier": ["noor", "ben"],
        "DestinationUserIdentifier": ["noor", "ben"],
        "IdentityProviderName": [provider, SERVER], "PrincipalTags": [{"section": "email"}],
        "CustomRoleArn": [role], "RoleName": ["keeper"], "RoleArn": [role], "RoleSessionName": ["s-1"],
        "UserName": ["ines"],
        "PolicyArn": [policy], "PolicyName": ["rights"], "PolicyDocument": [rights, trust],
        "AssumeRolePolicyDocument": [trust],
        "VersionId": ["v1"], "AccessKeyId": [key], "WebIdentityToken": [open_id, signed_in["IdToken"]],
        "Path": ["/", "/team/"],
        "Url": ["https://accounts.google.com"], "SAMLProviderArn": [saml],
        "PrincipalArn": [saml], "SAMLAssertion": [said],
        "SAMLMetadataDocument": [metadata], "Name": ["northshore", "southshore", "tide-table", "other"],
        "ClientID": ["web"], "ThumbprintList": [["a" * 40]],
        "OpenIDConnectProviderArn": ["arn:aws:iam::123456789012:oidc-provider/accounts.google.com"],
        "DeviceKey": [phone], "DEVICE_KEY": [phone], "Salt": ["AQ==", "é"],
        "PasswordVerifier": ["Ag==", "A"],
        "SessionId": [one["SessionId"] for one in tracked["Sessions"]],
        "EventId": [event["EventId"]], "IpAddress": [HOME, AWAY, "fe80::1%eth0"],
        "EncodedData": [encoded(LAPTOP), encoded(PHONE)],
        "BlockedIPRangeList": [["198.51.100.0/24"], ["2001:db8::/32", "x"]],
        "UploadId": [upload], "Bucket": ["tidepool-pictures"], "Key": ["mara/crab.svg", "x", row],
        "SecretId": ["tide-table", "none"], "SecretString": ["high"], "VersionStage": ["AWSCURRENT"],
        "TableName": ["sightings"], "Item": [row, {**row, "count": {"N": "3"}}],
        "RequestItems": [{"sightings": {"Keys": [row]}}, {"sightings": [{"PutRequest": {"Item": row}}]}],
        "KeyConditionExpression": ["#o = :o", "#o = :o AND begins_with(#o, :o)"],
        "UpdateExpression": ["SET n = :o", "SET #n.#m[1] = :o", "REMOVE #o ADD n :o"],
        "ProjectionExpression": ["#o", "owner, n.m"],
        "FilterExpression": ["n > :o", "size(#o) IN (:o, :o)"],
        "ConditionExpression": ["attribute_exists(n)"],
        "ExpressionAttributeNames": [{"#o": "owner"}, {"#o": "owner", "#n": "n", "#m": "m"}],
        "ExpressionAttributeValues": [{":o": {"S": "mara"}}, {":o": {"L": [{"M": {"a": {"NULL": True}}}]}}],
        "ExclusiveStartKey": [row], "ReturnValues": ["NONE", "ALL_OLD", "ALL_NEW"],
        "CopySource": ["tidepool-pictures/mara/crab.svg"],
        "Policy": [json.dumps(document({**allow("s3:GetObject", "arn:aws:s3:::tidepool-pictures/*"),
        "Principal": {"AWS": role}}))],
        "Body": ["crab"], "ACL": ["private"], "LocationConstraint": ["eu-west-1"], "MaxResults": [10],
        "MaxItems": [10], "Limit": [10],
        "ContentMD5": [""], "ExpectedBucketOwner": ["123456789012"],
    }  # fmt: skip
