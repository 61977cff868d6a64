"""Reads catalogue.json: record kinds, fields, shapes, policies, codes and limits, compiled once into checks.

Never here: a rule that the JSON does not name. Shapes are words (`text`, `boolean`, `true`, `integer`, `natural`,
`count`, `decimal`, `uuid`, `sha256`, `object`, `json`; with `?` also null) or one of `{"one": [words]}`,
`{"list": shape}`, `{"map": shape}`, `{"object": {member: shape}}` (exactly these members; `"null": true` admits null;
`"at_most": [a, b]` asks a ≤ b), `{"any": [shapes]}`. No shape admits a float or an integer of 2^53 or more.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Check = Callable[[object], bool]

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OP_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
SHA256 = re.compile(r"[0-9a-f]{64}")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?")
_ROUND = re.compile(r"[1-9][0-9]{0,8}")
_BIG = 2**53


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record kind: `policy` is one, all or once."""

    policy: str
    check: Check
    settlement_only: bool


@dataclass(frozen=True, slots=True)
class Record:
    """One record kind: what follows the visit in its key, and its fields."""

    key: tuple[str, ...]
    by_person: bool
    fields: Mapping[str, Field]

    def key_fits(self, rest: list[str]) -> bool:
        """Whether the parts of the key after the visit have this kind's form."""
        least = sum(1 for word in self.key if not word.endswith("?"))
        return least <= len(rest) <= len(self.key) and all(map(_part_fits, self.key, rest))


def plain_json(value: object, depth: int = 0) -> bool:
    """JSON without floats, big integers, names outside ASCII, or nesting without end."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return integer(value)
    if depth >= LIMITS["depth"]:
        return False
    if kind is list:
        return all(plain_json(each, depth + 1) for each in value)  # type: ignore[attr-defined]
    if kind is dict:
        return all(name.isascii() and plain_json(each, depth + 1) for name, each in value.items())  # type: ignore[attr-defined]
    return False


def integer(value: object) -> bool:
    """An integer that every language can hold; true is not one."""
    return type(value) is int and -_BIG < value < _BIG


def policy(record: str, field: str) -> str:
    """The policy of a register: one, all or once."""
    return RECORDS[record].fields[field].policy


def _part_fits(word: str, part: str) -> bool:
    if word == "uuid":
        return UUID.fullmatch(part) is not None
    if word == "round":
        return _ROUND.fullmatch(part) is not None
    return part != ""


def _text(value: object) -> bool:
    return type(value) is str


def _decimal(value: object) -> bool:
    return type(value) is str and len(value) <= 40 and value != "-0" and _DECIMAL.fullmatch(value) is not None


_WORDS: dict[str, Check] = {
    "text": _text,
    "boolean": lambda value: type(value) is bool,
    "true": lambda value: value is True,
    "integer": integer,
    "natural": lambda value: type(value) is int and 0 <= value < _BIG,
    "count": lambda value: type(value) is int and 1 <= value <= 9999,
    "decimal": _decimal,
    "uuid": lambda value: type(value) is str and UUID.fullmatch(value) is not None,
    "sha256": lambda value: type(value) is str and SHA256.fullmatch(value) is not None,
    "object": lambda value: type(value) is dict and plain_json(value),
    "json": lambda value: value is not None and plain_json(value),
}


def _compile(shape: object) -> Check:
    if isinstance(shape, str):
        word = _WORDS[shape.removesuffix("?")]
        return (lambda value: value is None or word(value)) if shape.endswith("?") else word
    assert isinstance(shape, dict)
    if "one" in shape:
        words = frozenset(shape["one"])
        return lambda value: type(value) is str and value in words
    if "list" in shape:
        each = _compile(shape["list"])
        return lambda value: type(value) is list and all(map(each, value))
    if "map" in shape:
        each = _compile(shape["map"])
        return lambda value: type(value) is dict and all(n.isascii() and each(v) for n, v in value.items())
    if "any" in shape:
        return _any(shape["any"])
    members = {name: _compile(inner) for name, inner in shape["object"].items()}
    return _object(members, shape.get("at_most"), shape.get("null", False))


def _any(shapes: list[dict[str, dict[str, object]]]) -> Check:
    # The forms differ in their members: the members choose the form, at the cost of one look-up.
    forms = {frozenset(shape["object"]): _compile(shape) for shape in shapes}

    def check(value: object) -> bool:
        form = forms.get(frozenset(value)) if type(value) is dict else None
        return form is not None and form(value)

    return check


def _object(members: dict[str, Check], at_most: list[str] | None, null: bool) -> Check:
    def check(value: object) -> bool:
        if type(value) is not dict or len(value) != len(members):
            return null and value is None
        for name, inner in members.items():
            if name not in value or not inner(value[name]):
                return False
        return at_most is None or value[at_most[0]] <= value[at_most[1]]

    return check


def _record(raw: dict[str, object]) -> Record:
    key, fields = raw["key"], raw["fields"]
    assert isinstance(key, list)
    assert isinstance(fields, dict)
    return Record(
        key=tuple(key),
        by_person=raw.get("by") == "person",
        fields={
            name: Field(field["policy"], _compile(field["shape"]), field.get("by") == "settlement")
            for name, field in fields.items()
        },
    )


_RAW = json.loads((Path(__file__).parent / "catalogue.json").read_text("utf-8"))
LIMITS: dict[str, int] = _RAW["limits"]
CODES: tuple[str, ...] = tuple(_RAW["codes"])
ADMISSIBLE: frozenset[str] = frozenset(_RAW["admissible"])
RECORDS: dict[str, Record] = {name: _record(raw) for name, raw in _RAW["records"].items()}
