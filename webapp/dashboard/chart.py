"""Where marks stand in a chart, as percent text: drawings without viewBox, so that words keep their size. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from webapp.consolidation.rules import JsonObject
from webapp.consolidation.scale import percent, rows_of

CLOSE = Fraction(30)  # percent: the drawing is less than half a page wide


@dataclass(frozen=True, kw_only=True)
class Line:
    """A level line of the score chart. `low`: its label stands in the second row, so that two do not touch."""

    x: str
    level: JsonObject
    low: bool


@dataclass(frozen=True, kw_only=True)
class Axis:
    start: Fraction
    end: Fraction

    def at(self, value: str) -> Fraction:
        """Percent of the drawing, a little off both ends."""
        return 2 + (Fraction(value) - self.start) / (self.end - self.start) * 96

    def x(self, value: str) -> str:
        return percent(self.at(value))


def axis(scheme: JsonObject, bounds: Sequence[Sequence[str | None]]) -> Axis:
    """From the lowest score shown (a step of ten below it) to the highest possible one."""
    total = Fraction(scheme.get("total") or "100")
    known = [Fraction(low) for low, _ in bounds if low is not None]
    marks = [Fraction(level["min"]) for level in scheme["levels"] if level.get("min") is not None]
    step = total / 10
    lowest = min([*known, *(mark - step for mark in marks), total - step])
    return Axis(
        start=max(Fraction(0), lowest // step * step) if lowest >= 0 else lowest,
        end=max([total, *(Fraction(high) for _, high in bounds if high is not None)]),
    )


def level_lines(scheme: JsonObject, along: Axis) -> list[Line]:
    """Lowest first."""
    levels = [level for level in reversed(scheme["levels"]) if level.get("min") is not None]
    rows = rows_of([along.at(level["min"]) for level in levels], CLOSE)
    return [Line(x=along.x(level["min"]), level=level, low=low) for level, low in zip(levels, rows, strict=True)]


def width(share: Fraction, most: Fraction) -> str:
    """A bar's length beside the longest one."""
    return percent(share / most * 100) if most else "0%"
