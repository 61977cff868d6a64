"""From what sync keeps to what the scorer reads: "From sync" and "From visits to a score" of the scoring contract. Pure.

Never here: adding up points (schemes/scoring.py), merging operations (sync/merge.py), words for people.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from sync import catalogue
from webapp.schemes.rules import checklist

JsonObject = dict[str, Any]


class HeadLike(Protocol):
    """One standing opinion of a register, as `sync.store.heads` gives it. `reason` is that of a settlement."""

    @property
    def op(self) -> str: ...
    @property
    def person(self) -> str: ...
    @property
    def at(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def reason(self) -> str | None: ...


Heads = Mapping[str, Mapping[str, Sequence[HeadLike]]]


@dataclass(frozen=True, kw_only=True)
class SiteFacts:
    """A site of the sample, or the HQ. `only_mystery`: drawn for mystery visits alone."""

    id: str
    kind: str
    type: str | None = None
    only_mystery: bool = False


@dataclass(frozen=True, kw_only=True)
class VisitFacts:
    """A visit as scoring needs it. `verifies`: it only verifies rectification."""

    id: str
    site: str
    modes: tuple[str, ...] = ()
    mystery: bool = False
    released: bool = False
    cancelled: bool = False
    verifies: bool = False
    submitted: bool = False


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """One of the different values of a register, with everybody who holds it."""

    value: Any
    heads: tuple[HeadLike, ...]


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """A register of policy `one` with its different values; `name` as sync names it, `heads` with those taken back."""

    visit: str
    name: str
    opinions: tuple[Opinion, ...]
    heads: tuple[HeadLike, ...]

    @property
    def disputed(self) -> bool:
        return len(self.opinions) > 1

    @property
    def clause(self) -> str | None:
        """Of a result; None for a field of a finding, special or evidence record."""
        record, rest, _ = split(self.name)
        return rest.partition("/")[0] if record == "result" else None

    @property
    def ops(self) -> list[str]:
        """Ids of all heads, in order: what a settlement must have seen, answers taken back too."""
        return sorted(head.op for head in self.heads)


class Checklists:
    """The checklists of one scheme, each worked out once."""

    def __init__(self, scheme: JsonObject) -> None:
        self.scheme = scheme
        self._known: dict[tuple[str, str | None, tuple[str, ...]], list[str]] = {}

    def of(self, site: JsonObject, modes: tuple[str, ...]) -> list[str]:
        """The clauses of a visit with these modes at this site, in the order of the scheme."""
        key = (site["kind"], site.get("type"), modes)
        if key not in self._known:
            self._known[key] = checklist(self.scheme, site, modes)
        return self._known[key]


@dataclass(frozen=True, kw_only=True)
class Input:
    """What the scorer is given, and the visits it came from."""

    sites: list[JsonObject]
    results: list[JsonObject]
    specials: list[JsonObject]
    visits: tuple[VisitFacts, ...]


def split(name: str) -> tuple[str, str, str]:
    """`result/5.1.1.1/a/value` → record, rest, field."""
    record, _, rest = name.partition("/")
    rest, _, field = rest.rpartition("/")
    return record, rest, field


def same(value: Any) -> str:
    """A key that is equal for equal values (their canonical JSON, for values without floats)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def opinions(heads: Iterable[HeadLike]) -> tuple[Opinion, ...]:
    """The different values, taken-back ones left out, in the order of their first operation."""
    found: dict[str, list[HeadLike]] = {}
    for head in sorted(heads, key=lambda each: each.op):
        if head.value is not None:
            found.setdefault(same(head.value), []).append(head)
    return tuple(Opinion(value=held[0].value, heads=tuple(held)) for held in found.values())


def counted(visits: Iterable[VisitFacts], *, include_mystery: bool) -> tuple[VisitFacts, ...]:
    """The visits whose results count for this reader: not cancelled, more than verification, and known to them."""
    return tuple(
        visit
        for visit in visits
        if not visit.cancelled and not visit.verifies and (include_mystery or visit.released or not visit.mystery)
    )


def scorer_input(
    checklists: Checklists,
    *,
    sites: Iterable[SiteFacts],
    visits: Iterable[VisitFacts],
    heads: Heads,
    mystery_modes: Sequence[str] = (),
    include_mystery: bool = True,
) -> Input:
    """Sites, results and specials for `score`.

    `sites`: the HQ and the sampled outlets that were not replaced; a visit elsewhere is not passed. `mystery_modes`: the letters
    under which an outlet drawn for mystery visits alone is asked until it has a visit.
    """
    heard_of = [
        visit for visit in visits if not visit.verifies and (include_mystery or visit.released or not visit.mystery)
    ]
    known = counted(heard_of, include_mystery=include_mystery)
    passed: dict[str, JsonObject] = {}
    for site in sites:
        if site.only_mystery and not include_mystery and not any(visit.site == site.id for visit in known):
            continue
        if entry := _site(site, heard_of, known, mystery_modes):
            passed[site.id] = entry
    known = tuple(visit for visit in known if visit.site in passed)
    results: list[JsonObject] = []
    specials: list[JsonObject] = []
    for visit in known:
        results += _results(checklists, passed[visit.site], visit, heads.get(visit.id, {}))
        specials += _specials(heads.get(visit.id, {}))
    return Input(sites=list(passed.values()), results=results, specials=specials, visits=known)


def disputes(heads: Heads, visits: Iterable[VisitFacts]) -> list[Dispute]:
    """Every disputed register of these visits, in the order of visits and register names."""
    found = (register(heads, visit.id, name) for visit in visits for name in heads.get(visit.id, {}))
    return [each for each in found if each is not None and each.disputed]


def register(heads: Heads, visit: str, name: str) -> Dispute | None:
    """One register as a settlement sees it, disputed or not; None where nobody has an opinion or none can be settled."""
    standing = heads.get(visit, {}).get(name, ())
    record, _, field = split(name)
    if not standing or catalogue.policy(record, field) != "one" or not (different := opinions(standing)):
        return None
    return Dispute(visit=visit, name=name, opinions=different, heads=tuple(standing))


def results_of(heads: Mapping[str, Sequence[HeadLike]]) -> Iterator[tuple[str, str, Sequence[HeadLike]]]:
    """Clause, checkpoint ("" = none) and heads of each value register of one visit."""
    for name, standing in heads.items():
        record, rest, field = split(name)
        if record == "result" and field == "value":
            clause, _, checkpoint = rest.partition("/")
            yield clause, checkpoint, standing


def special_counts(fields: Mapping[str, Sequence[HeadLike]]) -> list[str]:
    """The kinds ("deduction", "bonus") under which one special counts: none when it is withdrawn by all or repeats another."""
    withdrawn = opinions(fields.get("withdrawn", ()))
    if len(withdrawn) == 1 and withdrawn[0].value is True:
        return []
    if any(head.value is not None and head.reason is not None for head in fields.get("same_as", ())):
        return []
    return [str(opinion.value) for opinion in opinions(fields.get("kind", ()))]


def records(heads: Mapping[str, Sequence[HeadLike]], record: str) -> dict[str, dict[str, Sequence[HeadLike]]]:
    """All records of one kind of a visit: what follows the visit in the key → field → heads."""
    found: dict[str, dict[str, Sequence[HeadLike]]] = {}
    for name, standing in heads.items():
        kind, rest, field = split(name)
        if kind == record:
            found.setdefault(rest, {})[field] = standing
    return found


def months_between(since: date, until: date) -> int:
    """Whole months for which a level has been held."""
    months = (until.year - since.year) * 12 + until.month - since.month
    return max(0, months - (until.day < since.day))


def _site(
    site: SiteFacts, heard_of: Sequence[VisitFacts], known: Sequence[VisitFacts], mystery_modes: Sequence[str]
) -> JsonObject | None:
    entry: JsonObject = {"id": site.id, "kind": site.kind}
    if site.type:
        entry["type"] = site.type
    planned = [visit for visit in heard_of if visit.site == site.id]
    here = [visit for visit in known if visit.site == site.id]
    if here:
        entry["modes"] = sorted({mode for visit in here for mode in visit.modes})
    elif site.kind != "hq" and planned and all(visit.cancelled for visit in planned):
        return None
    elif site.only_mystery and mystery_modes:
        entry["modes"] = sorted(mystery_modes)
    return entry


def _results(
    checklists: Checklists, site: JsonObject, visit: VisitFacts, heads: Mapping[str, Sequence[HeadLike]]
) -> Iterator[JsonObject]:
    clauses = checklists.scheme["clauses"]
    parts = {clause["code"]: [part["code"] for part in clause.get("checkpoints") or ()] for clause in clauses}
    place = {"site": site["id"], "visit": visit.id}
    answered: set[tuple[str, str]] = set()
    owed: set[str] = set() if visit.submitted else set(checklists.of(site, visit.modes))
    for clause, checkpoint, standing in results_of(heads):
        at = place | {"clause": clause} | ({"checkpoint": checkpoint} if checkpoint else {})
        different = opinions(standing)
        for opinion in different:
            yield at | dict(opinion.value)
        if different:
            answered.add((clause, checkpoint))
        elif checkpoint:
            yield at | {"open": True}
        elif standing:
            owed.add(clause)
    for clause in sorted(owed):
        if (clause, "") in answered:  # also a plain exclusion, which answers for every checkpoint
            continue
        for part in parts.get(clause) or ("",):
            if (clause, part) not in answered:
                yield place | {"clause": clause} | ({"checkpoint": part} if part else {}) | {"open": True}


def _specials(heads: Mapping[str, Sequence[HeadLike]]) -> Iterator[JsonObject]:
    for special, fields in records(heads, "special").items():
        for kind in special_counts(fields):
            yield {"kind": kind, "id": special}
