"""What the host's pages read: heads, digests, parts, parked lines, devices, and what stands in the way of freezing.

Never here: a change. Queries are constant in number, whatever the number of visits.
"""

import json
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, Select, bindparam, select

from sync import digest, merge
from sync.catalogue import policy
from sync.operations import read
from sync.sql import device_owners, stamp
from sync.tables import TABLES

_REGISTER, _VISIT, _PART, _OP, _DEVICE, _FATE, _UPLOAD = (
    TABLES.register,
    TABLES.visit,
    TABLES.part,
    TABLES.op,
    TABLES.device,
    TABLES.fate,
    TABLES.upload,
)
_HEADS = select(_REGISTER.c.visit, _REGISTER.c.name, _REGISTER.c.json, _REGISTER.c.devices).where(
    _REGISTER.c.tenant == bindparam("tenant"), _REGISTER.c.visit.in_(bindparam("visits", expanding=True))
)


class Head(NamedTuple):
    """A head of a register. `at`: the device's clock; `reason`: of a settlement."""

    op: str
    person: str
    device: str
    at: str
    value: object
    reason: str | None


class PartOf(NamedTuple):
    """A person's part of a visit."""

    person: str
    round: int
    state: str
    clauses: list[str] | None
    note: str | None


class Parked(NamedTuple):
    """A line that is or was parked. What of it cannot be read is empty."""

    device: str
    n: int
    id: str | None
    person: str
    visit: str
    record: str
    key: str
    set: dict[str, object]
    settlement: str | None
    at: str
    received_at: str
    code: str
    state: str
    reason: str | None


class DeviceRow(NamedTuple):
    """A device as the lead and its owner see it; `held` is what it last said it still holds."""

    no: int
    uuid: str
    person: str
    name: str
    platform: str
    app: str
    desk: bool
    readiness: dict[str, object] | None
    held: dict[str, object] | None
    last_n: int
    registered_at: str
    seen_at: str
    revoked_at: str | None


class Obstacles(NamedTuple):
    """What stands in the way of freezing; missing bytes only ask for a reason."""

    open_parts: list[tuple[str, str]]
    disputed: list[tuple[str, str]]
    missing: list[tuple[str, str]]


def heads(
    db: Connection, *, tenant: str, visits: Collection[str], names: Collection[str] | None = None
) -> dict[str, dict[str, list[Head]]]:
    """The heads of every register (or of those with these names), by visit and name; every visit asked for is there."""
    return _heads(db, tenant, visits, _HEADS if names is None else _HEADS.where(_REGISTER.c.name.in_(names)))


def digests(db: Connection, *, tenant: str, visits: Collection[str]) -> dict[str, str]:
    """The digest of each visit."""
    rows = db.execute(select(_VISIT.c.id, _VISIT.c.digest).where(_VISIT.c.tenant == tenant, _VISIT.c.id.in_(visits)))
    return {row.id: row.digest for row in rows}


def parts(db: Connection, *, tenant: str, visits: Collection[str]) -> dict[str, list[PartOf]]:
    """The parts of each visit, by person."""
    found: dict[str, list[PartOf]] = {visit: [] for visit in visits}
    rows = db.execute(
        select(_PART).where(_PART.c.tenant == tenant, _PART.c.visit.in_(visits)).order_by(_PART.c.visit, _PART.c.person)
    )
    for row in rows:
        clauses = None if row.clauses is None else json.loads(row.clauses)
        found[row.visit].append(PartOf(row.person, row.round, row.state, clauses, row.note))
    return found


def obstacles(db: Connection, *, tenant: str, visits: Collection[str]) -> Obstacles:
    """Open parts, disputed registers and evidence whose bytes have not come."""
    opened = [
        (visit, part.person)
        for visit, found in sorted(parts(db, tenant=tenant, visits=visits).items())
        for part in found
        if part.state == "open"
    ]
    disputed = [
        (visit, name)
        for visit, registers in sorted(heads(db, tenant=tenant, visits=visits).items())
        for name, found in sorted(registers.items())
        if state_of(name, found) == "disputed"
    ]
    return Obstacles(opened, disputed, missing_evidence(db, tenant=tenant, visits=visits))


def state_of(name: str, found: Collection[Head]) -> str:
    """`open`, `agreed` or `disputed`, for a register's name and its heads."""
    record, field = name.split("/", maxsplit=1)[0], name.rsplit("/", 1)[1]
    return merge.state(policy(record, field), (digest.canonical(head.value) for head in found))


def parked(db: Connection, *, tenant: str, visits: Collection[str] | None = None) -> list[Parked]:
    """Lines that are or were parked, oldest first; of some visits, or all (also those whose visit is unreadable)."""
    statement = (
        select(_OP, _DEVICE.c.uuid, _DEVICE.c.person, _FATE.c.reason)
        .join(_DEVICE, (_DEVICE.c.tenant == _OP.c.tenant) & (_DEVICE.c.no == _OP.c.device))
        .outerjoin(_FATE, (_FATE.c.tenant == _OP.c.tenant) & (_FATE.c.device == _OP.c.device) & (_FATE.c.n == _OP.c.n))
        .where(_OP.c.tenant == tenant, _OP.c.code.is_not(None))
        .order_by(_OP.c.received_at, _OP.c.device, _OP.c.n)
    )
    if visits is not None:
        statement = statement.where(_OP.c.visit.in_(visits))
    found = []
    for row in db.execute(statement):
        line = read(row.line)
        key = f"{line.visit}/{line.rest}" if line.rest else line.visit
        what = (line.visit, line.record, key, line.set, line.settlement, line.at)
        when = stamp(row.received_at)
        found.append(Parked(row.uuid, row.n, line.id, row.person, *what, when, row.code, row.status, row.reason))
    return found


def devices(db: Connection, *, tenant: str, people: Collection[str] | None = None) -> list[DeviceRow]:
    """Devices of some people, or all, the latest contact first."""
    statement = select(_DEVICE).where(_DEVICE.c.tenant == tenant).order_by(_DEVICE.c.seen_at.desc(), _DEVICE.c.no)
    if people is not None:
        statement = statement.where(_DEVICE.c.person.in_(people))
    return [
        DeviceRow(
            row.no,
            row.uuid,
            row.person,
            row.name,
            row.platform,
            row.app,
            row.desk is not None,
            None if row.readiness is None else json.loads(row.readiness),
            None if row.held is None else json.loads(row.held),
            row.last_n,
            stamp(row.registered_at),
            stamp(row.seen_at),
            None if row.revoked_at is None else stamp(row.revoked_at),
        )
        for row in db.execute(statement)
    ]


def missing_evidence(db: Connection, *, tenant: str, visits: Collection[str]) -> list[tuple[str, str]]:
    """Evidence records (visit, uuid), not withdrawn, whose bytes are not safe."""
    found = _heads(db, tenant, visits, _HEADS.where(_REGISTER.c.name.like("evidence/%")))
    safe = _safe(db, tenant, visits)
    missing = []
    for visit, registers in sorted(found.items()):
        for name, hashes in sorted(registers.items()):
            _, evidence, field = name.split("/")
            if field != "sha256" or not hashes:
                continue
            withdrawn = registers.get(f"evidence/{evidence}/withdrawn", [])
            if {head.value for head in withdrawn} != {True} and not any(
                (visit, evidence, head.person, head.value) in safe for head in hashes
            ):
                missing.append((visit, evidence))
    return missing


def evidence_hash(db: Connection, *, tenant: str, visit: str, evidence: str) -> str | None:
    """The hash of an evidence record's bytes, if they are safe: uploaded for this very record by its author."""
    name = f"evidence/{evidence}/sha256"
    found = _heads(db, tenant, [visit], _HEADS.where(_REGISTER.c.name == name))
    safe = _safe(db, tenant, [visit]) if found[visit] else set()
    for head in found[visit].get(name, []):
        if (visit, evidence, head.person, head.value) in safe:
            return str(head.value)
    return None


def _heads(
    db: Connection, tenant: str, visits: Collection[str], statement: Select[tuple[str, str, str, str]]
) -> dict[str, dict[str, list[Head]]]:
    rows = db.execute(statement, {"tenant": tenant, "visits": list(visits)}).all()
    numbers = {int(no) for row in rows for no in row.devices.split(",") if no}
    owners = device_owners(db, tenant, numbers)
    found: dict[str, dict[str, list[Head]]] = {visit: {} for visit in visits}
    for row in rows:
        shown = found[row.visit][row.name] = []
        for op, no, at, value, *reason in json.loads(row.json)[3]:
            uuid, person = owners[no]
            shown.append(Head(op, person, uuid, at, value, reason[0] if reason else None))
    return found


def _safe(db: Connection, tenant: str, visits: Collection[str]) -> set[tuple[str, str, str, object]]:
    rows = db.execute(
        select(_UPLOAD.c.visit, _UPLOAD.c.evidence, _UPLOAD.c.person, _UPLOAD.c.sha256).where(
            _UPLOAD.c.tenant == tenant, _UPLOAD.c.visit.in_(visits), _UPLOAD.c.state == "safe"
        )
    )
    return {(row.visit, row.evidence, row.person, row.sha256) for row in rows}
