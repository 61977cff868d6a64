"""What a scheme page takes in (one JSON file) and what it shows: the tree with points, kinds and places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validates
from werkzeug.datastructures import FileStorage

from webapp.schemes.numbers import number, shown
from webapp.texts import words


class UploadForm(Schema):
    """`file`: the JSON of a scheme version."""

    class Meta:
        unknown = EXCLUDE

    file = fields.Raw(required=True)

    @validates("file")
    def _chosen(self, value: object, data_key: str) -> None:
        if not isinstance(value, FileStorage) or not value.filename:
            raise ValidationError("schemes.file_missing")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A clause in the order of the tree. `points` as people read them; `leaves` counts what a group holds."""

    clause: Mapping[str, Any]
    depth: int
    leaf: bool
    points: str
    leaves: int


def tree(scheme: Mapping[str, Any]) -> list[Row]:
    """Parents before their children, children in the order of the file."""
    below: dict[str | None, list[Mapping[str, Any]]] = {}
    for clause in scheme["clauses"]:
        below.setdefault(clause.get("parent"), []).append(clause)

    def total(clause: Mapping[str, Any]) -> tuple[Fraction, int]:
        if clause.get("kind") is not None:
            return number(clause.get("points")) or Fraction(0), 1
        parts = [total(child) for child in below.get(clause["code"], ())]
        return sum((points for points, _ in parts), Fraction(0)), sum(n for _, n in parts)

    def walk(parent: str | None, depth: int) -> Iterator[Row]:
        for clause in below.get(parent, ()):
            points, leaves = total(clause)
            yield Row(
                clause=clause, depth=depth, leaf=clause.get("kind") is not None, points=readable(points), leaves=leaves
            )
            yield from walk(clause["code"], depth + 1)

    return list(walk(None, 0))


def conditions(scheme: Mapping[str, Any], level: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What a level asks besides its least score: text keys with their facts."""
    titles = {one["code"]: one["title"] for one in scheme["levels"]}
    asked: list[tuple[str, dict[str, Any]]] = []
    if level.get("max_deductions") is not None:
        asked.append(("schemes.max_deductions", {"n": level["max_deductions"]}))
    for name in ("min_group", "min_axis"):
        asked += [(f"schemes.{name}", {"of": of, "least": least}) for of, least in (level.get(name) or {}).items()]
    if level.get("no_critical_failed"):
        asked.append(("schemes.no_critical_failed", {}))
    if level.get("matrix") is not None:
        asked.append(("schemes.matrix", {"column": level["matrix"]}))
    if held := level.get("prerequisite"):
        key = "schemes.prerequisite_warns" if held.get("warn") else "schemes.prerequisite"
        asked.append((key, {"level": words(titles.get(held["level"], held["level"])), "months": held["months"]}))
    return asked


def readable(points: Fraction) -> str:
    """3, 2.5, 20/9: decimals where they are exact and short."""
    decimals = shown(points, 3, ()) or ""
    return decimals.rstrip("0").rstrip(".") if (points * 1000).denominator == 1 else str(points)
