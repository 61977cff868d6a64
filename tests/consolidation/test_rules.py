"""What the scorer is given: "From sync" of the scoring contract, case by case."""

from collections import namedtuple
from datetime import date

from webapp.consolidation import rules
from webapp.consolidation.rules import SiteFacts, VisitFacts, scorer_input

Head = namedtuple("Head", "op person device at value reason", defaults=("an", "d1", "2026-11-24T01:00:00Z", None, None))

SCHEME = {
    "modes": ["A", "B"],
    "clauses": [
        {"code": "1", "title": {"zh": "一", "en": "One"}},
        {"code": "1.1", "parent": "1", "points": "10", "kind": "met", "where": "both", "combine": "mean"},
        {"code": "1.2", "parent": "1", "points": "10", "kind": "sample", "where": "both"},
        {
            "code": "1.3",
            "parent": "1",
            "points": "10",
            "kind": "met",
            "where": "outlet",
            "modes": ["B"],
            "combine": "mean",
        },
        {
            "code": "1.4",
            "parent": "1",
            "points": "10",
            "kind": "met",
            "where": "hq",
            "rule": "share",
            "checkpoints": [{"code": "a", "kind": "met"}, {"code": "b", "kind": "met"}],
        },
    ],
    "special": {"deduction": {"points": "1"}, "bonus": {"points": "1", "most": 1}},
    "levels": [{"code": "good", "min": "80"}, {"code": "failed"}],
}
HQ, OUTLET, OTHER = SiteFacts(id="hq", kind="hq"), SiteFacts(id="o1", kind="outlet"), SiteFacts(id="o2", kind="outlet")


def head(value, op="op1", person="an", reason=None):
    return Head(op, person, "d1", "2026-11-24T01:00:00Z", value, reason)


def visit(id="v1", site="o1", submitted=True, **more):
    return VisitFacts(id=id, site=site, modes=("A",), submitted=submitted, **more)


def given(heads=None, visits=None, sites=(HQ, OUTLET), **more):
    return scorer_input(
        rules.Checklists(SCHEME),
        sites=sites,
        visits=[visit()] if visits is None else visits,
        heads={"v1": heads or {}} if "v1" not in (heads or {}) else heads,
        **more,
    )


def test_each_different_value_is_one_result_with_its_visit():
    heads = {
        "result/1.1/value": [head({"met": True}), head({"met": False}, "op2", "bai"), head({"met": True}, "op3", "lin")]
    }
    assert given(heads).results == [
        {"site": "o1", "visit": "v1", "clause": "1.1", "met": True},
        {"site": "o1", "visit": "v1", "clause": "1.1", "met": False},
    ]


def test_a_settlement_leaves_one():
    heads = {"result/1.1/value": [head({"met": False}, "op4", "lin", "看了签收单")]}
    assert [result["met"] for result in given(heads).results] == [False]


def test_answers_that_were_all_taken_back_are_open():
    assert given({"result/1.1/value": [head(None), head(None, "op2", "bai")]}).results == [
        {"site": "o1", "visit": "v1", "clause": "1.1", "open": True}
    ]


def test_an_answer_taken_back_beside_another_gives_nothing():
    heads = {"result/1.1/value": [head(None), head({"met": True}, "op2", "bai")]}
    assert given(heads).results == [{"site": "o1", "visit": "v1", "clause": "1.1", "met": True}]


def test_a_checkpoint_is_named():
    heads = {"v1": {"result/1.4/a/value": [head({"met": True})]}}
    assert given(heads, visits=[visit(site="hq")]).results == [
        {"site": "hq", "visit": "v1", "clause": "1.4", "checkpoint": "a", "met": True}
    ]


def test_a_visit_not_submitted_owes_every_clause_and_checkpoint_of_its_checklist():
    outlet = given({"result/1.1/value": [head({"met": True})]}, visits=[visit(submitted=False)])
    assert [(each["clause"], each.get("open")) for each in outlet.results] == [("1.1", None), ("1.2", True)]
    hq = given({"result/1.4/a/value": [head({"met": True})]}, visits=[visit(site="hq", submitted=False)])
    assert [(each["clause"], each.get("checkpoint"), each.get("open")) for each in hq.results] == [
        ("1.4", "a", None),
        ("1.1", None, True),
        ("1.2", None, True),
        ("1.4", "b", True),
    ]


def test_a_plain_exclusion_answers_for_every_checkpoint():
    heads = {"result/1.4/value": [head({"excluded": True})]}
    results = given(heads, visits=[visit(site="hq", submitted=False)]).results
    assert [each["clause"] for each in results if each.get("open")] == ["1.1", "1.2"]


def test_a_plain_exclusion_taken_back_leaves_every_checkpoint_open():
    results = given({"result/1.4/value": [head(None)]}, visits=[visit(site="hq")]).results
    assert [(each["checkpoint"], each["open"]) for each in results] == [("a", True), ("b", True)]


def test_cancelled_visits_and_those_that_only_verify_are_not_passed():
    answered = {"result/1.1/value": [head({"met": True})]}
    assert given(answered, visits=[visit(cancelled=True)]).results == []
    assert given(answered, visits=[visit(verifies=True)]).results == []


def test_an_outlet_whose_visits_are_all_cancelled_is_not_passed_but_the_hq_is():
    sites = given(visits=[visit(cancelled=True), visit("v2", "hq", cancelled=True)]).sites
    assert [site["id"] for site in sites] == ["hq"]


def test_a_sampled_outlet_without_a_visit_is_passed():
    assert [site["id"] for site in given(sites=(HQ, OUTLET, OTHER)).sites] == ["hq", "o1", "o2"]


def test_a_visit_outside_the_sample_is_not_passed():
    assert given({"result/1.1/value": [head({"met": True})]}, sites=(HQ,)).results == []


def test_the_modes_of_a_site_are_those_of_its_visits_that_are_not_cancelled():
    visits = [visit(), visit("v2", mystery=True, cancelled=True), VisitFacts(id="v3", site="o1", modes=("B",))]
    assert next(site for site in given(visits=visits).sites if site["id"] == "o1")["modes"] == ["A", "B"]


def test_a_mystery_visit_not_released_leaves_no_trace_for_others():
    secret = VisitFacts(id="v2", site="o1", modes=("B",), mystery=True, submitted=True)
    heads = {
        "v1": {"result/1.1/value": [head({"met": True})]},
        "v2": {"result/1.3/value": [head({"met": False})], "special/u/kind": [head("deduction")]},
    }
    with_it, without = (given(heads, visits=[visit(), secret], include_mystery=known) for known in (True, False))
    assert len(with_it.results) == 2
    assert len(with_it.specials) == 1
    assert without == given({"v1": heads["v1"]}, visits=[visit()], include_mystery=False)


def test_a_mystery_visit_does_not_bring_back_an_outlet_whose_open_visit_was_cancelled():
    secret = VisitFacts(id="v2", site="o1", modes=("B",), mystery=True, submitted=True)
    assert [site["id"] for site in given(visits=[visit(cancelled=True), secret], include_mystery=False).sites] == ["hq"]


def test_an_outlet_drawn_for_mystery_visits_alone_is_unknown_until_released():
    only = SiteFacts(id="o9", kind="outlet", only_mystery=True)
    assert [site["id"] for site in given(sites=(HQ, only), visits=[], include_mystery=False).sites] == ["hq"]
    assert given(sites=(HQ, only), visits=[], mystery_modes=["B"]).sites[1] == {
        "id": "o9",
        "kind": "outlet",
        "modes": ["B"],
    }
    released = VisitFacts(id="v2", site="o9", modes=("B",), mystery=True, released=True)
    assert [site["id"] for site in given(sites=(HQ, only), visits=[released], include_mystery=False).sites] == [
        "hq",
        "o9",
    ]


def test_a_special_counts_until_its_withdrawal_is_agreed():
    kind = {"special/u/kind": [head("deduction")]}
    assert given(kind).specials == [{"kind": "deduction", "id": "u"}]
    assert given(kind | {"special/u/withdrawn": [head(True)]}).specials == []
    disputed = kind | {"special/u/withdrawn": [head(True), head(False, "op2", "bai")]}
    assert given(disputed).specials == [{"kind": "deduction", "id": "u"}]


def test_a_special_that_a_settlement_calls_the_same_as_another_counts_once():
    heads = {
        "special/u/kind": [head("deduction")],
        "special/w/kind": [head("deduction", "op2", "bai")],
        "special/w/same_as": [head("u", "op3", "lin", "同一件事")],
    }
    assert given(heads).specials == [{"kind": "deduction", "id": "u"}]


def test_disputes_are_of_policy_one_alone_and_a_taken_back_answer_disputes_nothing():
    heads = {
        "v1": {
            "result/1.1/value": [head({"met": True}), head({"met": False}, "op2", "bai")],
            "result/1.2/value": [head(None), head({"checked": 3, "failing": 1}, "op2", "bai")],
            "result/1.1/note": [head("好"), head("不好", "op2", "bai")],
            "finding/f/severity": [head("major"), head("minor", "op2", "bai")],
        }
    }
    found = rules.disputes(heads, [visit()])
    assert [(each.name, each.clause, each.ops) for each in found] == [
        ("result/1.1/value", "1.1", ["op1", "op2"]),
        ("finding/f/severity", None, ["op1", "op2"]),
    ]


def test_months_are_whole():
    assert rules.months_between(date(2025, 11, 25), date(2026, 11, 24)) == 11
    assert rules.months_between(date(2025, 11, 24), date(2026, 11, 24)) == 12
