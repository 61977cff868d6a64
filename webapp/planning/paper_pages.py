"""The audit plan as the client gets it, printed or sent, and the days on which people are away.

Architecture invariant: the audit plan never holds a mystery visit, released or not, whoever asks.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from webapp import access, navigation
from webapp.access import Actor, Role
from webapp.accounts import acts as accounts
from webapp.accounts.models import Person
from webapp.clients import acts as clients
from webapp.db import db, found
from webapp.evaluations import acts as evaluations
from webapp.evaluations import rules as team_rules
from webapp.evaluations.models import Evaluation
from webapp.planning import acts, choosing
from webapp.planning.forms import AbsenceForm
from webapp.planning.models import Visit, VisitKind
from webapp.planning.pages import READERS, bp, clause_titles, entry_time, span
from webapp.problems import Problem
from webapp.texts import t

navigation.add("/absences", icon="clock", text="planning.absences", roles=(Role.planner,), order=30)


@bp.get("/evaluations/<id>/audit-plan")
@access.allow(*READERS, Role.client_contact)
def audit_plan(id: str) -> str:
    """Who takes which clauses with which department from when to when, of the open visits; a client's own people read theirs."""
    actor = access.actor()
    evaluation = _read_by(actor, id)
    people = {person.id: person.name for person in accounts.people_with(*team_rules.GOES_ON_SITE)}
    sites = {site.id: site for site in clients.sites_of(evaluation.client)}
    titles = clause_titles(evaluation)
    visits: list[dict[str, Any]] = [
        {
            "visit": visit,
            "site": sites[visit.site],
            "people": [people.get(person, "") for person in acts.visitors_of(visit)],
            "entries": [
                {
                    "time": entry_time(entry),
                    "person": people.get(entry.person, ""),
                    "clauses": [f"{code} {titles.get(code, '')}".strip() for code in entry.clauses],
                    "codes": t("evaluations.comma").join(entry.clauses),
                    "department": entry.department,
                }
                for entry in acts.entries_of(visit)
            ],
        }
        for visit in acts.visits_of(evaluation, actor=actor)
        if visit.kind is VisitKind.open and visit.cancelled_at is None
    ]
    lead: Person = found(db.session.get(Person, (actor.tenant, evaluation.lead)))
    client = clients.client_named(evaluation.client)
    lines = [t("planning.paper_head", client=client.name, number=evaluation.number, lead=lead.name)]
    for row in visits:
        days = span(row["visit"].from_on, row["visit"].to_on)
        going = t("evaluations.comma").join(row["people"])
        lines.append("\n" + t("planning.paper_visit", days=days, site=row["site"].name, people=going))
        lines += [
            f"{one['time']} {one['person']} {one['codes']} {one['department']}".rstrip() for one in row["entries"]
        ]
    return render_template(
        "planning/audit_plan.html",
        evaluation=evaluation,
        client=client,
        lead=lead.name,
        visits=visits,
        text="\n".join([*lines, "", url_for("planning.audit_plan", id=id, _external=True)]),
        edits=(actor.has(Role.planner) or actor.person == evaluation.lead) and not evaluation.frozen,
        office=not actor.has(Role.client_contact),
    )


@bp.get("/absences")
@access.allow(Role.planner)
def absences() -> str:
    return _absences()


@bp.post("/absences")
@access.allow(Role.planner)
def add_absence() -> Answer | tuple[str, int]:
    try:
        acts.add_absence(actor=access.actor(), **AbsenceForm().read(request.form))
    except Problem as problem:
        facts = dict(problem.facts)
        if problem.code == "form-incomplete":
            facts["field"] = t(f"planning.{facts['field']}")
        return _absences(t(f"problem.{problem.code}", **facts)), 422
    return redirect(url_for("planning.absences"), 303)


@bp.post("/absences/<id>/removal")
@access.allow(Role.planner)
def drop_absence(id: str) -> Answer:
    acts.drop_absence(actor=access.actor(), absence=id)
    return redirect(url_for("planning.absences"), 303)


def readings(actor: Actor) -> list[tuple[str, str]]:
    """The audit plans of a client's own evaluations, for its contact: whatever has an open visit."""
    person = db.session.get(Person, (actor.tenant, actor.person)) if actor.has(Role.client_contact) else None
    if person is None or person.client is None:
        return []
    planned = select(Visit.evaluation).where(Visit.kind == VisitKind.open, Visit.cancelled_at.is_(None))
    query = select(Evaluation).where(Evaluation.client == person.client, Evaluation.id.in_(planned))
    return [
        (t("planning.reading", number=row.number), url_for("planning.audit_plan", id=row.id))
        for row in db.session.scalars(query.order_by(Evaluation.number.desc()))
    ]


def _absences(problem: str = "") -> str:
    return render_template(
        "planning/absences.html",
        rows=choosing.absences(),
        people=[(person.id, person.name) for person in accounts.people_with(*team_rules.GOES_ON_SITE)],
        problem=problem,
        typed=request.form,
    )


def _read_by(actor: Actor, id: str) -> Evaluation:
    """The evaluation for the office; for a client's contact when it is their own. Problem not-found otherwise."""
    if not actor.has(Role.client_contact):
        return evaluations.readable(actor, id)
    person: Person = found(db.session.get(Person, (actor.tenant, actor.person)))
    evaluation: Evaluation = found(db.session.get(Evaluation, (actor.tenant, id)))
    if person.client is None or evaluation.client != person.client:
        raise Problem("not-found")
    return evaluation


accounts.offer_readings(readings)
