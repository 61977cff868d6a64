"""Answering on the tablet: one tap saves, undo always, nothing typed is lost, nothing blocks."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sync import store
from tests.e2e.conftest import House
from tests.e2e.tablets import Tablet, eventually
from tests.e2e.worlds import picture, sha256
from tests.make import PASSWORD
from webapp.db import db, use_tenant
from webapp.evaluations.models import Evaluation

pytestmark = pytest.mark.browser
Tablets = Callable[..., Tablet]
ALREADY = re.compile("Saved on this tablet")
SENTENCE = "三张工单没有签字"
DRAFTS = """async () => {
  const one = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
  const { name } = (await indexedDB.databases()).find(({ name }) => /^xingping-.*-/.test(name) && !name.endsWith("-photos"));
  const db = await one(indexedDB.open(name));
  const rows = await one(db.transaction("drafts").objectStore("drafts").getAll());
  db.close();
  return rows.map(({ text }) => text);
}"""


def test_from_today_to_an_answer_that_a_reload_does_not_lose(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an")
    an.row("西湖店").get_by_role("link").click()
    an.page.locator(".clause-tree__link", has_text="A.1").click()
    expect(an.card.locator(".choice--open")).to_be_visible()
    expect(an.card.locator("input:checked")).to_have_count(0)
    an.met(True)
    expect(an.page.locator(".toast")).to_contain_text("A.1: Met")
    expect(an.page.locator(".clause-tree__link[aria-current] .mark")).to_contain_text("met")
    an.kept()
    an.page.reload()
    expect(an.card.locator("input[value=met]")).to_be_checked()
    expect(an.page.locator(".clause-tree .progress")).to_contain_text("1/4")
    an.open()
    expect(an.row("西湖店")).to_contain_text("in progress")


def test_undo_takes_back_the_last_step_at_once_and_also_later(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    an.clause(w01, "A.1")
    an.met(True)
    an.page.locator(".toast button").click()
    expect(an.card.locator("input:checked")).to_have_count(0)
    expect(an.card.locator(".choice--open")).to_be_visible()
    an.met(False)
    an.kept()
    an.clause(w01, "B.2")
    an.clause(w01, "A.1")
    an.card.get_by_role("button", name="Undo last step").click()
    expect(an.card.locator("input:checked")).to_have_count(0)


def test_what_was_typed_is_there_after_the_page_was_gone_in_mid_sentence(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    an.clause(w01, "A.1")
    an.card.locator("textarea").press_sequentially(SENTENCE)
    eventually(
        lambda: SENTENCE in an.page.evaluate(DRAFTS) or any(SENTENCE in line for line in an.kept().operations.values())
    )
    an.kill()
    an.start()
    an.clause(w01, "A.1")
    expect(an.card.locator("textarea")).to_have_value(SENTENCE)
    expect(an.card.locator(".field__saved")).to_contain_text(ALREADY)
    assert any(SENTENCE in line for line in an.kept().operations.values())


def test_a_note_stops_at_twenty_thousand_and_keeps_the_text(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an")
    an.clause(house.world.visits["W01"], "A.1")
    an.card.locator("textarea").fill("字" * 20_500)
    expect(an.card.locator("textarea")).to_have_value("字" * 20_000)
    expect(an.card.locator(".field__warning")).to_contain_text("20,000")
    an.card.locator("textarea").blur()
    expect(an.card.locator(".field__saved")).to_contain_text(ALREADY)
    an.kept()
    an.page.reload()
    expect(an.card.locator("textarea")).to_have_value("字" * 20_000)
    an.sync()


def test_samples_are_looked_at_one_by_one_and_another_number_asks_why(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an")
    an.clause(house.world.visits["W01"], "A.2")
    expect(an.card.locator(".sample--planned")).to_have_count(3)
    an.sample(2, 1)
    expect(an.card.locator(".samples__sum")).to_contain_text("1 of 2 failing")
    expect(an.card.get_by_text("3 planned, 2 checked: why?")).to_be_visible()
    an.card.locator(".chip", has_text="Records not found").click()
    expect(an.card.locator("textarea")).to_have_value("Records not found")
    an.card.get_by_text("Record numbers").click()
    an.card.get_by_label("Number of sample 1").fill("GD-1120")
    an.card.get_by_label("Number of sample 1").press("Enter")
    expect(an.card.locator(".samples__tiles")).to_contain_text("GD-1120")
    an.card.get_by_role("button", name="Not usable").last.click()
    expect(an.card.locator(".samples__sum")).to_contain_text("1 of 1 failing")
    an.kept()
    an.page.reload()
    expect(an.card.locator(".samples__sum")).to_contain_text("1 of 1 failing")
    expect(an.card.locator(".sample--unused")).to_have_count(1)
    expect(an.card.locator(".samples__tiles")).to_contain_text("GD-1120")


def test_a_photo_is_shown_at_once_and_reaches_the_server_as_it_was_taken(
    house: House, tablet_of: Tablets, tmp_path: Path
) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    an.clause(w01, "B.2")
    an.met(False)
    files = [picture(tmp_path, "counter"), picture(tmp_path, "board")]
    an.photos(*files)
    photos = an.kept().photos
    assert sorted(photos.values()) == sorted(sha256(file) for file in files)
    an.sync()
    an.clause(w01, "B.2")
    expect(an.card.locator(".photo__state")).to_have_text(["Verified", "Verified"])
    for key, digest in photos.items():
        answer = an.page.request.get(f"{house.url}/sync/v1/evidence/{key}")
        assert answer.status == 200
        assert hashlib.sha256(answer.body()).hexdigest() == digest


def test_a_photo_outside_a_clause_lies_in_the_tray_until_it_is_attached(
    house: House, tablet_of: Tablets, tmp_path: Path
) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    an.open("visit", w01, "tray")
    an.page.locator("footer input[type=file]").set_input_files(picture(tmp_path, "sign"))
    an.page.locator(".tray__item input").check()
    an.page.locator(".chip", has_text="A.1").click()
    an.page.locator(".chip", has_text="B.2").click()
    an.page.get_by_role("button", name="Attach to 2").click()
    expect(an.page.locator(".tray__item")).to_have_count(0)
    for code in ("A.1", "B.2"):
        an.clause(w01, code)
        expect(an.card.locator("img[data-evidence]")).to_have_count(1)
    assert len(an.kept().photos) == 1


def test_filters_show_what_is_open_failing_disputed_or_mine(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    an.clause(w01, "A.1")
    an.met(True)
    an.page.locator(".toast").wait_for()
    an.clause(w01, "A.2")
    an.sample(3, 1)
    tree = an.page.locator(".clause-tree")
    for pill, codes in {
        "Open 2": ["B.1", "B.2"],
        "Not met 1": ["A.2"],
        "Disputed 0": [],
        "Mine 4": ["A.1", "A.2", "B.1", "B.2"],
        "All 4": ["A.1", "A.2", "B.1", "B.2"],
    }.items():
        tree.get_by_role("button", name=pill).click()
        expect(tree.get_by_role("button", name=pill)).to_have_attribute("aria-pressed", "true")
        expect(tree.locator(".clause-tree__code")).to_have_text(codes)


def test_the_same_clause_answered_otherwise_by_a_colleague_is_a_dispute_and_both_stand(
    house: House, tablet_of: Tablets
) -> None:
    an, bai = tablet_of("an"), tablet_of("bai", size=(390, 844))
    hq = house.world.visits["HQ"]
    an.clause(hq, "A.3")
    an.met(True)
    an.page.locator(".toast").wait_for()
    an.sync()
    bai.clause(hq, "A.3")
    bai.met(False)
    bai.page.locator(".toast").wait_for()
    bai.sync()
    an.sync()
    for tablet, own, other in ((an, "met", "白 Bai says Not met"), (bai, "failed", "安 An says Met")):
        tablet.sync()
        tablet.clause(hq, "A.3")
        expect(tablet.card.locator(f"input[value={own}]")).to_be_checked()
        expect(tablet.card.locator(".clause-card__colleague")).to_contain_text(other)
    an.page.get_by_role("button", name="Disputed 1").click()
    expect(an.page.locator(".clause-tree__code")).to_have_text(["A.3"])


def test_submission_takes_reasons_and_never_blocks(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an", size=(390, 844))
    w01 = house.world.visits["W01"]
    an.clause(w01, "A.1")
    an.met(True)
    an.page.locator(".toast").wait_for()
    an.open("visit", w01, "submission")
    expect(an.page.get_by_role("heading", name="3 incomplete; a reason each is enough")).to_be_visible()
    for code, why in (("A.2", "Not reached"), ("B.1", "Not shown to us")):
        an.page.locator("section.section", has=an.page.get_by_role("heading", name=code)).locator(
            ".chip", has_text=why
        ).click()
    an.submit(w01)
    an.clause(w01, "B.2")
    expect(an.card.locator(".choice input").first).to_be_disabled()
    an.sync()
    with house.world.app.app_context():
        use_tenant(db.session.query(Evaluation.tenant).execution_options(any_tenant=True).scalar())
        tenant = db.session.query(Evaluation.tenant).scalar()
        parts = store.parts(db.session.connection(), tenant=tenant, visits=[w01])
        heads = store.heads(db.session.connection(), tenant=tenant, visits=[w01])[w01]
    assert [part.state for part in parts[w01]] == ["submitted"]
    (done,) = heads[f"submission/{house.world.people['an']}/1/done"]
    assert done.value == {"left": {"A.2": "not-here", "B.1": "not-shown", "B.2": ""}}
    an.open("visit", w01, "submission")
    expect(an.page.locator("main")).to_contain_text("no reason given")


def test_check_in_keeps_the_place_with_its_accuracy_and_goes_on_without(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an")
    w01, hq = house.world.visits["W01"], house.world.visits["HQ"]
    an.open("visit", w01, "check-in")
    expect(an.page.locator(".facts-list")).to_contain_text("accurate to ±12 m")
    expect(an.page.locator(".facts-list")).to_contain_text("km from the registered address")
    an.page.get_by_role("button", name="Check in and begin").click()
    expect(an.page.locator(".clause-tree")).to_be_visible()
    an.context.clear_permissions()
    an.open("visit", hq, "check-in")
    an.page.get_by_role("button", name="Do not record").click()
    an.page.get_by_label("Who of the client is there").fill("周某、沈 Shen")
    an.page.get_by_role("button", name="Check in and begin").click()
    lines = "\n".join(an.kept().operations.values())
    assert '"accuracy":"12"' in lines
    assert '"without":"declined"' in lines
    assert '"present":[{"name":"周某","role":""},{"name":"沈 Shen","role":""}]' in lines


def test_one_person_never_sees_what_another_left_on_the_tablet(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an")
    house_w01 = house.world.visits["W01"]
    an.clause(house_w01, "A.1")
    an.met(True)
    an.kept()
    an.sign_in("bai", PASSWORD)
    expect(an.row("江宁店")).to_be_visible()
    expect(an.row("西湖店")).to_have_count(0)
    an.clause(house_w01, "A.1")
    expect(an.card).to_contain_text("You are not on this visit")
    expect(an.card.locator("input:checked")).to_have_count(0)
    assert not an.page.locator(".clause-card__colleague").count()
