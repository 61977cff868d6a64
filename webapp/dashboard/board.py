"""The dashboard's figures: every evaluation loaded together, without mystery visits that are not released, in a constant number of queries.

What a tablet still holds is one count per device. Of people who also have such a mystery visit it is not shown at all: it could tell of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from webapp.clients.models import Site
from webapp.consolidation import matrix, standing
from webapp.consolidation.matrix import Cell, Matrix, Row, State
from webapp.consolidation.progress import Tablet, VisitProgress, progress_of, tablets
from webapp.consolidation.rules import JsonObject
from webapp.consolidation.standing import Standing
from webapp.dashboard import rules
from webapp.dashboard.rules import Pooled, Stay, Stuck
from webapp.db import now
from webapp.evaluations import acts as evaluations
from webapp.planning.models import Visit, VisitKind, Visitor
from webapp.rules import Actor
from webapp.texts import ZONE

WEAK_CLAUSES, WEAK_OUTLETS, LISTED = 8, 6, 5


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One evaluation on the board."""

    stands: Standing
    laid: Matrix
    visits: tuple[VisitProgress, ...]
    fresh_at: datetime | None
    outlets: int
    visited: int


@dataclass(frozen=True, kw_only=True)
class OnSite:
    """Somebody who is out there today. `held` None: not reported."""

    entry: Entry
    visit: VisitProgress
    person: str
    since: datetime | None
    held: int | None
    seen_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Outlet:
    entry: Entry
    site: Site
    worst: Row | None


@dataclass(frozen=True, kw_only=True)
class Coming:
    entry: Entry
    site: Site
    on: date
    people: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Board:
    at: datetime
    entries: tuple[Entry, ...]
    on_site: list[OnSite]
    stuck: list[Stuck]
    coming: list[Coming]
    clauses: list[Pooled]
    titles: dict[tuple[str, str], JsonObject]
    outlets: list[Outlet]
    all_outlets: int
    held: int
    holders: int
    oldest_contact: datetime | None

    @property
    def ranked(self) -> bool:
        """Fewer outlets than this are shown, not ranked."""
        return self.all_outlets >= rules.FEWEST_RANKED

    @property
    def levels(self) -> list[tuple[JsonObject, int]]:
        """Levels that are decided by a complete score, highest first."""
        counted: Counter[str] = Counter()
        titles: dict[str, JsonObject] = {}
        for entry in self.entries:
            for level in entry.stands.scheme["levels"]:
                titles.setdefault(level["code"], level)
            if entry.stands.score["complete"] and entry.stands.score["level"]:
                counted[entry.stands.score["level"]] += 1
        return [(level, counted[code]) for code, level in titles.items() if counted[code]]


def board(actor: Actor) -> Board:
    """All evaluations that this person may read and that are not closed."""
    rows = [each for each in evaluations.readable_by(actor) if each.closed_on is None]
    at = now()
    today = at.astimezone(ZONE).date()
    standings = standing.load_all(rows, include_mystery={each.id: False for each in rows})
    visits = progress_of(standings)
    people = sorted({part.person for found in visits.values() for visit in found for part in visit.parts})
    contact = tablets(actor.tenant, people) if people else {}
    secret = _on_secret_visits()
    entries = [_entry(stands, visits[stands.evaluation.id], contact) for stands in standings]
    on_site = [one for entry in entries for one in _on_site(entry, contact, secret, today)]
    every = _outlets(entries)
    holding = [contact[person] for person in people if person not in secret and contact[person].held]
    return Board(
        at=at,
        entries=tuple(sorted(entries, key=_score_order)),
        on_site=sorted(on_site, key=lambda one: (one.since is None, one.since or at, one.person)),
        stuck=rules.longest_first(each for entry in entries for each in _stuck(entry, today)),
        coming=sorted(
            (each for entry in entries for each in _coming(entry, today)), key=lambda each: (each.on, each.site.name)
        ),
        clauses=rules.weakest(_pooled(entries), most=WEAK_CLAUSES),
        titles={(e.stands.version.code, code): clause for e in entries for code, clause in e.stands.clauses.items()},
        outlets=every[:WEAK_OUTLETS]
        if len(every) >= rules.FEWEST_RANKED
        else sorted(every, key=lambda each: each.site.name),
        all_outlets=len(every),
        held=sum(tablet.held for tablet in holding),
        holders=len(holding),
        oldest_contact=min((tablet.seen_at for tablet in holding if tablet.seen_at), default=None),
    )


def _on_secret_visits() -> set[str]:
    """People with a mystery visit that is not released: what their tablets hold is nobody's here."""
    query = select(Visitor.person).join(Visit, (Visit.tenant == Visitor.tenant) & (Visit.id == Visitor.visit))
    return set(
        standing.rows(
            query.where(Visit.kind == VisitKind.mystery, Visit.released_at.is_(None), Visit.cancelled_at.is_(None))
        )
    )


def _entry(stands: Standing, visits: Sequence[VisitProgress], contact: dict[str, Tablet]) -> Entry:
    been = {visit.visit.site for visit in visits if visit.answered}
    outlets = [site["id"] for site in stands.input.sites if site["kind"] != "hq"]
    people = {part.person for visit in visits for part in visit.parts}
    return Entry(
        stands=stands,
        laid=stands.matrix(matrix.Show.losing),
        visits=tuple(visits),
        fresh_at=rules.freshness(contact[person].seen_at for person in people if person in contact),
        outlets=len(outlets),
        visited=sum(site in been for site in outlets),
    )


def _on_site(entry: Entry, contact: dict[str, Tablet], secret: set[str], today: date) -> list[OnSite]:
    found = []
    for visit in entry.visits:
        if not visit.visit.from_on <= today <= visit.visit.to_on:
            continue
        for part in visit.parts:
            if part.state == "open":
                tablet = contact[part.person]
                told = tablet.seen_at is not None and part.person not in secret
                found.append(
                    OnSite(
                        entry=entry,
                        visit=visit,
                        person=part.person,
                        since=part.checked_in_at,
                        held=tablet.held if told else None,
                        seen_at=tablet.seen_at if told else None,
                    )
                )
    return found


def _stuck(entry: Entry, today: date) -> list[Stuck]:
    stands = entry.stands
    planned = {visit.visit.site for visit in entry.visits}
    stays = [
        Stay(
            site=visit.visit.site,
            from_on=visit.visit.from_on,
            to_on=visit.visit.to_on,
            people=tuple(part.person for part in visit.parts),
            open_people=tuple(part.person for part in visit.parts if part.state == "open"),
            submitted=visit.submitted,
        )
        for visit in entry.visits
    ]
    return rules.stuck(
        evaluation=stands.evaluation.id,
        client=stands.client.name,
        lead=stands.evaluation.lead,
        frozen=stands.evaluation.frozen,
        created_on=stands.evaluation.created_at.astimezone(ZONE).date(),
        drawn=bool(entry.outlets) or not stands.outlets,
        unvisited=sum(site["id"] not in planned for site in stands.input.sites),
        stays=stays,
        disputes=len(stands.disputes),
        today=today,
    )


def _coming(entry: Entry, today: date) -> list[Coming]:
    return [
        Coming(
            entry=entry,
            site=entry.stands.sites[visit.visit.site],
            on=visit.visit.from_on,
            people=tuple(part.person for part in visit.parts),
        )
        for visit in entry.visits
        if visit.visit.from_on > today and not visit.submitted and not entry.stands.evaluation.frozen
    ]


def _pooled(entries: Sequence[Entry]) -> list[Pooled]:
    """Samples count by themselves; a clause that is met or not counts its sites."""
    failing: Counter[tuple[str, str]] = Counter()
    checked: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        for row in entry.laid.rows:
            key = entry.stands.version.code, row.code
            for cell in row.cells.values():
                bad, all_ = _judged(cell)
                failing[key] += bad
                checked[key] += all_
    return [
        Pooled(scheme=scheme, code=code, failing=failing[scheme, code], checked=n)
        for (scheme, code), n in checked.items()
        if n
    ]


def _judged(cell: Cell) -> tuple[int, int]:
    if cell.state is not State.answered:
        return 0, 0
    return (cell.failing, cell.checked) if cell.checked else (int(bool(cell.loss)), 1)


def _outlets(entries: Sequence[Entry]) -> list[Outlet]:
    """Visited outlets with a figure of their own, the lowest first."""
    found = []
    for entry in entries:
        answered = {each["site"] for each in entry.stands.input.results if not each.get("open")}
        for site in entry.laid.outlets:
            if site in answered and entry.stands.own[site]["bounds"][0] is not None:
                losing = [
                    row for row in entry.laid.rows if (cell := row.cells[site]).state is State.answered and cell.loss
                ]
                worst = max(losing, key=lambda row: (row.cells[site].loss or 0) * row.points, default=None)
                found.append(Outlet(entry=entry, site=entry.stands.sites[site], worst=worst))
    return sorted(found, key=lambda each: (matrix.standing_of(each.entry.stands.own[each.site.id]), each.site.name))


def _score_order(entry: Entry) -> tuple[bool, tuple[bool, object]]:
    low = matrix.standing_of(entry.stands.score)
    return not entry.stands.score["complete"], (low[0], -low[1])
