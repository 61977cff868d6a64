"""Clauses × sites: the scorer's output laid out as the lead reads it. Pure; words and colours are the page's.

Everything is a Fraction until it is shown. A row that is still open has a range of loss, never a middle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from webapp.consolidation.rules import JsonObject, same

ZERO = Fraction(0)
Range = tuple[Fraction, Fraction]
SHADES = (Fraction(3, 25), Fraction(1, 5), Fraction(3, 10), Fraction(1, 2))  # upper ends of shades 1 to 4


class Show(StrEnum):
    """Which rows: what costs points, is disputed or missing; only one of these; everything."""

    losing = "losing"
    disputed = "disputed"
    missing = "missing"
    all = "all"


class State(StrEnum):
    """Of a cell. `blank`: the site is not asked."""

    blank = "blank"
    answered = "answered"
    excluded = "excluded"
    disputed = "disputed"
    missing = "missing"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One clause at one site. `values`: what was answered there (of a dispute: the different values)."""

    site: str
    state: State
    values: tuple[JsonObject, ...] = ()
    loss: Fraction | None = None
    checked: int = 0
    failing: int = 0

    @property
    def shade(self) -> int:
        """0 for no loss, then 1 to 5."""
        if self.state is not State.answered or not self.loss:
            return 0
        return 1 + sum(self.loss > end for end in SHADES[:3]) + (self.loss >= SHADES[3])


@dataclass(frozen=True, kw_only=True)
class Row:
    """A leaf of the scheme. `loss` in points, least and greatest; None where it is not judged."""

    clause: JsonObject
    state: str
    points: Fraction
    loss: Range | None
    cells: dict[str, Cell]
    checked: int
    failing: int
    combined: Fraction | None = None

    @property
    def code(self) -> str:
        return str(self.clause["code"])

    def has(self, state: State) -> bool:
        return any(cell.state is state for cell in self.cells.values())

    def shown(self, show: Show) -> bool:
        if show is Show.all:
            return True
        missing, disputed = self.has(State.missing), self.has(State.disputed)
        if show is Show.disputed:
            return disputed
        if show is Show.missing:
            return missing
        return missing or disputed or (self.loss is not None and self.loss[1] > 0)


@dataclass(kw_only=True)
class Section:
    """A top-level clause and its leaves. `earned` least and greatest, `base` the points that count."""

    clause: JsonObject
    rows: list[Row] = field(default_factory=list)
    hidden: int = 0
    earned: Range = (ZERO, ZERO)
    base: Fraction = ZERO


@dataclass(frozen=True, kw_only=True)
class Matrix:
    sections: tuple[Section, ...]
    rows: tuple[Row, ...]
    hq: tuple[str, ...]
    outlets: tuple[str, ...]
    counts: dict[str, tuple[int, int]]  # site → answered, asked
    earned: Range
    base: Fraction

    @property
    def answered(self) -> int:
        return sum(answered for answered, _ in self.counts.values())

    @property
    def asked(self) -> int:
        return sum(asked for _, asked in self.counts.values())

    def rows_shown(self, show: Show) -> int:
        return sum(row.shown(show) for row in self.rows)

    def missing(self) -> list[tuple[Row, Cell]]:
        return [(row, cell) for row in self.rows for cell in row.cells.values() if cell.state is State.missing]

    def worst(self) -> list[Row]:
        """Rows that lose points, the greatest loss first."""
        losing = [row for row in self.rows if row.loss and row.loss[1] > 0]
        return sorted(losing, key=lambda row: (-row.loss[0], -row.loss[1]) if row.loss else (ZERO, ZERO))


def laid_out(
    scheme: JsonObject,
    *,
    sites: Sequence[JsonObject],
    results: Iterable[JsonObject],
    score: JsonObject,
    own: Mapping[str, JsonObject],
    show: Show,
) -> Matrix:
    """`score` of everything, `own` of each site alone (for the order: lowest first)."""
    told: dict[tuple[str, str], list[JsonObject]] = {}
    for result in results:
        told.setdefault((result["clause"], result["site"]), []).append(result)
    rows = tuple(
        _row(clause, score["clauses"][clause["code"]], told, [site["id"] for site in sites])
        for clause in scheme["clauses"]
        if clause.get("kind") is not None
    )
    tops = top_of(scheme)
    sections: dict[str, Section] = {}
    for row in rows:
        top = tops[row.code]
        section = sections.setdefault(top["code"], Section(clause=top))
        if row.shown(show):
            section.rows.append(row)
        else:
            section.hidden += 1
        _add(section, row, scheme)
    counts = {site["id"]: _counts(rows, site["id"]) for site in sites}
    outlets = [site["id"] for site in sites if site["kind"] != "hq"]
    low, high = (sum((section.earned[end] for section in sections.values()), ZERO) for end in (0, 1))
    return Matrix(
        sections=tuple(sections.values()),
        rows=rows,
        hq=tuple(site["id"] for site in sites if site["kind"] == "hq"),
        outlets=tuple(sorted(outlets, key=lambda site: standing_of(own.get(site)))),
        counts=counts,
        earned=(low, high),
        base=sum((section.base for section in sections.values()), ZERO),
    )


def top_of(scheme: JsonObject) -> dict[str, JsonObject]:
    """Clause code → its ancestor without a parent (itself, if it has none)."""
    clauses = {clause["code"]: clause for clause in scheme["clauses"]}
    found = {}
    for code, clause in clauses.items():
        while clause.get("parent"):
            clause = clauses[clause["parent"]]
        found[code] = clause
    return found


def loss_range(outcome: JsonObject) -> Range | None:
    """Points that this clause loses, least and greatest, from the scorer's entry for it."""
    points = Fraction(outcome["points"])
    if outcome["state"] == "answered" and outcome["loss"] is not None:
        loss = points * Fraction(outcome["loss"])
        return loss, loss
    low, high = outcome.get("bounds") or (None, None)
    if outcome["state"] != "open" or low is None or high is None:
        return None
    return points * Fraction(low), points * Fraction(high)


def standing_of(own: JsonObject | None) -> tuple[bool, Fraction]:
    """A key that puts the lowest certain score first and what has none last."""
    least = own["bounds"][0] if own else None
    return least is None, ZERO if least is None else Fraction(least)


def _row(
    clause: JsonObject, outcome: JsonObject, told: Mapping[tuple[str, str], list[JsonObject]], sites: Iterable[str]
) -> Row:
    cells = {site: _cell(site, outcome["sites"], told.get((clause["code"], site), [])) for site in sites}
    combined = outcome.get("combined")
    return Row(
        clause=clause,
        state=outcome["state"],
        points=Fraction(outcome["points"]),
        loss=loss_range(outcome),
        cells=cells,
        checked=sum(cell.checked for cell in cells.values()),
        failing=sum(cell.failing for cell in cells.values()),
        combined=None if combined is None else Fraction(combined),
    )


def _cell(site: str, outcomes: Mapping[str, Any], results: list[JsonObject]) -> Cell:
    if site not in outcomes:
        return Cell(site=site, state=State.blank)
    outcome = outcomes[site]
    registers: dict[tuple[str, str], dict[str, JsonObject]] = {}
    for result in results:
        value = {
            key: part
            for key, part in result.items()
            if key not in ("site", "visit", "clause", "checkpoint", "reason", "n")
        }
        if not value.get("open"):
            registers.setdefault((result["visit"], result.get("checkpoint", "")), {})[same(value)] = value
    disputed = next((tuple(values.values()) for values in registers.values() if len(values) > 1), None)
    if not disputed and outcome == "open":
        disputed = _excluded_beside_answers(registers)
    if disputed:
        return Cell(site=site, state=State.disputed, values=disputed)
    values = tuple(value for values in registers.values() for value in values.values())
    if outcome in ("open", "excluded"):
        return Cell(site=site, state=State.missing if outcome == "open" else State.excluded, values=values)
    judged = [value for value in values if not value.get("excluded")]
    checked, failing = (sum(value.get(key, 0) for value in judged) for key in ("checked", "failing"))
    reached = any("reached" in value for value in judged)
    loss = None if outcome is None or reached else Fraction(outcome)
    return Cell(site=site, state=State.answered, values=tuple(judged), loss=loss, checked=checked, failing=failing)


def _excluded_beside_answers(
    registers: Mapping[tuple[str, str], dict[str, JsonObject]],
) -> tuple[JsonObject, ...] | None:
    """A plain exclusion of a clause stands against the answers to its checkpoints at the same visit."""
    for (visit, checkpoint), values in registers.items():
        beside = [
            value for (other, part), told in registers.items() if other == visit and part for value in told.values()
        ]
        if not checkpoint and any(not value.get("excluded") for value in beside):
            return (*values.values(), *beside)
    return None


def _add(section: Section, row: Row, scheme: JsonObject) -> None:
    counts = row.state in ("answered", "open") or (row.state == "excluded" and scheme.get("exclusion") == "zero")
    if not counts:
        return
    section.base += row.points
    if row.state != "excluded":
        least, most = row.loss or (ZERO, row.points)
        section.earned = (section.earned[0] + row.points - most, section.earned[1] + row.points - least)


def _counts(rows: Iterable[Row], site: str) -> tuple[int, int]:
    states = [row.cells[site].state for row in rows]
    asked = [state for state in states if state is not State.blank]
    return sum(state is not State.missing for state in asked), len(asked)
