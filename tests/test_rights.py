"""Who may do what: every route × every role by real requests, and one certification body never sees another's rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Table, insert, select

from tests import make, rights
from webapp import create_app, demo_world
from webapp.access import Role
from webapp.db import db, transaction

Browser = Callable[[str | Role], FlaskClient]
OWN_BODY, OTHER_BODY = "甲", "乙"  # stands in every name of the one body and of its double


def test_every_route_has_a_reviewed_row_and_every_row_a_route(app: Flask) -> None:
    missing, gone = rights.difference(app)
    assert (missing, gone) == ({}, []), "review what `python -m tests.rights` prints and put it into tests/rights.json"


def test_every_route_asks_each_role_as_the_matrix_says(app: Flask, world: make.World, client_of: Browser) -> None:
    browsers = {role: client_of(role) for role in Role}
    wrong = []
    for route, row in rights.reviewed().items():
        if row == rights.PUBLIC:
            continue
        method, path = rights.filled(route)
        for role, browser in browsers.items():
            status = browser.open(path, method=method).status_code
            allowed = row == rights.SIGNED_IN or role.value in row
            if status >= 500 or (status in (401, 403)) is allowed or (not allowed and status != 403):
                wrong.append((route, role.value, status))
    assert wrong == []


def test_nobody_gets_in_without_a_sign_in(app: Flask, world: make.World) -> None:
    stranger, wrong = app.test_client(), []
    for route, row in rights.reviewed().items():
        if row == rights.PUBLIC:
            continue
        method, path = rights.filled(route)
        answer = stranger.open(path, method=method)
        expected = 302 if method == "GET" else 401
        if answer.status_code != expected or (method == "GET" and not answer.location.startswith("/login?next=")):
            wrong.append((route, answer.status_code))
        told = stranger.open(path, method=method, headers={"Accept": "application/json"})
        if (told.status_code, told.content_type) != (401, "application/problem+json"):
            wrong.append((route, told.status_code))
    assert wrong == []


def test_the_wire_of_sync_asks_for_a_sign_in_by_itself(app: Flask, world: make.World) -> None:
    wire = [route for route in rights.reviewed() if "/sync/v1/" in route and not route.endswith("/status")]
    assert len(wire) >= 6  # the status tells a stranger no more than the epoch and the version
    for route in wire:
        method, path = rights.filled(route)
        assert app.test_client().open(path, method=method).status_code == 401, route


# Two bodies in one installation.


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demo world as body 甲; body 乙 has the same rows under the same ids, but its own name in every name; body 丙 has people only."""
    app = create_app({"XINGPING_DATA": tmp_path_factory.mktemp("bodies"), "TESTING": True})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        db.metadata.create_all(db.engine)
    demo_world.make(app, password=make.PASSWORD)
    with app.app_context(), transaction():
        double(db.session.connection())
    make.world(app, name="丙", logins="-c")
    yield app
    with app.app_context():
        db.engine.dispose()


def double(connection: Any) -> None:
    """Every row of 甲 once more for 乙. What is unique in an installation gets "-b"."""
    tenants = db.metadata.tables["tenant"]
    own = connection.execute(select(tenants.c.id)).scalar_one()
    other = own[:-1] + ("0" if own[-1] != "0" else "1")
    row = connection.execute(select(tenants)).mappings().one()
    connection.execute(insert(tenants).values(dict(row) | {"id": other}))
    for table in db.metadata.sorted_tables:
        if "tenant" not in table.c or table.name in ("sign_in", "service_token"):
            continue
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
        for held in rows:
            if "name" in table.c and isinstance(held["name"], str):
                held["name"] += OWN_BODY
                keys = [column == held[column.name] for column in table.primary_key]
                connection.execute(table.update().where(*keys).values(name=held["name"]))
        if rows:
            connection.execute(insert(table), [for_other(table, held, other) for held in rows])


def for_other(table: Table, row: dict[str, Any], tenant: str) -> dict[str, Any]:
    changed = row | {"tenant": tenant}
    if isinstance(changed.get("name"), str):
        changed["name"] = changed["name"].replace(OWN_BODY, OTHER_BODY)
    return changed | ({"login": f"{row['login']}-b"} if table.name == "person" else {})


def signed_in(app: Flask, login: str) -> FlaskClient:
    browser = app.test_client()
    answer = browser.post("/login", data={"username": login, "password": make.PASSWORD})
    assert answer.status_code == 303, login
    return browser


def with_ids(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Every route with an id in it, as (row, method, path), the ids those of rows that 甲 has."""
    with app.app_context():
        for route in rights.reviewed():
            if "<" in route and "/static/" not in route and "/setup/" not in route and "/field/" not in route:
                yield route, *rights.filled(route, ids_for(route))


def ids_for(route: str) -> dict[str, str]:
    first = {"clients": "client", "evaluations": "evaluation", "people": "person", "schemes": "scheme_version"}
    first |= {
        "visits": "visit",
        "sample-lists": "frozen_list",
        "absences": "absence",
        "sign-ins": "sign_in",
        "tokens": "service_token",
    }
    of = {
        "contact": "contact",
        "site": "site",
        "entry": "plan_entry",
        "draw": "draw",
        "visit": "visit",
        "person": "person",
    }
    kind = next((word for word in reversed(route.split("/<id>", maxsplit=1)[0].split("/")) if word in first), "")
    named = {"id": some(first[kind])} if kind else {}
    if "<entry>" in route:
        named["id"] = some("plan_entry", "visit")
    if "<draw>" in route:
        named["id"] = some("draw", "frozen_list")
    if "<contact>" in route or "<site>" in route:
        named["id"] = some("contact" if "<contact>" in route else "site", "client")
    values = {name: some(table) for name, table in of.items()}
    return values | named | {"code": "5.1.1.1", "scope": "open", "name": "result/5.1.1.1/value"}


def some(table: str, column: str = "id") -> str:
    """An id of the first body: all of its rows are in the second too."""
    made = db.metadata.tables[table]
    bodies = select(db.metadata.tables["tenant"].c.id).where(db.metadata.tables["tenant"].c.demo)
    query = select(made.c[column]).where(made.c.tenant.in_(bodies)).order_by(made.c.id)
    return str(db.session.execute(query).scalars().first() or "none-such")


def kept(app: Flask, tenants: Any) -> dict[str, list[Any]]:
    """All rows of these bodies, but sign-ins and the log of them."""
    with app.app_context():
        return {
            table.name: sorted(map(repr, db.session.execute(select(table).where(table.c.tenant.in_(tenants)))))
            for table in db.metadata.sorted_tables
            if "tenant" in table.c and table.name not in ("sign_in", "event")
        }


def of_demo(app: Flask) -> list[str]:
    with app.app_context():
        tenants = db.metadata.tables["tenant"]
        return list(db.session.execute(select(tenants.c.id).where(tenants.c.demo)).scalars())


def test_an_id_of_another_body_is_not_found_and_nothing_of_it_changes(bodies: Flask) -> None:
    signed_in(bodies, "lin")  # so that there is a sign-in to try
    before, wrong = kept(bodies, of_demo(bodies)), []
    browsers = [signed_in(bodies, f"{login}-c") for login in make.CAST]
    for route, method, path in with_ids(bodies):
        if rights.reviewed()[route] == rights.PUBLIC:
            continue
        allowed = {404} if method == "GET" else {404, 400, 409, 422}
        for browser in browsers:
            status = browser.open(path, method=method).status_code
            if status not in allowed | {403}:
                wrong.append((route, status))
    assert wrong == []
    assert kept(bodies, of_demo(bodies)) == before


def test_two_bodies_with_the_same_ids_each_read_their_own(bodies: Flask) -> None:
    told = 0
    for login in ("lin", "pan", "an", "he", "qin", "guo", "ding"):
        own, other = signed_in(bodies, login), signed_in(bodies, f"{login}-b")
        lists = [
            ("", "GET", path)
            for path in ("/clients", "/evaluations", "/people", "/schemes", "/dashboard", "/absences", "/account")
        ]
        for _, method, path in [*with_ids(bodies), *lists]:
            if method != "GET" or path.startswith("/sync/"):
                continue
            mine, theirs = own.get(path), other.get(path)
            assert mine.status_code == theirs.status_code, (login, path)
            if mine.mimetype.endswith(("sheet", "zip", "octet-stream")):
                continue
            assert OTHER_BODY not in mine.text, (login, path)
            assert OWN_BODY not in theirs.text, (login, path)
            told += OWN_BODY in mine.text and OTHER_BODY in theirs.text
    assert told > 40
