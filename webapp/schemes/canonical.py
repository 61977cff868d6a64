"""The canonical JSON of a scheme version (RFC 8785) and its SHA-256: what a version is known by.

Here lives the form of the bytes, never what they mean. Numbers are whole and below 2^53: every other number of a scheme is text.
"""

from __future__ import annotations

import hashlib
import json

LARGEST = 2**53 - 1


class NotCanonical(ValueError):
    """`where`: the path of the value that has no canonical form."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where


def canonical(value: object) -> str:
    """RFC 8785: members sorted by UTF-16, no spaces, 9.0 written 9. NotCanonical for 0.5, 2^53, lone surrogates, what is no JSON."""
    return _written(value, "")


def sha256_of(value: object) -> str:
    """64 hex digits of the SHA-256 of the canonical JSON in UTF-8."""
    return hashlib.sha256(canonical(value).encode("utf-8")).hexdigest()


def _written(value: object, where: str) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, int | float):
        if not abs(value) <= LARGEST or value != int(value):  # NaN is neither
            raise NotCanonical(where)
        return str(int(value))
    if isinstance(value, list):
        return "[" + ",".join(_written(one, f"{where}[{n}]") for n, one in enumerate(value)) + "]"
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        names = {key: _text(key, where) for key in value}  # first, so that a surrogate is found before the sorting
        path = f"{where}." if where else ""
        return (
            "{"
            + ",".join(
                f"{names[key]}:{_written(value[key], path + key)}"
                for key in sorted(value, key=lambda key: key.encode("utf-16-be"))
            )
            + "}"
        )
    raise NotCanonical(where)


def _text(text: str, where: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotCanonical(where) from None
    return json.dumps(text, ensure_ascii=False)
