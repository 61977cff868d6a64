"""The plan as planner, lead, reviewer and client see it: from the first visit to the paper, and nothing of a mystery visit elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import make
from tests.planning.making import OUTLETS, Round, round_of
from webapp.access import Role
from webapp.accounts.models import Person
from webapp.db import db, transaction
from webapp.planning import acts
from webapp.sampling import acts as sampling
from webapp.sampling.models import Scope

SignIn = Callable[[str | Role], FlaskClient]
DAYS = {"from_on": "2026-11-24", "to_on": "2026-11-25"}
LINE = {"clauses": "1.2、1.4", "department": "客服部", "starts": "2026-11-24T09:00", "ends": "2026-11-24T11:30"}


@pytest.fixture
def made(app: Flask, world: make.World) -> Round:
    with app.app_context():
        make.scoped(world)
        with transaction():
            made = round_of(world)
            for scope in Scope:
                listed = sampling.freeze_list(actor=made.pan, evaluation=made.evaluation.id, scope=scope)
                sampling.draw_sample(actor=made.pan, frozen_list=listed.id, picks={})
        return made


def planned(browser: FlaskClient, made: Round, code: str, people: str = "", modes: tuple[str, ...] = ("A", "I")) -> str:
    """The path of a new visit with these people."""
    data = DAYS | {"site": made.site(code).id, "modes": list(modes)}
    answer = browser.post(f"/evaluations/{made.evaluation.id}/visits", data=data)
    assert answer.status_code == 303, answer.text
    path = answer.headers["Location"]
    going = {"people": [made.world.people[login] for login in people.split()]}
    assert browser.post(f"{path}/people", data=going).status_code == 303
    return path


def one_primary(page: str) -> bool:
    return page.count("<h1") == 1 and page.count("button--primary") == 1 and "planning." not in page


def test_from_the_sample_to_the_paper_for_the_client(app: Flask, made: Round, client_of: SignIn) -> None:
    pan, lin = client_of("pan"), client_of("lin")
    plan = f"/evaluations/{made.evaluation.id}/plan"
    page = pan.get(plan).text
    assert one_primary(page)
    assert "还没安排的 5 个" in page  # HQ, three drawn, one for mystery
    link = re.search(r'href="([^"]*visits/new\?[^"]*kind=open)"', page)
    assert link
    form = pan.get(link[1].replace("&amp;", "&")).text
    assert one_primary(form)
    assert 'value="A" checked' in form
    assert 'value="B" checked' not in form
    path = planned(pan, made, "S07", "an bai")
    page = pan.get(path).text
    assert one_primary(page)
    assert "评审员，近的在前" in page
    line = LINE | {"person": made.world.people["an"]}
    assert lin.post(f"{path}/plan-entries", data=line).status_code == 303
    refused = lin.post(f"{path}/plan-entries", data=line | {"clauses": "1.2 7.7"})
    assert (refused.status_code, "方案里没有这些条款：7.7" in refused.text, "1.2 7.7" in refused.text) == (
        422,
        True,
        True,
    )
    assert one_primary(lin.get(path).text)
    hidden = planned(pan, made, "S03", "bai", modes=("B",))
    with app.app_context():
        make.scoped(made.world)
        with transaction():
            acts.release_visit(actor=made.pan, visit=hidden.rsplit("/", 1)[1])
    for browser in (pan, lin, client_of("an"), client_of("he")):
        paper = browser.get(f"/evaluations/{made.evaluation.id}/audit-plan").text
        assert "武汉光谷店" in paper
        assert "上海徐汇店" not in paper
        assert "1.4 条款 1.4" in paper
        assert one_primary(paper)
    text = re.search(
        r'<pre id="plan-text">(.*?)</pre>', lin.get(f"/evaluations/{made.evaluation.id}/audit-plan").text, re.S
    )
    assert text
    assert "11-24 09:00–11:30 安 An 1.2、1.4 客服部" in text[1]
    assert f"http://localhost/evaluations/{made.evaluation.id}/audit-plan" in text[1]


def test_a_mystery_visit_is_named_to_nobody_else(made: Round, client_of: SignIn) -> None:
    pan = client_of("pan")
    path = planned(pan, made, "S03", "bai", modes=("B",))
    plan = f"/evaluations/{made.evaluation.id}/plan"
    for login in ("pan", "lin", "bai"):
        browser = client_of(login)
        assert "上海徐汇店" in browser.get(plan).text
        assert browser.get(path).status_code == 200
    for login in ("an", "he", "guo", "ding"):
        browser = client_of(login)
        assert "上海徐汇店" not in browser.get(plan).text
        assert browser.get(path).status_code == 404
        for page in (plan, f"/evaluations/{made.evaluation.id}", f"/evaluations/{made.evaluation.id}/audit-plan"):
            assert "暗访</td>" not in browser.get(page).text
    assert client_of("bai").post(f"{path}/release").status_code == 403
    assert client_of("lin").post(f"{path}/release").status_code == 303
    assert "上海徐汇店" in client_of("he").get(plan).text


def test_gaps_are_told_to_planner_and_lead_alone(made: Round, client_of: SignIn) -> None:
    planned(client_of("pan"), made, "S07", "an")
    plan = f"/evaluations/{made.evaluation.id}/plan"
    for login, told in (("pan", True), ("lin", True), ("an", False), ("he", False)):
        page = client_of(login).get(plan).text
        assert ("1.3 条款 1.3" in page) is told
        assert ("还没安排的" in page) is told


@pytest.mark.parametrize(
    "change, words",
    [
        ({"from_on": ""}, "没有填好：从"),
        ({"site": ""}, "没有填好：场所"),
        ({"to_on": "2026-11-01"}, "早于"),
        ({"modes": ["A", "B"]}, "公开和暗访不能在一次里"),
        ({"modes": ["E"]}, "有的模式不在合同里"),
        ({"modes": []}, "选上模式"),
    ],
)
def test_a_visit_that_cannot_be_is_shown_again_with_what_to_do(
    made: Round, client_of: SignIn, change: dict[str, object], words: str
) -> None:
    data = DAYS | {"site": made.site("S01").id, "modes": ["A"]} | change
    answer = client_of("pan").post(f"/evaluations/{made.evaluation.id}/visits", data=data)
    assert (answer.status_code, words in answer.text) == (422, True)


def test_a_visit_is_changed_cancelled_and_then_stands_still(made: Round, client_of: SignIn) -> None:
    pan = client_of("pan")
    path = planned(pan, made, "S07", "an")
    assert pan.post(path, data={"from_on": "2026-12-01", "to_on": "2026-12-02", "modes": ["A"]}).status_code == 303
    assert "2026-12-01 – 12-02" in pan.get(path).text
    assert pan.post(path, data={"from_on": "2026-12-01", "to_on": "2026-12-02", "modes": ["B"]}).status_code == 422
    assert pan.post(f"{path}/cancellation", data={"reason": ""}).status_code == 422
    assert pan.post(f"{path}/cancellation", data={"reason": "the outlet has closed"}).status_code == 303
    page = pan.get(path).text
    assert "the outlet has closed" in page
    assert 'method="post"' not in page.replace('action="/logout"', "") or "cancellation" not in page
    assert pan.post(f"{path}/people", data={"people": []}).status_code == 422


def test_a_line_is_changed_and_removed(made: Round, client_of: SignIn) -> None:
    pan = client_of("pan")
    path = planned(pan, made, "S07", "an bai")
    line = LINE | {"person": made.world.people["an"]}
    pan.post(f"{path}/plan-entries", data=line)
    entry = re.search(rf'action="({path}/plan-entries/[^"/]+)"', pan.get(path).text)
    assert entry
    assert (
        pan.post(entry[1], data=line | {"department": "售后部", "person": made.world.people["bai"]}).status_code == 303
    )
    assert "售后部" in pan.get(path).text
    assert pan.post(f"{path}/people", data={"people": [made.world.people["an"]]}).status_code == 422
    assert pan.post(f"{entry[1]}/removal").status_code == 303
    assert "还没有排到条款" in pan.get(path).text


def test_lead_and_team_are_changed_by_the_planner(made: Round, client_of: SignIn) -> None:
    pan, path = client_of("pan"), f"/evaluations/{made.evaluation.id}/team"
    assert one_primary(pan.get(path).text)
    assert pan.post(path, data={"lead": made.world.people["an"], "team": []}).status_code == 422
    assert (
        pan.post(path, data={"lead": made.lin.person, "team": [made.world.people["an"], made.lin.person]}).status_code
        == 303
    )
    assert client_of("bai").get(f"/evaluations/{made.evaluation.id}/plan").status_code == 403
    assert client_of("lin").get(path).status_code == 403


def test_days_away_come_and_go(made: Round, client_of: SignIn) -> None:
    pan = client_of("pan")
    assert one_primary(pan.get("/absences").text)
    away = {"person": made.world.people["an"], "from_on": "2026-11-25", "to_on": "2026-11-24"}
    assert pan.post("/absences", data=away).status_code == 422
    assert pan.post("/absences", data=away | {"to_on": "2026-11-26"}).status_code == 303
    path = planned(pan, made, "S07")
    assert "请假" in pan.get(path).text
    removal = re.search(r'action="(/absences/[^"]+/removal)"', pan.get("/absences").text)
    assert removal
    assert pan.post(removal[1]).status_code == 303
    assert "没有请假" in pan.get("/absences").text
    assert client_of("lin").get("/absences").status_code == 403


def test_a_client_reads_its_own_audit_plan_and_nothing_else(app: Flask, made: Round, client_of: SignIn) -> None:
    planned(client_of("pan"), made, "S07", "an")
    shen, paper = client_of("shen"), f"/evaluations/{made.evaluation.id}/audit-plan"
    assert shen.get(paper).status_code == 404
    with app.app_context():
        make.scoped(made.world)
        with transaction():
            person = db.session.get(Person, (made.pan.tenant, made.world.people["shen"]))
            assert person is not None
            person.client = made.client.id
    page = shen.get(paper)
    assert (page.status_code, "武汉光谷店" in page.text, "plan-text" in page.text) == (200, True, False)
    assert shen.get(f"/evaluations/{made.evaluation.id}/plan").status_code == 403


def test_pages_speak_english(app: Flask, made: Round, client_of: SignIn) -> None:
    with app.app_context():
        make.scoped(made.world)
        with transaction():
            person = db.session.get(Person, (made.pan.tenant, made.pan.person))
            assert person is not None
            person.language = "en"
    pan = client_of("pan")
    path = planned(pan, made, "S07", "an")
    addresses = (
        path,
        "/absences",
        *(f"/evaluations/{made.evaluation.id}/{one}" for one in ("plan", "team", "audit-plan", "visits/new", "sample")),
    )
    for address in addresses:
        page = pan.get(address).text
        assert 'lang="en"' in page
        assert not re.search(r">[^<]*(planning|sampling|problem|stage)\.[a-z_]+[^<]*<", page)


def test_a_visit_outside_the_sample_is_marked_because_it_is_not_scored(
    app: Flask, world: make.World, made: Round, client_of: SignIn
) -> None:
    pan = client_of("pan")
    with app.app_context():
        make.scoped(world)
        drawn = set(sampling.sample_of(made.evaluation, Scope.open) or ())
    outside, inside = (
        next(code for code, *_ in OUTLETS if (made.site(code).id in drawn) is wanted) for wanted in (False, True)
    )
    assert "不计入得分" in pan.get(planned(pan, made, outside)).text
    assert "不计入得分" not in pan.get(planned(pan, made, inside)).text
    assert "不计入得分" not in pan.get(planned(pan, made, "HQ")).text
    assert pan.get(f"/evaluations/{made.evaluation.id}/plan").text.count("不在抽样里") == 1


def test_a_clients_contact_finds_the_audit_plan_on_their_own_page(
    app: Flask, world: make.World, made: Round, client_of: SignIn
) -> None:
    planned(client_of("pan"), made, "HQ", "an")
    shen = client_of("shen")
    assert "/audit-plan" not in shen.get("/account").text
    with app.app_context(), transaction():
        make.scoped(world)
        person = db.session.get(Person, (world.tenant, world.people["shen"]))
        assert person is not None
        person.client = made.evaluation.client
    page = shen.get("/account").text
    link = re.search(r'href="([^"]*/audit-plan)"', page)
    assert link
    assert shen.get(link[1]).status_code == 200
