"""Pages on which the lead acts: disputes, parts and parked lines, versions. On the blueprint of pages.py."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from marshmallow import Schema, ValidationError
from werkzeug.wrappers import Response

from webapp import access
from webapp.access import Role
from webapp.consolidation import acts, evidence, forms, rules, standing, words
from webapp.consolidation.matrix import Show, loss_range
from webapp.consolidation.pages import READERS, _said, _stands, bp, score_facts, specials
from webapp.consolidation.progress import progress, tablets
from webapp.consolidation.rules import Dispute
from webapp.consolidation.standing import Standing
from webapp.db import db
from webapp.problems import Problem
from webapp.texts import t


@bp.get("/evaluations/<id>/disputes")
@access.allow(*READERS)
def disputes(id: str) -> str:
    return _inbox(id)


@bp.get("/evaluations/<id>/disputes/<visit>/<path:name>")
@access.allow(*READERS)
def dispute(id: str, visit: str, name: str) -> str | Response:
    stands, leads = _stands(id)
    return _dispute(stands, leads, visit, name)


@bp.post("/evaluations/<id>/disputes/<visit>/<path:name>")
@access.allow(Role.lead_auditor)
def settle(id: str, visit: str, name: str) -> Response | tuple[str | Response, int]:
    stands, leads = _stands(id)
    shown = _find(stands, visit, name)
    try:
        given = forms.SettlementForm().load(request.form)
        seen = given["seen"].split(",")
        if shown is None or shown.ops != sorted(seen):
            raise Problem("heads-changed", 409)
        acts.settle(
            actor=access.actor(),
            evaluation=id,
            visit=visit,
            name=name,
            value=_chosen(stands, shown, given["choice"]),
            seen=seen,
            reason=given["reason"],
        )
    except ValidationError as error:
        missing = [t(f"consolidation.need_{field}") for field in ("choice", "reason") if field in error.messages_dict]
        return _dispute(
            stands, leads, visit, name, problem=t("consolidation.need", what=t("consolidation.comma").join(missing))
        ), 400
    except Problem as problem:
        db.session.rollback()
        stands, leads = _stands(id)
        if _find(stands, visit, name) is None:
            return _inbox(id, problem=_said(problem)), problem.status
        return _dispute(
            stands, leads, visit, name, problem=_said(problem), changed=problem.code == "heads-changed"
        ), problem.status
    left = standing.load(stands.evaluation, include_mystery=True).disputes
    return redirect(_address(id, left[0]) if left else url_for(".disputes", id=id), 303)


@bp.post("/evaluations/<id>/visits/<visit>/specials/<uuid>/same")
@access.allow(Role.lead_auditor)
def same_special(id: str, visit: str, uuid: str) -> Response | tuple[str, int]:
    try:
        given = forms.SameForm().load(request.form)
        acts.join_specials(actor=access.actor(), evaluation=id, visit=visit, special=uuid, **given)
    except (ValidationError, Problem) as error:
        db.session.rollback()
        return _inbox(id, problem=_said(error)), 409 if isinstance(error, Problem) else 400
    return redirect(url_for(".disputes", id=id), 303)


@bp.get("/evaluations/<id>/parts")
@access.allow(Role.lead_auditor)
def parts(id: str) -> str:
    return _parts(id)


@bp.post("/evaluations/<id>/parts/<visit>/<person>/rounds")
@access.allow(Role.lead_auditor)
def return_part(id: str, visit: str, person: str) -> Response | tuple[str, int]:
    """Whole or some clauses, from the page of parts or of a dispute."""
    return _acted(
        id,
        lambda **given: acts.return_part(actor=access.actor(), visit=visit, person=person, **given),
        forms.ReturnForm(),
    )


@bp.post("/evaluations/<id>/parts/<visit>/<person>/closing")
@access.allow(Role.lead_auditor)
def close_part(id: str, visit: str, person: str) -> Response | tuple[str, int]:
    return _acted(id, lambda **given: acts.close_part(actor=access.actor(), visit=visit, person=person, **given))


@bp.post("/evaluations/<id>/parked/<device>/<int:n>/<any(admission, discarding):what>")
@access.allow(Role.lead_auditor)
def judge_parked(id: str, device: str, n: int, what: str) -> Response | tuple[str, int]:
    act = acts.admit_parked if what == "admission" else acts.discard_parked
    return _acted(id, lambda **given: act(actor=access.actor(), device=device, n=n, **given))


@bp.get("/evaluations/<id>/versions")
@access.allow(*READERS)
def versions(id: str) -> str:
    return _versions(id)


@bp.post("/evaluations/<id>/versions")
@access.allow(Role.lead_auditor)
def freeze(id: str) -> Response | tuple[str, int]:
    try:
        acts.freeze_evaluation(actor=access.actor(), evaluation=id, **forms.FreezeForm().load(request.form))
    except (ValidationError, Problem) as error:
        db.session.rollback()
        return _versions(id, problem=_said(error)), 409
    return redirect(url_for(".versions", id=id), 303)


@bp.post("/evaluations/<id>/versions/reopening")
@access.allow(Role.lead_auditor)
def reopen(id: str) -> Response | tuple[str, int]:
    try:
        acts.reopen_evaluation(actor=access.actor(), evaluation=id, **forms.ReasonForm().load(request.form))
    except (ValidationError, Problem) as error:
        db.session.rollback()
        return _versions(id, problem=_said(error)), 409
    return redirect(url_for(".versions", id=id), 303)


def effect(stands: Standing, each: Dispute) -> list[dict[str, Any]]:
    """Per opinion: what the clause would lose and between which bounds the score would lie."""
    told = []
    for opinion in each.opinions:
        after = stands.without(each, opinion.value)
        told.append(
            {
                "opinion": opinion,
                "loss": loss_range(after["clauses"][each.clause]) if each.clause else None,
                "bounds": after["shown_bounds"],
                "points": after["clauses"][each.clause]["points"] if each.clause else None,
            }
        )
    return told


def _inbox(id: str, *, problem: str = "") -> str:
    stands, leads = _stands(id)
    return render_template(
        "consolidation/disputes.html",
        **score_facts(stands, stands.matrix(Show.losing)),
        leads=leads,
        effect=effect,
        twins=[each for each in specials(stands) if each.twin],
        problem=problem,
    )


def _address(id: str, each: Dispute) -> str:
    return url_for(".dispute", id=id, visit=each.visit, name=each.name)


def _find(stands: Standing, visit: str, name: str) -> Dispute | None:
    """The register, also when nobody disputes it: the lead may settle anything until the result is frozen."""
    if not any(each.id == visit for each in stands.input.visits):
        return None
    return rules.register(stands.heads, visit, name)


def _chosen(stands: Standing, shown: Dispute, choice: str) -> Any:
    if choice != forms.OWN:
        if int(choice) >= len(shown.opinions):
            raise Problem("heads-changed", 409)
        return shown.opinions[int(choice)].value
    if shown.clause is None:
        raise Problem("value-unfit")
    value = forms.own_value(
        stands.clauses[shown.clause], rules.split(shown.name)[1].partition("/")[2], request.form.to_dict()
    )
    if value is None:
        raise Problem("value-unfit")
    return value


def _dispute(
    stands: Standing, leads: bool, visit: str, name: str, *, problem: str = "", changed: bool = False
) -> str | Response:
    each = _find(stands, visit, name)
    if each is None:
        return redirect(url_for(".disputes", id=stands.evaluation.id), 303)
    record, rest, field = rules.split(name)
    at = stands.disputes.index(each) if each.disputed else None
    before = stands.disputes[at - 1] if at else None
    after = stands.disputes[at + 1] if at is not None and at + 1 < len(stands.disputes) else None
    answer = next(
        (
            a
            for a in stands.answers.get(each.clause or "", [])
            if a.visit == visit and "/".join(filter(None, (a.clause, a.checkpoint))) == rest
        ),
        None,
    )
    return render_template(
        "consolidation/dispute.html",
        **score_facts(stands, stands.matrix(Show.losing)),
        leads=leads,
        dispute=each,
        record=record,
        field=field,
        clause=stands.clauses.get(each.clause or ""),
        checkpoint=rest.partition("/")[2] if record == "result" else "",
        answer=answer,
        differing=evidence.differing_samples(answer) if answer else ([], 0),
        photos=stands.photos[visit].get(each.clause or "", []),
        effects=effect(stands, each),
        place=None if at is None else at + 1,
        before=_address(stands.evaluation.id, before) if before else None,
        after=_address(stands.evaluation.id, after) if after else None,
        problem=problem,
        changed=changed,
        form=request.form,
        words_of_field=words.field_name,
        may_return=_returnable(stands, each) if leads and not stands.evaluation.frozen else ([], []),
    )


def _returnable(stands: Standing, each: Dispute) -> tuple[list[str], list[str]]:
    """The authors whose part can be returned, and those who have not submitted and can change their answer anyway."""
    states = {part.person: part.state for part in stands.parts[each.visit]}
    authors = sorted({head.person for opinion in each.opinions for head in opinion.heads if head.person in states})
    return (
        [person for person in authors if states[person] != "open"],
        [person for person in authors if states[person] == "open"],
    )


def _parts(id: str, problem: str = "") -> str:
    stands, leads = _stands(id)
    if not leads:
        raise Problem("not-your-lead", 403, number=stands.evaluation.number)
    visits = progress(stands)
    known = {line.visit for line in acts.parked_lines(access.actor())} & acts.visits_known()
    lines = [
        line for line in acts.parked_lines(access.actor()) if line.visit in stands.visits or line.visit not in known
    ]
    return render_template(
        "consolidation/parts.html",
        **score_facts(stands, stands.matrix(Show.losing)),
        visits=visits,
        tablets=tablets(stands.evaluation.tenant, sorted({part.person for visit in visits for part in visit.parts})),
        lines=lines,
        problem=problem,
    )


def _acted(id: str, act: Any, form: Schema | None = None) -> Response | tuple[str, int]:
    try:
        act(**(form or forms.ReasonForm()).load(request.form))
    except (ValidationError, Problem) as error:
        db.session.rollback()
        return _parts(id, problem=_said(error)), 409 if isinstance(error, Problem) else 400
    return redirect(url_for(".parts", id=id), 303)


def _versions(id: str, problem: str = "") -> str:
    stands, leads = _stands(id)
    return render_template(
        "consolidation/versions.html",
        **score_facts(stands, stands.matrix(Show.losing)),
        leads=leads,
        against=acts.obstacles(stands.evaluation) if leads and not stands.evaluation.frozen else None,
        kept=acts.versions(stands.evaluation) if leads else [],
        problem=problem,
    )
