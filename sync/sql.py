"""Small statements that the rest of the store shares, built once; instants; the epoch.

Never here: rules. Everything runs on SQLite and PostgreSQL; on SQLite the row locks are no-ops, for the host begins
writing transactions with BEGIN IMMEDIATE.
"""

import json
import secrets
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from operator import itemgetter
from uuid import UUID

from sqlalchemy import (
    Connection,
    Dialect,
    RowMapping,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from sync.tables import TABLES

Row = dict[str, object]


def now_ms() -> int:
    """The server's clock, in milliseconds."""
    return time.time_ns() // 1_000_000


def stamp(ms: int) -> str:
    """An instant as it travels: `2026-11-23T02:11:12.123Z`."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id() -> str:
    """A UUIDv7."""
    bits = now_ms() << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(UUID(int=bits))


def compact(value: object) -> str:
    """JSON as it is stored and sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@cache
def _insert(dialect: str, table: Table, keys: tuple[str, ...], keep: bool) -> postgresql.Insert | sqlite.Insert:
    statement: postgresql.Insert | sqlite.Insert
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    if not keys:
        return statement
    if keep:
        return statement.on_conflict_do_nothing(index_elements=list(keys))
    rest = [column.name for column in table.columns if column.name not in keys]
    return statement.on_conflict_do_update(
        index_elements=list(keys), set_={name: statement.excluded[name] for name in rest}
    )


def upsert(db: Connection, table: Table, keys: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    """Writes whole rows, over those with the same keys."""
    if rows:
        _write(db, _insert(db.dialect.name, table, tuple(keys), False), rows)


def insert_missing(db: Connection, table: Table, keys: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    """Writes rows whose keys do not exist yet."""
    if rows:
        _write(db, _insert(db.dialect.name, table, tuple(keys), True), rows)


def insert_new(db: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Writes rows; one that exists is an error."""
    if rows:
        _write(db, _insert(db.dialect.name, table, (), False), rows)


def each_of(dialect: str, name: str) -> Select[tuple[str]]:
    """For `in_`: the texts of a JSON list given as one parameter; a parameter for each costs more than the query."""
    given = bindparam(name, type_=Text)
    if dialect == "postgresql":
        return select(func.jsonb_array_elements_text(cast(given, postgresql.JSONB)))
    return select(func.json_each(given).table_valued(column("value", Text)).c.value)


def _write(db: Connection, statement: postgresql.Insert | sqlite.Insert, rows: Sequence[Mapping[str, object]]) -> None:
    """Many rows at the price of the driver: the statement is compiled once for the columns of the first row."""
    text, names = _compiled(db.dialect, statement, tuple(rows[0]))
    if names is None:
        db.exec_driver_sql(text, list(map(dict, rows)))
    else:
        db.exec_driver_sql(text, list(map(itemgetter(*names), rows)))


@lru_cache(maxsize=200)
def _compiled(
    dialect: Dialect, statement: postgresql.Insert | sqlite.Insert, columns: tuple[str, ...]
) -> tuple[str, tuple[str, ...] | None]:
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    return str(compiled), tuple(compiled.positiontup or ()) if compiled.positional else None


_STREAM = TABLES.stream
_LOCK = (
    select(_STREAM.c.id, _STREAM.c.seq)
    .where(_STREAM.c.tenant == bindparam("tenant"), _STREAM.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_STREAM.c.id)
    .with_for_update()
)
_ADVANCE = (
    update(_STREAM)
    .where(_STREAM.c.tenant == bindparam("b_tenant"), _STREAM.c.id == bindparam("b_id"))
    .values(seq=bindparam("b_seq"))
)
_COUNT = (
    update(_STREAM)
    .where(_STREAM.c.tenant == bindparam("b_tenant"), _STREAM.c.id == bindparam("b_id"))
    .values(seq=_STREAM.c.seq + 1)
    .returning(_STREAM.c.seq)
)
# Streams whose sequence only counts: short numbers of streams and of devices.
_STREAMS, _DEVICES = "#streams", "#devices"


def lock_streams(db: Connection, tenant: str, ids: Collection[str]) -> dict[str, int]:
    """Takes the row locks in the order of ids and gives the sequence of each; a new stream starts at 0."""
    found = _locked(db, tenant, ids)
    missing = [each for each in ids if each not in found]
    if missing:
        rows = [{"tenant": tenant, "id": each, "no": _next(db, tenant, _STREAMS), "seq": 0} for each in missing]
        insert_missing(db, _STREAM, ("tenant", "id"), rows)
        found = _locked(db, tenant, ids)
    return found


def advance_streams(db: Connection, tenant: str, seqs: Mapping[str, int]) -> None:
    """Writes the sequences reached."""
    if seqs:
        db.execute(_ADVANCE, [{"b_tenant": tenant, "b_id": each, "b_seq": seq} for each, seq in seqs.items()])


def next_device(db: Connection, tenant: str) -> int:
    """A new short number of a device."""
    return _next(db, tenant, _DEVICES)


def _locked(db: Connection, tenant: str, ids: Iterable[str]) -> dict[str, int]:
    return {row.id: row.seq for row in db.execute(_LOCK, {"tenant": tenant, "ids": sorted(ids)})}


def _next(db: Connection, tenant: str, counter: str) -> int:
    no = {_STREAMS: -1, _DEVICES: -2}[counter]
    found = db.execute(_COUNT, {"b_tenant": tenant, "b_id": counter}).scalar()
    if found is None:
        insert_missing(db, _STREAM, ("tenant", "id"), [{"tenant": tenant, "id": counter, "no": no, "seq": 0}])
        found = db.execute(_COUNT, {"b_tenant": tenant, "b_id": counter}).scalar_one()
    return int(found)


_STATE = TABLES.state
_EPOCH = {"tenant": "", "name": "epoch"}


def find_epoch(db: Connection) -> str | None:
    """The epoch, if the database has one yet."""
    found = db.execute(select(_STATE.c.value).where(_STATE.c.tenant == "", _STATE.c.name == "epoch")).scalar()
    return None if found is None else str(found)


def epoch(db: Connection) -> str:
    """The epoch of this database; made at first use, in a writing transaction."""
    found = find_epoch(db)
    if found is None:
        insert_missing(db, _STATE, ("tenant", "name"), [{**_EPOCH, "value": secrets.token_hex(16)}])
        found = find_epoch(db)
        assert found is not None
    return found


def new_epoch(db: Connection) -> str:
    """A new random epoch: after a restore, devices send again what the server lost."""
    upsert(db, _STATE, ("tenant", "name"), [{**_EPOCH, "value": secrets.token_hex(16)}])
    return epoch(db)


_DEVICE = TABLES.device
_BY_UUID = select(_DEVICE).where(_DEVICE.c.tenant == bindparam("tenant"), _DEVICE.c.uuid == bindparam("uuid"))
_BY_UUID_LOCKED = _BY_UUID.with_for_update()
_PERSONS = select(_DEVICE.c.no, _DEVICE.c.uuid, _DEVICE.c.person).where(
    _DEVICE.c.tenant == bindparam("tenant"), _DEVICE.c.no.in_(bindparam("nos", expanding=True))
)


def find_device(db: Connection, tenant: str, uuid: str, *, lock: bool = False) -> RowMapping | None:
    """The row of a device."""
    statement = _BY_UUID_LOCKED if lock else _BY_UUID
    return db.execute(statement, {"tenant": tenant, "uuid": uuid}).mappings().first()


def device_owners(db: Connection, tenant: str, nos: Collection[int]) -> dict[int, tuple[str, str]]:
    """Short number → (uuid, person)."""
    if not nos:
        return {}
    rows = db.execute(_PERSONS, {"tenant": tenant, "nos": sorted(nos)})
    return {row.no: (row.uuid, row.person) for row in rows}
