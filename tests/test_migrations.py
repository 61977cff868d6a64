"""Migrations make exactly the tables that the code speaks of, on SQLite and on a real PostgreSQL; the event log cannot be rewritten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests import make
from webapp import create_app
from webapp.config import ROOT
from webapp.db import db


def differences(app: Flask) -> list[object]:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        return list(compare_metadata(context, db.metadata))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    overrides: dict[str, object] = {"XINGPING_DATA": tmp_path}
    if request.param == "postgresql":
        overrides["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    app = create_app(overrides)
    with app.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
    yield app
    with app.app_context():
        db.engine.dispose()


def test_migrations_make_the_tables_of_the_models(migrated: Flask) -> None:
    assert differences(migrated) == []


def test_the_event_log_cannot_be_rewritten_or_shortened(migrated: Flask) -> None:
    make.world(migrated)
    for statement in ("UPDATE event SET kind = 'nothing happened'", "DELETE FROM event"):
        with migrated.app_context(), pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text(statement))


def test_an_upgrade_of_an_up_to_date_database_changes_nothing(migrated: Flask) -> None:
    with migrated.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
    assert differences(migrated) == []
