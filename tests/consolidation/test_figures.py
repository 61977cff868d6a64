"""Matrix, explanation, next level and scale: what is laid out from the scorer's answer. By hand: conftest.disputed."""

from __future__ import annotations

from fractions import Fraction

from tests.consolidation.test_acts import settle, stands
from tests.consolidation.world import SCHEME, Case
from webapp.consolidation import explanation, standing, words
from webapp.consolidation.matrix import Cell, Show, State
from webapp.consolidation.scale import percent, scale


def test_an_open_clause_has_a_range_of_loss_and_the_rest_a_figure(disputed: Case) -> None:
    laid = stands(disputed).matrix(Show.losing)
    loss = {row.code: row.loss for row in laid.rows}
    assert loss == {
        "1.1": (0, 40),
        "1.2": (4, 4),
        "2.1": (Fraction(20, 3), Fraction(20, 3)),
        "2.2": (0, 0),
    }
    assert [(section.clause["code"], section.earned, section.base, section.hidden) for section in laid.sections] == [
        ("1", (16, 56), 60, 0),
        ("2", (Fraction(100, 3), Fraction(100, 3)), 40, 1),
    ]


def test_cells_say_dispute_sample_and_not_asked(disputed: Case) -> None:
    laid = stands(disputed).matrix(Show.all)
    hq, s1, s2 = (disputed.sites[code] for code in ("HQ", "S1", "S2"))
    row = {row.code: row for row in laid.rows}
    assert (row["1.1"].cells[hq].state, row["1.1"].cells[s1].state) == (State.disputed, State.blank)
    assert [(cell.failing, cell.checked) for cell in (row["1.2"].cells[site] for site in (hq, s1, s2))] == [
        (1, 4),
        (1, 3),
        (0, 3),
    ]
    assert (row["1.2"].failing, row["1.2"].checked) == (2, 10)
    assert [row["2.1"].cells[site].shade for site in (hq, s1, s2)] == [0, 0, 5]
    assert laid.outlets == (s2, s1)
    assert (laid.answered, laid.asked) == (9, 9)


def test_a_clause_nobody_answered_is_missing_at_its_site(hechuan: Case) -> None:
    laid = stands(hechuan).matrix(Show.missing)
    assert (laid.answered, laid.asked, len(laid.missing())) == (0, 9, 9)
    assert all(row.shown(Show.missing) for row in laid.rows)


def test_shades_go_by_the_share_that_fails() -> None:
    shares = ["0", "1/10", "1/8", "1/5", "1/4", "1/3", "2/5", "1/2", "1"]
    cells = [Cell(site="s", state=State.answered, loss=Fraction(share)) for share in shares]
    assert [cell.shade for cell in cells] == [0, 1, 2, 2, 3, 4, 4, 5, 5]


def test_the_tree_adds_up_at_every_node(disputed: Case) -> None:
    settle(disputed, True)
    made = stands(disputed)
    tops = explanation.tree(made.scheme, made.matrix(Show.all).rows, only_losses=False)
    assert sum(node.earned[0] for node in tops) == Fraction(268, 3)
    for node in explanation.every(tops):
        if node.children:
            assert node.base == sum(child.base for child in node.children)
            assert node.lost[0] == sum(child.lost[0] for child in node.children)
    losing = explanation.tree(made.scheme, made.matrix(Show.all).rows, only_losses=True)
    assert [node.clause["code"] for node in explanation.every(losing)] == ["1", "1.2", "2", "2.1"]


def test_the_next_level_names_the_fewest_clauses_and_is_put_to_the_scorer(disputed: Case) -> None:
    settle(disputed, True)
    made = stands(disputed)
    step = explanation.next_step(
        made.scheme, made.score, made.matrix(Show.all).rows, [], lambda overrides: standing.rescored(made, overrides)
    )
    assert step is not None
    assert (step.level["code"], step.clauses, step.shown) == ("four", (("1.2", Fraction(4)),), "93.33")


def test_no_next_level_is_promised_that_a_gate_forbids(disputed: Case) -> None:
    settle(disputed, True)
    made = stands(disputed)
    rows = made.matrix(Show.all).rows
    barred = made.score | {"level": "failed", "special": {"deductions": 5, "bonus": 0}}
    answer = explanation.next_step(made.scheme, barred, rows, [], lambda _: barred)
    assert answer is None


def test_a_scale_leaves_room_below_the_lowest_line_and_marks_lines_inside_the_range() -> None:
    drawn = scale(SCHEME, ["87.68", "92.24"])
    assert drawn is not None
    assert (drawn.start, drawn.end, drawn.point, len(drawn.over)) == ("75", "100", False, 1)
    assert [tick.level["code"] for tick in drawn.ticks] == ["three", "four", "five"]
    assert scale(SCHEME, [None, None]) is None
    at_the_end = scale(SCHEME, ["100", "100"])
    assert at_the_end is not None
    assert (at_the_end.low, at_the_end.point) == ("99.00%", True)


def test_percent_is_exact_half_up() -> None:
    assert [percent(Fraction(value)) for value in ("1/8", "1/3", "100")] == ["0.13%", "0.33%", "100.00%"]


def test_points_are_said_as_short_as_they_are_exact() -> None:
    assert [words.plain(value) for value in ("3", "1/2", "8/3", "1/16")] == ["3", "0.5", "8/3", "0.0625"]
    assert words.points("-1/3") == "−0.33"


def test_labels_that_would_touch_stand_in_two_rows_and_the_ends_of_the_scale_are_said() -> None:
    near = scale(SCHEME, ["0", "98.75"])
    assert near is not None
    assert ([tick.low for tick in near.ticks], near.rows, near.start, near.end) == ([False, True, False], 2, "0", "100")
    assert near.crowded
    roomy = scale(SCHEME, ["92", "93"])
    assert roomy is not None
    assert (any(tick.low for tick in roomy.ticks), roomy.start) == (False, "75")
