"""The append-only log: what happened to what, by whom, when. Written in the transaction of the act itself; a trigger refuses change and removal."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import DDL, Index, String
from sqlalchemy.event import listen
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import TenantRow, db, now


class Event(TenantRow):
    """One act. `subject` is kind and id ("evaluation 0193…"), `facts` a JSON object."""

    __tablename__ = "event"
    __table_args__ = (Index(None, "tenant", "subject", "at"),)
    at: Mapped[datetime]
    by: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120))
    facts: Mapped[str]


def record(kind: str, subject: str, *, by: str | None, **facts: Any) -> None:
    """`record("evaluation-created", f"evaluation {id}", by=actor.person, number="2026-0147")`"""
    db.session.add(
        Event(
            at=now(),
            by=by,
            kind=kind,
            subject=subject,
            facts=json.dumps(facts, ensure_ascii=False, sort_keys=True, default=str),
        )
    )


APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER event_stays BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END",
        "CREATE TRIGGER event_remains BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION event_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the event log is append-only'; END $$",
        "CREATE TRIGGER event_stays BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION event_stays()",
    ),
}
for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        listen(Event.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
