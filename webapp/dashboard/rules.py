"""What the dashboard counts and in which order it shows it. Pure: plain values and the day come in.

Architecture invariant: nothing here or on the page knows a mystery visit that is not released (consolidation's `load` leaves it out).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

FEWEST_RANKED = 3


class Why(StrEnum):
    """Why an evaluation does not move."""

    undrawn = "undrawn"
    unplanned = "unplanned"
    unsubmitted = "unsubmitted"
    disputed = "disputed"
    unfrozen = "unfrozen"


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """What waits, since which day, for whom (an id of a person, or the planner when None)."""

    evaluation: str
    client: str
    why: Why
    n: int
    since: date
    waits_for: str | None


@dataclass(frozen=True, kw_only=True)
class Stay:
    """A visit as the dashboard needs it; `open_people` have not submitted."""

    site: str
    from_on: date
    to_on: date
    people: tuple[str, ...]
    open_people: tuple[str, ...]
    submitted: bool


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """A clause over all evaluations: failing of checked (samples, or sites where it is met or not)."""

    scheme: str
    code: str
    failing: int
    checked: int

    @property
    def share(self) -> Fraction:
        return Fraction(self.failing, self.checked)


def stuck(
    *,
    evaluation: str,
    client: str,
    lead: str,
    frozen: bool,
    created_on: date,
    drawn: bool,
    unvisited: int,
    stays: Sequence[Stay],
    disputes: int,
    today: date,
) -> list[Stuck]:
    """Whose move it is in one evaluation; nothing while people are on site as planned, or once it is frozen."""
    if frozen:
        return []
    made = {"evaluation": evaluation, "client": client}
    found = []
    if not drawn:
        found.append(Stuck(why=Why.undrawn, n=1, since=created_on, waits_for=None, **made))
    elif unvisited or any(not stay.people for stay in stays):
        n = unvisited + sum(not stay.people for stay in stays)
        found.append(Stuck(why=Why.unplanned, n=n, since=created_on, waits_for=None, **made))
    for person in sorted({person for stay in stays for person in stay.open_people if stay.to_on < today}):
        late = [stay for stay in stays if person in stay.open_people and stay.to_on < today]
        found.append(
            Stuck(why=Why.unsubmitted, n=len(late), since=min(stay.to_on for stay in late), waits_for=person, **made)
        )
    over = [stay for stay in stays if stay.submitted]
    ended = max((stay.to_on for stay in over), default=created_on)
    if disputes:
        found.append(Stuck(why=Why.disputed, n=disputes, since=min(ended, today), waits_for=lead, **made))
    elif stays and len(over) == len(stays) and drawn and not unvisited:
        found.append(Stuck(why=Why.unfrozen, n=1, since=min(ended, today), waits_for=lead, **made))
    return found


def longest_first(rows: Iterable[Stuck]) -> list[Stuck]:
    return sorted(rows, key=lambda row: (row.since, row.client, row.why))


def weakest(rows: Iterable[Pooled], *, most: int) -> list[Pooled]:
    """Clauses that fail anywhere, the greatest share first."""
    return sorted((row for row in rows if row.failing), key=lambda row: (-row.share, row.scheme, row.code))[:most]


def freshness(contacts: Iterable[datetime | None]) -> datetime | None:
    """The latest contact of any tablet."""
    return max((contact for contact in contacts if contact is not None), default=None)
