"""A small field application on sync, and the tablets that talk to it: what every test here stands on.

The cast of the house: lin leads, an and bai review, pan plans (and pulls nothing), qin has no part in it.
"""

import gzip
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

from flask import Flask, request
from sqlalchemy import Connection, Engine, MetaData

from sync import chain, store
from sync.catalogue import RECORDS
from sync.host import Asker, Change, Rights
from sync.sql import new_id
from sync.tables import make_tables
from sync.wire import blueprint

TENANT = "t1"
OPEN, SECOND, MYSTERY = "v-open", "v-second", "v-mystery"
KEY = b"k" * 32


class Rules:
    """A scheme of a few clauses: 5.1.1 is met, 5.1.2 a sample, 5.2.1 has the checkpoints a and b."""

    kinds: ClassVar = {"5.1.1": "met", "5.1.2": "sample", "5.2.1": "met", "5.2.2": "met", "5.1.3": "met"}

    def fits(self, record: str, rest: str, values: Mapping[str, object]) -> bool:
        if record == "special":
            return values.get("ground") in {None, "law", "trade"}
        if record != "result":
            return True
        clause, _, checkpoint = rest.partition("/")
        if clause == "5.9.9":
            raise ZeroDivisionError("a bug of our own")
        if clause not in self.kinds or checkpoint not in ({"a", "b", ""} if clause == "5.2.1" else {""}):
            return False
        value = values.get("value")
        if value is None or {"excluded", "open"} & value.keys():
            return True
        return ("met" if "met" in value else "sample" if "checked" in value else "") == self.kinds[clause]

    def under(self, clause: str, codes: Collection[str]) -> bool:
        return any(clause == code or clause.startswith(code + ".") for code in codes)


@dataclass
class FieldHost:
    """The host object of the tests; who may what stands in plain sets."""

    engine: Engine
    lead: str = "lin"
    team: set[str] = field(default_factory=lambda: {"an", "bai", "lin"})
    assigned: dict[str, set[str]] = field(
        default_factory=lambda: {OPEN: {"an", "bai"}, SECOND: {"an"}, MYSTERY: {"bai"}}
    )
    ended: set[str] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)

    def asker(self) -> Asker | None:
        word, _, person = request.headers.get("Authorization", "").partition(" ")
        return Asker(TENANT, person, person in self.ended) if word == "Bearer" and person else None

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[Connection]:
        options = {"write": write}
        if self.engine.dialect.name == "postgresql" and not write:
            options = {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**options) as db, db.begin():
            yield db

    def streams(self, db: Connection, asker: Asker) -> Sequence[str] | None:
        if asker.person not in {"an", "bai", "lin"}:
            return None
        mystery = ["m:" + MYSTERY] if asker.person in self.assigned[MYSTERY] | {self.lead} else []
        return (["e:1"] if asker.person in self.team else []) + mystery

    def rights(self, db: Connection, asker: Asker, visits: Collection[str]) -> Mapping[str, Rights]:
        found = {}
        for visit in visits:
            lead, assigned = asker.person == self.lead, asker.person in self.assigned.get(visit, ())
            knows = lead or assigned or (visit != MYSTERY and asker.person in self.team)
            found[visit] = Rights(knows, assigned, lead)
        return found

    def rulebook(self, db: Connection, tenant: str, scheme: str) -> Rules:
        return Rules()

    def stored(self, db: Connection, change: Change) -> None:
        self.changes.append(change)


def visit_row(visit: str, **more: object) -> dict[str, object]:
    kind = "mystery" if visit == MYSTERY else "open"
    return {
        "id": visit,
        "evaluation": "1",
        "site": "s",
        "scheme": "abc",
        "kind": kind,
        "modes": ["A"],
        "plan": [],
        **more,
    }


class World:
    """The server of the tests, with two open visits and a mystery visit."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        metadata = MetaData()
        make_tables(metadata)
        metadata.create_all(engine)
        self.host = FieldHost(engine)
        self.app = Flask(__name__)
        self.app.register_blueprint(blueprint(self.host, key=lambda: KEY, folder=folder, app="test"))
        self.client = self.app.test_client()
        with self.write() as db:
            store.put_row(db, tenant=TENANT, stream="e:1", set="evaluations", id="1", row={"id": "1", "team": ["an"]})
            for visit in (OPEN, SECOND):
                store.put_visit(db, tenant=TENANT, stream="e:1", row=visit_row(visit))
            store.put_row(
                db, tenant=TENANT, stream="m:" + MYSTERY, set="evaluations", id="1", row={"id": "1", "team": ["an"]}
            )
            store.put_visit(db, tenant=TENANT, stream="m:" + MYSTERY, row=visit_row(MYSTERY))
            for visit, people in self.host.assigned.items():
                for person in sorted(people):
                    store.open_part(db, tenant=TENANT, visit=visit, person=person)

    def write(self):
        return self.host.transaction(write=True)

    def read(self):
        return self.host.transaction(write=False)

    def heads(self, visit: str = OPEN) -> dict[str, list[str]]:
        with self.read() as db:
            found = store.heads(db, tenant=TENANT, visits=[visit])[visit]
        return {name: [head.op for head in heads] for name, heads in found.items()}

    def digest(self, visit: str = OPEN) -> str:
        with self.read() as db:
            return store.digests(db, tenant=TENANT, visits=[visit])[visit]

    def act(self, name: str, **arguments: object) -> object:
        with self.write() as db:
            return getattr(store, name)(db, tenant=TENANT, **arguments)

    def call(self, method: str, path: str, person: str | None, **more: object):
        headers = {**({"Authorization": f"Bearer {person}"} if person else {}), **more.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **more)

    def tablet(self, person: str) -> "Tablet":
        tablet = Tablet(self, person)
        tablet.register()
        return tablet


def line(record: str, key: str, values: object, seen: object = None, *, id: str | None = None, **more: object) -> bytes:
    """A line as a tablet writes it."""
    members = {"id": id or new_id(), "record": record, "key": key, "set": values, "seen": seen or {}}
    members |= {"at": "2026-11-23T02:11:12.123Z", **more}
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def answer(clause: str = "5.1.1", met: bool = True, *seen: str, visit: str = OPEN, **more: object) -> bytes:
    return line("result", f"{visit}/{clause}", {"value": {"met": met}}, {"value": list(seen)} if seen else {}, **more)


def id_of(text: bytes) -> str:
    return json.loads(text)["id"]


@dataclass
class Tablet:
    """A device: its queue, its chain, and how much of it is on the server."""

    world: World
    person: str
    uuid: str = field(default_factory=lambda: str(uuid4()))
    epoch: str = ""
    lines: list[bytes] = field(default_factory=list)
    sent: int = 0
    cursor: str | None = None

    def register(self) -> dict:
        reply = self.world.call(
            "POST",
            "/sync/v1/devices",
            self.person,
            json={"device": self.uuid, "name": "tablet", "platform": "x", "app": "1"},
        )
        assert reply.status_code == 200, reply.json
        self.epoch = reply.json["epoch"]
        return reply.json

    def body(self, start: int, lines: Sequence[bytes], **more: object) -> bytes:
        links = [chain.START, *chain.chain(chain.START, self.lines)]
        envelope = {"device": self.uuid, "epoch": self.epoch, "from": start, "count": len(lines)}
        envelope |= {"prev": links[start - 1].hex() if start <= len(links) else "0" * 64, **more}
        return b"".join(each + b"\n" for each in [json.dumps(envelope).encode(), *lines])

    def post(self, body: bytes, *, packed: bool = False, person: str | None = None, **headers: str):
        headers = {"Content-Type": "application/x-ndjson", **headers}
        if packed:
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
        return self.world.call("POST", "/sync/v1/push", person or self.person, data=body, headers=headers)

    def push(self, *lines: bytes, start: int | None = None, **more: object):
        """Saves the lines and pushes everything unsent (or everything from `start`)."""
        self.lines += lines
        start = self.sent + 1 if start is None else start
        reply = self.post(self.body(start, self.lines[start - 1 :], **more))
        if reply.status_code == 200:
            self.sent = reply.json["last_n"]
        return reply

    def codes(self, *lines: bytes) -> list[str | None]:
        """Pushes the lines; what each was parked with."""
        first = len(self.lines) + 1
        reply = self.push(*lines)
        assert reply.status_code == 200, reply.get_data()
        parked = {each["n"]: each["code"] for each in reply.json["parked"]}
        return [parked.get(n) for n in range(first, first + len(lines))]

    def page(self, cursor: str | None = None, **query: object):
        query = {"device": self.uuid, **({"cursor": cursor} if cursor else {}), **query}
        return self.world.call("GET", "/sync/v1/pull", self.person, query_string=query)

    def pull(self, **query: object) -> dict:
        """A complete pull, its pages put together; the device's cursor moves on."""
        whole: dict = {"registers": {}, "sets": {}, "gone": [], "devices": {}}
        while True:
            page = self.page(self.cursor, **query).json
            self.cursor = page["cursor"]
            for group in page["registers"]:
                for record, rest, name, heads in group["rows"]:
                    whole["registers"][group["visit"], f"{record}/{rest}/{name}"] = heads
            for name, rows in page["sets"].items():
                whole["sets"].setdefault(name, {}).update({row["id"]: row for row in rows})
            whole["devices"] |= page["devices"]
            whole["gone"] += page["gone"]
            whole |= {name: page[name] for name in ("parked", "digests", "last_n", "chain", "self", "reset")}
            if not page["more"]:
                return whole


def policies() -> dict[str, list[str]]:
    """Fields by policy, as (record, field)."""
    found: dict[str, list[str]] = {}
    for record, kind in RECORDS.items():
        for name, rule in kind.fields.items():
            found.setdefault(rule.policy, []).append(f"{record}.{name}")
    return found
