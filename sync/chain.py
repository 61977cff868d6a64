"""The hash chain of a device's queue: any later change of the log shows. Bytes in, bytes out; hex only on the wire."""

from collections.abc import Iterable
from hashlib import sha256

START = bytes(32)


def link(before: bytes, line: bytes) -> bytes:
    """cₙ = SHA-256(cₙ₋₁ ‖ hₙ) where hₙ = SHA-256 of the line without its newline."""
    return sha256(before + sha256(line).digest()).digest()


def chain(before: bytes, lines: Iterable[bytes]) -> list[bytes]:
    """The chain after each of the lines."""
    found = []
    for line in lines:
        before = link(before, line)
        found.append(before)
    return found
