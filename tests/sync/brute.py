"""The merge by brute force, written straight from the protocol's text, and random histories to compare with.

A history is a dictionary of the form described in tests/vectors/sync/README.md. Slow on purpose: no state is kept.
"""

import json
from collections.abc import Iterable
from hashlib import sha256
from random import Random

Operation = dict


def expected(history: dict) -> dict:
    """`expect` of a history: digest and registers of every visit."""
    operations = history["operations"]
    admitted = set(history["admitted"])
    in_effect = [op for op in operations if op["arrives"] == "stored" or op["id"] in admitted]
    visits: dict = {}
    for record, key, field in sorted({(op["record"], op["key"], field) for op in in_effect for field in op["set"]}):
        visit, _, rest = key.partition("/")
        heads = sorted(_heads(operations, in_effect, record, key, field), key=lambda op: op["id"])
        whole = visits.setdefault(visit, {"digest": 0, "registers": {}})
        whole["registers"][f"{record}/{rest}/{field}"] = {
            "heads": [op["id"] for op in heads],
            "state": _state(record, field, [op["set"][field] for op in heads]),
        }
        for op in heads:
            whole["digest"] += _term([visit, record, rest, field, op["id"], op["set"][field]])
    for whole in visits.values():
        whole["digest"] = format(whole["digest"] % 2**256, "064x")
    return visits


def _heads(operations: list, in_effect: list, record: str, key: str, field: str) -> list:
    here = {op["id"]: op for op in operations if (op["record"], op["key"]) == (record, key)}
    stored = [op for op in in_effect if op["id"] in here and field in op["set"]]

    def names(op: Operation, done: frozenset = frozenset()) -> set:
        """Everything that op names, directly or through operations of its own author that are or were parked."""
        found = set(op["seen"].get(field, ()))
        for name in list(found):
            other = here.get(name)
            if other and other["arrives"] == "parked" and other["author"] == op["author"] and name not in done:
                found |= names(other, done | {name})
        return found

    def supersedes(y: Operation, x: Operation) -> bool:
        may = "settlement" in y or ("settlement" not in x and x["author"] == y["author"])
        return may and x["id"] in names(y)

    return [x for x in stored if not any(supersedes(y, x) for y in stored)]


def _state(record: str, field: str, values: list) -> str:
    opinions = {json.dumps(value, sort_keys=True) for value in values if value is not None}
    many = (record, field) in {("result", "note"), ("result", "samples"), ("visit", "summary")}
    return "open" if not opinions else "disputed" if len(opinions) > 1 and not many else "agreed"


def _term(parts: list) -> int:
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return int.from_bytes(sha256(text.encode()).digest())


REGISTERS = (
    ("result", "V/5.1.1", {"value": ({"met": True}, {"met": False}, None), "note": ("好", "b", None)}),
    ("result", "V/5.2.1/a", {"value": ({"met": True}, {"met": False})}),
    ("finding", "V/0195f7a0-0000-4000-8000-000000000001", {"severity": ("major", "minor", None), "text": ("x", "y")}),
    ("result", "W/5.1.1", {"value": ({"met": True}, {"met": False}, {"excluded": True}, None)}),
)
ONE = {("result", "value"), ("finding", "severity"), ("finding", "text")}


def random_history(random: Random, most: int = 14, ids: Iterable[str] | None = None) -> dict:
    """Operations that name earlier, later, foreign and missing ones, some parked, some of those admitted."""
    count = random.randint(1, most)
    ids = [f"o{n:02}" for n in range(count)] if ids is None else list(ids)[:count]
    operations = [_operation(random, name, ids) for name in ids]
    parked = [op["id"] for op in operations if op["arrives"] == "parked"]
    admitted = random.sample(parked, random.randint(0, len(parked)))
    return {"name": "random", "why": "", "operations": operations, "admitted": admitted}


def _operation(random: Random, name: str, ids: list) -> Operation:
    record, key, fields = random.choice(REGISTERS[: random.randint(1, len(REGISTERS))])
    chosen = random.sample(sorted(fields), random.randint(1, len(fields)))
    settles = random.random() < 0.25 and (record, chosen[0]) in ONE
    if settles:
        chosen = chosen[:1]
    others = [each for each in ids if each != name]
    # Names mostly point back, as those of an honest client do.
    back = [each for each in others if each < name] if random.random() < 0.8 else others
    operation = {
        "id": name,
        "author": random.choice("AABBL"),
        "arrives": "parked" if random.random() < 0.3 else "stored",
        "record": record,
        "key": key,
        "set": {field: random.choice(fields[field]) for field in chosen},
        "seen": {
            field: random.sample(back, min(len(back), random.randint(0, 3)))
            for field in chosen
            if random.random() < 0.8
        },
    }
    return operation | ({"settlement": "because"} if settles else {})
