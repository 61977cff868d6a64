"""Evaluations: created by the planner, read by whom they concern, one page with the stages that rooms register."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from tests import make
from webapp import stages
from webapp.access import Role
from webapp.clients import acts as clients
from webapp.clients.models import Site, SiteKind
from webapp.config import ROOT
from webapp.db import db, transaction, use_tenant
from webapp.evaluations import acts, rules
from webapp.problems import Problem
from webapp.rules import Actor, Allowed, Refused
from webapp.schemes import acts as schemes

SCHEME = json.loads((ROOT / "schemes/gbt27922/2011.1.json").read_text("utf-8"))
Browser = Callable[[str | Role], FlaskClient]
Made = dict[str, str]


@pytest.fixture
def made(app: Flask, world: make.World) -> Made:
    """A client with one outlet and a scheme; ids by name."""
    with app.app_context(), transaction():
        use_tenant(world.tenant)
        client = clients.create_client(actor=world.actor("pan"), name="禾川电器")
        db.session.add(Site(client=client.id, code="HZ01", kind=SiteKind.outlet, name="滨江店"))
        scheme = schemes.publish_scheme(actor=world.actor("qin"), body=SCHEME)
        return {"client": client.id, "scheme_version": scheme.id} | world.people


def form(made: Made, **changed: object) -> dict[str, object]:
    usual = {
        "number": "2026-0147",
        "kind": "recertification",
        "lead": made["lin"],
        "team": [made["an"], made["bai"]],
        "modes": ["B", "A"],
    }
    return {name: made[name] for name in ("client", "scheme_version")} | usual | changed


def create(browser: FlaskClient, made: Made, **changed: object) -> str:
    answer = browser.post("/evaluations", data=form(made, **changed))
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_a_planner_creates_an_evaluation_and_its_page_names_client_team_and_modes(
    made: Made, client_of: Browser
) -> None:
    pan = client_of("pan")
    page = pan.get(create(pan, made)).text
    for words in ("禾川电器 再认证评审", "2026-0147", "林 Lin", "安 An、白 Bai", "A 公开现场、B 暗访", "暂行分值"):
        assert words in page


def test_what_is_refused_stands_at_its_field_and_leaves_nothing_behind(
    app: Flask, world: make.World, made: Made, client_of: Browser
) -> None:
    pan = client_of("pan")
    create(pan, made)
    for changed, words in (
        ({}, "已经用过"),
        ({"number": "二〇二六"}, "编号用数字"),
        ({"number": "2026-0148", "client": ""}, "请选择申请组织"),
        ({"number": "2026-0148", "client": "nobody"}, "没有这个申请组织"),
        ({"number": "2026-0148", "kind": ""}, "请选择类型"),
        ({"number": "2026-0148", "kind": "yearly"}, "请选择类型"),
        ({"number": "2026-0148", "lead": made["an"]}, "不是评审组长"),
        ({"number": "2026-0148", "team": [made["ding"]]}, "审议和决定的人不能参加"),
        ({"number": "2026-0148", "modes": []}, "至少选一种模式"),
        ({"number": "2026-0148", "modes": ["Z"]}, "这个方案有：A B D I"),
    ):
        answer = pan.post("/evaluations", data=form(made, **changed))
        assert (answer.status_code, words in answer.text) == (422, True), changed
    with app.app_context():
        use_tenant(world.tenant)
        assert [row.number for row in acts.readable_by(world.actor("pan"))] == ["2026-0147"]


def test_the_next_number_of_the_year_is_suggested() -> None:
    assert rules.next_number([], year=2026) == "2026-0001"
    assert rules.next_number(["2026-0009", "2025-0300", "2026-x", "A-2026-0044", "2026-0147"], year=2026) == "2026-0148"
    assert rules.next_number(["2026-9999"], year=2026) == "2026-10000"


def test_who_reads_an_evaluation_follows_from_role_lead_and_team() -> None:
    def actor(person: str, *roles: Role) -> Actor:
        return Actor(tenant="t", person=person, name=person, roles=frozenset(roles))

    for role in (Role.planner, Role.administrator, Role.deliberator, Role.decision_maker, Role.hq_viewer):
        assert rules.may_read(actor("x", role), lead="lin", team=()) == Allowed()
    assert rules.may_read(actor("lin", Role.lead_auditor), lead="lin", team=()) == Allowed()
    assert rules.may_read(actor("an", Role.reviewer), lead="lin", team={"an"}) == Allowed()
    for other in (
        actor("wu", Role.lead_auditor),
        actor("wu", Role.reviewer),
        actor("shen", Role.client_contact),
        actor("an", Role.scheme_manager),
    ):
        assert rules.may_read(other, lead="lin", team={"an"}) == Refused("not-your-evaluation")
    assert rules.may_lead(actor("lin", Role.reviewer), lead="lin") == Refused("not-your-lead")


def test_a_reviewer_sees_the_evaluations_of_the_team_and_no_other(made: Made, client_of: Browser) -> None:
    pan, bai = client_of("pan"), client_of("bai")
    mine, other = create(pan, made), create(pan, made, number="2026-0148", team=[made["an"]])
    assert bai.get(mine).status_code == 200
    refused = bai.get(other)
    assert (refused.status_code, "不归你参与" in refused.text) == (403, True)
    listed = bai.get("/evaluations").text
    assert ("2026-0147" in listed, "2026-0148" in listed) == (True, False)


def test_only_the_lead_of_the_evaluation_leads_it(
    app: Flask, world: make.World, made: Made, client_of: Browser
) -> None:
    id = create(client_of("pan"), made).rsplit("/", 1)[1]
    with app.app_context():
        use_tenant(world.tenant)
        assert acts.led_by(world.actor("lin"), id).number == "2026-0147"
        with pytest.raises(Problem, match="not-your-lead"):
            acts.led_by(world.actor("an"), id)
        with pytest.raises(Problem, match="not-found"):
            acts.readable(world.actor("lin"), "none-such")


def test_the_list_is_found_by_client_number_and_outlet_and_keeps_its_order_in_the_address(
    made: Made, client_of: Browser
) -> None:
    pan = client_of("pan")
    create(pan, made)
    create(pan, made, number="2026-0148", kind="initial")
    for found, times in (("禾川", 2), ("0148", 1), ("滨江", 2), ("HZ01 0147", 1), ("100%", 0)):
        assert pan.get("/evaluations", query_string={"q": found}).text.count('class="table__title"') == times, found
    assert pan.get("/evaluations?kind=initial").text.count('class="table__title"') == 1
    up, down = pan.get("/evaluations?order=number&way=up").text, pan.get("/evaluations").text
    assert up.index("2026-0147") < up.index("2026-0148")
    assert down.index("2026-0148") < down.index("2026-0147")
    assert pan.get("/evaluations?order=nothing&way=sideways&page=x&kind=yearly").status_code == 200


def test_the_sheet_holds_the_rows_of_the_list_and_never_a_formula(
    app: Flask, world: make.World, made: Made, client_of: Browser
) -> None:
    pan = client_of("pan")
    with app.app_context(), transaction():
        use_tenant(world.tenant)
        evil = clients.create_client(actor=world.actor("pan"), name='=HYPERLINK("http://example.org")')
    create(pan, made)
    create(pan, made | {"client": evil.id}, number="2026-0148", kind="initial")
    book = CalamineWorkbook.from_filelike(io.BytesIO(pan.get("/evaluations.xlsx?order=number&way=up").data))
    rows = book.get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows] == ["编号", "2026-0147", "2026-0148"]
    assert rows[2][1] == '=HYPERLINK("http://example.org")'
    assert (
        len(
            CalamineWorkbook.from_filelike(io.BytesIO(pan.get("/evaluations.xlsx?kind=initial").data))
            .get_sheet_by_index(0)
            .to_python()
        )
        == 2
    )


def test_the_next_step_is_the_one_that_waits_for_this_person() -> None:
    def shown(code: str, state: stages.State, action: str | None = None) -> stages.Shown:
        stage = stages.Stage(state=state, action=action, link="/here" if action else None)
        return stages.Shown(code=code, group=stages.Group.on_site, stage=stage)

    life = [
        shown("team", stages.State.done),
        shown("visits", stages.State.now),
        shown("consolidation", stages.State.now, "settle 3 disputes"),
        shown("report", stages.State.to_come),
    ]
    present, step = stages.present(life), stages.next_step(life)
    assert present is not None
    assert step is not None
    assert (present.code, step.code) == ("consolidation", "consolidation")
    assert stages.next_step(life[:2]) is None
    assert stages.present([shown("team", stages.State.done)]) is None


def test_an_empty_list_says_what_to_do_next(client_of: Browser) -> None:
    assert "先有申请组织" in client_of("pan").get("/evaluations").text
    assert "项目管理为你安排评审以后" in client_of("an").get("/evaluations").text
    assert "一个已发布的方案版本" in client_of("pan").get("/evaluations/new").text
