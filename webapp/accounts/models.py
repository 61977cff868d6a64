"""Tables of the bodies and their people. Login names and token hashes are unique in an installation; everything else is per body."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.access import Role
from webapp.db import Base, TenantRow, now, ref, uuid7


class Tenant(Base):
    """A certification body."""

    __tablename__ = "tenant"
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=uuid7)
    name: Mapped[str]
    demo: Mapped[bool] = mapped_column(default=False)  # its provisional scores may be published, watermarked
    created_at: Mapped[datetime] = mapped_column(default=now)


class Person(TenantRow):
    """Somebody who signs in. `position` is "latitude,longitude" (WGS-84) of the home city, for the nearest-first list."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("login"),)
    login: Mapped[str] = mapped_column(String(60))
    name: Mapped[str]
    password_hash: Mapped[str | None]
    language: Mapped[str] = mapped_column(String(10), default="zh-CN")
    city: Mapped[str | None]
    position: Mapped[str | None] = mapped_column(String(60))
    client: Mapped[str | None] = mapped_column(String(64))  # of a client's own people: they see nothing else
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]


class PersonRole(TenantRow):
    __tablename__ = "person_role"
    __table_args__ = (ref("person", "person"), UniqueConstraint("tenant", "person", "role"))
    person: Mapped[str] = mapped_column(String(64))
    role: Mapped[Role]


class SignIn(TenantRow):
    """A session of a browser. The cookie holds a random token; here lies only its SHA-256."""

    __tablename__ = "sign_in"
    __table_args__ = (ref("person", "person"), Index(None, "token_hash", unique=True))
    person: Mapped[str] = mapped_column(String(64))
    token_hash: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime]


class ServiceToken(TenantRow):
    """A bearer token of a person for programs; shown once, kept as SHA-256."""

    __tablename__ = "service_token"
    __table_args__ = (ref("person", "person"), Index(None, "token_hash", unique=True))
    person: Mapped[str] = mapped_column(String(64))
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]


class FailedSignIn(Base):
    """A wrong password, by account and by address: both slow down further tries. No body is known yet, so no tenant."""

    __tablename__ = "failed_sign_in"
    __table_args__ = (Index(None, "subject", "at"),)
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=uuid7)
    subject: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(default=now)


class SetupAddress(Base):
    """The one-time address under which the first administrator of an empty installation is set up."""

    __tablename__ = "setup_address"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]
