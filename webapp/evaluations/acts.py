"""Use cases of evaluations: create one, its team, and the door through which every later room loads one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import delete, or_, select

from webapp import events
from webapp.access import require_verdict
from webapp.accounts import acts as accounts
from webapp.accounts.models import Person
from webapp.clients.models import Client
from webapp.db import db, found
from webapp.evaluations import rules
from webapp.evaluations.models import Evaluation, Kind, Member
from webapp.problems import Problem
from webapp.rules import Actor, Role


def team_of(evaluation: Evaluation) -> list[Person]:
    """The reviewers of the team, by login; the lead only when they were named as a member too."""
    query = select(Person).join(Member, (Member.tenant == Person.tenant) & (Member.person == Person.id))
    return list(db.session.execute(query.where(Member.evaluation == evaluation.id).order_by(Person.login)).scalars())


def readable(actor: Actor, id: str) -> Evaluation:
    """The evaluation, when this person may read it. Problems: not-found (404), not-your-evaluation (403)."""
    evaluation: Evaluation = found(db.session.get(Evaluation, (actor.tenant, id)))
    team = db.session.execute(select(Member.person).where(Member.evaluation == id)).scalars()
    require_verdict(rules.may_read(actor, lead=evaluation.lead, team=set(team)))
    return evaluation


def led_by(actor: Actor, id: str) -> Evaluation:
    """The evaluation, when this person is its lead auditor. Problems: not-found (404), not-your-evaluation, not-your-lead (403)."""
    evaluation = readable(actor, id)
    require_verdict(rules.may_lead(actor, lead=evaluation.lead), number=evaluation.number)
    return evaluation


def readable_by(actor: Actor) -> list[Evaluation]:
    """All evaluations that this person may read, newest number first; one query."""
    query = select(Evaluation).order_by(Evaluation.number.desc())
    if not actor.has(*rules.SEES_EVERY_EVALUATION):
        if not actor.has(*rules.GOES_ON_SITE):
            return []
        mine = select(Member.evaluation).where(Member.tenant == actor.tenant, Member.person == actor.person)
        query = query.where(or_(Evaluation.lead == actor.person, Evaluation.id.in_(mine)))
    return list(db.session.execute(query).scalars())
