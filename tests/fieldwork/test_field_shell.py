"""The shell of the field app tells nothing of anybody; who is signed in is told to that browser alone."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from tests import make


def test_the_shell_is_the_same_for_everybody_and_at_every_address(
    app: Flask, world: make.World, client_of: Callable[[str], FlaskClient]
) -> None:
    stranger, an = app.test_client(), client_of("an")
    pages = {
        browser.get(path).text for browser in (stranger, an) for path in ("/field/", "/field/visit/1", "/field/outbox")
    }
    assert len(pages) == 1
    assert make.CAST["an"][0] not in pages.pop()


def test_the_shell_loads_the_app_and_nothing_inline(app: Flask) -> None:
    answer = app.test_client().get("/field/")
    assert answer.status_code == 200
    assert '/js/field.js"' in answer.text
    assert "style=" not in answer.text
    assert "<script>" not in answer.text


def test_me_tells_the_signed_in_person(world: make.World, client_of: Callable[[str], FlaskClient]) -> None:
    said = client_of("an").get("/field/me").json
    assert said is not None
    assert (said["tenant"], said["person"], said["name"], said["roles"]) == (
        world.tenant,
        world.people["an"],
        "安 An",
        ["reviewer"],
    )
    assert said["language"] == "zh-CN"


def test_me_asks_a_stranger_to_sign_in(app: Flask, world: make.World) -> None:
    answer = app.test_client().get("/field/me", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["code"] == "sign-in"


def test_me_is_never_kept_by_a_cache(client_of: Callable[[str], FlaskClient]) -> None:
    assert "no-store" in client_of("an").get("/field/me").headers["Cache-Control"]
