"""The lead's pages: what they show, to whom, and in how many queries."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.consolidation.test_acts import acting
from tests.consolidation.world import Case, Tablet, case
from webapp.consolidation import acts
from webapp.db import db, use_tenant

Signed = Callable[[str], FlaskClient]


def page(browser: FlaskClient, address: str, status: int = 200) -> str:
    answer = browser.get(address)
    assert answer.status_code == status, answer.text
    return answer.text


def of(case: Case, rest: str) -> str:
    return f"/evaluations/{case.evaluation}/{rest}"


def dispute_of(case: Case) -> str:
    return of(case, f"disputes/{case.visits['hq']}/result/1.1/value")


def form(case: Case, browser: FlaskClient, **given: str) -> dict[str, str]:
    text = page(browser, dispute_of(case))
    shown = text.split('name="seen" value="')[1].split('"')[0]
    return {"seen": shown, **given}


def test_the_consolidation_shows_bounds_levels_coverage_and_the_provisional_mark(
    disputed: Case, client_of: Signed
) -> None:
    text = page(client_of("lin"), of(disputed, "consolidation"))
    for words in (
        "至少 49.33，至多 89.33",
        "未通过或三星",
        "已回答 9/9 条",
        "暂行分值",
        "处理分歧",
        "1/4",
        "1/3",
        "分歧",
    ):
        assert words in text, words
    assert text.count("<h1") == 1
    assert text.count("button--primary") == 1
    assert "style=" not in text


@pytest.mark.parametrize("show", ["losing", "disputed", "missing", "all", "nonsense"])
def test_every_filter_of_the_matrix_stands_in_the_address(disputed: Case, client_of: Signed, show: str) -> None:
    page(client_of("lin"), of(disputed, f"consolidation?show={show}"))


def test_nothing_answered_is_no_score_yet_never_zero(hechuan: Case, client_of: Signed) -> None:
    text = page(client_of("lin"), of(hechuan, "consolidation"))
    assert "还没有得分" in text
    assert "0.00，至多" not in text


def test_an_evaluation_without_sample_or_visit_has_pages_that_say_what_to_do(world, client_of: Signed) -> None:
    empty = case(world)
    for rest in ("consolidation", "disputes", "explanation", "parts", "versions", "clauses/1.1"):
        page(client_of("lin"), of(empty, rest))


def test_outlets_stand_with_the_lowest_score_first(disputed: Case, client_of: Signed) -> None:
    text = page(client_of("lin"), of(disputed, "consolidation"))
    assert text.index("第 2 店") < text.index("第 1 店")


def test_the_dispute_page_chooses_nothing_and_shows_both(disputed: Case, client_of: Signed) -> None:
    text = page(client_of("lin"), dispute_of(disputed))
    for words in ("安 An", "白 Bai", "看了组织机构图", "岗位说明书缺两份", "符合", "不符合", "49.33", "89.33"):
        assert words in text, words
    assert " checked" not in text
    assert text.count("button--primary") == 1


def test_a_settlement_needs_choice_and_reason_and_keeps_what_was_typed(disputed: Case, client_of: Signed) -> None:
    lin = client_of("lin")
    answer = lin.post(dispute_of(disputed), data=form(disputed, lin, reason="我的理由"))
    assert answer.status_code == 400
    assert "选一个判断" in answer.text
    assert "我的理由" in answer.text


def test_a_settlement_on_the_page_ends_the_dispute(disputed: Case, client_of: Signed) -> None:
    lin = client_of("lin")
    answer = lin.post(dispute_of(disputed), data=form(disputed, lin, choice="0", reason="看了补交的说明书"))
    assert answer.status_code == 303, answer.text
    assert "没有分歧" in page(lin, of(disputed, "disputes"))
    text = page(lin, of(disputed, "explanation"))
    assert "为什么是三星" in text
    assert "看了补交的说明书" in text
    assert "89.33" in text


def test_the_lead_may_settle_to_another_value(disputed: Case, client_of: Signed) -> None:
    lin = client_of("lin")
    assert lin.post(dispute_of(disputed), data=form(disputed, lin, choice="own", reason="x")).status_code == 400
    answer = lin.post(dispute_of(disputed), data=form(disputed, lin, choice="own", own_excluded="1", reason="不适用"))
    assert answer.status_code == 303
    assert "删减" in page(lin, of(disputed, "clauses/1.1"))


def test_a_settlement_over_changed_answers_is_shown_again_with_what_changed(disputed: Case, client_of: Signed) -> None:
    lin = client_of("lin")
    given = form(disputed, lin, choice="0", reason="看过")
    assert (
        lin.post(
            f"/evaluations/{disputed.evaluation}/parts/{disputed.visits['hq']}/{disputed.person('bai')}/rounds",
            data={"reason": "再看"},
        ).status_code
        == 303
    )
    disputed.tablet("bai").write("result", f"{disputed.visits['hq']}/1.1", value={"excluded": True})
    answer = lin.post(dispute_of(disputed), data=given)
    assert answer.status_code == 409
    assert "就在刚才" in answer.text
    assert "白 Bai：删减" in answer.text
    assert "看过" in answer.text


@pytest.mark.parametrize(
    "rest",
    [
        "consolidation",
        "disputes",
        "explanation",
        "explanation?show=losing",
        "explanation?open=all",
        "clauses/1.1",
        "clauses/2.1",
        "versions",
    ],
)
def test_deliberation_and_decision_read_and_have_nothing_to_press(disputed: Case, client_of: Signed, rest: str) -> None:
    for login in ("ding", "dai", "guo"):
        text = page(client_of(login), of(disputed, rest))
        assert 'method="post"' not in text


@pytest.mark.parametrize("login", ["an", "pan", "he", "shen", "qin"])
def test_others_do_not_see_the_consolidated_score(disputed: Case, client_of: Signed, login: str) -> None:
    for rest in (
        "consolidation",
        "consolidation/figures",
        "disputes",
        "explanation",
        "parts",
        "versions",
        "clauses/1.1",
    ):
        page(client_of(login), of(disputed, rest), 403)


def test_a_mystery_visit_not_released_is_nowhere_for_deliberation(disputed: Case, client_of: Signed) -> None:
    def all_pages() -> list[str]:
        return [
            page(ding, of(disputed, rest))
            for rest in ("consolidation?show=all", "disputes", "explanation", "clauses/2.1", "clauses/1.2")
        ]

    def still(text: str) -> str:
        return "".join(part.split("·")[0] for part in text.split('data-figure="note">'))

    ding = client_of("ding")
    before = [still(text) for text in all_pages()]
    secret = disputed.visit("m", "S1", "bai", modes=("B",))
    bai = disputed.tablet("bai")
    bai.met(secret, "2.1", False, note="前台没有人")
    bai.write(
        "special", f"{secret}/0195f7a0-0000-4000-8000-000000000009", kind="deduction", ground="law", text="暗访所见"
    )
    assert [still(text) for text in all_pages()] == before
    lead = page(client_of("lin"), of(disputed, "clauses/2.1"))
    assert "前台没有人" in lead
    assert "暗访所见" in page(client_of("lin"), of(disputed, "consolidation"))


def test_the_live_answer_is_not_repeated_while_nothing_changed(disputed: Case, client_of: Signed) -> None:
    lin = client_of("lin")
    first = lin.get(of(disputed, "consolidation/figures"))
    assert first.json["value"] == "至少 49.33，至多 89.33"
    again = lin.get(of(disputed, "consolidation/figures"), headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    lin.post(dispute_of(disputed), data=form(disputed, lin, choice="0", reason="看过"))
    changed = lin.get(of(disputed, "consolidation/figures"), headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.json["value"] == "89.33"


def test_freezing_and_reopening_by_pages(disputed: Case, client_of: Signed) -> None:
    lin = client_of("lin")
    assert "还不能确定" in page(lin, of(disputed, "versions"))
    assert lin.post(of(disputed, "versions"), data={}).status_code == 409
    lin.post(dispute_of(disputed), data=form(disputed, lin, choice="0", reason="看过"))
    assert lin.post(of(disputed, "versions"), data={}).status_code == 303
    assert "第 1 版，结果已定" in page(lin, of(disputed, "consolidation"))
    assert lin.post(of(disputed, "versions/reopening"), data={"reason": ""}).status_code == 409
    assert lin.post(of(disputed, "versions/reopening"), data={"reason": "补充"}).status_code == 303
    assert "补充" in page(lin, of(disputed, "versions"))


def test_parts_and_parked_lines_by_pages(disputed: Case, client_of: Signed) -> None:
    lin, bai = client_of("lin"), disputed.tablet("bai")
    bai.met(disputed.visits["s2"], "2.1", True)
    text = page(lin, of(disputed, "parts"))
    assert f"{bai.device}:{bai.n}" in text
    assert lin.post(of(disputed, f"parked/{bai.device}/{bai.n}/admission"), data={"reason": ""}).status_code == 400
    assert (
        lin.post(of(disputed, f"parked/{bai.device}/{bai.n}/admission"), data={"reason": "当场说过"}).status_code == 303
    )
    assert "没有停放的内容" in page(lin, of(disputed, "parts"))


def test_an_override_by_page_shows_both_losses(disputed: Case, client_of: Signed) -> None:
    lin = client_of("lin")
    assert lin.post(of(disputed, "clauses/2.1/override"), data={"loss": "2", "reason": "x"}).status_code == 400
    assert lin.post(of(disputed, "clauses/2.1/override"), data={"loss": "1/4", "reason": "当场整改"}).status_code == 303
    text = page(lin, of(disputed, "clauses/2.1"))
    assert "当场整改" in text
    assert "1/3" in text
    assert lin.post(of(disputed, "clauses/2.1/override/lift")).status_code == 303


def test_the_number_of_queries_does_not_grow_with_the_outlets(world, client_of: Signed) -> None:
    def queries(made: Case) -> int:
        counted: list[str] = []
        lin = client_of("lin")
        page(lin, of(made, "consolidation"))
        with made.app.app_context():
            engine = db.engine

        def count(connection, cursor, statement, *rest) -> None:  # type: ignore[no-untyped-def]
            counted.append(statement)

        event.listen(engine, "before_cursor_execute", count)
        page(lin, of(made, "consolidation"))
        event.remove(engine, "before_cursor_execute", count)
        return len(counted)

    small, large = case(world, outlets=1), case(world, outlets=12, number="2026-0148", client="远汀通讯")
    for made in (small, large):
        made.visit("hq", "HQ", "an")
        for code in made.sites:
            if code != "HQ":
                made.visit(code, code, "an")
    assert queries(small) == queries(large)


def test_english_has_every_word(disputed: Case, client_of: Signed) -> None:
    lin = client_of("lin")
    assert lin.post("/account/language", data={"language": "en"}).status_code == 303
    for rest in (
        "consolidation",
        "disputes",
        "explanation",
        "parts",
        "versions",
        "clauses/1.1",
        f"disputes/{disputed.visits['hq']}/result/1.1/value",
    ):
        assert not re.search(
            r"consolidation\.[a-z]|[，：；（]", page(lin, of(disputed, rest)).replace("consolidation-office", "")
        )


def test_a_dispute_that_ended_meanwhile_is_not_settled_again(disputed: Case, client_of: Signed) -> None:
    lin = client_of("lin")
    given = form(disputed, lin, choice="1", reason="看过")
    assert lin.post(dispute_of(disputed), data=given).status_code == 303
    again = lin.post(dispute_of(disputed), data=given)
    assert again.status_code == 409
    assert "就在刚才" in again.text
    assert "现在没有分歧" in again.text


def test_a_settlement_can_change_until_the_result_is_frozen(disputed: Case, client_of: Signed) -> None:
    lin = client_of("lin")
    for choice, score in (("0", "89.33"), ("own", "49.33"), ("own", "89.33")):
        value = {"own_value": "met" if score == "89.33" else "not_met"}
        answer = lin.post(dispute_of(disputed), data=form(disputed, lin, choice=choice, reason="再看", **value))
        assert answer.status_code == 303, answer.text
        assert score in page(lin, of(disputed, "consolidation"))
    assert dispute_of(disputed) in page(lin, of(disputed, "clauses/1.1"))
    lin.post(of(disputed, "versions"), data={})
    assert dispute_of(disputed) not in page(lin, of(disputed, "clauses/1.1"))
    assert lin.get(dispute_of(disputed).replace("1.1", "9.9")).status_code == 303


def test_a_dispute_beside_an_answer_taken_back_can_be_settled(disputed: Case, client_of: Signed) -> None:
    lin, hq = client_of("lin"), disputed.visits["hq"]
    with acting(disputed) as actor:
        acts.return_part(actor=actor, visit=hq, person=disputed.person("an"), reason="再看")
    second = Tablet(disputed.tablet("an").browser)
    second.write("result", f"{hq}/1.1", value=None)
    answer = lin.post(dispute_of(disputed), data=form(disputed, lin, choice="0", reason="看过"))
    assert answer.status_code == 303, answer.text
    assert "89.33" in page(lin, of(disputed, "consolidation"))


def test_two_records_of_one_special_are_joined_on_the_page(disputed: Case, client_of: Signed) -> None:
    lin, hq = client_of("lin"), disputed.visits["hq"]
    one, two = (f"0195f7a0-0000-4000-8000-00000000000{n}" for n in (1, 2))
    for login, uuid in (("an", one), ("bai", two)):
        lin.post(of(disputed, f"parts/{hq}/{disputed.person(login)}/rounds"), data={"reason": "补记"})
        disputed.tablet(login).write(
            "special", f"{hq}/{uuid}", kind="deduction", clause="1.1", ground="law", text="上门费"
        )
    assert "可能重复的特别扣分" in page(lin, of(disputed, "disputes"))
    address = of(disputed, f"visits/{hq}/specials/{two}/same")
    assert lin.post(address, data={"same_as": one, "reason": ""}).status_code == 400
    assert lin.post(address, data={"same_as": one, "reason": "同一张收据"}).status_code == 303
    assert "可能重复的特别扣分" not in page(lin, of(disputed, "disputes"))
    assert "特别扣分 1 项" in page(lin, of(disputed, "consolidation"))


def test_photos_are_shown_where_they_belong_and_missing_ones_say_so(hechuan: Case, client_of: Signed) -> None:
    hq, an = hechuan.visits["hq"], hechuan.tablet("an")
    an.met(hq, "2.1", False)
    here, absent = an.photo(hq, "2.1"), an.photo(hq, "2.1", upload=False)
    text = page(client_of("lin"), of(hechuan, "clauses/2.1"))
    assert f"/sync/v1/evidence/{hq}/{here}" in text
    assert absent not in text
    assert "照片还没到服务器" in text
    with client_of("lin").get(f"/sync/v1/evidence/{hq}/{here}") as answer:
        assert answer.data.startswith(b"\x89PNG")
    assert "缺 1 张照片" in page(client_of("lin"), of(hechuan, "consolidation"))


def test_deliberation_sees_photos_of_the_open_part_and_none_of_a_mystery_visit(
    hechuan: Case, client_of: Signed
) -> None:
    secret = hechuan.visit("m", "S1", "bai", modes=("B",))
    shown = hechuan.tablet("an").photo(hechuan.visits["hq"], "2.1")
    hidden = hechuan.tablet("bai").photo(secret, "2.1")
    hechuan.tablet("an").met(hechuan.visits["hq"], "2.1", False)
    ding = client_of("ding")
    address = of(hechuan, f"photos/{hechuan.visits['hq']}/{shown}")
    assert address in page(ding, of(hechuan, "clauses/2.1"))
    with ding.get(address) as answer:
        assert answer.data.startswith(b"\x89PNG")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert ding.get(of(hechuan, f"photos/{secret}/{hidden}")).status_code == 404
    hechuan.release("m")
    with ding.get(of(hechuan, f"photos/{secret}/{hidden}")) as answer:
        assert answer.status_code == 200
    assert client_of("he").get(address).status_code == 403


def cells_of(browser, number: str) -> str:  # type: ignore[no-untyped-def]
    """The row of the list, its marks as text."""
    row = next(row for row in page(browser, "/evaluations").split("<tr>") if number in row)
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())


def test_the_list_says_visited_outlets_score_and_level_to_whom_they_concern(disputed: Case, client_of: Signed) -> None:
    number = "2026-0147"
    lin, he, an = (cells_of(client_of(who), number) for who in ("lin", "he", "an"))
    assert "至少" in lin
    assert "至多" in lin
    assert "暂行分值" in lin
    assert "至少" in he
    assert "至少" not in an


def test_columns_of_the_list_take_the_same_number_of_queries_for_one_row_and_many(world, client_of: Signed) -> None:
    from webapp import stages
    from webapp.evaluations.models import Evaluation

    def queries(made: list[str]) -> int:
        counted: list[str] = []

        def count(connection, cursor, statement, *rest) -> None:  # type: ignore[no-untyped-def]
            counted.append(statement)

        with world.app.test_request_context(), world.app.app_context():
            use_tenant(world.tenant)
            rows = list(db.session.query(Evaluation).where(Evaluation.id.in_(made)))
            event.listen(db.engine, "before_cursor_execute", count)
            told = stages.cells(rows, world.actor("he"))
            event.remove(db.engine, "before_cursor_execute", count)
            assert set(told["outlets"]) == set(made)
        return len(counted)

    one = case(world, outlets=1)
    one.visit("hq", "HQ", "an")
    many = [case(world, outlets=3, number=f"2026-02{at}", client=f"客户 {at}") for at in range(3)]
    for each in many:
        for code in each.sites:
            each.visit(code, code, "bai")
    assert queries([one.evaluation]) == queries([each.evaluation for each in many])


def test_one_disputed_clause_goes_back_to_its_author_with_a_note(disputed: Case, client_of: Signed) -> None:
    lin = client_of("lin")
    text = page(lin, dispute_of(disputed))
    person, visit = disputed.person("an"), disputed.visits["hq"]
    address = of(disputed, f"parts/{visit}/{person}/rounds")
    assert address in text
    assert lin.post(address, data={"clauses": "1.1", "reason": " "}).status_code == 400
    assert lin.post(address, data={"clauses": "1.1 9.9", "reason": "再看"}).status_code == 409
    assert lin.post(address, data={"clauses": "1.1", "reason": "请再看岗位说明书"}).status_code == 303
    parts = page(lin, of(disputed, "parts"))
    assert "只退回 1.1" in parts
    assert "请再看岗位说明书" in parts
    assert "安 An 还没有提交" in page(lin, dispute_of(disputed))


def test_what_was_left_at_submission_is_said_in_words(hechuan: Case, client_of: Signed) -> None:
    visit, an = hechuan.visits["s1"], hechuan.person("an")
    left = {"1.2": "not-shown", "2.1": "", "2.2": "店里停电"}
    hechuan.tablet("an").write("submission", f"{visit}/{an}/1", done={"left": left})
    text = page(client_of("lin"), of(hechuan, "parts"))
    for words in ("提交时留下 3 条", "不让看", "没有写原因", "店里停电"):
        assert words in text
    assert "not-shown" not in text


def test_a_closed_part_is_never_called_submitted(disputed: Case, client_of: Signed) -> None:
    lin, visit, bai = client_of("lin"), disputed.visits["s2"], disputed.person("bai")
    assert lin.post(of(disputed, f"parts/{visit}/{bai}/closing"), data={"reason": "不再等"}).status_code in (303, 409)
    text = page(lin, f"/evaluations/{disputed.evaluation}")
    assert "已提交 2/3 个现场评审，1 个已关闭" in text
    assert "已关闭" in text
