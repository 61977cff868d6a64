"""The score of an evaluation: one pure function, pinned by the vectors in tests/vectors/scoring.

`score` takes the JSON values of the contract and gives its output form; numbers are exact and travel as text.
Never here: a database, a clock, who may see what. Implements "Scoring: the rules, exactly"; docs tell it in words.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

from webapp.schemes.completions import Figure, figure_of
from webapp.schemes.gates import standing_of
from webapp.schemes.inputs import ERRORS, read_inputs
from webapp.schemes.numbers import shown, text_of
from webapp.schemes.reading import Scheme, ScoringError
from webapp.schemes.totals import Ends, Totals, base_of, totals_of

__all__ = ["ERRORS", "ScoringError", "collector_paused", "score", "score_vector"]

Json = dict[str, object]


def score(
    scheme: object,
    sites: object,
    results: object,
    specials: object = (),
    overrides: object = (),
    *,
    held: object = None,
) -> Json:
    """The whole output of the contract, or ScoringError with the first of `ERRORS` that applies."""
    with collector_paused():
        return _score(scheme, sites=sites, results=results, specials=specials, overrides=overrides, held=held)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Nothing here makes circles; over 100,000 fresh objects the cycle collector would take half of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def score_vector(vector: object) -> Json:
    """As `score`, of one object with the arguments as its keys: a vector file."""
    if not isinstance(vector, dict) or vector.get("sites") is None or vector.get("results") is None:
        raise ScoringError("input-invalid")
    given = [vector.get(key) for key in ("scheme", "sites", "results", "specials", "overrides")]
    return score(*given, held=vector.get("held"))


def _score(
    scheme: object, *, sites: object, results: object, specials: object, overrides: object, held: object
) -> Json:
    read = read_inputs(scheme, sites=sites, results=results, specials=specials, overrides=overrides, held=held)
    rules = read.scheme
    figures = [figure_of(filed, read.sites, read.overrides.get(at)) for at, filed in enumerate(read.filed)]
    totals = totals_of(rules, figures, deductions=read.deductions, bonuses=read.bonuses)
    standing = standing_of(rules, figures, totals, deductions=read.deductions, held=read.held)
    idle = {f"override-idle {figures[at].leaf.code}" for at in read.overrides if not figures[at].overridden}
    low, high = totals.score.low, totals.score.high
    reached = low if totals.complete else None
    marks = [level.min for level in rules.levels if level.min is not None]
    output: Json = {
        "complete": totals.complete,
        "score": text_of(reached),
        "shown": shown(reached, rules.digits, marks),
        "level": standing.level,
        "levels_possible": standing.possible,
        "bounds": [text_of(low), text_of(high)],
        "shown_bounds": [shown(low, rules.digits, marks), shown(high, rules.digits, marks)],
        "groups": {code: _group(rules, figures, code, totals.groups[code]) for code in rules.groups},
    }
    if rules.axes:
        output["axes"] = {code: _axis(ends, totals) for code, ends in totals.axes.items()}
    output["clauses"] = {figure.leaf.code: _clause(rules, figure) for figure in figures}
    output["special"] = {"deductions": read.deductions, "bonus": read.bonuses}
    output["failed_gates"] = standing.failed_gates
    output["warnings"] = sorted(read.warnings | idle | set(standing.warnings))
    return output


def _group(scheme: Scheme, figures: list[Figure], code: str, ends: Ends) -> Json:
    base = base_of(scheme, [figures[at] for at in scheme.groups[code]])
    points, earned = (None, None) if base is None else base
    return {"points": text_of(points), "earned": text_of(earned), "bounds": _ends(ends.low, ends.high)}


def _axis(ends: Ends, totals: Totals) -> Json:
    return {"score": text_of(ends.low) if totals.complete else None, "bounds": _ends(ends.low, ends.high)}


def _clause(scheme: Scheme, figure: Figure) -> Json:
    leaf = figure.leaf
    earned = figure.earned
    if figure.state == "excluded" and scheme.zero_rule:
        earned = Fraction(0)
    entry: Json = {
        "state": figure.state,
        "points": text_of(leaf.points),
        "loss": text_of(figure.low) if figure.state == "answered" else None,
        "earned": text_of(earned),
        "sites": dict(figure.sites),
    }
    if figure.state == "open":
        entry["bounds"] = _ends(figure.low, figure.high)
    if figure.overridden:
        entry["combined"] = text_of(figure.combined)
    if leaf.kind == "matrix" and figure.state == "answered":
        column = figure.column
        entry["reached"] = leaf.columns[column] if column is not None and column >= 0 else None
    return entry


def _ends(low: Fraction | None, high: Fraction | None) -> list[str | None]:
    return [text_of(low), text_of(high)]
