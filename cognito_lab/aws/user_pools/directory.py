"""The people of a pool, and the index that finds one by any of their names in constant time.

Source: "Customizing sign-in attributes" (aliases and username attributes).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cognito_lab.aws.user_pools import attributes, passwords
from cognito_lab.aws.user_pools.devices import Device
from cognito_lab.aws.user_pools.software_tokens import SoftwareToken
from cognito_lab.errors import AwsError, invalid
from cognito_lab.protocols.webauthn_checks import Passkey

CALLED = {"email": "email", "phone_number": "phone number"}  # in texts about usernames


def to_datetime(seconds: float) -> datetime:
    """A point in time as AWS answers it."""
    return datetime.fromtimestamp(seconds, UTC)


@dataclass
class User:
    """One person. ``status`` and ``enabled`` are independent of each other; times are seconds since 1970."""

    username: str
    sub: str
    attributes: dict[str, str]
    status: str
    credential: passwords.Credential | None = None
    signed_up_with: str = ""  # of the pool's username attributes
    enabled: bool = True
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)
    codes: dict[str, Code] = field(default_factory=dict)  # by purpose
    attempts: dict[str, list[float]] = field(default_factory=dict)  # moments of the last hour
    failures: int = 0  # wrong passwords and codes since the last sign-in
    last_failure: float = 0.0
    locked_until: float = 0.0
    software_token: SoftwareToken | None = None  # an authenticator app that showed a right code
    pending_token: SoftwareToken | None = None  # one that has not shown any yet
    second_factors: list[str] = field(default_factory=list)  # those that the user chose
    preferred_factor: str = ""
    passkeys: dict[str, Passkey] = field(default_factory=dict)  # by id
    passkey_mfa: bool = False  # with a passkey that makes sure of its owner, no other factor is asked for
    devices: dict[str, Device] = field(default_factory=dict)  # confirmed ones, by their keys
    sign_outs: int = 0  # how often all tokens were ended: a code from before is for none that come after

    @property
    def is_federated(self) -> bool:
        """Whether an outside provider made the profile; there is no password here, and none to recover."""
        return self.status == "EXTERNAL_PROVIDER"

    @property
    def sign_in_name(self) -> str:
        """What the user is told to sign in as: the username, or the address that stands in for it."""
        return self.attributes.get(self.signed_up_with, self.username)

    def is_verified(self, attribute: str) -> bool:
        """Whether the e-mail address or phone number is there and proved to be the user's."""
        return is_verified(self.attributes, attribute)

    def describe(self, key: str = "Attributes", only: Iterable[str] | None = None) -> dict[str, Any]:
        """UserType; ``key`` is the name under which the operation lists the attributes."""
        return {
            "Username": self.username, key: attributes.as_pairs(self.attributes, only),
            "UserCreateDate": to_datetime(self.created), "UserLastModifiedDate": to_datetime(self.modified),
            "Enabled": self.enabled, "UserStatus": self.status,
        }  # fmt: skip


def is_verified(values: Mapping[str, str], attribute: str) -> bool:
    return attribute in values and values.get(attributes.VERIFIED[attribute]) == "true"


class Taken(NamedTuple):
    """A value by which somebody is found already."""

    attribute: str
    value: str
    owner: User


class Directory:
    """The users of one pool.

    Args:
        username_attributes: With ``["email"]`` (or ``phone_number``) people sign in with the address they
            registered, proved or not, and no two users have the same one. The username is made up: the
            ``sub``.
        alias_attributes: Further names beside the username. An e-mail address or phone number becomes one
            when it is verified.
        case_sensitive: Whether ``Mara`` and ``mara`` are two people.
    """

    def __init__(
        self, username_attributes: list[str], alias_attributes: list[str], case_sensitive: bool
    ) -> None:
        self.username_attributes = username_attributes
        self.alias_attributes = alias_attributes
        self.case_sensitive = case_sensitive
        self._users: dict[str, User] = {}
        self._by_sub: dict[str, User] = {}
        self._by_attribute: dict[tuple[str, str], User] = {}
        self._with_address: dict[tuple[str, str], dict[str, User]] = {}  # whether they sign in with it or not

    def __len__(self) -> int:
        return len(self._users)

    def __iter__(self) -> Iterator[User]:
        return iter(list(self._users.values()))

    def key(self, name: str) -> str:
        """``name`` as this pool compares names."""
        return name if self.case_sensitive else name.casefold()

    def find(self, name: str) -> User | None:
        """The user whom a caller means by ``name``: username, ``sub``, username attribute or alias."""
        return self.find_for_sign_in(name) or self._by_sub.get(name)

    def find_for_sign_in(self, name: str) -> User | None:
        """Who signs in as ``name``: as in :meth:`find`, but nobody by a ``sub`` (measured)."""
        found = self._users.get(self.key(name))
        for attribute in (*self.username_attributes, *self.alias_attributes):
            found = found or self._by_attribute.get((attribute, self.key(name)))
        return found

    def has(self, user: User) -> bool:
        """Whether ``user`` is still here: not deleted, and nobody else under the same name."""
        return self.find(user.username) is user

    def owner_of(self, attribute: str, value: str) -> User | None:
        """Who signs in with ``value`` as this attribute."""
        return self._by_attribute.get((attribute, self.key(value)))

    def with_value(self, name: str, value: str) -> Iterable[User]:
        """Those among whom everybody is found whose ``name`` is ``value``: few, where there is an index."""
        if name in CALLED:
            return list(self._with_address.get((name, value), {}).values())
        index = {"username": (self._users, self.key(value)), "sub": (self._by_sub, value)}
        if name not in index:
            return self
        users, key = index[name]
        return [users[key]] if key in users else []

    def add(self, user: User) -> None:
        self._users[self.key(user.username)] = user
        self._by_sub[user.sub] = user
        self._index(user)

    def remove(self, user: User) -> None:
        del self._users[self.key(user.username)]
        del self._by_sub[user.sub]
        self._forget(user)

    def change(self, user: User, changes: Mapping[str, str]) -> None:
        """Set attributes; a blank value deletes. Names and index stay in step."""
        self._forget(user)
        for name, value in changes.items():
            if value:
                user.attributes[name] = value
            else:
                user.attributes.pop(name, None)
                user.attributes.pop(attributes.VERIFIED.get(name, ""), None)
        user.modified = time.time()
        self._index(user)

    def names(self, values: Mapping[str, str], confirmed: bool) -> dict[str, str]:
        """The attributes by which a user with these ``values`` is found; aliases begin at confirmation."""
        found = list(self.username_attributes)
        if confirmed:
            provable = attributes.VERIFIED
            found += [
                name for name in self.alias_attributes if name not in provable or is_verified(values, name)
            ]
        return {name: values[name] for name in found if values.get(name)}

    def leads_to(self, user: User, name: str) -> bool:
        """Whether people sign in with this attribute: of username attributes, only with the kind that they
        signed up with. (A user of an outside provider signed up with neither.)"""
        return not (name in self.username_attributes and user.signed_up_with) or name == user.signed_up_with

    def _index(self, user: User) -> None:
        # Who signs in elsewhere is not found by an address here: somebody else may have the same one.
        found = {} if user.is_federated else self.names(user.attributes, user.status != "UNCONFIRMED")
        for name, value in found.items():
            if self.leads_to(user, name):
                self._by_attribute.setdefault((name, self.key(value)), user)
        for place in addresses(user):
            self._with_address.setdefault(place, {})[user.sub] = user

    def _forget(self, user: User) -> None:
        for name, value in user.attributes.items():
            if self._by_attribute.get((name, self.key(value))) is user:
                del self._by_attribute[name, self.key(value)]
        for place in addresses(user):
            others = self._with_address.pop(place, {})
            others.pop(user.sub, None)
            if others:
                self._with_address[place] = others

    def check_free(self, user: User, names: Mapping[str, str], but_aliases: bool = False) -> None:
        """``user`` is about to be found by these attributes; nobody else may be.

        Args:
            but_aliases: An alias may be somebody else's, since it is about to be taken: :meth:`take_aliases`.

        Raises:
            AwsError: ``AliasExistsException``: someone else has one of them.
        """
        for taken in self._others(user, names):
            if not but_aliases or taken.attribute in self.username_attributes:
                text = f"An account with the {taken.attribute} already exists."
                raise AwsError("AliasExistsException", text)

    def take_aliases(self, user: User, names: Mapping[str, str]) -> None:
        """Take these aliases from whoever else has them: there, the address counts as not verified."""
        for taken in self._others(user, names):
            proof = attributes.VERIFIED.get(taken.attribute)
            self.change(taken.owner, {proof: "false"} if proof else {taken.attribute: ""})

    def _others(self, user: User, names: Mapping[str, str]) -> list[Taken]:
        """Which of these attributes lead to somebody else."""
        if user.is_federated:
            return []
        owners = ((name, value, self.owner_of(name, value)) for name, value in names.items() if value)
        return [Taken(name, value, owner) for name, value, owner in owners if owner and owner is not user]


def addresses(user: User) -> list[tuple[str, str]]:
    """The addresses of a user, each with its attribute."""
    return [(name, user.attributes[name]) for name in CALLED if name in user.attributes]


# -- names at sign-up ----------------------------------------------------------------------------


def username_attribute(people: Directory, username: str) -> str | None:
    """The username attribute that ``username`` has the form of, if any."""
    return next((name for name in people.username_attributes if attributes.has_form_of(name, username)), None)


def check_username_format(people: Directory, username: str) -> None:
    """``username`` may be one in this pool.

    Raises:
        AwsError: ``InvalidParameterException``: it is no address where it has to be one, or one that could be
            an alias.
    """
    if people.username_attributes and username_attribute(people, username) is None:
        wanted = " or ".join(
            f"{'an' if name == 'email' else 'a'} {CALLED[name]}" for name in people.username_attributes
        )
        raise invalid(f"Username should be {'either ' if ' or ' in wanted else ''}{wanted}.")
    for name, called in CALLED.items():
        if name in people.alias_attributes and attributes.has_form_of(name, username):
            raise invalid(
                f"Username cannot be of {called} format, since user pool is configured for {called} alias."
            )


def check_username_free(people: Directory, username: str, values: Mapping[str, str], text: str) -> None:
    """Nobody has the username; with username attributes, nobody has the address either.

    Raises:
        AwsError: ``UsernameExistsException``. It is never hidden, whatever PreventUserExistenceErrors says.
    """
    for name in people.username_attributes:
        if values.get(name) and people.owner_of(name, values[name]):
            raise AwsError("UsernameExistsException", f"An account with the given {name} already exists.")
    if people.find(username):
        raise AwsError("UsernameExistsException", text)


@dataclass(frozen=True)
class Code:
    """A code that was sent to ``value``, which ``attribute`` has or is to get; ``expires`` in seconds."""

    digits: str
    attribute: str
    value: str
    expires: float
