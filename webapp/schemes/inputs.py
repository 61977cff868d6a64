"""What is scored: sites, results, specials, overrides, levels held; checked in the order of the contract's errors.

Here lives the filing of results into registers: who is asked (rule 1), whether an exclusion is allowed (rule 2).
Nothing is half read: of all errors the first in the contract's list is raised. Never here: a loss, a sum.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from webapp.schemes.leaf import VALUE_KEYS, Given, Leaf, Value
from webapp.schemes.numbers import ONE, decimal, integer, share
from webapp.schemes.reading import Scheme, ScoringError, read_scheme

ERRORS = (
    "input-invalid",
    "scheme-invalid",
    "site-invalid",
    "site-unknown",
    "clause-unknown",
    "checkpoint-unknown",
    "value-invalid",
    "special-unknown",
    "override-invalid",
)

Row = Mapping[str, object]
Contents = Value | frozenset[Value]
"""What a register holds: one value, or the different values of a dispute."""
Register = dict[tuple[int, str], Contents]
"""The registers of one clause or checkpoint, by the place of the site and the visit."""


@dataclass(frozen=True, slots=True)
class Site:
    """`weight` is scaled to an integer: weights are only ever compared with each other."""

    id: str
    kind: str
    type: str | None
    weight: int
    modes: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Filed:
    """One clause: who is asked, in the order of the sites, and its registers (one per checkpoint, or just one)."""

    leaf: Leaf
    asked: Sequence[int]
    registers: list[Register]


@dataclass(frozen=True, slots=True)
class Inputs:
    scheme: Scheme
    sites: list[Site]
    filed: list[Filed]
    deductions: int
    bonuses: int
    overrides: Mapping[int, Fraction]
    held: Mapping[str, int]
    warnings: set[str]


def read_inputs(
    scheme: object, *, sites: object, results: object, specials: object, overrides: object, held: object
) -> Inputs:
    """Everything read and filed, or ScoringError with the first code of `ERRORS` that applies."""
    site_rows, result_rows = _rows(sites), _rows(results)
    special_rows = _rows(specials if specials is not None else ())
    override_rows = _rows(overrides if overrides is not None else ())
    months = _held(held)
    read = read_scheme(scheme)
    where = _sites(site_rows)
    filed = _asked(read, where)
    warnings: set[str] = set()
    faults = [_file(read, filed, where, result_rows, warnings)]
    counts: dict[str, set[str]] = {"deduction": set(), "bonus": set()}
    faults += [_special(read, row, counts) for row in special_rows]
    losses: dict[int, Fraction] = {}
    faults += [_override(read, row, losses) for row in override_rows]
    first = min(fault for fault in faults)
    if first < len(ERRORS):
        raise ScoringError(ERRORS[first])
    return Inputs(
        scheme=read,
        sites=where,
        filed=filed,
        deductions=len(counts["deduction"]),
        bonuses=min(len(counts["bonus"]), read.most_bonuses),
        overrides=losses,
        held=months,
        warnings=warnings,
    )


def plain_exclusion(row: Row) -> bool:
    """Whether the row says that the clause is excluded, and nothing else."""
    return row.get("excluded") is True and all(row[key] is None for key in row.keys() & VALUE_KEYS - {"excluded"})


_NONE = len(ERRORS)
_SITE, _CLAUSE, _CHECKPOINT, _VALUE, _SPECIAL, _OVERRIDE = range(3, len(ERRORS))


def _rows(raw: object) -> Sequence[Row]:
    if not isinstance(raw, list | tuple) or not all(isinstance(row, Mapping) for row in raw):
        raise ScoringError("input-invalid")
    return raw


def _held(raw: object) -> dict[str, int]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise ScoringError("input-invalid")
    held: dict[str, int] = {}
    for level, value in raw.items():
        months = integer(value)
        if value is not None and (months is None or months < 0):
            raise ScoringError("input-invalid")
        held[level] = months or 0
    return held


def _sites(rows: Sequence[Row]) -> list[Site]:
    read: list[tuple[str, str, str | None, Fraction, frozenset[str] | None]] = []
    for row in rows:
        id, kind, type, modes = row.get("id"), row.get("kind"), row.get("type"), row.get("modes")
        weight = decimal(row["weight"]) if row.get("weight") is not None else ONE
        if not isinstance(id, str) or not id or not isinstance(kind, str) or kind not in ("hq", "outlet"):
            raise ScoringError("site-invalid")
        if (type is not None and not isinstance(type, str)) or weight is None or weight <= 0:
            raise ScoringError("site-invalid")
        if modes is not None and not (isinstance(modes, list) and all(isinstance(mode, str) for mode in modes)):
            raise ScoringError("site-invalid")
        read.append((id, kind, type, weight, frozenset(modes) if isinstance(modes, list) else None))
    if len({id for id, *_ in read}) != len(read):
        raise ScoringError("site-invalid")
    scale = lcm(*{weight.denominator for *_, weight, _ in read})
    return [Site(id, kind, type, int(weight * scale), modes) for id, kind, type, weight, modes in read]


def _asked(scheme: Scheme, sites: list[Site]) -> list[Filed]:
    """Rule 1 for every clause. Sites of the same kind, type and modes are asked alike."""
    profiles: dict[tuple[str, str | None, frozenset[str] | None], list[int]] = {}
    for at, site in enumerate(sites):
        profiles.setdefault((site.kind, site.type, site.modes), []).append(at)
    filed = []
    for leaf in scheme.leaves:
        asked: list[int] = []
        for (kind, type, modes), places in profiles.items():
            if leaf.asks(kind=kind, type=type, modes=modes):
                asked += places
        filed.append(Filed(leaf, sorted(asked), [{} for _ in leaf.checkpoints or (leaf,)]))
    return filed


def _file(scheme: Scheme, filed: list[Filed], sites: list[Site], results: Sequence[Row], warnings: set[str]) -> int:
    """Every result into its register; the first fault, as its place among the errors."""
    first = _NONE
    site_places = {site.id: at for at, site in enumerate(sites)}
    clause_places = scheme.place
    asked = [frozenset(clause.asked) for clause in filed]
    for row in results:
        site, code, visit = row.get("site"), row.get("clause"), row.get("visit", "")
        at = site_places.get(site) if isinstance(site, str) else None
        if at is None:
            first = min(first, _SITE)
            continue
        place = clause_places.get(code) if isinstance(code, str) else None
        if place is None:
            first = min(first, _CLAUSE)
            continue
        clause = filed[place]
        slots = clause.registers
        leaf = clause.leaf
        checkpoint = row.get("checkpoint")
        value: Value | None
        if not leaf.checkpoints and checkpoint is None:
            value = leaf.reader.read(row)
        else:
            chosen = _slot(leaf, checkpoint, row)
            if chosen is None:
                first = min(first, _CHECKPOINT)
                continue
            if chosen >= 0:
                slots = [slots[chosen]]
                value = leaf.checkpoints[chosen].reader.read(row)
            else:
                value = Given.EXCLUDED
        if visit is None:
            visit = ""
        if value is None or not isinstance(visit, str):
            first = min(first, _VALUE)
            continue
        if at not in asked[place]:
            warnings.add(f"not-asked {code} {site}")
        elif value is Given.EXCLUDED and not leaf.exclusion:
            warnings.add(f"exclusion-forbidden {code} {site}")
        else:
            for register in slots:
                there = register.setdefault((at, visit), value)
                if there is not value:
                    rivals = there if isinstance(there, frozenset) else frozenset((there,))
                    register[at, visit] = rivals | {value}
    return first


def _slot(leaf: Leaf, checkpoint: object, row: Row) -> int | None:
    """The place of the checkpoint; -1 for a plain exclusion of them all; None where none or another is due."""
    if checkpoint is None:
        return -1 if plain_exclusion(row) else None
    for at, point in enumerate(leaf.checkpoints):
        if point.code == checkpoint:
            return at
    return None


def _special(scheme: Scheme, row: Row, counts: dict[str, set[str]]) -> int:
    kind, id = row.get("kind"), row.get("id")
    known = (kind == "deduction" and scheme.deduction is not None) or (kind == "bonus" and scheme.bonus is not None)
    if not known or not isinstance(kind, str) or not isinstance(id, str) or not id:
        return _SPECIAL
    counts[kind].add(id)
    return _NONE


def _override(scheme: Scheme, row: Row, losses: dict[int, Fraction]) -> int:
    code = row.get("clause")
    place = scheme.place.get(code) if isinstance(code, str) else None
    if place is None:
        return _CLAUSE
    loss = share(row.get("loss"))
    if loss is None or not scheme.leaves[place].scored or losses.setdefault(place, loss) != loss:
        return _OVERRIDE
    return _NONE
