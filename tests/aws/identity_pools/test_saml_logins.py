"""SAML logins: which responses count at an identity pool, and which role they lead to."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from support.identity_pools import ACCOUNT, World, caller, refused, trust

from cognito_lab import OutsideTheLab
from cognito_lab.aws import saml_assertions
from cognito_lab.aws.iam.identity_providers import ROLES, SAML_ENDPOINT
from cognito_lab.aws.identity_pools import logins
from cognito_lab.aws.sts import role_sessions
from cognito_lab.protocols import saml_documents
from cognito_lab.providers.university import University

AWS = "urn:amazon:webservices"
ARN, SECOND = (f"arn:aws:iam::{ACCOUNT}:saml-provider/{name}" for name in ("northshore", "southshore"))
AIKO, MINA = "aiko@northshore.example", "mina@northshore.example"
NOT_LISTED = "Token is not from a supported provider of this identity pool."


class Northshore(World):
    """A pool that lets the university's people in, who begin their sign-in there."""

    def __init__(self) -> None:
        super().__init__()
        self.university: University = self.lab.university
        self.university.add_person(MINA, "Mina Sato", "Mina", "Sato")
        self.tell()
        self.iam.create_saml_provider(Name="northshore", SAMLMetadataDocument=self.university.metadata)
        self.id = self.pool_with_roles(SamlProviderARNs=[ARN])

    def tell(self, **claims: Any) -> None:
        """What the university tells AWS of everybody, beside the usual."""
        self.university.register_service(AWS, SAML_ENDPOINT, lambda person: claims)

    def says(self, *pairs: str) -> None:
        """The pairs of a role and a provider that the university tells."""
        self.tell(**{ROLES: pairs})

    def response(self, who: str = AIKO, **spoiled: Any) -> str:
        return self.university.answer_by_hand(self.university.sign_in_address(AWS), who, **spoiled)[1][
            "SAMLResponse"
        ]

    def get_id(self, response: str | None = None, key: str = ARN, pool: str = "") -> str:
        token = self.response() if response is None else response
        return str(self.unsigned.get_id(IdentityPoolId=pool or self.id, Logins={key: token})["IdentityId"])

    def credentials(self, **wish: str) -> dict[str, Any]:
        token = {ARN: self.response()}
        who = self.unsigned.get_id(IdentityPoolId=self.id, Logins=token)["IdentityId"]
        return dict(
            self.unsigned.get_credentials_for_identity(IdentityId=who, Logins=token, **wish)["Credentials"]
        )

    def role_taken(self, **wish: str) -> str:
        return str(caller(self.credentials(**wish))["Arn"]).split("/")[1]

    def context(self) -> dict[str, Any]:
        session = role_sessions.session_by_key_id(self.credentials()["AccessKeyId"])
        assert session is not None
        return session.context


@pytest.fixture
def world() -> Iterator[Northshore]:
    world = Northshore()
    yield world
    world.close()


# -- whose response counts -----------------------------------------------------------------------------


def test_a_response_of_a_registered_and_listed_provider_counts(world: Northshore) -> None:
    aiko = world.get_id()
    assert world.get_id() == aiko != world.get_id(world.response(MINA))
    assert world.pool.describe_identity(IdentityId=aiko)["Logins"] == [ARN]
    assert world.role_taken() == "member"
    assert ARN in world.context()["cognito-identity.amazonaws.com:amr"]


def test_one_response_counts_until_it_ends(world: Northshore) -> None:
    """GetId and the credentials are two calls with one response."""
    with time_machine.travel("2026-06-01T09:00:00Z", tick=False) as clock:
        response = world.response()
        who = world.get_id(response)
        clock.shift(299)
        world.unsigned.get_credentials_for_identity(IdentityId=who, Logins={ARN: response})
        clock.shift(1)
        with refused("NotAuthorizedException", "Invalid login token. The assertion has expired."):
            world.unsigned.get_credentials_for_identity(IdentityId=who, Logins={ARN: response})


def altered(world: Northshore) -> str:
    """Aiko's response with Mina's NameID."""
    text = base64.b64decode(world.response()).decode()
    people = world.university.people
    return saml_documents.encode(text.replace(people[AIKO].name_id, people[MINA].name_id).encode())


def of_another_university(world: Northshore) -> str:
    """One that calls itself the same, and has other keys."""
    other = University()
    other.register_service(AWS, SAML_ENDPOINT)
    other.add_person(AIKO, "Aiko Tanaka", "Aiko", "Tanaka")
    return other.answer_by_hand(other.sign_in_address(AWS), AIKO)[1]["SAMLResponse"]


def at_another_address(world: Northshore) -> str:
    world.university.register_service(AWS, "https://signin.rook.example/saml")
    return world.response()


SPOILED: dict[str, tuple[Callable[[Northshore], str], str, str]] = {
    "unsigned": (lambda w: w.response(signed=False), "SAML Assertion signature", "check_signature"),
    "altered": (altered, "SAML Assertion signature", "check_signature"),
    "another's key": (of_another_university, "SAML Assertion signature", "check_signature"),
    "another audience": (
        lambda w: w.response(audience="urn:a"),
        "The assertion is for another audience",
        "check_audience",
    ),
    "expired": (lambda w: w.response(minutes=-1), "The assertion has expired", "has_ended"),
    "another address": (at_another_address, "The response is for another destination", ""),
    "no base64": (lambda w: "é", "The document is not base64", ""),
    "no xml": (lambda w: "eHg=", "The document is not well-formed", ""),
}
PASSED = {
    "check_signature": lambda response, assertion, provider: assertion,
    "check_audience": lambda *_: None,
    "has_ended": lambda part: False,
}


@pytest.mark.parametrize("name", SPOILED)
def test_no_other_response_counts(world: Northshore, name: str) -> None:
    spoil, said, check = SPOILED[name]
    response = spoil(world)
    with refused("NotAuthorizedException", f"Invalid login token. {said}"):
        world.get_id(response)
    assert world.pool.list_identities(IdentityPoolId=world.id, MaxResults=10)["Identities"] == []
    if check:
        with patch.object(saml_assertions, check, PASSED[check]):
            assert world.get_id(response)


def test_either_name_of_aws_is_an_audience(world: Northshore) -> None:
    assert world.get_id(world.response(audience=SAML_ENDPOINT)) == world.get_id()


def test_a_response_to_a_user_pools_request_is_not_one_for_aws(world: Northshore) -> None:
    world.university.register_service("urn:amazon:cognito:sp:x", "https://x.example/saml2/idpresponse")
    address = world.university.sign_in_address("urn:amazon:cognito:sp:x")
    with refused("NotAuthorizedException", "another destination"):
        world.get_id(world.university.answer_by_hand(address, AIKO)[1]["SAMLResponse"])


def test_the_document_that_is_registered_now_counts(world: Northshore) -> None:
    response, other = world.response(), University()
    world.iam.update_saml_provider(SAMLProviderArn=ARN, SAMLMetadataDocument=other.metadata)
    with refused("NotAuthorizedException", "signature"):
        world.get_id(response)
    world.iam.update_saml_provider(SAMLProviderArn=ARN, SAMLMetadataDocument=world.university.metadata)
    assert world.get_id(response)
    world.iam.delete_saml_provider(SAMLProviderArn=ARN)
    with refused("NotAuthorizedException", NOT_LISTED):
        world.get_id(response)


def test_the_provider_is_listed_in_the_pool(world: Northshore, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = world.create_pool()
    world.iam.create_saml_provider(Name="southshore", SAMLMetadataDocument=world.university.metadata)
    for pool, key in ((bare, ARN), (world.id, SECOND)):
        with refused("NotAuthorizedException", NOT_LISTED):
            world.get_id(key=key, pool=pool)
    monkeypatch.setattr(logins, "check_saml_configured", lambda *_: None)
    assert world.get_id(pool=bare)


def test_there_is_no_basic_flow(world: Northshore) -> None:
    with refused("InvalidParameterException", "not supported with SAML"):
        world.unsigned.get_open_id_token(IdentityId=world.get_id(), Logins={ARN: world.response()})


# -- where people begin --------------------------------------------------------------------------------


def test_people_begin_at_the_university_and_the_form_is_for_aws(world: Northshore) -> None:
    from cognito_lab import Browser

    browser = Browser().open(world.university.sign_in_address(AWS))
    with pytest.raises(OutsideTheLab, match=r"signin\.aws\.amazon\.com"):
        browser.press("Aiko Tanaka (aiko@northshore.example)").press("Continue")


def test_a_service_that_is_not_registered_gets_no_answer(world: Northshore) -> None:
    with pytest.raises(saml_documents.SamlError, match="not known"):
        world.university.answer_by_hand(world.university.sign_in_address("urn:rook"), AIKO)


# -- which role ----------------------------------------------------------------------------------------


def roles(world: Northshore, *names: str) -> list[str]:
    return [world.role(name, trust(world.id, "authenticated")) for name in names]


def test_the_roles_in_the_assertion_come_before_the_default(world: Northshore) -> None:
    reader, keeper = roles(world, "reader", "keeper")
    world.says(f"{reader},{ARN}")
    assert world.role_taken() == "reader"
    world.says(f"{ARN} , {keeper}")  # either order
    assert world.role_taken() == "keeper"
    world.pool.set_identity_pool_roles(IdentityPoolId=world.id, Roles={})  # no default is needed
    assert world.role_taken() == "keeper"


def test_of_several_roles_the_caller_names_one(world: Northshore) -> None:
    reader, keeper, other = roles(world, "reader", "keeper", "other")
    world.says(f"{reader},{ARN}", f"{keeper},{ARN}", f"{other},{SECOND}")
    with refused("NotAuthorizedException", f"ambiguous role mapping rules for: {ARN}"):
        world.credentials()
    assert world.role_taken(CustomRoleArn=keeper) == "keeper"
    for wish in (other, reader.replace("reader", "member")):
        with refused("NotAuthorizedException", f"Access to Role '{wish}' is forbidden."):
            world.credentials(CustomRoleArn=wish)


def test_what_is_no_pair_names_no_role(world: Northshore) -> None:
    (reader,) = roles(world, "reader")
    world.says(reader, ARN, f"{reader},{SECOND}", "")
    assert world.role_taken() == "member"
    world.tell(**{"cognito:roles": reader, "cognito:preferred_role": reader})  # a user pool's claims
    assert world.role_taken() == "member"


def test_the_trust_policy_has_the_last_word(world: Northshore) -> None:
    world.says(f"{world.role('guests', trust(world.id, 'unauthenticated'))},{ARN}")
    with refused("InvalidIdentityPoolConfigurationException"):
        world.credentials()


def map_roles(world: Northshore, mapping: dict[str, Any]) -> None:
    default = world.pool.get_identity_pool_roles(IdentityPoolId=world.id)["Roles"]
    mapping = {"AmbiguousRoleResolution": "Deny", **mapping}
    world.pool.set_identity_pool_roles(IdentityPoolId=world.id, Roles=default, RoleMappings={ARN: mapping})


def test_rules_ask_the_attributes(world: Northshore) -> None:
    (reader,) = roles(world, "reader")
    rule = {"Claim": "eduPersonAffiliation", "MatchType": "Equals", "Value": "student", "RoleARN": reader}
    map_roles(world, {"Type": "Rules", "RulesConfiguration": {"Rules": [rule]}})
    assert world.role_taken() == "reader"  # one of her values fits
    map_roles(world, {"Type": "Rules", "RulesConfiguration": {"Rules": [{**rule, "Value": "staff"}]}})
    with refused("NotAuthorizedException", "ambiguous"):
        world.credentials()
    same = {"Claim": "sub", "Value": world.university.people[AIKO].name_id}
    map_roles(world, {"Type": "Rules", "RulesConfiguration": {"Rules": [{**rule, **same}]}})
    assert world.role_taken() == "reader"


def test_a_mapping_comes_before_the_roles_in_the_assertion(world: Northshore) -> None:
    reader, keeper = roles(world, "reader", "keeper")
    world.says(f"{reader},{ARN}")
    rule = {"Claim": "mail", "MatchType": "Contains", "Value": "@", "RoleARN": keeper}
    map_roles(world, {"Type": "Rules", "RulesConfiguration": {"Rules": [rule]}})
    assert world.role_taken() == "keeper"
    map_roles(world, {"Type": "Token"})
    assert world.role_taken() == "reader"


def test_attributes_become_tags(world: Northshore) -> None:
    tagging = trust(world.id, "authenticated")
    tagging["Statement"][0]["Action"] = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    world.iam.update_assume_role_policy(RoleName="member", PolicyDocument=json.dumps(tagging))
    named = {"IdentityPoolId": world.id, "IdentityProviderName": ARN}
    world.pool.set_principal_tag_attribute_map(**named, PrincipalTags={"mail": "mail"})
    assert world.context()["aws:PrincipalTag/mail"] == AIKO
    usual = world.pool.set_principal_tag_attribute_map(**named, UseDefaults=True)["PrincipalTags"]
    assert usual["nameidentifier"] == logins.NAME_ID and usual["name"].endswith("/claims/name")
    context = world.context()
    assert context["aws:PrincipalTag/nameidentifier"] == world.university.people[AIKO].name_id
    assert "aws:PrincipalTag/name" not in context  # the university says no such attribute
