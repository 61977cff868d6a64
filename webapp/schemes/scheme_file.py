"""A scheme as a file: read strictly, held against the JSON Schema and the rules, its faults named by path.

Here lives reading and checking, never the database. The form is schemes/scheme.schema.json; what no schema can say is
said by rules.check_scheme, the frequent cases of it before that by scheme_faults in words that name the remedy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from webapp.config import ROOT
from webapp.problems import Problem
from webapp.schemes.canonical import NotCanonical, canonical
from webapp.schemes.reading import ScoringError
from webapp.schemes.rules import check_scheme
from webapp.schemes.scheme_faults import Fault, rule_faults

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MOST_BYTES = 2 * 1024 * 1024
MOST_FAULTS = 50
SCHEMA = ROOT / "schemes" / "scheme.schema.json"


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of the format, 2020-12."""
    form: dict[str, Any] = json.loads(SCHEMA.read_text("utf-8"))
    return form


def read(raw: bytes) -> object:
    """The JSON value of a file. Problems: scheme-too-large, scheme-unreadable (line, column), scheme-key-twice (key)."""
    if len(raw) > MOST_BYTES:
        raise Problem("scheme-too-large", 413, most=MOST_BYTES // 1024 // 1024)
    try:
        return json.loads(
            raw.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_whole
        )
    except json.JSONDecodeError as error:
        raise Problem("scheme-unreadable", line=error.lineno, column=error.colno) from None
    except (ValueError, RecursionError):  # not UTF-8, NaN, brackets without end
        raise Problem("scheme-unreadable", line=1, column=1) from None


def faults(body: object) -> list[Fault]:
    """Everything wrong with it, first the form, then (when the form is right) the rules; empty when it can be published."""
    from jsonschema import Draft202012Validator  # here, so that commands without a scheme file start sooner

    try:
        canonical(body)
    except NotCanonical as error:
        return [Fault(error.where, "number")]
    except RecursionError:
        return [Fault("", "deep")]
    found = [_fault(body, error) for error in _deepest(Draft202012Validator(schema()).iter_errors(body))]
    if not found and isinstance(body, dict):
        found = list(rule_faults(body))
    if not found:
        try:
            check_scheme(body)
        except ScoringError as error:
            found = [Fault(str(error.facts.get("where", "")), "rule")]
    return list(dict.fromkeys(found))[:MOST_FAULTS]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise Problem("scheme-key-twice", key=key[:60])
        made[key] = value
    return made


def _whole(digits: str) -> int | float:
    """A million digits would take minutes to become an integer, only to be refused as too large."""
    return int(digits) if len(digits) <= 17 else float(digits)


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _deepest(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Of "this, or null" tell what is wrong with this: that branch is what the author meant."""
    for error in errors:
        branches = [one for one in error.context or () if error.validator == "anyOf"]
        meant = [one for one in branches if one.validator != "type"] or [
            one for one in branches if one.validator_value != "null"
        ]
        if meant:
            yield from _deepest(meant[:1] if all(one.validator == "type" for one in meant) else meant)
        else:
            yield error


WORDS = {
    "required": "required",
    "enum": "word",
    "const": "word",
    "pattern": "pattern",
    "minItems": "empty",
    "minProperties": "empty",
    "minLength": "empty",
    "maxItems": "long",
    "maxLength": "long",
    "uniqueItems": "twice",
    "minimum": "bounds",
    "maximum": "bounds",
    "type": "type",
}
TYPES = {"object": "{ … }", "array": "[ … ]", "string": '"…"', "integer": "1", "boolean": "true, false", "null": "null"}


def _fault(body: object, error: ValidationError) -> Fault:
    where, code, limit = (
        _path(body, list(error.absolute_path)),
        WORDS.get(str(error.validator), "form"),
        error.validator_value,
    )
    form = error.schema if isinstance(error.schema, dict) else {}
    match code:
        case "required":
            wanted = [key for key in limit if not isinstance(error.instance, dict) or key not in error.instance]
            return Fault.of(where, code, key=wanted[0] if wanted else "?")
        case "word":
            return Fault.of(
                where,
                code,
                value=_short(error.instance),
                words=", ".join(map(_short, limit if isinstance(limit, list) else [limit])),
            )
        case "pattern":
            return Fault.of(where, f"{code}_{form.get('title')}", value=_short(error.instance))
        case "bounds":
            return Fault.of(
                where,
                code,
                value=_short(error.instance),
                least=_short(form.get("minimum", "")),
                most=_short(form.get("maximum", "")),
            )
        case "long":
            return Fault.of(where, code, most=_short(limit))
        case "type":
            return Fault.of(where, code, value=_short(error.instance), wanted=TYPES.get(str(limit), str(limit)))
        case _:
            return Fault.of(where, code)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def _path(body: object, steps: list[str | int]) -> str:
    """`clauses[12] 5.1.3.2 · points`: the place in the file and, of a clause or level, its code."""
    if not steps:
        return ""
    path, inside, name = "", body, ""
    for depth, step in enumerate(steps):
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path and not name else str(step)
        inside = inside[step] if isinstance(inside, list | dict) else None  # type: ignore[index]
        if depth == 1 and isinstance(inside, dict) and isinstance(inside.get("code"), str):
            name = inside["code"][:60]
            path += f" {name}" + (" · " if len(steps) > 2 else "")
        elif name and depth > 1 and depth + 1 < len(steps) and isinstance(steps[depth + 1], str):
            path += "."
    return path
