"""Comparing a text that a caller sends with one that it should not know."""

from __future__ import annotations

import hmac


def equal(one: str, other: str) -> bool:
    """Whether two texts are the same, in a time that does not tell where they differ.

    They may hold any character, and half of a surrogate pair, which JSON can carry: on texts,
    ``hmac.compare_digest`` raises TypeError for all that is not ASCII.
    """
    return hmac.compare_digest(_octets(one), _octets(other))


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
