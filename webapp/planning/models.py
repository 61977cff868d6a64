"""Tables of the plan: visits, who goes, the audit plan, days on which a person is away."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import TenantRow, now, ref


class VisitKind(StrEnum):
    open = "open"
    mystery = "mystery"


class Visit(TenantRow):
    """The team's stay at one site. A mystery visit is known only to the planner, its lead and its visitors until `released_at`."""

    __tablename__ = "visit"
    __table_args__ = (ref("evaluation", "evaluation"), ref("site", "site"))
    evaluation: Mapped[str] = mapped_column(String(64))
    site: Mapped[str] = mapped_column(String(64))
    kind: Mapped[VisitKind]
    modes: Mapped[list[str]] = mapped_column(JSON)
    from_on: Mapped[date]
    to_on: Mapped[date]
    purpose: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(64))
    cancelled_at: Mapped[datetime | None]
    cancelled_why: Mapped[str | None]
    released_at: Mapped[datetime | None]


class Visitor(TenantRow):
    """A reviewer who goes on a visit."""

    __tablename__ = "visitor"
    __table_args__ = (ref("visit", "visit"), ref("person", "person"), UniqueConstraint("tenant", "visit", "person"))
    visit: Mapped[str] = mapped_column(String(64))
    person: Mapped[str] = mapped_column(String(64))


class PlanEntry(TenantRow):
    """A line of the audit plan: who takes which clauses with which department, from when to when (the body's time, "2026-11-24T09:30")."""

    __tablename__ = "plan_entry"
    __table_args__ = (ref("visit", "visit"), ref("person", "person"))
    visit: Mapped[str] = mapped_column(String(64))
    person: Mapped[str] = mapped_column(String(64))
    clauses: Mapped[list[str]] = mapped_column(JSON)
    department: Mapped[str] = mapped_column(default="")
    starts: Mapped[str] = mapped_column(String(16))
    ends: Mapped[str] = mapped_column(String(16))


class Absence(TenantRow):
    """Days on which a person cannot travel; the reason is theirs."""

    __tablename__ = "absence"
    __table_args__ = (ref("person", "person"),)
    person: Mapped[str] = mapped_column(String(64))
    from_on: Mapped[date]
    to_on: Mapped[date]
