"""Who stands for a name that nobody has, where an app client does not tell who exists.

Source: "Managing user existence error responses" (PreventUserExistenceErrors); RFC 5054, 2.5.1.3 for SRP.
"""

from __future__ import annotations

import hashlib
import hmac
import string
import time
import uuid
from collections.abc import Collection, Sequence

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.user_pools import attributes, outbox, passwords
from cognito_lab.aws.user_pools.directory import User
from cognito_lab.aws.user_pools.errors import no_user
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.errors import AwsError
from cognito_lab.expiring import Expiring


def unknown_user() -> AwsError:
    return AwsError("UserNotFoundException", "Username/client id combination not found.")


def placeholder_delivery(client: AppClient, name: str, attribute: str = "email") -> dict[str, str]:
    """CodeDeliveryDetails for somebody unknown, the same each time, from a client that hides users. If the
    ``name`` is an address, a code would go there.

    Raises:
        AwsError: ``UserNotFoundException``, from one that does not.
    """
    if not client.hides_users:
        raise unknown_user()
    digest = hashlib.sha256((client.pool.id + name).encode()).digest()
    letters = [string.ascii_lowercase[octet % 26] for octet in digest]
    made_up = {
        "email": f"{letters[0]}@{letters[1]}",
        "phone_number": f"+49{int.from_bytes(digest) % 10**10:010}",
    }
    to = name if attributes.has_form_of(attribute, name) else made_up[attribute]
    return outbox.delivery_details(attribute, to)


def placeholder_attribute(pool: UserPool, name: str, ways: Sequence[str]) -> str:
    """By which of the ``ways`` a code would go to a ``name``: as its form and what the pool verifies say."""
    verified = [way for way in ways if pool.verifies(way)] or sorted(ways)  # unverified: e-mail, if any
    return next((way for way in verified if attributes.has_form_of(way, name)), verified[0])


def placeholder_for(client: AppClient, name: str) -> User:
    """Who stands for a name that nobody has: what holds for people holds for them, up to the wrong code.

    Raises:
        AwsError: ``UserNotFoundException``, from a client that does not hide users.
    """
    if not client.hides_users:
        raise unknown_user()
    return placeholder_user(client, name)


def is_placeholder(user: User) -> bool:
    return not user.sub


def find_person(pool: UserPool, username: str) -> User | None:
    """Who is challenged under this name: a user, or who stands for nobody."""
    placeholders = moto_patches.state_of(pool, PlaceholderUsers)
    return pool.people.find(username) or placeholders.get(pool.people.key(username))


def plausible(pool: UserPool, user: User, factors: Collection[str]) -> set[str]:
    """Some of these first factors, the same ones for the same name each time: people differ in what they
    have, so always the same answer would tell that nobody is there."""
    octets = placeholder_bytes(pool, "first factors", user.username)
    some = {factor for factor, octet in zip(sorted(factors), octets, strict=False) if octet % 2}
    return some or set(factors)


class PlaceholderSecret:
    """What a pool makes its placeholder answers from, so that nobody else can tell them from true ones."""

    def __init__(self) -> None:
        self.secret = randomness.octets(32)


def placeholder_bytes(pool: UserPool, what: str, username: str) -> bytes:
    """32 octets, the same ones for the same name each time: true salts do not change between calls either."""
    name = pool.people.key(username)
    return hmac.digest(
        moto_patches.state_of(pool, PlaceholderSecret).secret, f"{what} {name}".encode(), "sha256"
    )


def placeholder_hash(pool: UserPool, username: str) -> passwords.Hash:
    """The salt and verifier of somebody without a password (RFC 5054, 2.5.1.3)."""
    key = int.from_bytes(placeholder_bytes(pool, "private key", username), "big")
    return passwords.Hash(b"", placeholder_bytes(pool, "salt", username)[:16], key)


class PlaceholderUsers(Expiring[User]):
    """Who stands for names that nobody has, by the name that was given and the one that was answered.

    What is counted against a name, and a lock, is over an hour after the last attempt.
    """

    kept = 3600

    def end(self, entry: User) -> float:
        return max(entry.modified, entry.locked_until)


def placeholder_user(client: AppClient, username: str) -> User:
    """Who is challenged in place of somebody unknown, by a client that hides users: the same one each time.

    Their username is a UUID ("Managing user existence error responses") where the name given is an address by
    which the pool would find people; any other name is the username itself, as with people who exist.

    Raises:
        AwsError: ``UserNotFoundException``, from a client that does not hide them.
    """
    if not client.hides_users:
        raise no_user()
    placeholders, given = (
        moto_patches.state_of(client.pool, PlaceholderUsers),
        client.pool.people.key(username),
    )
    found_by = {*client.pool.people.username_attributes, *client.pool.people.alias_attributes}
    if any(attributes.has_form_of(name, username) for name in found_by & set(attributes.VERIFIED)):
        username = str(uuid.UUID(bytes=placeholder_bytes(client.pool, "username", username)[:16], version=4))
    known = placeholders.get(given) or User(username, "", {}, "CONFIRMED")
    known = placeholders.get(client.pool.people.key(known.username), known)
    known.modified = time.time()
    placeholders[given] = placeholders[client.pool.people.key(known.username)] = known
    return known
