"""What the lead does: settle, override, return, close, admit, discard, freeze, reopen. By hand: conftest.disputed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sync import store
from tests.consolidation.world import Case
from webapp.consolidation import acts, standing
from webapp.consolidation.models import Snapshot
from webapp.consolidation.standing import Standing
from webapp.db import db, transaction, use_tenant
from webapp.evaluations.models import Evaluation
from webapp.problems import Problem
from webapp.rules import Actor
from webapp.sync_host import connection

DISPUTE = "result/1.1/value"


@contextmanager
def acting(case: Case, login: str = "lin") -> Iterator[Actor]:
    with case.app.app_context(), transaction():
        use_tenant(case.world.tenant)
        yield case.world.actor(login)


def stands(case: Case, *, include_mystery: bool = True) -> Standing:
    with case.app.app_context():
        use_tenant(case.world.tenant)
        row = db.session.get(Evaluation, (case.world.tenant, case.evaluation))
        assert row is not None
        made = standing.load(row, include_mystery=include_mystery)
        _ = made.score, made.own
        return made


def seen(case: Case, name: str = DISPUTE, visit: str = "hq") -> list[str]:
    with case.app.app_context():
        use_tenant(case.world.tenant)
        found = store.heads(connection(), tenant=case.world.tenant, visits=[case.visits[visit]])
        return [head.op for head in found[case.visits[visit]].get(name, [])]


def settle(
    case: Case, met: bool, *, ops: list[str] | None = None, reason: str = "岗位说明书已补看", by: str = "lin"
) -> None:
    shown = seen(case) if ops is None else ops
    with acting(case, by) as actor:
        acts.settle(
            actor=actor,
            evaluation=case.evaluation,
            visit=case.visits["hq"],
            name=DISPUTE,
            value={"met": met},
            seen=shown,
            reason=reason,
        )


def test_before_settlement_the_score_has_the_bounds_worked_out_by_hand(disputed: Case) -> None:
    score = stands(disputed).score
    assert score["bounds"] == ["148/3", "268/3"]
    assert score["shown_bounds"] == ["49.33", "89.33"]
    assert (score["complete"], score["level"], score["levels_possible"]) == (False, None, ["three", "failed"])


def test_a_settlement_ends_the_dispute_and_gives_the_score_worked_out_by_hand(disputed: Case) -> None:
    settle(disputed, True)
    made = stands(disputed)
    assert made.disputes == []
    assert (made.score["score"], made.score["shown"], made.score["level"]) == ("268/3", "89.33", "three")


def test_a_settlement_keeps_its_reason_and_everybodys_words(disputed: Case) -> None:
    settle(disputed, False)
    answer = next(answer for answer in stands(disputed).answers["1.1"])
    assert answer.settled is not None
    assert answer.settled.reason == "岗位说明书已补看"
    assert {note.value for note in answer.notes} == {"看了组织机构图", "岗位说明书缺两份"}


def test_a_settlement_over_heads_that_have_changed_is_refused(disputed: Case) -> None:
    shown = seen(disputed)
    settle(disputed, True)
    with pytest.raises(Problem, match="heads-changed"):
        settle(disputed, False, ops=shown)
    assert stands(disputed).score["shown"] == "89.33"


def test_a_settlement_asks_for_a_reason(disputed: Case) -> None:
    with pytest.raises(Problem, match="reason-missing"):
        settle(disputed, True, reason="  ")


@pytest.mark.parametrize("login", ["an", "pan", "ding", "he", "shen"])
def test_nobody_but_the_lead_settles(disputed: Case, login: str) -> None:
    with pytest.raises(Problem, match=r"not-your-lead|not-your-evaluation"):
        settle(disputed, True, by=login)


def test_an_override_replaces_the_loss_of_one_clause_and_both_stay(disputed: Case) -> None:
    settle(disputed, True)
    with acting(disputed) as actor:
        acts.override_clause(
            actor=actor, evaluation=disputed.evaluation, clause="2.1", loss="1/4", reason="S2 已当场整改"
        )
    outcome = stands(disputed).score["clauses"]["2.1"]
    assert (outcome["loss"], outcome["combined"], outcome["earned"]) == ("1/4", "1/3", "15")
    with acting(disputed) as actor:
        acts.lift_override(actor=actor, evaluation=disputed.evaluation, clause="2.1")
    assert stands(disputed).score["shown"] == "89.33"


@pytest.mark.parametrize(
    ("loss", "reason", "code"),
    [("1.5", "x", "override-invalid"), ("绝", "x", "override-invalid"), ("1/4", "", "reason-missing")],
)
def test_an_override_without_sense_or_reason_is_refused(disputed: Case, loss: str, reason: str, code: str) -> None:
    with pytest.raises(Problem, match=code), acting(disputed) as actor:
        acts.override_clause(actor=actor, evaluation=disputed.evaluation, clause="2.1", loss=loss, reason=reason)


def test_freezing_is_refused_while_something_is_disputed(disputed: Case) -> None:
    with pytest.raises(Problem, match="not-ready") as refused, acting(disputed) as actor:
        acts.freeze_evaluation(actor=actor, evaluation=disputed.evaluation)
    facts = refused.value.facts
    assert (facts["open_parts"], facts["disputed"], facts["parts"]) == (0, 1, [])
    assert [register for _visit, register in facts["registers"]] == ["result/1.1/value"]


def test_freezing_is_refused_while_a_part_is_open(hechuan: Case) -> None:
    with pytest.raises(Problem, match="not-ready") as refused, acting(hechuan) as actor:
        acts.freeze_evaluation(actor=actor, evaluation=hechuan.evaluation)
    facts = refused.value.facts
    assert (facts["open_parts"], facts["disputed"], facts["registers"]) == (4, 0, [])
    assert len(facts["parts"]) == 4


def frozen(case: Case) -> Case:
    settle(case, True)
    with acting(case) as actor:
        acts.freeze_evaluation(actor=actor, evaluation=case.evaluation)
    return case


def snapshots(case: Case) -> list[Snapshot]:
    with case.app.app_context():
        use_tenant(case.world.tenant)
        return standing.rows(standing.select(Snapshot).order_by(Snapshot.version))


def test_a_frozen_version_keeps_heads_digests_score_and_hashes(disputed: Case) -> None:
    frozen(disputed)
    kept = snapshots(disputed)[0]
    made = stands(disputed)
    assert (kept.version, kept.score["shown"], kept.scheme) == (1, "89.33", made.version.sha256)
    assert kept.input_sha256 == made.input_sha256
    heads = json.loads(kept.heads)[disputed.visits["hq"]][DISPUTE]
    assert [(head[4], head[5]) for head in heads] == [({"met": True}, "岗位说明书已补看")]
    assert set(kept.digests) == set(disputed.visits.values())
    assert all(len(digest) == 64 for digest in kept.digests.values())


def test_nothing_changes_a_frozen_version(disputed: Case) -> None:
    frozen(disputed)
    answer = disputed.tablet("an").met(disputed.visits["s1"], "2.1", False)
    assert [line["code"] for line in answer["parked"]] == ["frozen"]
    for attempt in (
        lambda actor: acts.override_clause(
            actor=actor, evaluation=disputed.evaluation, clause="2.1", loss="0", reason="x"
        ),
        lambda actor: acts.return_part(
            actor=actor, visit=disputed.visits["s1"], person=disputed.person("an"), reason="x"
        ),
        lambda actor: acts.freeze_evaluation(actor=actor, evaluation=disputed.evaluation),
    ):
        with pytest.raises(Problem, match="frozen"), acting(disputed) as actor:
            attempt(actor)
    assert stands(disputed).score == snapshots(disputed)[0].score


def test_reopening_goes_on_towards_the_next_version_and_keeps_the_first(disputed: Case) -> None:
    frozen(disputed)
    first = snapshots(disputed)[0].score
    with acting(disputed) as actor:
        acts.reopen_evaluation(actor=actor, evaluation=disputed.evaluation, reason="企业补交了记录")
        acts.return_part(actor=actor, visit=disputed.visits["s2"], person=disputed.person("bai"), reason="2.1 再查")
    bai = disputed.tablet("bai")
    bai.met(disputed.visits["s2"], "2.1", True)
    bai.submit(disputed.visits["s2"], disputed.person("bai"), 2)
    with acting(disputed) as actor:
        acts.freeze_evaluation(actor=actor, evaluation=disputed.evaluation)
    kept = snapshots(disputed)
    assert [(one.version, one.score["score"]) for one in kept] == [(1, "268/3"), (2, "96")]
    assert kept[0].score == first


def test_reopening_asks_for_a_reason(disputed: Case) -> None:
    frozen(disputed)
    with pytest.raises(Problem, match="reason-missing"), acting(disputed) as actor:
        acts.reopen_evaluation(actor=actor, evaluation=disputed.evaluation, reason="")


def test_missing_bytes_ask_for_a_reason_before_freezing(disputed: Case) -> None:
    bai = disputed.tablet("bai")
    settle(disputed, True)
    with acting(disputed) as actor:
        acts.return_part(actor=actor, visit=disputed.visits["s2"], person=disputed.person("bai"), reason="补一张照片")
    evidence = f"{disputed.visits['s2']}/0195f7a0-0000-4000-8000-000000000001"
    bai.write(
        "evidence",
        evidence,
        sha256="ab" * 32,
        bytes=10,
        media_type="image/jpeg",
        taken_at="2026-11-24T01:00:00Z",
        attached_to=["2.1"],
    )
    bai.submit(disputed.visits["s2"], disputed.person("bai"), 2)
    with pytest.raises(Problem, match="bytes-missing"), acting(disputed) as actor:
        acts.freeze_evaluation(actor=actor, evaluation=disputed.evaluation)
    with acting(disputed) as actor:
        acts.freeze_evaluation(actor=actor, evaluation=disputed.evaluation, reason="平板丢失,照片找不回来")
    assert [one.version for one in snapshots(disputed)] == [1]


def test_a_returned_part_keeps_its_answers_and_goes_on(disputed: Case) -> None:
    with acting(disputed) as actor:
        acts.return_part(actor=actor, visit=disputed.visits["s2"], person=disputed.person("bai"), reason="2.1 再查")
    made = stands(disputed)
    part = made.parts[disputed.visits["s2"]][0]
    assert (part.round, part.state, part.note) == (2, "open", "2.1 再查")
    assert made.answers["2.1"][-1].opinions or made.answers["2.1"][0].opinions
    assert disputed.tablet("bai").met(disputed.visits["s2"], "2.1", True)["parked"] == []


def test_what_comes_after_submission_is_parked_until_the_lead_admits_it(disputed: Case) -> None:
    bai = disputed.tablet("bai")
    answer = bai.met(disputed.visits["s2"], "2.1", True)
    assert [(line["code"], line["n"]) for line in answer["parked"]] == [("submitted", bai.n)]
    with acting(disputed) as actor:
        assert [(line.device, line.n) for line in acts.parked_lines(actor)] == [(bai.device, bai.n)]
        assert acts.admit_parked(actor=actor, device=bai.device, n=bai.n, reason="当场说过") is False
    settle(disputed, True)
    assert stands(disputed).score["score"] == "96"
    with pytest.raises(Problem, match="line-unknown"), acting(disputed) as actor:
        acts.discard_parked(actor=actor, device=bai.device, n=bai.n, reason="x")


def test_a_discarded_line_never_counts(disputed: Case) -> None:
    bai = disputed.tablet("bai")
    bai.met(disputed.visits["s2"], "2.1", True)
    with acting(disputed) as actor:
        acts.discard_parked(actor=actor, device=bai.device, n=bai.n, reason="提交之后改的")
        assert acts.parked_lines(actor) == []
    settle(disputed, True)
    assert stands(disputed).score["shown"] == "89.33"


def test_a_parked_line_is_nobody_elses_to_judge(disputed: Case) -> None:
    bai = disputed.tablet("bai")
    bai.met(disputed.visits["s2"], "2.1", True)
    with pytest.raises(Problem, match="line-unknown"), acting(disputed, "ding") as actor:
        acts.admit_parked(actor=actor, device=bai.device, n=bai.n, reason="x")


def test_a_closed_part_is_waited_for_no_more(hechuan: Case) -> None:
    with acting(hechuan) as actor:
        acts.close_part(actor=actor, visit=hechuan.visits["s1"], person=hechuan.person("an"), reason="平板丢失")
    answer = hechuan.tablet("an").met(hechuan.visits["s1"], "2.1")
    assert [line["code"] for line in answer["parked"]] == ["visit-closed"]


def test_two_records_of_one_special_are_deducted_once_when_the_lead_says_so(hechuan: Case) -> None:
    one, two = (f"0195f7a0-0000-4000-8000-00000000000{n}" for n in (1, 2))
    for login, uuid in (("an", one), ("bai", two)):
        hechuan.tablet(login).write(
            "special", f"{hechuan.visits['hq']}/{uuid}", kind="deduction", clause="1.1", ground="law", text="上门费"
        )
    assert stands(hechuan).score["special"]["deductions"] == 2
    with acting(hechuan) as actor:
        acts.join_specials(
            actor=actor,
            evaluation=hechuan.evaluation,
            visit=hechuan.visits["hq"],
            special=two,
            same_as=one,
            reason="同一张收据",
        )
    assert stands(hechuan).score["special"]["deductions"] == 1
