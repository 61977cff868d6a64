"""Where a score stands on its scale, in percent of the drawing: no viewBox, so text keeps its size at every width. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from webapp.consolidation.rules import JsonObject

CLOSE = Fraction(16)  # two labels nearer than this, in percent, lean apart


@dataclass(frozen=True, kw_only=True)
class Tick:
    x: str
    level: JsonObject
    at: str
    lean: str


@dataclass(frozen=True, kw_only=True)
class Scale:
    """`low` and `high` are the ends of the range (equal: a point); `over` the level lines inside it."""

    ticks: tuple[Tick, ...]
    low: str
    high: str
    point: bool
    over: tuple[str, ...]
    start: str
    end: str
    low_anchor: str
    high_anchor: str


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
    ticks = []
    for at, level in enumerate(levels):
        right = at + 1 < len(places) and places[at + 1] - places[at] < CLOSE
        left = at > 0 and places[at] - places[at - 1] < CLOSE
        lean = "to-left" if right and not left else "to-right" if left and not right else "middle"
        ticks.append(Tick(x=percent(places[at]), level=level, at=level["min"], lean=lean))
    return Scale(
        ticks=tuple(ticks),
        low=percent(x(low)),
        high=percent(x(high)),
        point=low == high,
        over=tuple(percent(place) for place in places if x(low) < place < x(high)),
        start=str(start),
        end=str(end),
        low_anchor="start" if x(low) < 12 else "end",
        high_anchor="end" if x(high) > 88 else "start",
    )


def percent(value: Fraction) -> str:
    """72.43%: two digits, never a float."""
    units = (value * 200 + 1) // 2
    return f"{units // 100}.{units % 100:02d}%"


def _ends(scheme: JsonObject, marks: list[Fraction], low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """From a little below the lowest level line (or the score) to the highest possible score."""
    total = Fraction(scheme.get("total") or "100")
    end = max(total, high, *marks) if marks else max(total, high)
    lowest = min([low, *(mark - total / 20 for mark in marks)])
    step = total / 20
    start = (lowest // step) * step
    return (start, end) if start < end else (end - step, end)
