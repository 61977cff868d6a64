"""The tablet by itself: server gone, browser killed, cold start; signing out only when everything is safe."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from tests.e2e.conftest import House
from tests.e2e.tablets import Tablet
from tests.e2e.worlds import PASSWORD, picture, sha256

pytestmark = pytest.mark.browser
Tablets = Callable[..., Tablet]


def test_after_a_kill_with_the_server_gone_a_cold_start_shows_all_and_work_goes_on(
    house: House, tablet_of: Tablets, tmp_path: Path
) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    house.stop()
    an.clause(w01, "A.1")
    an.met(True)
    an.note("问了店长")
    an.clause(w01, "A.2")
    an.sample(3, 1)
    an.photos(picture(tmp_path, "order"))
    before = an.kept()
    an.kill()
    an.start()
    an.open()
    expect(an.row("西湖店")).to_contain_text("2/4")
    expect(an.bar).to_contain_text("only on this tablet")
    expect(an.bar).to_contain_text("Offline")
    assert an.kept() == before
    an.clause(w01, "A.1")
    expect(an.card.locator("input[value=met]")).to_be_checked()
    expect(an.card.locator("textarea")).to_have_value("问了店长")
    an.clause(w01, "A.2")
    expect(an.card.locator("img[data-evidence]")).to_have_count(1)
    an.clause(w01, "B.2")
    an.met(True)
    an.page.locator(".toast").wait_for()
    house.start()
    an.sign_in("an", PASSWORD)  # a killed browser may have lost its cookie, never what it holds
    an.sync()
    expect(an.bar).to_contain_text("0 only on this tablet")


def test_the_outbox_tells_each_fate_and_saves_lines_and_photos_as_one_file(
    house: House, tablet_of: Tablets, tmp_path: Path
) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    house.stop()
    an.clause(w01, "B.2")
    an.met(False)
    photo = picture(tmp_path, "board")
    an.photos(photo)
    kept = an.kept()
    an.open("outbox")
    expect(an.page.locator(".outbox")).to_contain_text("B.2 Clause B.2: result")
    expect(an.page.locator(".outbox__fate").first).to_contain_text("waiting to be sent")
    with an.page.expect_download() as saved:
        an.page.get_by_role("button", name="Export").click()
    with zipfile.ZipFile(io.BytesIO(Path(saved.value.path()).read_bytes())) as file:
        lines = file.read("queue.ndjson").decode().splitlines()
        (name,) = [name for name in file.namelist() if name.startswith("photos/")]
        (tmp_path / "out.jpg").write_bytes(file.read(name))
    assert lines == [kept.operations[n] for n in sorted(kept.operations, key=int)]
    assert all(json.loads(line)["id"] for line in lines)
    assert sha256(tmp_path / "out.jpg") == sha256(photo)


def test_signing_out_is_refused_with_the_count_until_everything_is_safe(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    house.stop()
    an.clause(w01, "A.1")
    an.met(True)
    an.kept()
    an.open("settings")
    an.page.get_by_role("button", name="Sign out").click()
    expect(an.page.get_by_role("alert")).to_contain_text("Not signed out: 1")
    house.start()
    an.sync()
    an.open("settings")
    an.page.get_by_role("button", name="Sign out").click()
    an.page.wait_for_url(f"{house.url}/login?next=/field/")
    an.open()
    expect(an.page.get_by_role("link", name="Sign in")).to_have_attribute("href", "/login?next=/field/")


def test_an_ended_session_never_stops_work_and_asks_to_sign_in_again(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    an.context.clear_cookies()
    an.clause(w01, "A.1")
    an.met(True)
    an.page.locator(".toast").wait_for()
    an.kept()
    an.open("outbox")
    an.page.get_by_role("button", name="Send now").click()
    expect(an.bar).to_contain_text("Sign in again to send")
    an.open()
    expect(an.page.locator(".notice")).to_contain_text("nothing is lost")
    an.clause(w01, "B.2")
    an.met(True)
    an.kept()
    an.sign_in("an", PASSWORD)
    an.sync()


def test_a_tablet_on_which_nobody_ever_signed_in_leads_to_the_sign_in(
    driver: Playwright, house: House, tmp_path: Path
) -> None:
    tablet = Tablet(driver, tmp_path / "new", house.url)
    try:
        tablet.open()
        expect(tablet.page.locator("h1")).to_have_count(1)
        expect(
            tablet.page.get_by_role("link", name="登录").or_(tablet.page.get_by_role("link", name="Sign in"))
        ).to_have_attribute("href", "/login?next=/field/")
        assert tablet.complaints == []
    finally:
        tablet.close()
