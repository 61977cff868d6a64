"""Which level: of every condition by itself whether it can hold and whether it can fail (rule 8).

When everything is answered exactly one of the two is true of each condition, so the same questions give the level,
the gates that failed and, while clauses are open, the levels that are still possible.
Never here: how the score came about, what a level means.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from webapp.schemes.completions import Figure
from webapp.schemes.levels import STAR, Level
from webapp.schemes.reading import Scheme
from webapp.schemes.totals import Ends, Totals


class Condition(NamedTuple):
    """One condition of a row, of one group, axis, clause or level where it names or covers several."""

    gate: str
    of: str | None
    can_hold: bool
    can_fail: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """`level` is None while a clause is open."""

    level: str | None
    possible: list[str]
    failed_gates: list[dict[str, str]]
    warnings: list[str]


def standing_of(
    scheme: Scheme, figures: Sequence[Figure], totals: Totals, *, deductions: int, held: Mapping[str, int]
) -> Standing:
    """The level, or the levels that are possible, and why not a higher one."""
    last = scheme.levels[-1].code
    if totals.complete and totals.nothing_judged:
        return Standing(last, [last], [], [])
    rows = [
        (row, list(_conditions(row, scheme, figures, totals, deductions=deductions, held=held)))
        for row in scheme.levels
    ]
    if not totals.complete:
        return Standing(None, _possible(rows, totals), [], [])
    failed: list[dict[str, str]] = []
    for row, conditions in rows:
        fails = [condition for condition in conditions if condition.can_fail]
        if not fails:
            warned = row.prerequisite is not None and held.get(row.prerequisite.level, 0) < row.prerequisite.months
            return Standing(row.code, [row.code], failed, [f"prerequisite {row.code}"] if warned else [])
        if fails[0].gate != "min":
            failed += [_failed(row, condition) for condition in fails]
    raise AssertionError("the last row has no conditions")


def _possible(rows: Sequence[tuple[Level, Sequence[Condition]]], totals: Totals) -> list[str]:
    """The possible rows from the top down to and including the first certain one."""
    possible: list[str] = []
    for row, conditions in rows:
        if all(condition.can_hold for condition in conditions):
            possible.append(row.code)
        if not totals.nothing_judged and not any(condition.can_fail for condition in conditions):
            break
    return possible


def _failed(row: Level, condition: Condition) -> dict[str, str]:
    entry = {"level": row.code, "gate": condition.gate}
    return entry if condition.of is None else {**entry, "of": condition.of}


def _conditions(
    row: Level, scheme: Scheme, figures: Sequence[Figure], totals: Totals, *, deductions: int, held: Mapping[str, int]
) -> Iterator[Condition]:
    """In the order of the contract's table; groups, axes, clauses in the order of the scheme."""
    if row.min is not None:
        score = totals.score
        holds = score.high is not None and score.high >= row.min
        yield Condition("min", None, holds, score.empty or score.low is None or score.low < row.min)
    if row.max_deductions is not None:
        holds = deductions <= row.max_deductions
        yield Condition("max_deductions", None, holds, not holds)
    yield from _shares("min_group", row.min_group, totals.groups, scheme.top_groups)
    yield from _shares("min_axis", row.min_axis, totals.axes, tuple(totals.axes))
    if row.no_critical_failed:
        for figure in figures:
            if figure.leaf.critical is not None and figure.asked:
                yield _critical(figure, figure.leaf.critical)
    if row.matrix is not None:
        for figure in figures:
            if figure.leaf.kind == "matrix" and figure.asked:
                yield _matrix(figure, figure.leaf.columns.index(row.matrix))
    if row.prerequisite is not None:
        holds = row.prerequisite.warn or held.get(row.prerequisite.level, 0) >= row.prerequisite.months
        yield Condition("prerequisite", row.prerequisite.level, holds, not holds)


def _shares(
    gate: str, least: Mapping[str, Fraction], ends: Mapping[str, Ends], starred: Sequence[str]
) -> Iterator[Condition]:
    """An empty base meets the condition."""
    for code, end in ends.items():
        mark = least.get(code, least.get(STAR) if code in starred else None)
        if mark is not None:
            holds = end.empty or (end.high is not None and end.high >= mark)
            yield Condition(gate, code, holds, end.low is not None and end.low < mark)


def _critical(figure: Figure, most: Fraction) -> Condition:
    """`most`: the loss above which a site fails the clause."""
    can_pass = all(o.optional or (o.low is not None and o.low <= most) for o in figure.outcomes)
    can_fail = any(o.high is not None and o.high > most for o in figure.outcomes)
    return Condition("no_critical_failed", figure.leaf.code, can_pass, can_fail)


def _matrix(figure: Figure, column: int) -> Condition:
    can_pass = all(o.optional or (o.high_column is not None and o.high_column >= column) for o in figure.outcomes)
    can_fail = any(o.low_column is not None and o.low_column < column for o in figure.outcomes)
    return Condition("matrix", figure.leaf.code, can_pass, can_fail)
