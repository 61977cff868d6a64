"""The main job from end to end: two reviewers on two tablets, the server away all day, a browser killed, one score at the end."""

from __future__ import annotations

import hashlib
import re
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Playwright, expect

from tests.e2e.conftest import House
from tests.e2e.tablets import Tablet, port_of
from tests.e2e.worlds import PASSWORD, flask_command, picture, sha256
from tests.start.servers import refused

# What the day finds, and the score worked out by hand.
#
#           HQ (An and Bai)              W01 (An)      W02 (Bai)
#   A.1     met                          met           not met        mean of losses (0 + 0 + 1) / 3 = 1/3
#   A.2     4 checked, 1 failing         3, 1          3, 0           pooled 2 / 10
#   A.3     An met, Bai not met          not asked     not asked      the lead settles: not met, loss 1
#   B.1     not asked                    3, 2          4, 1           pooled 3 / 7
#   B.2     met                          not met       excluded       mean of losses (0 + 1) / 2
#
#   earned = 10·2/3 + 20·8/10 + 10·0 + 30·4/7 + 30·1/2 = 20/3 + 16 + 0 + 120/7 + 15 = 1151/21
#   one special deduction of 1 point:  1151/21 − 21/21 = 1130/21 = 53.8095…  → 53.81, three stars (from 50).
#   Had the lead settled "met", it would be 10 more: 63.81, four stars (from 60).
SCORE, LEVEL = "53.81", "Three stars"
BOUNDS_BEFORE = ("53.81", "63.81")


@pytest.mark.browser
def test_two_reviewers_score_offline_and_the_lead_consolidates(
    driver: Playwright, house: House, tablet_of: Callable[..., Tablet], tmp_path: Path
) -> None:
    world = house.world
    hq, w01, w02 = (world.visits[code] for code in ("HQ", "W01", "W02"))
    files = {name: picture(tmp_path, name) for name in ("counter", "order", "sign", "stock")}
    # Morning, with a network: both fetch their visits.
    an, bai = tablet_of("an"), tablet_of("bai", size=(390, 844))
    house.stop()

    # The day, without: An at W01, then at the HQ.
    an.open("visit", w01, "check-in")
    an.page.locator(".field-app__actions .button--primary").click()
    an.clause(w01, "A.1")
    an.met(True)
    an.clause(w01, "A.2")
    an.sample(3, 1)
    an.note("工单 1 没有签字")
    an.photos(files["counter"], files["order"])
    an.clause(w01, "B.1")
    an.sample(3, 2)
    an.clause(w01, "B.2")
    an.met(False)
    an.note("没有公示收费标准")
    an.photos(files["sign"])
    an.open("visit", w01, "special")
    an.page.locator(".chip").nth(1).click()
    an.page.locator("form#special textarea").fill("上门费多收 30 元")
    an.page.locator("button[form=special]").click()
    expect(an.page.locator(".outbox__row")).to_contain_text("上门费多收 30 元")
    # check-in 1, A.1 1, A.2 4 taps, a note, 2 photos, B.1 5, B.2 1, a note, a photo, the deduction 1.
    before = an.kept(operations=18)
    pid = an.kill()  # In the middle of the day, nothing of it sent.
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert refused(port_of(house.url))
    an.start()
    an.open()
    expect(an.row("西湖店")).to_be_visible()
    assert an.kept(operations=18) == before
    assert len(before.photos) == 3
    assert set(before.photos.values()) == {sha256(files[name]) for name in ("counter", "order", "sign")}
    an.clause(w01, "A.1")
    expect(an.card.locator("input[value=met]")).to_be_checked()
    an.clause(w01, "A.2")
    expect(an.card.locator(".samples__sum")).to_contain_text("1 of 3 failing")
    expect(an.card.locator("textarea").first).to_have_value("工单 1 没有签字")
    expect(an.card.locator("img[data-evidence]")).to_have_count(2)
    an.clause(w01, "B.2")
    expect(an.card.locator("input[value=failed]")).to_be_checked()
    expect(an.card.locator("textarea").first).to_have_value("没有公示收费标准")
    expect(an.card.locator("img[data-evidence]")).to_have_count(1)
    an.clause(hq, "A.1")
    an.met(True)
    an.clause(hq, "A.3")
    an.met(True)
    an.note("有专职部门")
    # Bai at W02, and at the HQ: the same clause otherwise.
    bai.clause(w02, "A.1")
    bai.met(False)
    bai.clause(w02, "A.2")
    bai.sample(3, 0)
    bai.clause(w02, "B.1")
    bai.sample(4, 1)
    bai.clause(w02, "B.2")
    bai.exclude("本店不上门服务")
    bai.clause(hq, "A.2")
    bai.sample(4, 1)
    bai.photos(files["stock"])
    bai.clause(hq, "B.2")
    bai.met(True)
    bai.clause(hq, "A.3")
    bai.met(False)
    bai.note("部门没有人")
    for tablet, visits in ((an, (w01, hq)), (bai, (w02, hq))):
        for visit in visits:
            tablet.submit(visit)
    # An: 3 more at the HQ. Bai: A.1 1, A.2 3, B.1 5, B.2 1, then A.2 5, a photo, B.2 1, A.3 1, a note. Two submissions each.
    made = {"an": an.kept(operations=18 + 3 + 2), "bai": bai.kept(operations=10 + 9 + 2)}

    # Evening: the server is back at the same address. An's browser died before it had written its cookie down: the same person
    # signs in again, and the queue is still there.
    house.start()
    an.context.clear_cookies()
    an.open()
    expect(an.bar).to_contain_text("Sign in again to send")
    an.page.locator(".notice a[href*=login]").click()
    an.sign_in("an", PASSWORD)
    assert all("401" in said for said in an.complaints)
    an.complaints.clear()
    assert an.kept(operations=23) == made["an"]
    for tablet in (an, bai):
        tablet.sync()
        expect(tablet.bar).to_contain_text("0 only on this tablet")
        expect(tablet.bar).to_contain_text("verified with the server")

    # The lead.
    lin = Tablet(driver, tmp_path / "lin", house.url, size=(1440, 900))
    try:
        lin.sign_in("lin", PASSWORD, lands_on="/**")
        lin.page.goto(f"{house.url}/evaluations/{world.evaluation}/consolidation")
        for bound in BOUNDS_BEFORE:
            expect(lin.page.locator("main")).to_contain_text(bound)
        lin.page.goto(f"{house.url}/evaluations/{world.evaluation}/disputes")
        expect(lin.page.locator("main")).to_contain_text("A.3")
        lin.page.get_by_role("link", name=re.compile(r"A\.3")).first.click()
        sides = lin.page.locator(".dispute__side")
        expect(sides).to_have_count(2)
        expect(lin.page.locator(".dispute")).to_contain_text("有专职部门")
        expect(lin.page.locator(".dispute")).to_contain_text("部门没有人")
        lin.page.locator("form[data-settle] .reasons__option", has_text="not met").first.click()
        lin.page.locator("form[data-settle] #reason").fill("组织图上有部门,现场无人在岗。")
        lin.page.locator("form[data-settle] button[type=submit]").click()
        lin.page.wait_for_url("**/disputes")
        expect(lin.page.locator("main")).to_contain_text("No disputes")
        lin.page.goto(f"{house.url}/evaluations/{world.evaluation}/consolidation")
        expect(lin.page.locator("main")).to_contain_text(SCORE)
        expect(lin.page.locator("main")).to_contain_text(LEVEL)
        expect(lin.page.locator("main")).not_to_contain_text(BOUNDS_BEFORE[1])
        assert lin.complaints == []
    finally:
        lin.close()

    # Every photo on the server is what the tablet said, byte for byte.
    token = flask_command(house.server.data, "token", "create", "lin")
    photos = {"an": ("counter", "order", "sign"), "bai": ("stock",)}
    for login, names in photos.items():
        assert set(made[login].photos.values()) == {sha256(files[name]) for name in names}
        for key, said in made[login].photos.items():
            asked = urllib.request.Request(
                f"{house.url}/sync/v1/evidence/{key}", headers={"Authorization": f"Bearer {token}"}
            )
            with urllib.request.urlopen(asked, timeout=10) as answer:
                assert hashlib.sha256(answer.read()).hexdigest() == said, key
    # The settlement reaches the tablets, which have kept every line they ever wrote.
    bai.sync()
    bai.clause(hq, "A.3")
    expect(bai.card.locator(".clause-card__colleague")).to_contain_text("组织图上有部门,现场无人在岗。")
    assert bai.kept(operations=21) == made["bai"]
