"""Tracked sessions: counted at a sign-in, listed, and ended one by one, those of tokens and of browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from support.managed_login import Pages, fields_of
from support.user_pools import refused

from cognito_lab import Lab

OFF = "OperationNotEnabledException"


@pytest.fixture
def it() -> Iterator[Pages]:
    with Lab.start() as lab:
        it = Pages(lab)
        track(it)
        yield it


def track(it: Pages, most: int = 20, state: str = "ENABLED") -> Any:
    return it.idp.set_user_pool_session_configuration(
        UserPoolId=it.pool, UserSessionTracking=state, TokenSession={"MaxPerUser": most}
    )


def reuse(it: Pages, minutes: int, client: str = "") -> Any:
    return it.idp.set_user_pool_client_session_configuration(
        UserPoolId=it.pool, ClientId=client or it.client, SSOSession={"MaxValidityMinutes": minutes}
    )


def sessions(it: Pages, token: str = "", kind: str = "") -> list[dict[str, Any]]:
    if token:
        found = it.idp.list_user_sessions(AccessToken=token)["Sessions"]
    else:
        found = it.idp.admin_list_user_sessions(UserPoolId=it.pool, Username="mara")["Sessions"]
    return [one for one in found if kind in ("", one["SessionType"])]


def own(it: Pages, tokens: dict[str, Any]) -> str:
    [session] = [one for one in sessions(it, tokens["AccessToken"]) if one["IsCurrentSession"]]
    return str(session["SessionId"])


def revoke(it: Pages, session: str, **more: str) -> None:
    it.idp.admin_revoke_user_session(UserPoolId=it.pool, Username="mara", SessionId=session, **more)


def lives(it: Pages, tokens: dict[str, Any]) -> bool:
    try:
        it.idp.get_user(AccessToken=tokens["AccessToken"])
    except it.idp.exceptions.NotAuthorizedException:
        with refused("NotAuthorizedException"):
            it.refresh(tokens["RefreshToken"])
        return False
    return bool(it.refresh(tokens["RefreshToken"]))


def through_the_browser(it: Pages, back: str) -> dict[str, Any]:
    found = it.redeem(fields_of(back)["code"]).json()
    return {"AccessToken": found["access_token"], "RefreshToken": found["refresh_token"]}


# -- settings ----------------------------------------------------------------------------------------


def test_the_settings_and_their_defaults(it: Pages) -> None:
    it.new_pool(AutoVerifiedAttributes=["email"])
    named = {"UserPoolId": it.pool}
    shown = it.idp.get_user_pool_session_configuration(**named)
    assert (shown["UserSessionTracking"], shown["TokenSession"]) == ("DISABLED", {"MaxPerUser": 20})
    shown = it.idp.get_user_pool_client_session_configuration(ClientId=it.client, **named)
    assert shown["SSOSession"] == {"MaxValidityMinutes": 60}
    with refused(OFF):
        reuse(it, 5)
    assert track(it, 3)["TokenSession"] == {"MaxPerUser": 3}
    assert reuse(it, 5)["SSOSession"] == {"MaxValidityMinutes": 5}
    track(it, 4, "DISABLED")
    shown = it.idp.get_user_pool_session_configuration(**named)
    assert (shown["UserSessionTracking"], shown["TokenSession"]) == ("DISABLED", {"MaxPerUser": 4})
    shown = it.idp.get_user_pool_client_session_configuration(ClientId=it.client, **named)
    assert shown["SSOSession"] == {"MaxValidityMinutes": 5}  # kept, and dormant


def test_lite_tracks_no_sessions(it: Pages) -> None:
    track(it, state="DISABLED")
    it.idp.update_user_pool(UserPoolId=it.pool, UserPoolTier="LITE")
    with refused("FeatureUnavailableInTierException"):
        track(it)
    with refused("FeatureUnavailableInTierException"):
        reuse(it, 5)


def test_without_tracking_there_is_nothing_to_list(it: Pages) -> None:
    tokens = it.sign_in()
    session = own(it, tokens)
    track(it, state="DISABLED")
    for call in (
        lambda: sessions(it), lambda: sessions(it, tokens["AccessToken"]), lambda: revoke(it, session),
        lambda: it.idp.revoke_user_session(AccessToken=tokens["AccessToken"], SessionId=session),
    ):  # fmt: skip
        with refused(OFF):
            call()
    it.sign_in()  # one that nobody tracks
    track(it)
    assert [one["SessionId"] for one in sessions(it)] == [session]


# -- sessions of tokens --------------------------------------------------------------------------------


def test_a_session_is_a_sign_in_with_all_that_comes_of_it(it: Pages) -> None:
    tokens = it.sign_in()
    [session] = sessions(it, tokens["AccessToken"])
    assert session["SessionId"].startswith("tkn") and len(session["SessionId"]) == 28
    assert (session["SessionType"], session["ClientId"]) == ("TOKEN", it.client)
    assert session["LastIPAddress"] == "127.0.0.1" and "OriginSessionId" not in session
    it.lab.travel(minutes=10)
    renewed = it.refresh(tokens["RefreshToken"])
    [later] = sessions(it, renewed["AccessToken"])
    assert later["IsCurrentSession"] and later["SessionId"] == session["SessionId"]
    assert (later["LastActiveDate"] - later["CreateDate"]).total_seconds() == 600
    assert [one["IsCurrentSession"] for one in sessions(it)] == [False]


def test_who_was_away_longest_has_to_sign_in_again(it: Pages) -> None:
    track(it, 3)
    made = []
    for _ in range(3):
        made.append(it.sign_in())
        it.lab.travel(minutes=1)
    it.refresh(made[0]["RefreshToken"])
    made.append(it.sign_in())
    assert [lives(it, tokens) for tokens in made] == [True, False, True, True]
    track(it, 1)
    assert [lives(it, tokens) for tokens in made] == [True, False, True, True]
    made.append(it.sign_in())
    assert [lives(it, tokens) for tokens in made] == [False, False, False, False, True]


def test_one_user_does_not_sign_another_out(it: Pages) -> None:
    track(it, 1)
    tokens = it.sign_in()
    it.member("ben")
    it.sign_in("ben")
    assert lives(it, tokens)
    [session] = [one["SessionId"] for one in sessions(it)]
    with refused("ResourceNotFoundException"):
        it.idp.admin_revoke_user_session(UserPoolId=it.pool, Username="ben", SessionId=session)
    with refused("ResourceNotFoundException"):
        it.idp.revoke_user_session(AccessToken=it.sign_in("ben")["AccessToken"], SessionId=session)
    assert lives(it, tokens)


def test_a_session_is_ended_alone_and_not_by_itself(it: Pages) -> None:
    here, there = it.sign_in(), it.sign_in()
    with refused("InvalidParameterException"):
        it.idp.revoke_user_session(AccessToken=here["AccessToken"], SessionId=own(it, here))
    lost = own(it, there)
    it.idp.revoke_user_session(AccessToken=here["AccessToken"], SessionId=lost)
    assert [lives(it, tokens) for tokens in (here, there)] == [True, False]
    with refused("ResourceNotFoundException"):
        revoke(it, lost)
    assert len(sessions(it)) == 1
    with refused("InvalidParameterException"):
        it.idp.list_user_sessions(AccessToken=here["AccessToken"], NextToken="x")
    it.idp.global_sign_out(AccessToken=here["AccessToken"])
    assert sessions(it) == []


# -- sessions of browsers ------------------------------------------------------------------------------


def test_a_browser_has_a_session_that_tokens_come_through(it: Pages) -> None:
    first = through_the_browser(it, it.sign_in_at().headers["location"])
    second = through_the_browser(it, it.authorize())
    [browser] = sessions(it, kind="SSO")
    assert browser["SessionId"].startswith("sso")
    origins = {one["OriginSessionId"] for one in sessions(it, kind="TOKEN")}
    assert origins == {browser["SessionId"]}
    revoke(it, own(it, first))
    assert [lives(it, tokens) for tokens in (first, second)] == [False, True]
    revoke(it, browser["SessionId"])
    assert lives(it, second) and "/login" in it.authorize()


def test_linked_sessions_end_together(it: Pages) -> None:
    tokens = [through_the_browser(it, it.sign_in_at().headers["location"])]
    tokens.append(through_the_browser(it, it.authorize()))
    elsewhere = it.sign_in()
    [browser] = sessions(it, kind="SSO")
    revoke(it, browser["SessionId"], RevokeAssociatedSessions="LINKED")
    assert [lives(it, one) for one in (*tokens, elsewhere)] == [False, False, True]
    tokens = [through_the_browser(it, it.sign_in_at().headers["location"])]
    tokens.append(through_the_browser(it, it.authorize()))
    revoke(it, own(it, tokens[0]), RevokeAssociatedSessions="LINKED")
    assert [lives(it, one) for one in tokens] == [False, True] and "/login" in it.authorize()


def test_a_refresh_token_takes_its_browser_along(it: Pages) -> None:
    for linked, where in (("NONE", "code="), ("LINKED", "/login")):
        tokens = through_the_browser(it, it.sign_in_at().headers["location"])
        it.idp.revoke_token(Token=tokens["RefreshToken"], ClientId=it.client, RevokeAssociatedSessions=linked)
        assert where in it.authorize()


def test_a_signed_out_browser_has_no_session(it: Pages) -> None:
    it.sign_in_at()
    assert sessions(it, kind="SSO")
    it.browser.get(
        it.address("/logout", logout_uri="https://app.tidepool.example/bye"), allow_redirects=False
    )
    assert sessions(it) == []


def test_each_app_says_how_long_it_reuses_a_browsers_session(it: Pages) -> None:
    patient = it.oauth_client()["ClientId"]
    reuse(it, 5)
    reuse(it, 120, patient)
    it.sign_in_at()
    assert "code=" in it.authorize()
    it.lab.travel(minutes=5)
    assert "/login" in it.authorize()
    it.lab.travel(minutes=114)
    assert "code=" in it.authorize(client_id=patient)
    it.lab.travel(minutes=1)
    assert "/login" in it.authorize(client_id=patient)
    reuse(it, 0)
    it.sign_in_at()
    assert "/login" in it.authorize() and "code=" in it.authorize(client_id=patient)


@pytest.mark.parametrize(
    "rule, lie, test",
    [
        ("tokens.session_tracking:make_room", lambda *_: None,
         test_who_was_away_longest_has_to_sign_in_again),
        ("tokens.session_tracking:use", lambda *_: None, test_who_was_away_longest_has_to_sign_in_again),
        ("tokens.session_tracking:end_linked", lambda *_: None, test_linked_sessions_end_together),
        ("tokens.session_tracking:reuses", lambda *_: True,
         test_each_app_says_how_long_it_reuses_a_browsers_session),
        ("people.user_sessions:check_not_own", lambda *_: None,
         test_a_session_is_ended_alone_and_not_by_itself),
        ("settings.session_configuration:check_tracking", lambda pool: None,
         test_without_tracking_there_is_nothing_to_list),
        ("settings.plans:check_plan", lambda settings, updating=False: None, test_lite_tracks_no_sessions),
    ],
)  # fmt: skip
def test_each_rule_is_seen_to_be_off(
    it: Pages, monkeypatch: pytest.MonkeyPatch, rule: str, lie: Any, test: Callable[..., None]
) -> None:
    module, name = rule.split(":")
    monkeypatch.setattr(import_module(f"cognito_lab.aws.user_pools.{module}"), name, lie)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test(it)
