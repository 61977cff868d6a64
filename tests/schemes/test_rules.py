"""What a scheme asks of whom, which values fit, and what makes a scheme invalid."""

import pytest

from webapp.schemes.rules import ScoringError, asked, check_scheme, checklist, leaves, may_exclude, value_fits

SCHEME = {
    "clauses": [
        {"code": "5"},
        {"code": "5.1", "parent": "5", "kind": "met", "points": "1", "where": "hq", "modes": ["A"]},
        {"code": "5.2", "parent": "5", "kind": "sample", "points": "1", "where": "both", "exclusion": False},
        {"code": "5.3", "kind": "met", "points": "1", "where": {"types": ["store"]}, "rule": "all", "modes": ["B"],
         "checkpoints": [{"code": "a", "kind": "sample"}]},
        {"code": "5.4", "kind": "matrix", "where": "both", "columns": ["1", "2"]},
    ],
    "levels": [{"code": "pass", "min": "60", "matrix": "2"}, {"code": "failed"}],
}  # fmt: skip
HQ = {"id": "hq", "kind": "hq"}
STORE = {"id": "o1", "kind": "outlet", "type": "store", "modes": ["A"]}


def changed(code, **keys):
    clauses = [{**row, **keys} if row["code"] == code else row for row in SCHEME["clauses"]]
    return {**SCHEME, "clauses": clauses}


def test_a_valid_scheme_passes_and_names_its_leaves():
    check_scheme(SCHEME)
    assert [row["code"] for row in leaves(SCHEME)] == ["5.1", "5.2", "5.3", "5.4"]


def test_the_checklist_of_a_visit_is_what_its_modes_share():
    assert checklist(SCHEME, HQ, ["A"]) == ["5.1", "5.2", "5.4"]
    assert checklist(SCHEME, STORE, ["B"]) == ["5.2", "5.3", "5.4"]
    assert checklist(SCHEME, STORE, None) == ["5.2", "5.3", "5.4"]
    assert checklist(SCHEME, HQ, []) == ["5.2", "5.4"]


def test_a_site_is_asked_when_place_and_modes_agree():
    assert asked(SCHEME, "5.1", HQ)
    assert not asked(SCHEME, "5.3", STORE)
    assert asked(SCHEME, "5.3", {**STORE, "modes": None})
    assert not asked(SCHEME, "5", HQ)


def test_an_exclusion_may_be_entered_unless_clause_or_scheme_forbids_it():
    assert may_exclude(SCHEME, "5.1")
    assert not may_exclude(SCHEME, "5.2")
    assert not may_exclude({**SCHEME, "exclusion": "forbidden"}, "5.1")


@pytest.mark.parametrize(
    ("clause", "checkpoint", "value", "fits"),
    [
        ("5.1", None, {"met": True}, True),
        ("5.1", None, {"met": 1}, False),
        ("5.1", None, {"met": True, "note": "x"}, False),
        ("5.1", None, {"excluded": True}, True),
        ("5.1", None, {"excluded": False}, False),
        ("5.1", "a", {"met": True}, False),
        ("5", None, {"met": True}, False),
        (["5.1"], None, {"met": True}, False),
        ("5.2", None, {"checked": 9, "failing": 4}, True),
        ("5.2", None, {"checked": 4, "failing": 9}, False),
        ("5.3", "a", {"checked": 1, "failing": 0}, True),
        ("5.3", None, {"checked": 1, "failing": 0}, False),
        ("5.3", None, {"excluded": True}, True),
        ("5.3", ["a"], {"excluded": True}, False),
        ("5.4", None, {"reached": None}, True),
        ("5.4", None, {"reached": "3"}, False),
        ("5.1", None, None, False),
    ],
)
def test_a_value_fits_when_it_has_exactly_one_form_of_its_kind(clause, checkpoint, value, fits):
    assert value_fits(SCHEME, clause, checkpoint, value) is fits


@pytest.mark.parametrize(
    "scheme",
    [
        None,
        {},
        {**SCHEME, "levels": []},
        {**SCHEME, "clauses": [*SCHEME["clauses"], {"code": "5"}]},
        {**SCHEME, "clauses": [*SCHEME["clauses"], {"code": ""}]},
        {**SCHEME, "total": "0"},
        {**SCHEME, "exclusion": "never"},
        {**SCHEME, "modes": ["A"]},
        {**SCHEME, "cap": ["100", "0"]},
        {**SCHEME, "display": {"digits": 7}},
        {**SCHEME, "special": {"bonus": {"points": "1"}}},
        {**SCHEME, "special": {"deduction": {"points": "-1"}}},
        {**SCHEME, "axes": []},
        {**SCHEME, "axes": [{"code": "q", "clauses": ["5", "5.1", "5.3"]}]},
        {**SCHEME, "axes": [{"code": "q", "clauses": ["5"], "weight": "1"}, {"code": "r", "clauses": ["5.3"]}]},
        {**SCHEME, "levels": [{"code": "a", "matrix": "3"}, {"code": "b"}]},
        {**SCHEME, "levels": [{"code": "a", "min": "60"}, {"code": "b", "min": "60"}, {"code": "c"}]},
        {**SCHEME, "levels": [{"code": "a", "min_group": {"5.1": "1"}}, {"code": "c"}]},
        {**SCHEME, "levels": [{"code": "a", "min_axis": {"q": "1"}}, {"code": "c"}]},
        {**SCHEME, "levels": [{"code": "a", "prerequisite": {"level": "z", "months": 1}}, {"code": "c"}]},
        {**SCHEME, "levels": [{"code": "a", "max_deductions": True}, {"code": "c"}]},
        {**SCHEME, "levels": [{"code": "a"}, {"code": "a"}]},
        changed("5.1", where=None),
        changed("5.1", where={"types": []}),
        changed("5.1", points=None),
        changed("5.1", points="-1"),
        changed("5.1", kind="colour"),
        changed("5.1", combine="median"),
        changed("5.1", critical="1.5"),
        changed("5.1", critical=0),
        changed("5.1", exclusion="no"),
        changed("5.1", modes=[]),
        changed("5.1", parent="9"),
        changed("5.1", kind="scale", grades={}),
        changed("5.1", kind="scale", grades={"A": "2"}),
        changed("5.1", kind="ladder", steps=[0]),
        changed("5.1", kind="ladder", steps=[0, -2, -1]),
        changed("5.1", kind="ladder", steps=[1, 0]),
        changed("5.1", kind="measured", bands=[{"from": "2", "to": "2", "share": "1"}]),
        changed("5.1", kind="measured", bands=[{"from": "2"}]),
        changed("5.1", kind="survey", worst="1", best="1.0"),
        changed("5.1", kind="matrix", columns=["1", "1"]),
        changed("5.4", shares={"1": "1", "2": "0.5"}),
        changed("5.4", shares={"1": "1"}),
        changed("5.4", points="1"),
        changed("5.4", critical=True),
        changed("5.3", rule=None),
        changed("5.3", checkpoints=[]),
        changed("5.3", kind="scale", grades={"A": "1"}),
        changed("5.3", checkpoints=[{"code": "a", "kind": "scale"}]),
        changed("5.3", checkpoints=[{"code": "a", "kind": "met", "weight": "1/2"}]),
        changed("5", points="5"),
        changed("5", points=2),
    ],
)
def test_a_scheme_against_the_contract_is_refused(scheme):
    with pytest.raises(ScoringError) as refused:
        check_scheme(scheme)
    assert refused.value.code == "scheme-invalid"
    assert refused.value.facts["where"]
