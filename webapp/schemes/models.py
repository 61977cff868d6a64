"""The table of published scheme versions. A row is never changed: another content is another version."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import TenantRow, now


class SchemeVersion(TenantRow):
    """A published version: `body` is its canonical JSON, `sha256` the hash of those bytes, `provisional` why its points are not licensed ones."""

    __tablename__ = "scheme_version"
    __table_args__ = (UniqueConstraint("tenant", "code", "version"), UniqueConstraint("tenant", "sha256"))
    code: Mapped[str] = mapped_column(String(60))
    version: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[str]
    title_zh: Mapped[str]
    title_en: Mapped[str]
    provisional: Mapped[str | None]
    published_at: Mapped[datetime] = mapped_column(default=now)
    published_by: Mapped[str | None] = mapped_column(String(64))
