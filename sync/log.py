"""The log: a push is received whole, each line stored or parked by its place. One transaction, which is the caller's.

Never here: requests and answers in HTTP (wire.py), a commit. Order of locks: device, streams of visits, user's stream.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, select, update
from sqlalchemy.exc import DBAPIError, TimeoutError

from sync import chain
from sync.devices import own_device
from sync.host import NO_RIGHTS, Asker, Host, Refused, Rights, Rulebook
from sync.judging import objections, submits
from sync.ledger import KnownOp, Ledger, Visit, note_claims, passing_fields, short_visit
from sync.operations import Line, read
from sync.sql import Row, epoch, insert_new, now_ms, stamp
from sync.tables import TABLES

_OP, _FATE, _DEVICE = TABLES.op, TABLES.fate, TABLES.device
_PLACES = select(_OP.c.n, _OP.c.line, _OP.c.chain, _OP.c.status, _OP.c.first_device, _OP.c.first_n).where(
    _OP.c.tenant == bindparam("tenant"),
    _OP.c.device == bindparam("device"),
    _OP.c.n.between(bindparam("low"), bindparam("high")),
)
_FATES = select(_FATE.c.device, _FATE.c.n, _FATE.c.id, _FATE.c.code, _FATE.c.state).where(
    _FATE.c.tenant == bindparam("tenant"), _FATE.c.person == bindparam("person"), _FATE.c.state != "admitted"
)
_SEEN = (
    update(_DEVICE)
    .where(_DEVICE.c.tenant == bindparam("b_tenant"), _DEVICE.c.no == bindparam("b_no"))
    .values(last_n=bindparam("b_last_n"), chain=bindparam("b_chain"), seen_at=bindparam("b_seen_at"))
)
_HELD = _SEEN.values(held=bindparam("b_held"))
_AGAIN = (
    update(_FATE)
    .where(
        _FATE.c.tenant == bindparam("b_tenant"), _FATE.c.device == bindparam("b_device"), _FATE.c.n == bindparam("b_n")
    )
    .values(seq=bindparam("b_seq"))
)
_logger = logging.getLogger("sync")
_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Envelope:
    """The first line of a push: `start` is its `from`; `held` is JSON for the lead, None if not told."""

    device: str
    epoch: str
    start: int
    count: int
    prev: bytes
    held: str | None = None


@dataclass(slots=True)
class Outcome:
    """What became of lines given to `append`."""

    chain: bytes
    parked: dict[int, tuple[str | None, str]] = made(default_factory=dict)
    copies: dict[int, tuple[int, int]] = made(default_factory=dict)
    rights: dict[str, Rights] = made(default_factory=dict)
    ids: list[str | None] = made(default_factory=list)


class _PoisonError(Exception):
    """Our own code failed on the line at this place of the batch."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


def push(db: Connection, *, asker: Asker, host: Host, envelope: Envelope, lines: Sequence[bytes]) -> dict[str, object]:
    """Receives a push and gives its answer. Refused: device, other-user, epoch, gap, fork (in this order)."""
    device = own_device(db, asker, envelope.device, lock=True)
    present = epoch(db)
    reached: dict[str, object] = {"last_n": device["last_n"], "chain": device["chain"].hex()}
    if envelope.epoch != present:
        raise Refused("epoch", epoch=present, **reached)
    if envelope.start > device["last_n"] + 1:
        raise Refused("gap", **reached)
    known = _known(db, asker.tenant, device, envelope, lines)
    if known is None:
        raise Refused("fork", **reached)
    fresh = lines[len(known) :]
    received_at = now_ms()
    ledger, outcome = append(db, asker=asker, host=host, device=device, lines=fresh, received_at=received_at)
    seen = {
        "b_tenant": asker.tenant,
        "b_no": device["no"],
        "b_last_n": device["last_n"] + len(fresh),
        "b_chain": outcome.chain,
        "b_seen_at": received_at,
    }
    db.execute(_SEEN, seen) if envelope.held is None else db.execute(_HELD, {**seen, "b_held": envelope.held})
    touched = {
        visit_id: visit for visit_id, visit in ledger.visits.items() if outcome.rights.get(visit_id, NO_RIGHTS).knows
    }
    return {
        "epoch": present,
        "last_n": device["last_n"] + len(fresh),
        "chain": outcome.chain.hex(),
        "parked": _parked(db, asker, device["no"], known, outcome),
        "digests": {visit_id: visit.digest for visit_id, visit in touched.items()},
        "received_at": stamp(received_at),
    }


def append(
    db: Connection, *, asker: Asker, host: Host, device: RowMapping, lines: Sequence[bytes], received_at: int
) -> tuple[Ledger, Outcome]:
    """Gives the lines the next places of the device and stores or parks each. The device's row is the caller's."""
    read_lines = [_read(line) for line in lines]
    poisoned: dict[int, int] = {}
    while True:
        batch = _Batch(db, asker=asker, host=host, device=device, lines=read_lines, received_at=received_at)
        try:
            batch.judge(poisoned)
        except _PoisonError as poison:
            # Nothing has been written yet: begin again and park that line alone; the third time without reading it.
            poisoned[poison.place] = poisoned.get(poison.place, 0) + 1
            continue
        return batch.ledger, batch.write()


def _read(line: bytes) -> Line:
    try:
        value = _decode(line)
        if _encode(value) == line:
            return read(line, value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        pass
    try:
        return read(line)
    except Exception:
        _logger.exception("line parked as internal")
        return Line(line, "internal")


class _Batch:
    """Lines of one device on their way into the log."""

    def __init__(
        self, db: Connection, *, asker: Asker, host: Host, device: RowMapping, lines: list[Line], received_at: int
    ) -> None:
        self.db, self.asker, self.host, self.device, self.lines = db, asker, host, device, lines
        self.received_at = received_at
        self.ledger = ledger = Ledger(db, asker.tenant)
        self.rules: dict[str, Rulebook] = {}
        self.outcome = Outcome(device["chain"])
        self.submitted: list[tuple[str, str]] = []
        self.rows: list[Row] = []
        owning = [line for line in lines if line.owns]
        ledger.open_visits({line.visit for line in owning})
        visits = [visit.id for visit in ledger.visits.values() if not visit.removed]
        self.outcome.rights = dict(host.rights(db, asker, visits)) if visits else {}
        here = [line for line in owning if line.visit in ledger.visits]
        ledger.open_registers(
            (line.visit, line.record, line.rest, name)
            for line in here
            for name in (passing_fields(line) if line.fault else line.set)
        )
        heads = {op for slot in ledger.slots.values() for op in slot.shown}
        ids = {line.id for line in owning if line.id is not None}
        named = {name for line in here for names in line.seen.values() for name in names}
        ledger.open_ops(ids | (named - heads))

    def judge(self, poisoned: Mapping[int, int]) -> None:
        """Decides on every line, in memory; `poisoned`: how often our own code has failed on a place."""
        for place, line in enumerate(self.lines):
            try:
                self._place(line, self.device["last_n"] + 1 + place, poisoned.get(place, 0))
            except (DBAPIError, TimeoutError):
                # The database, not the line: the whole push is sent again.
                raise
            except Exception as error:
                _logger.exception("line parked as internal")
                raise _PoisonError(place) from error

    def write(self) -> Outcome:
        tenant, ledger, outcome = self.asker.tenant, self.ledger, self.outcome
        if self.rows:
            insert_new(self.db, _OP, self.rows)
            note_claims(self.db, tenant, ((line, self.asker.person) for line in self.lines))
        if outcome.parked or outcome.copies:
            self._tell()
        ledger.finish(self.host, self.asker.person, tuple(self.submitted))
        return outcome

    def _place(self, line: Line, n: int, failures: int) -> None:
        ledger, person, number = self.ledger, self.asker.person, self.device["no"]
        after = chain.link(self.outcome.chain, line.line)
        owner = ledger.ops.get(line.id) if line.owns and line.id is not None else None
        row: Row = {
            "tenant": self.asker.tenant,
            "device": number,
            "n": n,
            "id": None,
            "line": line.line,
            "chain": after,
            "status": "parked",
            "code": None,
            "visit": None,
            "first_device": None,
            "first_n": None,
            "received_at": self.received_at,
        }
        if owner is not None and owner.line.line == line.line and owner.person == person:
            row |= {"status": "copy", "first_device": owner.device, "first_n": owner.n}
            if owner.status != "stored":
                self.outcome.copies[n] = (owner.device, owner.n)
        else:
            code = "internal" if failures else line.fault or ("id-taken" if owner else self._objection(line))
            owns = line.owns and owner is None
            if owns:
                assert line.id is not None
                row["id"] = line.id
                known = KnownOp(number, n, person, line, "stored" if code is None else "parked", code)
                ledger.ops[line.id] = known
                if code is None:
                    self._store(line, known)
                elif failures < 2:
                    ledger.park(line, person)
            if code is None:
                row["status"] = "stored"
            else:
                row |= {"code": code, "visit": short_visit(line)}
                self.outcome.parked[n] = (line.id, code)
        self.rows.append(row)
        self.outcome.ids.append(line.id)
        self.outcome.chain = after

    def _objection(self, line: Line) -> str | None:
        visit = self.ledger.visits.get(line.visit)
        found = objections(
            line,
            asker=self.asker,
            revoked=self.device["revoked_at"] is not None,
            visit=visit,
            rights=self.outcome.rights.get(line.visit, NO_RIGHTS),
            rules=lambda: rulebook(self.db, self.host, self.asker.tenant, visit, self.rules),
            standing=standing(self.ledger, line),
        )
        return next(found, None)

    def _store(self, line: Line, known: KnownOp) -> None:
        self.ledger.store(line, known)
        visit = self.ledger.visits[line.visit]
        part = submits(line, visit, self.asker.person)
        if part is not None:
            part.state = "submitted"
            self.ledger.write_part(visit, part)
            self.submitted.append((visit.id, part.person))

    def _tell(self) -> None:
        """Writes the fates into the user's own stream."""
        tenant, person, number = self.asker.tenant, self.asker.person, self.device["no"]
        stream = f"u:{person}"
        self.ledger.lock([stream])
        fates = [
            {
                "tenant": tenant,
                "person": person,
                "seq": self.ledger.take(stream),
                "device": number,
                "n": n,
                "id": op,
                "code": code,
                "state": "parked",
                "reason": None,
            }
            for n, (op, code) in self.outcome.parked.items()
        ]
        if fates:
            insert_new(self.db, _FATE, fates)
        for first_device, first_n in self.outcome.copies.values():
            seq = self.ledger.take(stream)
            self.db.execute(_AGAIN, {"b_tenant": tenant, "b_device": first_device, "b_n": first_n, "b_seq": seq})


def rulebook(db: Connection, host: Host, tenant: str, visit: Visit | None, kept: dict[str, Rulebook]) -> Rulebook:
    """The rules of the visit's scheme, asked for once."""
    assert visit is not None
    scheme = str(visit.row["scheme"])
    if scheme not in kept:
        kept[scheme] = host.rulebook(db, tenant, scheme)
    return kept[scheme]


def standing(ledger: Ledger, line: Line) -> Callable[[str], str | None]:
    """For `objections`: what stands in a `once` field of the line's record."""
    return lambda name: ledger.slots[line.visit, f"{line.record}/{line.rest}/{name}"].value_standing()


def _known(
    db: Connection, tenant: str, device: RowMapping, envelope: Envelope, lines: Sequence[bytes]
) -> list[tuple[int, str, int | None, int | None]] | None:
    """The lines that are in the log already (n, status, first place), or None where the histories part."""
    if envelope.start == device["last_n"] + 1:
        return [] if envelope.prev == device["chain"] else None
    high = min(device["last_n"], envelope.start + len(lines) - 1)
    params = {"tenant": tenant, "device": device["no"], "low": envelope.start - 1, "high": high}
    rows = {row.n: row for row in db.execute(_PLACES, params)}
    before = chain.START if envelope.start == 1 else rows[envelope.start - 1].chain
    known = [rows[n] for n in range(envelope.start, high + 1)]
    if envelope.prev != before or any(row.line != line for row, line in zip(known, lines, strict=False)):
        return None
    return [(row.n, row.status, row.first_device, row.first_n) for row in known]


def _parked(
    db: Connection,
    asker: Asker,
    number: int,
    known: Sequence[tuple[int, str, int | None, int | None]],
    outcome: Outcome,
) -> list[dict[str, object]]:
    """What of this push is not in effect, as its author may know it."""
    places: dict[int, tuple[int, int]] = dict(outcome.copies)
    for n, status, first_device, first_n in known:
        if status == "copy":
            assert first_device is not None
            assert first_n is not None
            places[n] = (first_device, first_n)
        elif status != "stored":
            places[n] = (number, n)
    found = {n: _fate(n, op, code, "parked") for n, (op, code) in outcome.parked.items()}
    fates = _fates(db, asker, places.values())
    for n, place in places.items():
        if place in fates:
            found[n] = _fate(n, *fates[place])
    return [found[n] for n in sorted(found)]


def _fates(db: Connection, asker: Asker, places: object) -> Mapping[tuple[int, int], tuple[str | None, str, str]]:
    wanted = set(places)  # type: ignore[call-overload]
    if not wanted:
        return {}
    devices, numbers = {device for device, _ in wanted}, {n for _, n in wanted}
    statement = _FATES.where(_FATE.c.device.in_(devices), _FATE.c.n.in_(numbers))
    rows = db.execute(statement, {"tenant": asker.tenant, "person": asker.person})
    return {(row.device, row.n): (row.id, row.code, row.state) for row in rows}


def _fate(n: int, op: str | None, code: str, state: str) -> dict[str, object]:
    return {"n": n, "id": op, "code": code, "state": state}
