"""Every kind of clause has its way to answer; what the scheme forbids is refused with words, and nothing is a dead end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e import worlds
from tests.e2e.conftest import House
from tests.e2e.tablets import Tablet
from tests.start.servers import start, stop

pytestmark = pytest.mark.browser
Tablets = Callable[..., Tablet]
leaf = worlds.leaf

KINDS: dict[str, Any] = {
    **worlds.SCHEME,
    "code": "kinds",
    "clauses": [
        {"code": "A", "title": {"zh": "种类", "en": "Kinds"}, "points": "60"},
        leaf("A.1", "sample", "both", "10", unit={"zh": "工单", "en": "work order"}, planned={"hq": 30, "outlet": 30}),
        leaf("A.2", "scale", "both", "10", combine="mean", grades={"A": "1", "B": "0.6", "C": "0"}),
        leaf("A.3", "ladder", "both", "10", combine="mean", steps=[0, -1, -2]),
        leaf(
            "A.4",
            "measured",
            "both",
            "10",
            combine="mean",
            bands=[{"from": "1.3", "share": "1"}, {"to": "1.3", "share": "0"}],
        ),
        leaf("A.5", "survey", "both", "10", combine="mean", worst="1", best="5"),
        leaf(
            "A.6",
            "met",
            "both",
            "10",
            combine="mean",
            exclusion=False,
            rule="share",
            checkpoints=[{"code": "a", "kind": "met"}, {"code": "b", "kind": "sample"}],
        ),
        {"code": "B", "title": {"zh": "矩阵", "en": "Matrix"}, "points": "40"},
        leaf(
            "B.1",
            "matrix",
            "both",
            "40",
            combine="mean",
            columns=["1", "2", "3"],
            shares={"1": "0.2", "2": "0.6", "3": "1"},
        ),
    ],
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(worlds, "SCHEME", KINDS)
    server = start(tmp_path / "data", "--empty")
    assert server.process.poll() is None, server.said()
    made = House(server, worlds.small_world(server.data))
    yield made
    made.world.close()
    stop(made.server)


def test_every_kind_of_clause_is_answered_and_stored_in_the_form_of_the_contract(
    house: House, tablet_of: Tablets
) -> None:
    an = tablet_of("an")
    w01 = house.world.visits["W01"]
    expected: dict[str, Any] = {}
    kept = 0

    def saved(code: str, value: Any) -> None:
        nonlocal kept
        expected[f"{w01}/{code}"] = value
        kept += 1

    an.clause(w01, "A.1")
    expect(an.card.locator(".counter")).to_have_count(2)
    an.card.get_by_label("Checked", exact=True).fill("28")
    an.card.get_by_label("Checked", exact=True).press("Tab")
    expect(an.card.locator(".samples__sum")).to_contain_text("0 of 28 failing")
    an.card.get_by_role("button", name="One failing more").click()
    expect(an.card.locator(".samples__sum")).to_contain_text("1 of 28 failing")
    expect(an.card.get_by_text("30 planned, 28 checked: why?")).to_be_visible()
    saved("A.1", {"checked": 28, "failing": 1})
    for code, key, value in (("A.2", "B", {"grade": "B"}), ("A.3", "-1", {"step": -1}), ("B.1", "2", {"reached": "2"})):
        an.clause(w01, code)
        an.card.locator(f".choice input[value='{key}']").check(force=True)
        an.page.locator(".toast").wait_for()
        saved(code, value)
    an.clause(w01, "A.4")
    field = an.card.get_by_label("Result")
    field.fill("1,3x")
    field.press("Tab")
    expect(an.card.get_by_role("alert")).to_contain_text("not a number")
    field.fill("1.350")
    field.press("Tab")
    an.page.locator(".toast").wait_for()
    saved("A.4", {"value": "1.35"})
    an.clause(w01, "A.5")
    an.card.get_by_label("Result").fill("4,20")
    an.card.get_by_label("Result").press("Tab")
    an.page.locator(".toast").wait_for()
    saved("A.5", {"mean": "4.2"})
    an.clause(w01, "A.6")
    an.card.locator(".choice input[value=failed]").check(force=True)
    saved("A.6/a", {"met": False})
    an.card.locator(".sample--add").click()
    expect(an.card.locator(".samples__sum")).to_contain_text("0 of 1 failing")
    saved("A.6/b", {"checked": 1, "failing": 0})
    lines = [json.loads(line) for line in an.kept().operations.values()]
    found = {one["key"]: one["set"]["value"] for one in lines if "value" in one["set"]}
    assert found == expected
    expect(an.page.locator(".clause-tree .progress")).to_contain_text("7/7")
    an.sync()
    expect(an.page.locator("main")).to_contain_text("Verified")


def test_an_exclusion_needs_its_reason_and_is_refused_where_the_scheme_forbids_it(
    house: House, tablet_of: Tablets
) -> None:
    an = tablet_of("an", size=(390, 844))
    w01 = house.world.visits["W01"]
    an.clause(w01, "A.6")
    an.card.get_by_role("button", name="exclude").click()
    expect(an.card.get_by_role("alert")).to_contain_text("does not let A.6 be excluded")
    an.clause(w01, "A.2")
    an.card.get_by_role("button", name="exclude").click()
    an.card.locator("form.exclusion button[type=submit]").click()
    expect(an.card.get_by_role("alert")).to_contain_text("Give the reason first")
    an.card.locator("form.exclusion textarea").fill("本店没有这项服务")
    an.card.locator("form.exclusion button[type=submit]").click()
    expect(an.card.locator("textarea").first).to_have_value("本店没有这项服务")
    an.page.locator(".toast").wait_for()
    an.card.get_by_role("button", name="Take it back in").click()
    expect(an.card.locator(".choice--open")).to_be_visible()
