"""The commands do what the pages do, and end with words and a status that is not 0 when they cannot."""

from __future__ import annotations

import pytest
from click.testing import Result

from tests.consolidation.test_acts import settle, snapshots, stands
from tests.consolidation.world import Case


def flask(case: Case, *words: str) -> Result:
    return case.app.test_cli_runner().invoke(args=list(words))


def test_a_part_is_returned_and_closed(disputed: Case) -> None:
    visit = disputed.visits["s2"]
    done = flask(disputed, "visit", "return", visit, "bai", "--by", "lin", "--reason", "2.1 再查")
    assert (done.exit_code, done.output) == (0, "bai: returned\n")
    assert stands(disputed).parts[visit][0].round == 2
    done = flask(disputed, "visit", "close", visit, disputed.person("bai"), "--by", "lin", "--reason", "不等了")
    assert done.exit_code == 0
    assert stands(disputed).parts[visit][0].state == "closed"


def test_single_clauses_may_be_returned(disputed: Case) -> None:
    done = flask(
        disputed,
        "visit",
        "return",
        disputed.visits["s2"],
        "bai",
        "--by",
        "lin",
        "--reason",
        "再查",
        "--clause",
        "2.1",
        "--clause",
        "1",
    )
    assert done.exit_code == 0
    assert stands(disputed).parts[disputed.visits["s2"]][0].clauses == ["1", "2.1"]


def test_parked_lines_are_listed_admitted_and_discarded(disputed: Case) -> None:
    bai, s2 = disputed.tablet("bai"), disputed.visits["s2"]
    bai.met(s2, "2.1", True)
    bai.met(s2, "2.2", False)
    first, second = f"{bai.device}:{bai.n - 1}", f"{bai.device}:{bai.n}"
    listed = flask(disputed, "parked", "list", "--by", "lin").output.splitlines()
    assert [line.split("\t")[:2] for line in listed] == [[first, "submitted"], [second, "submitted"]]
    assert flask(disputed, "parked", "admit", first, "--by", "lin", "--reason", "当场说过").exit_code == 0
    assert flask(disputed, "parked", "discard", second, "--by", "lin", "--reason", "误按").exit_code == 0
    assert flask(disputed, "parked", "list", "--by", "lin").output == ""
    settle(disputed, True)
    assert stands(disputed).score["score"] == "96"


def test_an_admitted_line_that_was_replaced_already_changes_nothing_and_says_so(disputed: Case) -> None:
    bai, s2 = disputed.tablet("bai"), disputed.visits["s2"]
    bai.met(s2, "2.1", True)
    bai.met(s2, "2.1", False)
    for n in (bai.n, bai.n - 1):
        done = flask(disputed, "parked", "admit", f"{bai.device}:{n}", "--by", "lin", "--reason", "补记")
        assert done.exit_code == 0, done.output
    assert "already superseded" in done.output


def test_an_evaluation_is_listed_frozen_and_reopened(disputed: Case) -> None:
    refused = flask(disputed, "evaluation", "freeze", disputed.number, "--by", "lin")
    assert refused.exit_code == 1
    assert "not-ready" in refused.output
    assert f"\ndisputed: {disputed.visits['hq']} result/" in refused.output
    settle(disputed, True)
    done = flask(disputed, "evaluation", "freeze", disputed.number, "--by", "lin")
    assert (done.exit_code, done.output) == (0, "2026-0147: version 1 frozen, score 89.33, level three\n")
    assert (
        flask(disputed, "evaluation", "list", "--by", "lin").output
        == f"2026-0147\t{disputed.evaluation}\tversion 1\tfrozen\n"
    )
    done = flask(disputed, "evaluation", "reopen", disputed.number, "--by", "lin", "--reason", "补充材料")
    assert (done.exit_code, done.output) == (0, "2026-0147: reopened, now version 2\n")
    assert len(snapshots(disputed)) == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("evaluation", "freeze", "2026-0147", "--by", "nobody"), "no account"),
        (("evaluation", "freeze", "2026-0147", "--by", "an"), "not-your-lead"),
        (("evaluation", "freeze", "1999-1", "--by", "lin"), "not-found"),
        (("evaluation", "reopen", "2026-0147", "--by", "lin", "--reason", "x"), "not-frozen"),
        (("visit", "return", "no-visit", "bai", "--by", "lin", "--reason", "x"), "not-found"),
        (("parked", "admit", "device:1", "--by", "lin", "--reason", "x"), "line-unknown"),
        (("parked", "admit", "device", "--by", "lin", "--reason", "x"), "DEVICE:N"),
        (("parked", "discard", "device:1", "--by", "lin", "--reason", " "), "line-unknown"),
    ],
)
def test_what_cannot_be_done_says_why(hechuan: Case, words: tuple[str, ...], code: str) -> None:
    done = flask(hechuan, *words)
    assert done.exit_code != 0
    assert code in done.output


def test_an_act_without_its_reason_is_refused(disputed: Case) -> None:
    done = flask(disputed, "visit", "return", disputed.visits["s2"], "bai", "--by", "lin", "--reason", " ")
    assert done.exit_code == 1
    assert "reason-missing" in done.output
    assert flask(disputed, "visit", "return", disputed.visits["s2"], "bai", "--by", "lin").exit_code == 2
