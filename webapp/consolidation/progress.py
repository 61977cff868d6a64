"""Who is where and what is still on tablets: per visit and person, from parts, heads and what the devices last reported.

A device reports its unsent work as one count (`held` of the last push), not per visit: it is said of the person, never of a site.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sync import store
from webapp.consolidation import rules
from webapp.consolidation.standing import Standing, visitors_of
from webapp.planning.models import Visit
from webapp.sync_host import connection
from webapp.texts import ZONE


@dataclass(frozen=True, kw_only=True)
class Tablet:
    """What a person's devices said last. `operations` and `photos` were unsent then; `seen_at` None: never in contact."""

    person: str
    names: tuple[str, ...]
    seen_at: datetime | None
    operations: int
    photos: int

    @property
    def held(self) -> int:
        return self.operations + self.photos


@dataclass(frozen=True, kw_only=True)
class PartProgress:
    """One person's part of one visit. `mine`: clauses this person answered; `missing`: photos of theirs whose bytes are not here.

    `returned`: the clauses of this round where not all were returned; `left`: clause and reason of their last submission.
    """

    visit: Visit
    person: str
    state: str
    round: int
    note: str | None
    mine: int
    missing: int
    checked_in_at: datetime | None
    returned: tuple[str, ...]
    left: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class VisitProgress:
    visit: Visit
    answered: int
    asked: int
    parts: tuple[PartProgress, ...]

    @property
    def submitted(self) -> bool:
        """Nothing more is awaited here: each part is submitted, or closed by the lead."""
        return bool(self.parts) and all(part.state != "open" for part in self.parts)

    @property
    def closed(self) -> bool:
        """Complete only because the lead waits no longer for somebody."""
        return self.submitted and any(part.state == "closed" for part in self.parts)


@dataclass(frozen=True, kw_only=True)
class PersonProgress:
    """One person over all visits: what their tablet holds, and their parts, the unfinished ones first."""

    person: str
    tablet: Tablet
    parts: tuple[tuple[VisitProgress, PartProgress], ...]

    @property
    def submitted(self) -> int:
        return sum(part.state != "open" for _, part in self.parts)

    @property
    def closed(self) -> int:
        return sum(part.state == "closed" for _, part in self.parts)

    @property
    def missing(self) -> int:
        return sum(part.missing for _, part in self.parts)

    @property
    def settled(self) -> bool:
        """Nothing more is awaited of this person."""
        return not self.tablet.held and not self.missing and self.submitted == len(self.parts)


def by_person(visits: Sequence[VisitProgress], contact: dict[str, Tablet]) -> list[PersonProgress]:
    """Everybody who goes, whoever something is awaited of first."""
    found = []
    for person in {part.person for visit in visits for part in visit.parts}:
        parts = [(visit, part) for visit in visits for part in visit.parts if part.person == person]
        parts.sort(key=lambda each: (each[1].state != "open", not each[1].missing))
        found.append(PersonProgress(person=person, tablet=contact[person], parts=tuple(parts)))
    return sorted(found, key=lambda each: (each.settled, each.person))


def progress(stands: Standing) -> list[VisitProgress]:
    """Every visit that counts, in the order of days."""
    return progress_of([stands])[stands.evaluation.id]


def progress_of(standings: Sequence[Standing]) -> dict[str, list[VisitProgress]]:
    """Evaluation → its visits, in as many queries as for one."""
    counted = [visit.id for stands in standings for visit in stands.input.visits]
    if not counted:
        return {stands.evaluation.id: [] for stands in standings}
    going = visitors_of(counted)
    return {
        stands.evaluation.id: [_visit(stands, visit, going.get(visit.id, [])) for visit in stands.input.visits]
        for stands in standings
    }


def tablets(tenant: str, people: Sequence[str]) -> dict[str, Tablet]:
    """Person → their tablets together; desk devices and revoked ones left out."""
    found: dict[str, list[store.DeviceRow]] = {person: [] for person in people}
    for device in store.devices(connection(), tenant=tenant, people=list(people)):
        if not device.desk and device.revoked_at is None:
            found[device.person].append(device)
    return {person: _tablet(person, devices) for person, devices in found.items()}


def _tablet(person: str, devices: list[store.DeviceRow]) -> Tablet:
    held: list[dict[str, Any]] = [device.held for device in devices if isinstance(device.held, dict)]
    return Tablet(
        person=person,
        names=tuple(device.name for device in devices),
        seen_at=max((datetime.fromisoformat(device.seen_at) for device in devices), default=None),
        operations=sum(_count(each.get("operations")) for each in held),
        photos=sum(_count(each.get("photos")) for each in held),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _visit(stands: Standing, facts: rules.VisitFacts, going: list[str]) -> VisitProgress:
    visit, heads = stands.visits[facts.id], stands.heads[facts.id]
    missing = {uuid for at, uuid in stands.missing if at == facts.id}
    site = next(each for each in stands.input.sites if each["id"] == facts.site)
    expected = set(stands.checklists.of(site, facts.modes))
    authors: dict[str, set[str]] = {}
    answered = set()
    for clause, _, standing in rules.results_of(heads):
        for head in standing:
            if head.value is not None:
                answered.add(clause)
                authors.setdefault(head.person, set()).add(clause)
    photographers = {
        uuid: {head.person for head in fields.get("sha256", ())}
        for uuid, fields in rules.records(heads, "evidence").items()
    }
    parts = {part.person: part for part in stands.parts[facts.id]}
    people = sorted({*going, *parts}, key=stands.name)
    return VisitProgress(
        visit=visit,
        answered=len(answered & expected),
        asked=len(expected),
        parts=tuple(
            PartProgress(
                visit=visit,
                person=person,
                state=part.state if (part := parts.get(person)) else "open",
                round=part.round if part else 1,
                note=part.note if part else None,
                mine=len(authors.get(person, ())),
                missing=sum(person in photographers.get(uuid, ()) for uuid in missing),
                checked_in_at=_checked_in(heads.get("visit//check_in", ()), person),
                returned=tuple(part.clauses or ()) if part else (),
                left=_left(heads, person),
            )
            for person in people
        ),
    )


def _left(heads: Mapping[str, Sequence[rules.HeadLike]], person: str) -> tuple[tuple[str, str], ...]:
    """What the person's latest submission named, in the order it came."""
    rounds = {
        int(rest.rpartition("/")[2]): fields.get("done", ())
        for rest, fields in rules.records(heads, "submission").items()
        if rest.partition("/")[0] == person and rest.rpartition("/")[2].isdecimal()
    }
    done = next((head.value for head in rounds[max(rounds)]), None) if rounds else None
    left = done.get("left") if isinstance(done, dict) else None
    return tuple(left.items()) if isinstance(left, dict) else ()


def _checked_in(heads: Sequence[rules.HeadLike], person: str) -> datetime | None:
    """By the person's own check-in, as their device's clock said."""
    for head in heads:
        if head.person == person and head.value is not None:
            try:
                at = datetime.fromisoformat(head.at)
                return at.astimezone(ZONE).astimezone(UTC)  # a day that no zone can show is none
            except (ValueError, OverflowError):
                return None
    return None
