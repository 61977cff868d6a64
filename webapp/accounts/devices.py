"""A person's devices: what each last said it holds, and taking one out of use when it is lost.

Architecture invariant: nobody takes somebody else's device out of use but an administrator. What was sent before stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sync import store
from webapp import events
from webapp.access import Actor, Role, require
from webapp.problems import Problem
from webapp.sync_host import connection, refusals


@dataclass(frozen=True, kw_only=True)
class Device:
    """`held`: operations and photos that it said it had not sent yet, at its last contact; None: never said."""

    uuid: str
    name: str
    platform: str
    app: str
    seen_at: datetime
    held: int | None
    revoked_at: datetime | None


def devices_of(*, tenant: str, person: str) -> list[Device]:
    """The latest contact first; the desk device that stands for pages of the server is none of a person's."""
    rows = store.devices(connection(), tenant=tenant, people=[person])
    return [
        Device(
            uuid=row.uuid,
            name=row.name,
            platform=row.platform,
            app=row.app,
            seen_at=datetime.fromisoformat(row.seen_at),
            held=None if row.held is None else sum(_count(row.held.get(kind)) for kind in ("operations", "photos")),
            revoked_at=datetime.fromisoformat(row.revoked_at) if row.revoked_at else None,
        )
        for row in rows
        if not row.desk
    ]


def revoke_device(*, actor: Actor, person: str, device: str) -> None:
    """What it still sends is parked, and it pulls nothing. Problems: forbidden, not-found, device-revoked-before."""
    require(actor.person == person or actor.has(Role.administrator))
    row = next((one for one in devices_of(tenant=actor.tenant, person=person) if one.uuid == device), None)
    if row is None:
        raise Problem("not-found", 404)
    if row.revoked_at is not None:
        raise Problem("device-revoked-before", 409)
    with refusals():
        store.revoke_device(connection(), tenant=actor.tenant, device=device)
    events.record("device-revoked", f"person {person}", by=actor.person, device=device, held=row.held)


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
