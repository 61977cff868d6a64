"""What the host does to visits: rows, parts, freezing and reopening, admitting and discarding, writing from its pages.

Never here: who may do it (the host asks), requests, commits. Acts that cannot be done raise `Refused`.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from sync import chain
from sync.catalogue import ADMISSIBLE, RECORDS
from sync.host import NO_RIGHTS, Asker, Change, Host, Refused
from sync.judging import objections, submits
from sync.ledger import KnownOp, Ledger, Part, Visit, passing_fields
from sync.log import append, rulebook, standing
from sync.operations import Line, read
from sync.reading import obstacles
from sync.sql import compact, epoch, new_id, next_device, now_ms, stamp, upsert
from sync.tables import TABLES

SETS = ("evaluations", "schemes", "sites", "visits", "people", "criteria", "carried_over")
_VISIT, _SET_ROW, _PART, _OP, _FATE, _DEVICE = (
    TABLES.visit,
    TABLES.set_row,
    TABLES.part,
    TABLES.op,
    TABLES.fate,
    TABLES.device,
)
_PARKED_ON = select(_OP.c.id, _OP.c.line, _OP.c.device, _DEVICE.c.person).where(
    _OP.c.tenant == bindparam("tenant"),
    _OP.c.visit.in_(bindparam("visits", expanding=True)),
    _OP.c.id.is_not(None),
    _DEVICE.c.tenant == _OP.c.tenant,
    _DEVICE.c.no == _OP.c.device,
)


class Admitted(NamedTuple):
    """What an admission did. `superseded`: the operation takes effect but changes nothing."""

    superseded: bool


def put_visit(db: Connection, *, tenant: str, stream: str, row: Mapping[str, object]) -> None:
    """Writes a visit's row, without `parts` and `frozen`. It needs `id` and `scheme`; its stream never changes."""
    visit_id = str(row["id"])
    if "/" in visit_id or not 0 < len(visit_id) <= 200:
        raise ValueError(f"a visit cannot be named {visit_id!r}")
    ledger = Ledger(db, tenant)
    ledger.lock([stream])
    ledger.open_visits([visit_id])
    kept = {name: value for name, value in row.items() if name not in {"parts", "frozen"}}
    visit = ledger.visits.get(visit_id)
    if visit is None:
        visit = Visit(visit_id, stream, kept, False, False, "0" * 64, 0)
    elif visit.stream != stream:
        raise ValueError("a visit stays in its stream: cancel it and make another")
    elif visit.row == kept and not visit.removed:
        return
    visit.row, visit.removed = kept, False
    _write_visit(ledger, visit)
    ledger.flush()


def remove_visit(db: Connection, *, tenant: str, visit: str) -> None:
    """Takes a visit away: devices are told once, later lines are `unknown-visit`, what was written stays."""
    ledger, found = _open(db, tenant, visit)
    if not found.removed:
        found.removed = True
        _write_visit(ledger, found)
        ledger.flush()


def put_row(db: Connection, *, tenant: str, stream: str, set: str, id: str, row: Mapping[str, object] | None) -> None:
    """Writes a row of a set other than `visits`; None removes it. An equal row is not written again."""
    if set not in SETS or set == "visits":
        raise ValueError(f"no such set: {set}")
    ledger = Ledger(db, tenant)
    ledger.lock([stream])
    before = db.execute(
        select(_SET_ROW.c.json).where(
            _SET_ROW.c.tenant == tenant, _SET_ROW.c.stream == stream, _SET_ROW.c.set == set, _SET_ROW.c.id == id
        )
    ).first()
    after = None if row is None else compact(row)
    if (before is None and after is None) or (before is not None and before.json == after):
        return
    ledger.write_set_row(stream, set, id, after)
    ledger.flush()


def open_part(db: Connection, *, tenant: str, visit: str, person: str) -> None:
    """Gives a person a part of the visit; one that exists stays as it is."""
    ledger, found = _open(db, tenant, visit)
    if person not in found.parts:
        ledger.write_part(found, Part(person))
        ledger.flush()


def drop_part(db: Connection, *, tenant: str, visit: str, person: str) -> None:
    """Takes an open part away: that person is not on the visit any more. What was written stays."""
    ledger, found = _open(db, tenant, visit)
    part = found.parts.get(person)
    if part is None:
        return
    if part.state != "open":
        raise Refused("part-submitted", visit=visit, person=person)
    _unfrozen(found)
    del found.parts[person]
    db.execute(_PART.delete().where(_PART.c.tenant == tenant, _PART.c.visit == visit, _PART.c.person == person))
    ledger.write_row(found)
    ledger.flush()


def return_part(
    db: Connection,
    *,
    tenant: str,
    visit: str,
    person: str,
    clauses: Collection[str] | None = None,
    note: str | None = None,
) -> int:
    """Opens a submitted or closed part again for its next round, whole or for some clauses and groups."""
    ledger, found = _open(db, tenant, visit)
    part = _part(found, person)
    _unfrozen(found)
    if part.state == "open":
        raise Refused("part-open", visit=visit, person=person)
    part.round, part.state, part.note = part.round + 1, "open", note
    part.clauses = None if clauses is None else sorted(clauses)
    ledger.write_part(found, part)
    ledger.flush()
    return part.round


def close_part(db: Connection, *, tenant: str, visit: str, person: str, note: str) -> None:
    """Closes a part that its owner does not submit, with a reason."""
    ledger, found = _open(db, tenant, visit)
    part = _part(found, person)
    _unfrozen(found)
    if part.state == "closed":
        raise Refused("part-closed", visit=visit, person=person)
    part.state, part.note = "closed", note
    ledger.write_part(found, part)
    ledger.flush()


def freeze(db: Connection, *, tenant: str, visits: Collection[str]) -> None:
    """Parks everything later. Refused (`not-ready`) while a part is open or a register is disputed."""
    ledger = Ledger(db, tenant)
    ledger.open_visits(set(visits))
    found = obstacles(db, tenant=tenant, visits=visits)
    if found.open_parts or found.disputed:
        raise Refused("not-ready", open_parts=found.open_parts, disputed=found.disputed)
    for visit in ledger.visits.values():
        if not visit.frozen:
            visit.frozen = True
            _write_visit(ledger, visit)
    ledger.flush()


def reopen(db: Connection, *, tenant: str, visits: Collection[str], host: Host) -> None:
    """Goes on from the frozen heads; lines parked meanwhile pass on the names they carry."""
    ledger = Ledger(db, tenant)
    ledger.open_visits(set(visits))
    thawed = [visit for visit in ledger.visits.values() if visit.frozen]
    for visit in thawed:
        visit.frozen = False
        _write_visit(ledger, visit)
    if thawed:
        rows = db.execute(_PARKED_ON, {"tenant": tenant, "visits": [visit.id for visit in thawed]})
        lines = [(read(row.line), row.person) for row in rows]
        ledger.open_registers(
            (line.visit, line.record, line.rest, name) for line, _ in lines for name in passing_fields(line)
        )
        for line, person in lines:
            ledger.park(line, person)
    _finish(ledger, host, "")


def admit(db: Connection, *, tenant: str, device: str, n: int, host: Host, reason: str | None = None) -> Admitted:
    """A parked operation takes effect now, by its author, on the lead's word instead of the check."""
    row = _parked_op(db, tenant, device, n)
    line = read(row["line"])
    if row["code"] not in ADMISSIBLE:
        raise Refused("not-admissible", parked=row["code"])
    if line.fault is not None or row["id"] is None:
        raise Refused("malformed")
    assert line.id is not None
    ledger, author = Ledger(db, tenant), Asker(tenant, row["person"])
    ledger.open_visits([line.visit])
    visit = ledger.visits.get(line.visit)
    if visit is None or visit.removed:
        raise Refused("unknown-visit", visit=line.visit)
    ledger.open_registers((line.visit, line.record, line.rest, name) for name in line.set)
    rights = host.rights(db, author, [visit.id]).get(visit.id, NO_RIGHTS)
    against = objections(
        line,
        asker=author,
        revoked=False,
        visit=visit,
        rights=rights,
        rules=lambda: rulebook(db, host, tenant, visit, {}),
        standing=standing(ledger, line),
    )
    for code in against:
        if code == "frozen" or code not in ADMISSIBLE:
            raise Refused(code, visit=visit.id)
    _judged(db, tenant, row, "admitted")
    known = KnownOp(row["device"], row["n"], row["person"], line, "admitted", row["code"])
    ledger.ops[line.id] = known
    effect = ledger.store(line, known, passes=True)
    part = submits(line, visit, author.person)
    if part is not None:
        part.state = "submitted"
        ledger.write_part(visit, part)
    if rights.knows:
        _tell(ledger, row, "admitted", reason)
    _finish(ledger, host, author.person, ((visit.id, part.person),) if part else ())
    return Admitted(superseded=not effect)


def discard(db: Connection, *, tenant: str, device: str, n: int, host: Host, reason: str) -> None:
    """A parked operation will not take effect; its bytes stay."""
    row = _parked_op(db, tenant, device, n)
    line = read(row["line"])
    ledger, author = Ledger(db, tenant), Asker(tenant, row["person"])
    if line.owns:
        ledger.open_visits([line.visit])
    known = [visit.id for visit in ledger.visits.values() if not visit.removed]
    rights = host.rights(db, author, known).get(line.visit, NO_RIGHTS) if known else NO_RIGHTS
    _judged(db, tenant, row, "discarded")
    if rights.knows or row["code"] != "unknown-visit" or not known:
        _tell(ledger, row, "discarded", reason)
    ledger.flush()


def desk_write(
    db: Connection, *, tenant: str, person: str, host: Host, operations: Sequence[Mapping[str, object]]
) -> list[str]:
    """Operations made on a page of the server, as lines of the person's desk device. Gives their ids.

    `{"record", "key", "set", "seen"?, "settlement"?}` each. Refused with `heads-changed` if the heads are not those
    that the page had shown, or with the code that would park a line; then the caller's transaction must end.
    """
    device = _desk(db, tenant, person)
    ids, lines = [], []
    received_at = now_ms()
    for operation in operations:
        ids.append(new_id())
        members = {"id": ids[-1], **operation, "at": stamp(received_at)}
        lines.append(compact(members).encode())
    _check_shown(db, tenant, person, [read(line) for line in lines])
    asker = Asker(tenant, person)
    _, outcome = append(db, asker=asker, host=host, device=device, lines=lines, received_at=received_at)
    for _, code in outcome.parked.values():
        raise Refused(code)
    db.execute(
        update(_DEVICE)
        .where(_DEVICE.c.tenant == tenant, _DEVICE.c.no == device["no"])
        .values(last_n=device["last_n"] + len(lines), chain=outcome.chain, seen_at=received_at)
    )
    return ids


def revoke_device(db: Connection, *, tenant: str, device: str) -> None:
    """What this device sends from now on is parked; it pulls nothing."""
    done = db.execute(
        update(_DEVICE).where(_DEVICE.c.tenant == tenant, _DEVICE.c.uuid == device).values(revoked_at=now_ms())
    )
    if done.rowcount != 1:
        raise Refused("device-unknown", device=device)


def _open(db: Connection, tenant: str, visit: str) -> tuple[Ledger, Visit]:
    ledger = Ledger(db, tenant)
    ledger.open_visits([visit])
    found = ledger.visits.get(visit)
    if found is None:
        raise Refused("visit-unknown", visit=visit)
    return ledger, found


def _write_visit(ledger: Ledger, visit: Visit) -> None:
    ledger.visits[visit.id] = visit
    row = {
        "tenant": ledger.tenant,
        "id": visit.id,
        "stream": visit.stream,
        "row": compact(visit.row),
        "frozen": visit.frozen,
        "removed": visit.removed,
        "digest": visit.digest,
        "seq": visit.seq,
    }
    upsert(ledger.db, _VISIT, ("tenant", "id"), [row])
    ledger.write_row(visit)


def _part(visit: Visit, person: str) -> Part:
    part = visit.parts.get(person)
    if part is None:
        raise Refused("part-unknown", visit=visit.id, person=person)
    return part


def _unfrozen(visit: Visit) -> None:
    if visit.frozen:
        raise Refused("frozen", visit=visit.id)


def _finish(ledger: Ledger, host: Host, person: str, submitted: tuple[tuple[str, str], ...] = ()) -> None:
    ledger.flush()
    if ledger.changed or submitted:
        registers = {visit: frozenset(names) for visit, names in ledger.changed.items()}
        host.stored(ledger.db, Change(ledger.tenant, person, registers, submitted))


def _parked_op(db: Connection, tenant: str, device: str, n: int) -> RowMapping:
    """The parked line at this place; of a line that stands in several queues, the first."""
    ops = select(_OP, _DEVICE.c.person).where(
        _OP.c.tenant == tenant, _DEVICE.c.tenant == tenant, _DEVICE.c.no == _OP.c.device
    )
    row = db.execute(ops.where(_DEVICE.c.uuid == device, _OP.c.n == n)).mappings().first()
    if row is not None and row["status"] == "copy":
        row = db.execute(ops.where(_OP.c.device == row["first_device"], _OP.c.n == row["first_n"])).mappings().one()
    if row is None:
        raise Refused("line-unknown", device=device, n=n)
    if row["status"] != "parked":
        raise Refused("not-parked", state=row["status"])
    return row


def _judged(db: Connection, tenant: str, row: RowMapping, status: str) -> None:
    done = db.execute(
        update(_OP)
        .where(_OP.c.tenant == tenant, _OP.c.device == row["device"], _OP.c.n == row["n"], _OP.c.status == "parked")
        .values(status=status)
    )
    if done.rowcount != 1:
        raise Refused("not-parked")


def _tell(ledger: Ledger, row: RowMapping, state: str, reason: str | None) -> None:
    stream = f"u:{row['person']}"
    ledger.lock([stream])
    ledger.db.execute(
        update(_FATE)
        .where(_FATE.c.tenant == ledger.tenant, _FATE.c.device == row["device"], _FATE.c.n == row["n"])
        .values(state=state, reason=reason, seq=ledger.take(stream))
    )


def _desk(db: Connection, tenant: str, person: str) -> RowMapping:
    """The desk device of this person in this epoch, locked; made at first use."""
    present = epoch(db)
    mine = (
        select(_DEVICE)
        .where(_DEVICE.c.tenant == tenant, _DEVICE.c.person == person, _DEVICE.c.desk == present)
        .with_for_update()
    )
    row = db.execute(mine).mappings().first()
    if row is None:
        made_at = now_ms()
        desk = {
            "tenant": tenant,
            "no": next_device(db, tenant),
            "uuid": str(uuid4()),
            "person": person,
            "last_n": 0,
            "chain": chain.START,
            "name": "",
            "platform": "desk",
            "app": "",
            "desk": present,
            "registered_at": made_at,
            "seen_at": made_at,
        }
        db.execute(insert(_DEVICE), [desk])
        row = db.execute(mine).mappings().one()
    return row


def _check_shown(db: Connection, tenant: str, person: str, lines: Sequence[Line]) -> None:
    """Whether the heads are still those that the page had shown."""
    ledger = Ledger(db, tenant)
    ledger.open_visits({line.visit for line in lines if line.owns})
    for line in lines:
        if line.fault is not None:
            raise Refused(line.fault)
        if line.visit not in ledger.visits:
            raise Refused("unknown-visit", visit=line.visit)
        ledger.open_registers((line.visit, line.record, line.rest, name) for name in line.set)
        for name in line.set:
            if RECORDS[line.record].fields[name].policy != "one":
                continue
            heads = ledger.slots[line.visit, f"{line.record}/{line.rest}/{name}"].register.heads
            seen = set(line.seen.get(name, ()))
            if line.settlement is not None:
                changed = seen != heads.keys()
            else:
                changed = not {op for op, head in heads.items() if head.author == person} <= seen
            if changed:
                raise Refused("heads-changed", key=line.visit, record=line.record, rest=line.rest)


def visit_row(db: Connection, *, tenant: str, visit: str) -> dict[str, object] | None:
    """The visit's row as it travels, with `parts` and `frozen`; None if there is none."""
    found = db.execute(
        select(_SET_ROW.c.json)
        .join(_VISIT, (_VISIT.c.tenant == _SET_ROW.c.tenant) & (_VISIT.c.stream == _SET_ROW.c.stream))
        .where(_VISIT.c.tenant == tenant, _VISIT.c.id == visit, _SET_ROW.c.set == "visits", _SET_ROW.c.id == visit)
    ).scalar()
    return None if found is None else dict(json.loads(found))
