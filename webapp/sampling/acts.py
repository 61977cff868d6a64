"""Use cases of the sample: freeze the list, draw, replace, and the protocol of what was done.

The body's nonce is made here, in the transaction of the draw, after the list was frozen: nobody can know it before. Nothing of a draw
is ever changed or removed; a second one stands beside the first with its reason.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from webapp import events
from webapp.access import require
from webapp.accounts.models import Person
from webapp.clients.models import Site, SiteKind
from webapp.db import db, found
from webapp.evaluations import acts as evaluations
from webapp.evaluations.models import Evaluation
from webapp.problems import Problem
from webapp.rules import Actor, Role
from webapp.sampling import protocol as written
from webapp.sampling import rules
from webapp.sampling.models import Draw, Drawn, FrozenList, Pick, Replacement, Scope
from webapp.sampling.rules import Outlet, Rule
from webapp.schemes import acts as schemes

# what a stratum of a scheme means on a site
STRATA: dict[str, Callable[[Site], str]] = {
    "province": lambda site: site.province[:2],
    "ownership": lambda site: site.ownership.value if site.ownership else "",
    "type": lambda site: site.type,
    "city": lambda site: site.city,
}


@dataclass(frozen=True)
class Sampled:
    """A draw with its rows, in the order of the protocol."""

    draw: Draw
    picks: Sequence[Pick]
    drawn: Sequence[Drawn]
    replacements: Sequence[Replacement]

    def first_codes(self) -> list[str]:
        """As drawn, before any replacement."""
        return [pick.code for pick in self.picks] + [one.code for one in self.drawn]

    def told(self) -> list[tuple[str, dict[str, str], bool]]:
        """Every outlet that ever was in this draw: code, how it came in, whether it gave way."""
        gone = {swap.code_out for swap in self.replacements}
        came = [(pick.code, {"kind": "pick", "reason": pick.reason}) for pick in self.picks]
        came += [(one.code, {"kind": "drawn"}) for one in self.drawn]
        came += [
            (swap.code_in, {"kind": "replacement", "out": swap.code_out, "reason": swap.reason})
            for swap in self.replacements
        ]
        return [(code, how, code in gone) for code, how in came]

    def codes(self) -> list[str]:
        """The outlets to be visited, replacements done: picks first, then as drawn."""
        visited = self.first_codes()
        for swap in self.replacements:
            visited[visited.index(swap.code_out)] = swap.code_in
        return visited


def rule_for(evaluation: Evaluation, scope: Scope) -> Rule:
    """Problem `sampling-rule-missing` when the scheme says nothing of this scope."""
    scheme = schemes.body_of(schemes.scheme_version(id=evaluation.scheme_version))
    with _as_problem():
        return rules.rule_of(scheme, evaluation.kind.value, mystery=scope is Scope.mystery)


def may_read(actor: Actor, evaluation: Evaluation, scope: Scope) -> bool:
    """Seed and ranks tell the next replacement, so only planner and lead hold them; the rest of the office reads the open protocol
    once the evaluation is closed. A mystery protocol stays with planner and lead.
    """
    if actor.has(Role.planner) or actor.person == evaluation.lead:
        return True
    return scope is Scope.open and evaluation.closed_on is not None


def readable(actor: Actor, evaluation: str, scope: Scope) -> Evaluation:
    row = evaluations.readable(actor, evaluation)
    if not may_read(actor, row, scope):
        raise Problem("not-found") if scope is Scope.mystery else Problem("sample-not-yet", 403)
    return row


def outlets_of(evaluation: Evaluation) -> list[Site]:
    """The open outlets of the client, by code: what can be frozen."""
    query = select(Site).where(Site.client == evaluation.client, Site.kind == SiteKind.outlet, Site.closed_on.is_(None))
    return sorted(db.session.scalars(query), key=lambda site: site.code)


def freeze_list(
    *, actor: Actor, evaluation: str, scope: Scope, left_out: Collection[str] = (), reason: str = ""
) -> FrozenList:
    """The list from which is drawn, as it stands now; `left_out` are ids of outlets outside the scope, with the reason.

    A list that was drawn from stays for ever; a new one then asks for a reason. Problems: no-outlets, left-out-reason, list-drawn,
    sampling-rule-missing, outlet-code-unfit, outlet-code-twice.
    """
    row = _planned_by(actor, evaluation)
    rule = rule_for(row, scope)
    sites = outlets_of(row)
    kept, out = [s for s in sites if s.id not in left_out], [s for s in sites if s.id in left_out]
    if not kept:
        raise Problem("no-outlets")
    if out and not reason.strip():
        raise Problem("left-out-reason", n=len(out))
    if _drawn_before(row, scope) and not reason.strip():
        raise Problem("list-drawn", 409)
    with _as_problem():
        unknown = [name for name in rule.strata if name not in STRATA]
        if unknown:
            raise rules.SamplingError("sampling-rule-unfit", where=unknown[0])
        frame = rules.frame(Outlet(site.code, _strata(site, rule)) for site in kept)
        listed = rules.list_sha256(frame)
        rules.size(len(frame), rule)
    by_code = {site.code: site for site in kept}
    made = FrozenList(
        evaluation=row.id,
        scope=scope,
        frozen_by=actor.person,
        rule=rules.written_rule(rule),
        outlets=[{"code": one.code, "strata": list(one.strata)} | _told(by_code[one.code]) for one in frame],
        left_out=[{"code": site.code} | _told(site) for site in out],
        left_out_why=reason.strip(),
        list_sha256=listed,
    )
    db.session.add(made)
    db.session.flush()
    events.record(
        "list-frozen", f"evaluation {row.id}", by=actor.person, scope=scope, outlets=len(frame), list_sha256=listed
    )
    return made


def draw_sample(
    *,
    actor: Actor,
    frozen_list: str,
    picks: Mapping[str, str],
    client_nonce: str = "",
    size: int | None = None,
    size_reason: str = "",
    reason: str = "",
) -> Draw:
    """One draw. `picks`: code → reason. `reason` is asked from the second draw of this evaluation and scope on.

    Problems: list-superseded, draw-reason, sample-too-small, sample-too-large, sample-size-reason, picks-too-many, pick-unknown,
    pick-reason, nonce-unfit.
    """
    frozen, evaluation = _list(actor, frozen_list)
    if frozen.id != lists_of(evaluation, frozen.scope)[-1].id:
        raise Problem("list-superseded", 409)
    before = draws_of(frozen)
    if _drawn_before(evaluation, frozen.scope) and not reason.strip():
        raise Problem("draw-reason")
    frame, rule = outlets_in(frozen), rules.read_rule(frozen.rule)
    with _as_problem():
        wanted = rules.size(len(frame), rule) if size is None else size
        rules.check_draw(frame, rule, wanted, size_reason, picks)
        nonce = secrets.token_hex(32)
        drawn = rules.draw(frame, wanted, picks, nonce, client_nonce)
        raised = wanted > rules.size(len(frame), rule)
    made = Draw(
        frozen_list=frozen.id,
        number=len(before) + 1,
        by=actor.person,
        reason=reason.strip() or None,
        body_nonce=nonce,
        client_nonce=client_nonce,
        seed=drawn.seed,
        size=wanted,
        size_reason=size_reason.strip() if raised else None,
    )
    db.session.add(made)
    db.session.flush()
    for place, (code, why) in enumerate(picks.items()):
        db.session.add(Pick(draw=made.id, place=place, code=code, reason=why.strip()))
    for place, one in enumerate(drawn.drawn):
        db.session.add(Drawn(draw=made.id, place=place, code=one.code, strata=list(one.strata), rank=one.rank))
    db.session.flush()
    events.record(
        "sample-drawn",
        f"evaluation {evaluation.id}",
        by=actor.person,
        scope=frozen.scope,
        size=wanted,
        seed=drawn.seed,
        reason=made.reason,
    )
    return made


def replace_outlet(*, actor: Actor, draw: str, out: str, reason: str) -> Replacement:
    """The next rank comes in for an outlet that cannot be visited. Problems: reason-missing, draw-superseded, replace-not-sampled, replace-none-left."""
    row: Draw = found(db.session.scalar(select(Draw).where(Draw.id == draw)))
    frozen, evaluation = _list(actor, row.frozen_list)
    if not reason.strip():
        raise Problem("reason-missing")
    if frozen.id != lists_of(evaluation, frozen.scope)[-1].id or row.id != draws_of(frozen)[-1].draw.id:
        raise Problem("draw-superseded", 409)
    sampled = sampled_in(row)
    swaps = [(swap.code_out, swap.code_in) for swap in sampled.replacements]
    with _as_problem():
        came = rules.replacement(outlets_in(frozen), row.seed, sampled.first_codes(), swaps, out)
    made = Replacement(
        draw=row.id, place=len(swaps), code_out=out, code_in=came, reason=reason.strip(), by=actor.person
    )
    db.session.add(made)
    db.session.flush()
    events.record(
        "outlet-replaced",
        f"evaluation {evaluation.id}",
        by=actor.person,
        scope=frozen.scope,
        out=out,
        came=came,
        reason=made.reason,
    )
    return made


def lists_of(evaluation: Evaluation, scope: Scope) -> list[FrozenList]:
    """All frozen lists of this scope, oldest first."""
    query = select(FrozenList).where(FrozenList.evaluation == evaluation.id, FrozenList.scope == scope)
    return list(db.session.scalars(query.order_by(FrozenList.frozen_at, FrozenList.id)))


def draws_of(frozen: FrozenList) -> list[Sampled]:
    query = select(Draw).where(Draw.frozen_list == frozen.id).order_by(Draw.number)
    return [sampled_in(draw) for draw in db.session.scalars(query)]


def sampled_in(draw: Draw) -> Sampled:
    return Sampled(
        draw,
        list(db.session.scalars(select(Pick).where(Pick.draw == draw.id).order_by(Pick.place))),
        list(db.session.scalars(select(Drawn).where(Drawn.draw == draw.id).order_by(Drawn.place))),
        list(db.session.scalars(select(Replacement).where(Replacement.draw == draw.id).order_by(Replacement.place))),
    )


def sample_of(evaluation: Evaluation, scope: Scope) -> list[str] | None:
    """Ids of the outlets to be visited: the last draw of the last list that was drawn from. None: nothing drawn."""
    for frozen in reversed(lists_of(evaluation, scope)):
        draws = draws_of(frozen)
        if draws:
            sites = {outlet["code"]: outlet["site"] for outlet in frozen.outlets}
            return [sites[code] for code in draws[-1].codes()]
    return None


def outlets_in(frozen: FrozenList) -> list[Outlet]:
    return [Outlet(outlet["code"], tuple(outlet["strata"])) for outlet in frozen.outlets]


def protocol_of(frozen: FrozenList) -> dict[str, Any]:
    """The protocol in the form of sampling.md. People stand with the names they have now."""
    evaluation: Evaluation = found(db.session.scalar(select(Evaluation).where(Evaluation.id == frozen.evaluation)))
    draws = draws_of(frozen)
    people = {frozen.frozen_by, *(one.draw.by for one in draws)} | {
        swap.by for one in draws for swap in one.replacements
    }
    names = {person.id: person.name for person in db.session.scalars(select(Person).where(Person.id.in_(people)))}
    return {
        "format": written.FORMAT,
        "evaluation": evaluation.number,
        "frozen_at": _instant(frozen.frozen_at),
        "frozen_by": names.get(frozen.frozen_by, ""),
        "rule": frozen.rule,
        "outlets": [{"code": outlet["code"], "strata": outlet["strata"]} for outlet in frozen.outlets],
        "list_sha256": frozen.list_sha256,
        "draws": [
            {
                "drawn_at": _instant(one.draw.drawn_at),
                "by": names.get(one.draw.by, ""),
                "reason": one.draw.reason,
                "nonces": {"body": one.draw.body_nonce, "client": one.draw.client_nonce},
                "seed": one.draw.seed,
                "size": one.draw.size,
                "size_reason": one.draw.size_reason,
                "picks": [{"code": pick.code, "reason": pick.reason} for pick in one.picks],
                "drawn": [{"code": row.code, "strata": row.strata, "rank": row.rank} for row in one.drawn],
                "replacements": [
                    {
                        "out": swap.code_out,
                        "in": swap.code_in,
                        "reason": swap.reason,
                        "by": names.get(swap.by, ""),
                        "at": _instant(swap.at),
                    }
                    for swap in one.replacements
                ],
            }
            for one in draws
        ],
    }


def redraw(evaluation: Evaluation) -> dict[str, list[str]]:
    """Every protocol of the evaluation, repeated on what the database holds: what differs, by scope and place of the list."""
    return {
        f"{scope.value} {at}": written.differences(protocol_of(frozen))
        for scope in Scope
        for at, frozen in enumerate(lists_of(evaluation, scope), 1)
    }


def frozen_list(actor: Actor, id: str) -> tuple[FrozenList, Evaluation]:
    """The list and its evaluation, when this person may read the protocol. Problems: not-found, sample-not-yet."""
    row: FrozenList = found(db.session.scalar(select(FrozenList).where(FrozenList.id == id)))
    return row, readable(actor, row.evaluation, row.scope)


def _list(actor: Actor, id: str) -> tuple[FrozenList, Evaluation]:
    row: FrozenList = found(db.session.scalar(select(FrozenList).where(FrozenList.id == id)))
    return row, _planned_by(actor, row.evaluation)


def _planned_by(actor: Actor, evaluation: str) -> Evaluation:
    require(actor.has(Role.planner))
    row = evaluations.readable(actor, evaluation)
    if row.frozen:
        raise Problem("frozen", 409)
    return row


def _drawn_before(evaluation: Evaluation, scope: Scope) -> bool:
    lists = [frozen.id for frozen in lists_of(evaluation, scope)]
    return db.session.scalar(select(Draw.id).where(Draw.frozen_list.in_(lists)).limit(1)) is not None


def _strata(site: Site, rule: Rule) -> tuple[str, ...]:
    return tuple(STRATA[name](site) for name in rule.strata)


def _told(site: Site) -> dict[str, Any]:
    return {"site": site.id, "name": site.name, "place": " ".join(text for text in (site.city, site.address) if text)}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def _as_problem() -> Iterator[None]:
    try:
        yield
    except rules.SamplingError as error:
        raise Problem(error.code, **error.facts) from error
