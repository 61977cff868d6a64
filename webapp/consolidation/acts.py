"""Use cases of the lead auditor: settle, override, return and close a part, admit and discard what was parked, freeze, reopen.

Pages and commands call the same acts. None of them touches the request or commits. Reasons are obligatory and stay.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from sync import store
from webapp import events
from webapp.consolidation import rules, standing
from webapp.consolidation.models import Override, Snapshot
from webapp.db import db, found, now
from webapp.evaluations import acts as evaluations
from webapp.evaluations.models import Evaluation, FrozenVersion, Member
from webapp.planning import acts as planning
from webapp.planning.models import Visit
from webapp.problems import Problem
from webapp.rules import Actor, Role
from webapp.schemes import acts as schemes
from webapp.schemes.numbers import share
from webapp.sync_host import connection, refusals, sync_host

REASON_MOST = 2000


def readable(actor: Actor, id: str) -> tuple[Evaluation, bool]:
    """The evaluation and whether this person leads it. Problems: not-found, not-your-evaluation, consolidation-closed (403)."""
    evaluation = evaluations.readable(actor, id)
    if not standing.may_read(actor, evaluation):
        raise Problem("consolidation-closed", 403)
    return evaluation, actor.has(Role.lead_auditor) and evaluation.lead == actor.person


def settle(
    *, actor: Actor, evaluation: str, visit: str, name: str, value: Any, seen: Collection[str], reason: str
) -> str:
    """The lead's settlement of one register, as an operation of the lead's desk; its id.

    `seen`: ids of the heads that the page had shown. Problems: reason-missing, heads-changed (409), and what would park the line.
    """
    led = evaluations.led_by(actor, evaluation)
    place = _visit_of(led, visit)
    reason = _reason(reason)
    standing_now = store.heads(connection(), tenant=actor.tenant, visits=[place.id])[place.id].get(name, [])
    if sorted(head.op for head in standing_now) != sorted(seen):
        raise Problem("heads-changed", 409)
    record, rest, field = rules.split(name)
    op = _desk(
        actor,
        {
            "record": record,
            "key": "/".join(filter(None, (place.id, rest))),
            "set": {field: value},
            "seen": {field: sorted(seen)},
            "settlement": reason,
        },
    )
    events.record("register-settled", f"visit {place.id}", by=actor.person, name=name, op=op, reason=reason)
    return op


def join_specials(*, actor: Actor, evaluation: str, visit: str, special: str, same_as: str, reason: str) -> str:
    """Two reviewers recorded one special: from now on `special` repeats `same_as` and counts no more."""
    led = evaluations.led_by(actor, evaluation)
    name = f"special/{special}/same_as"
    shown = store.heads(connection(), tenant=actor.tenant, visits=[visit]).get(visit, {}).get(name, [])
    return settle(
        actor=actor,
        evaluation=led.id,
        visit=visit,
        name=name,
        value=same_as,
        seen=[head.op for head in shown],
        reason=reason,
    )


def override_clause(*, actor: Actor, evaluation: str, clause: str, loss: str, reason: str) -> Override:
    """Replace the combined loss of one clause, 0 to 1 as number text. Problems: frozen, override-invalid, override-standing, reason-missing."""
    led = _unfrozen(evaluations.led_by(actor, evaluation))
    reason, loss = _reason(reason), loss.strip()
    stands = standing.load(led, include_mystery=True)
    leaf = found(stands.clauses.get(clause))
    if share(loss) is None or leaf.get("kind") is None or (leaf["kind"] == "matrix" and not leaf.get("shares")):
        raise Problem("override-invalid")
    if any(each.clause == clause for each in stands.overrides):
        raise Problem("override-standing", 409)
    made = Override(evaluation=led.id, clause=clause, loss=loss, reason=reason, made_by=actor.person)
    db.session.add(made)
    db.session.flush()
    events.record("clause-overridden", f"evaluation {led.id}", by=actor.person, clause=clause, loss=loss, reason=reason)
    return made


def lift_override(*, actor: Actor, evaluation: str, clause: str) -> None:
    """The sites' own loss counts again. Problems: frozen, not-found."""
    led = _unfrozen(evaluations.led_by(actor, evaluation))
    query = select(Override).where(
        Override.evaluation == led.id, Override.clause == clause, Override.lifted_at.is_(None)
    )
    row: Override = found(db.session.execute(query).scalar_one_or_none())
    row.lifted_at, row.lifted_by = now(), actor.person
    events.record("override-lifted", f"evaluation {led.id}", by=actor.person, clause=clause)


def return_part(*, actor: Actor, visit: str, person: str, reason: str, clauses: Sequence[str] = ()) -> None:
    """The person goes on with their part: its next round, all of it or some clauses and groups.

    Problems: part-unknown, part-open, frozen, clauses-unknown, reason-missing.
    """
    led, place = _led_visit(actor, visit)
    _unfrozen(led)
    note = _reason(reason)
    if clauses:
        known = {clause["code"] for clause in schemes.body_of(schemes.scheme_version(id=led.scheme_version))["clauses"]}
        if unknown := sorted(set(clauses) - known):
            raise Problem("clauses-unknown", clauses=" ".join(unknown))
    with refusals():
        store.return_part(
            connection(), tenant=actor.tenant, visit=place.id, person=person, clauses=list(clauses) or None, note=note
        )
    events.record(
        "part-returned", f"visit {place.id}", by=actor.person, person=person, clauses=list(clauses), reason=note
    )


def close_part(*, actor: Actor, visit: str, person: str, reason: str) -> None:
    """Nothing more is awaited from this person here; what they still send is parked. Problems: part-unknown, part-closed, frozen."""
    led, place = _led_visit(actor, visit)
    _unfrozen(led)
    note = _reason(reason)
    with refusals():
        store.close_part(connection(), tenant=actor.tenant, visit=place.id, person=person, note=note)
    events.record("part-closed", f"visit {place.id}", by=actor.person, person=person, reason=note)


def parked_lines(actor: Actor) -> list[store.Parked]:
    """All parked lines that this person may act on: of visits they lead, and of people of their teams where the line names no visit."""
    led = set(standing.rows(select(Evaluation.id).where(Evaluation.lead == actor.person)))
    visits = set(standing.rows(select(Visit.id).where(Visit.evaluation.in_(led))))
    team = set(standing.rows(select(Member.person).where(Member.evaluation.in_(led)))) | {actor.person}
    known = visits_known()
    lines = store.parked(connection(), tenant=actor.tenant)
    return [
        line
        for line in lines
        if line.state == "parked" and (line.visit in visits or (line.visit not in known and line.person in team))
    ]


def admit_parked(*, actor: Actor, device: str, n: int, reason: str) -> bool:
    """Apply a parked line now, by its author, on the lead's word. Whether it was superseded already, so that nothing changed.

    Problems: line-unknown, not-parked, not-admissible, frozen and what else would park it.
    """
    line = _parked(actor, device, n)
    why = _reason(reason)
    with refusals():
        admitted = store.admit(connection(), tenant=actor.tenant, device=device, n=n, host=sync_host(), reason=why)
    events.record(
        "line-admitted",
        f"visit {line.visit}",
        by=actor.person,
        device=device,
        n=n,
        code=line.code,
        reason=why,
        superseded=admitted.superseded,
    )
    return bool(admitted.superseded)


def discard_parked(*, actor: Actor, device: str, n: int, reason: str) -> None:
    """It will not count; its bytes are kept and its author is told why. Problems: line-unknown, not-parked."""
    line = _parked(actor, device, n)
    why = _reason(reason)
    with refusals():
        store.discard(connection(), tenant=actor.tenant, device=device, n=n, host=sync_host(), reason=why)
    events.record(
        "line-discarded", f"visit {line.visit}", by=actor.person, device=device, n=n, code=line.code, reason=why
    )


def visits_known() -> set[str]:
    """Ids of all visits of the body: a parked line may name one that does not exist."""
    return set(standing.rows(select(Visit.id)))


def obstacles(evaluation: Evaluation) -> store.Obstacles:
    """What stands against freezing: open parts, disputes; missing bytes only ask for a reason."""
    return store.obstacles(connection(), tenant=evaluation.tenant, visits=_live_visits(evaluation))


def freeze_evaluation(*, actor: Actor, evaluation: str, reason: str = "") -> Snapshot:
    """Version n stands: heads, digests and score, kept apart. Problems: frozen, no-visits, not-ready, bytes-missing (give a reason)."""
    led = _unfrozen(evaluations.led_by(actor, evaluation))
    visits = _live_visits(led)
    if not visits:
        raise Problem("no-visits", 409)
    against = obstacles(led)
    if against.open_parts or against.disputed:
        raise Problem(
            "not-ready",
            409,
            open_parts=len(against.open_parts),
            disputed=len(against.disputed),
            parts=against.open_parts,
            registers=against.disputed,
        )
    if against.missing and not reason.strip():
        raise Problem("bytes-missing", 409, n=len(against.missing))
    row = FrozenVersion(
        evaluation=led.id, version=led.version, frozen_at=now(), frozen_by=actor.person, reason=reason.strip() or None
    )
    db.session.add(row)
    led.frozen = True
    stands = standing.load(led, include_mystery=True)
    with refusals():
        store.freeze(connection(), tenant=actor.tenant, visits=visits)
    snapshot = _snapshot(stands, visits)
    planning.announce(led)
    events.record(
        "evaluation-frozen",
        f"evaluation {led.id}",
        by=actor.person,
        version=led.version,
        score=stands.score["score"],
        level=stands.score["level"],
        reason=row.reason,
    )
    return snapshot


def reopen_evaluation(*, actor: Actor, evaluation: str, reason: str) -> None:
    """Go on towards the next version from the frozen heads; the frozen version stays as it is. Problems: not-frozen, evaluation-closed, reason-missing."""
    led = evaluations.led_by(actor, evaluation)
    if not led.frozen:
        raise Problem("not-frozen", 409)
    if led.closed_on is not None:
        raise Problem("evaluation-closed", 409)
    why = _reason(reason)
    query = select(FrozenVersion).where(FrozenVersion.evaluation == led.id, FrozenVersion.version == led.version)
    row = db.session.execute(query).scalar_one()
    row.reopened_at, row.reopened_by, row.reopened_why = now(), actor.person, why
    with refusals():
        store.reopen(connection(), tenant=actor.tenant, visits=_live_visits(led), host=sync_host())
    led.version += 1
    led.frozen = False
    planning.announce(led)
    events.record("evaluation-reopened", f"evaluation {led.id}", by=actor.person, version=led.version, reason=why)


def versions(evaluation: Evaluation) -> list[tuple[FrozenVersion, Snapshot]]:
    """The frozen versions, newest first."""
    query = (
        select(FrozenVersion, Snapshot)
        .join(
            Snapshot,
            (Snapshot.tenant == FrozenVersion.tenant)
            & (Snapshot.evaluation == FrozenVersion.evaluation)
            & (Snapshot.version == FrozenVersion.version),
        )
        .where(FrozenVersion.evaluation == evaluation.id)
    )
    return list(db.session.execute(query.order_by(FrozenVersion.version.desc())))


def evaluation_numbered(actor: Actor, number: str) -> Evaluation:
    """Problem: not-found."""
    row: Evaluation = found(
        db.session.execute(select(Evaluation).where(Evaluation.number == number)).scalar_one_or_none(), number=number
    )
    return evaluations.led_by(actor, row.id)


def _snapshot(stands: standing.Standing, visits: list[str]) -> Snapshot:
    heads = {
        visit: {
            name: [[head.op, head.person, head.device, head.at, head.value, head.reason] for head in each]
            for name, each in sorted(stands.heads[visit].items())
        }
        for visit in sorted(visits)
    }
    row = Snapshot(
        evaluation=stands.evaluation.id,
        version=stands.evaluation.version,
        scheme=stands.version.sha256,
        input_sha256=stands.input_sha256,
        digests=store.digests(connection(), tenant=stands.evaluation.tenant, visits=visits),
        heads=json.dumps(heads, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        score=stands.score,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _desk(actor: Actor, operation: dict[str, Any]) -> str:
    with refusals():
        ids = store.desk_write(
            connection(), tenant=actor.tenant, person=actor.person, host=sync_host(), operations=[operation]
        )
    return ids[0]


def _led_visit(actor: Actor, visit: str) -> tuple[Evaluation, Visit]:
    place: Visit = found(db.session.get(Visit, (actor.tenant, visit)))
    return evaluations.led_by(actor, place.evaluation), place


def _visit_of(evaluation: Evaluation, visit: str) -> Visit:
    place: Visit = found(db.session.get(Visit, (evaluation.tenant, visit)))
    return found(place if place.evaluation == evaluation.id else None)  # type: ignore[no-any-return]


def _live_visits(evaluation: Evaluation) -> list[str]:
    return list(
        standing.rows(
            select(Visit.id).where(Visit.evaluation == evaluation.id, Visit.cancelled_at.is_(None)).order_by(Visit.id)
        )
    )


def _unfrozen(evaluation: Evaluation) -> Evaluation:
    if evaluation.frozen:
        raise Problem("frozen", 409)
    return evaluation


def _reason(text: str) -> str:
    text = text.strip()
    if not text:
        raise Problem("reason-missing")
    if len(text) > REASON_MOST:
        raise Problem("reason-long", most=REASON_MOST)
    return text


def _parked(actor: Actor, device: str, n: int) -> store.Parked:
    line = next((each for each in parked_lines(actor) if each.device == device and each.n == n), None)
    if line is None:
        raise Problem("line-unknown", 404, line=f"{device}:{n}")
    return line
