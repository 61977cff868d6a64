"""People by an administrator, one's own account, the first administrator of an empty installation."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from tests import make
from webapp.access import Role
from webapp.accounts import acts
from webapp.accounts.models import Person
from webapp.db import db, transaction

Browser = Callable[[str | Role], FlaskClient]


def form(**changed: object) -> dict[str, object]:
    return {
        "name": "许 Xu",
        "login": "xu",
        "roles": ["reviewer"],
        "language": "zh-CN",
        "city": "杭州",
        "position": "30.2741,120.1551",
    } | changed


def test_a_new_person_signs_in_with_the_password_that_is_shown_once(app: Flask, client_of: Browser) -> None:
    guo = client_of("guo")
    made = guo.post("/people", data=form())
    shown = re.search(r'id="shown-password">([^<]+)<', made.text)
    assert made.status_code == 200
    assert shown
    answer = app.test_client().post("/login", data={"username": "xu", "password": shown[1]})
    assert answer.location == "/field/"
    assert shown[1] not in guo.get("/people").text


def test_what_is_wrong_stands_at_its_field_and_nothing_is_made(
    app: Flask, world: make.World, client_of: Browser
) -> None:
    guo = client_of("guo")
    for changed, words in (
        ({"login": "Xu!"}, "登录名用小写字母"),
        ({"login": "lin"}, "已有人使用"),
        ({"password": "short"}, "密码至少 8 个字符"),
        ({"position": "here"}, "位置写成"),
        ({"roles": []}, "至少选一个角色"),
        ({"roles": ["king"]}, "请求不完整"),
        ({"name": " "}, "请填写名称"),
    ):
        answer = guo.post("/people", data=form(**changed))
        assert (answer.status_code, words in answer.text) == (422, True), changed
    with app.app_context():
        make.scoped(world)
        assert len(acts.people()) == len(make.CAST)


def test_the_last_administrator_keeps_the_role_and_the_account(
    app: Flask, world: make.World, client_of: Browser
) -> None:
    guo, mine = client_of("guo"), world.people["guo"]
    changed = guo.post(f"/people/{mine}", data=form(name="郭 Guo", roles=["planner"]))
    ended = guo.post(f"/people/{mine}/end", data={"reason": "leaves"})
    assert (changed.status_code, ended.status_code) == (422, 422)
    assert "最后一位管理员" in changed.text
    guo.post(f"/people/{world.people['pan']}", data=form(name="潘 Pan", roles=["planner", "administrator"]))
    assert guo.post(f"/people/{mine}", data=form(name="郭 Guo", roles=["planner"])).status_code == 303
    assert guo.get("/people").status_code == 403


def test_an_ended_account_is_told_so_and_shows_who_ended_it_and_why(world: make.World, client_of: Browser) -> None:
    guo, an = client_of("guo"), client_of("an")
    assert guo.post(f"/people/{world.people['an']}/end", data={"reason": ""}).status_code == 422
    guo.post(f"/people/{world.people['an']}/end", data={"reason": "moved to another body"})
    page = guo.get(f"/people/{world.people['an']}")
    assert "moved to another body" in page.text
    assert "郭 Guo" in page.text
    refused = an.get("/account")
    assert refused.status_code == 403
    assert "账户已停用" in refused.text


def test_a_new_password_from_the_administrator_signs_the_person_out_everywhere(
    world: make.World, client_of: Browser
) -> None:
    guo, an = client_of("guo"), client_of("an")
    guo.post(f"/people/{world.people['an']}/password", data={"password": "something else"})
    assert an.get("/account").location.startswith("/login?next=")


def test_ones_own_new_password_needs_the_old_one_and_ends_the_other_sign_ins(client_of: Browser) -> None:
    here, there = client_of("an"), client_of("an")
    wrong = here.post("/account/password", data={"old": "not mine", "new": "quite a new one"})
    assert (wrong.status_code, "原密码不对" in wrong.text) == (422, True)
    assert there.get("/account").status_code == 200
    assert here.post("/account/password", data={"old": make.PASSWORD, "new": "quite a new one"}).status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


def test_a_sign_in_is_ended_by_its_own_person_only(app: Flask, world: make.World, client_of: Browser) -> None:
    here, there, other = client_of("an"), client_of("an"), client_of("bai")
    with app.app_context():
        make.scoped(world)
        an = db.session.get_one(Person, (world.tenant, world.people["an"]))
        latest = acts.sign_ins_of(an)[0].id
    assert other.post(f"/account/sign-ins/{latest}/end").status_code == 404
    assert here.post(f"/account/sign-ins/{latest}/end").status_code == 303
    assert (here.get("/account").status_code, there.get("/account").status_code) == (200, 302)


def test_the_chosen_language_is_spoken_at_once(client_of: Browser) -> None:
    ding = client_of("ding")
    assert "我的账户" in ding.get("/account").text
    ding.post("/account/language", data={"language": "en"})
    assert "My account" in ding.get("/account").text
    assert ding.post("/account/language", data={"language": "tlh"}).status_code == 400


def test_whoever_has_no_work_yet_reads_what_they_may_read_and_what_comes_later(client_of: Browser) -> None:
    for login, words in (
        ("ding", "审议这一步本版本还没有"),
        ("dai", "认证决定这一步本版本还没有"),
        ("shen", "会在以后的版本里看到"),
        ("qin", "发布和查看认证方案"),
    ):
        assert words in client_of(login).get("/account").text


def test_the_setup_address_makes_one_administrator_and_works_once(app: Flask) -> None:
    with app.app_context(), transaction():
        token = acts.open_setup()
    assert token
    browser = app.test_client()
    assert browser.get(f"/setup/{token}").status_code == 200
    assert browser.get("/setup/another").status_code == 410
    typed = {"body": "星评认证", "name": "郭 Guo", "login": "guo", "password": "short"}
    refused = browser.post(f"/setup/{token}", data=typed)
    assert (refused.status_code, "密码至少" in refused.text) == (422, True)
    done = browser.post(f"/setup/{token}", data=typed | {"password": "long enough"})
    assert (done.status_code, done.location) == (303, "/people")
    assert browser.get("/people").status_code == 200
    assert app.test_client().get(f"/setup/{token}").status_code == 410


def test_the_command_lists_every_account_with_its_roles(app: Flask, world: make.World) -> None:
    make.world(app, name="另一机构", logins="2")
    answer = app.test_cli_runner().invoke(args=["user", "list"])
    assert answer.exit_code == 0, answer.output
    assert "lin\t星评认证演示机构\t林 Lin\tlead_auditor\tactive" in answer.output
    assert "lin2\t另一机构" in answer.output
    refused = app.test_cli_runner().invoke(args=["user", "end", "guo"])
    assert (refused.exit_code, "last-administrator" in refused.output) == (1, True)


def test_a_page_asked_for_before_sign_in_opens_after_it(app: Flask, world: make.World) -> None:
    browser = app.test_client()
    asked = browser.get("/evaluations?q=2026")
    assert (asked.status_code, asked.location) == (302, "/login?next=%2Fevaluations%3Fq%3D2026")
    page = browser.get(asked.location)
    assert 'name="next" value="/evaluations?q=2026"' in page.text
    done = browser.post("/login", data={"username": "pan", "password": make.PASSWORD, "next": "/evaluations?q=2026"})
    assert done.location == "/evaluations?q=2026"
    refused = app.test_client().get("/evaluations", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.content_type, refused.json["code"]) == (
        401,
        "application/problem+json",
        "sign-in",
    )
