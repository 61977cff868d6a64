"""Every test of sync has a server of its own: a real SQLite file, or the PostgreSQL that pip brings."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event

from tests.postgres import postgres_engine
from tests.sync.world import Tablet, World


def sqlite_engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def connected(connection, _record):
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def began(connection):
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """These run on both databases."""
    both = {"test_push_and_pull", "test_states", "test_evidence", "test_together"}
    if "engine" in metafunc.fixturenames and metafunc.module.__name__.rsplit(".", 1)[-1] in both:
        postgres = pytest.param("postgres", marks=pytest.mark.postgres)
        metafunc.parametrize("engine", ["sqlite", postgres], indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if getattr(request, "param", "sqlite") == "postgres":
        with postgres_engine() as engine:
            yield engine
        return
    engine = sqlite_engine(tmp_path / "sync.sqlite")
    yield engine
    engine.dispose()


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    return World(engine, tmp_path / "evidence")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Tablet]]:
    """One server and one tablet for many tries at breaking it."""
    folder = tmp_path_factory.mktemp("shared")
    engine = sqlite_engine(folder / "sync.sqlite")
    world = World(engine, folder / "evidence")
    yield world, world.tablet("an")
    engine.dispose()
