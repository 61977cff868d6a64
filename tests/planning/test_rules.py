"""Rules of planning: mystery modes, lines of the audit plan, gaps, days that collide."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.planning import rules
from webapp.planning.rules import Busy, Planned

MON, TUE, WED = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)
days = st.dates(date(2026, 1, 1), date(2026, 3, 1))


@pytest.mark.parametrize(
    "modes, agreed, from_on, to_on, problem",
    [
        (["A", "I"], ["A", "B", "I"], MON, TUE, None),
        (["B"], ["A", "B"], MON, MON, None),
        (["B", "D"], ["B", "D"], MON, MON, None),
        ([], [], MON, MON, None),
        ([], ["A"], MON, MON, "visit-modes-missing"),
        (["E"], ["A"], MON, MON, "visit-modes-not-agreed"),
        (["A", "B"], ["A", "B"], MON, MON, "visit-modes-mixed"),
        (["A"], ["A"], TUE, MON, "visit-days-order"),
        (["A"], ["A"], MON, MON + timedelta(60), "visit-days-many"),
    ],
)
def test_a_visit_that_cannot_be_is_refused(
    modes: list[str], agreed: list[str], from_on: date, to_on: date, problem: str | None
) -> None:
    assert rules.visit_problem(modes, agreed, from_on, to_on) == problem


def test_b_and_d_mean_mystery() -> None:
    assert [mode for mode in "ABCDEFGHI" if rules.is_mystery([mode])] == ["B", "D"]


@pytest.mark.parametrize(
    "starts, ends, problem",
    [
        ("2026-11-24T09:00", "2026-11-24T11:30", None),
        ("2026-11-23T09:00", "2026-11-24T23:59", None),
        ("2026-11-24T11:30", "2026-11-24T09:00", "plan-entry-order"),
        ("2026-11-24T09:00", "2026-11-24T09:00", "plan-entry-order"),
        ("2026-11-22T09:00", "2026-11-23T10:00", "plan-entry-outside"),
        ("2026-11-24T09:00", "2026-11-25T10:00", "plan-entry-outside"),
        ("2026-11-24 09:00", "2026-11-24T10:00", "plan-entry-time"),
        ("2026-11-24T24:00", "2026-11-24T25:00", "plan-entry-time"),
        ("", "", "plan-entry-time"),
    ],
)
def test_a_line_of_the_audit_plan_lies_within_its_visit(starts: str, ends: str, problem: str | None) -> None:
    assert rules.entry_problem(starts, ends, MON, TUE) == problem


def test_the_plan_names_idle_modes_and_clauses_that_nobody_judges() -> None:
    leaves = [{"code": "1", "modes": ["A"]}, {"code": "2"}, {"code": "3", "modes": ["B"]}]

    def checklist(_site: object, modes: object) -> list[str]:
        return [leaf["code"] for leaf in leaves if "modes" not in leaf or set(leaf["modes"]) & set(modes)]  # type: ignore[misc, call-overload]

    found = rules.gaps(leaves, ["A", "B"], [Planned({}, ["A"])], checklist)
    assert (found.idle_modes, found.unjudged) == ((), ("3",))
    assert not rules.gaps(leaves, ["A", "B"], [Planned({}, ["A"]), Planned({}, ["B"])], checklist)
    assert rules.gaps(leaves[:1], ["A", "E"], [Planned({}, ["A"])], checklist).idle_modes == ("E",)


@given(days, st.integers(0, 10), st.lists(st.tuples(days, st.integers(0, 20)), max_size=5))
def test_free_days_are_those_without_a_conflict(from_on: date, length: int, stays: list[tuple[date, int]]) -> None:
    to_on = from_on + timedelta(length)
    busy = [Busy(start, start + timedelta(n)) for start, n in stays]
    free = rules.free_days(from_on, to_on, busy)
    assert 0 <= free <= length + 1
    assert (free == length + 1) is (rules.conflicts(from_on, to_on, busy) == [])


def test_somebody_starts_from_the_last_visit_only_when_it_was_just_before() -> None:
    assert [rules.stays_near(WED, last) for last in (TUE, MON, MON - timedelta(1), MON - timedelta(2), WED)] == [
        True,
        True,
        True,
        False,
        False,
    ]
