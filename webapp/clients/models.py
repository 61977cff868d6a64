"""Tables of clients: the organisation, its contacts, its sites, the levels it holds."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import TenantRow, now, ref


class SiteKind(StrEnum):
    hq = "hq"
    outlet = "outlet"


class Ownership(StrEnum):
    own = "own"
    contracted = "contracted"


class Datum(StrEnum):
    """How a position is drawn on the map: GPS and the browser, Gaode and Tencent, Baidu."""

    wgs84 = "wgs84"
    gcj02 = "gcj02"
    bd09 = "bd09"


class Client(TenantRow):
    """An organisation that applies or is certified. `credit_code` is kept as entered; a wrong check digit only warns."""

    __tablename__ = "client"
    name: Mapped[str]
    credit_code: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(64))


class Contact(TenantRow):
    """Somebody at the client whom the body talks to. Phones are kept as entered."""

    __tablename__ = "contact"
    __table_args__ = (ref("client", "client"),)
    client: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    duty: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")


class Site(TenantRow):
    """A place that can be visited: the HQ or an outlet. Code unique within the client.

    `lat` and `lon` are text as entered, in the datum named beside them; they are never overwritten by a conversion.
    """

    __tablename__ = "site"
    __table_args__ = (ref("client", "client"), UniqueConstraint("tenant", "client", "code"))
    client: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(40))
    kind: Mapped[SiteKind]
    name: Mapped[str]
    province: Mapped[str] = mapped_column(default="")  # GB/T 2260 as entered, two or six digits: codes get retired
    city: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    ownership: Mapped[Ownership | None]
    type: Mapped[str] = mapped_column(default="")
    people: Mapped[int | None]
    contact: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    lat: Mapped[str] = mapped_column(default="")
    lon: Mapped[str] = mapped_column(default="")
    datum: Mapped[Datum | None]
    closed_on: Mapped[date | None]


class LevelHeld(TenantRow):
    """A level of a scheme that the client has held since a day, as the last certificate says (scoring.md: `held`)."""

    __tablename__ = "level_held"
    __table_args__ = (ref("client", "client"), UniqueConstraint("tenant", "client", "scheme", "level"))
    client: Mapped[str] = mapped_column(String(64))
    scheme: Mapped[str] = mapped_column(String(60))
    level: Mapped[str] = mapped_column(String(60))
    since: Mapped[date]
