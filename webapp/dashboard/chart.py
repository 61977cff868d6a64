"""Where marks stand in a chart, as percent text: drawings without viewBox, so that words keep their size. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from webapp.consolidation.rules import JsonObject
from webapp.consolidation.scale import percent

CROWDED = Fraction(18)  # percent


@dataclass(frozen=True, kw_only=True)
class Line:
    """A level line of the score chart. `crowded`: its figure would run into the next one on a phone."""

    x: str
    level: JsonObject
    lean: str
    crowded: bool


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
    """Lowest first; the last two lean apart."""
    levels = [level for level in reversed(scheme["levels"]) if level.get("min") is not None]
    leans = ["middle"] * (len(levels) - 2) + ["to-left", "to-right"][-len(levels) :]
    found = []
    for place, (level, lean) in enumerate(zip(levels, leans, strict=False)):
        beyond = levels[place + 1 : place + 2]
        crowded = any(along.at(other["min"]) - along.at(level["min"]) < CROWDED for other in beyond)
        found.append(Line(x=along.x(level["min"]), level=level, lean=lean, crowded=crowded))
    return found


def width(share: Fraction, most: Fraction) -> str:
    """A bar's length beside the longest one."""
    return percent(share / most * 100) if most else "0%"
