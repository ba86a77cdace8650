"""STS AssumeRoleWithWebIdentity: which tokens, which roles, for how long."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import time_machine
from botocore.config import Config
from support.identity_pools import (
    ACCOUNT,
    GOOGLE_CLIENT,
    Issuer,
    World,
    caller,
    federated_trust,
    refused,
    trust,
)

from cognito_lab import OutsideTheLab
from cognito_lab.aws.sts import role_sessions
from cognito_lab.network.messages import Response
from cognito_lab.protocols import signing_keys

POOL = "us-east-1:11111111-2222-4333-8444-555555555555"
CLUB = "id.divers.example/club"
CLUB_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{CLUB}"


@pytest.fixture
def world() -> Iterator[World]:
    with time_machine.travel("2026-06-01T09:00:00Z", tick=False):
        world = World()
        unchecked = Config(signature_version="unsigned", parameter_validation=False)  # STS checks, not boto3
        world.sts = world.client("sts", config=unchecked)
        world.google = world.add(Issuer("accounts.google.com", "/keys"))
        world.club = world.add(Issuer(CLUB))
        yield world
        world.close()


def assume(world: World, arn: str, token: str, **more: Any) -> dict[str, Any]:
    return dict(
        world.sts.assume_role_with_web_identity(
            **{"RoleArn": arn, "RoleSessionName": "app", "WebIdentityToken": token, **more}
        )
    )


def google_role(world: World, **settings: Any) -> str:
    return world.role(
        "diver",
        federated_trust("accounts.google.com", {"StringEquals": {"accounts.google.com:aud": GOOGLE_CLIENT}}),
        **settings,
    )


def google_token(world: World, subject: str = "g-1", **changes: Any) -> str:
    return str(world.google.token(subject, changes.pop("aud", GOOGLE_CLIENT), **changes))


def test_the_answer(world: World) -> None:
    answer = assume(world, google_role(world), google_token(world))
    assert answer["SubjectFromWebIdentityToken"] == "g-1"
    assert (answer["Provider"], answer["Audience"]) == ("accounts.google.com", GOOGLE_CLIENT)
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/diver/app"
    assert answer["AssumedRoleUser"]["AssumedRoleId"].endswith(":app")
    credentials = answer["Credentials"]
    assert credentials["Expiration"].isoformat().startswith("2026-06-01T10:00:00")
    assert caller(credentials)["Arn"] == answer["AssumedRoleUser"]["Arn"]


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "ya29.access-token", "W10.e30.e30", "e30.W10.e30"])
def test_what_is_no_token_is_refused_as_such(world: World, token: str) -> None:
    with refused("InvalidIdentityToken", "not a valid JWT"):
        assume(world, google_role(world), token)


def test_who_signs_must_be_known_to_the_account(world: World) -> None:
    arn = world.role("diver", federated_trust(CLUB_ARN, {"StringEquals": {f"{CLUB}:aud": "tidepool"}}))
    with refused(
        "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for https://{CLUB}"
    ):
        assume(world, arn, world.club.token("d", "tidepool"))
    with refused("InvalidIdentityToken", "No OpenIDConnect provider found"):
        assume(world, arn, world.club.token("d", "tidepool", iss=None))
    world.iam.create_open_id_connect_provider(
        Url=f"https://{CLUB}", ClientIDList=["tidepool", "other"], ThumbprintList=["0" * 40]
    )
    answer = assume(world, arn, world.club.token("d", "tidepool"))
    assert answer["Provider"] == CLUB_ARN
    with refused("InvalidIdentityToken", "Incorrect token audience"):  # not registered with the provider
        assume(world, arn, world.club.token("d", "another"))
    with refused("AccessDenied"):  # registered, but not in the trust policy
        assume(world, arn, world.club.token("d", "other"))


def test_a_forged_signature(world: World) -> None:
    arn = google_role(world)
    forged = signing_keys.new_key()
    claims = world.google.claims("g-1", GOOGLE_CLIENT)
    with refused("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider"):
        assume(world, arn, forged.sign(claims))
    forged.kid = world.google.key.kid
    with refused("InvalidIdentityToken", "signature"):
        assume(world, arn, forged.sign(claims))
    honest = world.google.key.sign(claims)
    with refused("InvalidIdentityToken"):
        assume(world, arn, honest[:-8])
    assert assume(world, arn, honest)


def test_a_silent_provider(world: World) -> None:
    world.google.answer = lambda request: None
    with refused("InvalidIdentityToken", "Couldn't retrieve verification key"):
        assume(world, google_role(world), google_token(world))


@pytest.mark.parametrize("claim", ["sub", "aud", "exp"])
def test_a_token_must_say_everything_that_is_asked(world: World, claim: str) -> None:
    with refused("InvalidIdentityToken", claim):
        assume(
            world,
            google_role(world),
            google_token(world, **{claim: None})
            if claim != "sub"
            else world.google.key.sign({**world.google.claims("x", GOOGLE_CLIENT, sub=None)}),
        )


def test_an_expired_token_has_a_code_of_its_own(world: World) -> None:
    arn, token = google_role(world), google_token(world)
    with time_machine.travel("2026-06-01T09:59:59Z", tick=False):
        assert assume(world, arn, token)
    with (
        time_machine.travel("2026-06-01T10:00:00Z", tick=False),
        refused(
            "ExpiredTokenException",
            "2026-06-01T10:00:00Z must be before the expiration date/time 2026-06-01T10:00:00Z",
        ),
    ):
        assume(world, arn, token)


def test_a_missing_role_and_a_trust_that_says_no_look_alike(world: World) -> None:
    token = google_token(world, aud="another.apps.googleusercontent.com")
    messages = []
    for arn in (google_role(world), f"arn:aws:iam::{ACCOUNT}:role/nobody"):
        with pytest.raises(world.sts.exceptions.ClientError) as caught:
            assume(world, arn, token)
        answer = caught.value.response
        messages.append(
            (
                answer["Error"]["Code"],
                answer["Error"]["Message"],
                answer["ResponseMetadata"]["HTTPStatusCode"],
            )
        )
    assert messages == [("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)] * 2


def test_the_trust_policy_names_the_provider(world: World) -> None:
    for_pools = world.role("for-pools", trust(POOL, None))
    for_anyone = world.role(
        "for-anyone",
        federated_trust(
            "cognito-identity.amazonaws.com",
            {"StringEquals": {"cognito-identity.amazonaws.com:aud": GOOGLE_CLIENT}},
        ),
    )
    for arn in (for_pools, for_anyone):
        with refused("AccessDenied"):
            assume(world, arn, google_token(world))


def test_condition_keys_of_google(world: World) -> None:
    """``:aud`` is ``azp`` where the token has one, and ``:oaud`` is ``aud`` (IAM, condition keys)."""
    document = federated_trust(
        "accounts.google.com",
        {
            "StringEquals": {
                "accounts.google.com:aud": "android",
                "accounts.google.com:oaud": GOOGLE_CLIENT,
                "accounts.google.com:sub": "g-1",
            }
        },
    )
    arn = world.role("diver", document)
    assert assume(world, arn, google_token(world, azp="android"))
    for changes in ({}, {"azp": "web"}, {"azp": "android", "aud": "other"}):
        with refused("AccessDenied"):
            assume(world, arn, google_token(world, **changes))
    with refused("AccessDenied"):
        assume(world, arn, google_token(world, "g-2", azp="android"))


@pytest.mark.parametrize(
    "condition",
    [
        {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"DateLessThan": {"aws:CurrentTime": "2026-06-02T00:00:00Z"}},
    ],
)
def test_a_trust_policy_sees_the_request_of_who_asks_by_themselves(
    world: World, condition: dict[str, Any]
) -> None:
    """An identity pool asks from an address of its own: there ``aws:SourceIp`` keeps everybody out."""
    pool = world.create_pool()
    honest = trust(pool, "authenticated")
    honest["Statement"][0]["Condition"] |= condition
    role = world.role("member", honest)
    world.pool.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": role})
    login = world.login("mara")
    identity = world.unsigned.get_id(IdentityPoolId=pool, Logins=login)["IdentityId"]
    given = {"IdentityId": identity, "Logins": login}
    assert assume(world, role, world.unsigned.get_open_id_token(**given)["Token"])
    if "IpAddress" in condition:
        with refused("InvalidIdentityPoolConfigurationException"):
            world.unsigned.get_credentials_for_identity(**given)
    else:
        assert world.unsigned.get_credentials_for_identity(**given)


def test_a_source_identity_is_refused_by_name(world: World) -> None:
    token = google_token(world, **{"https://aws.amazon.com/source_identity": "mara"})
    with pytest.raises(OutsideTheLab, match="SourceIdentity"):
        assume(world, google_role(world), token)


def test_duration(world: World) -> None:
    arn = google_role(world, MaxSessionDuration=7200)
    for seconds, until in ((900, "09:15:00"), (7200, "11:00:00")):
        answer = assume(world, arn, google_token(world), DurationSeconds=seconds)
        assert answer["Credentials"]["Expiration"].isoformat().startswith(f"2026-06-01T{until}")
    with refused("ValidationError", "exceeds the MaxSessionDuration set for this role."):
        assume(world, arn, google_token(world), DurationSeconds=7201)
    for seconds in (0, 899, 43201):
        with refused("ValidationError", "at 'durationSeconds' failed to satisfy constraint"):
            assume(world, arn, google_token(world), DurationSeconds=seconds)


@pytest.mark.parametrize(
    "wrong",
    [
        {"RoleSessionName": "a b"},
        {"RoleSessionName": "n" * 65},
        {"RoleSessionName": "x"},
        {"RoleArn": "short"},
        {"WebIdentityToken": "abc"},
    ],
)
def test_malformed_input(world: World, wrong: dict[str, str]) -> None:
    member = next(iter(wrong))
    with refused("ValidationError", f"at '{member[0].lower()}{member[1:]}' failed to satisfy constraint"):
        assume(world, google_role(world), google_token(world), **wrong)


def test_a_session_policy_is_kept_with_the_session(world: World) -> None:
    arn = google_role(world)
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::tidepool-pictures/*"}
        ],
    }
    answer = assume(world, arn, google_token(world), Policy=json.dumps(document))
    session = role_sessions.session_by_key_id(answer["Credentials"]["AccessKeyId"])
    assert session is not None and session.session_policies == (document,)
    for text in (
        "{not json",
        "[]",
        '"text"',
        "{}",
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}',
    ):
        with refused("MalformedPolicyDocument"):
            assume(world, arn, google_token(world), Policy=text)
    with refused("ValidationError", "at 'policy' failed to satisfy constraint"):
        assume(world, arn, google_token(world), Policy=json.dumps({**document, "Id": "x" * 2048}))


def test_what_is_not_played_is_said_and_not_ignored(world: World) -> None:
    arn = google_role(world)
    for member in (
        {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]},
        {"ProviderId": "accounts.google.com"},
    ):
        with pytest.raises(OutsideTheLab, match=next(iter(member))):
            assume(world, arn, google_token(world), **member)


# Provider, what AWS's condition keys call the app and the person (IAM, "AWS STS condition keys").
OPAQUE = {
    "graph.facebook.com": ("facebook", "app_id", "id"), "www.amazon.com": ("amazon", "app_id", "user_id"),
}  # fmt: skip
ROOK, BEN, INES = "rook@elsewhere.example", "ben@tidepool.example", "ines@tidepool.example"


@pytest.mark.parametrize("provider_id", OPAQUE)
def test_an_access_token_is_looked_up_and_the_trust_policy_sees_app_and_person(
    world: World, provider_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, app_key, user_key = OPAQUE[provider_id]
    provider, honest = getattr(world.lab, name), BEN if name == "facebook" else INES
    client, other = (
        provider.register_client(app, ["https://tidepool.example/"]) for app in ("Tidepool", "Another")
    )
    person = provider.accounts[honest].sub
    wanted = {f"{provider_id}:{app_key}": client.profile_id or client.client_id}
    for_all = world.role("app", federated_trust(provider_id, {"StringEquals": wanted}))
    wanted |= {f"{provider_id}:{user_key}": person}
    for_one = world.role("person", federated_trust(provider_id, {"StringEquals": wanted}))
    token = provider.credential(client.client_id, honest)

    answer = assume(world, for_all, token, ProviderId=provider_id)
    assert (answer["Provider"], answer["SubjectFromWebIdentityToken"]) == (provider_id, person)
    assert answer["Audience"] == client.client_id
    assert caller(answer["Credentials"])["Arn"].endswith("assumed-role/app/app")
    assert assume(world, for_one, token, ProviderId=provider_id)
    rooks = provider.credential(client.client_id, ROOK)
    assert assume(world, for_all, rooks, ProviderId=provider_id)
    for role, wrong in ((for_one, rooks), (for_all, provider.credential(other.client_id, honest))):
        with refused("AccessDenied"):
            assume(world, role, wrong, ProviderId=provider_id)
    with refused("InvalidIdentityToken", "not a valid JWT"):
        assume(world, for_all, token)
    provider.withdraw(client.client_id, honest)
    for wrong in (token, "EAA-invented", google_token(world)):
        with refused("IDPRejectedClaim"):
            assume(world, for_all, wrong, ProviderId=provider_id)
    monkeypatch.setattr(provider, "answer", lambda request: Response(503))
    with refused("IDPCommunicationError"):
        assume(world, for_all, rooks, ProviderId=provider_id)


def test_policies_name_a_folder_after_the_person_at_the_provider(world: World) -> None:
    amazon, ines = world.lab.amazon, world.lab.amazon.accounts[INES].sub
    client = amazon.register_client("Tidepool", ["https://tidepool.example/"])
    wanted = {"StringEquals": {"www.amazon.com:app_id": client.profile_id}}
    arn = world.role("person", federated_trust("www.amazon.com", wanted))
    own = "arn:aws:s3:::pictures/${www.amazon.com:user_id}/*"
    statement = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": own}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.iam.put_role_policy(RoleName="person", PolicyName="own", PolicyDocument=policy)
    world.client("s3").create_bucket(Bucket="pictures")
    token = amazon.credential(client.client_id, INES)
    given = assume(world, arn, token, ProviderId="www.amazon.com")["Credentials"]
    keys = given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
    s3 = boto3.Session(*keys, region_name="us-east-1").client("s3")
    s3.put_object(Bucket="pictures", Key=f"{ines}/crab.svg", Body=b"<svg/>")
    with refused("AccessDenied"):
        s3.put_object(Bucket="pictures", Key=f"{amazon.accounts[ROOK].sub}/crab.svg", Body=b"<svg/>")


def test_apples_token_is_taken_where_apple_is_registered_in_iam(world: World) -> None:
    apple, mara = world.lab.apple, "mara@tidepool.example"
    client, other = (
        apple.register_client(name, ["https://tidepool.example/"]) for name in ("Tidepool", "Another")
    )
    registered = f"arn:aws:iam::{ACCOUNT}:oidc-provider/appleid.apple.com"
    wanted = {"StringEquals": {"appleid.apple.com:sub": apple.accounts[mara].sub}}
    arn = world.role("mara", federated_trust(registered, wanted))
    token = apple.credential(client.client_id, mara)
    with refused("InvalidIdentityToken", "No OpenIDConnect provider found"):
        assume(world, arn, token)
    world.iam.create_open_id_connect_provider(
        Url="https://appleid.apple.com", ClientIDList=[client.client_id], ThumbprintList=["0" * 40]
    )
    assert assume(world, arn, token)["Provider"] == registered
    with refused("InvalidIdentityToken", "Incorrect token audience"):
        assume(world, arn, apple.credential(other.client_id, mara))
    with refused("AccessDenied"):
        assume(world, arn, apple.credential(client.client_id, ROOK))
