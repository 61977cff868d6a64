"""From clauses to groups, axes and the score: points, earned, and the exact ends over all completions (rules 6, 7).

Never here: sites and visits (completions.py), levels (gates.py), how a number is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from webapp.schemes.completions import Figure
from webapp.schemes.numbers import ONE, ZERO, added
from webapp.schemes.ratios import Member, greatest_mean, least_mean
from webapp.schemes.reading import Scheme


@dataclass(frozen=True, slots=True)
class Ends:
    """Least and greatest over the completions that have a figure; `empty`: some completion has none."""

    low: Fraction | None
    high: Fraction | None
    empty: bool

    def times(self, factor: Fraction) -> "Ends":
        if self.low is None or self.high is None:
            return self
        return Ends(self.low * factor, self.high * factor, self.empty)


@dataclass(frozen=True, slots=True)
class Totals:
    groups: Mapping[str, Ends]
    axes: Mapping[str, Ends]
    score: Ends
    complete: bool
    nothing_judged: bool
    """Whether a completion leaves nothing judged."""


def totals_of(scheme: Scheme, figures: Sequence[Figure], *, deductions: int, bonuses: int) -> Totals:
    """Every figure above the clauses."""
    groups = {
        code: _share(scheme, [figures[at] for at in places], settled=_settled(figures, places))
        for code, places in scheme.groups.items()
    }
    axes = {
        axis.code: _share(scheme, [figures[at] for at in axis.leaves], settled=_settled(figures, axis.leaves)).times(
            scheme.total
        )
        for axis in scheme.axes
    }
    added_points = (scheme.bonus or ZERO) * bonuses - (scheme.deduction or ZERO) * deductions
    return Totals(
        groups=groups,
        axes=axes,
        score=_score(scheme, figures, axes, added_points),
        complete=all(figure.state != "open" for figure in figures),
        nothing_judged=all(figure.optional for figure in figures if figure.asked),
    )


def base_of(scheme: Scheme, figures: Sequence[Figure]) -> tuple[Fraction, Fraction] | None:
    """Points and earned in the base; None while a clause is open."""
    if any(figure.state == "open" for figure in figures):
        return None
    points = added((figure.leaf.points, 1) for figure in figures if in_base(scheme, figure))
    return points, added((figure.earned, 1) for figure in figures if figure.earned is not None)


def in_base(scheme: Scheme, figure: Figure) -> bool:
    return figure.state == "answered" or (figure.state == "excluded" and scheme.zero_rule)


def _settled(figures: Sequence[Figure], places: Sequence[int]) -> bool:
    return all(figures[at].state != "open" for at in places)


def _share(scheme: Scheme, figures: Sequence[Figure], *, settled: bool, constant: Fraction = ZERO) -> Ends:
    """Earned ÷ points of some clauses; `constant`, in points, is added to what is earned."""
    counted = [figure for figure in figures if figure.asked and figure.leaf.points]
    if scheme.zero_rule:
        base = added((figure.leaf.points, 1) for figure in counted)
        if not base:
            return Ends(None, None, True)
        low = added((_worth(figure)[0], 1) for figure in counted if not figure.optional)
        high = added((_worth(figure)[1], 1) for figure in counted if figure.judged)
        return Ends((low + constant) / base, (high + constant) / base, False)
    scale = lcm(*(figure.leaf.points.denominator for figure in counted))
    judged = [figure for figure in counted if figure.judged]
    lows = [Member(1 - f.high, int(f.leaf.points * scale), f.optional) for f in judged if f.high is not None]
    highs = [Member(1 - f.low, int(f.leaf.points * scale), f.optional) for f in judged if f.low is not None]
    least = least_mean(lows, constant * scale)
    greatest = least if settled else greatest_mean(highs, constant * scale)
    return Ends(least, greatest, all(figure.optional for figure in counted))


def _worth(figure: Figure) -> tuple[Fraction, Fraction]:
    """The least and greatest that a judged clause earns."""
    if figure.low is None or figure.high is None:
        return ZERO, ZERO
    return figure.leaf.points * (1 - figure.high), figure.leaf.points * (1 - figure.low)


def _score(scheme: Scheme, figures: Sequence[Figure], axes: Mapping[str, Ends], points: Fraction) -> Ends:
    """The score with specials and cap."""
    if not scheme.has_total:
        return Ends(None, None, True)
    before = points if scheme.before else ZERO
    if scheme.zero_rule:
        ends = _zero_rule(scheme, figures, before)
    elif scheme.axes:
        ends = _mean_of_axes(scheme, axes)
    else:
        settled = all(figure.state != "open" for figure in figures)
        ends = _share(scheme, figures, settled=settled, constant=before).times(scheme.total)
    if ends.low is None or ends.high is None:
        return ends
    after = ZERO if scheme.before else points
    least, most = scheme.cap
    low, high = (min(most, max(least, end + after)) for end in (ends.low, ends.high))
    return Ends(low, high, ends.empty)


def _mean_of_axes(scheme: Scheme, axes: Mapping[str, Ends]) -> Ends:
    weights = [axis.weight or ONE for axis in scheme.axes]
    scale = lcm(*(weight.denominator for weight in weights))
    rows = [(axes[axis.code], int(weight * scale)) for axis, weight in zip(scheme.axes, weights, strict=True)]
    low = least_mean([Member(ends.low, weight, ends.empty) for ends, weight in rows if ends.low is not None])
    high = greatest_mean([Member(ends.high, weight, ends.empty) for ends, weight in rows if ends.high is not None])
    return Ends(low, high, all(ends.empty for ends, _ in rows))


def _zero_rule(scheme: Scheme, figures: Sequence[Figure], before: Fraction) -> Ends:
    """Under `zero` the base stands still, but a completion that leaves nothing judged has no score."""
    asked = [figure for figure in figures if figure.asked]
    parts = _parts_of_score(scheme, figures)
    if not parts or not any(figure.judged for figure in asked):
        return Ends(None, None, True)
    worth = [
        (parts.get(figure.leaf.code, ZERO) * (1 - (figure.high if figure.high is not None else ONE)), figure)
        for figure in asked
        if figure.judged
    ]
    nothing = all(figure.optional for figure in asked)
    if nothing:  # everybody would go: the clause whose staying costs least stays
        low = min(part for part, _ in worth)
    else:
        low = added((part, 1) for part, figure in worth if not figure.optional)
    high = added(
        (parts.get(figure.leaf.code, ZERO) * (1 - figure.low), 1)
        for figure in asked
        if figure.judged and figure.low is not None
    )
    extra = before / added((figure.leaf.points, 1) for figure in asked)
    return Ends((low + extra) * scheme.total, (high + extra) * scheme.total, nothing)


def _parts_of_score(scheme: Scheme, figures: Sequence[Figure]) -> dict[str, Fraction]:
    """What part of the whole each asked clause with points is, where no base can change. Axes: of the weighted mean."""
    bundles = [(axis.weight or ONE, axis.leaves) for axis in scheme.axes] or [(ONE, tuple(range(len(figures))))]
    asked = [(weight, [figures[at] for at in places if figures[at].asked]) for weight, places in bundles]
    bases = [(weight, rows, added((row.leaf.points, 1) for row in rows)) for weight, rows in asked]
    weights = added((weight, 1) for weight, _, base in bases if base)
    return {
        row.leaf.code: weight * row.leaf.points / (weights * base)
        for weight, rows, base in bases
        if base
        for row in rows
        if row.leaf.points
    }
