"""The merge alone: the named traces, random histories against brute force, and that no order matters."""

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import digest, merge
from sync.catalogue import policy
from tests.sync.brute import expected, random_history
from tests.sync.make_histories import traces

VECTORS = Path(__file__).parents[1] / "vectors/sync/histories.json"
HISTORIES = json.loads(VECTORS.read_text("utf-8"))["histories"]


def run(history: dict, random: Random | None = None) -> dict:
    """What sync.merge makes of a history, its arrivals and admissions in any order if `random` is given."""
    operations = {op["id"]: op for op in history["operations"]}
    events = [*operations, *((name,) for name in history["admitted"])]
    if random:
        random.shuffle(events)
    arrived: dict[str, str] = {}
    registers: dict = {}

    def meet(op: dict, field: str) -> merge.Op:
        return merge.Op(op["id"], op["author"], "settlement" in op, tuple(op["seen"].get(field, ())))

    def look(record: str, key: str, field: str):
        def find(name: str):
            if name not in arrived:
                return None
            op, state = operations[name], arrived[name]
            if (op["record"], op["key"]) != (record, key) or not (field in op["set"] or field in op["seen"]):
                return False
            return merge.Known(meet(op, field), state != "parked", state != "stored")

        return find

    def happens(name: str, state: str) -> None:
        op = operations[name]
        arrived[name] = state
        for field in op["set"]:
            place = (op["record"], op["key"], field)
            register = registers.setdefault(place, merge.Register())
            if state == "parked":
                merge.park(register, meet(op, field), look(*place))
            else:
                merge.store(register, meet(op, field), look(*place), passes=state == "admitted")

    later = []
    for event in events:
        if isinstance(event, tuple):
            if event[0] in arrived:
                happens(event[0], "admitted")
            else:
                later.append(event[0])
        else:
            happens(event, operations[event]["arrives"])
    for name in later:
        happens(name, "admitted")

    found: dict = {}
    in_effect = {name for name, state in arrived.items() if state != "parked"}
    for (record, key, field), register in registers.items():
        visit, _, rest = key.partition("/")
        if not any(
            (operations[name]["record"], operations[name]["key"]) == (record, key) and field in operations[name]["set"]
            for name in in_effect
        ):
            continue
        whole = found.setdefault(visit, {"digest": digest.ZERO, "registers": {}})
        values = {name: digest.canonical(operations[name]["set"][field]) for name in sorted(register.heads)}
        state = merge.state(policy(record, field), values.values())
        whole["registers"][f"{record}/{rest}/{field}"] = {"heads": list(values), "state": state}
        shared = digest.prefix(visit, record, rest, field)
        whole["digest"] = digest.add(
            whole["digest"], [digest.term(shared, name, value) for name, value in values.items()]
        )
    return found


@pytest.mark.parametrize("history", HISTORIES, ids=[history["name"] for history in HISTORIES])
def test_a_trace_that_breaks_simpler_readings(history):
    assert run(history) == history["expect"]
    for seed in range(20):
        assert run(history, Random(seed)) == history["expect"]


def test_the_file_of_traces_is_what_was_worked_out_by_hand():
    assert traces() == json.loads(VECTORS.read_text("utf-8"))


@settings(max_examples=500, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_merge_is_its_definition_on_random_histories_in_any_order(seed):
    random = Random(seed)
    history = random_history(random)
    expect = expected(history)
    assert run(history) == expect
    assert run(history, random) == expect
