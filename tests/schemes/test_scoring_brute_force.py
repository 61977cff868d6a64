"""The scorer against every combination tried, on random small evaluations, and what must hold of any evaluation."""

import random
from fractions import Fraction

from tests.schemes import brute_force
from tests.schemes.random_evaluations import random_evaluation
from webapp.schemes.scoring import score_vector

EVALUATIONS = 2000
MOST_COMPLETIONS = 1500


def small_evaluations(first_seed: int, count: int):
    seed = first_seed
    while count:
        vector = random_evaluation(seed, small=True)
        if brute_force.count_of(vector) <= MOST_COMPLETIONS:
            count -= 1
            yield seed, vector
        seed += 1


def test_bounds_groups_axes_and_levels_equal_trying_every_combination():
    unsettled = 0
    for seed, vector in small_evaluations(0, EVALUATIONS):
        scored, scheme, held = score_vector(vector), vector["scheme"], vector["held"]
        wholes = brute_force.completions(vector)
        assert scored["bounds"] == brute_force.ends([whole["score"] for whole in wholes]), seed
        for kind in ("groups", "axes"):
            for code, figure in scored.get(kind, {}).items():
                assert figure["bounds"] == brute_force.ends([whole[kind][code] for whole in wholes]), (seed, code)
        for code, clause in scored["clauses"].items():
            expected = brute_force.ends([whole["outcomes"][code]["loss"] for whole in wholes])
            assert clause.get("bounds", [clause["loss"]] * 2) == expected, (seed, code)
        possible = brute_force.levels_possible(scheme, held, wholes, scored["complete"])
        assert scored["levels_possible"] == possible, seed
        assert {brute_force.level_of(scheme, held, whole) for whole in wholes} <= set(possible), seed
        if scored["complete"]:
            assert len(wholes) == 1, seed
            assert scored["level"] == possible[0], seed
            assert scored["score"] == scored["bounds"][0], seed
            assert scored["failed_gates"] == expected_gates(scheme, held, wholes[0], scored["level"]), seed
        else:
            unsettled += 1
            assert (scored["score"], scored["shown"], scored["level"]) == (None, None, None), seed
    assert unsettled > EVALUATIONS // 4


def expected_gates(scheme, held, whole, level):
    gates = []
    if whole["nothing"]:
        return gates
    for row in scheme["levels"]:
        if row["code"] == level:
            return gates
        found = brute_force.conditions(scheme, row, held, whole)
        if found.get(("min", ""), True):
            for (gate, of), holds in found.items():
                if not holds:
                    gates.append({"level": row["code"], "gate": gate, **({"of": of} if of else {})})
    return gates


def test_order_and_repetition_of_results_never_matter():
    for seed in range(300):
        vector = random_evaluation(seed, small=False)
        shuffled = {**vector, "results": vector["results"] * 2, "specials": vector["specials"] * 2}
        random.Random(seed).shuffle(shuffled["results"])
        assert score_vector(shuffled) == score_vector(vector), seed


def test_the_score_lies_within_the_bounds_that_stood_before_the_last_answers():
    compared = 0
    for seed in range(600):
        vector = random_evaluation(seed, small=False)
        vector["overrides"] = []
        vector["results"] = [row for row in vector["results"] if is_an_answer(vector["scheme"], row)]
        before = score_vector(vector)
        rng = random.Random(seed)
        kept = {}
        for row in vector["results"]:
            kept.setdefault((row["site"], row.get("visit"), row["clause"], row.get("checkpoint")), []).append(row)
        after = score_vector({**vector, "results": [rng.choice(rows) for rows in kept.values()]})
        for end, figure in ((0, after["bounds"][0]), (1, after["bounds"][1])):
            bound = before["bounds"][end]
            if figure is None:
                continue
            compared += figure != bound
            left, right = Fraction(figure), Fraction(bound)
            assert left >= right if end == 0 else left <= right, seed
    assert compared > 20


def is_an_answer(scheme, row):
    """Neither an exclusion that is taken out nor one of all checkpoints at once."""
    clause = next(clause for clause in scheme["clauses"] if clause["code"] == row["clause"])
    whole = clause.get("checkpoints") and "checkpoint" not in row
    return "excluded" not in row or (brute_force.may_exclude(scheme, clause) and not whole)


def test_one_more_failing_sample_never_raises_the_score():
    for failing in range(9):
        better, worse = (one_sample(number) for number in (failing, failing + 1))
        assert Fraction(better) > Fraction(worse)


def one_sample(failing):
    scheme = {"clauses": [{"code": "A", "kind": "sample", "points": "3", "where": "hq"}], "levels": [{"code": "x"}]}
    results = [{"site": "hq", "clause": "A", "checked": 9, "failing": failing}]
    return score_vector({"scheme": scheme, "sites": [{"id": "hq", "kind": "hq"}], "results": results})["score"]
