"""Fixtures of all tests: a real SQLite file per test, the cast, one signed-in browser per role. No mocks of our own code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import make
from tests.postgres import postgres_url
from webapp import create_app
from webapp.access import Role
from webapp.db import db

__all__ = ["postgres_url"]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """The whole application on an empty database of its own, tables made from the models (migrations have their own test)."""
    app = create_app({"XINGPING_DATA": tmp_path, "TESTING": True})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        db.metadata.create_all(db.engine)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def world(app: Flask) -> make.World:
    """A certification body with the cast; nothing else."""
    return make.world(app)


@pytest.fixture
def client_of(app: Flask, world: make.World) -> Callable[[str | Role], FlaskClient]:
    """`client_of("pan")` or `client_of(Role.planner)`: a browser in which that person of the cast has signed in."""

    def signed_in(who: str | Role) -> FlaskClient:
        login = who if not isinstance(who, Role) else make.LOGIN_OF[who]
        browser = app.test_client()
        answer = browser.post("/login", data={"username": login, "password": make.PASSWORD})
        assert answer.status_code == 303, answer.text
        return browser

    return signed_in
