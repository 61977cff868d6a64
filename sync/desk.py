"""Answers and settlements made on pages of the server: lines of the person's desk device.

Never here: pages. Nothing made at a desk is parked: it is done, or refused while the person looks on.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, update

from sync.catalogue import RECORDS
from sync.devices import desk_device
from sync.host import Asker, Host, Refused
from sync.ledger import Ledger
from sync.log import append
from sync.operations import Line, read
from sync.sql import compact, new_id, now_ms, stamp
from sync.tables import TABLES

_DEVICE = TABLES.device


def desk_write(
    db: Connection, *, tenant: str, person: str, host: Host, operations: Sequence[Mapping[str, object]]
) -> list[str]:
    """Operations made on a page of the server, as lines of the person's desk device. Gives their ids.

    `{"record", "key", "set", "seen"?, "settlement"?}` each. Refused with `heads-changed` if the heads are not those
    that the page had shown, or with the code that would park a line; then the caller's transaction must end.
    """
    device = desk_device(db, tenant, person)
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
