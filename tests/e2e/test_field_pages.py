"""Every view of the field app: one title, no axe violation, no complaint, no sideways scrolling, big targets and letters, in both languages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import House
from tests.e2e.tablets import Tablet
from tests.e2e.worlds import picture
from webapp.config import ROOT

pytestmark = pytest.mark.browser
Tablets = Callable[..., Tablet]

AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8")
JUDGED = """() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] })
  .then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 120)).join(" | ")}`))"""
SMALL = """() => { const found = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) { const at = walk.currentNode.parentElement; if (walk.currentNode.data.trim() && at.getClientRects().length && !at.closest(".visually-hidden, .skip, script") && parseFloat(getComputedStyle(at).fontSize) < 14.9) found.add(`${at.tagName}.${at.className}`); }
  return [...found]; }"""
TIGHT = """() => [...document.querySelectorAll(".button, .choice__option, .chip, .sample, .fold > summary, .counter__step, .pill, .field input, .field select, .clause-tree__link, .reasons__option, .phrases button, .tap, .toast button")]
  .filter((at) => at.offsetParent).map((at) => [at.className || at.tagName, at.getBoundingClientRect()]).filter(([, box]) => box.height && (box.height < 47.4 || box.width < 47.4)).map(([name, box]) => `${name} ${box.width}x${box.height}`)"""
STYLED = "() => [...document.querySelectorAll('[style]')].map((at) => at.outerHTML.slice(0, 100))"
WIDE = "() => document.documentElement.scrollWidth - innerWidth"
FILLED = "() => [...document.querySelectorAll('.button--primary')].filter((at) => at.getClientRects().length).length"
CAMERAS = "() => [...document.querySelectorAll('.field-app__actions .button--camera')].filter((at) => at.getClientRects().length).length"


def faults(tablet: Tablet, *, camera: bool) -> list[str]:
    """Everything that is wrong with the page on the screen, in words."""
    page = tablet.page
    page.evaluate(AXE)
    found: list[str] = list(page.evaluate(JUDGED))
    found += [f"below 15 px: {one}" for one in page.evaluate(SMALL)]
    found += [f"small target: {one}" for one in page.evaluate(TIGHT)]
    found += [f"style attribute: {one}" for one in page.evaluate(STYLED)]
    if (over := page.evaluate(WIDE)) > 0:
        found.append(f"sideways by {over} px")
    if (titles := page.locator("h1").count()) != 1:
        found.append(f"{titles} titles")
    if page.evaluate(FILLED) > 1:
        found.append("two filled buttons")
    if camera and page.evaluate(CAMERAS) != 1:
        found.append("no camera in the bottom bar")
    return found


def test_every_view_in_both_languages_and_sizes(house: House, tablet_of: Tablets, tmp_path: Path) -> None:
    an = tablet_of("an")
    w01, hq = house.world.visits["W01"], house.world.visits["HQ"]
    an.clause(w01, "A.1")
    an.met(False)
    an.photos(picture(tmp_path, "board"))
    an.clause(w01, "A.2")
    an.sample(2, 1)
    an.open("visit", w01, "tray")
    an.page.locator("footer input[type=file]").set_input_files(picture(tmp_path, "sign"))
    expect(an.page.locator(".tray__item img")).to_be_visible()
    an.open("visit", w01, "special")
    an.page.locator(".chip").first.click()
    an.page.locator("textarea").fill("上门费多收 30 元")
    an.page.locator("button[form=special]").click()
    views = {
        "today": [], "visit": ["visit", w01], "not met": ["visit", w01, "clause", "A.1"], "samples": ["visit", w01, "clause", "A.2"], "open": ["visit", w01, "clause", "B.2"],
        "samples planned": ["visit", hq, "clause", "A.2"], "check-in": ["visit", w01, "check-in"], "submission": ["visit", w01, "submission"], "tray": ["visit", w01, "tray"],
        "special": ["visit", w01, "special"], "outbox": ["outbox"], "settings": ["settings"], "nowhere": ["no", "such", "page"],
    }  # fmt: skip
    wrong: dict[str, list[str]] = {}
    for language in ("zh-CN", "en"):
        an.open("settings")
        an.page.locator(f".chip:has(span[lang='{language}']) input").check(force=True)
        expect(an.page.locator("html")).to_have_attribute("lang", language)
        for name, path in views.items():
            an.open(*path)
            an.page.locator("h1").wait_for(state="attached")
            expect(an.page.locator(".field-app__actions:visible")).to_have_count(1)
            expect(an.page.locator("main")).not_to_contain_text("field.")
            # Tall enough that the bar at the bottom covers nothing that axe measures.
            for size in ((390, 2600), (768, 2000), (1024, 1600), (1440, 1600)):
                an.page.set_viewport_size({"width": size[0], "height": size[1]})
                if found := faults(an, camera=name != "nowhere"):
                    wrong[f"{name} {language} {size[0]}"] = found
    assert wrong == {}, json.dumps(wrong, indent=1, ensure_ascii=False)


def test_the_focus_goes_to_the_title_and_keys_answer_and_walk(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an")
    an.row("西湖店").get_by_role("link").click()
    expect(an.page.locator("h1")).to_be_focused()
    an.page.locator(".clause-tree__link", has_text="A.1").click()
    expect(an.page.locator("h1")).to_have_text("A.1 Clause A.1")
    expect(an.page.locator("h1")).to_be_focused()
    an.page.keyboard.press("1")
    expect(an.card.locator("input[value=met]")).to_be_checked()
    an.page.keyboard.press("2")
    expect(an.card.locator("input[value=failed]")).to_be_checked()
    an.page.keyboard.press("n")
    expect(an.page.locator("h1")).to_have_text("A.2 Clause A.2")
    an.card.locator("textarea").press_sequentially("np12")
    expect(an.card.locator("textarea")).to_have_value("np12")
    an.card.locator("textarea").blur()
    an.page.keyboard.press("p")
    expect(an.page.locator("h1")).to_have_text("A.1 Clause A.1")
    an.open("settings")
    an.page.get_by_label("Single keys").uncheck()
    an.clause(house.world.visits["W01"], "B.2")
    an.page.keyboard.press("1")
    expect(an.card.locator("input:checked")).to_have_count(0)


def test_points_are_off_until_switched_on_and_then_small(house: House, tablet_of: Tablets) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    an.clause(w01, "A.2")
    an.sample(3, 1)
    expect(an.card.locator(".clause-card__points")).to_have_count(0)
    an.page.get_by_label("Show points").check()
    expect(an.card.locator(".clause-card__points")).to_have_text("−6.67 of 20 points")


def test_on_a_phone_tree_and_clause_come_one_after_the_other_and_beside_each_other_where_there_is_room(
    house: House, tablet_of: Tablets
) -> None:
    an = tablet_of("an", size=(390, 844))
    w01 = house.world.visits["W01"]
    an.open("visit", w01)
    expect(an.page.locator(".pair__tree")).to_be_visible()
    expect(an.card).to_be_hidden()
    an.page.locator(".clause-tree__link", has_text="A.1").click()
    expect(an.card).to_be_visible()
    expect(an.page.locator(".pair__tree")).to_be_hidden()
    an.page.set_viewport_size({"width": 1024, "height": 768})
    expect(an.card).to_be_visible()
    expect(an.page.locator(".pair__tree")).to_be_visible()
