"""What a faulty tablet, a wrong file or a careless hand sends to the real server: a clear word, nothing lost, never a 500.

The note that is too long for its field is in test_field_answers.py.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Playwright, expect

from tests.e2e.conftest import House
from tests.e2e.office import Desk, Reader, desktop
from tests.e2e.sheets import HQ, OUTLETS, sheet
from tests.e2e.wire import AT, Wire, envelope, line
from tests.e2e.worlds import PASSWORD, flask_command, small_world
from tests.start.servers import start, stop
from webapp.db import uuid7

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all: nothing here disturbs another test."""
    server = start(tmp_path_factory.mktemp("bad") / "data", "--empty")
    assert server.process.poll() is None, server.said()
    made = House(server, small_world(server.data))
    yield made
    made.world.close()
    stop(server)


@pytest.fixture(scope="module")
def an(house: House) -> Wire:
    return Wire(house.url, flask_command(house.server.data, "token", "create", "an"))


def test_an_envelope_that_is_none_stores_nothing(house: House, an: Wire) -> None:
    device, epoch = an.device()
    good = line("result", f"{house.world.visits['HQ']}/A.1", value={"met": True})
    for body in (
        b"",
        b"\n",
        b"not json\n" + good + b"\n",
        b"[]\n" + good + b"\n",
        b"{" * 5000 + good + b"\n",
        b"\xff\xfe\x00\n",
        envelope(device, epoch, good, count=2),
        envelope(device, epoch, good, count="1"),
        envelope(device, epoch, good, prev="0"),
        envelope(device, epoch, good, **{"from": 0}),
        envelope("not-a-uuid", epoch, good),
    ):
        status, said = an.push(body)
        assert (status, said["code"]) == (400, "envelope"), body[:80]
    status, said = an.push(b"x" * (1024 * 1024 + 1))
    assert (status, said["code"]) == (413, "too-large")
    status, said = an.push(envelope(device, epoch, good))
    assert (status, said["last_n"], said["parked"]) == (200, 1, [])


def test_each_bad_line_is_parked_alone_with_its_bytes_and_shown_to_the_lead(house: House, an: Wire) -> None:
    device, epoch = an.device()
    hq, theirs = house.world.visits["HQ"], house.world.visits["W02"]
    lines = [
        (line("result", f"{hq}/A.1", value={"met": True}), None),
        (line("result", f"{hq}/Z.9", value={"met": True}), "malformed"),  # no such clause
        (line("result", f"{hq}/A.1", value={"checked": 3, "failing": 0}), "malformed"),  # a value of another kind
        (line("result", f"{theirs}/A.1", value={"met": True}), "not-on-visit"),
        (line("result", f"{uuid7()}/A.1", value={"met": True}), "unknown-visit"),
        (line("result", f"{hq}/A.2", note="字" * 22_000), "too-large"),
        (b"\xff\xfe not even text", "malformed"),
        (b"[" * 3000 + b"]" * 3000, "malformed"),
        (line("result", f"{hq}/A.3", value={"met": False}), None),
    ]
    status, said = an.push(envelope(device, epoch, *(one for one, _ in lines)))
    assert status == 200
    assert {one["n"]: one["code"] for one in said["parked"]} == {
        n: code for n, (_, code) in enumerate(lines, 1) if code
    }
    assert said["last_n"] == len(lines)
    with sqlite3.connect(f"file:{house.server.data}/xingping.db?mode=ro", uri=True) as db:
        kept = [bytes(row[0]) for row in db.execute("SELECT line FROM sync_op ORDER BY device, n")]
    assert [one for one in kept if one in {sent for sent, _ in lines}] == [sent for sent, _ in lines]
    lin = Reader(house.url)
    lin.sign_in("lin", PASSWORD)
    status, _, page = lin.ask(f"/evaluations/{house.world.evaluation}/parts")
    assert status == 200
    for n, (_, code) in enumerate(lines, 1):
        assert (f"{device}:{n}" in page) is (code is not None), (n, code)
    for words in ("malformed", "not on this visit", "unknown visit", "too large"):
        assert words in page


def test_bytes_that_do_not_hash_to_what_was_told_are_refused_and_may_come_again(house: House, an: Wire) -> None:
    device, epoch = an.device()
    visit, evidence, content = house.world.visits["HQ"], str(uuid4()), b"a photo, as far as the wire knows" * 40
    right = hashlib.sha256(content).hexdigest()
    fields = {
        "sha256": right,
        "bytes": len(content),
        "original": None,
        "media_type": "image/jpeg",
        "taken_at": AT,
        "place": None,
        "source": "camera",
    }
    status, said = an.push(
        envelope(
            device,
            epoch,
            line("evidence", f"{visit}/{evidence}", **fields, attached_to=["A.1"], kind="photo", caption=""),
        )
    )
    assert (status, said["parked"]) == (200, [])

    def upload(sent: bytes) -> int:
        about = {"device": device, "visit": visit, "evidence": evidence, "sha256": right}
        told = ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in about.items())
        status, headers, said = an.ask(
            "POST", "/sync/v1/evidence", Tus_Resumable="1.0.0", Upload_Length=str(len(sent)), Upload_Metadata=told
        )
        assert status == 201, said
        where = {"Tus_Resumable": "1.0.0", "Upload_Offset": "0", "Content_Type": "application/offset+octet-stream"}
        status, _, said = an.ask("PATCH", headers["Location"], sent, **where)
        assert status == 204 or json.loads(said)["code"] == "hash", said
        return status

    assert upload(content[:-1] + b"?") == 422
    assert an.ask("GET", f"/sync/v1/evidence/{visit}/{evidence}")[0] == 404
    assert upload(content) == 204
    status, _, back = an.ask("GET", f"/sync/v1/evidence/{visit}/{evidence}")
    assert (status, back) == (200, content)


@pytest.fixture
def pan(driver: Playwright, house: House) -> Iterator[Desk]:
    with desktop(driver) as browser:
        desk = Desk(browser.new_context(locale="en"), house.url)
        desk.sign_in("pan", PASSWORD)
        yield desk
    assert [said for said in desk.complaints if "422" not in said] == []


def test_a_broken_sheet_names_row_column_and_remedy_and_imports_nothing(pan: Desk, tmp_path: Path) -> None:
    pan.page.goto(f"{pan.url}/clients/new")
    pan.page.locator("[name=name]").fill("云岭电器有限公司")
    pan.page.locator("main form button[type=submit]").last.click()
    pan.page.wait_for_url("**/clients/*")
    client = pan.page.url

    def bring(file: Path) -> None:
        pan.page.goto(f"{client}/import")
        pan.page.locator("input[type=file]").set_input_files(file)
        pan.page.locator("main form button[type=submit]").last.click()

    whole = sheet(tmp_path / "whole.xlsx", [HQ, *OUTLETS])
    (cut := tmp_path / "cut.xlsx").write_bytes(whole.read_bytes()[:2000])
    (words := tmp_path / "words.xlsx").write_text("代码,名称\n")
    headless = sheet(tmp_path / "headless.xlsx", [HQ], headings=("甲",) * 12)
    for broken in (cut, words, headless):
        bring(broken)
        expect(pan.page.get_by_role("alert")).to_be_visible()
        assert "500" not in pan.page.title()
    wrong = [HQ, OUTLETS[0], (*OUTLETS[1][:8], "十二个", *OUTLETS[1][9:]), (*OUTLETS[2][:1], "分店", *OUTLETS[2][2:])]
    bring(sheet(tmp_path / "wrong.xlsx", wrong))
    faults = pan.page.locator("tr.is-wrong")
    expect(faults).to_have_count(2)
    expect(faults.nth(0)).to_contain_text("4")
    expect(faults.nth(0)).to_contain_text("十二个")
    expect(faults.nth(1)).to_contain_text("5")
    expect(faults.nth(1)).to_contain_text("分店")
    pan.page.goto(client)
    expect(pan.page.locator("main")).not_to_contain_text("Y01")
    bring(whole)
    pan.page.goto(client)
    for code in ("HQ", "Y01", "Y02", "Y03"):
        expect(pan.page.locator("main")).to_contain_text(code)
