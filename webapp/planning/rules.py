"""Rules of planning: what makes a visit a mystery visit, what the plan does not judge, whose days collide, who is near.

Pure. Contracts: domain.md (modes, mystery visit), scoring.md (checklist), sampling.md rule 8 (what outsiders see).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from webapp.rules import Actor, Role

MYSTERY_MODES = frozenset("BD")
DAYS_MOST = 60
_CLOCK = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d")


def is_mystery(modes: Iterable[str]) -> bool:
    return not MYSTERY_MODES.isdisjoint(modes)


def visit_problem(modes: Sequence[str], agreed: Sequence[str], from_on: date, to_on: date) -> str | None:
    """Why no visit can be planned so; None if it can. `agreed`: the modes of the agreement, empty when it names none."""
    if agreed and not modes:
        return "visit-modes-missing"
    if not set(modes) <= set(agreed):
        return "visit-modes-not-agreed"
    if is_mystery(modes) and not set(modes) <= MYSTERY_MODES:
        return "visit-modes-mixed"
    if to_on < from_on:
        return "visit-days-order"
    return "visit-days-many" if (to_on - from_on).days >= DAYS_MOST else None


def entry_problem(starts: str, ends: str, from_on: date, to_on: date) -> str | None:
    """Why a line of the audit plan cannot stand; times are the body's wall clock, "2026-11-24T09:30"."""
    if not _CLOCK.fullmatch(starts) or not _CLOCK.fullmatch(ends):
        return "plan-entry-time"
    if ends <= starts:
        return "plan-entry-order"
    return None if from_on.isoformat() <= starts[:10] and ends[:10] <= to_on.isoformat() else "plan-entry-outside"


def may_see_mystery(actor: Actor, *, lead: str, visitors: Collection[str]) -> bool:
    """A mystery visit not yet released: the planner, the lead of its evaluation, whoever goes."""
    return actor.has(Role.planner) or actor.person == lead or actor.person in visitors


@dataclass(frozen=True)
class Planned:
    """A visit as coverage needs it: the checklist of its site and modes follows from the scheme."""

    site: Mapping[str, object]
    modes: Sequence[str]


@dataclass(frozen=True)
class Gaps:
    """What the plan leaves out: modes of the agreement that judge no clause, clauses that no visit judges."""

    idle_modes: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.idle_modes or self.unjudged)


def gaps(
    leaves: Sequence[Mapping[str, object]],
    agreed: Sequence[str],
    visits: Iterable[Planned],
    checklist: Callable[[Mapping[str, object], Sequence[str]], Iterable[str]],
) -> Gaps:
    """`leaves` in scheme order, each with `code` and perhaps `modes` (absent: every mode); `checklist(site, modes)` gives codes."""
    idle = tuple(mode for mode in agreed if not any(mode in _texts(leaf.get("modes"), mode) for leaf in leaves))
    judged = {code for visit in visits for code in checklist(visit.site, visit.modes)}
    return Gaps(idle, tuple(str(leaf["code"]) for leaf in leaves if leaf["code"] not in judged))


def _texts(modes: object, absent: str) -> Collection[str]:
    return [str(mode) for mode in modes] if isinstance(modes, Sequence) else [absent]


@dataclass(frozen=True)
class Busy:
    """Days on which a person cannot come: `what` says why (a visit's site, or nothing for an absence)."""

    from_on: date
    to_on: date
    what: str | None = None


def conflicts(from_on: date, to_on: date, busy: Iterable[Busy]) -> list[Busy]:
    """What overlaps these days, earliest first."""
    return sorted((one for one in busy if one.from_on <= to_on and from_on <= one.to_on), key=lambda one: one.from_on)


def free_days(from_on: date, to_on: date, busy: Iterable[Busy]) -> int:
    """How many of the days the person could come."""
    taken = list(busy)
    days = [from_on + timedelta(n) for n in range((to_on - from_on).days + 1)]
    return sum(not any(one.from_on <= day <= one.to_on for one in taken) for day in days)


def stays_near(from_on: date, last_on: date) -> bool:
    """Whether somebody who worked elsewhere until `last_on` starts from there: at most two days lie between."""
    return timedelta(0) < from_on - last_on <= timedelta(3)
