"""Tables of evaluations: the round, its team, its frozen versions."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import TenantRow, now, ref


class Kind(StrEnum):
    initial = "initial"
    surveillance = "surveillance"
    recertification = "recertification"
    special = "special"


class Evaluation(TenantRow):
    """One round of a client. `modes` are letters of the scheme, as agreed; `version` is the one worked on or frozen."""

    __tablename__ = "evaluation"
    __table_args__ = (
        ref("client", "client"),
        ref("scheme_version", "scheme_version"),
        ref("lead", "person"),
        UniqueConstraint("tenant", "number"),
    )
    number: Mapped[str] = mapped_column(String(40))
    client: Mapped[str] = mapped_column(String(64))
    kind: Mapped[Kind]
    scheme_version: Mapped[str] = mapped_column(String(64))
    lead: Mapped[str] = mapped_column(String(64))
    modes: Mapped[list[str]] = mapped_column(JSON, default=list)
    version: Mapped[int] = mapped_column(default=1)
    frozen: Mapped[bool] = mapped_column(default=False)
    closed_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(64))


class Member(TenantRow):
    """A reviewer of the team of an evaluation."""

    __tablename__ = "member"
    __table_args__ = (
        ref("evaluation", "evaluation"),
        ref("person", "person"),
        UniqueConstraint("tenant", "evaluation", "person"),
    )
    evaluation: Mapped[str] = mapped_column(String(64))
    person: Mapped[str] = mapped_column(String(64))


class FrozenVersion(TenantRow):
    """A freeze or a reopening of an evaluation: who, when, why. The figures of a version are consolidation's snapshot."""

    __tablename__ = "frozen_version"
    __table_args__ = (ref("evaluation", "evaluation"), UniqueConstraint("tenant", "evaluation", "version"))
    evaluation: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    frozen_at: Mapped[datetime]
    frozen_by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None]
    reopened_at: Mapped[datetime | None]
    reopened_by: Mapped[str | None] = mapped_column(String(64))
    reopened_why: Mapped[str | None]
