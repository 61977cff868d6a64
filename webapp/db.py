"""The database under all rooms: one base class, one tenant scope, one commit a request.

Architecture invariant: no query of a TenantRow leaves here without the tenant's criterion, and no row enters without its tenant.
Statements of SQLAlchemy Core (sync/) name the tenant themselves.
"""

from __future__ import annotations

import enum
import os
import time
import uuid
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Date, DateTime, Enum, ForeignKeyConstraint, MetaData, String, Text, TypeDecorator, event
from sqlalchemy.orm import DeclarativeBase, Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria

from webapp.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, Dialect

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Whether the transaction that begins now will write. Requests set it by method; commands always may.
writing: ContextVar[bool] = ContextVar("writing", default=True)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets zones, so they are taken off on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        datetime: Instant,
        date: Date,
        enum.Enum: Enum(
            enum.Enum, native_enum=False, length=40, values_callable=lambda words: [word.value for word in words]
        ),
    }


def uuid7() -> str:
    """A new id in lower case; its first 48 bits are the time, so ids made later sort later."""
    moment, chance = time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10))
    bits = (moment & (1 << 48) - 1) << 80 | 7 << 76 | (chance >> 68 & 0xFFF) << 64 | 2 << 62 | chance & (1 << 62) - 1
    return str(uuid.UUID(int=bits))


def now() -> datetime:
    """The server's clock, UTC."""
    return datetime.now(UTC)


class TenantRow(Base):
    """A row of one certification body. Every key begins with the body."""

    __abstract__ = True
    tenant: Mapped[str] = mapped_column(String(36), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True, default=uuid7)


def ref(column: str, table: str, **options: Any) -> ForeignKeyConstraint:
    """A reference inside the same body: `ref("client", "client")` in __table_args__."""
    return ForeignKeyConstraint(["tenant", column], [f"{table}.tenant", f"{table}.id"], **options)


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})
migrate = Migrate(directory="migrations")


def init_app(app: Flask) -> None:
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {})
    sqlite = app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    if sqlite:
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"connect_args": {"timeout": 30}} | app.config[
            "SQLALCHEMY_ENGINE_OPTIONS"
        ]
    db.init_app(app)
    migrate.init_app(app, db)
    with app.app_context():
        if sqlite:
            event.listen(db.engine, "connect", _sqlite_connect)
            event.listen(db.engine, "begin", _sqlite_begin)


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin only before a write: two reads were no snapshot
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "cache_size=-64000",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _sqlite_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing.get() else "BEGIN")


def use_tenant(tenant: str) -> None:
    """From here on this session sees and writes rows of this body only."""
    info = db.session().info
    if info.get("tenant") not in (None, tenant):
        raise RuntimeError("one session serves one certification body")
    info["tenant"] = tenant


def change_tenant(tenant: str) -> None:
    """At a sign-in alone: whoever was signed in before may belong to another body, and nothing of it goes on here."""
    session = db.session()
    if session.info.get("tenant") != tenant:
        session.flush()
        session.expunge_all()
        session.info["tenant"] = tenant


def current_tenant() -> str:
    tenant = db.session().info.get("tenant")
    if not isinstance(tenant, str):
        raise RuntimeError("no certification body chosen: call use_tenant first")
    return tenant


def commit() -> None:
    """Called once a request or command, by the frame."""
    db.session.commit()


@contextmanager
def transaction() -> Iterator[Session]:
    """A command's or a start's own unit of work: committed at the end, rolled back on any error."""
    try:
        yield db.session()
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def found(row: Any, **facts: Any) -> Any:
    """The row, or the answer 404: also for what this person may not know of."""
    if row is None:
        raise Problem("not-found", **facts)
    return row


@event.listens_for(Session, "do_orm_execute")
def _scope(state: ORMExecuteState) -> None:
    if state.execution_options.get("any_tenant") or not any(issubclass(m.class_, TenantRow) for m in state.all_mappers):
        return
    tenant = current_tenant()
    state.statement = state.statement.options(
        with_loader_criteria(TenantRow, lambda row: row.tenant == tenant, include_aliases=True)
    )


@event.listens_for(Session, "before_flush")
def _stamp(session: Session, _context: Any, _instances: Any) -> None:
    for row in session.new | session.dirty:
        if isinstance(row, TenantRow):
            tenant = current_tenant()
            if row.tenant is None:
                row.tenant = tenant
            elif row.tenant != tenant:
                raise RuntimeError("a row of another certification body")
