"""Why this level: a tree in which every number names the numbers it came from, down to the site; and what the next level asks. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from webapp.consolidation.matrix import ZERO, Cell, Range, Row, State
from webapp.consolidation.rules import JsonObject

Rescore = Callable[[list[JsonObject]], JsonObject]


@dataclass(kw_only=True)
class Node:
    """A group with what is below it, or a leaf with its row. `base`: points that count; `excluded`: points that dropped out."""

    clause: JsonObject
    children: list[Node] = field(default_factory=list)
    row: Row | None = None
    base: Fraction = ZERO
    excluded: Fraction = ZERO
    lost: Range = (ZERO, ZERO)

    @property
    def earned(self) -> Range:
        return self.base - self.lost[1], self.base - self.lost[0]

    @property
    def leaves(self) -> int:
        return sum(child.leaves for child in self.children) if self.row is None else 1

    @property
    def cells(self) -> list[Cell]:
        """Of a leaf: the sites that are asked."""
        return [cell for cell in self.row.cells.values() if cell.state is not State.blank] if self.row else []


def tree(scheme: JsonObject, rows: Iterable[Row], *, only_losses: bool) -> list[Node]:
    """Top-level nodes in the order of the scheme. `only_losses` leaves out what certainly loses nothing."""
    nodes = {clause["code"]: Node(clause=clause) for clause in scheme["clauses"]}
    zero = scheme.get("exclusion") == "zero"
    for row in rows:
        node = nodes[row.code]
        node.row = row
        if row.state == "excluded" and not zero:
            node.excluded = row.points
        elif row.state != "not_asked":
            node.base = row.points
            node.lost = row.loss or ((row.points, row.points) if row.state == "excluded" else (ZERO, row.points))
    tops: list[Node] = []
    for clause in scheme["clauses"]:
        parent = clause.get("parent")
        (nodes[parent].children if parent else tops).append(nodes[clause["code"]])
    for top in tops:
        _sum(top)
    return _losing(tops) if only_losses else tops


def every(nodes: Sequence[Node]) -> Iterable[Node]:
    for node in nodes:
        yield node
        yield from every(node.children)


@dataclass(frozen=True, kw_only=True)
class Step:
    """The fewest clauses, then the least points found, whose recovery reaches the level."""

    level: JsonObject
    clauses: tuple[tuple[str, Fraction], ...]
    gain: Fraction
    shown: str


def next_step(
    scheme: JsonObject, score: JsonObject, rows: Iterable[Row], overrides: Sequence[JsonObject], rescore: Rescore
) -> Step | None:
    """For a complete score: what the level above asks; None at the top, or where recovering clauses alone does not bring it.

    The set found is put to the scorer itself, gates included, so that nothing is promised that would not happen.
    """
    levels = scheme["levels"]
    here = next((place for place, level in enumerate(levels) if level["code"] == score["level"]), 0)
    if (
        not score["complete"]
        or score["score"] is None
        or here == 0
        or "min" not in levels[here - 1]
        or scheme.get("axes")
    ):
        return None
    target = levels[here - 1]
    losing = sorted(
        (-row.loss[0], row.code) for row in rows if row.state == "answered" and row.loss and row.loss[0] > 0
    )
    base = sum(
        (Fraction(outcome["points"]) for outcome in score["clauses"].values() if outcome["earned"] is not None), ZERO
    )
    need = (Fraction(target["min"]) - Fraction(score["score"])) * base / Fraction(scheme.get("total") or "100")
    chosen: list[tuple[str, Fraction]] = []
    while losing[len(chosen) :] and sum(points for _, points in chosen) < need:
        loss, code = losing[len(chosen)]
        chosen.append((code, -loss))
    chosen = _cheaper(chosen, [(code, -loss) for loss, code in losing], need)
    recovered = {code for code, _ in chosen}
    kept = [each for each in overrides if each["clause"] not in recovered]
    after = rescore([*kept, *({"clause": code, "loss": "0", "reason": ""} for code in sorted(recovered))])
    reached = next((place for place, level in enumerate(levels) if level["code"] == after["level"]), len(levels))
    if not chosen or reached > here - 1:
        return None
    gain = Fraction(after["score"]) - Fraction(score["score"])
    return Step(level=target, clauses=tuple(chosen), gain=gain, shown=after["shown"])


def _cheaper(
    chosen: list[tuple[str, Fraction]], losing: list[tuple[str, Fraction]], need: Fraction
) -> list[tuple[str, Fraction]]:
    """As many clauses, each exchanged for the smallest that still suffices, from the last on."""
    for place in range(len(chosen) - 1, -1, -1):
        others = sum(points for at, (_, points) in enumerate(chosen) if at != place)
        fitting = [
            each for each in losing if each[1] + others >= need and (each not in chosen or each == chosen[place])
        ]
        if fitting:
            chosen[place] = min(fitting, key=lambda each: each[1])
    return chosen


def _sum(node: Node) -> None:
    for child in node.children:
        _sum(child)
    if node.row is None:
        node.base = sum((child.base for child in node.children), ZERO)
        node.excluded = sum((child.excluded for child in node.children), ZERO)
        node.lost = (
            sum((child.lost[0] for child in node.children), ZERO),
            sum((child.lost[1] for child in node.children), ZERO),
        )


def _losing(nodes: list[Node]) -> list[Node]:
    kept = []
    for node in nodes:
        node.children = _losing(node.children)
        if node.lost[1] > 0:
            kept.append(node)
    return kept
