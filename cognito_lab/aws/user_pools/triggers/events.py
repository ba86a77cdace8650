"""The events of the triggers, and what a function may put into ``response``.

Source: "Customizing user pool workflows with Lambda triggers" and its page of each trigger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cognito_lab.aws.api import operations
from cognito_lab.aws.user_pools import attributes
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.model import AppClient, UserPool

NO_CLIENT = "CLIENT_ID_NOT_APPLICABLE"  # of a call that names no app client
SDK = "aws-sdk-unknown-unknown"
PREFIXES = {"PreTokenGeneration": "TokenGeneration"}  # of ``triggerSource``, where it is not the trigger
WITH_VERSION = {"PreTokenGeneration": "PreTokenGenerationConfig", "InboundFederation": "InboundFederation"}


def texts(value: Any) -> bool:
    """A map of strings."""
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


def names(value: Any) -> bool:
    """A list of strings."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def boolean(value: Any) -> bool:
    return isinstance(value, bool)


def text(value: Any) -> bool:
    return isinstance(value, str)


GROUPS = {"groupsToOverride": names, "iamRolesToOverride": names, "preferredRole": text}
ID_CLAIMS = {"claimsToAddOrOverride": dict, "claimsToSuppress": names}
ACCESS_CLAIMS = {**ID_CLAIMS, "scopesToAdd": names, "scopesToSuppress": names}
CLAIMS_1 = {"claimsToAddOrOverride": texts, "claimsToSuppress": names, "groupOverrideDetails": GROUPS}
CLAIMS_2 = {
    "idTokenGeneration": ID_CLAIMS,
    "accessTokenGeneration": ACCESS_CLAIMS,
    "groupOverrideDetails": GROUPS,
}
Form = Callable[[Any], Any] | type | Mapping[str, Any]
# The members of each trigger's response, and their form. Those that are not named count for nothing.
RESPONSES: dict[str, dict[str, Form]] = {
    "PreSignUp": dict.fromkeys(("autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone"), boolean),
    "CustomMessage": dict.fromkeys(("smsMessage", "emailMessage", "emailSubject"), text),
    "DefineAuthChallenge": {"challengeName": text, "issueTokens": boolean, "failAuthentication": boolean},
    "CreateAuthChallenge": {
        "publicChallengeParameters": texts, "privateChallengeParameters": texts, "challengeMetadata": text,
    },
    "VerifyAuthChallengeResponse": {"answerCorrect": boolean},
    "UserMigration": {
        "userAttributes": texts, "finalUserStatus": text, "messageAction": text,
        "desiredDeliveryMediums": names, "forceAliasCreation": boolean, "enableSMSMFA": boolean,
    },
    "InboundFederation": {"userAttributesToMap": texts},
    "PreTokenGeneration": {"claimsOverrideDetails": CLAIMS_1},
}  # fmt: skip
RESPONSES_2 = {"PreTokenGeneration": {"claimsAndScopeOverrideDetails": CLAIMS_2}}


def arn_of(pool: UserPool, trigger: str) -> str | None:
    """The ARN of the function that the pool has for a trigger, if it has one."""
    configured = pool.settings["LambdaConfig"]
    with_version = configured.get(WITH_VERSION.get(trigger, ""), {})
    found: str | None = with_version.get("LambdaArn") or configured.get(trigger)
    return found


def version_of(pool: UserPool, trigger: str) -> str:
    """The version of the event, a string: ``"1"``, and ``"2"`` or ``"3"`` of pre token generation."""
    configured = pool.settings["LambdaConfig"].get(WITH_VERSION.get(trigger, ""), {})
    return str(configured.get("LambdaVersion", "V1_0"))[1]


def form_of(trigger: str, version: str) -> Mapping[str, Form]:
    """The form of ``response`` in this version."""
    newer = RESPONSES_2 if version > "1" else {}
    return newer.get(trigger) or RESPONSES.get(trigger, {})


def event(
    pool: UserPool,
    trigger: str,
    source: str,
    client_id: str,
    username: str | None,
    request: Mapping[str, Any],
) -> dict[str, Any]:
    """The whole event, its ``response`` still empty."""
    version = version_of(pool, trigger)
    empty = False if trigger == "PreSignUp" else None
    return {
        "version": version, "triggerSource": source, "region": pool.region, "userPoolId": pool.id,
        "userName": username, "callerContext": {"awsSdkVersion": SDK, "clientId": client_id},
        "request": {name: value for name, value in request.items() if value is not ...},
        "response": dict.fromkeys(form_of(trigger, version), empty),
    }  # fmt: skip


def fits(value: Any, form: Form) -> bool:
    """Whether ``value`` has the form, or is not there."""
    if value is None:
        return True
    if isinstance(form, Mapping):
        return isinstance(value, dict) and all(fits(value.get(name), each) for name, each in form.items())
    return isinstance(value, form) if isinstance(form, type) else bool(form(value))


def attributes_of(pool: UserPool, user: User) -> dict[str, str]:
    """``userAttributes`` of somebody who is in the directory. An address by which a confirmed user is found
    has another name too (as people report)."""
    found = {} if user.is_federated else pool.people.names(user.attributes, confirmed=True)
    aliases = {f"cognito:{name}_alias": found[name] for name in attributes.VERIFIED if name in found}
    status = {"cognito:user_status": user.status}
    return {**user.attributes, **status, **(aliases if user.status != "UNCONFIRMED" else {})}


def called() -> str:
    """The name of the operation under way; empty for a page or endpoint of the domain."""
    call = operations.CURRENT.get()
    return call.operation if call else ""


def client(pool: UserPool) -> AppClient | None:
    """The app client that the call under way names."""
    call = operations.CURRENT.get()
    return pool.clients.get(call.get("ClientId", "")) if call else None


def given(member: str) -> Any:
    """What the call under way sends along for the functions; ``...`` where it sends nothing."""
    call = operations.CURRENT.get()
    return ... if call is None else call.get(member, ...)


def validation_data() -> dict[str, str] | None:
    """Of sign-up, its ``ValidationData``. AWS passes it as a map."""
    pairs = given("ValidationData")
    return None if pairs is ... else {pair["Name"]: pair.get("Value", "") for pair in pairs}
