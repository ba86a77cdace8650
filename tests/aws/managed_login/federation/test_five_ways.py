"""Five people by five ways, in both architectures: straight to an identity pool, or through a user pool."""

from __future__ import annotations

from typing import Any

import boto3
from support.identity_pools import UNSIGNED, refused
from support.managed_login import DOMAIN, Pages
from support.user_pools import PASSWORD

from cognito_lab import Browser, Lab

IDP_RESPONSE, PAGE = f"{DOMAIN}/oauth2/idpresponse", "https://tidepool.example"
MAPPED = {"email": "email"}
# Who comes, from where: the type in a user pool, and the key in an identity pool.
PEOPLE = {
    "Goran Pavić (goran.pavic@gmail.example)": ("Google", "accounts.google.com"),
    "Ben Okafor (ben@tidepool.example)": ("Facebook", "graph.facebook.com"),
    "Ines Duarte (ines@tidepool.example)": ("LoginWithAmazon", "www.amazon.com"),
    "Rook (rook@elsewhere.example)": ("SignInWithApple", "appleid.apple.com"),
}
SCOPES = {"Google": "openid email", "Facebook": "email", "LoginWithAmazon": "profile"}


def test_five_people_come_by_five_ways_in_both_architectures() -> None:
    with Lab.start() as lab:
        it = Pages(lab)
        google = lab.google.register_client("Tidepool", [IDP_RESPONSE], origins=[PAGE])
        at: dict[str, Any] = {"Facebook": lab.facebook, "LoginWithAmazon": lab.amazon}
        at["SignInWithApple"] = lab.apple
        apps = {kind: provider.register_client("Tidepool", [IDP_RESPONSE]) for kind, provider in at.items()}
        apps["Google"] = google
        for kind, app in apps.items():
            own = ("client_id", "client_secret", "team_id", "key_id", "private_key")
            details = {name: getattr(app, name) for name in own if getattr(app, name)}
            details["authorize_scopes"] = SCOPES.get(kind, "email name")
            it.idp.create_identity_provider(
                UserPoolId=it.pool, ProviderName=kind, ProviderType=kind, ProviderDetails=details,
                AttributeMapping=MAPPED,
            )  # fmt: skip
        client = it.oauth_client(SupportedIdentityProviders=["COGNITO", *apps])["ClientId"]

        key = f"cognito-idp.us-east-1.amazonaws.com/{it.pool}"
        identity = boto3.client("cognito-identity", config=UNSIGNED)

        def door(**listed: Any) -> str:
            members = {"CognitoIdentityProviders": [{"ProviderName": key, "ClientId": client}]}
            made = boto3.client("cognito-identity").create_identity_pool(
                IdentityPoolName="door", AllowUnauthenticatedIdentities=False, **members, **listed
            )
            return str(made["IdentityPoolId"])

        listed = {key: apps[kind].profile_id or apps[kind].client_id for kind, key in PEOPLE.values()}
        many, one = door(SupportedLoginProviders=listed), door()

        def enter(pool: str, name: str, token: str) -> str:
            return str(identity.get_id(IdentityPoolId=pool, Logins={name: token})["IdentityId"])

        def through(kind: str, *buttons: str, **fields: str) -> str:
            browser = Browser().open(it.address(identity_provider=kind, client_id=client)).fill_in(**fields)
            for label in buttons:
                browser.press(label)
            return str(it.redeem(browser.query["code"], client_id=client).json()["id_token"])

        mara = through("COGNITO", "Sign in", username="mara", password=PASSWORD)
        doors = {many: {enter(many, key, mara)}, one: {enter(one, key, mara)}}
        for label, (kind, name) in PEOPLE.items():
            address = label.partition("(")[2].rstrip(")")
            if kind == "Google":
                straight = lab.google.credential(google.client_id, address, PAGE)
            else:
                straight = at[kind].credential(apps[kind].client_id, address)
            by_form = ["Continue"] * (kind == "SignInWithApple")
            ours = through(kind, label, "Continue", *by_form)
            doors[many].add(enter(many, name, straight))
            doors[one].add(enter(one, key, ours))
            with refused("NotAuthorizedException"):
                enter(one, name, straight)
        assert {len(identities) for identities in doors.values()} == {5}
