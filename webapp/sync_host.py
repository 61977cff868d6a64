"""How rooms speak to sync/: the host object that the roof made, the connection of the present transaction, refusals as problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app
from sqlalchemy import Connection

from sync.host import Host, Refused
from webapp.db import db
from webapp.problems import Problem


def sync_host() -> Host:
    """The one host object of this application."""
    host: Host = current_app.extensions["sync_host"]
    return host


def connection() -> Connection:
    """The connection of the present transaction, with everything of the session written."""
    db.session.flush()
    return db.session.connection()


@contextmanager
def refusals() -> Iterator[None]:
    """What sync refuses is a Problem of the same code (409)."""
    try:
        yield
    except Refused as refused:
        raise Problem(refused.code, 409, **refused.facts) from refused
