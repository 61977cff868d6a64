"""Devices push in any order, twice, with replies lost: the same heads and digests, and those of the definition."""

import json
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sync.brute import expected
from tests.sync.conftest import sqlite_engine
from tests.sync.world import OPEN, SECOND, World, line

PLACES = (("result", f"{OPEN}/5.1.1"), ("result", f"{OPEN}/5.2.1/a"), ("result", f"{SECOND}/5.1.1"))
VALUES = ({"met": True}, {"met": False}, {"excluded": True}, None)
# Malformed: parked wherever it arrives, and it still passes on the names it carries.
WRONG = {"met": "yes"}


def queues(random: Random) -> dict[tuple[str, int], list[bytes]]:
    """The queues of devices, two of An's among them; lines name each other at random, also across devices."""
    devices = [("an", 0), ("an", 1), ("bai", 0), ("lin", 0)]
    made: dict[tuple[str, int], list[bytes]] = {device: [] for device in devices}
    ids: list[str] = [f"01932f5e-0000-7000-8000-{n:012x}" for n in range(random.randint(2, 16))]
    for name in ids:
        device = random.choice(devices)
        person = device[0]
        record, key = random.choice(PLACES if person == "an" else PLACES[:2])
        value = WRONG if random.random() < 0.2 else random.choice(VALUES)
        others = [each for each in ids if each != name]
        seen = {"value": random.sample(others, min(len(others), random.randint(0, 3)))}
        more = {"settlement": "so"} if person == "lin" else {}
        made[device].append(line(record, key, {"value": value}, seen, id=name, **more))
    return made


def definition(made: dict[tuple[str, int], list[bytes]]) -> dict:
    operations = []
    for (person, _), lines in made.items():
        for text in lines:
            operation = {**json.loads(text), "author": person}
            operation["arrives"] = "parked" if operation["set"]["value"] == WRONG else "stored"
            operations.append(operation)
    return expected({"operations": operations, "admitted": []})


def deliver(world: World, made: dict[tuple[str, int], list[bytes]], random: Random) -> list:
    """Pushes the queues in random pieces; some replies are lost, so pieces come again; then everything once more."""
    tablets = {device: world.tablet(device[0]) for device in made}
    for device, tablet in tablets.items():
        tablet.lines = list(made[device])
    todo = [device for device, lines in made.items() for _ in range(3 * len(lines))]
    random.shuffle(todo)
    for device in [*todo, *made]:
        tablet = tablets[device]
        upto = len(tablet.lines) if device not in todo else random.randint(tablet.sent, len(tablet.lines))
        start = random.randint(1, tablet.sent + 1)
        reply = tablet.post(tablet.body(start, tablet.lines[start - 1 : upto]))
        assert reply.status_code == 200, reply.json
        if random.random() < 0.7:
            tablet.sent = reply.json["last_n"]
    for tablet in tablets.values():
        reply = tablet.push(start=1)
        assert reply.json["last_n"] == len(tablet.lines)
    return list(tablets.values())


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_any_order_any_repetition_gives_the_same_heads_and_digests(seed):
    random = Random(seed)
    made = queues(random)
    expect = definition(made)
    for _ in range(2):
        with TemporaryDirectory() as folder:
            engine = sqlite_engine(Path(folder) / "sync.sqlite")
            world = World(engine, Path(folder) / "evidence")
            tablets = deliver(world, made, random)
            for visit in (OPEN, SECOND):
                whole = expect.get(visit, {"digest": "0" * 64, "registers": {}})
                assert world.heads(visit) == {name: register["heads"] for name, register in whole["registers"].items()}
                assert world.digest(visit) == whole["digest"]
            pulled = tablets[0].pull(limit=random.randint(1, 5))
            assert pulled["digests"] == {visit: world.digest(visit) for visit in (OPEN, SECOND)}
            assert {key: sorted(head[0] for head in heads) for key, heads in pulled["registers"].items()} == {
                (visit, name): register["heads"]
                for visit, whole in expect.items()
                for name, register in whole["registers"].items()
            }
            engine.dispose()


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=400), packed=st.booleans(), seed=st.integers(0, 2**32))
def test_no_body_makes_the_server_fail(body, packed, seed, shared):
    random = Random(seed)
    _, an = shared
    whole = bytearray(an.body(1, [line("result", f"{OPEN}/5.1.1", {"value": {"met": True}, "note": "é"})]))
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(whole))
        whole[place : place + random.randint(0, 3)] = random.choice(
            [b"", b'"', b"{", b"\xff", b"\\ud800", b"null", b"\n", b"1e9"]
        )
    for each in (body, bytes(whole)):
        reply = an.post(each, packed=packed)
        assert reply.status_code < 500
        assert reply.mimetype == "application/problem+json" or reply.json["last_n"] >= 0
