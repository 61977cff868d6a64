"""Pages of the plan: an evaluation's visits, a new one, one visit with its people and its part of the audit plan, the team."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from webapp import access, stages
from webapp.access import Actor, Role
from webapp.accounts import acts as accounts
from webapp.accounts.models import Person
from webapp.clients import acts as clients
from webapp.clients.models import Site
from webapp.db import db
from webapp.evaluations import acts as evaluations
from webapp.evaluations import rules as team_rules
from webapp.evaluations.models import Evaluation
from webapp.planning import acts, choosing, rules
from webapp.planning.forms import EntryForm, NewVisitForm, TeamForm, VisitForm
from webapp.planning.models import PlanEntry, Visit, VisitKind
from webapp.problems import Problem
from webapp.sampling import acts as sampling
from webapp.sampling.models import Scope
from webapp.schemes import acts as schemes
from webapp.texts import t, words

bp = Blueprint("planning", __name__)
READERS = (*team_rules.SEES_EVERY_EVALUATION, *team_rules.GOES_ON_SITE)
VERIFIES = "rectification"  # the purpose of a visit that only verifies rectification; consolidation leaves it out


@bp.get("/evaluations/<id>/plan")
@access.allow(*READERS)
def plan(id: str) -> str:
    actor = access.actor()
    evaluation = evaluations.readable(actor, id)
    visits = acts.visits_of(evaluation, actor=actor)
    plans = actor.has(Role.planner) or actor.person == evaluation.lead
    standing = [visit for visit in visits if visit.cancelled_at is None]
    return render_template(
        "planning/plan.html",
        evaluation=evaluation,
        client=clients.client_named(evaluation.client),
        rows=_rows(evaluation, visits),
        gaps=acts.gaps(evaluation, standing) if plans and standing else rules.Gaps(),
        titles=clause_titles(evaluation),
        waiting=_waiting(evaluation, standing) if plans else [],
        plans=plans,
        writes=_writes(actor, evaluation),
    )


@bp.get("/evaluations/<id>/visits/new")
@access.allow(Role.planner)
def new_visit(id: str) -> str:
    return _visit_form(evaluations.readable(access.actor(), id), request.args)


@bp.post("/evaluations/<id>/visits")
@access.allow(Role.planner)
def plan_visit(id: str) -> Answer | tuple[str, int]:
    try:
        visit = acts.plan_visit(actor=access.actor(), evaluation=id, **NewVisitForm().read(request.form))
    except Problem as problem:
        if problem.status != 400:
            raise
        return _visit_form(evaluations.readable(access.actor(), id), request.form, _said(problem)), 422
    return redirect(url_for("planning.visit", id=visit.id), 303)


@bp.get("/visits/<id>")
@access.allow(*READERS)
def visit(id: str) -> str:
    return _visit_page(id)


@bp.post("/visits/<id>")
@access.allow(Role.planner)
def change_visit(id: str) -> Answer | tuple[str, int]:
    return _done(id, lambda: acts.change_visit(actor=access.actor(), visit=id, **VisitForm().read(request.form)))


@bp.post("/visits/<id>/people")
@access.allow(Role.planner)
def assign_people(id: str) -> Answer | tuple[str, int]:
    people = request.form.getlist("people")
    return _done(id, lambda: acts.assign_people(actor=access.actor(), visit=id, people=people))


@bp.post("/visits/<id>/cancellation")
@access.allow(Role.planner)
def cancel_visit(id: str) -> Answer | tuple[str, int]:
    reason = request.form.get("reason", "")
    return _done(id, lambda: acts.cancel_visit(actor=access.actor(), visit=id, reason=reason))


@bp.post("/visits/<id>/release")
@access.allow(Role.planner, Role.lead_auditor)
def release_visit(id: str) -> Answer | tuple[str, int]:
    return _done(id, lambda: acts.release_visit(actor=access.actor(), visit=id))


@bp.post("/visits/<id>/plan-entries")
@bp.post("/visits/<id>/plan-entries/<entry>")
@access.allow(Role.planner, Role.lead_auditor)
def set_plan_entry(id: str, entry: str | None = None) -> Answer | tuple[str, int]:
    return _done(
        id,
        lambda: acts.set_plan_entry(actor=access.actor(), visit=id, entry=entry, **EntryForm().read(request.form)),
        entry or "new",
    )


@bp.post("/visits/<id>/plan-entries/<entry>/removal")
@access.allow(Role.planner, Role.lead_auditor)
def drop_plan_entry(id: str, entry: str) -> Answer | tuple[str, int]:
    return _done(id, lambda: acts.drop_plan_entry(actor=access.actor(), visit=id, entry=entry))


@bp.get("/evaluations/<id>/team")
@access.allow(Role.planner)
def team(id: str) -> str:
    return _team_page(id)


@bp.post("/evaluations/<id>/team")
@access.allow(Role.planner)
def set_team(id: str) -> Answer | tuple[str, int]:
    try:
        form = TeamForm().read(request.form)
        acts.set_team(actor=access.actor(), evaluation=id, lead=form["lead"], people=set(form["team"]) - {form["lead"]})
    except Problem as problem:
        if problem.code in ("forbidden", "not-found", "frozen"):
            raise
        db.session.rollback()
        return _team_page(id, _said(problem)), 422
    return redirect(url_for("planning.plan", id=id), 303)


def clause_titles(evaluation: Evaluation) -> dict[str, str]:
    """Code → title, in the order of the scheme."""
    scheme = schemes.body_of(schemes.scheme_version(id=evaluation.scheme_version))
    return {clause["code"]: words(clause.get("title")) for clause in scheme["clauses"]}


def _rows(evaluation: Evaluation, visits: list[Visit]) -> list[dict[str, Any]]:
    sites, names, sampled = _sites(visits), _names(visits), _sampled(evaluation)
    return [
        {
            "visit": visit,
            "site": sites[visit.site],
            "people": [names[person] for person in acts.visitors_of(visit)],
            "entries": len(acts.entries_of(visit)),
            "hidden": visit.kind is VisitKind.mystery and visit.released_at is None,
            "outside": visit.cancelled_at is None
            and _outside_sample(sampled, sites[visit.site], visit.kind, visit.purpose),
        }
        for visit in visits
    ]


def _waiting(evaluation: Evaluation, standing: list[Visit]) -> list[dict[str, Any]]:
    """What must be visited and has no visit yet: the HQ, then the outlets of both samples."""
    planned = {(visit.site, visit.kind) for visit in standing}
    sites = {site.id: site for site in clients.sites_of(evaluation.client)}
    wanted = [(site.id, VisitKind.open) for site in sites.values() if site.kind == "hq"]
    for scope, kind in ((Scope.open, VisitKind.open), (Scope.mystery, VisitKind.mystery)):
        wanted += [(site, kind) for site in sampling.sample_of(evaluation, scope) or ()]
    return [
        {"site": sites[site], "kind": kind} for site, kind in wanted if (site, kind) not in planned and site in sites
    ]


Sampled = dict[VisitKind, list[str] | None]


def _sampled(evaluation: Evaluation) -> Sampled:
    """What was drawn for each kind of visit; None: nothing yet."""
    return {
        VisitKind.open: sampling.sample_of(evaluation, Scope.open),
        VisitKind.mystery: sampling.sample_of(evaluation, Scope.mystery),
    }


def _outside_sample(sampled: Sampled, site: Site, kind: VisitKind, purpose: str = "") -> bool:
    """An outlet that was not drawn is not scored; before a draw the visits are the sample, and the HQ always is in it."""
    drawn = sampled[kind]
    return site.kind != "hq" and purpose != VERIFIES and drawn is not None and site.id not in drawn


def _visit_form(evaluation: Evaluation, typed: Any, problem: str = "") -> str:
    sampled, drawn = {(row["site"].id, row["kind"]) for row in _waiting(evaluation, [])}, _sampled(evaluation)
    agreed = acts.modes_agreed(evaluation)
    mystery = typed.get("kind") == VisitKind.mystery
    modes = typed.getlist("modes") or [mode for mode in agreed if rules.is_mystery([mode]) is mystery]
    return render_template(
        "planning/visit_form.html",
        evaluation=evaluation,
        client=clients.client_named(evaluation.client),
        sites=[
            (site.id, f"{site.code} {site.name}{_sampled_words(site, sampled) or _outside_words(drawn, site)}")
            for site in clients.sites_of(evaluation.client)
            if site.closed_on is None
        ],
        agreed=_mode_words(agreed),
        modes=modes,
        typed=typed,
        problem=problem,
        purposes=_purposes(),
    )


def _sampled_words(site: Site, sampled: set[tuple[str, VisitKind]]) -> str:
    kinds = [kind for kind in VisitKind if (site.id, kind) in sampled]
    return "".join(f" · {t(f'planning.sampled.{kind}')}" for kind in kinds)


def _outside_words(sampled: Sampled, site: Site) -> str:
    drawn = any(codes is not None for codes in sampled.values())
    inside = any(site.id in codes for codes in sampled.values() if codes is not None)
    return f" · {t('planning.not_sampled')}" if drawn and not inside and site.kind != "hq" else ""


def _visit_page(id: str, problem: str = "", at: str = "") -> str:
    """`at`: the line of the audit plan whose form keeps what was typed."""
    actor = access.actor()
    visit, evaluation = acts.visible_visit(actor, id)
    site = clients.site_named(evaluation.client, visit.site)
    going, writes = acts.visitors_of(visit), _writes(actor, evaluation) and visit.cancelled_at is None
    edits = (writes or actor.person == evaluation.lead) and visit.cancelled_at is None and not evaluation.frozen
    names = _names([visit])
    return render_template(
        "planning/visit.html",
        visit=visit,
        evaluation=evaluation,
        client=clients.client_named(evaluation.client),
        site=site,
        going=[(person, names[person]) for person in going],
        candidates=choosing.candidates(site, visit.from_on, visit.to_on, except_visit=visit.id) if writes else [],
        entries=acts.entries_of(visit),
        titles=clause_titles(evaluation),
        modes=_mode_words(visit.modes),
        agreed=_mode_words(acts.modes_agreed(evaluation)),
        outside=visit.cancelled_at is None and _outside_sample(_sampled(evaluation), site, visit.kind, visit.purpose),
        hidden=visit.kind is VisitKind.mystery and visit.released_at is None,
        may_release=actor.has(Role.planner) or actor.person == evaluation.lead,
        purposes=_purposes(),
        writes=writes,
        edits=edits,
        problem=problem,
        at=at,
        typed=request.form,
    )


def _team_page(id: str, problem: str = "") -> str:
    evaluation = evaluations.readable(access.actor(), id)
    return render_template(
        "planning/team.html",
        evaluation=evaluation,
        leads=[(person.id, person.name) for person in accounts.people_with(Role.lead_auditor)],
        people=[(person.id, person.name) for person in accounts.people_with(*team_rules.GOES_ON_SITE)],
        lead=request.form.get("lead", evaluation.lead),
        team=request.form.getlist("team") or [person.id for person in evaluations.team_of(evaluation)],
        problem=problem,
    )


def _done(id: str, act: Any, at: str = "") -> Answer | tuple[str, int]:
    """Do it and go back to the visit, or show the visit again with why not; who may not at all is answered as everywhere."""
    try:
        act()
    except Problem as problem:
        if problem.code in ("forbidden", "not-found", "not-your-evaluation"):
            raise
        db.session.rollback()
        return _visit_page(id, _said(problem), at), 422
    return redirect(url_for("planning.visit", id=id), 303)


def _said(problem: Problem) -> str:
    facts = dict(problem.facts)
    if problem.code == "form-incomplete":
        facts["field"] = t(f"planning.{facts['field']}")
    return t(f"problem.{problem.code}", **facts)


def _mode_words(modes: list[str]) -> list[tuple[str, str]]:
    """A letter with its name where the catalogue has one: letters are the scheme's."""
    named = ((mode, f"evaluations.mode.{mode}") for mode in modes)
    return [(mode, mode if t(key) == key else f"{mode} {t(key)}") for mode, key in named]


def _purposes() -> list[tuple[str, str]]:
    return [("", t("planning.purpose.evaluation")), (VERIFIES, t("planning.purpose.rectification"))]


def _writes(actor: Actor, evaluation: Evaluation) -> bool:
    return actor.has(Role.planner) and not evaluation.frozen


def _sites(visits: list[Visit]) -> dict[str, Site]:
    return {site.id: site for site in db.session.scalars(select(Site).where(Site.id.in_([v.site for v in visits])))}


def _names(visits: list[Visit]) -> dict[str, str]:
    people = {person for visit in visits for person in acts.visitors_of(visit)}
    people |= {entry.person for visit in visits for entry in acts.entries_of(visit)}
    return {row.id: row.name for row in db.session.scalars(select(Person).where(Person.id.in_(people)))}


def span(from_on: date, to_on: date) -> str:
    """2026-11-24, or 2026-11-24 – 11-26."""
    return from_on.isoformat() if from_on == to_on else f"{from_on.isoformat()} – {to_on.isoformat()[5:]}"


def entry_time(entry: PlanEntry) -> str:
    """11-24 09:30–11:00, with the second day only where it is another."""
    ends = entry.ends[11:] if entry.ends[:10] == entry.starts[:10] else entry.ends[5:].replace("T", " ")
    return f"{entry.starts[5:].replace('T', ' ')}–{ends}"


def _stage(evaluation: Evaluation, actor: Actor) -> stages.Stage:
    """Counts only visits this person may know of."""
    visits = [visit for visit in acts.visits_of(evaluation, actor=actor) if visit.cancelled_at is None]
    bare = sum(not acts.visitors_of(visit) for visit in visits)
    link = url_for("planning.plan", id=evaluation.id) if actor.has(*READERS) else None
    waits = actor.has(Role.planner) and not evaluation.frozen
    if not visits or bare:
        return stages.Stage(
            state=stages.State.now if visits else stages.State.to_come,
            text=t("planning.stage_bare", n=len(visits), bare=bare) if visits else t("planning.stage_none"),
            link=link,
            action=t("planning.stage_action") if waits else None,
        )
    first, last = min(visit.from_on for visit in visits), max(visit.to_on for visit in visits)
    return stages.Stage(
        state=stages.State.done, text=t("planning.stage_done", n=len(visits)), when=span(first, last)[5:], link=link
    )


bp.add_app_template_global(span, "span_of_days")
bp.add_app_template_global(entry_time, "entry_time")
stages.add("plan", group=stages.Group.before, order=40, state=_stage)

from webapp.planning import paper_pages  # noqa: E402, F401  (its routes stand on the same blueprint)
