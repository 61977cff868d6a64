"""A pull: what has changed in the asker's streams since a cursor, one page at a time, from one snapshot.

Never here: HTTP, a write. Pages go by (stream, number); fates, digests and `last_n` count on the last page only.
Registers travel as they are stored: their JSON is joined, never read.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, bindparam, select

from sync.cursor import Position, seal, unseal
from sync.devices import own_device
from sync.host import Asker, Host, Refused
from sync.sql import compact, device_owners, find_epoch
from sync.tables import TABLES

SETS = ("evaluations", "schemes", "sites", "visits", "people", "criteria", "carried_over")
_STREAM, _REGISTER, _SET_ROW, _VISIT, _FATE, _OP = (
    TABLES.stream,
    TABLES.register,
    TABLES.set_row,
    TABLES.visit,
    TABLES.fate,
    TABLES.op,
)
_STREAMS = (
    select(_STREAM.c.id, _STREAM.c.no, _STREAM.c.seq)
    .where(_STREAM.c.tenant == bindparam("tenant"), _STREAM.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_STREAM.c.no)
)
_LEFT = select(_STREAM.c.id).where(
    _STREAM.c.tenant == bindparam("tenant"), _STREAM.c.no.in_(bindparam("nos", expanding=True))
)
_REGISTERS = (
    select(_REGISTER.c.seq, _REGISTER.c.visit, _REGISTER.c.json, _REGISTER.c.devices)
    .where(
        _REGISTER.c.tenant == bindparam("tenant"),
        _REGISTER.c.stream == bindparam("stream"),
        _REGISTER.c.seq > bindparam("after"),
    )
    .order_by(_REGISTER.c.seq)
    .limit(bindparam("most"))
)
_ROWS = (
    select(_SET_ROW.c.seq, _SET_ROW.c.set, _SET_ROW.c.id, _SET_ROW.c.json)
    .where(
        _SET_ROW.c.tenant == bindparam("tenant"),
        _SET_ROW.c.stream == bindparam("stream"),
        _SET_ROW.c.seq > bindparam("after"),
    )
    .order_by(_SET_ROW.c.seq)
    .limit(bindparam("most"))
)
_LIVE = select(_SET_ROW.c.set, _SET_ROW.c.id, _SET_ROW.c.stream).where(
    _SET_ROW.c.tenant == bindparam("tenant"),
    _SET_ROW.c.stream.in_(bindparam("streams", expanding=True)),
    _SET_ROW.c.json.is_not(None),
)
_HAVE = _LIVE.where(_SET_ROW.c.id.in_(bindparam("ids", expanding=True)))
_DIGESTS = select(_VISIT.c.id, _VISIT.c.digest, _VISIT.c.stream, _VISIT.c.seq).where(
    _VISIT.c.tenant == bindparam("tenant"),
    _VISIT.c.stream.in_(bindparam("streams", expanding=True)),
    _VISIT.c.removed.is_(False),
)
_FATES = (
    select(_FATE)
    .where(
        _FATE.c.tenant == bindparam("tenant"), _FATE.c.person == bindparam("person"), _FATE.c.seq > bindparam("after")
    )
    .order_by(_FATE.c.seq)
)
_COPIES = select(_OP.c.n, _OP.c.first_device, _OP.c.first_n).where(
    _OP.c.tenant == bindparam("tenant"),
    _OP.c.device == bindparam("device"),
    _OP.c.first_device.in_(bindparam("devices", expanding=True)),
    _OP.c.first_n.in_(bindparam("numbers", expanding=True)),
)


class _Stream(NamedTuple):
    id: str
    no: int
    seq: int


@dataclass(slots=True)
class _Page:
    """What goes into one answer."""

    registers: dict[str, list[str]] = made(default_factory=dict)
    sets: dict[str, dict[str, str]] = made(default_factory=lambda: {name: {} for name in SETS})
    devices: set[int] = made(default_factory=set)
    gone: list[str] = made(default_factory=list)
    tombs: list[tuple[str, str, str]] = made(default_factory=list)


def pull(db: Connection, *, asker: Asker, host: Host, key: bytes, device: str, cursor: str | None, limit: int) -> str:
    """The answer's JSON. Refused: device, other-user, deliver-only, no-scope. `limit` is brought into 1…10,000."""
    own = own_device(db, asker, device)
    if asker.ended or own["revoked_at"] is not None:
        raise Refused("deliver-only")
    scope = host.streams(db, asker)
    if scope is None:
        raise Refused("no-scope")
    epoch = find_epoch(db) or ""
    bound = compact([epoch, asker.tenant, asker.person, device])
    position = unseal(cursor, key=key, bound=bound) if cursor else None
    if position is None:
        position = Position({}, {}, reset=True)
    mine = f"u:{asker.person}"
    rows = db.execute(_STREAMS, {"tenant": asker.tenant, "ids": [*scope, mine]})
    streams = [_Stream(row.id, row.no, row.seq) for row in rows]
    shared = [stream for stream in streams if stream.id != mine]
    page, read = _Page(), {stream.no: position.read.get(stream.no, 0) for stream in streams}
    base = {**position.read, **position.base}
    _leave(db, asker.tenant, position.read.keys() - read.keys(), shared, page)
    more = _fill(db, asker.tenant, shared, read=read, limit=min(max(limit, 1), 10_000), page=page)
    _bury(db, asker.tenant, shared, page)
    parked: list[dict[str, object]] = []
    digests: dict[str, str] = {}
    if more:
        after = Position(read, {no: base.get(no, 0) for no in read if base.get(no, 0) != read[no]}, position.reset)
    else:
        parked = _fates(db, asker, own, sum(base.get(s.no, 0) for s in streams if s.id == mine))
        digests = _digests(db, asker.tenant, shared, base)
        after = Position({stream.no: stream.seq for stream in streams}, {})
    page.devices.update(int(str(fate["device"])) for fate in parked)
    owners = device_owners(db, asker.tenant, page.devices)
    registers = ",".join(
        f'{{"visit":{compact(visit)},"rows":[{",".join(rows)}]}}' for visit, rows in page.registers.items()
    )
    sets = ",".join(f'"{name}":[{",".join(found.values())}]' for name, found in page.sets.items())
    return (
        f'{{"epoch":{compact(epoch)},"cursor":{compact(seal(after, key=key, bound=bound))}'
        f',"more":{compact(more)},"reset":{compact(position.reset)}'
        f',"self":{own["no"]},"last_n":{own["last_n"]},"chain":"{own["chain"].hex()}"'
        f',"sets":{{{sets}}},"devices":{compact(owners)},"registers":[{registers}]'
        f',"parked":{compact(parked)},"gone":{compact(page.gone)},"digests":{compact(digests)}}}'
    )


def _fill(
    db: Connection, tenant: str, streams: Sequence[_Stream], *, read: dict[int, int], limit: int, page: _Page
) -> bool:
    """Takes up to `limit` registers and rows in the order of (stream, number); whether there are more."""
    for stream in streams:
        after = read[stream.no]
        if after >= stream.seq:
            continue
        if limit == 0:
            return True
        params = {"tenant": tenant, "stream": stream.id, "after": after, "most": limit + 1}
        registers = list(db.execute(_REGISTERS, params))
        rows = list(db.execute(_ROWS, params))
        last = stream.seq
        if len(registers) + len(rows) > limit:
            last = sorted([each.seq for each in registers] + [each.seq for each in rows])[limit - 1]
        for each in registers:
            if each.seq <= last:
                page.registers.setdefault(each.visit, []).append(each.json)
                page.devices.update(map(int, filter(None, each.devices.split(","))))
                limit -= 1
        for each in rows:
            if each.seq > last:
                continue
            limit -= 1
            if each.json is not None:
                page.sets[each.set][each.id] = each.json
            elif after > 0:
                page.tombs.append((stream.id, each.set, each.id))
        read[stream.no] = last
        if last < stream.seq and limit == 0:
            return True
    return False


def _leave(db: Connection, tenant: str, left: Collection[int], streams: Sequence[_Stream], page: _Page) -> None:
    """Streams that are no longer in scope: their visits are gone, their other rows are removed."""
    if not left:
        return
    ids = list(db.execute(_LEFT, {"tenant": tenant, "nos": list(left)}).scalars())
    page.gone = list(db.execute(_DIGESTS, {"tenant": tenant, "streams": ids}).scalars())
    page.tombs += [
        (row.stream, row.set, row.id)
        for row in db.execute(_LIVE, {"tenant": tenant, "streams": ids})
        if row.set != "visits"
    ]


def _bury(db: Connection, tenant: str, streams: Sequence[_Stream], page: _Page) -> None:
    """A row that went away is removed, unless another stream in scope has it."""
    if not page.tombs:
        return
    params = {
        "tenant": tenant,
        "streams": [stream.id for stream in streams],
        "ids": list({row_id for _, _, row_id in page.tombs}),
    }
    live = {(row.set, row.id) for row in db.execute(_HAVE, params)}
    for _, kind, row_id in page.tombs:
        if (kind, row_id) not in live:
            page.sets[kind][row_id] = compact({"id": row_id, "removed": True})


def _fates(db: Connection, asker: Asker, own: RowMapping, after: int) -> list[dict[str, object]]:
    """What changed in the fates of the user's operations, by the asking device's own numbers where it has them."""
    rows = list(db.execute(_FATES, {"tenant": asker.tenant, "person": asker.person, "after": after}))
    if not rows:
        return []
    params = {
        "tenant": asker.tenant,
        "device": own["no"],
        "devices": list({row.device for row in rows}),
        "numbers": list({row.n for row in rows}),
    }
    copies: dict[tuple[int, int], list[int]] = {}
    for copy in db.execute(_COPIES, params):
        copies.setdefault((copy.first_device, copy.first_n), []).append(copy.n)
    found = []
    for row in rows:
        places = [(own["no"], n) for n in copies.get((row.device, row.n), [])]
        if row.device == own["no"] or not places:
            places.append((row.device, row.n))
        found += [
            {"id": row.id, "device": no, "n": n, "code": row.code, "state": row.state, "reason": row.reason}
            for no, n in places
        ]
    return found


def _digests(db: Connection, tenant: str, streams: Sequence[_Stream], base: Mapping[int, int]) -> dict[str, str]:
    """The digests of visits changed since the last complete pull; of a stream new in scope, all."""
    since = {stream.id: base.get(stream.no, 0) for stream in streams if stream.seq > base.get(stream.no, 0)}
    if not since:
        return {}
    rows = db.execute(_DIGESTS, {"tenant": tenant, "streams": list(since)})
    return {row.id: row.digest for row in rows if since[row.stream] == 0 or row.seq > since[row.stream]}
