"""Rules of evaluations: who may read and lead one, its number, its team. Pure.

Contract: domain.md ("evaluation"). What hides a mystery visit lives in planning, never here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from webapp.rules import Actor, Allowed, Refused, Role, Verdict

NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,39}")
SEES_EVERY_EVALUATION = (Role.planner, Role.administrator, Role.deliberator, Role.decision_maker, Role.hq_viewer)
GOES_ON_SITE = (Role.reviewer, Role.lead_auditor)
ORDERS = ("number", "client", "kind", "lead", "created")


def may_read(actor: Actor, *, lead: str, team: Collection[str]) -> Verdict:
    """Office roles read every evaluation; a lead auditor those they lead or belong to, a reviewer those of their team."""
    if actor.has(*SEES_EVERY_EVALUATION) or (
        actor.has(*GOES_ON_SITE) and (actor.person == lead or actor.person in team)
    ):
        return Allowed()
    return Refused("not-your-evaluation")


def may_lead(actor: Actor, *, lead: str) -> Verdict:
    """Consolidating, settling, returning, freezing: the lead auditor of this evaluation alone."""
    return Allowed() if actor.has(Role.lead_auditor) and actor.person == lead else Refused("not-your-lead")


def number_problem(number: str) -> str | None:
    """Why this cannot be the number of an evaluation; None if it can."""
    return None if NUMBER.fullmatch(number) else "number-invalid"


def next_number(taken: Iterable[str], *, year: int) -> str:
    """One more than the highest number YYYY-NNNN of this year: `2026-0148`."""
    highest = max(
        (int(found[1]) for number in taken if (found := re.fullmatch(rf"{year}-(\d{{1,9}})", number))), default=0
    )
    return f"{year}-{highest + 1:04d}"


def modes_problem(modes: Collection[str], letters: Collection[str]) -> str | None:
    """Modes are letters of the scheme, at least one; a scheme without letters leaves them open."""
    if not letters:
        return None if not modes else "modes-not-in-scheme"
    if not modes:
        return "modes-missing"
    return None if set(modes) <= set(letters) else "modes-not-in-scheme"


def may_be_lead(roles: Collection[Role]) -> Verdict:
    return Allowed() if Role.lead_auditor in roles else Refused("not-a-lead-auditor")


def may_join(roles: Collection[Role]) -> Verdict:
    """Only who goes on site belongs to a team: whoever deliberates or decides must stay out of it."""
    return Allowed() if any(role in roles for role in GOES_ON_SITE) else Refused("not-a-reviewer")
