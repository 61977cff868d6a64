"""Pages of the sample: freeze, draw, replace, and the protocol to read and to take away. One page per scope; mystery has its own."""

from __future__ import annotations

import json
from datetime import datetime
from fractions import Fraction

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from webapp import access, stages
from webapp.access import Actor, Role
from webapp.clients import acts as clients
from webapp.evaluations.models import Evaluation
from webapp.problems import Problem
from webapp.sampling import acts, rules
from webapp.sampling.forms import DrawForm, picks_in
from webapp.sampling.models import FrozenList, Scope
from webapp.schemes import acts as schemes
from webapp.texts import moment, t

bp = Blueprint("sampling", __name__)
READERS = (Role.planner, Role.lead_auditor, Role.administrator, Role.hq_viewer, Role.deliberator, Role.decision_maker)
SHOWN_AT_THE_FORM = {
    "no-outlets",
    "left-out-reason",
    "list-drawn",
    "list-superseded",
    "draw-reason",
    "draw-superseded",
    "sample-too-small",
    "sample-too-large",
    "sample-size-reason",
    "picks-too-many",
    "pick-reason",
    "pick-unknown",
    "nonce-unfit",
    "size-unfit",
    "reason-missing",
    "replace-not-sampled",
    "replace-none-left",
}


@bp.get("/evaluations/<id>/sample")
@access.allow(*READERS)
def sample(id: str) -> str:
    return _page(acts.readable(access.actor(), id, Scope.open), Scope.open)


@bp.get("/evaluations/<id>/sample/mystery")
@access.allow(Role.planner, Role.lead_auditor)
def mystery(id: str) -> str:
    return _page(acts.readable(access.actor(), id, Scope.mystery), Scope.mystery)


@bp.post("/evaluations/<id>/sample/<scope>/lists")
@access.allow(Role.planner)
def freeze(id: str, scope: str) -> Answer | tuple[str, int]:
    actor, of = access.actor(), _scope(scope)
    try:
        acts.freeze_list(
            actor=actor,
            evaluation=id,
            scope=of,
            left_out=request.form.getlist("left_out"),
            reason=request.form.get("reason", ""),
        )
    except Problem as problem:
        return _again(problem, id, of)
    return _back(id, of)


@bp.post("/sample-lists/<id>/draws")
@access.allow(Role.planner)
def draw(id: str) -> Answer | tuple[str, int]:
    frozen, evaluation = acts.frozen_list(access.actor(), id)
    try:
        form = DrawForm().read(request.form)
        acts.draw_sample(actor=access.actor(), frozen_list=id, picks=picks_in(request.form), **form)
    except Problem as problem:
        return _again(problem, evaluation.id, frozen.scope)
    return _back(evaluation.id, frozen.scope)


@bp.post("/sample-lists/<id>/draws/<draw>/replacements")
@access.allow(Role.planner)
def replace(id: str, draw: str) -> Answer | tuple[str, int]:
    frozen, evaluation = acts.frozen_list(access.actor(), id)
    try:
        acts.replace_outlet(
            actor=access.actor(), draw=draw, out=request.form.get("out", ""), reason=request.form.get("reason", "")
        )
    except Problem as problem:
        return _again(problem, evaluation.id, frozen.scope)
    return _back(evaluation.id, frozen.scope)


@bp.get("/sample-lists/<id>/protocol")
@access.allow(*READERS)
def protocol(id: str) -> str:
    frozen, evaluation = acts.frozen_list(access.actor(), id)
    return render_template(
        "sampling/protocol.html",
        frozen=frozen,
        evaluation=evaluation,
        client=clients.client_named(evaluation.client),
        protocol=acts.protocol_of(frozen),
        outlets={outlet["code"]: outlet for outlet in frozen.outlets},
        ruled=_ruled(frozen),
        shown_at=lambda text: moment(datetime.fromisoformat(text), seconds=True),
        sample_link=_link(evaluation.id, frozen.scope),
    )


@bp.get("/sample-lists/<id>/protocol.json")
@access.allow(*READERS)
def protocol_json(id: str) -> Response:
    frozen, evaluation = acts.frozen_list(access.actor(), id)
    text = json.dumps(acts.protocol_of(frozen), ensure_ascii=False, indent=1) + "\n"
    answer = Response(text, content_type="application/json")
    number = evaluation.number.replace("/", "-")
    answer.headers["Content-Disposition"] = f'attachment; filename="sample-{number}-{frozen.scope}.json"'
    return answer


def _page(evaluation: Evaluation, scope: Scope, problem: str = "") -> str:
    actor, lists = access.actor(), acts.lists_of(evaluation, scope)
    frozen = lists[-1] if lists else None
    draws = acts.draws_of(frozen) if frozen else []
    sites = acts.outlets_of(evaluation)
    try:
        rule = acts.rule_for(evaluation, scope)
        refused = ""
        ruled = rules.size(len(frozen.outlets) if frozen else len(sites), rule)
    except (Problem, rules.SamplingError) as error:
        rule, ruled, refused = None, 0, t(f"problem.{error.code}", **error.facts)
    return render_template(
        "sampling/sample.html",
        evaluation=evaluation,
        client=clients.client_named(evaluation.client),
        scope=scope.value,
        sites=sites,
        rule=rule,
        standard=_standard(evaluation),
        share_words=_percent,
        refused=refused,
        ruled=ruled,
        most_picks=rules.most_picks(ruled, rule) if rule else 0,
        lists=lists,
        frozen=frozen,
        draws=draws,
        drawn_before=any(acts.draws_of(one) for one in lists),
        outlets={outlet["code"]: outlet for outlet in frozen.outlets} if frozen else {},
        problem=problem,
        typed=request.form,
        writes=actor.has(Role.planner) and not evaluation.frozen,
        may_mystery=acts.may_read(actor, evaluation, Scope.mystery),
        link=_link,
    )


def _standard(evaluation: Evaluation) -> str:
    version = schemes.scheme_version(id=evaluation.scheme_version)
    return f"{schemes.body_of(version).get('standard') or version.code} · {version.version}"


def _percent(share: object) -> str:
    """25%, from the number text of the scheme."""
    return f"{float(Fraction(str(share)) * 100):g}%"


def _again(problem: Problem, id: str, scope: Scope) -> tuple[str, int]:
    """The page with what was typed and why it was refused; anything else is answered as everywhere."""
    if problem.code not in SHOWN_AT_THE_FORM:
        raise problem
    words = t(f"problem.{problem.code}", **problem.facts)
    return _page(acts.readable(access.actor(), id, scope), scope, words), 422


def _back(id: str, scope: Scope) -> Answer:
    return redirect(_link(id, scope), 303)


def _link(id: str, scope: Scope | str) -> str:
    return url_for("sampling.mystery" if scope == Scope.mystery else "sampling.sample", id=id)


def _scope(name: str) -> Scope:
    if name not in tuple(Scope):
        raise Problem("not-found")
    return Scope(name)


def _ruled(frozen: FrozenList) -> int:
    return rules.size(len(frozen.outlets), rules.read_rule(frozen.rule))


def _stage(evaluation: Evaluation, actor: Actor) -> stages.Stage | None:
    """How many outlets of how many are drawn: told to everybody who reads the evaluation, the seed to nobody here."""
    lists = acts.lists_of(evaluation, Scope.open)
    drawn = acts.sample_of(evaluation, Scope.open)
    link = (
        _link(evaluation.id, Scope.open)
        if actor.has(*READERS) and acts.may_read(actor, evaluation, Scope.open)
        else None
    )
    if drawn is None:
        waits = actor.has(Role.planner) and not evaluation.frozen
        text = t("sampling.stage_frozen", n=len(lists[-1].outlets)) if lists else t("sampling.stage_open")
        return stages.Stage(
            state=stages.State.now, text=text, link=link, action=t("sampling.stage_action") if waits else None
        )
    listed = next(one for one in reversed(lists) if acts.draws_of(one))
    text = t("sampling.stage_drawn", n=len(drawn), of=len(listed.outlets))
    return stages.Stage(state=stages.State.done, text=text, when=listed.frozen_at.strftime("%m-%d"), link=link)


stages.add("sample", group=stages.Group.before, order=30, state=_stage)
