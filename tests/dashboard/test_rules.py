"""Whose move it is, what is weakest: the dashboard's pure part."""

from datetime import date

from webapp.dashboard import rules
from webapp.dashboard.rules import Pooled, Stay, Why

TODAY = date(2026, 11, 26)


def stay(to_on=date(2026, 11, 24), people=("an",), open_people=(), submitted=True):
    return Stay(site="s", from_on=to_on, to_on=to_on, people=people, open_people=open_people, submitted=submitted)


def stuck(**more):
    given = {"frozen": False, "drawn": True, "unvisited": 0, "stays": [], "disputes": 0} | more
    return [
        (one.why, one.n, (TODAY - one.since).days, one.waits_for)
        for one in rules.stuck(
            evaluation="e", client="禾川", lead="lin", created_on=date(2026, 11, 20), today=TODAY, **given
        )
    ]


def test_without_a_sample_it_is_the_planners_move():
    assert stuck(drawn=False) == [(Why.undrawn, 1, 6, None)]


def test_sites_without_visit_or_people_wait_for_the_planner():
    assert stuck(unvisited=2, stays=[stay(people=(), submitted=False)]) == [(Why.unplanned, 3, 6, None)]


def test_a_part_that_is_late_waits_for_its_person_and_one_of_today_does_not():
    late, today = stay(open_people=("an",), submitted=False), stay(TODAY, open_people=("bai",), submitted=False)
    assert stuck(stays=[late, today]) == [(Why.unsubmitted, 1, 2, "an")]


def test_disputes_wait_for_the_lead_and_come_before_freezing():
    assert stuck(stays=[stay()], disputes=3) == [(Why.disputed, 3, 2, "lin")]
    assert stuck(stays=[stay()]) == [(Why.unfrozen, 1, 2, "lin")]


def test_a_frozen_evaluation_is_not_stuck():
    assert stuck(frozen=True, disputes=3) == []


def test_the_weakest_clause_has_the_greatest_share_of_failing_samples():
    rows = [
        Pooled(scheme="s", code="1", failing=1, checked=10),
        Pooled(scheme="s", code="2", failing=1, checked=3),
        Pooled(scheme="s", code="3", failing=0, checked=9),
    ]
    assert [row.code for row in rules.weakest(rows, most=8)] == ["2", "1"]
