"""The scheme that is shipped, the form of schemes, and what an author is told when a file is wrong."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from webapp.config import ROOT
from webapp.schemes.canonical import NotCanonical, canonical, sha256_of
from webapp.schemes.scheme_commands import told
from webapp.schemes.scheme_faults import Fault
from webapp.schemes.scheme_file import WORDS, faults, schema
from webapp.texts import catalogue

FILE = ROOT / "schemes" / "gbt27922" / "2011.1.json"
Scheme = dict[str, Any]


@pytest.fixture
def shipped() -> Scheme:
    scheme: Scheme = json.loads(FILE.read_text("utf-8"))
    return scheme


def leaves(scheme: Scheme) -> list[Scheme]:
    return [clause for clause in scheme["clauses"] if clause.get("kind")]


def clause(scheme: Scheme, code: str) -> Scheme:
    return next(one for one in scheme["clauses"] if one["code"] == code)


def test_the_shipped_scheme_can_be_published_and_is_marked_provisional(shipped: Scheme) -> None:
    assert faults(shipped) == []
    assert shipped["provisional"]


def test_the_points_sum_to_40_35_and_25(shipped: Scheme) -> None:
    sums: dict[str, Fraction] = defaultdict(Fraction)
    for leaf in leaves(shipped):
        sums[leaf["code"][:3]] += Fraction(leaf["points"])
    assert sums == {"5.1": 40, "5.2": 35, "5.3": 25}
    assert clause(shipped, "5.2.6.2")["points"] == "2"
    assert len(leaves(shipped)) == 39
    assert sum(1 for one in shipped["clauses"] if not one.get("kind") and one.get("parent")) == 15


def test_every_clause_helps_its_reviewer_in_both_languages(shipped: Scheme) -> None:
    for leaf in leaves(shipped):
        assert 2 <= len(leaf["how"]) <= 4, leaf["code"]
        assert 3 <= len(leaf["reasons"]) <= 5, leaf["code"]
        assert 2 <= len(leaf["phrases"]) <= 4, leaf["code"]
        assert leaf["evidence"] in ("none", "not_met", "basis", "always")
        for words in [leaf["title"], leaf["check"], *leaf["how"], *leaf["reasons"], *leaf["phrases"]]:
            assert re.search(r"[\u4e00-\u9fff]", words["zh"]), words
            assert not re.search(r"[\u4e00-\u9fff]", words["en"]), words
            assert not re.search(r"[,;:?!]", words["zh"]), f"half-width punctuation: {words['zh']}"
    assert {leaf["evidence"] for leaf in leaves(shipped)} == {"none", "not_met", "basis", "always"}


def test_every_sample_says_what_is_counted_and_how_many_at_each_place(shipped: Scheme) -> None:
    places = {"hq": {"hq"}, "outlet": {"outlet"}, "both": {"hq", "outlet"}}
    for leaf in leaves(shipped):
        if leaf["kind"] == "sample":
            assert leaf["unit"]["zh"]
            assert leaf["unit"]["en"]
            assert set(leaf["planned"]) == places[leaf["where"]], leaf["code"]
        else:
            assert leaf["unit"] is None
            assert leaf["planned"] is None
    assert clause(shipped, "5.2.4.2")["unit"] == {"zh": "维修工单", "en": "work order"}


def test_an_open_visit_asks_everything_a_mystery_visit_what_a_customer_can_see(shipped: Scheme) -> None:
    seen = {mode: {leaf["code"] for leaf in leaves(shipped) if mode in leaf["modes"]} for mode in shipped["modes"]}
    assert seen["A"] == seen["I"] == {leaf["code"] for leaf in leaves(shipped)}
    assert seen["D"] < seen["B"] < seen["A"]
    assert {"5.2.1.3", "5.3.1.2", "5.3.2.1"} <= seen["D"]
    assert not {"5.1.3.1", "5.1.2.1", "5.2.4.2", "5.3.2.2"} & seen["B"]


def test_the_readme_gives_a_reason_for_every_combine(shipped: Scheme) -> None:
    table = re.findall(
        r"^\| (5[^|]*) \| `(\w+)` \| \S", (ROOT / "schemes" / "README.md").read_text("utf-8"), re.MULTILINE
    )
    said = {code: word for codes, word in table for code in codes.split(", ")}
    assert said == {leaf["code"]: leaf["combine"] for leaf in leaves(shipped)}


def test_four_special_deductions_still_reach_five_stars_and_five_reach_nothing(shipped: Scheme) -> None:
    assert [(level["code"], level.get("min"), level.get("max_deductions")) for level in shipped["levels"]] == [
        ("five_star", "95", 4),
        ("four_star", "90", 4),
        ("three_star", "80", 4),
        ("qualified", "70", 4),
        ("failed", None, None),
    ]


def test_the_form_is_a_json_schema_and_ignores_keys_it_does_not_know(shipped: Scheme) -> None:
    Draft202012Validator.check_schema(schema())
    shipped["a_later_key"] = {"anything": ["goes", 1]}
    shipped["clauses"][5]["colour"] = "green"
    assert faults(shipped) == []


def test_null_is_the_same_as_absent(shipped: Scheme) -> None:
    for key in ("provisional", "special", "cap", "display", "axes", "exclusion", "total", "standard"):
        shipped[key] = None
    clause(shipped, "5.2.4.2").update(combine=None, critical=None, modes=None, how=None, evidence=None)
    assert faults(shipped) == []


EXTRAS: dict[str, Scheme] = {
    "scale": {"kind": "scale", "grades": {"A": "1", "B": "0.6", "C": "0"}},
    "ladder": {"kind": "ladder", "steps": [0, -1, -2], "critical": "0.5"},
    "measured": {
        "kind": "measured",
        "bands": [{"to": "1.3", "share": "1"}, {"from": "1.3", "to": "1.5", "share": "1/2"}],
    },
    "survey": {"kind": "survey", "worst": "1", "best": "5"},
    "matrix": {"kind": "matrix", "columns": ["1", "2"], "shares": {"1": "0.5", "2": "1"}},
    "checkpoints": {
        "kind": "met",
        "rule": "share",
        "checkpoints": [{"code": "a", "kind": "met", "weight": "2"}, {"code": "b", "kind": "sample"}],
    },
    "site types": {"where": {"types": ["store", "depot"]}, "combine": "weighted"},
}


@pytest.mark.parametrize("extra", EXTRAS.values(), ids=EXTRAS)
def test_every_kind_of_clause_of_the_contract_can_be_written(shipped: Scheme, extra: Scheme) -> None:
    clause(shipped, "5.1.6.1").update(extra)
    assert faults(shipped) == []


def _set(code: str, /, **values: Any) -> Callable[[Scheme], object]:
    return lambda scheme: clause(scheme, code).update(values)


WRONG: dict[str, tuple[Callable[[Scheme], object], str, str]] = {
    "a sum that is off": (_set("5.2.4.2", points="2.5"), "clauses 5.2.4 · points", "sum_less"),
    "a sum that is too large": (_set("5.3.1.1", points="3.25"), "clauses 5.3 · points", "sum_more"),
    "an unknown kind": (_set("5.2.4.2", kind="percent"), "clauses[38] 5.2.4.2 · kind", "word"),
    "an unknown combine": (_set("5.2.4.2", combine="best"), "clauses[38] 5.2.4.2 · combine", "word"),
    "points as a float": (_set("5.2.4.2", points=2.5), "clauses[38].points", "number"),
    "points as a number": (_set("5.2.4.2", points=3), "clauses[38] 5.2.4.2 · points", "type"),
    "points with a line feed": (_set("5.2.4.2", points="3\n"), "clauses[38] 5.2.4.2 · points", "pattern_amount"),
    "points in another writing": (_set("5.2.4.2", points="03"), "clauses[38] 5.2.4.2 · points", "pattern_amount"),
    "true as a count": (
        lambda s: s["levels"][0].update(max_deductions=True),
        "levels[0] five_star · max_deductions",
        "type",
    ),
    "no place": (lambda s: clause(s, "5.2.4.2").pop("where"), "clauses[38] 5.2.4.2", "required"),
    "a scale without grades": (_set("5.2.4.2", kind="scale"), "clauses[38] 5.2.4.2", "required"),
    "checkpoints without a rule": (
        _set("5.2.4.2", checkpoints=[{"code": "a", "kind": "met"}]),
        "clauses[38] 5.2.4.2",
        "required",
    ),
    "one language only": (_set("5.2.4.2", title={"zh": "维修"}), "clauses[38] 5.2.4.2 · title", "required"),
    "a parent that is not there": (_set("5.2.4.2", parent="5.9"), "clauses 5.2.4.2 · parent", "parent_unknown"),
    "a parent that is a leaf": (_set("5.2.4.2", parent="5.2.4.1"), "clauses 5.2.4.2 · parent", "parent_leaf"),
    "a circle": (_set("5.2", parent="5.2.4"), "clauses 5.2 · parent", "circle"),
    "a mode the scheme has not": (_set("5.2.4.2", modes=["Z"]), "clauses 5.2.4.2 · modes", "mode"),
    "a share above 1": (_set("5.2.4.2", critical="3/2"), "clauses 5.2.4.2 · critical", "share"),
    "a code twice": (_set("5.2.4.2", code="5.2.4.1"), "clauses 5.2.4.1", "code_twice"),
    "levels upside down": (lambda s: s["levels"].reverse(), "levels three_star · min", "level_order"),
    "a level between two digits": (
        lambda s: s["levels"][0].update(min="95.001"),
        "levels five_star · min",
        "level_digits",
    ),
    "no level without conditions": (lambda s: s["levels"].pop(), "levels qualified · min", "last_level"),
    "no clauses": (lambda s: s["clauses"].clear(), "clauses", "empty"),
    "another format": (lambda s: s.update(format=2), "format", "word"),
    "no certificate rule": (lambda s: s.pop("certificate"), "", "required"),
    "a total of nothing": (lambda s: s.update(total="0"), "total", "rule"),
}


@pytest.mark.parametrize(("spoil", "where", "code"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused_with_the_place_and_the_remedy(
    shipped: Scheme, spoil: Callable[[Scheme], object], where: str, code: str
) -> None:
    before = copy.deepcopy(shipped)
    spoil(shipped)
    found = faults(shipped)
    assert (where, code) in [(fault.where, fault.code) for fault in found], found
    for fault in found:
        english, chinese = told(fault, "en"), told(fault, "zh")
        assert english != chinese
        assert "{" not in re.sub(r"\{ … \}", "", english), english
    assert faults(before) == []


def test_every_fault_has_its_words() -> None:
    source = (ROOT / "webapp" / "schemes" / "scheme_faults.py").read_text("utf-8")
    codes = set(re.findall(r'"(code_twice|mode|share|[a-z]+_[a-z]+)"', source)) & {
        key.removeprefix("schemes.fault.") for key in catalogue("en")
    }
    patterns = {
        f"pattern_{form['title']}"
        for form in [*schema()["$defs"].values(), *schema()["properties"].values()]
        if "title" in form
    }
    for code in codes | patterns | {"rule", "deep", "number", "form"} | (set(WORDS.values()) - {"pattern"}):
        assert f"schemes.fault.{code}" in catalogue("en")
        assert f"schemes.fault.{code}" in catalogue("zh-CN")
    assert len(codes) >= 9


@pytest.mark.parametrize("body", [[], "scheme", None, 7])
def test_what_is_no_scheme_at_all_is_told_so(body: object) -> None:
    assert [fault.code for fault in faults(body)] == ["type"]


def test_the_canonical_form_is_that_of_rfc_8785() -> None:
    assert (
        canonical({"b": [1, 9.0, True, None], "a": '"\\\b\n\x01€/'})
        == '{"a":"\\"\\\\\\b\\n\\u0001€/","b":[1,9,true,null]}'
    )
    # by UTF-16 code units the emoji (D83D…) stands before the ligature (FB33), by code points after it
    assert canonical({"\ufb33": 1, "😀": 2}) == '{"😀":2,"\ufb33":1}'
    assert sha256_of({"a": 1.0}) == sha256_of({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()


@pytest.mark.parametrize("value", [0.5, 2**53, float("inf"), float("nan"), "\ud800", {1: 2}, b"x"])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical) as refused:
        canonical({"a": [value]})
    assert refused.value.where == "a[0]"


def test_check_says_that_the_shipped_file_is_ready_without_opening_a_database(app: Flask, tmp_path: Path) -> None:
    answer = app.test_cli_runner().invoke(args=["scheme", "check", str(FILE)])
    assert answer.exit_code == 0, answer.output
    assert "ready to publish: gbt27922 2011.1, 39 scored clauses" in answer.output
    assert sha256_of(json.loads(FILE.read_text("utf-8"))) in answer.output


def test_check_ends_with_1_and_names_each_fault(app: Flask, shipped: Scheme, tmp_path: Path) -> None:
    clause(shipped, "5.2.4.2")["points"] = "2.5"
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(shipped), "utf-8")
    answer = app.test_cli_runner().invoke(args=["scheme", "check", str(file)])
    assert answer.exit_code == 1
    assert "clauses 5.2 · points: The group says 35, its clauses add up to 34.5: 0.5 too few" in answer.output
    chinese = app.test_cli_runner().invoke(args=["scheme", "check", "--lang", "zh", str(file)])
    assert "少 0.5" in chinese.output


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"format": 1,,}', "line 1, column 14"),
        (b'{"code": "a", "code": "b"}', "The key code stands twice"),
        (b"\xff\xfe{}", "not valid JSON"),
        (b'{"total": NaN}', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, ""),
        (b'{"total": 1e999}', "total"),
        (b'{"total": ' + b"9" * 2_000_000 + b"}", "total"),
        (b'"' + b"x" * (2 * 1024 * 1024) + b'"', "above 2 MB"),
    ],
    ids=[
        "a comma too many",
        "a key twice",
        "not UTF-8",
        "NaN",
        "brackets without end",
        "very deep",
        "too large a number",
        "two million digits",
        "too large a file",
    ],
)
def test_a_file_that_cannot_be_read_is_told_what_is_wrong(app: Flask, tmp_path: Path, raw: bytes, said: str) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(raw)
    answer = app.test_cli_runner().invoke(args=["scheme", "check", str(file)])
    assert answer.exit_code == 1
    assert isinstance(answer.exception, SystemExit), answer.exception
    assert said in answer.output


def test_a_fault_of_the_whole_file_is_called_so() -> None:
    assert told(Fault.of("", "required", key="levels"), "en") == "the whole file: levels is missing. Add it."
