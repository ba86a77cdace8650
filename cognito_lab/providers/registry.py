"""The outside providers of one account, and who of the cast has an account there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, Protocol, TypeVar

from cognito_lab.network import hosts
from cognito_lab.network.messages import Request, Response
from cognito_lab.providers.apple import Apple
from cognito_lab.providers.google import Google
from cognito_lab.providers.social import Amazon, Facebook
from cognito_lab.providers.university import University


class Provider(Protocol):
    """What every provider has: a name in the lab, the pattern of its hosts' names, an answer to each request.

    ``join`` lets somebody of the cast have an account there.
    """

    service: ClassVar[str]
    hosts: ClassVar[str]

    def answer(self, request: Request) -> Response: ...

    def join(self, email: str, name: str, given_name: str, family_name: str) -> Any: ...


P = TypeVar("P", bound=Provider)
SOCIAL = (Facebook, Amazon, Apple)
PROVIDERS: tuple[type[Provider], ...] = (Google, *SOCIAL, University)
NAMES = ("email", "name", "given_name", "family_name")  # what a provider is told of somebody of the cast


def register_hosts(current: Callable[[type[Provider]], Provider]) -> None:
    """Let the providers' hosts be answered by ``current(kind)``, those of the account that is running."""
    for kind in PROVIDERS:
        if all(row.name != kind.service for row in hosts.HOSTS):
            hosts.register_host(kind.hosts, kind.service, partial(_answer, current, kind))


def _answer(
    current: Callable[[type[Provider]], Provider], kind: type[Provider], request: Request
) -> Response:
    return current(kind).answer(request)


def new_provider(kind: type[P], people: Mapping[str, Any]) -> P:
    """The provider of this kind, with everybody of the cast who has an account there."""
    made = kind()
    for person in people.values():
        if person.get(kind.service):
            made.join(**{each: person[each] for each in NAMES})
    return made
