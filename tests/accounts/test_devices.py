"""A person's tablets: seen by their owner and the administrator, taken out of use by these two alone."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from flask.testing import FlaskClient

from tests import make
from webapp.access import Role

Browser = Callable[[str | Role], FlaskClient]


def registered(browser: FlaskClient, name: str) -> str:
    device = str(uuid4())
    answer = browser.post("/sync/v1/devices", json={"device": device, "name": name, "platform": "iPad", "app": "1"})
    assert answer.status_code == 200, answer.text
    return device


def test_a_person_sees_their_tablets_and_takes_a_lost_one_out_of_use(client_of: Browser) -> None:
    an = client_of("an")
    device = registered(an, "平板 03")
    assert "平板 03" in an.get("/account").text
    answer = an.post(f"/account/devices/{device}/revocation")
    assert answer.status_code == 303
    assert "停用" in an.get(answer.location).text
    assert an.post(f"/account/devices/{device}/revocation").status_code == 409


def test_nobody_else_but_the_administrator_takes_a_tablet_out_of_use(world: make.World, client_of: Browser) -> None:
    device = registered(client_of("an"), "平板 03")
    assert client_of("bai").post(f"/account/devices/{device}/revocation").status_code == 404
    person = f"/people/{world.people['an']}"
    assert client_of("pan").post(f"{person}/devices/{device}/revocation").status_code == 403
    guo = client_of("guo")
    assert "平板 03" in guo.get(person).text
    assert guo.post(f"/people/{world.people['bai']}/devices/{device}/revocation").status_code == 404
    assert guo.post(f"{person}/devices/{device}/revocation").status_code == 303
    assert "devices/" not in guo.get(person).text
