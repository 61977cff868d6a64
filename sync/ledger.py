"""One transaction's view of visits, registers and known operations: read in bulk, changed in memory, written in bulk.

Never here: who may do what (log.py judges), requests, commits. Locks are taken in one order everywhere: the device, then
streams by id; a user's own stream (`u:`) sorts last and is taken only when something is to be told.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from functools import cache

from sqlalchemy import Connection, Select, bindparam, select, update

from sync import digest, merge
from sync.catalogue import RECORDS
from sync.host import Change, Host
from sync.operations import Line, read
from sync.registers import Shown, Slot, canonical, fill, row_of
from sync.sql import Row, advance_streams, compact, device_owners, each_of, insert_missing, lock_streams, upsert
from sync.tables import TABLES

_VISIT, _PART, _REGISTER, _OP = TABLES.visit, TABLES.part, TABLES.register, TABLES.op
_LONGEST_VISIT = 200

_STREAMS_OF = select(_VISIT.c.stream).where(
    _VISIT.c.tenant == bindparam("tenant"), _VISIT.c.id.in_(bindparam("ids", expanding=True))
)
_VISITS = select(_VISIT).where(
    _VISIT.c.tenant == bindparam("tenant"), _VISIT.c.id.in_(bindparam("ids", expanding=True))
)
_PARTS = (
    select(_PART)
    .where(_PART.c.tenant == bindparam("tenant"), _PART.c.visit.in_(bindparam("ids", expanding=True)))
    .order_by(_PART.c.visit, _PART.c.person)
)
_DIGEST = (
    update(_VISIT)
    .where(_VISIT.c.tenant == bindparam("b_tenant"), _VISIT.c.id == bindparam("b_id"))
    .values(digest=bindparam("b_digest"), seq=bindparam("b_seq"))
)


@cache
def _registers(dialect: str) -> Select[tuple[str, str, str | None, str]]:
    return select(_REGISTER.c.name, _REGISTER.c.json, _REGISTER.c.waiting, _REGISTER.c.devices).where(
        _REGISTER.c.tenant == bindparam("tenant"),
        _REGISTER.c.visit == bindparam("visit"),
        _REGISTER.c.name.in_(each_of(dialect, "names")),
    )


@cache
def _ops(dialect: str) -> Select[tuple[int, int, str, bytes, str, str | None, str]]:
    return select(_OP.c.device, _OP.c.n, _OP.c.id, _OP.c.line, _OP.c.status, _OP.c.code, TABLES.device.c.person).where(
        _OP.c.tenant == bindparam("tenant"),
        _OP.c.id.in_(each_of(dialect, "ids")),
        TABLES.device.c.tenant == _OP.c.tenant,
        TABLES.device.c.no == _OP.c.device,
    )


@dataclass(slots=True)
class Part:
    """One person's part of a visit. `state`: open, submitted or closed; `clauses`: what a return opened (None: all)."""

    person: str
    round: int = 1
    state: str = "open"
    clauses: list[str] | None = None
    note: str | None = None


@dataclass(slots=True)
class Visit:
    """A visit as sync keeps it; `row` is the host's."""

    id: str
    stream: str
    row: dict[str, object]
    frozen: bool
    removed: bool
    digest: str
    seq: int
    parts: dict[str, Part] = made(default_factory=dict)
    plus: list[int] = made(default_factory=list)
    minus: list[int] = made(default_factory=list)


@dataclass(slots=True)
class KnownOp:
    """An operation that has arrived and owns its id."""

    device: int
    n: int
    person: str
    line: Line
    status: str
    code: str | None

    @property
    def in_effect(self) -> bool:
        return self.status in {"stored", "admitted"}


class Ledger:
    """Everything that one transaction reads and changes for one tenant."""

    def __init__(self, db: Connection, tenant: str) -> None:
        self.db = db
        self.tenant = tenant
        self.visits: dict[str, Visit] = {}
        self.slots: dict[tuple[str, str], Slot] = {}
        self.ops: dict[str, KnownOp | None] = {}
        self.seqs: dict[str, int] = {}
        self.moved: set[str] = set()
        self.changed: dict[str, set[str]] = {}
        self._set_rows: list[Row] = []
        self._parts: list[Row] = []

    # Reading

    def open_visits(self, ids: Collection[str]) -> None:
        """Locks the streams of these visits and reads the visits, as they are under the lock."""
        params = {"tenant": self.tenant, "ids": sorted(ids)}
        if not ids:
            return
        if self.db.dialect.name == "sqlite":
            self._read_visits(params)
            self.lock({visit.stream for visit in self.visits.values()})
        else:
            self.lock(set(self.db.execute(_STREAMS_OF, params).scalars()))
            self._read_visits(params)

    def lock(self, streams: Collection[str]) -> None:
        """Takes the row locks of streams that are not held yet."""
        wanted = {stream for stream in streams if stream not in self.seqs}
        if wanted:
            self.seqs |= lock_streams(self.db, self.tenant, wanted)

    def open_registers(self, names: Iterable[tuple[str, str, str, str]]) -> None:
        """Reads registers (visit, record, rest, field) of visits that are open here."""
        wanted: dict[str, dict[str, tuple[str, str, str]]] = {}
        for visit, record, rest, field_name in names:
            name = f"{record}/{rest}/{field_name}"
            if (visit, name) not in self.slots:
                wanted.setdefault(visit, {})[name] = (record, rest, field_name)
        numbers: set[int] = set()
        read_rows = []
        for visit, registers in wanted.items():
            for name, (record, rest, field_name) in registers.items():
                prefix = digest.prefix(visit, record, rest, field_name)
                self.slots[visit, name] = Slot(visit, record, rest, field_name, name, prefix)
            params = {"tenant": self.tenant, "visit": visit, "names": compact(list(registers))}
            for row in self.db.execute(_registers(self.db.dialect.name), params):
                read_rows.append((self.slots[visit, row.name], row.json, row.waiting))
                numbers.update(map(int, filter(None, row.devices.split(","))))
        owners = device_owners(self.db, self.tenant, numbers)
        for slot, wire, waiting in read_rows:
            fill(slot, wire, waiting, owners)

    def open_ops(self, ids: Collection[str]) -> None:
        """Reads which of these operations have arrived."""
        wanted = [each for each in ids if each not in self.ops]
        if not wanted:
            return
        self.ops.update(dict.fromkeys(wanted))
        params = {"tenant": self.tenant, "ids": compact(wanted)}
        for row in self.db.execute(_ops(self.db.dialect.name), params):
            self.ops[row.id] = KnownOp(row.device, row.n, row.person, read(row.line), row.status, row.code)

    def _read_visits(self, params: Mapping[str, object]) -> None:
        for row in self.db.execute(_VISITS, params):
            self.visits[row.id] = Visit(
                row.id, row.stream, json.loads(row.row), row.frozen, row.removed, row.digest, row.seq
            )
        for row in self.db.execute(_PARTS, params):
            clauses = None if row.clauses is None else json.loads(row.clauses)
            self.visits[row.visit].parts[row.person] = Part(row.person, row.round, row.state, clauses, row.note)

    # Changing

    def store(self, line: Line, known: KnownOp, *, passes: bool = False) -> bool:
        """The operation takes effect. False: all it says is superseded already."""
        effect = not line.set
        for field_name, value in line.set.items():
            slot = self.slots[line.visit, f"{line.record}/{line.rest}/{field_name}"]
            value_json = canonical(value)
            if RECORDS[line.record].fields[field_name].policy == "once" and slot.first is None:
                slot.first = value_json
            op = _op(line, known.person, field_name)
            stored = merge.store(slot.register, op, self._look(slot), passes=passes)
            if stored:
                assert line.id is not None
                shown = Shown(known.device, line.at, value_json, line.settlement)
                slot.shown[line.id] = shown
                self.visits[line.visit].plus.append(digest.term(slot.prefix, line.id, value_json))
                effect = True
            self._settle(slot)
        return effect

    def park(self, line: Line, person: str) -> None:
        """The operation has arrived and is parked: it passes on the names it carries, unless its visit is frozen."""
        visit = self.visits.get(line.visit)
        if visit is None or visit.frozen:
            return
        for field_name in passing_fields(line):
            slot = self.slots[line.visit, f"{line.record}/{line.rest}/{field_name}"]
            if line.id in slot.register.waiting:
                merge.park(slot.register, _op(line, person, field_name), self._look(slot))
                self._settle(slot)

    def write_row(self, visit: Visit) -> None:
        """The visit's set row goes out again, with its parts and whether it is frozen."""
        parts = [
            {
                "person": part.person,
                "round": part.round,
                "state": part.state,
                "clauses": part.clauses,
                "note": part.note,
            }
            for part in sorted(visit.parts.values(), key=lambda part: part.person)
        ]
        row = None if visit.removed else compact({**visit.row, "frozen": visit.frozen, "parts": parts})
        self.write_set_row(visit.stream, "visits", visit.id, row)

    def write_set_row(self, stream: str, kind: str, row_id: str, row: str | None) -> None:
        """A row of a set goes out with a number of its own."""
        self._set_rows = [
            each for each in self._set_rows if (each["stream"], each["set"], each["id"]) != (stream, kind, row_id)
        ]
        self._set_rows.append(
            {"tenant": self.tenant, "stream": stream, "seq": self.take(stream), "set": kind, "id": row_id, "json": row}
        )

    def write_part(self, visit: Visit, part: Part) -> None:
        """The part is as it stands now, and so is the visit's row."""
        visit.parts[part.person] = part
        self._parts = [each for each in self._parts if (each["visit"], each["person"]) != (visit.id, part.person)]
        self._parts.append(
            {
                "tenant": self.tenant,
                "visit": visit.id,
                "person": part.person,
                "round": part.round,
                "state": part.state,
                "clauses": None if part.clauses is None else compact(part.clauses),
                "note": part.note,
            }
        )
        self.write_row(visit)

    def take(self, stream: str) -> int:
        """The next number of a stream that is locked here."""
        self.seqs[stream] += 1
        self.moved.add(stream)
        return self.seqs[stream]

    def flush(self) -> None:
        """Writes what has changed: one upsert of registers, one update each of streams and visits."""
        registers, touched = [], dict[str, int]()
        for slot in self.slots.values():
            if slot.dirty:
                stream = self.visits[slot.visit].stream
                touched[slot.visit] = seq = self.take(stream)
                registers.append(row_of(self.tenant, stream, seq, slot))
                self.changed.setdefault(slot.visit, set()).add(slot.name)
                slot.dirty = False
        upsert(self.db, _REGISTER, ("tenant", "visit", "name"), registers)
        upsert(self.db, _PART, ("tenant", "visit", "person"), self._parts)
        upsert(self.db, TABLES.set_row, ("tenant", "stream", "set", "id"), self._set_rows)
        digests = []
        for visit_id, seq in touched.items():
            visit = self.visits[visit_id]
            visit.digest, visit.seq = digest.add(visit.digest, visit.plus, visit.minus), seq
            visit.plus, visit.minus = [], []
            digests.append({"b_tenant": self.tenant, "b_id": visit_id, "b_digest": visit.digest, "b_seq": seq})
        if digests:
            self.db.execute(_DIGEST, digests)
        advance_streams(self.db, self.tenant, {stream: self.seqs[stream] for stream in self.moved})
        self._parts, self._set_rows, self.moved = [], [], set()

    def finish(self, host: Host, person: str, submitted: tuple[tuple[str, str], ...] = ()) -> None:
        """Writes what has changed and tells the host, in this transaction."""
        self.flush()
        if self.changed or submitted:
            registers = {visit: frozenset(names) for visit, names in self.changed.items()}
            host.stored(self.db, Change(self.tenant, person, registers, submitted))

    def _settle(self, slot: Slot) -> None:
        """Drops what is no head any more."""
        slot.dirty = True
        for gone in [op for op in slot.shown if op not in slot.register.heads]:
            shown = slot.shown.pop(gone)
            self.visits[slot.visit].minus.append(digest.term(slot.prefix, gone, shown.value))

    def _look(self, slot: Slot) -> merge.Lookup:
        def look(name: str) -> merge.Known | bool | None:
            if name not in self.ops:
                self.open_ops([name])
            known = self.ops[name]
            if known is None:
                return None
            line = known.line
            here = (line.visit, line.record, line.rest) == (slot.visit, slot.record, slot.rest)
            if known.status == "stored" or not here or not (slot.field in line.set or slot.field in line.seen):
                # Stored and no head (any more): it is superseded, and what it names is its own affair.
                return False
            return merge.Known(_op(line, known.person, slot.field), known.in_effect, True)

        return look


def passing_fields(line: Line) -> list[str]:
    """The fields whose names a parked line passes on."""
    return [name for name in line.seen if name in RECORDS[line.record].fields] if line.owns else []


def note_claims(db: Connection, tenant: str, claims: Iterable[tuple[Line, str]]) -> None:
    """Remembers which hashes a person's operations name for evidence records; the bytes are asked for by this."""
    rows = [
        {"tenant": tenant, "visit": line.visit, "evidence": line.rest, "person": person, "sha256": line.set["sha256"]}
        for line, person in claims
        if line.owns and line.record == "evidence" and short_visit(line) and _hash_named(line)
    ]
    insert_missing(db, TABLES.claim, ("tenant", "visit", "evidence", "person", "sha256"), rows)


def short_visit(line: Line) -> str | None:
    """The visit of a line for a column with an index."""
    return line.visit if line.owns and len(line.visit) <= _LONGEST_VISIT else None


def _hash_named(line: Line) -> bool:
    value = line.set.get("sha256")
    return value is not None and RECORDS["evidence"].fields["sha256"].check(value)


def _op(line: Line, person: str, field_name: str) -> merge.Op:
    assert line.id is not None
    return merge.Op(line.id, person, line.settlement is not None, line.seen.get(field_name, ()))
