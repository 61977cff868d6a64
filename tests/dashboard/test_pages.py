"""The dashboard: what an HQ viewer sees, and never sees."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.consolidation.world import Case, case, days
from webapp.db import db

Signed = Callable[[str], FlaskClient]


def board(browser: FlaskClient, status: int = 200) -> str:
    answer = browser.get("/dashboard")
    assert answer.status_code == status, answer.text
    return re.sub(r"数据时间 [-0-9: ]+", "", answer.text)


def test_without_evaluations_it_says_what_comes(world, client_of: Signed) -> None:
    assert "还没有在办的评审" in board(client_of("he"))


def test_it_shows_who_is_out_since_when_and_what_is_still_on_tablets(hechuan: Case, client_of: Signed) -> None:
    hq = hechuan.visits["hq"]
    hechuan.tablet("an").write("visit", hq, {"operations": 12, "photos": 2}, check_in={"place": None})
    text = board(client_of("he"))
    assert "安 An · 总部" in text
    assert "平板上还有 14 项" in text
    assert re.search(r"\d\d:\d\d 起", text)
    assert "未签到" in text


def test_scores_stand_with_bounds_level_and_the_provisional_mark(disputed: Case, client_of: Signed) -> None:
    text = board(client_of("he"))
    for words in ("49.33–89.33", "暂行分值", "0 项等级已定，1 项还只有上下限", "9 / 9", "等 林 Lin", "1 个分歧"):
        assert words in text, words
    assert "style=" not in text
    assert text.count("<h1") == 1


def test_fewer_than_three_outlets_are_shown_and_not_ranked(disputed: Case, client_of: Signed) -> None:
    assert "2 个网点，太少，不排名" in board(client_of("he"))


def test_weak_clauses_are_pooled_over_evaluations(disputed: Case, client_of: Signed) -> None:
    text = board(client_of("he"))
    assert "条款 2.1最弱：33% 不符合" in text
    assert "2/10" in text


def test_nothing_tells_of_a_mystery_visit_that_is_not_released(disputed: Case, client_of: Signed) -> None:
    he = client_of("he")
    before = board(he)
    secret = disputed.visit("m", "S1", "bai", modes=("B",))
    assert board(he).replace("bai", "") == before.replace("bai", "") or _without_contact(board(he)) == _without_contact(
        before
    )
    bai = disputed.tablet("bai")
    bai.write("visit", secret, {"operations": 7, "photos": 3}, check_in={"place": None})
    bai.met(secret, "2.1", False)
    bai.write(
        "special",
        f"{secret}/0195f7a0-0000-4000-8000-000000000009",
        {"operations": 7, "photos": 3},
        kind="deduction",
        ground="law",
        text="暗访所见",
    )
    assert _without_contact(board(he)) == _without_contact(before)
    disputed.release("m")
    assert _without_contact(board(he)) != _without_contact(before)


def _without_contact(text: str) -> str:
    """The time of the last contact of tablets is the same whatever they were used for."""
    return re.sub(r"\d\d-\d\d \d\d:\d\d", "", text)


def test_visits_ahead_are_announced(hechuan: Case, client_of: Signed) -> None:
    hechuan.visit("later", "S1", "an", day=days(5))
    text = board(client_of("he"))
    assert "5 天后" in text


@pytest.mark.parametrize("login", ["shen", "qin", "an", "ding", "dai"])
def test_client_contacts_and_others_have_no_dashboard(hechuan: Case, client_of: Signed, login: str) -> None:
    assert board(client_of(login), 403)


@pytest.mark.parametrize("login", ["he", "lin", "pan", "guo"])
def test_the_bodys_own_people_read_it(disputed: Case, client_of: Signed, login: str) -> None:
    assert "禾川电器" in board(client_of(login))


def test_another_body_sees_nothing_of_it(disputed: Case, app) -> None:  # type: ignore[no-untyped-def]
    from tests import make

    make.world(app, name="另一机构", logins="2")
    other = app.test_client()
    assert other.post("/login", data={"username": "he2", "password": make.PASSWORD}).status_code == 303
    assert "还没有在办的评审" in board(other)


def test_the_number_of_queries_does_not_grow_with_evaluations_or_outlets(world, client_of: Signed) -> None:
    he = client_of("he")

    def queries() -> int:
        counted: list[str] = []
        board(he)
        with world.app.app_context():
            engine = db.engine

        def count(connection, cursor, statement, *rest) -> None:  # type: ignore[no-untyped-def]
            counted.append(statement)

        event.listen(engine, "before_cursor_execute", count)
        board(he)
        event.remove(engine, "before_cursor_execute", count)
        return len(counted)

    first = case(world, outlets=1)
    first.visit("hq", "HQ", "an")
    one = queries()
    for at in range(3):
        more = case(world, outlets=6, number=f"2026-02{at}", client=f"客户 {at}")
        for code in more.sites:
            more.visit(code, code, "bai")
    assert queries() == one


def test_english_has_every_word(disputed: Case, client_of: Signed) -> None:
    he = client_of("he")
    assert he.post("/account/language", data={"language": "en"}).status_code == 303
    assert not re.search(r"dashboard\.[a-z]|[，：；（]", board(he))
