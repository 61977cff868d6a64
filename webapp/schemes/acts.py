"""Use cases of schemes: publish a version, find it again by its hash.

A published version never changes: the same body again is the version that is there, another body under its number is refused.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from webapp import events
from webapp.access import Actor, Role
from webapp.accounts.models import Person
from webapp.db import db, found
from webapp.problems import Problem
from webapp.schemes.canonical import canonical, sha256_of
from webapp.schemes.models import SchemeVersion
from webapp.schemes.scheme_file import faults


def publish_scheme(*, actor: Actor | None, body: object) -> SchemeVersion:
    """The version of this JSON object, new or already there. `actor` None: the one who runs the command or makes the demo.

    Problems: forbidden, scheme-invalid (where, n), scheme-exists (code, version).
    """
    if actor is not None and not actor.has(Role.scheme_manager):
        raise Problem("forbidden")
    wrong = faults(body)
    if wrong:
        raise Problem("scheme-invalid", where=wrong[0].where or "/", n=len(wrong))
    assert isinstance(body, dict)
    code, version, sha256 = str(body["code"]), str(body["version"]), sha256_of(body)
    there = scheme_by_number(code=code, version=version)
    if there is not None:
        if there.sha256 != sha256:
            raise Problem("scheme-exists", 409, scheme=code, version=version)
        return there
    by = None if actor is None else actor.person
    row = SchemeVersion(
        code=code,
        version=version,
        sha256=sha256,
        body=canonical(body),
        title_zh=body["title"]["zh"],
        title_en=body["title"]["en"],
        provisional=body.get("provisional"),
        published_by=by,
    )
    db.session.add(row)
    db.session.flush()
    events.record("scheme-published", f"scheme {row.id}", by=by, scheme=code, version=version, sha256=sha256)
    return row


def scheme_by_hash(*, sha256: str) -> SchemeVersion | None:
    return db.session.scalar(select(SchemeVersion).where(SchemeVersion.sha256 == sha256))


def scheme_by_number(*, code: str, version: str) -> SchemeVersion | None:
    return db.session.scalar(select(SchemeVersion).where(SchemeVersion.code == code, SchemeVersion.version == version))


def scheme_version(*, id: str) -> SchemeVersion:
    """Problem `not-found`."""
    row: SchemeVersion = found(db.session.scalar(select(SchemeVersion).where(SchemeVersion.id == id)))
    return row


def scheme_versions() -> list[SchemeVersion]:
    """All of the body, the newest first within a scheme."""
    return list(
        db.session.scalars(
            select(SchemeVersion).order_by(
                SchemeVersion.code, SchemeVersion.published_at.desc(), SchemeVersion.id.desc()
            )
        )
    )


def publisher_of(version: SchemeVersion) -> str | None:
    """The name of who published it; None when it came with the installation."""
    return (
        None
        if version.published_by is None
        else db.session.scalar(select(Person.name).where(Person.id == version.published_by))
    )


def body_of(version: SchemeVersion) -> dict[str, Any]:
    """The scheme as rules and scoring read it. Shared between callers: never change it."""
    return _parsed(version.sha256, version.body)


@lru_cache(maxsize=64)
def _parsed(_sha256: str, body: str) -> dict[str, Any]:
    scheme: dict[str, Any] = json.loads(body)
    return scheme
