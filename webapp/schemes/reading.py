"""A scheme version, read once: what the scorer needs of it, checked to the letter ("Scheme version" of the contract).

Reading is checking: whoever holds a `Scheme` holds a valid one. Only the keys that the scorer reads are looked at;
titles, texts for the tablet, sampling and the like are the JSON Schema's. `null` is absent, unknown keys are ignored.
Never here: sites, results, scores.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NoReturn

from webapp.schemes.leaf import CheckFailed, Leaf, named, read_leaf, texts
from webapp.schemes.levels import Level, read_levels
from webapp.schemes.numbers import ZERO, integer, number


class ScoringError(ValueError):
    """One of the error codes of the scoring contract, with the facts known about it."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Axis:
    code: str
    leaves: tuple[int, ...]
    weight: Fraction | None


@dataclass(frozen=True, slots=True)
class Scheme:
    """Leaves and groups in the order of the scheme; `groups` names the places of the leaves below each group."""

    leaves: tuple[Leaf, ...]
    groups: Mapping[str, tuple[int, ...]]
    top_groups: tuple[str, ...]
    levels: tuple[Level, ...]
    total: Fraction
    zero_rule: bool
    before: bool
    deduction: Fraction | None
    bonus: Fraction | None
    most_bonuses: int
    cap: tuple[Fraction, Fraction]
    digits: int
    axes: tuple[Axis, ...]
    place: Mapping[str, int] = field(repr=False)

    @property
    def has_total(self) -> bool:
        """Axes without weights have no total."""
        return all(axis.weight is not None for axis in self.axes)


def read_scheme(raw: object) -> Scheme:
    """The scheme behind the JSON object, or ScoringError("scheme-invalid", where=…)."""
    try:
        return _scheme(raw)
    except CheckFailed as failed:
        raise ScoringError("scheme-invalid", where=str(failed)) from None


def _fail(where: str) -> NoReturn:
    raise CheckFailed(where)


def _scheme(raw: object) -> Scheme:
    if not isinstance(raw, Mapping):
        _fail("scheme")
    modes = texts(raw.get("modes"), "modes") if raw.get("modes") is not None else None
    rule = named(raw, "exclusion", ("renormalise", "zero", "forbidden"), "renormalise", "exclusion")
    rows = raw.get("clauses")
    if not isinstance(rows, list) or not rows:
        _fail("clauses")
    codes, kinds = _codes(rows)
    above = _ancestors(rows, codes, kinds)
    leaves: list[Leaf] = []
    groups: dict[str, list[int]] = {code: [] for code in codes if code not in kinds}
    for code, row in zip(codes, rows, strict=True):
        if code in kinds:
            for group in above[code]:
                groups[group].append(len(leaves))
            leaves.append(read_leaf(row, code, modes=modes, exclusion=rule != "forbidden"))
    for code, row in zip(codes, rows, strict=True):
        if code in groups and row.get("points") is not None:
            points = number(row["points"])
            if points != sum((leaves[at].points for at in groups[code]), ZERO):
                _fail(f"clauses {code} points")
    total = number(raw["total"]) if raw.get("total") is not None else Fraction(100)
    if total is None or total <= 0:
        _fail("total")
    before, deduction, bonus, most = _special(raw.get("special"))
    display = raw.get("display") if raw.get("display") is not None else {}
    if not isinstance(display, Mapping):
        _fail("display")
    digits = integer(display["digits"]) if display.get("digits") is not None else 2
    if digits is None or not 0 <= digits <= 6:
        _fail("display digits")
    place = {leaf.code: at for at, leaf in enumerate(leaves)}
    axes = _axes(raw.get("axes"), leaves, place, groups)
    if axes and before:
        _fail("special order")
    levels = read_levels(
        raw.get("levels"),
        digits=digits,
        groups=groups,
        axes={axis.code for axis in axes},
        minimum=all(axis.weight is not None for axis in axes),
        matrices=[leaf.columns for leaf in leaves if leaf.kind == "matrix"],
    )
    return Scheme(
        leaves=tuple(leaves),
        groups={code: tuple(places) for code, places in groups.items()},
        top_groups=tuple(code for code in groups if not above[code]),
        levels=levels,
        total=total,
        zero_rule=rule == "zero",
        before=before,
        deduction=deduction,
        bonus=bonus,
        most_bonuses=most,
        cap=_cap(raw.get("cap"), total),
        digits=digits,
        axes=axes,
        place=place,
    )


def _codes(rows: list[object]) -> tuple[list[str], set[str]]:
    """The codes of all clauses in order, and of those that are leaves."""
    codes: list[str] = []
    kinds: set[str] = set()
    for at, row in enumerate(rows):
        code = row.get("code") if isinstance(row, Mapping) else None
        if not isinstance(code, str) or not code:
            _fail(f"clauses[{at}] code")
        codes.append(code)
        if isinstance(row, Mapping) and row.get("kind") is not None:
            kinds.add(code)
    if len(set(codes)) != len(codes):
        _fail("clauses code twice")
    return codes, kinds


def _ancestors(rows: list[Mapping[str, object]], codes: list[str], kinds: set[str]) -> dict[str, tuple[str, ...]]:
    """The groups above each clause, nearest first."""
    parents: dict[str, str] = {}
    known = set(codes)
    for code, row in zip(codes, rows, strict=True):
        parent = row.get("parent")
        if parent is None:
            continue
        if not isinstance(parent, str) or parent not in known or parent in kinds:
            _fail(f"clauses {code} parent")
        parents[code] = parent
    above: dict[str, tuple[str, ...]] = {}
    for code in codes:
        chain: list[str] = []
        step = parents.get(code)
        while step is not None:
            if step == code or step in chain:
                _fail(f"clauses {code} parent circular")
            chain.append(step)
            step = parents.get(step)
        above[code] = tuple(chain)
    return above


def _special(raw: object) -> tuple[bool, Fraction | None, Fraction | None, int]:
    if raw is None:
        return False, None, None, 0
    if not isinstance(raw, Mapping):
        _fail("special")
    before = named(raw, "order", ("after", "before"), "after", "special") == "before"
    worth: dict[str, Fraction | None] = {"deduction": None, "bonus": None}
    most = 0
    for kind in worth:
        row = raw.get(kind)
        if row is None:
            continue
        points = number(row.get("points")) if isinstance(row, Mapping) else None
        if points is None or points < 0:
            _fail(f"special {kind} points")
        worth[kind] = points
        if kind == "bonus":
            given = integer(row.get("most"))
            if given is None or given < 0:
                _fail("special bonus most")
            most = given
    return before, worth["deduction"], worth["bonus"], most


def _cap(raw: object, total: Fraction) -> tuple[Fraction, Fraction]:
    if raw is None:
        return ZERO, total
    if not isinstance(raw, list) or len(raw) != 2:
        _fail("cap")
    low, high = number(raw[0]), number(raw[1])
    if low is None or high is None or low > high:
        _fail("cap")
    return low, high


def _axes(
    raw: object, leaves: list[Leaf], place: Mapping[str, int], groups: Mapping[str, list[int]]
) -> tuple[Axis, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list) or not raw:
        _fail("axes")
    axes: list[Axis] = []
    taken: set[int] = set()
    for at, row in enumerate(raw):
        code = row.get("code") if isinstance(row, Mapping) else None
        if not isinstance(code, str) or not code or any(axis.code == code for axis in axes):
            _fail(f"axes[{at}] code")
        weight = number(row["weight"]) if row.get("weight") is not None else None
        if row.get("weight") is not None and (weight is None or weight <= 0):
            _fail(f"axes {code} weight")
        below: list[int] = []
        for clause in texts(row.get("clauses"), f"axes {code} clauses"):
            if clause not in place and clause not in groups:
                _fail(f"axes {code} clauses")
            below += [place[clause]] if clause in place else groups[clause]
        if len(set(below)) != len(below) or taken & set(below):
            _fail(f"axes {code} leaf twice")
        taken |= set(below)
        axes.append(Axis(code, tuple(sorted(below)), weight))
    if len({axis.weight is None for axis in axes}) > 1:
        _fail("axes weight")
    if any(leaf.points > 0 and at not in taken for at, leaf in enumerate(leaves)):
        _fail("axes leaf in none")
    return tuple(axes)
