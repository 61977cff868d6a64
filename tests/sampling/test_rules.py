"""The rule of the draw, held against the table of sizes in domain.md, by-hand vectors and properties."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.sampling import rules
from webapp.sampling.rules import Outlet, Row, Rule, SamplingError

VECTORS = Path(__file__).parent.parent / "vectors" / "sampling"
BODY = "0" * 63 + "1"
SIZES = {
    2: (2, 1, 2),
    9: (3, 2, 3),
    10: (4, 2, 3),
    25: (5, 3, 4),
    50: (8, 5, 6),
    100: (10, 6, 8),
    300: (18, 11, 14),
    1000: (32, 19, 26),
}

codes = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n"), min_size=1, max_size=6)
lists = st.lists(
    st.tuples(codes, st.sampled_from(["44", "33", "31"]), st.sampled_from(["own", "contracted"])),
    unique_by=lambda row: row[0],
    min_size=1,
    max_size=40,
)


def outlets(rows: list[tuple[str, str, str]]) -> list[Outlet]:
    return [Outlet(code, (province, ownership)) for code, province, ownership in rows]


@pytest.mark.parametrize("coefficient, at", [("1", 0), ("0.6", 1), ("4/5", 2)])
def test_the_sizes_are_those_of_the_standard_practice(coefficient: str, at: int) -> None:
    rule = Rule(version="t", coefficient=coefficient)
    assert {n: rules.size(n, rule) for n in SIZES} == {n: sizes[at] for n, sizes in SIZES.items()}


def test_no_outlets_need_no_sample_and_least_never_exceeds_the_list() -> None:
    rule = Rule(version="t", coefficient="0.6", least=5)
    assert [rules.size(n, rule) for n in (0, 1, 3, 9)] == [0, 1, 3, 5]


def test_a_table_stands_in_place_of_the_coefficient() -> None:
    rule = Rule(version="t", coefficient=(Row(1, 8, 2), Row(9, 15, 3)), least=1)
    assert [rules.size(n, rule) for n in (0, 1, 2, 8, 9, 15)] == [0, 1, 2, 2, 3, 3]
    with pytest.raises(SamplingError, match="sampling-table-short"):
        rules.size(16, rule)


@given(st.integers(0, 10**9), st.integers(0, 400), st.integers(1, 300))
def test_the_size_is_the_smallest_whole_number_not_below_the_root(n: int, p: int, q: int) -> None:
    k = rules.size(n, Rule(version="t", coefficient=f"{p}/{q}", least=0))
    assert Fraction(k) ** 2 >= Fraction(p, q) ** 2 * n or k == n
    assert k == 0 or Fraction(k - 1) ** 2 < Fraction(p, q) ** 2 * n


def test_picks_leave_the_random_share_rounded_up() -> None:
    rule = Rule(version="t", coefficient="1", random_share="0.25")
    assert [rules.most_picks(k, rule) for k in (0, 1, 3, 4, 5, 8)] == [0, 0, 2, 3, 3, 6]
    assert rules.most_picks(7, Rule(version="t", coefficient="1", random_share="1")) == 0


def test_equal_remainders_go_by_the_order_of_the_strata() -> None:
    assert rules.shares({("b",): 3, ("a",): 3, ("c",): 3}, 4) == {("a",): 2, ("b",): 1, ("c",): 1}
    assert rules.shares({("a",): 5, ("b",): 1, ("c",): 1}, 3) == {("a",): 2, ("b",): 1, ("c",): 0}


@given(lists, st.randoms())
def test_the_order_of_the_list_changes_nothing(rows: list[tuple[str, str, str]], chance: object) -> None:
    listed = outlets(rows)
    shuffled = list(listed)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    size = rules.size(len(listed), Rule(version="t", coefficient="1"))
    assert rules.list_sha256(listed) == rules.list_sha256(shuffled)
    assert rules.draw(listed, size, [], BODY, "x") == rules.draw(shuffled, size, [], BODY, "x")


@given(lists, st.data())
def test_a_draw_takes_each_stratum_its_share_and_never_a_pick(
    rows: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    listed = outlets(rows)
    size = data.draw(st.integers(0, len(listed)))
    picks = data.draw(st.sets(st.sampled_from([outlet.code for outlet in listed]), max_size=size))
    drawn = rules.draw(listed, size, picks, BODY, "").drawn
    assert len(drawn) == len({one.code for one in drawn}) == size - len(picks)
    assert not picks & {one.code for one in drawn}
    rest = Counter(outlet.strata for outlet in listed if outlet.code not in picks)
    for stratum, n in Counter(one.strata for one in drawn).items():
        assert abs(n - Fraction(size - len(picks), rest.total()) * rest[stratum]) < 1


@given(lists, codes)
def test_who_holds_the_list_cannot_steer_an_outlet_in_by_naming_it(rows: list[tuple[str, str, str]], name: str) -> None:
    """Whatever an outlet is called, its rank follows from a seed that depends on the whole list and on the body's nonce."""
    listed = outlets(rows)
    renamed = [Outlet(name, listed[0].strata), *listed[1:]]
    if name in {outlet.code for outlet in listed}:
        return
    assert rules.draw(listed, 1, [], BODY, "").seed != rules.draw(renamed, 1, [], BODY, "").seed
    assert rules.seed(rules.list_sha256(listed), BODY, "") != rules.seed(rules.list_sha256(listed), "f" * 64, "")


def test_every_outlet_of_a_stratum_has_the_same_chance() -> None:
    listed = [Outlet(f"S{n:02}", ("44",)) for n in range(10)]
    draws = Counter(one.code for n in range(2000) for one in rules.draw(listed, 2, [], f"{n:064x}", "").drawn)
    assert all(330 < draws[outlet.code] < 470 for outlet in listed)  # 400 expected, sd 18


def test_a_replacement_is_the_next_rank_of_the_stratum_then_of_all() -> None:
    listed = [
        Outlet(code, (stratum,)) for code, stratum in (("A1", "a"), ("A2", "a"), ("A3", "a"), ("B1", "b"), ("B2", "b"))
    ]
    drawn = rules.draw(listed, 3, ["B1"], BODY, "")
    sampled = ["B1", *(one.code for one in drawn.drawn)]
    swaps: list[tuple[str, str]] = []
    for out in ("B1", sampled[1]):
        came = rules.replacement(listed, drawn.seed, sampled, swaps, out)
        assert came not in sampled
        assert came not in [into for _, into in swaps]
        swaps.append((out, came))
    with pytest.raises(SamplingError, match="replace-none-left"):
        rules.replacement(listed, drawn.seed, sampled, swaps, swaps[-1][1])
    with pytest.raises(SamplingError, match="replace-not-sampled"):
        rules.replacement(listed, drawn.seed, sampled, swaps, "B1")


@pytest.mark.parametrize(
    "size, why, picks, code",
    [
        (2, "", {}, "sample-too-small"),
        (4, " ", {}, "sample-size-reason"),
        (10, "all", {}, "sample-too-large"),
        (3, "", {"S1": "a", "S2": "b", "S3": "c"}, "picks-too-many"),
        (3, "", {"S1": " "}, "pick-reason"),
        (3, "", {"XX": "a"}, "pick-unknown"),
    ],
)
def test_a_draw_against_the_rule_is_refused_with_its_reason(
    size: int, why: str, picks: dict[str, str], code: str
) -> None:
    listed = [Outlet(f"S{n}") for n in range(9)]
    with pytest.raises(SamplingError, match=code):
        rules.check_draw(listed, Rule(version="t", coefficient="1"), size, why, picks)
    rules.check_draw(listed, Rule(version="t", coefficient="1"), 4, "a complaint in May", {"S1": "a", "S2": "b"})


@pytest.mark.parametrize("code", ["", "a\tb", "a\nb", "\ud800"])
def test_a_code_that_breaks_the_lines_is_refused(code: str) -> None:
    with pytest.raises(SamplingError, match="outlet-code-unfit"):
        rules.list_sha256([Outlet(code)])
    with pytest.raises(SamplingError, match="outlet-code-twice"):
        rules.frame([Outlet("A"), Outlet("A")])


@pytest.mark.parametrize("file", sorted(VECTORS.glob("*.json")), ids=lambda file: file.stem)
def test_the_vectors_are_drawn_again(file: Path) -> None:
    protocol = json.loads(file.read_text("utf-8"))
    listed = [Outlet(one["code"], tuple(one["strata"])) for one in protocol["outlets"]]
    rule = rules.read_rule(protocol["rule"])
    assert rules.list_sha256(listed) == protocol["list_sha256"]
    for made in protocol["draws"]:
        picks = {pick["code"]: pick["reason"] for pick in made["picks"]}
        rules.check_draw(listed, rule, made["size"], made["size_reason"] or "", picks)
        drawn = rules.draw(listed, made["size"], picks, made["nonces"]["body"], made["nonces"]["client"])
        assert drawn.seed == made["seed"]
        assert [{"code": one.code, "strata": list(one.strata), "rank": one.rank} for one in drawn.drawn] == made[
            "drawn"
        ]
        swaps: list[tuple[str, str]] = []
        for swap in made["replacements"]:
            sampled = [*picks, *(one.code for one in drawn.drawn)]
            assert rules.replacement(listed, drawn.seed, sampled, swaps, swap["out"]) == swap["in"]
            swaps.append((swap["out"], swap["in"]))


def test_the_vectors_exist() -> None:
    assert len(list(VECTORS.glob("*.json"))) >= 5
