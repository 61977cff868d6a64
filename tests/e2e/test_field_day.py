"""A day on site where things go wrong: submitted without a network, returned, a full tablet, a wrong clock, an update in the middle of a visit."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.conftest import House
from tests.e2e.tablets import Tablet, eventually, port_of
from tests.e2e.worlds import flask_command, picture
from tests.start.servers import Server, stop
from webapp.config import ROOT

pytestmark = pytest.mark.browser
Tablets = Callable[..., Tablet]

# What a browser says when its room is nearly used up; the room comes back when `globalThis.full` is taken away.
FULL = """() => {
  const asked = navigator.storage.estimate.bind(navigator.storage);
  globalThis.full = true;
  navigator.storage.estimate = async () => { const told = await asked(); return globalThis.full ? { ...told, quota: told.usage + 1_000_000 } : told; };
}"""
AHEAD = """
const Real = Date;
globalThis.Date = class extends Real {
  constructor(...given) { if (given.length === 0) super(Real.now() + 3 * 86_400_000); else super(...given); }
  static now() { return Real.now() + 3 * 86_400_000; }
};
"""


def test_a_part_submitted_without_a_network_is_locked_at_once_and_open_again_when_returned(
    house: House, tablet_of: Tablets
) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    house.stop()
    an.clause(w01, "A.1")
    an.met(True)
    an.page.locator(".toast").wait_for()
    an.submit(w01)
    expect(an.page.locator(".toast")).to_contain_text("Submitted, saved on this tablet")
    an.page.get_by_text("Done, 1: 西湖店").click()
    expect(an.row("西湖店")).to_contain_text("Submitted, still on this tablet")
    an.clause(w01, "B.2")
    expect(an.card.locator(".choice input").first).to_be_disabled()
    expect(an.card).to_contain_text("You have submitted this visit")
    an.page.reload()
    expect(an.card.locator(".choice input").first).to_be_disabled()
    house.start()
    an.sync()
    told = ("--by", "lin", "--reason", "请补 B.2")
    flask_command(house.server.data, "visit", "return", w01, "an", *told)
    an.sync()
    an.open()
    expect(an.row("西湖店")).to_contain_text("Returned by the lead")
    expect(an.row("西湖店")).to_contain_text("请补 B.2")
    an.clause(w01, "B.2")
    expect(an.page.locator(".pair__tree")).to_contain_text("Returned by the lead: 请补 B.2")
    an.met(True)
    an.sync()


def test_a_large_photo_is_kept_upright_and_small_and_a_colleague_sees_it(
    house: House, tablet_of: Tablets, tmp_path: Path
) -> None:
    an = tablet_of("an")
    hq = house.world.visits["HQ"]
    taken = picture(tmp_path, "hall", size=(2800, 2100))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "Maker of the tablet"
    Image.open(taken).save(taken, "JPEG", quality=80, exif=exif)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8 no picture")
    an.clause(hq, "A.3")
    an.met(False)
    an.photos(taken, broken)
    lines = [json.loads(line)["set"] for line in an.kept().operations.values() if '"evidence"' in line]
    small = next(one for one in lines if one.get("original"))
    as_it_was = next(one for one in lines if "original" not in one)
    assert small["original"] == {
        "sha256": hashlib.sha256(taken.read_bytes()).hexdigest(),
        "bytes": taken.stat().st_size,
    }
    assert small["media_type"] == "image/jpeg"
    assert as_it_was["sha256"] == hashlib.sha256(broken.read_bytes()).hexdigest()
    an.sync()
    key = next(key for key, told in an.kept().photos.items() if told == small["sha256"])
    bytes_there = an.page.request.get(f"{house.url}/sync/v1/evidence/{key}").body()
    assert hashlib.sha256(bytes_there).hexdigest() == small["sha256"]
    with Image.open(io.BytesIO(bytes_there)) as image:
        assert image.size == (1536, 2048)
        assert dict(image.getexif()) == {}

    bai = tablet_of("bai")
    bai.clause(hq, "A.3")
    expect(bai.card.locator(f"img[data-evidence='{key.split('/')[1]}']")).to_be_visible()
    expect(bai.card.locator(".photo__state").first).to_have_text("On the server")
    house.stop()
    bai.page.reload()
    expect(bai.card.locator(".photo__state")).to_have_text(["Not on this tablet", "Not on this tablet"])
    house.start()
    bai.open("outbox")
    bai.page.get_by_role("button", name="Send now").click()
    bai.clause(hq, "A.3")
    expect(bai.card.locator(f"img[data-evidence='{key.split('/')[1]}']")).to_be_visible()


def test_on_a_full_tablet_answers_are_kept_and_a_photo_may_be_tried_again(
    house: House, tablet_of: Tablets, tmp_path: Path
) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    house.stop()
    an.clause(w01, "B.2")
    an.page.evaluate(FULL)
    an.met(False)
    an.card.locator("input[type=file]").last.set_input_files(picture(tmp_path, "sign"))
    expect(an.page.locator(".notice")).to_contain_text("this photo was not kept; all answers are")
    expect(an.card.locator(".photo__state")).to_have_text("not saved")
    an.note("柜台没有公示")
    assert len(an.kept().photos) == 0
    an.page.evaluate("() => { globalThis.full = false; }")
    an.page.get_by_role("button", name="Understood").click()
    an.card.get_by_role("button", name="Try again").click()
    expect(an.card.locator("img[data-evidence]")).to_have_count(1)
    expect(an.card.locator(".photo__state")).to_have_text("On this tablet")
    assert len(an.kept().photos) == 1


def test_a_clock_three_days_ahead_decides_nothing_and_is_said(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an")
    an.page.add_init_script(AHEAD)
    an.open()
    an.page.reload()
    expect(an.page.locator(".banner")).to_contain_text("clock is 3 days ahead")
    an.clause(house.world.visits["W01"], "A.1")
    an.met(True)
    an.page.locator(".toast").wait_for()
    an.sync()
    expect(an.bar).to_contain_text("0 only on this tablet")


@pytest.fixture
def next_version(tmp_path: Path) -> Path:
    """A copy of this checkout in which one text is another."""
    copy = tmp_path / "next"
    for folder in ("webapp", "sync", "static", "templates", "migrations", "schemes"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "wsgi.py", copy)
    words = copy / "static/texts/en/field.json"
    words.write_text(words.read_text("utf-8").replace('"Skip"', '"Skip it"'), "utf-8")
    return copy


def test_a_new_version_waits_until_no_clause_is_open_and_nothing_is_lost(
    house: House, tablet_of: Tablets, next_version: Path
) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    house.stop()
    an.clause(w01, "A.1")
    an.met(True)
    an.note("更新前")
    kept = an.kept()
    log = next_version / "said.log"
    where = {"XINGPING_DATA": str(house.server.data), "HOST": "127.0.0.1", "PORT": str(port_of(house.url))}
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "webapp.serve"],
            cwd=next_version,
            env=os.environ | where,
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    house.server = Server(process, house.url, house.server.data, log)
    eventually(lambda: an.page.evaluate("() => fetch('/healthz').then(({ ok }) => ok, () => false)"), within=60)
    an.page.reload()
    expect(an.card.locator("textarea")).to_have_value("更新前")
    waiting = "async () => (await navigator.serviceWorker.ready).waiting?.state"
    eventually(lambda: an.page.evaluate(waiting) == "installed")
    expect(an.page.locator(".notice")).to_have_count(0)
    an.open("outbox")
    an.page.get_by_role("button", name="Send now").click()
    expect(an.bar).to_contain_text("new version ready, update it from Today")
    expect(an.page.locator("main")).to_contain_text("Verified")
    an.clause(w01, "B.2")
    expect(an.page.locator(".actions")).to_contain_text("Skip")
    expect(an.page.locator(".actions")).not_to_contain_text("Skip it")
    an.open()
    an.page.get_by_role("button", name="Update now").click()
    expect(an.page.locator(".notice")).to_have_count(0)
    an.clause(w01, "B.2")
    expect(an.page.locator(".actions")).to_contain_text("Skip it")
    assert an.kept() == kept
    stop(house.server)
