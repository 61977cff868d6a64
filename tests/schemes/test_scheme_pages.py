"""Publishing a version, by act, page and command; reading it; what is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests import make
from webapp.access import Role
from webapp.config import ROOT
from webapp.db import db, transaction
from webapp.events import Event
from webapp.problems import Problem
from webapp.schemes import acts
from webapp.schemes.models import SchemeVersion

FILE = ROOT / "schemes" / "gbt27922" / "2011.1.json"
SignIn = Callable[[str | Role], FlaskClient]


@pytest.fixture
def body() -> dict[str, Any]:
    scheme: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return scheme


def upload(browser: FlaskClient, content: object) -> TestResponse:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return browser.post("/schemes", data={"file": (io.BytesIO(raw), "scheme.json")}, content_type="multipart/form-data")


def published(world: make.World, body: dict[str, Any]) -> str:
    with world.app.app_context(), transaction():
        make.scoped(world)
        return acts.publish_scheme(actor=world.actor("qin"), body=body).id


def test_the_same_body_again_is_the_version_that_is_there(world: make.World, body: dict[str, Any]) -> None:
    with world.app.app_context(), transaction():
        make.scoped(world)
        first = acts.publish_scheme(actor=world.actor("qin"), body=body)
        again = acts.publish_scheme(actor=world.actor("qin"), body=json.loads(json.dumps(dict(reversed(body.items())))))
        assert first.id == again.id
        assert acts.scheme_by_hash(sha256=first.sha256) is first
        assert acts.scheme_by_hash(sha256="0" * 64) is None
        assert acts.body_of(first) == body
        told = db.session.scalars(select(Event).where(Event.kind == "scheme-published")).one()
        assert told.by == world.people["qin"]
        assert json.loads(told.facts)["sha256"] == first.sha256


def test_a_published_version_never_changes(world: make.World, body: dict[str, Any]) -> None:
    with world.app.app_context(), transaction():
        make.scoped(world)
        acts.publish_scheme(actor=None, body=body)
        body["display"]["digits"] = 3
        with pytest.raises(Problem) as refused:
            acts.publish_scheme(actor=None, body=body)
        assert refused.value.code == "scheme-exists"
        body["version"] = "2011.2"
        acts.publish_scheme(actor=None, body=body)
        assert [one.version for one in acts.scheme_versions()] == ["2011.2", "2011.1"]


def test_only_a_scheme_manager_publishes(world: make.World, body: dict[str, Any]) -> None:
    with world.app.app_context(), transaction():
        make.scoped(world)
        with pytest.raises(Problem) as refused:
            acts.publish_scheme(actor=world.actor("lin"), body=body)
        assert refused.value.code == "forbidden"
        assert db.session.scalar(select(func.count()).select_from(SchemeVersion)) == 0


def test_a_wrong_body_is_not_published(world: make.World, body: dict[str, Any]) -> None:
    body["clauses"][3]["points"] = "99"
    with world.app.app_context(), transaction():
        make.scoped(world)
        with pytest.raises(Problem) as refused:
            acts.publish_scheme(actor=None, body=body)
        assert (refused.value.code, refused.value.facts["n"]) == ("scheme-invalid", 2)


def test_two_bodies_may_publish_the_same_file(app: Flask, body: dict[str, Any]) -> None:
    one, other = make.world(app), make.world(app, name="另一机构", logins="2")
    first, second = published(one, body), published(other, body)
    browser = app.test_client()
    browser.post("/login", data={"username": "qin", "password": make.PASSWORD})
    assert browser.get(f"/schemes/{first}").status_code == 200
    assert browser.get(f"/schemes/{second}").status_code == 404


def test_a_scheme_manager_uploads_a_file_and_reads_it(client_of: SignIn, body: dict[str, Any]) -> None:
    qin = client_of("qin")
    assert "还没有方案" in qin.get("/schemes").text
    answer = upload(qin, FILE.read_bytes())
    assert answer.status_code == 303
    page = qin.get(answer.headers["Location"]).text
    assert page.count("<h1>") == 1
    assert "暂行分值" in page
    for clause in body["clauses"]:
        assert clause["title"]["zh"] in page
    assert "维修工单 · 计划 每网点 9" in page
    assert "五星 ≥ 95 · 特别扣分不超过 4 项 · 先持有达标满 12 个月（只提示）" in page
    listed = qin.get("/schemes").text
    assert "2011.1" in listed
    assert "暂行分值" in listed


def test_the_page_speaks_english_and_leaves_no_key_untranslated(
    client_of: SignIn, world: make.World, body: dict[str, Any]
) -> None:
    id = published(world, body)
    qin = client_of("qin")
    with world.app.app_context(), transaction():
        make.scoped(world)
        from webapp.accounts.models import Person

        person = db.session.get(Person, (world.tenant, world.people["qin"]))
        assert person is not None
        person.language = "en"
    for path in ("/schemes", f"/schemes/{id}"):
        page = qin.get(path).text
        assert "Provisional points" in page
        assert "schemes." not in page.replace("/schemes", "")
    assert "Repair process and time" in page
    assert "work order · planned per outlet 9" in page


def test_the_file_taken_away_is_the_version_to_the_byte(
    client_of: SignIn, world: make.World, body: dict[str, Any]
) -> None:
    id = published(world, body)
    answer = client_of("pan").get(f"/schemes/{id}/file")
    assert answer.json == body
    assert "gbt27922-2011.1.json" in answer.headers["Content-Disposition"]
    again = upload(client_of("qin"), answer.data)
    assert again.headers["Location"].endswith(id)


def test_an_upload_with_faults_lists_them_all_and_publishes_nothing(
    client_of: SignIn, world: make.World, body: dict[str, Any]
) -> None:
    body["clauses"][3]["points"] = "2.5"
    answer = upload(client_of("qin"), body)
    assert answer.status_code == 422
    assert "文件有 2 处要改" in answer.text
    assert "少 0.5" in answer.text
    assert "没有发布任何内容" in answer.text


@pytest.mark.parametrize(
    "raw", [b"", b"not json", b"\x00\xff", b"[]", b'{"clauses": [{}]}', b"[" * 50_000, "é".encode("latin-1")]
)
def test_a_broken_upload_is_a_clear_error_and_no_500(client_of: SignIn, raw: bytes) -> None:
    answer = upload(client_of("qin"), raw)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_an_upload_without_a_file_asks_for_one(client_of: SignIn) -> None:
    answer = client_of("qin").post("/schemes", data={})
    assert answer.status_code == 422
    assert "请先选择一个 JSON 文件" in answer.text


def test_another_body_under_the_same_number_is_told_to_take_a_new_one(
    client_of: SignIn, world: make.World, body: dict[str, Any]
) -> None:
    published(world, body)
    body["title"]["en"] = "Changed"
    answer = upload(client_of("qin"), body)
    assert answer.status_code == 409
    assert "换一个版本号" in answer.text


@pytest.mark.parametrize(
    ("login", "list_status", "post_status"),
    [("pan", 200, 403), ("ding", 200, 403), ("he", 200, 403), ("shen", 403, 403), ("guo", 200, 403)],
)
def test_who_may_read_and_who_may_publish(
    client_of: SignIn, body: dict[str, Any], login: str, list_status: int, post_status: int
) -> None:
    browser = client_of(login)
    page = browser.get("/schemes")
    assert page.status_code == list_status
    assert "<form" not in page.text or 'action="/schemes"' not in page.text
    assert upload(browser, body).status_code == post_status


def test_the_command_publishes_for_the_one_body_there_is(world: make.World) -> None:
    runner = world.app.test_cli_runner()
    answer = runner.invoke(args=["scheme", "publish", str(FILE)])
    assert answer.exit_code == 0, answer.output
    assert answer.output.startswith("gbt27922 2011.1 sha256 ")
    assert runner.invoke(args=["scheme", "publish", str(FILE), "--by", "qin"]).output == answer.output
    with world.app.app_context():
        make.scoped(world)
        assert len(acts.scheme_versions()) == 1


@pytest.mark.parametrize(
    ("extra", "said"),
    [(["--by", "pan"], "role"), (["--by", "nobody"], "no account nobody"), (["--tenant", "elsewhere"], "--tenant")],
)
def test_the_command_says_why_it_does_not_publish(world: make.World, extra: list[str], said: str) -> None:
    answer = world.app.test_cli_runner().invoke(args=["scheme", "publish", str(FILE), *extra])
    assert answer.exit_code == 1
    assert said in answer.output
    with world.app.app_context():
        make.scoped(world)
        assert acts.scheme_versions() == []
