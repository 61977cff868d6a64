"""The cursor of a pull: how far a device has read each stream. Opaque, authenticated, bound to who asked.

Never here: what a position means for an answer (pulling.py). Sealed as SHAKE-256 keystream under an HMAC-SHA-256 tag that
is also the nonce (the SIV construction), so that not even the number of streams elsewhere shows.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256, shake_256

_TAG = 16


@dataclass(frozen=True, slots=True)
class Position:
    """Stream number → number read. `base`: where the last complete pull ended, if elsewhere; `reset`: from nothing."""

    read: Mapping[int, int]
    base: Mapping[int, int]
    reset: bool = False


def seal(position: Position, *, key: bytes, bound: str) -> str:
    """The cursor text. `bound` names everything it is bound to: epoch, tenant, person, device."""
    plain = bytearray([position.reset])
    for numbers in (position.read, position.base):
        _write(plain, len(numbers))
        for stream, number in numbers.items():
            _write(plain, stream)
            _write(plain, number)
    tag = _tag(key, bound, bytes(plain))
    return urlsafe_b64encode(tag + _mask(key, tag, bytes(plain))).rstrip(b"=").decode()


def unseal(text: str, *, key: bytes, bound: str) -> Position | None:
    """The position, or None for a cursor that is not ours, forged, or bound to something else."""
    try:
        sealed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (UnicodeEncodeError, Error):
        return None
    tag, plain = sealed[:_TAG], _mask(key, sealed[:_TAG], sealed[_TAG:])
    if not hmac.compare_digest(tag, _tag(key, bound, plain)):
        return None
    numbers = _numbers(plain[1:])
    maps = []
    for _ in range(2):
        maps.append({next(numbers): next(numbers) for _ in range(next(numbers))})
    return Position(maps[0], maps[1], bool(plain[0]))


def _tag(key: bytes, bound: str, plain: bytes) -> bytes:
    named = bound.encode()
    return hmac.digest(key, b"cursor" + len(named).to_bytes(4) + named + plain, sha256)[:_TAG]


def _mask(key: bytes, tag: bytes, text: bytes) -> bytes:
    stream = shake_256(hmac.digest(key, b"mask" + tag, sha256)).digest(len(text))
    return bytes(a ^ b for a, b in zip(text, stream, strict=True))


def _write(plain: bytearray, number: int) -> None:
    while number > 0x7F:
        plain.append(number & 0x7F | 0x80)
        number >>= 7
    plain.append(number)


def _numbers(plain: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in plain:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0
