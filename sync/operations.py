"""Reads one line of a device's queue: its operation, or what is wrong with it and what of it can still be read.

Never here: rights, states, schemes, anything that needs more than the line itself. Implements "The model" of the
protocol. A line that cannot be applied may still own its id and pass on the names in its `seen`: `Line.owns`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.catalogue import LIMITS, OP_ID, RECORDS, Record

_MEMBERS = frozenset({"id", "record", "key", "set", "seen", "at", "settlement"})
_REQUIRED = frozenset({"id", "record", "key", "set", "at"})
_NOTHING: Mapping[str, tuple[str, ...]] = {}
_UNREAD = object()


@dataclass(slots=True)
class Line:
    """One line. `fault`: None, `too-large` or `malformed`. `owns`: id, record, key and seen can be read."""

    line: bytes
    fault: str | None = None
    owns: bool = False
    id: str | None = None
    record: str = ""
    visit: str = ""
    rest: str = ""
    set: dict[str, object] = field(default_factory=dict)
    seen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settlement: str | None = None
    at: str = ""


class Twice(dict[str, object]):
    """An object that names a member twice. Not of type dict, so no shape admits it."""


def read(line: bytes, value: object = _UNREAD) -> Line:
    """Reads a line; never raises.

    `value`: the line as decoded by a faster decoder, only if encoding it again gives exactly these bytes (which proves
    that no member stands twice and that no escape hides anything).
    """
    found = Line(line, "too-large" if len(line) > LIMITS["line"] else None)
    try:
        if value is _UNREAD:
            value = strict_json(line)
        if not isinstance(value, dict):
            raise ValueError("not an object")
        hidden = b"\\u" in line
        record = _identify(found, value, hidden)
        if not (record is not None and _whole(found, value, record, hidden)):
            found.fault = found.fault or "malformed"
    except (ValueError, RecursionError):
        found.fault = found.fault or "malformed"
    return found


def strict_json(line: bytes) -> object:
    """The JSON of UTF-8 bytes. Raises ValueError (also for NaN) or RecursionError; a repeated name gives `Twice`."""
    return json.loads(
        line.decode("utf-8"), object_pairs_hook=_members, parse_constant=_no_constant, parse_int=_short_int
    )


def clean(value: object) -> bool:
    """No U+0000 and no lone surrogate in any text of it."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, dict):
        return all(clean(name) and clean(each) for name, each in value.items())
    if isinstance(value, list):
        return all(map(clean, value))
    return True


def _identify(found: Line, value: dict[str, object], hidden: bool) -> Record | None:
    """Fills in id, record, key and seen, and decides `owns`; the record kind, if all of it can be read."""
    given = value.get("id")
    if isinstance(value, Twice) or not (type(given) is str and OP_ID.fullmatch(given)):
        return None
    found.id = given
    kind, key, seen = value.get("record"), value.get("key"), value.get("seen", _NOTHING)
    record = RECORDS.get(kind) if type(kind) is str else None
    if record is None or type(key) is not str or (hidden and not clean(key)):
        return None
    visit, *rest = key.split("/")
    if not visit or not record.key_fits(rest) or type(seen) is not dict or not all(map(_names, seen.values())):
        return None
    assert isinstance(kind, str)
    found.record, found.visit, found.rest = kind, visit, "/".join(rest)
    found.seen = {name: tuple(names) for name, names in seen.items()} if seen else _NOTHING
    found.owns = True
    values = value.get("set")
    if type(values) is dict:
        found.set = values
    settlement, at = value.get("settlement"), value.get("at")
    if type(settlement) is str:
        found.settlement = settlement
    if type(at) is str:
        found.at = at
    return record


def _names(names: object) -> bool:
    return (
        type(names) is list
        and len(names) <= LIMITS["names"]
        and all(type(name) is str and OP_ID.fullmatch(name) for name in names)
    )


def _whole(found: Line, value: dict[str, object], record: Record, hidden: bool) -> bool:
    """Whether the rest of the operation is as the catalogue says."""
    at = value.get("at")
    if not (value.keys() <= _MEMBERS and value.keys() >= _REQUIRED and type(at) is str and len(at) <= LIMITS["at"]):
        return False
    if type(value["set"]) is not dict or (hidden and not clean(value)):
        return False
    settles = "settlement" in value
    if settles and not (found.settlement and len(found.set) == 1):
        return False
    for name, names in found.seen.items():
        if name not in found.set or found.id in names:
            return False
    for name, each in found.set.items():
        rule = record.fields.get(name)
        if rule is None or (settles and rule.policy != "one") or (rule.settlement_only and not settles):
            return False
        if not (rule.check(each) or (each is None and rule.policy != "once")):
            return False
    return True


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Twice(found)


def _no_constant(word: str) -> object:
    raise ValueError(word)


def _short_int(text: str) -> int | float:
    # Python refuses to read thousands of digits; no shape admits either.
    return int(text) if len(text) < 20 else float("inf")
