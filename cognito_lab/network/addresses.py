"""Addresses that somebody else wrote, taken apart."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

NOWHERE = urlsplit("")


def parts_of(address: str) -> SplitResult:
    """As ``urlsplit``, which raises ValueError for some texts, such as ``https://[``: those have no parts."""
    try:
        return urlsplit(address)
    except ValueError:
        return NOWHERE
