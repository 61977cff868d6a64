"""The tables of sync, made on the MetaData of the host so that its migrations create them.

Names begin `sync_`, every key begins with the tenant. Instants are whole milliseconds since 1970 (UTC). `TABLES` is the
package's own copy, which statements are built from: SQL knows tables by name, so the functions of `store` need no setup.
"""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.sql.schema import SchemaItem


@dataclass(frozen=True, slots=True)
class Tables:
    """One attribute per table."""

    state: Table
    stream: Table
    device: Table
    op: Table
    visit: Table
    part: Table
    register: Table
    set_row: Table
    fate: Table
    claim: Table
    upload: Table
    blob: Table


def make_tables(metadata: MetaData) -> Tables:
    """Adds the tables to `metadata` and returns them."""

    def table(name: str, *columns: SchemaItem) -> Table:
        return Table(f"sync_{name}", metadata, *columns, sqlite_with_rowid=False)

    def some(name: str, *columns: str) -> list[Index]:
        # Of few rows, so that the many cost nothing.
        only = text(f"{columns[0]} IS NOT NULL")
        return [Index(name, "tenant", *columns, sqlite_where=only, postgresql_where=only)]

    def key(name: str, kind: type[Text] | type[BigInteger] | type[Integer] = Text) -> Column[object]:
        return Column(name, kind, primary_key=True, autoincrement=False)

    return Tables(
        # Named words of the installation (tenant ""): the epoch.
        state=table("state", key("tenant"), key("name"), Column("value", Text, nullable=False)),
        # A sequence per stream; `no` is its short number inside cursors. Also counts devices ("d:").
        stream=table(
            "stream",
            key("tenant"),
            key("id"),
            Column("no", Integer, nullable=False),
            Column("seq", BigInteger, nullable=False),
            UniqueConstraint("tenant", "no", name="uq_sync_stream_no"),
        ),
        # The short number `no` stands for device and person in every register. `desk`: pages of the server.
        device=table(
            "device",
            key("tenant"),
            key("no", Integer),
            Column("uuid", Text, nullable=False),
            Column("person", Text, nullable=False),
            Column("last_n", BigInteger, nullable=False),
            Column("chain", LargeBinary, nullable=False),
            Column("name", Text, nullable=False),
            Column("platform", Text, nullable=False),
            Column("app", Text, nullable=False),
            Column("desk", Text),
            Column("readiness", Text),
            Column("held", Text),
            Column("registered_at", BigInteger, nullable=False),
            Column("seen_at", BigInteger, nullable=False),
            Column("revoked_at", BigInteger),
            UniqueConstraint("tenant", "uuid", name="uq_sync_device_uuid"),
            Index("ix_sync_device_person", "tenant", "person"),
        ),
        # The log: every line as it came, by place. `id` only where the line owns it; a known line sent again under
        # another number points to the first (`first_device`, `first_n`). `visit` only where it is or was parked.
        op=table(
            "op",
            key("tenant"),
            key("device", Integer),
            key("n", BigInteger),
            Column("id", Text),
            Column("line", LargeBinary, nullable=False),
            Column("chain", LargeBinary, nullable=False),
            Column("status", Text, nullable=False),
            Column("code", Text),
            Column("visit", Text),
            Column("first_device", Integer),
            Column("first_n", BigInteger),
            Column("received_at", BigInteger, nullable=False),
            UniqueConstraint("tenant", "id", name="uq_sync_op_id"),
            *some("ix_sync_op_visit", "visit"),
            *some("ix_sync_op_first", "first_device", "first_n"),
        ),
        # `row` is the host's; the set row that travels is made of it, `frozen` and the parts. `seq`: last register.
        visit=table(
            "visit",
            key("tenant"),
            key("id"),
            Column("stream", Text, nullable=False),
            Column("row", Text, nullable=False),
            Column("frozen", Boolean, nullable=False),
            Column("removed", Boolean, nullable=False),
            Column("digest", Text, nullable=False),
            Column("seq", BigInteger, nullable=False),
            Index("ix_sync_visit_stream", "tenant", "stream"),
        ),
        part=table(
            "part",
            key("tenant"),
            key("visit"),
            key("person"),
            Column("round", Integer, nullable=False),
            Column("state", Text, nullable=False),
            Column("clauses", Text),
            Column("note", Text),
        ),
        # `json` travels as it is. `waiting`: what merging must remember (merge.Register); `devices`: numbers in `json`.
        register=table(
            "register",
            key("tenant"),
            key("stream"),
            key("seq", BigInteger),
            Column("visit", Text, nullable=False),
            Column("name", Text, nullable=False),
            Column("json", Text, nullable=False),
            Column("waiting", Text),
            Column("devices", Text, nullable=False),
            UniqueConstraint("tenant", "visit", "name", name="uq_sync_register_name"),
        ),
        set_row=table(
            "set_row",
            key("tenant"),
            key("stream"),
            key("seq", BigInteger),
            Column("set", Text, nullable=False),
            Column("id", Text, nullable=False),
            Column("json", Text),
            UniqueConstraint("tenant", "stream", "set", "id", name="uq_sync_set_row_id"),
        ),
        # What the author is told of a line that is or was parked.
        fate=table(
            "fate",
            key("tenant"),
            key("person"),
            key("seq", BigInteger),
            Column("device", Integer, nullable=False),
            Column("n", BigInteger, nullable=False),
            Column("id", Text),
            Column("code", Text, nullable=False),
            Column("state", Text, nullable=False),
            Column("reason", Text),
            UniqueConstraint("tenant", "device", "n", name="uq_sync_fate_n"),
        ),
        # That an operation of this person, stored or parked, names this hash for this evidence record.
        claim=table("claim", key("tenant"), key("visit"), key("evidence"), key("person"), key("sha256")),
        upload=table(
            "upload",
            key("tenant"),
            key("id"),
            Column("person", Text, nullable=False),
            Column("visit", Text, nullable=False),
            Column("evidence", Text, nullable=False),
            Column("sha256", Text, nullable=False),
            Column("length", BigInteger, nullable=False),
            Column("received", BigInteger, nullable=False),
            Column("state", Text, nullable=False),
            Column("changed_at", BigInteger, nullable=False),
            Index("ix_sync_upload_record", "tenant", "visit", "evidence"),
        ),
        blob=table("blob", key("tenant"), key("sha256"), Column("bytes", BigInteger, nullable=False)),
    )


TABLES = make_tables(MetaData())
