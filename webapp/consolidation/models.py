"""Tables of consolidation: what the lead overrode, and the versions as they were frozen. Rows are only added, overrides lifted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import TenantRow, now, ref


class Override(TenantRow):
    """The lead's own loss of one clause, 0 to 1 as number text, with the reason; both losses stay visible. Scores are never overridden."""

    __tablename__ = "override"
    __table_args__ = (ref("evaluation", "evaluation"),)
    evaluation: Mapped[str] = mapped_column(String(64))
    clause: Mapped[str] = mapped_column(String(60))
    loss: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(default=now)
    made_by: Mapped[str] = mapped_column(String(64))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(64))


class Snapshot(TenantRow):
    """One frozen version, whole: the heads, what the scorer was given (by hash), its answer, the digests of the visits.

    `heads`: visit → register → [[op, person, device, at, value, reason]], as JSON text, so that it is never re-encoded.
    """

    __tablename__ = "snapshot"
    __table_args__ = (ref("evaluation", "evaluation"), UniqueConstraint("tenant", "evaluation", "version"))
    evaluation: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    taken_at: Mapped[datetime] = mapped_column(default=now)
    scheme: Mapped[str] = mapped_column(String(64))
    input_sha256: Mapped[str] = mapped_column(String(64))
    digests: Mapped[dict[str, str]] = mapped_column(JSON)
    heads: Mapped[str]
    score: Mapped[dict[str, Any]] = mapped_column(JSON)
