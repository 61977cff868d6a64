"""Who could go: reviewers nearest to a site first, with their free days and what collides.

Reads only. Shown to planners alone, since conflicts name mystery visits too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from webapp.accounts import acts as accounts
from webapp.accounts.models import Person
from webapp.clients.models import Site
from webapp.clients.places import Point, metres, read_position, wgs84
from webapp.db import db
from webapp.evaluations.rules import GOES_ON_SITE
from webapp.planning import rules
from webapp.planning.models import Absence, Visit, Visitor
from webapp.planning.rules import Busy


@dataclass(frozen=True)
class Candidate:
    """`starts_from` is the site of the visit just before, or None for the home city; `km` None: no position on one side."""

    person: Person
    km: int | None
    starts_from: str | None
    free: int
    days: int
    conflicts: tuple[Busy, ...]


def candidates(site: Site, from_on: date, to_on: date, *, except_visit: str | None = None) -> list[Candidate]:
    """Everybody who goes on site, nearest first; without a known distance at the end."""
    people, there = accounts.people_with(*GOES_ON_SITE), wgs84(site.lat, site.lon, site.datum)
    stays = _stays([person.id for person in people], except_visit)
    away = _away([person.id for person in people])
    made = []
    for person in people:
        own = stays.get(person.id, [])
        busy = [Busy(visit.from_on, visit.to_on, place.name) for visit, place in own] + away.get(person.id, [])
        before = max(
            ((visit, place) for visit, place in own if rules.stays_near(from_on, visit.to_on)),
            key=lambda stay: stay[0].to_on,
            default=None,
        )
        start = wgs84(before[1].lat, before[1].lon, before[1].datum) if before else None
        here = start or home_of(person)
        km = None if here is None or there is None else round(metres(here, there) / 1000)
        made.append(
            Candidate(
                person,
                km,
                before[1].name if before and start else None,
                rules.free_days(from_on, to_on, busy),
                (to_on - from_on).days + 1,
                tuple(rules.conflicts(from_on, to_on, busy)),
            )
        )
    return sorted(made, key=lambda one: (one.km is None, one.km or 0, one.person.name))


def home_of(person: Person) -> Point | None:
    read = read_position(person.position or "")
    return None if read is None else wgs84(read.lat, read.lon, read.datum)


def absences() -> list[tuple[Absence, Person]]:
    """All days away from the last ones on, latest first."""
    query = select(Absence, Person).join(Person, (Person.tenant == Absence.tenant) & (Person.id == Absence.person))
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(Absence.from_on.desc(), Absence.id))]


def _stays(people: Iterable[str], except_visit: str | None) -> dict[str, list[tuple[Visit, Site]]]:
    query = (
        select(Visitor.person, Visit, Site)
        .join(Visit, (Visit.tenant == Visitor.tenant) & (Visit.id == Visitor.visit))
        .join(Site, (Site.tenant == Visit.tenant) & (Site.id == Visit.site))
        .where(Visitor.person.in_(list(people)), Visit.cancelled_at.is_(None))
    )
    found: dict[str, list[tuple[Visit, Site]]] = {}
    for person, visit, site in db.session.execute(query):
        if visit.id != except_visit:
            found.setdefault(person, []).append((visit, site))
    return found


def _away(people: Iterable[str]) -> dict[str, list[Busy]]:
    found: dict[str, list[Busy]] = {}
    for row in db.session.scalars(select(Absence).where(Absence.person.in_(list(people)))):
        found.setdefault(row.person, []).append(Busy(row.from_on, row.to_on))
    return found
