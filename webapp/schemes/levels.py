"""The level table of a scheme: one row per level, highest first, each with its conditions.

Here lives what a row may ask and that it asks it validly. Never here: whether a condition holds (gates.py).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from webapp.schemes.leaf import CheckFailed, table
from webapp.schemes.numbers import integer, number, share

STAR = "*"


@dataclass(frozen=True, slots=True)
class Prerequisite:
    level: str
    months: int
    warn: bool


@dataclass(frozen=True, slots=True)
class Level:
    """A row of the table; None, empty and False are no condition."""

    code: str
    min: Fraction | None
    max_deductions: int | None
    min_group: Mapping[str, Fraction]
    min_axis: Mapping[str, Fraction]
    no_critical_failed: bool
    matrix: str | None
    prerequisite: Prerequisite | None

    @property
    def has_conditions(self) -> bool:
        numbers = (self.min, self.max_deductions, self.matrix, self.prerequisite)
        return any(value is not None for value in numbers) or bool(
            self.min_group or self.min_axis or self.no_critical_failed
        )


def read_levels(
    raw: object,
    *,
    digits: int,
    groups: Collection[str],
    axes: Collection[str],
    minimum: bool,
    matrices: list[tuple[str, ...]],
) -> tuple[Level, ...]:
    """The rows, highest first. `minimum`: whether there is a score that a `min` could ask for."""
    if not isinstance(raw, list) or not raw:
        _fail("levels")
    given = [row.get("code") if isinstance(row, Mapping) else None for row in raw]
    codes = [code for code in given if isinstance(code, str) and code]
    if len(set(codes)) != len(raw):
        _fail("levels code")
    levels: list[Level] = []
    lowest: Fraction | None = None
    for row, code in zip(raw, codes, strict=True):
        level = _level(row, code, codes, groups=groups, axes=axes)
        if level.min is not None:
            if not minimum or (lowest is not None and level.min >= lowest):
                _fail(f"levels {code} min")
            if (level.min * 10**digits).denominator != 1:
                _fail(f"levels {code} min")
            lowest = level.min
        if level.matrix is not None and (not matrices or any(level.matrix not in columns for columns in matrices)):
            _fail(f"levels {code} matrix")
        levels.append(level)
    if levels[-1].has_conditions:
        _fail(f"levels {levels[-1].code} conditions")
    return tuple(levels)


def _level(
    row: Mapping[str, object], code: str, codes: Collection[str], *, groups: Collection[str], axes: Collection[str]
) -> Level:
    where = f"levels {code}"
    least = number(row["min"]) if row.get("min") is not None else None
    if row.get("min") is not None and least is None:
        _fail(f"{where} min")
    most = integer(row["max_deductions"]) if row.get("max_deductions") is not None else None
    if row.get("max_deductions") is not None and (most is None or most < 0):
        _fail(f"{where} max_deductions")
    critical = row.get("no_critical_failed")
    if critical is not None and not isinstance(critical, bool):
        _fail(f"{where} no_critical_failed")
    matrix = row.get("matrix")
    if matrix is not None and not isinstance(matrix, str):
        _fail(f"{where} matrix")
    shares: dict[str, Fraction] = {}
    if row.get("min_group") is not None:
        for name, text in table(row["min_group"], f"{where} min_group").items():
            value = share(text)
            if value is None or (name != STAR and name not in groups):
                _fail(f"{where} min_group {name}")
            shares[name] = value
    scores: dict[str, Fraction] = {}
    if row.get("min_axis") is not None:
        for name, text in table(row["min_axis"], f"{where} min_axis").items():
            value = number(text)
            if value is None or (name != STAR and name not in axes):
                _fail(f"{where} min_axis {name}")
            scores[name] = value
    return Level(
        code=code,
        min=least,
        max_deductions=most,
        min_group=shares,
        min_axis=scores,
        no_critical_failed=bool(critical),
        matrix=matrix,
        prerequisite=_prerequisite(row.get("prerequisite"), codes, f"{where} prerequisite"),
    )


def _prerequisite(raw: object, codes: Collection[object], where: str) -> Prerequisite | None:
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        _fail(where)
    level, months, warn = raw.get("level"), integer(raw.get("months")), raw.get("warn")
    if not isinstance(level, str) or level not in codes or months is None or months < 0:
        _fail(where)
    if warn is not None and not isinstance(warn, bool):
        _fail(where)
    return Prerequisite(level, months, bool(warn))


def _fail(where: str) -> NoReturn:
    raise CheckFailed(where)
