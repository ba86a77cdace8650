"""What every reader of a JSON Web Token asks (RFC 7519), whatever it then calls the refusal.

Identity pools, STS, user pools and the pages that take people from outside providers each have their own
rules, in their own order and with their own errors; the questions are the same. Signatures:
:mod:`cognito_lab.aws.jwt_issuers`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from jwt.utils import base64url_decode

from cognito_lab.protocols import json_texts

MOST_BRACKETS = 500  # of a header or of claims: no token nests so deep, and Python's reader of JSON cannot
NOT_ENCODED = "its three parts are not JSON, JSON and a signature, in base64url"


class NotAToken(ValueError):
    """What was sent is no JSON Web Token; the text says why."""


def decode_unverified(token: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of ``token``, believed by nobody yet.

    Raises:
        NotAToken: It has not three parts with dots between, of which the first two are JSON objects (RFC
            7515, 7.1).
    """
    if not isinstance(token, str) or token.count(".") != 2:
        raise NotAToken("it has not three parts")
    try:
        texts = [base64url_decode(part.encode()) for part in token.split(".")[:2]]
        if any(text.count(b"[") + text.count(b"{") > MOST_BRACKETS for text in texts):
            raise NotAToken(NOT_ENCODED)
        header, claims = map(json_texts.read, texts)
    except ValueError:
        raise NotAToken(NOT_ENCODED) from None
    if not (isinstance(header, dict) and isinstance(claims, dict)):
        raise NotAToken("its header and its claims are JSON, and not both objects with names")
    return header, claims


def missing(claims: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """The first of ``names`` that is no claim, or null; ``None`` if all are there."""
    return next((name for name in names if claims.get(name) is None), None)


def audiences(claims: Mapping[str, Any]) -> list[str]:
    """``aud`` may be one text or several (RFC 7519, 4.1.3); what is no text is for nobody."""
    found = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    return [one for one in found if isinstance(one, str)]


def is_for_any(claims: Mapping[str, Any], known: Iterable[str]) -> bool:
    """Whether one of the token's audiences is among ``known``."""
    return not set(known).isdisjoint(audiences(claims))


def has_ended(claims: Mapping[str, Any]) -> bool:
    """Whether ``exp`` is now or past; what is no number never was to come."""
    expires = claims.get("exp")
    return not isinstance(expires, (int, float)) or time.time() >= expires
