"""Pages of the lead: consolidation, clause, disputes, explanation, parts, versions. Read only for deliberation and decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, jsonify, redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response as BaseResponse

from sync import store
from sync.evidence import serve
from sync.vault import blob_path
from webapp import access
from webapp.access import Role
from webapp.consolidation import acts, evidence, explanation, forms, rules, standing, words
from webapp.consolidation.matrix import Show, State
from webapp.consolidation.progress import by_person, progress, tablets
from webapp.consolidation.scale import scale
from webapp.consolidation.standing import Standing
from webapp.db import found
from webapp.problems import Problem
from webapp.sync_host import connection
from webapp.texts import ZONE, moment, t
from webapp.texts import words as localised

bp = Blueprint("consolidation", __name__)
READERS = (Role.lead_auditor, Role.deliberator, Role.decision_maker, Role.administrator)


@bp.get("/evaluations/<id>/consolidation")
@access.allow(*READERS)
def consolidation(id: str) -> str:
    stands, leads = _stands(id)
    show = Show(request.args["show"]) if request.args.get("show") in list(Show) else Show.losing
    laid = stands.matrix(show)
    visits = progress(stands)
    everybody = sorted({part.person for visit in visits for part in visit.parts})
    return render_template(
        "consolidation/consolidation.html",
        **score_facts(stands, laid),
        leads=leads,
        show=show,
        people=by_person(visits, tablets(stands.evaluation.tenant, everybody)),
        specials=specials(stands),
        large=len(laid.outlets) > 8,
    )


@bp.get("/evaluations/<id>/consolidation/figures")
@access.allow(*READERS)
def figures(id: str) -> BaseResponse:
    """What the open page asks for every 15 seconds; unchanged answers are 304."""
    stands, _ = _stands(id)
    told = score_facts(stands, stands.matrix(Show.losing))
    answer = jsonify(
        state=stands.input_sha256,
        value=told["value"],
        level=told["level"],
        note=told["note"],
        frozen=stands.evaluation.frozen,
    )
    answer.set_etag(
        rules.same([stands.input_sha256, stands.evaluation.version, stands.evaluation.frozen, told["note_still"]])
        .encode()
        .hex()[-64:]
    )
    return answer.make_conditional(request)


@bp.get("/evaluations/<id>/clauses/<code>")
@access.allow(*READERS)
def clause(id: str, code: str) -> str:
    stands, leads = _stands(id)
    return _clause(stands, leads, code)


@bp.post("/evaluations/<id>/clauses/<code>/override")
@access.allow(Role.lead_auditor)
def override(id: str, code: str) -> BaseResponse | tuple[str, int]:
    try:
        given = forms.OverrideForm().load(request.form)
        acts.override_clause(actor=access.actor(), evaluation=id, clause=code, **given)
    except (ValidationError, Problem) as error:
        stands, leads = _stands(id)
        return _clause(stands, leads, code, problem=_said(error)), 400
    return redirect(url_for(".clause", id=id, code=code), 303)


@bp.post("/evaluations/<id>/clauses/<code>/override/lift")
@access.allow(Role.lead_auditor)
def lift(id: str, code: str) -> BaseResponse:
    acts.lift_override(actor=access.actor(), evaluation=id, clause=code)
    return redirect(url_for(".clause", id=id, code=code), 303)


@bp.get("/evaluations/<id>/explanation")
@access.allow(*READERS)
def explain(id: str) -> str:
    stands, leads = _stands(id)
    laid = stands.matrix(Show.all)
    only = request.args.get("show") == "losing"
    told = standing.told(stands.overrides)
    step = explanation.next_step(
        stands.scheme, stands.score, laid.rows, told, lambda overrides: standing.rescored(stands, overrides)
    )
    return render_template(
        "consolidation/explanation.html",
        **score_facts(stands, laid),
        leads=leads,
        tree=explanation.tree(stands.scheme, laid.rows, only_losses=only),
        only=only,
        opened=request.args.get("open") == "all",
        step=step,
        specials=specials(stands),
    )


@bp.get("/evaluations/<id>/photos/<visit>/<uuid>")
@access.allow(*READERS)
def photo(id: str, visit: str, uuid: str) -> BaseResponse:
    """For readers who do not pull: deliberation and decision see the photos of the file, never of a visit they do not know of."""
    stands, _ = _stands(id)
    every = (one for clauses in stands.photos.values() for shown in clauses.values() for one in shown)
    shown = found(next((one for one in every if (one.visit, one.uuid) == (visit, uuid) and one.here), None))
    digest = found(store.evidence_hash(connection(), tenant=stands.evaluation.tenant, visit=visit, evidence=uuid))
    path = blob_path(current_app.config["EVIDENCE"], stands.evaluation.tenant, digest)
    return serve(found(path if path.is_file() else None), shown.media_type, uuid, digest)


def _stands(id: str) -> tuple[Standing, bool]:
    evaluation, leads = acts.readable(access.actor(), id)
    return standing.load(evaluation, include_mystery=leads), leads


def _clause(stands: Standing, leads: bool, code: str, problem: str = "") -> str:
    laid = stands.matrix(Show.all)
    row = found(next((row for row in laid.rows if row.code == code), None))
    wanted = request.args.get("site")
    cells = [row.cells[site] for site in (*laid.hq, *laid.outlets) if row.cells[site].state is not State.blank]
    answers = stands.answers.get(code, [])
    return render_template(
        "consolidation/clause.html",
        **score_facts(stands, laid),
        leads=leads,
        row=row,
        cells=cells,
        wanted=wanted if wanted in row.cells else None,
        answers={
            cell.site: [answer for answer in answers if stands.visits[answer.visit].site == cell.site] for cell in cells
        },
        override=next((each for each in stands.overrides if each.clause == code), None),
        problem=problem,
        form=request.form,
    )


def score_facts(stands: Standing, laid: Any) -> dict[str, Any]:
    """What stands beside every score: level, coverage, time, the mark of provisional points."""
    score, outlets = stands.score, [site for site in stands.input.sites if site["kind"] != "hq"]
    hq = any(site["kind"] == "hq" and site["id"] in stands.visited for site in stands.input.sites)
    results = [each for each in stands.disputes if each.clause]
    parts = [
        t("consolidation.coverage", answered=laid.answered, asked=laid.asked),
        t(
            "consolidation.visited" if hq else "consolidation.visited_outlets",
            n=sum(site["id"] in stands.visited for site in outlets),
            sample=len(outlets),
            all=stands.outlets,
        ),
        t("consolidation.open_points", disputes=len(results), missing=laid.asked - laid.answered),
    ]
    if (n := score["special"]["deductions"]) or score["special"]["bonus"]:
        parts.append(t("consolidation.special_note", deductions=n, bonus=score["special"]["bonus"]))
    if stands.overrides:
        parts.append(t("consolidation.override_note", n=len(stands.overrides)))
    still = " · ".join(parts)
    return {
        "stands": stands,
        "evaluation": stands.evaluation,
        "score": score,
        "laid": laid,
        "value": words.score_words(score, stands.input.results),
        "level": "" if words.nothing_answered(stands.input.results) else words.level_words(stands.scheme, score),
        "note": f"{still} · {moment(stands.at)}",
        "note_still": still,
        "scale": None if words.nothing_answered(stands.input.results) else scale(stands.scheme, score["bounds"]),
        "gates": [] if score["level"] is None else gates(stands, score),
        "w": words,
        "State": State,
        "Show": Show,
        "when": when,
    }


def gates(stands: Standing, score: dict[str, Any]) -> list[str]:
    """Why a level whose points are reached is not given."""
    titles = {clause["code"]: clause for clause in stands.scheme["clauses"]}
    return [
        t(
            f"consolidation.gate_{gate['gate']}",
            level=words.level_title(stands.scheme, gate["level"]),
            of=gate.get("of", ""),
            title=localised(titles.get(gate.get("of"), {}).get("title")),
        )
        for gate in score["failed_gates"]
    ]


@dataclass(frozen=True, kw_only=True)
class Special:
    """A special deduction or bonus. `twin`: an older record of somebody else that may be the same fact (visit, clause, ground)."""

    visit: str
    uuid: str
    counts: bool
    people: tuple[str, ...]
    at: str
    kind: str
    clause: str | None
    ground: str | None
    text: str
    twin: str | None = None

    def alike(self, other: Special) -> bool:
        mine, theirs = ((one.visit, one.clause, one.ground, one.kind) for one in (self, other))
        return mine == theirs and self.counts and other.counts and self.people != other.people


def specials(stands: Standing) -> list[Special]:
    """Of the counted visits, in the order they were recorded."""
    found: list[Special] = []
    for visit in stands.input.visits:
        for uuid, fields in sorted(rules.records(stands.heads[visit.id], "special").items()):
            heads = [head for each in fields.values() for head in each]
            one = Special(
                visit=visit.id,
                uuid=uuid,
                counts=bool(rules.special_counts(fields)),
                people=tuple(sorted({head.person for head in heads if head.reason is None})),
                at=min((head.at for head in heads), default=""),
                kind=str(evidence.one(fields, "kind") or ""),
                clause=evidence.one(fields, "clause"),
                ground=evidence.one(fields, "ground"),
                text=str(evidence.one(fields, "text") or ""),
            )
            found.append(replace(one, twin=next((other.uuid for other in found if other.alike(one)), None)))
    return found


def when(at: str) -> str:
    """A device's time as it said it, in the body's zone; what is no time stays as it is."""
    try:
        return datetime.fromisoformat(at).astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return at


def _said(error: ValidationError | Problem) -> str:
    return t(f"problem.{error.code}", **error.facts) if isinstance(error, Problem) else t("problem.reason-missing")


from webapp.consolidation import evaluation_page, lead_pages  # noqa: E402, F401  stages, panels and the lead's own pages
