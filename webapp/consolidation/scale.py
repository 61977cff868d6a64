"""Where a score stands on its scale, in percent of the drawing: no viewBox, so text keeps its size at every width. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from webapp.consolidation.rules import JsonObject
from webapp.schemes.numbers import shown

WIDE, NARROW = (
    Fraction(11),
    Fraction(16),
)  # two labels nearer than this, in percent, stand in two rows: in the office, on a phone


@dataclass(frozen=True, kw_only=True)
class Tick:
    """`low`: its label stands in the second row; `drops`: only where the drawing is narrow."""

    x: str
    level: JsonObject
    at: str
    low: bool
    drops: bool


@dataclass(frozen=True, kw_only=True)
class Scale:
    """`low` and `high` are the ends of the range (equal: a point); `over` the level lines inside it; `start` and `end` those of the scale.

    `rows`: of labels, 1 or 2. `crowded`: on a phone there is room for figures only.
    """

    ticks: tuple[Tick, ...]
    low: str
    high: str
    point: bool
    over: tuple[str, ...]
    start: str
    end: str
    low_anchor: str
    high_anchor: str
    rows: int
    crowded: bool


def scale(scheme: JsonObject, bounds: Sequence[str | None]) -> Scale | None:
    """None where there is no score to draw."""
    if bounds[0] is None or bounds[1] is None:
        return None
    low, high = Fraction(bounds[0]), Fraction(bounds[1])
    levels = [level for level in reversed(scheme["levels"]) if level.get("min") is not None]
    start, end = _ends(scheme, [Fraction(level["min"]) for level in levels], low, high)

    def x(value: Fraction) -> Fraction:
        return 1 + (value - start) / (end - start) * 98

    places = [x(Fraction(level["min"])) for level in levels]
    wide, narrow = rows_of(places, WIDE), rows_of(places, NARROW)
    ticks = tuple(
        Tick(x=percent(place), level=level, at=level["min"], low=low, drops=drops and not low)
        for place, level, low, drops in zip(places, levels, wide, narrow, strict=True)
    )
    in_row = [[place for place, low in zip(places, narrow, strict=True) if low is row] for row in (False, True)]
    return Scale(
        ticks=ticks,
        low=percent(x(low)),
        high=percent(x(high)),
        point=low == high,
        over=tuple(percent(place) for place in places if x(low) < place < x(high)),
        start=_end(start),
        end=_end(end),
        low_anchor="start" if x(low) < 12 else "end",
        high_anchor="end" if x(high) > 88 else "start",
        rows=2 if any(narrow) else 1,
        crowded=any(right - left < NARROW for row in in_row for left, right in pairwise(row)),
    )


def percent(value: Fraction) -> str:
    """72.43%: two digits, never a float."""
    units = (value * 200 + 1) // 2
    return f"{units // 100}.{units % 100:02d}%"


def rows_of(places: list[Fraction], close: Fraction) -> list[bool]:
    """Of each label whether it stands in the second row: when the one before it, in the first row, is too near."""
    low: list[bool] = []
    for at, place in enumerate(places):
        low.append(at > 0 and not low[-1] and place - places[at - 1] < close)
    return low


def _end(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else str(shown(value, 2, ()))


def _ends(scheme: JsonObject, marks: list[Fraction], low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """From a little below the lowest level line (or the score) to the highest possible score."""
    total = Fraction(scheme.get("total") or "100")
    end = max(total, high, *marks) if marks else max(total, high)
    lowest = min([low, *(mark - total / 20 for mark in marks)])
    step = total / 20
    start = (lowest // step) * step
    return (start, end) if start < end else (end - step, end)
