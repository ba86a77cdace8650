"""The token view: claims explained, verification step by step, and what an edited claim does to it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import boto3
import pytest
from support import identity_pools as identity_pools_support
from support.user_pools import World, world

from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.tokens import token_store
from cognito_lab.network.messages import Headers, Response
from cognito_lab.views import token_view, twin
from cognito_lab.views.token_view import EXPLAINED, STEPS, TOKEN_KINDS, show_token

ORDER = ["form", "algorithm", "issuer", "key", "signature", "audience", "expiry", "token_use"]


class Case:
    """An account in which Mara has signed in; ``reader`` is what an honest reader of her ID token expects."""

    def __init__(self, account: World) -> None:
        self.account = account
        account.member()
        self.tokens = account.sign_in()
        self.id, self.access = self.tokens["IdToken"], self.tokens["AccessToken"]
        self.issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{account.pool}"
        self.other_kid = show_token(self.access).header["kid"]
        self.reader = {"use": "id", "client": account.client, "issuer": self.issuer}

    def signed(self, algorithm: str = "RS256", **changes: Any) -> str:
        """An ID token that the pool itself might have signed, had it said this; ``...`` leaves one out."""
        claims = {**show_token(self.id).claims, **changes}
        key = token_store.token_store(model.registry().pools[self.account.pool]).key("id")
        return key.sign({name: value for name, value in claims.items() if value is not ...}, algorithm)

    def view(self, token: str = "", **expected: Any) -> token_view.TokenView:
        """What an honest reader sees, but for what it ``expected`` otherwise."""
        return show_token(token or self.id, **{**self.reader, **expected})

    def edited(self, name: str, value: Any, **more: Any) -> token_view.TokenView:
        return self.view().edited(name, value, **more)

    def resigned(self, signature: str) -> token_view.TokenView:
        """The same claims, with another signature."""
        return self.edited("token_use", "id", signature=signature)


@pytest.fixture
def case() -> Iterator[Case]:
    with world() as account:
        yield Case(account)


def fell(view: token_view.TokenView) -> str:
    """The step at which it fell, after making sure that all before passed and none after was reached."""
    verdicts = [step.verdict for step in view.steps]
    assert [step.checks for step in view.steps] == ORDER
    at = verdicts.index(token_view.FAILED)
    assert set(verdicts[:at]) <= {token_view.PASSED}, verdicts
    assert set(verdicts[at + 1 :]) <= {token_view.NOT_REACHED}, verdicts
    assert view.fell_at == ORDER[at]
    return view.fell_at


# -- what is honest passes -----------------------------------------------------------------------


def test_an_honest_id_token_passes_every_step(case):
    view = case.view()
    assert [step.verdict for step in view.steps] == [token_view.PASSED] * 8
    assert view.summary() == "ID token of a user pool: every step passed."
    assert view.fell_at == ""


def test_an_access_token_is_meant_for_the_client_in_client_id(case):
    view = case.view(case.access, use="access")
    assert view.summary() == "Access token of a user pool: every step passed."
    assert view.steps[5].found == f"client_id: {case.account.client}"


def test_googles_token_and_the_identity_pools_own_are_verified_by_their_issuers_keys(case):
    google = case.account.lab.google
    client = google.register_client("Tidepool", origins=["https://tidepool.example"])
    google.add_account("gaston@gmail.example", "Gaston", "Gaston", "G")
    token = google.credential(client.client_id, "gaston@gmail.example", "https://tidepool.example")
    for issuer in ("https://accounts.google.com", "accounts.google.com", None):
        view = show_token(token, client=client.client_id, issuer=issuer)
        assert view.fell_at == "" and view.kind["name"] == "Google's ID token"
    assert fell(show_token(token, client="another app", issuer="accounts.google.com")) == "audience"
    assert fell(case.view(token)) == "issuer"

    pool = boto3.client("cognito-identity")
    pool_id = pool.create_identity_pool(
        IdentityPoolName="t", AllowUnauthenticatedIdentities=True, AllowClassicFlow=True
    )["IdentityPoolId"]
    identity = pool.get_id(IdentityPoolId=pool_id)["IdentityId"]
    guest = pool.get_open_id_token(IdentityId=identity)["Token"]
    view = show_token(guest, client=pool_id, issuer="https://cognito-identity.amazonaws.com")
    assert view.fell_at == "" and view.kind["name"] == "Identity pool's own token"
    assert view.steps[1].found == "RS512"


def test_what_the_reader_does_not_say_is_not_asked(case):
    view = show_token(case.id)
    not_asked = [step.checks for step in view.steps if step.verdict == token_view.NOT_ASKED]
    assert not_asked == ["issuer", "audience", "token_use"]
    assert view.summary().endswith(
        "every step passed that was asked; not asked: issuer, audience, token_use."
    )
    assert show_token(case.id, use="").fell_at == "token_use"  # something was said, if nothing sensible


# -- each step fails alone -----------------------------------------------------------------------

HEADER = {"part": "header"}
FORGERIES = {
    "four parts": ("form", lambda case: case.view(case.id + ".x")),
    "no signature, alg none": ("algorithm", lambda case: case.resigned(token_view.NONE)),
    "HS256 with the public key": ("algorithm", lambda case: case.resigned(token_view.PUBLIC_KEY)),
    "really signed, with RS512": ("algorithm", lambda case: case.view(case.signed("RS512"))),
    "no algorithm at all": ("algorithm", lambda case: case.edited("alg", None, **HEADER)),
    "another issuer in the claim": ("issuer", lambda case: case.edited("iss", "https://evil.example")),
    "no issuer": ("issuer", lambda case: case.view(case.signed(iss=...))),
    "an issuer that is no text": ("issuer", lambda case: case.edited("iss", ["x"])),
    "a slash too many": ("issuer", lambda case: case.view(issuer=case.issuer + "/")),
    "an unknown key": ("key", lambda case: case.edited("kid", "mine", **HEADER)),
    "no key named": ("key", lambda case: case.edited("kid", None, **HEADER)),
    "a key name that is no text": ("key", lambda case: case.edited("kid", ["x"], **HEADER)),
    "another subject": ("signature", lambda case: case.edited("sub", "somebody else")),
    "1 is not true": ("signature", lambda case: case.edited("email_verified", 1)),
    "an added group": ("signature", lambda case: case.edited("cognito:groups", ["curators"])),
    "signed by a forger": ("signature", lambda case: case.resigned(token_view.OTHER_KEY)),
    "another token's signature": ("signature", lambda case: case.view(swapped(case.id, case.access))),
    "no signature": ("signature", lambda case: case.view(case.id.rpartition(".")[0] + ".")),
    "the pool's other key": ("signature", lambda case: case.edited("kid", case.other_kid, **HEADER)),
    "another app": ("audience", lambda case: case.view(client="another")),
    "no audience": ("audience", lambda case: case.view(case.signed(aud=...))),
    "audiences, not this one": ("audience", lambda case: case.view(case.signed(aud=["a", "b"]))),
    "expired": ("expiry", lambda case: case.view(case.signed(exp=int(time.time()) - 1))),
    "expires this second": ("expiry", lambda case: case.view(case.signed(exp=int(time.time())))),
    "not yet": ("expiry", lambda case: case.view(case.signed(nbf=time.time() + 60))),
    "no expiry": ("expiry", lambda case: case.view(case.signed(exp=...))),
    "an expiry that is no time": ("expiry", lambda case: case.view(case.signed(exp="soon"))),
    "an expiry that is true": ("expiry", lambda case: case.view(case.signed(exp=True))),
    "an expiry beyond all dates": ("expiry", lambda case: case.view(case.signed(exp=10**400))),
    "the access token": ("token_use", lambda case: case.view(case.access)),
    "no use": ("token_use", lambda case: case.view(case.signed(token_use=...))),
}


def swapped(token: str, other: str) -> str:
    """``token`` with the signature of the ``other``."""
    return f"{token.rpartition('.')[0]}.{other.rpartition('.')[2]}"


@pytest.mark.parametrize("name", FORGERIES)
def test_each_forgery_falls_at_its_own_step(case, name):
    step, forge = FORGERIES[name]
    view = forge(case)
    assert fell(view) == step
    assert f"falls at step {ORDER.index(step) + 1}, {step}." in repr(view) or step == "form"


@pytest.mark.parametrize("name", [name for name, (step, _) in FORGERIES.items() if step != "form"])
def test_with_its_step_switched_off_a_forgery_goes_on(case, name, monkeypatch):
    """To the end; or to a later step that cannot be passed without the one before."""
    step, forge = FORGERIES[name]
    key = token_store.token_store(model.registry().pools[case.account.pool]).key("id").public

    def off(view: token_view.TokenView) -> token_view.Answer:
        if step == "key":
            view.key = key
        return True, "", ""

    later = {
        "algorithm": "signature",  # it was made over another header, or in another way
        "issuer": "" if name == "a slash too many" else "key",  # nobody there publishes any
        "key": "signature",  # the header that names another is not the one that was signed
    }
    monkeypatch.setitem(STEPS, step, off)
    assert forge(case).fell_at == later.get(step, "")


def test_an_honest_token_of_another_user_pool_falls_at_the_issuer_and_nowhere_else(case, monkeypatch):
    case.account.new_pool(AutoVerifiedAttributes=["email"])
    stranger = Case(case.account)
    assert fell(case.view(stranger.id, client=stranger.account.client)) == "issuer"
    monkeypatch.setitem(STEPS, "issuer", lambda view: (True, "", ""))
    assert case.view(stranger.id, client=stranger.account.client).fell_at == ""


def test_a_token_ends_in_time_and_a_gone_pool_publishes_no_keys(case):
    before = case.view()
    case.account.lab.travel(minutes=59, seconds=58)
    assert case.view().fell_at == ""
    case.account.lab.travel(seconds=5)
    view = case.view()
    assert fell(view) == "expiry" and "ago" in view.steps[6].found
    assert "in 60 minutes" in repr(before) and "passed" in before.summary()  # as it was shown
    case.account.idp.delete_user_pool(UserPoolId=case.account.pool)
    view = case.view()
    assert fell(view) == "key" and "404" in view.steps[3].found


def test_a_revoked_token_still_passes_and_that_is_the_trap(case):
    case.account.idp.global_sign_out(AccessToken=case.access)
    assert case.view().fell_at == ""


def test_an_audience_may_be_several(case):
    both = case.signed(aud=["another", case.account.client])
    assert case.view(both).fell_at == ""


# -- whose keys ----------------------------------------------------------------------------------


def test_nothing_is_fetched_from_an_issuer_that_only_the_token_names():
    there = identity_pools_support.World()
    try:
        evil = there.add(identity_pools_support.Issuer("login.example.org"))
        token = evil.token()
        with identity_pools_support.exchanges() as seen:
            view = show_token(token)
            assert view.fell_at == "key"
        assert (seen, evil.fetched) == ([], 0)
        trusted = show_token(token, issuer="https://login.example.org", client=identity_pools_support.CLIENT)
        assert (trusted.fell_at, evil.fetched) == ("", 1)
        evil.published.clear()
        assert fell(show_token(token, issuer="https://login.example.org")) == "key"
        with identity_pools_support.exchanges() as seen:
            assert fell(show_token(token, issuer="https://login.example.com")) == "issuer"
        assert seen == []
    finally:
        there.close()


UNREADABLE = [b"", b"no json", b"[]", b"{}", b'{"keys": 5}', b'{"keys": [5]}', b'{"keys": [{"kid": "a"}]}']


@pytest.mark.parametrize("keys", UNREADABLE)
def test_keys_that_cannot_be_read_fail_at_the_key(keys):
    there = identity_pools_support.World()
    try:
        issuer = there.add(identity_pools_support.Issuer("login.example.org"))
        token = issuer.key.sign(issuer.claims("mara", "app"), header={"kid": "a"})
        answer = issuer.answer
        issuer.answer = lambda request: (
            Response(200, Headers(), keys) if request.path == issuer.keys_path else answer(request)
        )
        assert fell(show_token(token, issuer="https://login.example.org", client="app", use="id")) == "key"
    finally:
        there.close()


# -- what is no token ----------------------------------------------------------------------------


def segment(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


GARBAGE = {
    "": "1 part that should be 3",
    "ya29.a0AfH6SM": "2 parts that should be 3",
    "a.b.c.d.e": "5 parts that should be 3",
    "..": "not JSON",
    "a.b.c": "not JSON",
    "\x00": "1 part",
    "e30.e30.\n": r"'\\n' cannot be part of a token",
    "Bearer e30.e30.c2ln": "' ' cannot be part of a token",
    "<b>.e30.c2ln": "'<' cannot be part of a token",
    "е30.e30.c2ln": "cannot be part of a token",  # the first letter is Cyrillic
    f"{segment([])}.{segment({})}.c2ln": "not both objects",
    f"{segment({})}.{segment('text')}.c2ln": "not both objects",
    f"{segment({})}.{segment(b'{' + bytes([255]) + b'}')}.c2ln": "not JSON",
    f"{segment({})}.{segment(b'[' * 200_000)}.c2ln": "not JSON",
    f"{segment({})}.{segment(b'1' * 5000)}.c2ln": "not JSON",
    "e30.e30.x": "not JSON, JSON and a signature",
    "." * 1_000_000: "1000001 parts",
}


@pytest.mark.parametrize(("text", "said"), GARBAGE.items(), ids=range(len(GARBAGE)))
def test_what_is_no_signed_token_is_said_to_be_none(text, said):
    check_no_token(show_token(text, use="id", client="c", issuer="i"), said)


@pytest.mark.parametrize("thing", [None, b"e30.e30.c2ln", {"IdToken": "e30.e30.c2ln"}, 5, ["e30.e30.c2ln"]])
def test_what_is_no_text_is_said_to_be_none(thing):
    check_no_token(show_token(thing), f"a {type(thing).__name__} is not a text")


def check_no_token(view: token_view.TokenView, said: str) -> None:
    assert fell(view) == "form"
    assert view.summary().startswith("Not a signed token: ") and said.replace("\\\\", "\\") in view.summary()
    assert (view.header, view.claims) == ({}, {})
    assert view.widget() is None
    assert len(view.tables) == 1 and len(view.html()) < 10_000
    assert "b" not in Cells(view.html()).seen
    with pytest.raises(ValueError, match="cannot be edited"):
        view.edited("sub", "x")


def test_a_refresh_token_is_for_the_pool_alone(case):
    view = show_token(case.tokens["RefreshToken"])
    assert view.summary() == (
        "Not a signed token: 5 parts that should be 3, the first two of them JSON. "
        "What it means is known only to the service that issued it."
    )


# -- what is shown -------------------------------------------------------------------------------


class Cells(HTMLParser):
    """The text of a page, and its elements: fails on what a browser would have to repair."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def row(view: token_view.TokenView, name: str) -> list[str]:
    return next(cells for cells in view.tables[0].rows if cells[1] == name)


def test_the_twin_is_html_and_text_with_the_same_cells(case):
    view = case.view()
    cells = Cells(view.html())
    assert set(cells.seen) == {"p", "strong", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    for word in cells.words:
        assert word.strip() in repr(view)
    assert 'scope="col"' in view.html()
    assert "UTC, in 60 minutes. The token is not valid from then on" in row(view, "exp")[3]


@pytest.mark.parametrize("kind", ["id", "access"])
def test_every_claim_of_the_pools_tokens_is_explained(case, kind):
    case.account.idp.admin_update_user_attributes(
        UserPoolId=case.account.pool,
        Username="mara",
        UserAttributes=[{"Name": "given_name", "Value": "Mara"}],
    )
    case.account.idp.create_group(
        UserPoolId=case.account.pool, GroupName="g", RoleArn="arn:aws:iam::123456789012:role/g"
    )
    case.account.idp.admin_add_user_to_group(UserPoolId=case.account.pool, GroupName="g", Username="mara")
    token = case.account.sign_in()["IdToken" if kind == "id" else "AccessToken"]
    said = {cells[1]: cells[3] for cells in show_token(token).tables[0].rows}
    assert EXPLAINED["unknown"] not in said.values()
    assert "cognito:groups" in said and ("cognito:roles" in said) == (kind == "id")


def test_an_unknown_claim_is_said_to_be_unknown_and_custom_ones_are_known(case):
    view = show_token(case.id).edited("weather", "stormy").edited("custom:boat", "Nell")
    assert row(view, "weather")[3] == EXPLAINED["unknown"]
    assert row(view, "custom:boat")[3] == EXPLAINED["claims"]["ID token"]["custom:*"]
    assert row(view.edited("weather", None), "sub")
    assert "weather" not in view.edited("weather", None).claims


def test_the_explanations_fit_together():
    tables = EXPLAINED["claims"]
    assert {name for kind in TOKEN_KINDS for name in kind["says"]} == set(tables)
    assert all(text.endswith(".") for table in tables.values() for text in table.values())
    assert set(EXPLAINED["not_asked"]) == {"issuer", "audience", "token_use"}
    assert token_view.kind_of({}) is TOKEN_KINDS[-1] and token_view.kind_of({"iss": 5}) is TOKEN_KINDS[-1]
    assert (
        token_view.kind_of({"iss": "https://cognito-idp.us-east-1.amazonaws.com.evil.example/us-east-1_a"})
        is TOKEN_KINDS[-1]
    )
    assert token_view.kind_of({"iss": "https://accounts.google.com\n"}) is TOKEN_KINDS[-1]
    updated = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc"
    assert (
        token_view.kind_of({"iss": updated, "token_use": "access"})["name"] == "Access token of a user pool"
    )
    assert (
        token_view.kind_of({"iss": updated, "token_use": "?"})["name"]
        == "Token of a user pool, of no known use"
    )


def test_huge_and_hostile_values_are_shown_short_and_harmless():
    claims = {
        "<script>alert(1)</script>": "</table><img src=x onerror=alert(1)>",
        "nul": "a\x00b\x1b[31m",
        "surrogate": "\ud800",
        "turned": "abc\u202ecba",
        "long": "x" * 2_000_000,
        "deep": json.loads("[" * 480 + "]" * 480),
        "exp": 10**30,
        "iat": "yesterday",
        "auth_time": None,
        "nbf": 10**15,
        **{f"claim {number}": number for number in range(10_000)},
    }
    view = show_token(f"{segment({'alg': 'RS256'})}.{segment(claims)}.c2ln")
    html = view.html()
    assert len(html) < 40_000
    assert set(Cells(html).seen) == {"p", "strong", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    html.encode(), repr(view).encode()
    assert not {"\x00", "\x1b", "\u202e"} & set(html + repr(view))
    assert row(view, "long")[2] == "x" * 200 + "… (2000000 characters)"
    assert "… and 9951 more" in html
    assert row(view, "exp")[3].startswith("no time. ") and row(view, "iat")[3].startswith("no time. ")
    assert row(view, "nbf")[3].startswith("a time beyond the calendar. ")


# -- edited --------------------------------------------------------------------------------------


def test_an_edit_that_changes_nothing_keeps_every_letter(case):
    view = case.view()
    same = view.edited("sub", view.claims["sub"])
    assert same.token == case.id and same.fell_at == ""
    spaced = f"{segment({'alg': 'RS256'})}.{segment({'sub': 'mara', 'n': [1, 2]})}.c2ln"
    assert show_token(spaced).edited("sub", "mara").token == spaced


@pytest.mark.parametrize("signature", token_view.SIGNATURES)
def test_forgeries_are_the_same_each_time(case, signature):
    forged = [show_token(case.id).edited("sub", "x", signature=signature).token for _ in range(2)]
    assert forged[0] == forged[1] != case.id


def test_a_token_of_an_identity_pool_is_forged_in_its_own_algorithm():
    token = f"{segment({'alg': 'RS512', 'kid': 'k'})}.{segment({'iss': 'https://cognito-identity.amazonaws.com'})}."
    assert show_token(token).edited("sub", "x", signature=token_view.OTHER_KEY).header["alg"] == "RS512"


def test_an_edit_that_cannot_be_made_is_refused(case):
    view = case.view()
    with pytest.raises(ValueError, match="part is one of"):
        view.edited("sub", "x", part="payload")
    with pytest.raises(ValueError, match="signature one of"):
        view.edited("sub", "x", signature="none")
    stranger = show_token(f"{segment({'alg': 'RS256'})}.{segment({'iss': 'https://evil.example'})}.c2ln")
    with pytest.raises(ValueError, match="public key was not found"):
        stranger.edited("sub", "x", signature=token_view.PUBLIC_KEY)


# -- the widget ----------------------------------------------------------------------------------


def test_the_widget_edits_a_claim_and_shows_the_step_that_fails(case):
    view = case.view()
    claim, value, signature, result = view.widget().children
    assert "every step passed." in result.value
    claim.value = ("claims", "sub")
    assert value.value == json.dumps(view.claims["sub"]) and "every step passed." in result.value
    value.value = '"somebody else"'
    assert "falls at step 5, signature." in result.value and "somebody else" in result.value
    signature.value = token_view.NONE
    assert "falls at step 2, algorithm." in result.value
    signature.value = token_view.OTHER_KEY
    assert "falls at step 5, signature." in result.value
    claim.value = ("header", "kid")  # the next edit begins from the honest token
    signature.value = token_view.KEPT
    assert value.value == json.dumps(view.header["kid"]) and "every step passed." in result.value
    value.value = ""
    assert "falls at step 4, key." in result.value


def test_the_widget_answers_what_it_cannot_do_in_words(case):
    claim, value, signature, result = show_token(case.id).widget().children
    claim.value = ("claims", "sub")
    value.value = "<mara>"
    assert (
        "Nothing was forged" in result.value
        and "Text has quotes" in result.value
        and "<mara>" not in result.value
    )
    value.value = '"mara"'
    assert "falls at step 5" in result.value
    stranger = show_token(f"{segment({'alg': 'RS256'})}.{segment({'iss': 'https://evil.example'})}.c2ln")
    _, _, signature, result = stranger.widget().children
    signature.value = token_view.PUBLIC_KEY
    assert "the public key was not found" in result.value
    assert show_token("e30.e30.c2ln").widget() is None  # nothing in it to choose


def test_every_control_has_a_label(case):
    controls = show_token(case.id).widget().children[:3]
    assert [control.description for control in controls] == ["Edit", "Value (JSON)", "Signature"]


def test_a_live_kernel_gets_the_widget_and_the_twin_and_a_stored_output_the_twin_alone(case, monkeypatch):
    view = show_token(case.id)
    assert set(view._repr_mimebundle_()) == {"text/html", "text/plain"}
    monkeypatch.setattr(twin, "live", lambda: True)
    assert (
        twin.WIDGET_VIEW in view._repr_mimebundle_() and view._repr_mimebundle_()["text/html"] == view.html()
    )


def test_importing_it_brings_no_widgets_along():
    code = "import sys, cognito_lab.views.token_view; print({'ipywidgets', 'matplotlib'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
