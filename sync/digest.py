"""The digest of a visit: a sum over its heads, so that it can be kept up by adding and subtracting.

It finds loss and bugs, not malice. Values here have no floats and member names in ASCII (the catalogue sees to it), so
canonical JSON (RFC 8785) is what `canonical` writes.
"""

import json
from collections.abc import Iterable
from hashlib import sha256
from json.encoder import encode_basestring as quote

ZERO = "0" * 64
_MODULUS = 1 << 256
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False).encode


def canonical(value: object) -> str:
    """Canonical JSON. Two values are equal when it is."""
    return _encode(value)


def prefix(visit: str, record: str, rest: str, field: str) -> str:
    """The part of a term that all heads of a register share."""
    return f"[{quote(visit)},{quote(record)},{quote(rest)},{quote(field)},"


def term(shared: str, op: str, value: str) -> int:
    """One head's term: `shared` from `prefix`, `value` in canonical JSON."""
    return int.from_bytes(sha256(f"{shared}{quote(op)},{value}]".encode()).digest())


def add(digest: str, plus: Iterable[int] = (), minus: Iterable[int] = ()) -> str:
    """The digest after heads came and went, as 64 hex digits."""
    return f"{(int(digest, 16) + sum(plus) - sum(minus)) % _MODULUS:064x}"
