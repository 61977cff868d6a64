"""Use cases of evaluations: create one, its first team, and the door through which every later room loads one.

A change of team after creation is planning's act: it also tells the tablets.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Select, false, func, or_, select, true

from webapp import events
from webapp.access import require, require_verdict
from webapp.accounts import acts as accounts
from webapp.accounts.models import Person
from webapp.clients.models import Client, Site
from webapp.db import db, found, now
from webapp.evaluations import rules
from webapp.evaluations.models import Evaluation, Kind, Member
from webapp.problems import Problem
from webapp.rules import Actor, Role
from webapp.schemes import acts as schemes
from webapp.texts import ZONE


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
    return list(db.session.execute(_read_by(actor).order_by(Evaluation.number.desc())).scalars())


def listed(
    *,
    actor: Actor,
    search: str = "",
    kind: Kind | None = None,
    lead: str = "",
    order: str = "number",
    descending: bool = True,
) -> list[tuple[Evaluation, Client, Person]]:
    """Evaluations that this person may read, with client and lead.

    `search` is found in the number, the client's name, a site's name or code; `order` is one of `rules.ORDERS`.
    """
    columns = {
        "number": (Evaluation.number,),
        "client": (Client.name, Evaluation.number),
        "kind": (Evaluation.kind, Evaluation.number),
        "lead": (Person.name, Evaluation.number),
        "created": (Evaluation.created_at, Evaluation.number),
    }
    query = _read_by(actor).add_columns(Client, Person)
    query = query.join(Client, (Client.tenant == Evaluation.tenant) & (Client.id == Evaluation.client))
    query = query.join(Person, (Person.tenant == Evaluation.tenant) & (Person.id == Evaluation.lead))
    if kind is not None:
        query = query.where(Evaluation.kind == kind)
    if lead:
        query = query.where(Evaluation.lead == lead)
    for word in search.split():
        sites = select(Site.client).where(
            Site.tenant == actor.tenant,
            or_(Site.name.icontains(word, autoescape=True), Site.code.icontains(word, autoescape=True)),
        )
        query = query.where(
            or_(
                Evaluation.number.icontains(word, autoescape=True),
                Client.name.icontains(word, autoescape=True),
                Evaluation.client.in_(sites),
            )
        )
    chosen = columns.get(order, columns["number"])
    rows = db.session.execute(query.order_by(*(column.desc() if descending else column.asc() for column in chosen)))
    return [(evaluation, client, person) for evaluation, client, person in rows]


def team_of(evaluation: Evaluation) -> list[Person]:
    """The reviewers of the team, by login; the lead only when they were named as a member too."""
    query = select(Person).join(Member, (Member.tenant == Person.tenant) & (Member.person == Person.id))
    return list(db.session.execute(query.where(Member.evaluation == evaluation.id).order_by(Person.login)).scalars())


def suggested_number() -> str:
    """The next free YYYY-NNNN of this year, in the body's zone."""
    year = now().astimezone(ZONE).year
    taken = db.session.execute(select(Evaluation.number).where(Evaluation.number.startswith(f"{year}-"))).scalars()
    return rules.next_number(taken, year=year)


def create_evaluation(
    *, actor: Actor, number: str, client: str, kind: Kind, scheme_version: str, lead: str, modes: Sequence[str]
) -> Evaluation:
    """A new round of a client.

    Problems: number-invalid, number-taken, client-unknown, scheme-unknown, person-not-active, not-a-lead-auditor, modes-missing, modes-not-in-scheme.
    """
    require(actor.has(Role.planner))
    number = number.strip()
    if code := rules.number_problem(number):
        raise Problem(code)
    if db.session.scalar(select(func.count()).select_from(Evaluation).where(Evaluation.number == number)):
        raise Problem("number-taken", 409, number=number)
    if db.session.get(Client, (actor.tenant, client)) is None:
        raise Problem("client-unknown")
    version = next((one for one in schemes.scheme_versions() if one.id == scheme_version), None)
    if version is None:
        raise Problem("scheme-unknown")
    require_verdict(rules.may_be_lead(_roles(actor, lead)))
    letters = list(schemes.body_of(version).get("modes") or [])
    if code := rules.modes_problem(modes, letters):
        raise Problem(code, modes=" ".join(letters))
    row = Evaluation(
        number=number,
        client=client,
        kind=kind,
        scheme_version=scheme_version,
        lead=lead,
        modes=sorted(set(modes), key=letters.index),
        created_by=actor.person,
    )
    db.session.add(row)
    db.session.flush()
    events.record(
        "evaluation-created",
        f"evaluation {row.id}",
        by=actor.person,
        number=number,
        client=client,
        evaluation_kind=kind,
        scheme=version.sha256,
        lead=lead,
        modes=row.modes,
    )
    return row


def set_team(*, actor: Actor, evaluation: Evaluation, people: Collection[str]) -> None:
    """The first team of a new evaluation. Problems: person-not-active, not-a-reviewer, team-there (planning changes it)."""
    require(actor.has(Role.planner))
    if db.session.scalar(select(func.count()).select_from(Member).where(Member.evaluation == evaluation.id)):
        raise Problem("team-there", 409)
    for person in sorted(set(people)):
        require_verdict(rules.may_join(_roles(actor, person)))
        db.session.add(Member(evaluation=evaluation.id, person=person))
    events.record(
        "team-set", f"evaluation {evaluation.id}", by=actor.person, lead=evaluation.lead, team=sorted(set(people))
    )


def _roles(actor: Actor, person: str) -> list[Role]:
    row = db.session.get(Person, (actor.tenant, person))
    if row is None or row.ended_at is not None:
        raise Problem("person-not-active")
    return accounts.roles_of(row)


def _read_by(actor: Actor) -> Select[Evaluation]:
    query = select(Evaluation)
    if actor.has(*rules.SEES_EVERY_EVALUATION):
        return query
    mine = select(Member.evaluation).where(Member.tenant == actor.tenant, Member.person == actor.person)
    goes = true() if actor.has(*rules.GOES_ON_SITE) else false()
    return query.where(or_(Evaluation.lead == actor.person, Evaluation.id.in_(mine)), goes)
