"""Pages of evaluations: the list, a new one, the one page of an evaluation with its stages and what other rooms put on it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response as Answer

from webapp import access, navigation, stages
from webapp.access import Actor, Role
from webapp.accounts import acts as accounts
from webapp.accounts.models import Person
from webapp.clients import acts as clients
from webapp.clients.models import Client
from webapp.db import db, now
from webapp.evaluations import acts, rules
from webapp.evaluations.forms import Filters, NewEvaluation, sheet
from webapp.evaluations.models import Evaluation, Kind
from webapp.problems import Problem
from webapp.schemes import acts as schemes
from webapp.texts import day, moment, t, words

bp = Blueprint("evaluations", __name__)

READERS = (*rules.SEES_EVERY_EVALUATION, *rules.GOES_ON_SITE)
PAGE = 50
FIELD_OF = {  # at which field of the form a problem is shown
    "number-invalid": "number",
    "number-taken": "number",
    "client-unknown": "client",
    "scheme-unknown": "scheme_version",
    "not-a-lead-auditor": "lead",
    "person-not-active": "lead",
    "not-a-reviewer": "team",
    "modes-missing": "modes",
    "modes-not-in-scheme": "modes",
}

navigation.add("/evaluations", icon="clipboard-list", text="evaluations.title", roles=READERS, order=10)


@bp.get("/evaluations")
@access.allow(*READERS)
def evaluations() -> str:
    """The list; the address keeps search, filters, order and page."""
    actor, query = access.actor(), Filters().load(request.args.to_dict())
    rows = _rows(actor, query)
    page = min(query["page"], max(1, -(-len(rows) // PAGE)))
    shown = []
    for evaluation, client, lead in rows[(page - 1) * PAGE : page * PAGE]:
        life = stages.of(evaluation, actor)
        shown.append((evaluation, client, lead, stages.present(life), stages.next_step(life)))
    columns = stages.cells([evaluation for evaluation, *_ in shown], actor)
    every = rows if _bare(query) else acts.listed(actor=actor)
    leads = {lead.id: lead.name for _, _, lead in every}
    return render_template(
        "evaluations/evaluations.html",
        rows=shown,
        columns=columns,
        query=query,
        page=page,
        pages=-(-len(rows) // PAGE),
        found=len(rows),
        total=len(every),
        open=sum(evaluation.closed_on is None for evaluation, _, _ in every),
        leads=sorted(leads.items(), key=lambda lead: lead[1]),
        Kind=Kind,
        at=now(),
        link=_link,
        may_create=actor.has(Role.planner),
    )


@bp.get("/evaluations.xlsx")
@access.allow(*READERS)
def evaluations_sheet() -> Response:
    """The same rows as the list shows under this address, all pages, as a sheet."""
    actor, query = access.actor(), Filters().load(request.args.to_dict())
    head = [t(f"evaluations.{name}") for name in ("number", "client", "kind", "stage", "lead", "created", "closed_on")]
    rows, chosen = [], _rows(actor, query)
    columns = stages.cells([evaluation for evaluation, *_ in chosen], actor)
    head += [t(f"column.{name}") for name in columns]
    for evaluation, client, lead in chosen:
        present = stages.present(stages.of(evaluation, actor))
        stage = t(f"stage.{present.code}") if present else t("evaluations.all_through")
        kind = t(f"evaluations.kind.{evaluation.kind}")
        made, closed = day(evaluation.created_at), day(evaluation.closed_on)
        told = [column.get(evaluation.id, stages.Cell(text="")) for column in columns.values()]
        more = [" · ".join(filter(None, (cell.text, cell.sub))) for cell in told]
        rows.append([evaluation.number, client.name, kind, stage, lead.name, made, closed, *more])
    answer = Response(
        sheet(t("evaluations.title"), head, rows),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="evaluations-{day(now())}.xlsx"'
    return answer


@bp.get("/evaluations/new")
@access.allow(Role.planner)
def new() -> str:
    return _form({"number": acts.suggested_number(), "client": request.args.get("client", "")}, {})


@bp.post("/evaluations")
@access.allow(Role.planner)
def create() -> Answer | tuple[str, int]:
    """One act for evaluation and team: whatever is refused leaves nothing behind."""
    actor = access.actor()
    typed: dict[str, Any] = request.form.to_dict()
    typed |= {name: request.form.getlist(name) for name in ("team", "modes")}
    try:
        form = NewEvaluation().load(typed)
        team = form.pop("team")
        row = acts.create_evaluation(actor=actor, **form)
        acts.set_team(actor=actor, evaluation=row, people=set(team) - {row.lead})
    except ValidationError:
        missing = ("number", "client", "kind", "scheme_version", "lead")
        errors = {name: t(f"evaluations.missing_{name}") for name in missing if not typed.get(name)}
        return _form(typed, errors or {"kind": t("evaluations.missing_kind")}), 422
    except Problem as problem:
        if problem.code not in FIELD_OF:
            raise
        db.session.rollback()
        return _form(typed, {FIELD_OF[problem.code]: t(f"problem.{problem.code}", **problem.facts)}), 422
    return redirect(url_for(".evaluation", id=row.id), 303)


@bp.get("/evaluations/<id>")
@access.allow(*READERS)
def evaluation(id: str) -> str:
    """The one page of an evaluation."""
    actor = access.actor()
    row = acts.readable(actor, id)
    life = stages.of(row, actor)
    version = schemes.scheme_version(id=row.scheme_version)
    return render_template(
        "evaluations/evaluation.html",
        evaluation=row,
        client=clients.client_named(row.client),
        contacts=clients.contacts_of(row.client),
        sites=[site for site in clients.sites_of(row.client) if site.closed_on is None],
        version=version,
        scheme=schemes.body_of(version),
        lead=_name(row.lead),
        team=acts.team_of(row),
        groups=[(group, [one for one in life if one.group is group]) for group in stages.Group],
        present=stages.present(life),
        next=stages.next_step(life),
        panels=stages.panels(stages.Position.main, row, actor),
        facts=stages.panels(stages.Position.facts, row, actor),
        summary=_summary,
        State=stages.State,
        links=_links(actor, row),
    )


def _rows(actor: Actor, query: dict[str, Any]) -> list[tuple[Evaluation, Client, Person]]:
    return acts.listed(
        actor=actor,
        search=query["q"],
        kind=query["kind"],
        lead=query["lead"],
        order=query["order"],
        descending=query["way"] == "down",
    )


def _bare(query: dict[str, Any]) -> bool:
    return not (query["q"] or query["kind"] or query["lead"])


def _link(query: dict[str, Any], endpoint: str = ".evaluations", **changed: Any) -> str:
    """The list's own address with something changed; what is as usual is left out."""
    usual = {"q": "", "kind": None, "lead": "", "order": "number", "way": "", "page": 1}
    said = {name: value for name, value in {**query, **changed}.items() if value != usual.get(name)}
    return url_for(endpoint, **{name: getattr(value, "value", value) for name, value in said.items()})


def _form(typed: dict[str, Any], errors: dict[str, str]) -> str:
    versions = schemes.scheme_versions()
    letters = {letter: None for version in versions for letter in schemes.body_of(version).get("modes") or []}
    typed.setdefault("modes", list(schemes.body_of(versions[0]).get("modes") or []) if len(versions) == 1 else [])
    return render_template(
        "evaluations/new.html",
        typed=typed,
        errors=errors,
        clients=[(client.id, client.name) for client, _ in clients.clients()],
        versions=[(one.id, f"{words({'zh': one.title_zh, 'en': one.title_en})} · {one.version}") for one in versions],
        letters=list(letters),
        leads=[(person.id, _with_city(person)) for person in accounts.people_with(Role.lead_auditor)],
        people=[(person.id, _with_city(person)) for person in accounts.people_with(*rules.GOES_ON_SITE)],
        Kind=Kind,
    )


def _with_city(person: Person) -> str:
    return f"{person.name} · {person.city}" if person.city else person.name


def _name(person: str) -> str:
    row = db.session.get(Person, (access.actor().tenant, person))
    return row.name if row else ""


def _summary(shown: list[stages.Shown]) -> str:
    """One line for a group of stages: what goes on, else the names with the state they share."""
    going = [one for one in shown if one.stage.state is stages.State.now]
    if going:
        last = going[-1]
        return t("evaluations.going_on", stage=t(f"stage.{last.code}"), text=last.stage.text or last.stage.who).rstrip(
            "：: "
        )
    names = t("evaluations.comma").join(t(f"stage.{one.code}") for one in shown)
    done = all(one.stage.state is stages.State.done for one in shown)
    return t("evaluations.all_done" if done else "evaluations.all_to_come", names=names)


def _links(actor: Actor, row: Evaluation) -> dict[str, str]:
    """Where the facts lead, for those who may go there."""
    links = {}
    if actor.has(*clients.READERS):
        links["client"] = f"/clients/{row.client}"
    if not actor.has(Role.client_contact):
        links["scheme"] = url_for("schemes.version", id=row.scheme_version)
    return links


def _created(row: Evaluation, _actor: Actor) -> stages.Stage:
    return stages.Stage(state=stages.State.done, who=_name(row.created_by), when=moment(row.created_at)[5:10])


def _team(row: Evaluation, _actor: Actor) -> stages.Stage:
    names = [_name(row.lead), *(person.name for person in acts.team_of(row) if person.id != row.lead)]
    return stages.Stage(
        state=stages.State.done if len(names) > 1 else stages.State.now, who=t("evaluations.comma").join(names)
    )


accounts.offer_clients(lambda: [(client.id, client.name) for client, _ in clients.clients()])
stages.add("created", group=stages.Group.before, order=10, state=_created)
stages.add("team", group=stages.Group.before, order=20, state=_team)
