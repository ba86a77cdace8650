"""The developer's own server vouches for people: a token for a user, looking up, merging, unlinking."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import jwt
import pytest
import requests
import time_machine
from botocore.config import Config
from support.iam_people import allow, make_user
from support.identity_pools import GOOGLE_CLIENT, Issuer, World, caller, refused, trust

from cognito_lab import OutsideTheLab

OWN = "login.tidepool.example"
POOLS = "cognito-identity.amazonaws.com"
NOW = 1780304400  # 2026-06-01T09:00:00Z


class Tidepool(World):
    """A world with an identity pool that knows the developer's provider, the user pool and Google."""

    def __init__(self) -> None:
        super().__init__()
        self.google = self.add(Issuer("accounts.google.com"))
        self.id = self.pool_with_roles(
            DeveloperProviderName=OWN, SupportedLoginProviders={"accounts.google.com": GOOGLE_CLIENT}
        )

    def vouch(self, user: str = "mara", logins: dict[str, str] | None = None, **more: Any) -> tuple[str, str]:
        """What the server does: the identity and the token."""
        given = {"IdentityPoolId": self.id, "Logins": {OWN: user, **(logins or {})}, **more}
        answer = self.pool.get_open_id_token_for_developer_identity(**given)
        return answer["IdentityId"], answer["Token"]

    def enter(self, identity: str, token: str) -> Any:
        """What the app does with the token."""
        return self.unsigned.get_credentials_for_identity(IdentityId=identity, Logins={POOLS: token})

    def by_google(self, subject: str) -> dict[str, str]:
        return {"accounts.google.com": self.google.token(subject, GOOGLE_CLIENT)}

    def logins_of(self, identity: str) -> list[str]:
        return list(self.pool.describe_identity(IdentityId=identity).get("Logins", []))

    def lookup(self, **asked: str | int) -> dict[str, Any]:
        return dict(self.pool.lookup_developer_identity(IdentityPoolId=self.id, **asked))

    def merge(self, source: str, destination: str, name: str = OWN) -> str:
        asked = {"SourceUserIdentifier": source, "DestinationUserIdentifier": destination}
        return str(
            self.pool.merge_developer_identities(IdentityPoolId=self.id, DeveloperProviderName=name, **asked)[
                "IdentityId"
            ]
        )

    def unlink(self, identity: str, user: str, name: str = OWN) -> None:
        self.pool.unlink_developer_identity(
            IdentityPoolId=self.id,
            IdentityId=identity,
            DeveloperProviderName=name,
            DeveloperUserIdentifier=user,
        )


@pytest.fixture
def world() -> Iterator[Tidepool]:
    with time_machine.travel("2026-06-01T09:00:00Z", tick=False):
        world = Tidepool()
        yield world
        world.close()


def test_the_servers_token_opens_the_members_role(world: Tidepool) -> None:
    identity, token = world.vouch()
    assert caller(world.enter(identity, token)["Credentials"])["Arn"].split("/")[1] == "member"
    assert world.logins_of(identity) == [OWN]
    assert world.unsigned.get_id(IdentityPoolId=world.id, Logins={POOLS: token})["IdentityId"] == identity
    assert world.vouch()[0] == identity != world.vouch("goran")[0]
    with refused("NotAuthorizedException", f"Access to Identity '{identity}' is forbidden."):
        world.unsigned.get_credentials_for_identity(IdentityId=identity)  # as a guest


def test_what_the_token_says(world: Tidepool) -> None:
    identity, token = world.vouch()
    keys = jwt.PyJWKSet.from_dict(requests.get(f"https://{POOLS}/.well-known/jwks_uri", timeout=5).json())
    key = keys[jwt.get_unverified_header(token)["kid"]].key
    said = jwt.decode(token, key, algorithms=["RS512"], audience=world.id, issuer=f"https://{POOLS}")
    amr = ["authenticated", OWN, f"{OWN}:{world.id}:mara"]
    times = {"iat": NOW, "exp": NOW + 900}
    assert said == {"iss": f"https://{POOLS}", "aud": world.id, "sub": identity, "amr": amr, **times}


@pytest.mark.parametrize(("asked", "seconds"), [({}, 900), ({"TokenDuration": 86400}, 86400)])
def test_the_token_lasts_as_long_as_the_server_says(
    world: Tidepool, asked: dict[str, int], seconds: int
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        identity, token = world.vouch(**asked)
        clock.shift(seconds - 1)
        assert world.enter(identity, token)
        clock.shift(1)
        with refused("NotAuthorizedException", "Token expired"):
            world.enter(identity, token)


@pytest.mark.parametrize("seconds", [0, 86401])
def test_a_day_is_the_longest(world: Tidepool, seconds: int) -> None:
    raw = world.client("cognito-identity", config=Config(parameter_validation=False))
    with refused("InvalidParameterException", "okenDuration"):
        raw.get_open_id_token_for_developer_identity(
            IdentityPoolId=world.id, Logins={OWN: "mara"}, TokenDuration=seconds
        )


def test_the_app_takes_the_token_to_sts(world: Tidepool) -> None:
    _, token = world.vouch()
    arn = world.role("picked", trust(world.id, OWN))
    asked = {"RoleArn": arn, "RoleSessionName": "app", "WebIdentityToken": token}
    assert caller(world.sts.assume_role_with_web_identity(**asked)["Credentials"])["Arn"].endswith(
        "picked/app"
    )
    world.iam.update_assume_role_policy(
        RoleName="picked", PolicyDocument=json.dumps(trust(world.id, "login.elsewhere.example"))
    )
    with refused("AccessDenied"):
        world.sts.assume_role_with_web_identity(**asked)


def test_no_app_vouches_for_anybody(world: Tidepool) -> None:
    identity, _ = world.vouch()
    own = {"DeveloperProviderName": OWN}
    for name, asked in (
        ("GetOpenIdTokenForDeveloperIdentity", {"Logins": {OWN: "mara"}}),
        ("LookupDeveloperIdentity", {"IdentityId": identity}),
        ("MergeDeveloperIdentities", {"SourceUserIdentifier": "a", "DestinationUserIdentifier": "b", **own}),
        ("UnlinkDeveloperIdentity", {"IdentityId": identity, "DeveloperUserIdentifier": "mara", **own}),
    ):
        answer = requests.post(
            "https://cognito-identity.us-east-1.amazonaws.com/",
            json.dumps({"IdentityPoolId": world.id, **asked}),
            headers={"X-Amz-Target": f"AWSCognitoIdentityService.{name}"},
            timeout=5,
        )
        assert answer.json()["__type"] == "MissingAuthenticationTokenException"
    for action, code in (("GetOpenIdTokenForDeveloperIdentity", ""), ("GetId", "AccessDeniedException")):
        arn = f"arn:aws:cognito-identity:us-east-1:123456789012:identitypool/{world.id}"
        user = make_user(action.lower(), allow(f"cognito-identity:{action}", arn))
        server = boto3.client("cognito-identity", region_name="us-east-1", **user)
        ask = {"IdentityPoolId": world.id, "Logins": {OWN: "mara"}}
        if code:
            with refused(code):
                server.get_open_id_token_for_developer_identity(**ask)
        else:
            assert server.get_open_id_token_for_developer_identity(**ask)["IdentityId"] == identity


def test_the_developers_name_is_no_login_of_an_app(world: Tidepool) -> None:
    identity, token = world.vouch()
    only = world.pool.create_identity_pool(
        IdentityPoolName="only", AllowUnauthenticatedIdentities=False, DeveloperProviderName=OWN
    )["IdentityPoolId"]
    for value in ("mara", token):
        with refused("InvalidParameterException", "Please provide a valid public provider"):
            world.unsigned.get_credentials_for_identity(IdentityId=identity, Logins={OWN: value})
        with refused("InvalidParameterException", "Please provide a valid public provider"):
            world.unsigned.get_id(IdentityPoolId=only, Logins={OWN: value})


def test_only_the_servers_own_token_is_a_login(world: Tidepool) -> None:
    identity, token = world.vouch()
    guest = world.unsigned.get_id(IdentityPoolId=world.id)["IdentityId"]
    basic = world.unsigned.get_open_id_token(IdentityId=guest)["Token"]
    with refused("NotAuthorizedException", "forbidden"):
        world.enter(guest, basic)
    with pytest.raises(OutsideTheLab, match="GetOpenIdToken"):
        world.unsigned.get_open_id_token(IdentityId=identity, Logins={POOLS: token})
    head, said, signature = token.split(".")
    with refused("NotAuthorizedException", "Couldn't verify signed token."):
        world.enter(identity, f"{head}.{said}.{signature[:-8]}AAAAAAAA")
    with refused("NotAuthorizedException"):
        world.enter(world.vouch("goran")[0], token)  # another's identity
    other = world.create_pool(DeveloperProviderName=OWN)
    with refused("NotAuthorizedException", "not from a supported provider"):
        world.unsigned.get_id(IdentityPoolId=other, Logins={POOLS: token})
    with refused("NotAuthorizedException", "not from a supported provider"):
        world.unsigned.get_id(IdentityPoolId=world.create_pool(), Logins={POOLS: token})


@pytest.mark.parametrize("logins", [{"login.elsewhere.example": "mara"}, {OWN: "mara", POOLS: "eyJ9.e30."}])
def test_the_server_names_the_pools_developer_provider(world: Tidepool, logins: dict[str, str]) -> None:
    ask = world.pool.get_open_id_token_for_developer_identity
    with refused("InvalidParameterException", "developer provider"):
        ask(IdentityPoolId=world.id, Logins=logins)
    with refused("InvalidParameterException", "developer provider"):
        ask(IdentityPoolId=world.create_pool(), Logins={OWN: "mara"})
    with refused("InvalidParameterException", "developer provider"):
        world.merge("mara", "goran", "login.elsewhere.example")
    with refused("InvalidParameterException", "developer provider"):
        world.unlink(world.vouch()[0], "mara", "login.elsewhere.example")


def test_a_guest_or_a_member_gets_the_servers_login(world: Tidepool) -> None:
    guest = world.unsigned.get_id(IdentityPoolId=world.id)["IdentityId"]
    assert world.vouch("mara", IdentityId=guest)[0] == guest
    goran = world.unsigned.get_id(IdentityPoolId=world.id, Logins=world.by_google("g"))["IdentityId"]
    assert world.vouch("goran", IdentityId=goran)[0] == goran == world.vouch("goran")[0]
    assert world.logins_of(goran) == ["accounts.google.com", OWN]
    with refused("DeveloperUserAlreadyRegisteredException"):
        world.vouch("mara", IdentityId=goran)
    assert world.vouch("mara")[0] == guest  # nothing was changed by the refusal
    with refused("ResourceNotFoundException"):
        world.vouch("mara", IdentityId="us-east-1:00000000-0000-4000-8000-000000000000")


def test_other_logins_come_along_and_are_checked(world: Tidepool) -> None:
    identity, _ = world.vouch("mara", world.by_google("g"))
    assert (
        world.unsigned.get_id(IdentityPoolId=world.id, Logins=world.by_google("g"))["IdentityId"] == identity
    )
    with refused("NotAuthorizedException", "Invalid login token"):
        world.vouch("mara", {"accounts.google.com": world.google.token("g", GOOGLE_CLIENT, exp=1)})
    with refused("ResourceConflictException"):
        world.vouch("mara", world.by_google("another"))


def test_an_identity_may_have_several_of_the_developers_users(world: Tidepool) -> None:
    identity, first = world.vouch("mara")
    assert world.vouch("mara.diver", IdentityId=identity)[0] == identity
    users = world.lookup(IdentityId=identity)
    assert users["DeveloperUserIdentifierList"] == ["mara", "mara.diver"] and "NextToken" not in users
    page = world.lookup(IdentityId=identity, MaxResults=1)
    rest = world.lookup(IdentityId=identity, MaxResults=1, NextToken=page["NextToken"])
    assert [*page["DeveloperUserIdentifierList"], *rest["DeveloperUserIdentifierList"]] == [
        "mara",
        "mara.diver",
    ]
    assert world.enter(identity, first)


def test_looking_up(world: Tidepool) -> None:
    mara, goran = world.vouch("mara")[0], world.vouch("goran")[0]
    assert world.lookup(DeveloperUserIdentifier="mara")["IdentityId"] == mara
    both = world.lookup(DeveloperUserIdentifier="mara", IdentityId=mara)
    assert (both["IdentityId"], both["DeveloperUserIdentifierList"]) == (mara, ["mara"])
    with refused("ResourceConflictException"):
        world.lookup(DeveloperUserIdentifier="mara", IdentityId=goran)
    with refused("ResourceNotFoundException"):
        world.lookup(DeveloperUserIdentifier="nobody")
    with refused("InvalidParameterException"):
        world.lookup()


def test_merging_two_users(world: Tidepool) -> None:
    (old, before), (new, _) = world.vouch("goran.old"), world.vouch("goran")
    google = world.unsigned.get_credentials_for_identity(
        IdentityId=old, Logins={POOLS: before, **world.by_google("g")}
    )["IdentityId"]
    assert google == old != new
    assert world.merge("goran.old", "goran") == new
    assert world.vouch("goran.old")[0] == new == world.vouch("goran")[0]
    assert world.unsigned.get_id(IdentityPoolId=world.id, Logins=world.by_google("g"))["IdentityId"] == new
    assert world.logins_of(old) == []
    assert world.enter(old, before)["IdentityId"] == new  # the old id still finds the way
    with refused("NotAuthorizedException", "forbidden"):
        world.unsigned.get_credentials_for_identity(IdentityId=old)
    with refused("ResourceNotFoundException"):
        world.merge("nobody", "goran")
    assert world.merge("goran", "goran.old") == new  # they are one already


def test_two_users_of_one_public_provider_do_not_merge(world: Tidepool) -> None:
    first, second = world.vouch("a", world.by_google("g1"))[0], world.vouch("b", world.by_google("g2"))[0]
    with refused("ResourceConflictException"):
        world.merge("a", "b")
    assert (world.vouch("a")[0], world.vouch("b")[0]) == (first, second)


def test_more_than_twenty_logins_are_outside_the_lab(world: Tidepool) -> None:
    many, _ = world.vouch("user0")
    for n in range(1, 19):
        world.vouch(f"user{n}", IdentityId=many)
    world.vouch("last")
    assert world.merge("last", "user0") == many
    world.vouch("one more")
    with pytest.raises(OutsideTheLab, match="20"):
        world.merge("one more", "user0")


def test_unlinking_a_user(world: Tidepool) -> None:
    identity, token = world.vouch("mara", world.by_google("g"))
    with refused("ResourceConflictException"):
        world.unlink(world.vouch("goran")[0], "mara")
    with refused("ResourceNotFoundException"):
        world.unlink(identity, "nobody")
    with refused("InvalidParameterException"):  # the public operation is for public logins
        world.unsigned.unlink_identity(IdentityId=identity, Logins=world.by_google("g"), LoginsToRemove=[OWN])
    world.unlink(identity, "mara")
    assert world.logins_of(identity) == ["accounts.google.com"]
    with refused("NotAuthorizedException", "forbidden"):
        world.enter(identity, token)  # it was made for a user who is not of this identity now
    assert world.vouch("mara")[0] != identity
    with refused("NotAuthorizedException", "forbidden"):
        world.enter(identity, token)
    with refused("NotAuthorizedException", "forbidden"):  # nor does it open the identity of hers now
        world.unsigned.get_id(IdentityPoolId=world.id, Logins={POOLS: token})


def test_an_identity_that_lost_its_last_user_is_inaccessible(world: Tidepool) -> None:
    identity, token = world.vouch("mara")
    world.unlink(identity, "mara")
    for logins in ({}, {"Logins": {POOLS: token}}, {"Logins": world.by_google("g")}):
        with refused("NotAuthorizedException", "forbidden"):
            world.unsigned.get_credentials_for_identity(IdentityId=identity, **logins)
    with refused("ResourceNotFoundException"):
        world.vouch("mara", IdentityId=identity)


def test_a_deleted_identity_forgets_its_users(world: Tidepool) -> None:
    identity, token = world.vouch("mara")
    world.pool.delete_identities(IdentityIdsToDelete=[identity])
    with refused("NotAuthorizedException", "forbidden"):
        world.unsigned.get_id(IdentityPoolId=world.id, Logins={POOLS: token})
    assert world.vouch("mara")[0] != identity
