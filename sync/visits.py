"""What the host does to visits and set rows: rows, parts, freezing and reopening.

Never here: who may do it (the host asks), requests, commits. Acts that cannot be done raise `Refused`.
"""

import json
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, bindparam, select

from sync.host import Host, Refused
from sync.ledger import Ledger, Part, Visit, passing_fields
from sync.operations import read
from sync.pulling import SETS
from sync.reading import obstacles
from sync.sql import compact, upsert
from sync.tables import TABLES

_VISIT, _SET_ROW, _PART, _OP, _DEVICE = TABLES.visit, TABLES.set_row, TABLES.part, TABLES.op, TABLES.device
_PARKED_ON = select(_OP.c.id, _OP.c.line, _OP.c.device, _DEVICE.c.person).where(
    _OP.c.tenant == bindparam("tenant"),
    _OP.c.visit.in_(bindparam("visits", expanding=True)),
    _OP.c.id.is_not(None),
    _DEVICE.c.tenant == _OP.c.tenant,
    _DEVICE.c.no == _OP.c.device,
)


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
    ledger.finish(host, "")


def visit_row(db: Connection, *, tenant: str, visit: str) -> dict[str, object] | None:
    """The visit's row as it travels, with `parts` and `frozen`; None if there is none."""
    found = db.execute(
        select(_SET_ROW.c.json)
        .join(_VISIT, (_VISIT.c.tenant == _SET_ROW.c.tenant) & (_VISIT.c.stream == _SET_ROW.c.stream))
        .where(_VISIT.c.tenant == tenant, _VISIT.c.id == visit, _SET_ROW.c.set == "visits", _SET_ROW.c.id == visit)
    ).scalar()
    return None if found is None else dict(json.loads(found))


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
