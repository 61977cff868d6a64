"""From an empty data folder to the first answer on the server, by pages and a tablet alone: the planner's and administrator's ten minutes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.e2e.office import Desk, desktop
from tests.e2e.sheets import HQ, OUTLETS, sheet
from tests.e2e.tablets import Tablet
from tests.start.servers import Server, running
from webapp.config import ROOT
from webapp.texts import ZONE

PASSWORD = "ten-minutes-by-pages"
PEOPLE = (
    ("qin", "秦 Qin", "scheme_manager"),
    ("pan", "潘 Pan", "planner"),
    ("lin", "林 Lin", "lead_auditor"),
    ("an", "安 An", "reviewer"),
)
SUBMIT = "main form button[type=submit]"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "data", "--empty") as server:
        yield server


@contextmanager
def desk_of(browser: Browser, server: Server, login: str) -> Iterator[Page]:
    desk = Desk(browser.new_context(locale="en"), server.url)
    desk.sign_in(login, PASSWORD)
    yield desk.page
    assert [said for said in desk.complaints if "422" not in said] == []
    desk.context.close()


def choose(page: Page, name: str, text: str) -> None:
    """The one choice of a list that says this."""
    option = page.locator(f"[name={name}] option", has_text=text)
    page.locator(f"[name={name}]").select_option(option.get_attribute("value"))


def send(page: Page, form: str) -> None:
    page.locator(f"main form[action$='{form}'] button[type=submit]").first.click()


@pytest.mark.browser
def test_from_the_printed_address_to_the_first_answer_with_the_lead(
    driver: Playwright, empty: Server, tmp_path: Path
) -> None:
    setup = re.search(r"http\S+/setup/\S+", empty.said())
    assert setup, empty.said()
    today = datetime.now(ZONE).date().isoformat()
    with desktop(driver) as browser:
        # The first administrator, once.
        desk = Desk(browser.new_context(locale="en", reduced_motion="reduce"), empty.url)
        page = desk.page
        assert desk.faults(setup.group().removeprefix(empty.url), axe=True) == []
        for name, text in (("body", "云岭认证"), ("name", "郭 Guo"), ("login", "guo"), ("password", PASSWORD)):
            page.locator(f"[name={name}]").fill(text)
        page.locator(SUBMIT).click()
        page.wait_for_url(lambda url: "/setup/" not in url)
        # People with roles.
        for login, name, role in PEOPLE:
            page.goto(f"{empty.url}/people/new")
            page.locator("[name=name]").fill(name)
            page.locator("[name=login]").fill(login)
            page.locator(f"[name=roles][value={role}]").check()
            page.locator("[name=language]").select_option("en")
            page.locator("[name=city]").fill("昆明")
            page.locator("[name=position]").fill("25.0400,102.7100")
            page.locator("[name=password]").fill(PASSWORD)
            send(page, "/people")
            expect(page.locator("main")).to_contain_text(login)
        page.goto(f"{empty.url}/people")
        for _, name, _ in PEOPLE:
            expect(page.locator("main")).to_contain_text(name)
        answer = page.goto(setup.group())
        assert answer is not None
        assert answer.status == 410
        page.context.close()

        # The scheme.
        with desk_of(browser, empty, "qin") as page:
            page.goto(f"{empty.url}/schemes")
            page.locator("input[type=file]").set_input_files(ROOT / "schemes/gbt27922/2011.1.json")
            send(page, "/schemes")
            page.wait_for_url("**/schemes/*")
            expect(page.locator("main")).to_contain_text("2011.1")

        with desk_of(browser, empty, "pan") as page:
            # A client; a broken sheet imports nothing, the mended one everything.
            page.goto(f"{empty.url}/clients/new")
            page.locator("[name=name]").fill("云岭电器有限公司")
            send(page, "/clients")
            page.wait_for_url("**/clients/*-*")
            client = page.url
            page.get_by_role("link", name="Import").first.click()
            page.locator("input[type=file]").set_input_files(
                sheet(tmp_path / "broken.xlsx", [HQ, (*OUTLETS[0][:8], "十几个", *OUTLETS[0][9:]), *OUTLETS[1:]])
            )
            send(page, "/import")
            expect(page.locator("tr.is-wrong")).to_have_count(1)
            expect(page.locator("tr.is-wrong")).to_contain_text("十几个")
            page.locator("input[type=file]").set_input_files(sheet(tmp_path / "sites.xlsx", [HQ, *OUTLETS]))
            send(page, "/import")
            page.goto(client)
            for code in ("HQ", "Y01", "Y02", "Y03"):
                expect(page.locator("main")).to_contain_text(code)

            # The evaluation.
            page.goto(f"{empty.url}/evaluations/new")
            choose(page, "client", "云岭电器有限公司")
            page.locator("[name=number]").fill("2026-0001")
            page.locator("[name=kind][value=initial]").check()
            for mode in ("A", "I"):
                page.locator(f"[name=modes][value={mode}]").check()
            choose(page, "scheme_version", "2011.1")
            choose(page, "lead", "林 Lin")
            send(page, "/evaluations")
            page.wait_for_url("**/evaluations/*-*")
            evaluation = page.url

            # The sample: frozen, one pick with its reason, the rest drawn.
            page.goto(f"{evaluation}/sample")
            page.locator("main form .button--primary").click()
            page.locator("[name='pick:Y01']").fill("去年投诉最多")
            page.locator("[name=client_nonce]").fill("云岭 2026")
            page.locator("main form .button--primary").click()
            expect(page.locator("main")).to_contain_text("去年投诉最多")
            page.locator("a[href*='/protocol']").first.click()
            expect(page.locator("main")).to_contain_text("云岭 2026")

            # Two visits with people, and a line of the audit plan.
            for site in ("云岭电器总部", "昆明盘龙店"):
                page.goto(f"{evaluation}/visits/new")
                choose(page, "site", site)
                page.locator("[name=from_on]").fill(today)
                page.locator("[name=to_on]").fill(today)
                for mode in ("A", "I"):
                    page.locator(f"[name=modes][value={mode}]").check()
                send(page, "/visits")
                page.wait_for_url("**/visits/*-*")
                visit = page.url
                row = page.locator("tr", has=page.locator("[name=people]"), has_text="安 An")
                expect(row).to_contain_text("km")
                row.locator("[name=people]").check()
                send(page, "/people")
                page.goto(visit)
                expect(page.locator("main tr [name=people]:checked")).to_have_count(1)
            form = page.locator("form", has=page.locator("#new-clauses"))
            form.locator("[name=clauses]").fill("5.1 5.2")
            form.locator("[name=department]").fill("店长")
            form.locator("button[type=submit]").click()
            expect(page.locator("main")).to_contain_text("店长")
            page.goto(f"{evaluation}/audit-plan")
            expect(page.locator("main")).to_contain_text("昆明盘龙店")
            expect(page.locator("main")).to_contain_text("店长")

        # The reviewer's tablet, without the server in between; then the lead.
        an = Tablet(driver, tmp_path / "an", empty.url)
        try:
            an.sign_in("an", PASSWORD)
            an.ready_offline(["云岭电器总部", "昆明盘龙店"])
            an.context.set_offline(True)
            an.row("昆明盘龙店").get_by_role("link").first.click()
            an.page.locator(".clause-tree__link", has_text="5.2.4.2").click()
            an.sample(3, 1)
            an.note("一张工单没有签字")
            an.context.set_offline(False)
            an.sync()
            assert an.complaints == []
        finally:
            an.close()
        with desk_of(browser, empty, "lin") as page:
            page.goto(f"{evaluation}/clauses/5.2.4.2")
            expect(page.locator("main")).to_contain_text("安 An")
            expect(page.locator("main")).to_contain_text("一张工单没有签字")
            expect(page.locator("main")).to_contain_text("1 of 3 failing")
