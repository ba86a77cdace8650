"""The committed test keys."""

from __future__ import annotations

from cognito_lab.protocols import signing_keys


def test_the_arithmetic_of_every_committed_key_is_sound():
    pool = signing_keys.KeyPool(fixed=True)
    for _ in pool._fixed:
        numbers = pool.new().private.private_numbers()
        assert numbers.private_key().key_size == signing_keys.KEY_BITS  # which looks at p, q and d
