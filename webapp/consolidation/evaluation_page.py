"""What consolidation puts on the page of an evaluation and in its row of the list: stages, score, coverage, visits with what is awaited.

Architecture invariant: whoever is not the lead is told of open and released visits only; scores go to whoever reads the consolidation or the board.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import get_template_attribute, render_template, url_for
from markupsafe import Markup
from sqlalchemy import select

from sync import store
from webapp import stages
from webapp.accounts.models import Person
from webapp.consolidation import acts, standing, words
from webapp.consolidation.matrix import Show
from webapp.consolidation.pages import score_facts
from webapp.consolidation.progress import by_person, progress, tablets
from webapp.db import db, now
from webapp.evaluations.models import Evaluation
from webapp.planning.models import Visit, VisitKind
from webapp.rules import Actor, Role
from webapp.stages import Cell, Stage, State
from webapp.sync_host import connection
from webapp.texts import ZONE, day, t

SEES_SCORES = (
    Role.lead_auditor,
    Role.planner,
    Role.deliberator,
    Role.decision_maker,
    Role.hq_viewer,
    Role.administrator,
)


def visits_stage(evaluation: Evaluation, actor: Actor) -> Stage:
    """Until every part of every visit is submitted or closed."""
    visits = _known(evaluation, actor)
    begun = [visit for visit in visits if visit.from_on <= now().astimezone(ZONE).date()]
    parts = store.parts(connection(), tenant=evaluation.tenant, visits=[visit.id for visit in visits])
    submitted = sum(bool(own) and all(part.state != "open" for part in own) for own in parts.values())
    if not visits:
        return Stage(state=State.to_come)
    closed = sum(
        all(part.state != "open" for part in own) and any(part.state == "closed" for part in own)
        for own in parts.values()
    )
    text = t("consolidation.visits_submitted", n=submitted - closed, all=len(visits))
    if closed:
        text = t("consolidation.visits_closed", text=text, n=closed)
    first, last = min(visit.from_on for visit in visits), max(visit.to_on for visit in visits)
    when = day(first)[5:] if first == last else t("consolidation.from_to", first=day(first)[5:], last=day(last)[5:])
    if submitted == len(visits):
        return Stage(state=State.done, text=text, when=when)
    return Stage(state=State.now if begun or submitted else State.to_come, text=text, when=when)


def consolidation_stage(evaluation: Evaluation, actor: Actor) -> Stage:
    """The lead's own evaluations say what is open; everybody else sees where it stands."""
    lead = db.session.get(Person, (evaluation.tenant, evaluation.lead))
    who = lead.name if lead else ""
    reads = standing.may_read(actor, evaluation)
    link = url_for("consolidation.consolidation", id=evaluation.id) if reads else None
    if evaluation.frozen:
        return Stage(state=State.done, who=who, text=t("consolidation.stage_frozen", n=evaluation.version), link=link)
    if visits_stage(evaluation, actor).state is State.to_come:
        return Stage(state=State.to_come, who=who, link=link)
    if not _leads(evaluation, actor):
        return Stage(state=State.now, who=who, link=link)
    against = acts.obstacles(evaluation)
    if against.disputed:
        n = len(against.disputed)
        return Stage(
            state=State.now,
            who=who,
            text=t("consolidation.stage_disputed", n=n, parts=len(against.open_parts)),
            link=link,
            action=t("consolidation.action_settle", n=n),
            mark="dispute",
        )
    if against.open_parts:
        return Stage(
            state=State.now, who=who, text=t("consolidation.stage_parts", n=len(against.open_parts)), link=link
        )
    return Stage(
        state=State.now,
        who=who,
        text=t("consolidation.stage_ready"),
        link=link,
        action=t("consolidation.action_freeze"),
    )


def score_panel(evaluation: Evaluation, actor: Actor) -> Markup | None:
    if not (standing.may_read(actor, evaluation) or actor.has(*SEES_SCORES)):
        return None
    stands = standing.load(evaluation, include_mystery=_leads(evaluation, actor))
    if not stands.visits:
        return None
    return Markup(render_template("consolidation/score_panel.html", **score_facts(stands, stands.matrix(Show.losing))))


def visits_panel(evaluation: Evaluation, actor: Actor) -> Markup | None:
    """Every visit with who goes, what is answered and what tablets still hold."""
    stands = standing.load(evaluation, include_mystery=_leads(evaluation, actor))
    visits = progress(stands)
    if not visits:
        return None
    people = sorted({part.person for visit in visits for part in visit.parts})
    # what a tablet holds could tell of a mystery visit, so only the lead reads it here
    contact = tablets(evaluation.tenant, people) if _leads(evaluation, actor) else {}
    waiting = [one for one in by_person(visits, contact) if not one.settled] if contact else []
    return Markup(
        render_template(
            "consolidation/visits_panel.html", stands=stands, visits=visits, tablets=contact, waiting=waiting
        )
    )


def list_cells(evaluations: Sequence[Evaluation], actor: Actor) -> dict[str, dict[str, Cell]]:
    """Visited outlets, score and level: what the board shows of each, and to the lead all that they know; one loading for all rows."""
    own = {each.id: _leads(each, actor) for each in evaluations}
    seen = [each for each in evaluations if own[each.id] or actor.has(*SEES_SCORES)]
    return {stands.evaluation.id: _cells(stands) for stands in standing.load_all(seen, include_mystery=own)}


def _cells(stands: standing.Standing) -> dict[str, Cell]:
    outlets = [site["id"] for site in stands.input.sites if site["kind"] != "hq"]
    visited = Cell(
        text=f"{sum(site in stands.visited for site in outlets)}/{len(outlets)}",
        sub=t("consolidation.of_all", all=stands.outlets),
    )
    if not outlets and stands.outlets:
        visited = Cell(text=t("consolidation.not_drawn"), known=False)
    if words.nothing_answered(stands.input.results):
        return {"outlets": visited, "score": Cell(text=t("consolidation.no_score"), known=False)}
    mark = get_template_attribute("_macros.html", "provisional")() if stands.version.provisional else None
    level = Cell(text=words.level_words(stands.scheme, stands.score), mark=mark)
    least, most = (words.points_text(end) if end else end for end in stands.score["shown_bounds"])
    score = Cell(text=words.score_words(stands.score, stands.input.results))
    if not stands.score["complete"] and least is not None:
        score = Cell(text=t("consolidation.at_least", n=least), sub=t("consolidation.at_most", n=most))
    return {"outlets": visited, "score": score, "level": level}


def _leads(evaluation: Evaluation, actor: Actor) -> bool:
    return actor.has(Role.lead_auditor) and evaluation.lead == actor.person


def _known(evaluation: Evaluation, actor: Actor) -> list[Visit]:
    query = select(Visit).where(Visit.evaluation == evaluation.id, Visit.cancelled_at.is_(None))
    if not _leads(evaluation, actor):
        query = query.where((Visit.kind == VisitKind.open) | Visit.released_at.is_not(None))
    return standing.rows(query.order_by(Visit.from_on, Visit.id))


stages.add("visits", group=stages.Group.on_site, order=50, state=visits_stage)
stages.add("consolidation", group=stages.Group.on_site, order=60, state=consolidation_stage)
stages.columns("outlets", "score", "level", order=60, cells=list_cells)
stages.panel(stages.Position.main, "score", order=60, render=score_panel)
stages.panel(stages.Position.main, "visits", order=70, render=visits_panel)
