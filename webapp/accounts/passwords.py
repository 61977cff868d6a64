"""Argon2id, and the same work for unknown names, so that time tells nothing."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like another sign on paper

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hashed(password: str) -> str:
    return _hasher.hash(password)


def fits(password: str, hash_: str | None) -> bool:
    """False for a wrong password, an unknown person (None) or a person without password, all after equal work."""
    try:
        return _hasher.verify(hash_ or _nobody(), password) and hash_ is not None
    except (VerificationError, InvalidHashError):
        return False


def made_up() -> str:
    """A first password to write down: three groups of four, 59 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
