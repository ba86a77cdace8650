"""STS AssumeRoleWithSAML: which assertions, which roles, for how long, and what the session is."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from support.iam_people import allow, document
from support.identity_pools import ACCOUNT, World, caller, refused

from cognito_lab import OutsideTheLab
from cognito_lab.aws.iam.identity_providers import ROLES, SAML_ENDPOINT
from cognito_lab.aws.sts import role_sessions, saml_identity
from cognito_lab.aws.sts.saml_identity import ATTRIBUTES
from cognito_lab.protocols import saml_documents
from cognito_lab.providers import university as provider
from cognito_lab.providers.university import METADATA_URL, University

AWS = "urn:amazon:webservices"
ARN, SECOND = (f"arn:aws:iam::{ACCOUNT}:saml-provider/{name}" for name in ("northshore", "southshore"))
AIKO = "aiko@northshore.example"
AFFILIATION = "urn:oid:1.3.6.1.4.1.5923.1.1.1.1"
NAME, DURATION = f"{ATTRIBUTES}RoleSessionName", f"{ATTRIBUTES}SessionDuration"
TAG = f"{ATTRIBUTES}PrincipalTag:section"


def trusting(conditions: dict[str, Any] | None = None, *more: str, who: str = ARN) -> dict[str, Any]:
    """The trust policy that AWS's page shows for a role of a SAML provider; ``more`` actions beside."""
    conditions = {"StringEquals": {"SAML:aud": SAML_ENDPOINT}} if conditions is None else conditions
    action = ["sts:AssumeRoleWithSAML", *more]
    return document(
        {"Effect": "Allow", "Principal": {"Federated": who}, "Action": action, "Condition": conditions}
    )


class Northshore(World):
    """A role that trusts the university, which tells AWS of it and of a session's name."""

    def __init__(self) -> None:
        super().__init__()
        self.university: University = self.lab.university
        self.iam.create_saml_provider(Name="northshore", SAMLMetadataDocument=self.university.metadata)
        self.reader = self.role("reader", trusting(), MaxSessionDuration=7200)
        self.tell()

    def tell(self, **changed: Any) -> None:
        honest = {ROLES: f"{self.reader},{ARN}", NAME: AIKO}
        claims = {name: value for name, value in {**honest, **changed}.items() if value is not None}
        self.university.register_service(AWS, SAML_ENDPOINT, lambda person: claims)

    def trust(self, *asked: Any, **more: Any) -> None:
        policy = json.dumps(trusting(*asked, **more))
        self.iam.update_assume_role_policy(RoleName="reader", PolicyDocument=policy)

    def response(self, **spoiled: Any) -> str:
        return self.university.answer_by_hand(self.university.sign_in_address(AWS), AIKO, **spoiled)[1][
            "SAMLResponse"
        ]

    def assume(self, response: str | None = None, **more: Any) -> dict[str, Any]:
        said = self.response() if response is None else response
        named = {"RoleArn": self.reader, "PrincipalArn": ARN, "SAMLAssertion": said, **more}
        return dict(self.sts.assume_role_with_saml(**named))

    def context(self, **more: Any) -> dict[str, Any]:
        session = role_sessions.session_by_key_id(self.assume(**more)["Credentials"]["AccessKeyId"])
        assert session is not None
        return session.context

    def changed(self, change: Any) -> str:
        """A response of which ``change`` was made before it was signed."""
        asked = provider.SignIn(AWS, SAML_ENDPOINT, None, "")
        claims = provider.as_values(self.university._claims[AWS](self.university.people[AIKO]))
        person = provider.replace(self.university.people[AIKO], attributes=claims)
        assertion = provider.make_assertion(asked, person)
        change(assertion)
        signed = provider.sign(assertion, self.university.key, self.university.certificate)
        return saml_documents.encode(saml_documents.serialise(provider.make_response(asked, signed)))


@pytest.fixture
def world() -> Iterator[Northshore]:
    with time_machine.travel("2026-06-01T09:00:00Z", tick=False):
        world = Northshore()
        yield world
        world.close()


def test_the_answer(world: Northshore) -> None:
    answer = world.assume()
    owner = f"{METADATA_URL}{ACCOUNT}/northshore".encode()
    told = ("Subject", "SubjectType", "Issuer", "Audience", "NameQualifier")
    assert {name: answer[name] for name in told} == {
        "Subject": world.university.people[AIKO].name_id, "SubjectType": "persistent",
        "Issuer": METADATA_URL, "Audience": SAML_ENDPOINT,
        "NameQualifier": base64.b64encode(hashlib.sha1(owner).digest()).decode(),
    }  # fmt: skip
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/{AIKO}"
    assert answer["AssumedRoleUser"]["Arn"] == arn == caller(answer["Credentials"])["Arn"]
    assert answer["Credentials"]["Expiration"].isoformat() == "2026-06-01T10:00:00+00:00"


def test_one_assertion_takes_as_many_sessions_as_are_asked_in_five_minutes(world: Northshore) -> None:
    response = world.response(minutes=60)
    world.assume(response)
    with time_machine.travel("2026-06-01T09:04:59Z", tick=False) as clock:
        world.assume(response)
        clock.shift(1)
        with refused("ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"):
            world.assume(response)


def of_another_issuer(assertion: Any) -> None:
    saml_documents.all_of(assertion, "saml:Issuer")[0].text = "https://rook.example"


@pytest.mark.parametrize(
    ("spoil", "code", "text"),
    [
        (lambda w: w.response(signed=False), "InvalidIdentityToken", "Response signature invalid"),
        (lambda w: w.response(audience="urn:a"), "InvalidIdentityToken", "required audience"),
        (lambda w: w.response(minutes=-1), "ExpiredTokenException", "expired"),
        (lambda w: w.changed(of_another_issuer), "InvalidIdentityToken", "Issuer not present in specified"),
        (lambda w: w.changed(lambda one: one.attrib.pop("IssueInstant")), "InvalidIdentityToken", "time"),
        (lambda w: w.changed(no_name_id), "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"),
        (lambda w: w.changed(empty_name_id), "AccessDenied", "Not authorized to perform"),
        (lambda w: w.changed(two_name_ids), "AccessDenied", "Not authorized to perform"),
        (lambda w: "x" * 4, "InvalidIdentityToken", ""),
        (lambda w: "eHg=", "InvalidIdentityToken", ""),
    ],
)
def test_no_other_assertion(world: Northshore, spoil: Any, code: str, text: str) -> None:
    with refused(code, text):
        world.assume(spoil(world))


def empty_name_id(assertion: Any) -> None:
    saml_documents.all_of(assertion, "saml:Subject/saml:NameID")[0].text = None


def two_name_ids(assertion: Any) -> None:
    (found,) = saml_documents.all_of(assertion, "saml:Subject/saml:NameID")
    found.addprevious(copy.deepcopy(found))


def no_name_id(assertion: Any) -> None:
    (found,) = saml_documents.all_of(assertion, "saml:Subject/saml:NameID")
    found.getparent().remove(found)


def test_the_principal_is_a_saml_provider_of_the_roles_account(world: Northshore) -> None:
    for wrong, text in (
        (ARN.replace("saml", "oidc"), "Principal ARN is invalid"),
        (world.reader, "Principal ARN is invalid"),
        (ARN.replace(ACCOUNT, "210987654321"), "Principal exists outside the account of the Role"),
    ):
        with refused("ValidationError", text):
            world.assume(PrincipalArn=wrong)


def test_the_provider_is_registered(world: Northshore) -> None:
    with refused("InvalidIdentityToken", "Specified provider doesn't exist"):
        world.assume(PrincipalArn=SECOND)
    world.iam.update_saml_provider(SAMLProviderArn=ARN, SAMLMetadataDocument=University().metadata)
    with refused("InvalidIdentityToken", "Response signature invalid"):
        world.assume()


# -- which role ----------------------------------------------------------------------------------------


def test_the_assertion_pairs_the_role_with_the_provider(
    world: Northshore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = world.role("other", trusting())
    world.tell(**{ROLES: [f"{world.reader},{SECOND}", f"{other},{ARN}"]})
    with refused("AccessDenied", "sts:AssumeRoleWithSAML"):
        world.assume()
    world.assume(RoleArn=other)
    monkeypatch.setattr(saml_identity, "check_role_named", lambda *_: None)
    world.assume()


@pytest.mark.parametrize(
    "policy",
    [
        trusting({"StringEquals": {"SAML:aud": "https://signin.rook.example/saml"}}),
        trusting({"StringEquals": {"SAML:aud": AWS}}),  # the recipient, and not the audience
        trusting({}, who=SECOND),
        trusting({"ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "staff"}}),
        document({**trusting()["Statement"][0], "Action": "sts:AssumeRoleWithWebIdentity"}),
    ],
    ids=str,
)
def test_the_trust_policy_decides(world: Northshore, policy: dict[str, Any]) -> None:
    world.tell(**{AFFILIATION: ["member", "student"]})
    world.iam.update_assume_role_policy(RoleName="reader", PolicyDocument=json.dumps(policy))
    with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"):
        world.assume()


def test_condition_keys(world: Northshore) -> None:
    world.tell(**{AFFILIATION: ["member", "student"]})
    name_id = world.university.people[AIKO].name_id
    keys = {
        "saml:iss": METADATA_URL, "saml:sub": name_id, "saml:sub_type": "persistent",
        "saml:doc": f"{ACCOUNT}/northshore", "saml:aud": SAML_ENDPOINT,
    }  # fmt: skip
    for key, value in keys.items():
        world.trust({"StringEquals": {key: value}})
        context = world.context()
        world.trust({"StringEquals": {key: f"{value}x"}})
        with refused("AccessDenied"):
            world.assume()
    world.trust({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})
    world.assume()
    world.trust({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})
    with refused("AccessDenied"):
        world.assume()
    world.trust({"ForAnyValue:StringEquals": {"SAML:eduPersonAffiliation": "student"}})
    world.assume()
    kept = {"saml:sub", "saml:sub_type", "saml:namequalifier"}  # those that permissions can ask for
    assert {key for key in context if key.startswith("saml:")} == kept
    assert context["aws:FederatedProvider"] == ARN


def test_a_policy_asks_for_the_keys_that_an_assertion_can_give_and_no_others(world: Northshore) -> None:
    given = {*saml_identity.CONDITION_KEYS.values(), *saml_identity.TOLD, "doc"}
    for key in given:
        world.trust({"StringEquals": {f"saml:{key}": "x"}})
        with refused("AccessDenied"):
            world.assume()
    for key in ("x500UniqueIdentifier", "uid", "organizationStatus", "primaryGroupSID"):
        with pytest.raises(OutsideTheLab, match=f"saml:{key}"):
            world.trust({"StringNotEquals": {f"saml:{key}": "x"}})


def test_the_trust_policy_sees_the_request(world: Northshore) -> None:
    world.trust({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})
    world.assume()
    world.trust({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    with refused("AccessDenied"):
        world.assume()


def test_a_role_that_does_not_exist_is_not_told_apart(world: Northshore) -> None:
    gone = world.reader.replace("reader", "gone")
    world.tell(**{ROLES: f"{gone},{ARN}"})
    with refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"):
        world.assume(RoleArn=gone)


# -- the session ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [None, "", "a", "Aiko Tanaka", "a" * 65, [AIKO, "b2"], "aiko\n"])
def test_the_assertion_names_the_session(world: Northshore, name: Any) -> None:
    world.tell(**{NAME: name})
    with refused(
        "InvalidIdentityToken", "RoleSessionName is required" if name is None else "RoleSessionName in"
    ):
        world.assume()


@pytest.mark.parametrize(
    ("asked", "told", "seconds"),
    [
        ({}, None, 3600),
        ({"DurationSeconds": 7200}, None, 7200),
        ({"DurationSeconds": 7200}, "1800", 1800),
        ({}, "7200", 3600),  # it shortens, and does not lengthen
        ({}, "900", 900),  # the least, and the most
        ({}, "43200", 3600),
    ],
)
def test_how_long(world: Northshore, asked: dict[str, int], told: str | None, seconds: int) -> None:
    world.tell(**{DURATION: told})
    ends = world.assume(**asked)["Credentials"]["Expiration"]
    assert ends.timestamp() - 1780304400 == seconds


def until(instant: str) -> Any:
    def change(assertion: Any) -> None:
        (found,) = saml_documents.all_of(assertion, "saml:AuthnStatement")
        found.set("SessionNotOnOrAfter", instant)

    return change


def test_no_longer_than_the_session_at_the_university(world: Northshore) -> None:
    ends = world.assume(world.changed(until("2026-06-01T09:20:00Z")))["Credentials"]["Expiration"]
    assert ends.isoformat() == "2026-06-01T09:20:00+00:00"
    ends = world.assume(world.changed(until("2026-06-01T09:00:01Z")))["Credentials"]["Expiration"]
    assert ends.isoformat() == "2026-06-01T09:00:01+00:00"
    for instant, code in (("2026-06-01T09:00:00Z", "ExpiredTokenException"), ("x", "InvalidIdentityToken")):
        with refused(code):
            world.assume(world.changed(until(instant)))


@pytest.mark.parametrize("told", ["899", "43201", "x", "-900", "²00"])
def test_a_duration_that_is_none(world: Northshore, told: str) -> None:
    world.tell(**{DURATION: told})
    with refused("InvalidIdentityToken", "SessionDuration"):
        world.assume()


def test_no_longer_than_the_role_allows(world: Northshore) -> None:
    with refused("ValidationError", "MaxSessionDuration"):
        world.assume(DurationSeconds=7201)


def test_tags_need_a_right_of_their_own(world: Northshore) -> None:
    world.tell(**{TAG: "reef"})
    with refused("AccessDenied", "sts:TagSession"):
        world.assume()
    world.trust({"StringEquals": {"aws:RequestTag/section": "reef"}}, "sts:TagSession")
    assert world.context()["aws:PrincipalTag/section"] == "reef"
    for odd in (["reef", "shore"], "<reef>", []):
        world.tell(**{TAG: odd})
        with refused("InvalidIdentityToken", "session tags"):
            world.assume()


@pytest.mark.parametrize(("number", "good"), [(50, True), (51, False)])
def test_up_to_fifty_tags(world: Northshore, number: int, good: bool) -> None:
    world.trust({}, "sts:TagSession")
    world.tell(**{f"{ATTRIBUTES}PrincipalTag:t{each}": "reef" for each in range(number)})
    if good:
        assert world.context()["aws:PrincipalTag/t49"] == "reef"
    else:
        with refused("InvalidIdentityToken", "session tags"):
            world.assume()


def test_permissions_know_whom_it_is(world: Northshore) -> None:
    """A folder of one's own, by the two keys that name somebody for good."""
    own = "arn:aws:s3:::tidepool-pictures/${saml:namequalifier}/${saml:sub}/*"
    rights = json.dumps(document(allow("s3:PutObject", own)))
    world.iam.put_role_policy(RoleName="reader", PolicyName="own", PolicyDocument=rights)
    world.client("s3").create_bucket(Bucket="tidepool-pictures")
    answer = world.assume()
    keys = answer["Credentials"]
    from boto3 import client

    s3 = client(
        "s3", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )  # fmt: skip
    folder = f"{answer['NameQualifier']}/{answer['Subject']}"
    s3.put_object(Bucket="tidepool-pictures", Key=f"{folder}/crab", Body=b"")
    with refused("AccessDenied"):
        s3.put_object(Bucket="tidepool-pictures", Key=f"{folder}x/crab", Body=b"")


def test_a_session_policy_narrows(world: Northshore) -> None:
    narrow = json.dumps(document(allow("s3:ListAllMyBuckets")))
    session = role_sessions.session_by_key_id(world.assume(Policy=narrow)["Credentials"]["AccessKeyId"])
    assert session is not None and session.session_policies == (json.loads(narrow),)
    with refused("MalformedPolicyDocument"):
        world.assume(Policy="{")


@pytest.mark.parametrize("name", ["TransitiveTagKeys", "SourceIdentity"])
def test_what_is_not_played_is_refused_by_name(world: Northshore, name: str) -> None:
    world.tell(**{f"{ATTRIBUTES}{name}": "section"})
    with pytest.raises(OutsideTheLab, match=name):
        world.assume()
    with pytest.raises(OutsideTheLab, match="PolicyArns"):
        world.assume(PolicyArns=[{"arn": f"arn:aws:iam::{ACCOUNT}:policy/p"}])


def test_cloudtrail_names_the_person_and_not_the_assertion(world: Northshore) -> None:
    answer = world.assume()
    found = world.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "AssumeRoleWithSAML"}]
    )
    (event,) = [json.loads(row["CloudTrailEvent"]) for row in found["Events"]]
    qualifier, subject = answer["NameQualifier"], answer["Subject"]
    assert event["userIdentity"] == {
        "type": "SAMLUser", "principalId": f"{qualifier}:{subject}", "userName": subject,
        "identityProvider": qualifier,
    }  # fmt: skip
    assert event["requestParameters"]["principalArn"] == ARN and "samlassertion" not in str(event).lower()
