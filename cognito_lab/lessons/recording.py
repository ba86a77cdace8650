"""The recorder: who called whom, with which operation, what went along, and what came back.

A recording holds what a reader needs and nothing that could be used: of a token what it says, without the
signature; of an access key its ends; of passwords, codes and secrets only that they were there. What is
handed on gets a letter, by which it is known again. What is shown of an input or an answer is listed by
name in the tables below; what is not listed is not kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import string
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit

from cognito_lab.aws import opaque_tokens
from cognito_lab.lessons.refused import http_refusal
from cognito_lab.network import exchanges, forms
from cognito_lab.network.exchanges import Exchange
from cognito_lab.network.html_forms import Page
from cognito_lab.network.messages import Request, Response
from cognito_lab.protocols import oauth
from cognito_lab.views import tables
from cognito_lab.views.calls import Call
from cognito_lab.views.diagrams import Diagram, Picture, Ticket
from cognito_lab.views.steps import Steps
from cognito_lab.views.wording import JWT, USER_POOL, UUID, Leaf, leaves, shortened

LANES = {
    "cognito-idp": "user pool",
    "cognito-identity": "identity pool",
    "sts": "AWS STS",
    "iam": "AWS IAM",
    "s3": "Amazon S3",
    "lambda": "AWS Lambda",
    "dynamodb": "DynamoDB",
    "secretsmanager": "Secrets Manager",
    "cloudtrail": "AWS CloudTrail",
    "google": "Google",
    "facebook": "Facebook",
    "amazon": "Amazon",
    "apple": "Apple",
    "university": "university",
}
# Members of inputs and answers, with AWS's names and those of OAuth 2.0. Those that are shown, and how:
SHOWN = {
    **dict.fromkeys(
        ("AuthFlow", "USERNAME", "Username", "username", "ChallengeName", "UserStatus", "grant_type"), "{}"
    ),
    **dict.fromkeys(("PoolName", "ClientName", "GroupName", "IdentityPoolName", "RoleName"), "{}"),
    **dict.fromkeys(("Bucket", "Key", "IdentityId"), "{}"),
    "RoleArn": "role {}",
    "CustomRoleArn": "asks for role {}",
    "Prefix": "prefix {}",
    "UserConfirmed": "UserConfirmed {}",
    "Enabled": "Enabled {}",
    "Destination": "message sent to {}",
    "aud": "aud {}",
    "amr": "amr {}",
    # What the functions of a user pool answer:
    **dict.fromkeys(("challengeName", "finalUserStatus"), "{}"),
    **{name: f"{name} {{}}" for name in ("autoConfirmUser", "answerCorrect", "issueTokens")},
}
# ... those that are shown where there is nothing else:
OTHERWISE = ("UserPoolId", "IdentityPoolId", "ClientId", "Id", "Arn", "UserSub")
# ... and those that travel as a ticket, never with their value:
TICKETS = {
    **dict.fromkeys(("Password", "PASSWORD", "password", "ProposedPassword", "PreviousPassword"), "password"),
    **dict.fromkeys(("NEW_PASSWORD", "TemporaryPassword"), "new password"),
    **dict.fromkeys(("SecretHash", "SECRET_HASH"), "secret hash"),
    **dict.fromkeys(("RefreshToken", "REFRESH_TOKEN", "refresh_token"), "refresh token"),
    **dict.fromkeys(("AccessToken", "access_token", *opaque_tokens.ISSUERS), "access token"),
    **dict.fromkeys(("IdToken", "id_token", "credential"), "ID token"),
    **dict.fromkeys(("Token", "WebIdentityToken"), "token"),
    "AccessKeyId": "AWS credentials",
    **dict.fromkeys(("ConfirmationCode", "EMAIL_OTP_CODE"), "code from the message"),
    "PASSWORD_CLAIM_SIGNATURE": "proof of the password",
    "CREDENTIAL": "answer of the passkey",
    "Session": "session",
    "code": "authorization code",
    "code_challenge": "code challenge",
    "code_verifier": "code verifier",
    "cognito": "session cookie",
    "client_secret": "client secret",
    "SAMLRequest": "SAML request",
    **dict.fromkeys(("SAMLResponse", "SAMLAssertion"), "SAML assertion"),
}
# The secrets that get a letter, as every token and access key does:
HANDED_ON = ("Session", "code", "SAMLResponse", "SAMLAssertion", "code_challenge", "code_verifier", "cognito")
LONGEST_NAME = 30  # of somebody on a ticket: of a username that an outside provider gave, its beginning
SALT = os.urandom(16)  # of this process: a digest is for comparing, and says nothing to anybody else
TOKEN_USES = {"id": "ID token", "access": "access token"}
ISSUERS = {
    "https://accounts.google.com": "Google ID token",
    "https://appleid.apple.com": "Apple ID token",
    "https://cognito-identity.amazonaws.com": "identity pool token",
}
WITHOUT = {"s3": "no signature", "cognito-identity": "no login"}  # worth saying when nothing went along
PAGES = "managed login"  # whose paths are told whole
DOCUMENTS = ("application/xml", "text/xml", "application/json", "application/x-amz-json-1.1")
REDIRECTS = (301, 302, 303, 307, 308)
XML_LEAF = re.compile(r"<(\w+)>([^<>]+)</\1>")
Inner = tuple[Exchange, Exchange, Call]  # the exchange around, the inner one, what was kept of it


class Story:
    """What was recorded: ``calls`` in order; printed, it is the transcript.

    ``problems`` are what the recorder could not read: a recording never breaks the call that it records.
    """

    def __init__(self, app: str = "app") -> None:
        self.app = app
        self.calls: list[Call] = []
        self.problems: list[Exception] = []
        self._chapter = ""
        self._inner: list[Inner] = []  # of requests that still run
        self._letters: dict[str, str] = {}  # by digest

    def __enter__(self) -> Story:
        """Record from here on; a story that was left can be entered again, and goes on."""
        exchanges.OBSERVERS.append(self.observe)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ValueError):  # its account has ended, and all recordings with it
            exchanges.OBSERVERS.remove(self.observe)

    def __len__(self) -> int:
        return len(self.calls)

    def __repr__(self) -> str:
        return self.transcript()

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        """Calls in this block belong to the chapter ``title``, which gets a picture of its own."""
        before, self._chapter = self._chapter, title
        try:
            yield
        finally:
            self._chapter = before

    def diagram(self, title: str = "", *, inner: bool = True, without: tuple[str, ...] = ()) -> Diagram:
        """The recording as a sequence diagram, one picture for each chapter.

        ``inner=False`` leaves out what the services did among themselves, ``without`` the operations it
        names; the picture says so.

        Raises:
            ValueError: Nothing was recorded, or a picture would have more than twelve arrows.
        """
        pictures = []
        for chapter in dict.fromkeys(call.chapter for call in self.calls):
            calls = [call for call in self.calls if call.chapter == chapter]
            arrows = [arrow for call in calls for arrow in call.arrows(inner, without)]
            hidden = sorted({name for call in calls for name in call.left_out(inner, without)})
            left_out = f"Left out: {', '.join(hidden)}." if hidden else ""
            pictures.append(Picture(": ".join(filter(None, (title, chapter))), arrows, left_out))
        return Diagram(pictures)

    def steps(self) -> Steps:
        """The recording call by call, with what the tokens say. Raises ValueError if nothing was recorded."""
        return Steps(self.calls)

    def transcript(self) -> str:
        """The whole recording as text, inner calls indented."""
        lines = [arrow.text() for call in self.calls for arrow in call.arrows()]
        if self.problems:
            lines.append(f"({len(self.problems)} calls could not be read: see .problems)")
        return "\n".join(lines) or "nothing was recorded"

    def observe(self, exchange: Exchange) -> None:
        """Take down an exchange that is over; one of :data:`cognito_lab.network.exchanges.OBSERVERS`."""
        try:
            self._take(exchange)
        except Exception as error:
            self.problems.append(error)

    def _take(self, exchange: Exchange) -> None:
        call = call_from_exchange(exchange, self.app)
        outer = _exchange_around()
        # Inner exchanges end, and are reported, before the one that they belong to. A step between services
        # is no request of its own: to it belongs what its callee did just before, inside the same request.
        is_step = exchange.request is None
        while self._inner:
            around, inner, inner_call = self._inner[-1]
            if around is not exchange and not (
                is_step and around is outer and inner.caller == exchange.callee
            ):
                break
            call.inside.insert(0, inner_call)
            self._inner.pop()
        if outer is None:
            call.chapter = self._chapter
            self._give_letters(call)
            self.calls.append(call)
        else:
            self._inner.append((outer, exchange, call))

    def _give_letters(self, call: Call) -> None:
        """Letters instead of digests: the first new value that a reader meets gets A, the next one B."""
        call.sent = [self._lettered(ticket) for ticket in call.sent]
        for inner in call.inside:
            self._give_letters(inner)
        call.received = [self._lettered(ticket) for ticket in call.received]
        call.decoded = {self._letters[each]: table for each, table in call.decoded.items() if each}

    def _lettered(self, ticket: Ticket) -> Ticket:
        if not ticket.mark:
            return ticket
        rounds, letter = divmod(len(self._letters), 26)
        following = string.ascii_uppercase[letter] * (rounds + 1)  # after Z comes AA, then BB
        return replace(ticket, mark=self._letters.setdefault(ticket.mark, following))


def record(app: str = "app") -> Story:
    """A recording for ``with``; ``app`` is what the diagrams call the program that makes the calls."""
    return Story(app)


def _exchange_around() -> Exchange | None:
    try:
        return exchanges.current_exchange()
    except AssertionError:
        return None


# -- from an exchange to what is kept of it -----------------------------------------------------


def call_from_exchange(exchange: Exchange, app: str) -> Call:
    """What is kept of ``exchange``, in which the learner's program is called ``app``."""
    request, response, error = exchange.request, exchange.response, exchange.error
    caller = app if exchange.caller == "app" else LANES.get(exchange.caller, exchange.caller)
    call = Call(caller, LANES.get(exchange.callee, exchange.callee), exchange.operation)
    call.asked, call.sent, call.decoded = words_and_tickets(request_members(exchange))
    if request is not None:
        path = request.path if exchange.callee == PAGES else request.path.rpartition("/")[2]
        call.operation = exchange.operation or f"{request.method} {path or '/'}"
        call.sent += signature(request)
        if not call.sent and exchange.service in WITHOUT:
            call.asked.append(WITHOUT[exchange.service])
    if error is not None:
        call.code = getattr(error, "code", type(error).__name__)
        call.message = shortened(getattr(error, "message", str(error)))
        call.status = getattr(error, "status", None)
    elif response is not None and response.status >= 400:
        call.code, message = http_refusal(response.status, response.body)
        call.message, call.status = shortened(message), response.status
    elif response is not None and (said := redirect_parameters(response)).get("error"):
        call.code, call.message = said["error"], shortened(said.get("error_description", ""))
        call.status = response.status
    else:
        call.answered, call.received, decoded = words_and_tickets(response_members(exchange))
        call.decoded |= decoded
        if not call.answered and not call.received:
            call.answered = [summary_of_body(exchange)]
        call.status = response.status if response is not None else None
    return call


def request_members(exchange: Exchange) -> list[Leaf]:
    """The members of the input."""
    request = exchange.request
    fields = parse_qsl(request.query) if request is not None else []
    if request is not None and exchange.callee == "s3":
        bucket = request.host.partition("s3.")[0].rstrip(".")  # empty where the bucket stands in the path
        place = f"{bucket}{unquote(request.path)}".strip("/")
        return [("", "Key", place), *(("", "Prefix", value) for name, value in fields if name == "prefix")]
    if request is None or "parameters" in exchange.details:
        return list(leaves(exchange.details.get("parameters", exchange.details)))
    fields += parse_qsl(request.body.decode("utf-8", "replace"))
    if exchange.callee == PAGES:
        fields += [pair for pair in forms.cookies(request).items() if pair[0] in TICKETS]
        if not request.path.startswith("/oauth2/"):  # of a form, it is the code from the person's mail
            fields = [("ConfirmationCode" if name == "code" else name, value) for name, value in fields]
    return [("", name, value) for name, value in fields]


def response_members(exchange: Exchange) -> list[Leaf]:
    """The members of the answer."""
    response = exchange.response
    if response is None:
        return list(leaves(exchange.answer))
    if response.status in REDIRECTS:
        kept = [cookie.partition(";")[0].partition("=") for cookie in response.headers.getlist("set-cookie")]
        fields = [(name, value) for name, _, value in kept if name in TICKETS and value]
        return [("", name, value) for name, value in [*redirect_parameters(response).items(), *fields]]
    if exchange.service in ("sts", "iam"):
        return [("", name, value) for name, value in XML_LEAF.findall(response.body.decode())]
    try:
        return list(leaves(json.loads(response.body)))
    except ValueError:  # a picture, a listing; a page of a provider may hold an ID token, or an assertion
        shows = exchange.callee in ("google", "apple", "university")
        hidden = Page(response.body.decode()).hidden if shows else {}
        return [("", name, value) for name, value in hidden.items()]


def redirect_parameters(response: Response) -> dict[str, str]:
    """What a redirect has the browser carry on, in the query of the address or behind ``#``."""
    where = urlsplit(response.headers["location"] if response.status in REDIRECTS else "")
    return dict(parse_qsl(where.query) + parse_qsl(where.fragment))


def summary_of_body(exchange: Exchange) -> str:
    """An answer of which no member is shown."""
    response = exchange.response
    if response is not None and response.status in REDIRECTS:
        to = urlsplit(response.headers["location"])
        return f"on to {to.netloc or to.path}"
    if response is None or not response.body:
        return "done"
    if b"<ListBucketResult" in response.body:
        return f"keys listed: {response.body.count(b'<Contents>')}"
    kind = response.headers.get("content-type", "").partition(";")[0]
    if kind == "text/html" and (title := Page(response.body.decode("utf-8", "replace")).title):
        return f"page “{title.partition(' – ')[0]}”"
    return "done" if kind in DOCUMENTS else f"{len(response.body)} bytes of {kind}"


def words_and_tickets(found: list[Leaf]) -> tuple[list[str], list[Ticket], dict[str, tables.Table]]:
    """What is shown in words (of a list, the first), as tickets, and what tokens say, by their mark."""
    words: dict[str, str] = {}
    tickets: list[Ticket] = []
    decoded: dict[str, tables.Table] = {}
    for above, name, value in found:
        if above == "Logins":
            words[f"{above} {name}"] = f"login of {USER_POOL.sub('cognito-idp…/', shortened(name))}"
            name = "SAMLResponse" if ":saml-provider/" in name else name
        if name in TICKETS or JWT.fullmatch(str(value)):
            tickets.append(ticket(name, str(value)))
            with suppress(ValueError):  # not a signed token
                decoded[tickets[-1].mark] = table = tables.show_claims(str(value))
                # A claim may hold another provider's whole token, where somebody has mapped it.
                table.rows = [[JWT.sub("(a token)", cell) for cell in row] for row in table.rows]
        elif name in SHOWN:
            words.setdefault(name, SHOWN[name].format(shortened(str(value))))
    if not words and not tickets:
        others = {name: shortened(str(value)) for _, name, value in reversed(found)}
        words = {name: others[name] for name in [name for name in OTHERWISE if name in others][:1]}
    return list(dict.fromkeys(words.values())), list(dict.fromkeys(tickets)), decoded


def ticket(name: str, value: str) -> Ticket:
    """The ticket for a value: for a JSON Web Token, what it says of itself (nobody has verified it here)."""
    if name == "AccessKeyId":
        return Ticket("credentials", f"AWS credentials {shortened(value)}", digest(value))
    kind = TICKETS.get(name, "token")
    if name == "code_verifier":  # the other half of its challenge: by one letter they are known to fit
        name, value = "code_challenge", oauth.base64url(hashlib.sha256(value.encode()).digest())
    if not JWT.fullmatch(value):
        family = "token" if kind.endswith("token") else "secret"
        return Ticket(family, kind, digest(value) if family == "token" or name in HANDED_ON else "")
    try:
        _, claims = tables.decoded(value)
    except ValueError:
        return Ticket("token", f"{kind}, unreadable", digest(value))
    kind = TOKEN_USES.get(str(claims.get("token_use")), ISSUERS.get(str(claims.get("iss")), kind))
    names = [claims.get(claim) for claim in ("cognito:username", "username", "email", "sub")]
    named = [str(one) for one in names if one]
    an_id = shortened("".join(named[:1]).rpartition(":")[2])
    whose = next((one for one in named if not UUID.search(one)), an_id)
    whose = whose.partition("@")[0]  # of an address the person's part: there is little room
    whose = whose if len(whose) <= LONGEST_NAME else f"{whose[: LONGEST_NAME - 1]}…"
    return Ticket("token", f"{kind} of {whose}" if whose else kind, digest(value))


def digest(value: str) -> str:
    """What tells two values apart while a recording runs; the value cannot be had from it."""
    return hashlib.blake2b(value.encode(errors="replace"), key=SALT, digest_size=16).hexdigest()


def signature(request: Request) -> list[Ticket]:
    """The credentials that sign for ``request``, if any."""
    query = dict(parse_qsl(request.query))
    presigned = query.get("X-Amz-Credential") or query.get("AWSAccessKeyId")
    if presigned:
        key = presigned.partition("/")[0]
        return [Ticket("credentials", f"presigned by {shortened(key)}", digest(key))]
    authorization = request.headers.get("authorization", "")
    if bearer := re.fullmatch(r"(?i)bearer (\S+)", authorization):
        return [ticket("access_token", bearer[1])]
    signed = re.search(r"Credential=(\w+)/", authorization)
    if signed is None:
        return []
    if signed[1] == os.environ.get("AWS_ACCESS_KEY_ID"):
        return [Ticket("credentials", "the owner's keys")]  # always the same, and named: no letter
    return [ticket("AccessKeyId", signed[1])]
