"""Devices: registered by their user for ever, revoked, and the desk device that stands for the pages of the server.

Never here: what they send.
"""

from collections.abc import Mapping
from uuid import uuid4

from sqlalchemy import Connection, RowMapping, select, update

from sync import chain
from sync.host import Asker, Refused
from sync.sql import epoch, find_device, insert_missing, next_device, now_ms
from sync.tables import TABLES

_DEVICE = TABLES.device


def register(
    db: Connection, *, asker: Asker, device: str, about: Mapping[str, str], readiness: str | None
) -> dict[str, object]:
    """Binds a device to its user, or tells what is known of it. `about`: name, platform, app. Refused: other-user."""
    made_at = now_ms()
    row = find_device(db, asker.tenant, device, lock=True)
    if row is None:
        new = _new(asker.tenant, next_device(db, asker.tenant), device, asker.person, made_at)
        insert_missing(db, _DEVICE, ("tenant", "uuid"), [{**new, **about, "readiness": readiness}])
        row = find_device(db, asker.tenant, device, lock=True)
        assert row is not None
    row = _owned(row, asker)
    told = dict(about) if readiness is None else {**about, "readiness": readiness}
    db.execute(
        update(_DEVICE)
        .where(_DEVICE.c.tenant == asker.tenant, _DEVICE.c.no == row["no"])
        .values(seen_at=made_at, **told)
    )
    return {"device": device, "epoch": epoch(db), "last_n": row["last_n"], "chain": row["chain"].hex()}


def own_device(db: Connection, asker: Asker, uuid: str, *, lock: bool = False) -> RowMapping:
    """The asker's device. Refused: device (not registered), other-user."""
    row = find_device(db, asker.tenant, uuid, lock=lock)
    if row is None:
        raise Refused("device")
    return _owned(row, asker)


def revoke_device(db: Connection, *, tenant: str, device: str) -> None:
    """What this device sends from now on is parked; it pulls nothing."""
    done = db.execute(
        update(_DEVICE).where(_DEVICE.c.tenant == tenant, _DEVICE.c.uuid == device).values(revoked_at=now_ms())
    )
    if done.rowcount != 1:
        raise Refused("device-unknown", device=device)


def desk_device(db: Connection, tenant: str, person: str) -> RowMapping:
    """The desk device of this person in this epoch, locked; made at first use."""
    present = epoch(db)
    mine = (
        select(_DEVICE)
        .where(_DEVICE.c.tenant == tenant, _DEVICE.c.person == person, _DEVICE.c.desk == present)
        .with_for_update()
    )
    row = db.execute(mine).mappings().first()
    if row is None:
        new = _new(tenant, next_device(db, tenant), str(uuid4()), person, now_ms())
        insert_missing(db, _DEVICE, ("tenant", "uuid"), [{**new, "platform": "desk", "desk": present}])
        row = db.execute(mine).mappings().one()
    return row


def _owned(row: RowMapping, asker: Asker) -> RowMapping:
    if row["person"] != asker.person or row["desk"] is not None:
        raise Refused("other-user")
    return row


def _new(tenant: str, no: int, uuid: str, person: str, made_at: int) -> dict[str, object]:
    return {
        "tenant": tenant,
        "no": no,
        "uuid": uuid,
        "person": person,
        "last_n": 0,
        "chain": chain.START,
        "name": "",
        "platform": "",
        "app": "",
        "desk": None,
        "readiness": None,
        "registered_at": made_at,
        "seen_at": made_at,
    }
