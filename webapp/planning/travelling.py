"""What travels to tablets: the set rows of sync.md for an evaluation, written in the transaction of the act that changed them.

Only this module writes rows of the sets evaluations, schemes, sites, people and visits. The open part of an evaluation goes into the
stream `e:<evaluation>`, each mystery visit into `m:<visit>` with copies of its own, so that nothing of it is told elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from sync import store
from webapp.accounts.models import Person
from webapp.clients.models import Client, Site, SiteKind
from webapp.clients.places import wgs84
from webapp.db import db
from webapp.evaluations.models import Evaluation, Member
from webapp.planning.models import PlanEntry, Visit, VisitKind, Visitor
from webapp.schemes import acts as schemes
from webapp.sync_host import connection, refusals

ZONE = "+08:00"  # the body's wall clock, as it travels


def stream_of(visit: Visit) -> str:
    return f"m:{visit.id}" if visit.kind is VisitKind.mystery else f"e:{visit.evaluation}"


def publish_evaluation(evaluation: Evaluation) -> None:
    """Write every set row of the evaluation anew, visits included; a row that has not changed is not sent again."""
    db.session.flush()
    visits = list(db.session.scalars(select(Visit).where(Visit.evaluation == evaluation.id).order_by(Visit.id)))
    going = _going([visit.id for visit in visits])
    team = list(
        db.session.scalars(select(Member.person).where(Member.evaluation == evaluation.id).order_by(Member.person))
    )
    sites = {site.id: site for site in _sites(evaluation, visits)}
    row = _evaluation_row(evaluation, team)
    scheme = schemes.scheme_version(id=evaluation.scheme_version)
    opened = [visit for visit in visits if visit.kind is VisitKind.open]
    wanted = {visit.site for visit in opened if visit.cancelled_at is None}
    wanted |= {site.id for site in sites.values() if site.kind is SiteKind.hq}
    people = {evaluation.lead, *team, *(person for visit in opened for person in going[visit.id])}
    stays = {visit.id: _visit_row(visit, scheme.sha256) for visit in visits if visit.cancelled_at is None}
    for stream in [
        f"e:{evaluation.id}",
        *sorted(stream_of(visit) for visit in visits if visit.kind is VisitKind.mystery),
    ]:
        mine = [visit for visit in visits if stream_of(visit) == stream]
        told = wanted if stream.startswith("e:") else {visit.site for visit in mine}
        known = (
            people
            if stream.startswith("e:")
            else {evaluation.lead, *(person for visit in mine for person in going[visit.id])}
        )
        _put(evaluation.tenant, stream, "evaluations", {evaluation.id: row})
        _put(evaluation.tenant, stream, "schemes", {scheme.sha256: {"scheme": schemes.body_of(scheme)}})
        _put(evaluation.tenant, stream, "people", {person.id: {"name": person.name} for person in _people(known)})
        shown = {
            site: _site_row(sites[site], evaluation) if site in told else None
            for site in sorted({*told, *(v.site for v in mine)})
        }
        _put(evaluation.tenant, stream, "sites", shown)
        for visit in mine:
            _put_visit(visit, stays.get(visit.id), going[visit.id])


def _put(tenant: str, stream: str, kind: str, rows: Mapping[str, Mapping[str, object] | None]) -> None:
    for id, row in rows.items():
        store.put_row(
            connection(), tenant=tenant, stream=stream, set=kind, id=id, row=None if row is None else {"id": id, **row}
        )


def _put_visit(visit: Visit, row: Mapping[str, object] | None, people: Sequence[str]) -> None:
    """The visit's row and a part for each who goes; Problem `part-submitted` when somebody taken off has already submitted."""
    tenant, known = visit.tenant, store.visit_row(connection(), tenant=visit.tenant, visit=visit.id)
    if row is None:
        if known is not None:
            store.remove_visit(connection(), tenant=tenant, visit=visit.id)
        return
    store.put_visit(connection(), tenant=tenant, stream=stream_of(visit), row=row)
    with refusals():
        held = store.parts(connection(), tenant=tenant, visits=[visit.id])[visit.id]
        for part in held:
            if part.person not in people:
                store.drop_part(connection(), tenant=tenant, visit=visit.id, person=part.person)
        for person in people:
            store.open_part(connection(), tenant=tenant, visit=visit.id, person=person)


def _evaluation_row(evaluation: Evaluation, team: Sequence[str]) -> dict[str, object]:
    client = db.session.scalar(select(Client).where(Client.id == evaluation.client))
    scheme = schemes.scheme_version(id=evaluation.scheme_version)
    return {
        "number": evaluation.number,
        "client": evaluation.client,
        "client_name": client.name if client else "",
        "kind": evaluation.kind.value,
        "scheme": scheme.sha256,
        "lead": evaluation.lead,
        "team": list(team),
        "modes": list(evaluation.modes),
        "version": evaluation.version,
        "frozen": evaluation.frozen,
        "closed": evaluation.closed_on.isoformat() if evaluation.closed_on else None,
    }


def _site_row(site: Site, evaluation: Evaluation) -> dict[str, object]:
    """`place.lat` and `lon` are GPS degrees for the distance to the door; what was entered stands beside them with its datum."""
    place: dict[str, object] = {"province": site.province, "city": site.city, "address": site.address}
    if (point := wgs84(site.lat, site.lon, site.datum)) is not None:
        place |= {"lat": f"{point.lat:.6f}", "lon": f"{point.lon:.6f}"}
        place["entered"] = {"lat": site.lat, "lon": site.lon, "datum": site.datum.value if site.datum else None}
    return {
        "evaluation": evaluation.id,
        "code": site.code,
        "kind": site.kind.value,
        "type": site.type or None,
        "name": site.name,
        "place": place,
        "contact": site.contact,
        "phone": site.phone,
    }


def _visit_row(visit: Visit, scheme: str) -> dict[str, object]:
    entries = db.session.scalars(
        select(PlanEntry).where(PlanEntry.visit == visit.id).order_by(PlanEntry.starts, PlanEntry.id)
    )
    return {
        "id": visit.id,
        "evaluation": visit.evaluation,
        "site": visit.site,
        "scheme": scheme,
        "kind": visit.kind.value,
        "modes": list(visit.modes),
        "from_on": visit.from_on.isoformat(),
        "to_on": visit.to_on.isoformat(),
        "purpose": visit.purpose,
        "plan": [
            {
                "person": entry.person,
                "clauses": list(entry.clauses),
                "department": entry.department,
                "from": entry.starts + ZONE,
                "to": entry.ends + ZONE,
            }
            for entry in entries
        ],
    }


def _sites(evaluation: Evaluation, visits: Sequence[Visit]) -> Iterable[Site]:
    """The HQ and every site that has or had a visit."""
    query = select(Site).where(Site.client == evaluation.client)
    return db.session.scalars(query.where((Site.kind == SiteKind.hq) | Site.id.in_([visit.site for visit in visits])))


def _people(ids: Iterable[str]) -> Iterable[Person]:
    return db.session.scalars(select(Person).where(Person.id.in_(list(ids))).order_by(Person.id))


def _going(visits: Sequence[str]) -> dict[str, list[str]]:
    going: dict[str, list[str]] = {visit: [] for visit in visits}
    for row in db.session.scalars(select(Visitor).where(Visitor.visit.in_(visits)).order_by(Visitor.person)):
        going[row.visit].append(row.person)
    return going
