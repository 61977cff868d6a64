"""The lead's word on parked lines: admitted, they take effect now; discarded, they never will. Their bytes stay.

Never here: who may say it (the host asks), requests, commits. Acts that cannot be done raise `Refused`.
"""

from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, select, update

from sync.catalogue import ADMISSIBLE
from sync.host import NO_RIGHTS, Asker, Host, Refused
from sync.judging import objections, submits
from sync.ledger import KnownOp, Ledger
from sync.log import rulebook, standing
from sync.operations import read
from sync.tables import TABLES

_OP, _FATE, _DEVICE = TABLES.op, TABLES.fate, TABLES.device


class Admitted(NamedTuple):
    """What an admission did. `superseded`: the operation takes effect but changes nothing."""

    superseded: bool


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
    if rights.knows or row["code"] != "unknown-visit":
        _tell(ledger, row, "admitted", reason)
    ledger.finish(host, author.person, ((visit.id, part.person),) if part else ())
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
