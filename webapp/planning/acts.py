"""Use cases of planning: visits, who goes, the audit plan, days away, the team. Each writes what travels to tablets with it.

A mystery visit that has not been released is answered `not-found` to everybody but the planner, its lead and its visitors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import delete, select

from webapp import events
from webapp.access import require, require_verdict
from webapp.accounts import acts as accounts
from webapp.accounts.models import Person
from webapp.clients import acts as clients
from webapp.clients.models import Site
from webapp.db import db, found, now
from webapp.evaluations import acts as evaluations
from webapp.evaluations import rules as team_rules
from webapp.evaluations.models import Evaluation, Member
from webapp.planning import rules
from webapp.planning.models import Absence, PlanEntry, Visit, VisitKind, Visitor
from webapp.planning.travelling import publish_evaluation
from webapp.problems import Problem
from webapp.rules import Actor, Role
from webapp.schemes import acts as schemes
from webapp.schemes import rules as scheme_rules


def announce(evaluation: Evaluation) -> None:
    """Tell the tablets what the evaluation says now (also after freezing and reopening)."""
    publish_evaluation(evaluation)


def visits_of(evaluation: Evaluation, *, actor: Actor) -> list[Visit]:
    """The visits this person may know of, earliest first, cancelled ones included."""
    query = select(Visit).where(Visit.evaluation == evaluation.id).order_by(Visit.from_on, Visit.id)
    return [visit for visit in db.session.scalars(query) if may_see(actor, visit, lead=evaluation.lead)]


def may_see(actor: Actor, visit: Visit, *, lead: str) -> bool:
    if visit.kind is VisitKind.open or visit.released_at is not None:
        return True
    return rules.may_see_mystery(actor, lead=lead, visitors=visitors_of(visit))


def visible_visit(actor: Actor, id: str) -> tuple[Visit, Evaluation]:
    """The visit and its evaluation, when this person may know of it. Problems: not-found, not-your-evaluation."""
    row: Visit = found(db.session.get(Visit, (actor.tenant, id)))
    evaluation: Evaluation = found(db.session.get(Evaluation, (actor.tenant, row.evaluation)))
    if not may_see(actor, row, lead=evaluation.lead):
        raise Problem("not-found")
    if actor.person not in visitors_of(row):
        evaluations.readable(actor, evaluation.id)
    return row, evaluation


def visitors_of(visit: Visit) -> list[str]:
    return list(db.session.scalars(select(Visitor.person).where(Visitor.visit == visit.id).order_by(Visitor.person)))


def plan_visit(
    *,
    actor: Actor,
    evaluation: str,
    site: str,
    modes: Sequence[str],
    from_on: date,
    to_on: date,
    purpose: str = "",
    people: Iterable[str] = (),
) -> Visit:
    """A new visit; modes B and D make it a mystery visit.

    Problems: visit-modes-missing, visit-modes-not-agreed, visit-modes-mixed, visit-days-order, visit-days-many, site-closed, frozen.
    """
    row = _planned_by(actor, evaluation)
    place: Site = found(db.session.scalar(select(Site).where(Site.id == site, Site.client == row.client)))
    if place.closed_on is not None and place.closed_on <= from_on:
        raise Problem("site-closed", site=place.name)
    _fits(row, modes, from_on, to_on)
    kind = VisitKind.mystery if rules.is_mystery(modes) else VisitKind.open
    made = Visit(
        evaluation=row.id,
        site=place.id,
        kind=kind,
        modes=list(modes),
        from_on=from_on,
        to_on=to_on,
        purpose=purpose.strip(),
        created_by=actor.person,
    )
    db.session.add(made)
    db.session.flush()
    events.record(
        "visit-planned",
        f"visit {made.id}",
        by=actor.person,
        evaluation=row.id,
        site=place.code,
        visit_kind=kind,
        modes=list(modes),
    )
    _assign(row, made, list(people), by=actor.person)
    announce(row)
    return made


def change_visit(
    *, actor: Actor, visit: str, modes: Sequence[str], from_on: date, to_on: date, purpose: str | None = None
) -> None:
    """Other days, modes or purpose. An open visit never turns into a mystery visit, nor back. Problem: visit-kind-fixed, and those of plan_visit."""
    row, evaluation = _changed_by(actor, visit)
    _fits(evaluation, modes, from_on, to_on)
    if rules.is_mystery(modes) is not (row.kind is VisitKind.mystery):
        raise Problem("visit-kind-fixed")
    outside = [one for one in entries_of(row) if rules.entry_problem(one.starts, one.ends, from_on, to_on)]
    if outside:
        raise Problem("visit-plan-outside", n=len(outside))
    row.modes, row.from_on, row.to_on = list(modes), from_on, to_on
    row.purpose = row.purpose if purpose is None else purpose.strip()
    events.record("visit-changed", f"visit {row.id}", by=actor.person, modes=list(modes), from_on=from_on, to_on=to_on)
    announce(evaluation)


def cancel_visit(*, actor: Actor, visit: str, reason: str) -> None:
    """The visit does not take place; what was already answered stays but is not scored. Problem: reason-missing."""
    row, evaluation = _changed_by(actor, visit)
    if not reason.strip():
        raise Problem("reason-missing")
    row.cancelled_at, row.cancelled_why = now(), reason.strip()
    events.record("visit-cancelled", f"visit {row.id}", by=actor.person, reason=row.cancelled_why)
    announce(evaluation)


def release_visit(*, actor: Actor, visit: str) -> None:
    """From here on the mystery visit is told to everybody who reads the evaluation. By the planner or the lead; never taken back."""
    row, evaluation = visible_visit(actor, visit)
    require(actor.has(Role.planner) or actor.person == evaluation.lead)
    if row.kind is not VisitKind.mystery or row.released_at is not None:
        raise Problem("visit-not-hidden", 409)
    row.released_at = now()
    events.record("visit-released", f"visit {row.id}", by=actor.person)


def assign_people(*, actor: Actor, visit: str, people: Iterable[str]) -> None:
    """Exactly these people go. Who goes on an open visit joins the team; who only goes on a mystery visit never does.

    Problems: not-a-reviewer, part-submitted (somebody taken off has already submitted).
    """
    row, evaluation = _changed_by(actor, visit)
    _assign(evaluation, row, list(people), by=actor.person)
    announce(evaluation)


def set_team(*, actor: Actor, evaluation: str, lead: str, people: Iterable[str]) -> None:
    """Lead and team of an evaluation. Problems: not-a-lead-auditor, not-a-reviewer, team-on-visit (name them elsewhere first), frozen."""
    row, team = _planned_by(actor, evaluation), sorted(set(people))
    require_verdict(team_rules.may_be_lead(accounts.roles_of(_person(lead))))
    for id in team:
        require_verdict(team_rules.may_join(accounts.roles_of(_person(id))))
    query = select(Visitor.person).join(Visit, (Visit.tenant == Visitor.tenant) & (Visit.id == Visitor.visit))
    query = query.where(Visit.evaluation == row.id, Visit.kind == VisitKind.open, Visit.cancelled_at.is_(None))
    missing = set(db.session.scalars(query)) - {*team, lead}
    if missing:
        raise Problem("team-on-visit", 409, names="、".join(sorted(_person(id).name for id in missing)))
    row.lead = lead
    db.session.execute(delete(Member).where(Member.evaluation == row.id))
    db.session.add_all(Member(evaluation=row.id, person=id) for id in team)
    events.record("team-set", f"evaluation {row.id}", by=actor.person, lead=lead, team=team)
    announce(row)


def entries_of(visit: Visit) -> list[PlanEntry]:
    """The lines of the audit plan of this visit, in time."""
    query = select(PlanEntry).where(PlanEntry.visit == visit.id)
    return list(db.session.scalars(query.order_by(PlanEntry.starts, PlanEntry.ends, PlanEntry.id)))


def set_plan_entry(
    *,
    actor: Actor,
    visit: str,
    entry: str | None = None,
    person: str,
    clauses: Sequence[str],
    department: str,
    starts: str,
    ends: str,
) -> PlanEntry:
    """A line of the audit plan, new or changed, by the planner or the lead.

    Problems: plan-entry-time, plan-entry-order, plan-entry-outside, plan-entry-person, plan-entry-clauses.
    """
    row, evaluation = _plan_of(actor, visit)
    code = rules.entry_problem(starts, ends, row.from_on, row.to_on)
    if code:
        raise Problem(code, from_on=row.from_on.isoformat(), to_on=row.to_on.isoformat())
    if person not in visitors_of(row):
        raise Problem("plan-entry-person")
    known = {
        clause["code"] for clause in schemes.body_of(schemes.scheme_version(id=evaluation.scheme_version))["clauses"]
    }
    unknown = [clause for clause in clauses if clause not in known]
    if unknown or not clauses:
        raise Problem("plan-entry-clauses", clauses="、".join(unknown) or "—")
    line = PlanEntry(visit=row.id) if entry is None else found(db.session.get(PlanEntry, (actor.tenant, entry)))
    if line.visit != row.id:
        raise Problem("not-found")
    line.person, line.clauses, line.department = person, list(dict.fromkeys(clauses)), department.strip()
    line.starts, line.ends = starts, ends
    db.session.add(line)
    db.session.flush()
    events.record(
        "plan-entry-set", f"visit {row.id}", by=actor.person, person=person, clauses=line.clauses, starts=starts
    )
    announce(evaluation)
    return line


def drop_plan_entry(*, actor: Actor, visit: str, entry: str) -> None:
    row, evaluation = _plan_of(actor, visit)
    line: PlanEntry = found(db.session.get(PlanEntry, (actor.tenant, entry)))
    if line.visit != row.id:
        raise Problem("not-found")
    db.session.delete(line)
    events.record("plan-entry-dropped", f"visit {row.id}", by=actor.person, person=line.person, clauses=line.clauses)
    announce(evaluation)


def add_absence(*, actor: Actor, person: str, from_on: date, to_on: date) -> Absence:
    """Days on which a person cannot travel. Problem: visit-days-order."""
    require(actor.has(Role.planner))
    if to_on < from_on:
        raise Problem("visit-days-order")
    row = Absence(person=_person(person).id, from_on=from_on, to_on=to_on)
    db.session.add(row)
    db.session.flush()
    events.record("absence-added", f"person {person}", by=actor.person, from_on=from_on, to_on=to_on)
    return row


def drop_absence(*, actor: Actor, absence: str) -> None:
    require(actor.has(Role.planner))
    row: Absence = found(db.session.get(Absence, (actor.tenant, absence)))
    db.session.delete(row)
    events.record("absence-dropped", f"person {row.person}", by=actor.person, from_on=row.from_on, to_on=row.to_on)


def gaps(evaluation: Evaluation, visits: Iterable[Visit]) -> rules.Gaps:
    """What these visits do not judge (planning's two warnings)."""
    scheme = schemes.body_of(schemes.scheme_version(id=evaluation.scheme_version))
    sites = {site.id: site for site in db.session.scalars(select(Site).where(Site.client == evaluation.client))}
    planned = [
        rules.Planned({"kind": sites[visit.site].kind.value, "type": sites[visit.site].type or None}, visit.modes)
        for visit in visits
        if visit.cancelled_at is None
    ]
    once: dict[tuple[object, ...], list[str]] = {}

    def checklist(site: Mapping[str, object], modes: Sequence[str]) -> list[str]:
        key = (site["kind"], site["type"], *modes)
        if key not in once:
            once[key] = scheme_rules.checklist(scheme, site, modes)
        return once[key]

    return rules.gaps(scheme_rules.leaves(scheme), evaluation.modes, planned, checklist)


def modes_agreed(evaluation: Evaluation) -> list[str]:
    """The modes of the agreement; where it names none, those of the scheme."""
    scheme = schemes.body_of(schemes.scheme_version(id=evaluation.scheme_version))
    return list(evaluation.modes or scheme.get("modes") or [])


def _assign(evaluation: Evaluation, visit: Visit, people: Sequence[str], *, by: str) -> None:
    wanted, before = set(people), set(visitors_of(visit))
    for id in wanted - before:
        require_verdict(team_rules.may_join(accounts.roles_of(_person(id))))
    planned = {entry.person for entry in entries_of(visit)}
    if gone := planned & (before - wanted):
        raise Problem("visit-planned-person", 409, names="、".join(sorted(_person(id).name for id in gone)))
    if wanted == before:
        return
    db.session.execute(delete(Visitor).where(Visitor.visit == visit.id, Visitor.person.in_(before - wanted)))
    db.session.add_all(Visitor(visit=visit.id, person=id) for id in sorted(wanted - before))
    if visit.kind is VisitKind.open:
        team = set(db.session.scalars(select(Member.person).where(Member.evaluation == evaluation.id)))
        db.session.add_all(
            Member(evaluation=evaluation.id, person=id) for id in sorted(wanted - team - {evaluation.lead})
        )
    events.record("visit-people", f"visit {visit.id}", by=by, people=sorted(wanted))


def _person(id: str) -> Person:
    person: Person | None = db.session.scalar(select(Person).where(Person.id == id, Person.ended_at.is_(None)))
    if person is None:
        raise Problem("person-unknown")
    return person


def _fits(evaluation: Evaluation, modes: Sequence[str], from_on: date, to_on: date) -> None:
    code = rules.visit_problem(modes, modes_agreed(evaluation), from_on, to_on)
    if code:
        raise Problem(code, modes="、".join(modes_agreed(evaluation)), most=rules.DAYS_MOST)


def _planned_by(actor: Actor, evaluation: str) -> Evaluation:
    require(actor.has(Role.planner))
    row = evaluations.readable(actor, evaluation)
    if row.frozen:
        raise Problem("frozen", 409)
    return row


def _changed_by(actor: Actor, id: str) -> tuple[Visit, Evaluation]:
    row, evaluation = visible_visit(actor, id)
    require(actor.has(Role.planner))
    _open(row, evaluation)
    return row, evaluation


def _plan_of(actor: Actor, id: str) -> tuple[Visit, Evaluation]:
    row, evaluation = visible_visit(actor, id)
    require(actor.has(Role.planner) or actor.person == evaluation.lead)
    _open(row, evaluation)
    return row, evaluation


def _open(visit: Visit, evaluation: Evaluation) -> None:
    if evaluation.frozen:
        raise Problem("frozen", 409)
    if visit.cancelled_at is not None:
        raise Problem("visit-cancelled", 409)


def _sites_changed(client: str) -> None:
    """A site's name or place has changed: the tablets of evaluations that are going on are told."""
    query = select(Evaluation).where(Evaluation.client == client, Evaluation.closed_on.is_(None))
    for evaluation in db.session.scalars(query):
        if db.session.scalar(select(Visit.id).where(Visit.evaluation == evaluation.id).limit(1)):
            announce(evaluation)


clients.when_sites_change(_sites_changed)
