"""Tables of the sample: the frozen list, each draw with its picks, drawn outlets and replacements. Rows are only added."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import TenantRow, now, ref


class Scope(StrEnum):
    """What is drawn: outlets visited openly, or by mystery visit. Each has a protocol of its own."""

    open = "open"
    mystery = "mystery"


class FrozenList(TenantRow):
    """The outlets an evaluation draws from, as they stood. `outlets`: [{"code", "strata", "site", "name", "place"}]; `rule` as in
    the protocol; `left_out`: outlets of the client that are outside the scope, with the one reason in `left_out_why`.
    """

    __tablename__ = "frozen_list"
    __table_args__ = (ref("evaluation", "evaluation"),)
    evaluation: Mapped[str] = mapped_column(String(64))
    scope: Mapped[Scope]
    frozen_at: Mapped[datetime] = mapped_column(default=now)
    frozen_by: Mapped[str] = mapped_column(String(64))
    rule: Mapped[dict[str, Any]] = mapped_column(JSON)
    outlets: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    left_out: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    left_out_why: Mapped[str] = mapped_column(default="")
    list_sha256: Mapped[str] = mapped_column(String(64))


class Draw(TenantRow):
    """One draw. A later one stands beside it with its reason, never in its place."""

    __tablename__ = "draw"
    __table_args__ = (ref("frozen_list", "frozen_list"), UniqueConstraint("tenant", "frozen_list", "number"))
    frozen_list: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    drawn_at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None]
    body_nonce: Mapped[str] = mapped_column(String(64))
    client_nonce: Mapped[str] = mapped_column(String(64), default="")
    seed: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    size_reason: Mapped[str | None]


class Pick(TenantRow):
    """An outlet chosen by people for its risk, with the reason."""

    __tablename__ = "pick"
    __table_args__ = (ref("draw", "draw"), UniqueConstraint("tenant", "draw", "code"))
    draw: Mapped[str] = mapped_column(String(64))
    place: Mapped[int]
    code: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str]


class Drawn(TenantRow):
    """An outlet of the random part; `place` is its order in the protocol."""

    __tablename__ = "drawn"
    __table_args__ = (ref("draw", "draw"), UniqueConstraint("tenant", "draw", "code"))
    draw: Mapped[str] = mapped_column(String(64))
    place: Mapped[int]
    code: Mapped[str] = mapped_column(String(40))
    strata: Mapped[list[str]] = mapped_column(JSON)
    rank: Mapped[str] = mapped_column(String(64))


class Replacement(TenantRow):
    """An outlet that gave way to the next rank, with the reason; `place` is the order in which it happened."""

    __tablename__ = "replacement"
    __table_args__ = (ref("draw", "draw"), UniqueConstraint("tenant", "draw", "place"))
    draw: Mapped[str] = mapped_column(String(64))
    place: Mapped[int]
    code_out: Mapped[str] = mapped_column(String(40))
    code_in: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str]
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now)
