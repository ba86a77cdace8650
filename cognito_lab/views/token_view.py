"""A token looked at: what each claim says, and the steps by which a reader finds out whether to believe it.

The steps are those of the Cognito guide's "Verifying JSON web tokens", in an order that trusts nothing before
it is checked (RFC 8725, 3): the algorithm is the reader's choice, and the issuer is compared before anything
is fetched from it. They really run: keys come over HTTP, PyJWT checks the signature. As in a program, the
first step that fails is the last. Whether a token was revoked is no step: no token shows it.
"""

from __future__ import annotations

import hmac
import json
import re
import time
import tomllib
from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any, NamedTuple

import jwt
import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import get_default_algorithms
from jwt.utils import base64url_decode, base64url_encode

from cognito_lab.aws import former_accounts
from cognito_lab.errors import OutsideTheLab
from cognito_lab.paths import DATA
from cognito_lab.views.tables import TIMES, Table, decoded, describe_time, is_time, shown
from cognito_lab.views.twin import Twin

EXPLAINED = tomllib.loads((DATA / "claims_explained.toml").read_text(encoding="utf-8"))
TOKEN_KINDS: list[dict[str, Any]] = EXPLAINED["kind"]  # the last one fits every token
GOOGLE = {"https://accounts.google.com", "accounts.google.com"}  # one issuer: its tokens say either
PASSED, FAILED, NOT_REACHED, NOT_ASKED = "✓ passed", "✗ failed", "– not reached", "? not asked"
SIGNATURES = ("as it was", "none, and alg none", "made with another key", "HS256, the public key as secret")
KEPT, NONE, OTHER_KEY, PUBLIC_KEY = SIGNATURES
MOST_CLAIMS, MOST_LETTERS = 60, 200  # more of a huge token is not shown
COLUMNS = ("in the", "name", "value", "what it says")
NO_KEYS = (requests.RequestException, OutsideTheLab, jwt.PyJWTError, LookupError, TypeError, ValueError)
compact = partial(json.dumps, separators=(",", ":"))

Answer = tuple[bool, str, str | None]  # passed; what was found; what the reader expects, None: nothing


class Step(NamedTuple):
    """One step of a verification: ``verdict`` is PASSED, FAILED, NOT_REACHED or NOT_ASKED."""

    step: int
    checks: str
    verdict: str
    found: str = ""
    expected: str = ""


class TokenView(Twin):
    """A token before its reader, made by :func:`show_token`: its claims explained, and verified step by step.

    ``steps``, each a :class:`Step`, and ``tables`` are those of :meth:`verify`. Of what is no signed token,
    ``fault`` says why, and ``header`` and ``claims`` are empty.
    """

    def __init__(
        self, token: Any, *, use: str | None = None, client: str | None = None, issuer: str | None = None
    ) -> None:
        self.token, self.use, self.client, self.issuer = token, use, client, issuer
        try:
            (self.header, self.claims), self.fault = decoded(token), ""
        except ValueError as error:
            (self.header, self.claims), self.fault = ({}, {}), str(error)
        self.kind = kind_of(self.claims)
        self.key: Any = None  # the issuer's public key, once it was found
        self.steps: list[Step] = []
        self.tables: list[Table] = []

    def verify(self) -> None:
        """Take the steps, which may fetch the issuer's keys over HTTP; the first that fails is the last."""
        self.steps = []
        for number, (name, check) in enumerate(STEPS.items(), 1):
            if self.fell_at:
                self.steps.append(Step(number, name, NOT_REACHED))
                continue
            passed, found, wanted = check(self)
            verdict = NOT_ASKED if wanted is None else PASSED if passed else FAILED
            expected = EXPLAINED["not_asked"][name] if wanted is None else wanted
            self.steps.append(Step(number, name, verdict, found, expected))
        self.tables = self._tables()  # now: what was shown does not change when the clock goes on

    @property
    def fell_at(self) -> str:
        """The name of the step that failed; empty where none did."""
        return next((step.checks for step in self.steps if step.verdict == FAILED), "")

    def edited(self, name: str, value: Any, *, part: str = "claims", signature: str = KEPT) -> TokenView:
        """A forgery before the same reader: one claim has another ``value``; ``None`` leaves it out.

        ``part`` is ``"claims"`` or ``"header"``; ``signature`` one of :data:`SIGNATURES`.

        Raises:
            ValueError: It is no signed token, ``part`` or ``signature`` is unknown, or the public key was not
                found.
        """
        parts = {"header": dict(self.header), "claims": dict(self.claims)}
        if self.fault or part not in parts or signature not in SIGNATURES:
            why = self.fault or f"part is one of {list(parts)}, signature one of {list(SIGNATURES)}"
            raise ValueError(f"this cannot be edited: {why}")
        parts[part][name] = value
        if value is None:
            del parts[part][name]
        if signature != KEPT:
            algorithms = {NONE: "none", OTHER_KEY: self.kind["algorithm"], PUBLIC_KEY: "HS256"}
            parts["header"]["alg"] = algorithms[signature]
        *before, ending = self.token.split(".")
        # What is unchanged keeps its very letters: it is they that are signed.
        texts = [
            old if compact(new) == compact(said) else base64url_encode(compact(new).encode()).decode()
            for new, said, old in zip(parts.values(), (self.header, self.claims), before, strict=True)
        ]
        if signature != KEPT:
            ending = base64url_encode(self._forged(".".join(texts).encode(), signature)).decode()
        return show_token(".".join([*texts, ending]), use=self.use, client=self.client, issuer=self.issuer)

    def _forged(self, said: bytes, signature: str) -> bytes:
        if signature == OTHER_KEY:
            forger = jwt.PyJWK.from_json((DATA / "forger_key.json").read_text(encoding="utf-8"), "RS256")
            return bytes(get_default_algorithms()[self.kind["algorithm"]].sign(said, forger.key))
        if signature == PUBLIC_KEY:
            if self.key is None:
                raise ValueError("the public key was not found, so nothing can be signed with it")
            public = self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            return hmac.digest(public, said, "sha256")
        return b""

    def summary(self) -> str:
        """What it is, and how far it came."""
        if self.fault:
            return f"Not a signed token: {self.fault}."
        if self.fell_at:
            return f"{self.kind['name']}: falls at step {[*STEPS].index(self.fell_at) + 1}, {self.fell_at}."
        left = ", ".join(step.checks for step in self.steps if step.verdict == NOT_ASKED)
        asked = f" that was asked; not asked: {left}" if left else ""
        return f"{self.kind['name']}: every step passed{asked}."

    def _tables(self) -> list[Table]:
        steps = Table([step._asdict() for step in self.steps], "Whether to believe it, step by step")
        if self.fault:
            return [steps]
        says = {key: text for one in self.kind["says"] for key, text in EXPLAINED["claims"][one].items()}
        rows = [
            (part, _short(name), _short(value), (f"{describe_time(value)}. " if name in TIMES else "")
             + (says.get(name) or says.get(f"{name.partition(':')[0]}:*") or EXPLAINED["unknown"]))
            for part, members in (("header", self.header), ("claims", self.claims))
            for name, value in members.items()
        ]  # fmt: skip
        if len(rows) > MOST_CLAIMS:
            rows[MOST_CLAIMS:] = [("claims", f"… and {len(rows) - MOST_CLAIMS} more", "", "")]
        letters = f"{len(self.token.rpartition('.')[2])} characters"
        rows.append(("signature", "", letters, EXPLAINED["signature"]))
        said = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        return [Table(said, "What it says: anybody can read it, and anybody can write it"), steps]

    def __repr__(self) -> str:
        return "\n\n".join([self.summary(), *map(repr, self.tables)])

    def html(self) -> str:
        tables = "\n".join(table._repr_html_() for table in self.tables)
        return f"<p><strong>{escape(self.summary())}</strong></p>\n{tables}"

    def widget(self) -> Any:
        """The view with a forger's tools: choose a claim, write another value, choose a signature."""
        named = {"claims": self.claims, "header": self.header}
        choices = [(f"{part}: {_short(name)}", (part, name)) for part in named for name in named[part]]
        if not choices:
            return None
        import ipywidgets as widgets

        look: Any = {"style": {"description_width": "8em"}, "layout": {"width": "36em", "max_width": "100%"}}
        claim = widgets.Dropdown(options=choices, description="Edit", **look)
        value = widgets.Text(description="Value (JSON)", continuous_update=False, **look)
        signature = widgets.Dropdown(options=SIGNATURES, description="Signature", **look)
        result = widgets.HTML()

        def show(change: Any) -> None:
            part, name = claim.value
            if change["owner"] is claim:
                value.value = json.dumps(named[part][name])
            try:
                new = json.loads(value.value or "null")
                result.value = self.edited(name, new, part=part, signature=signature.value).html()
            except ValueError as error:
                hint = 'Text has quotes, "mara"; an empty field leaves the claim out.'
                result.value = f"<p>Nothing was forged: {escape(str(error))}. {hint}</p>"

        for control in (claim, value, signature):
            control.observe(show, "value")
        show({"owner": claim})
        return widgets.VBox([claim, value, signature, result])


def show_token(
    token: Any, *, use: str | None = None, client: str | None = None, issuer: str | None = None
) -> TokenView:
    """A token with its claims explained, and verified step by step.

    Args:
        token: The text of a JSON Web Token. Anything else is said not to be one.
        use: The ``token_use`` that the reader accepts, ``"id"`` or ``"access"``: user pools' tokens have it.
        client: For whom it must be meant: the app client ID (of a user pool, or of Google), or the identity
            pool ID.
        issuer: The ``iss`` that the reader trusts, a URL. What is not given is not asked.

    Examples:
        >>> show_token(tokens["IdToken"], use="access", client=client_id, issuer=issuer).fell_at
        'token_use'
    """
    view = TokenView(token, use=use, client=client, issuer=issuer)
    view.verify()
    return view


def check_form(view: TokenView) -> Answer:
    """Three parts joined by dots, the first two of them JSON objects (RFC 7515, 7.1)."""
    return not view.fault, view.fault or "header, claims, signature", "a JSON Web Token: three parts"


def check_algorithm(view: TokenView) -> Answer:
    """The one that this issuer signs with: not ``none``, and none for which a public key is the secret."""
    wanted, found = view.kind["algorithm"], view.header.get("alg")
    return found == wanted, _short(found), f"{wanted}, whatever the token says"


def check_issuer(view: TokenView) -> Answer:
    """Letter for letter the one that the reader trusts, before anything is fetched from it."""
    found = view.claims.get("iss")
    return found == view.issuer or {str(found), view.issuer} == GOOGLE, _short(found), view.issuer


def check_key(view: TokenView) -> Answer:
    """The key that ``kid`` names is among those that the issuer publishes now."""
    kid, issuer = view.header.get("kid"), str(view.claims.get("iss"))
    if view.issuer is None and view.kind is TOKEN_KINDS[-1]:
        # A forger writes ``iss`` as well, and would publish keys of his own there. Of a user pool it says at
        # least who publishes: AWS; of which pool, only a reader who gives ``issuer`` has asked.
        return False, "nothing was fetched: nobody vouches for this iss", "an issuer that the reader names"
    try:
        address, keys = published_keys(issuer)
        if found := keys.get(kid):
            view.key = jwt.PyJWK(found, view.kind["algorithm"]).key
    except NO_KEYS as error:
        said = former_accounts.told_by(issuer) or str(error)
        return False, f"no keys: {_short(said)}", f"the keys that {_short(issuer)} publishes"
    return found is not None, _short(kid), f"one of {', '.join(map(_short, keys))}, from {address}"


def published_keys(issuer: str) -> tuple[str, dict[Any, dict[str, Any]]]:
    """Where ``issuer`` publishes its keys, and these by name (OpenID Connect Discovery 1.0; RFC 7517)."""
    url = issuer if "://" in issuer else f"https://{issuer}"
    document = _fetch(f"{url}/.well-known/openid-configuration")
    return document["jwks_uri"], {key["kid"]: key for key in _fetch(document["jwks_uri"])["keys"]}


def check_signature(view: TokenView) -> Answer:
    """The private half of that key made it, over these very letters."""
    said, _, ending = view.token.rpartition(".")
    algorithm = get_default_algorithms()[view.kind["algorithm"]]
    fits = algorithm.verify(said.encode(), view.key, base64url_decode(ending))
    return fits, "fits" if fits else "does not fit", "made by that key over this header and these claims"


def check_audience(view: TokenView) -> Answer:
    """Meant for this reader: ``aud``, or ``client_id`` in an access token of a user pool."""
    name = "client_id" if view.claims.get("token_use") == "access" else "aud"
    found = view.claims.get(name)
    fits = view.client in (found if isinstance(found, list) else [found])
    return fits, f"{name}: {_short(found)}", view.client


def check_expiry(view: TokenView) -> Answer:
    """``exp`` is to come and ``nbf`` (not before), where there is one, is past."""
    begin, end = view.claims.get("nbf", 0), view.claims.get("exp", "")
    found = f"exp: {describe_time(end)}" + (f"; nbf: {describe_time(begin)}" if "nbf" in view.claims else "")
    return is_time(begin) and is_time(end) and begin <= time.time() < end, found, "valid now"


def check_use(view: TokenView) -> Answer:
    """An ID token says who somebody is, an access token what may be done: neither stands for the other."""
    found = view.claims.get("token_use")
    return found == view.use, _short(found), view.use


STEPS: dict[str, Callable[[TokenView], Answer]] = {
    "form": check_form, "algorithm": check_algorithm, "issuer": check_issuer, "key": check_key,
    "signature": check_signature, "audience": check_audience, "expiry": check_expiry, "token_use": check_use,
}  # fmt: skip


def kind_of(claims: dict[str, Any]) -> dict[str, Any]:
    """The row of KINDS for a token, by what it says of itself."""
    issuer, use = str(claims.get("iss")), claims.get("token_use")
    fitting = (kind for kind in TOKEN_KINDS if re.fullmatch(kind["issuer"], issuer, re.DOTALL))
    return next(kind for kind in fitting if kind.get("token_use") in (None, use))


def _fetch(url: str) -> Any:
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.json()


def _short(value: Any) -> str:
    text = "nothing" if value is None else shown(value)
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}… ({len(text)} characters)"
