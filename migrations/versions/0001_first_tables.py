"""The first tables. The event log gets triggers that refuse change and removal."""

import sqlalchemy as sa
from alembic import op

from webapp.events import APPEND_ONLY


revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "client",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_client")),
    )
    op.create_table(
        "event",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_event")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_tenant_subject_at"), ["tenant", "subject", "at"], unique=False)

    op.create_table(
        "failed_sign_in",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_in")),
    )
    with op.batch_alter_table("failed_sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_failed_sign_in_subject_at"), ["subject", "at"], unique=False)

    op.create_table(
        "person",
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("position", sa.String(length=60), nullable=True),
        sa.Column("client", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_person")),
        sa.UniqueConstraint("login", name=op.f("uq_person_login")),
    )
    op.create_table(
        "scheme_version",
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("title_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("provisional", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=True),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_scheme_version")),
        sa.UniqueConstraint("tenant", "code", "version", name=op.f("uq_scheme_version_tenant_code_version")),
        sa.UniqueConstraint("tenant", "sha256", name=op.f("uq_scheme_version_tenant_sha256")),
    )
    op.create_table(
        "setup_address",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_setup_address")),
    )
    op.create_table(
        "sync_blob",
        sa.Column("tenant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "sha256", name=op.f("pk_sync_blob")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sync_claim",
        sa.Column("tenant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("visit", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("evidence", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("person", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "visit", "evidence", "person", "sha256", name=op.f("pk_sync_claim")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sync_device",
        sa.Column("tenant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("last_n", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=True),
        sa.Column("readiness", sa.Text(), nullable=True),
        sa.Column("held", sa.Text(), nullable=True),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "no", name=op.f("pk_sync_device")),
        sa.UniqueConstraint("tenant", "uuid", name="uq_sync_device_uuid"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("sync_device", schema=None) as batch_op:
        batch_op.create_index("ix_sync_device_person", ["tenant", "person"], unique=False)

    op.create_table(
        "sync_fate",
        sa.Column("tenant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("person", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "person", "seq", name=op.f("pk_sync_fate")),
        sa.UniqueConstraint("tenant", "device", "n", name="uq_sync_fate_n"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sync_op",
        sa.Column("tenant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("device", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=True),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("visit", sa.Text(), nullable=True),
        sa.Column("first_device", sa.Integer(), nullable=True),
        sa.Column("first_n", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "device", "n", name=op.f("pk_sync_op")),
        sa.UniqueConstraint("tenant", "id", name="uq_sync_op_id"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("sync_op", schema=None) as batch_op:
        batch_op.create_index(
            "ix_sync_op_first",
            ["tenant", "first_device", "first_n"],
            unique=False,
            sqlite_where=sa.text("first_device IS NOT NULL"),
            postgresql_where=sa.text("first_device IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_sync_op_visit",
            ["tenant", "visit"],
            unique=False,
            sqlite_where=sa.text("visit IS NOT NULL"),
            postgresql_where=sa.text("visit IS NOT NULL"),
        )

    op.create_table(
        "sync_part",
        sa.Column("tenant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("visit", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("person", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("clauses", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "visit", "person", name=op.f("pk_sync_part")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sync_register",
        sa.Column("tenant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("stream", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visit", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("json", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Text(), nullable=True),
        sa.Column("devices", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "stream", "seq", name=op.f("pk_sync_register")),
        sa.UniqueConstraint("tenant", "visit", "name", name="uq_sync_register_name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sync_set_row",
        sa.Column("tenant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("stream", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("set", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("json", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "stream", "seq", name=op.f("pk_sync_set_row")),
        sa.UniqueConstraint("tenant", "stream", "set", "id", name="uq_sync_set_row_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sync_state",
        sa.Column("tenant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", name=op.f("pk_sync_state")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sync_stream",
        sa.Column("tenant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_sync_stream")),
        sa.UniqueConstraint("tenant", "no", name="uq_sync_stream_no"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sync_upload",
        sa.Column("tenant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("visit", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_sync_upload")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("sync_upload", schema=None) as batch_op:
        batch_op.create_index("ix_sync_upload_record", ["tenant", "visit", "evidence"], unique=False)

    op.create_table(
        "sync_visit",
        sa.Column("tenant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_sync_visit")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("sync_visit", schema=None) as batch_op:
        batch_op.create_index("ix_sync_visit_stream", ["tenant", "stream"], unique=False)

    op.create_table(
        "tenant",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
    )
    op.create_table(
        "absence",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "person"], ["person.tenant", "person.id"], name=op.f("fk_absence_tenant_person")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_absence")),
    )
    op.create_table(
        "contact",
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "client"], ["client.tenant", "client.id"], name=op.f("fk_contact_tenant_client")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_contact")),
    )
    op.create_table(
        "evaluation",
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("initial", "surveillance", "recertification", "special", name="kind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("scheme_version", sa.String(length=64), nullable=False),
        sa.Column("lead", sa.String(length=64), nullable=False),
        sa.Column("modes", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "client"], ["client.tenant", "client.id"], name=op.f("fk_evaluation_tenant_client")
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "lead"], ["person.tenant", "person.id"], name=op.f("fk_evaluation_tenant_lead")
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "scheme_version"],
            ["scheme_version.tenant", "scheme_version.id"],
            name=op.f("fk_evaluation_tenant_scheme_version"),
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint("tenant", "number", name=op.f("uq_evaluation_tenant_number")),
    )
    op.create_table(
        "level_held",
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("scheme", sa.String(length=60), nullable=False),
        sa.Column("level", sa.String(length=60), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "client"], ["client.tenant", "client.id"], name=op.f("fk_level_held_tenant_client")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_level_held")),
        sa.UniqueConstraint(
            "tenant", "client", "scheme", "level", name=op.f("uq_level_held_tenant_client_scheme_level")
        ),
    )
    op.create_table(
        "person_role",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "lead_auditor",
                "reviewer",
                "planner",
                "deliberator",
                "decision_maker",
                "hq_viewer",
                "client_contact",
                "scheme_manager",
                "administrator",
                name="role",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "person"], ["person.tenant", "person.id"], name=op.f("fk_person_role_tenant_person")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_person_role")),
        sa.UniqueConstraint("tenant", "person", "role", name=op.f("uq_person_role_tenant_person_role")),
    )
    op.create_table(
        "service_token",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "person"], ["person.tenant", "person.id"], name=op.f("fk_service_token_tenant_person")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_service_token")),
    )
    with op.batch_alter_table("service_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_service_token_token_hash"), ["token_hash"], unique=True)

    op.create_table(
        "sign_in",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "person"], ["person.tenant", "person.id"], name=op.f("fk_sign_in_tenant_person")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_sign_in")),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_token_hash"), ["token_hash"], unique=True)

    op.create_table(
        "site",
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.Enum("hq", "outlet", name="sitekind", native_enum=False, length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column(
            "ownership", sa.Enum("own", "contracted", name="ownership", native_enum=False, length=40), nullable=True
        ),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("lat", sa.Text(), nullable=False),
        sa.Column("lon", sa.Text(), nullable=False),
        sa.Column(
            "datum", sa.Enum("wgs84", "gcj02", "bd09", name="datum", native_enum=False, length=40), nullable=True
        ),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "client"], ["client.tenant", "client.id"], name=op.f("fk_site_tenant_client")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_site")),
        sa.UniqueConstraint("tenant", "client", "code", name=op.f("uq_site_tenant_client_code")),
    )
    op.create_table(
        "frozen_list",
        sa.Column("evaluation", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.Enum("open", "mystery", name="scope", native_enum=False, length=40), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_by", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("outlets", sa.JSON(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("left_out_why", sa.Text(), nullable=False),
        sa.Column("list_sha256", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "evaluation"],
            ["evaluation.tenant", "evaluation.id"],
            name=op.f("fk_frozen_list_tenant_evaluation"),
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_frozen_list")),
    )
    op.create_table(
        "frozen_version",
        sa.Column("evaluation", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened_by", sa.String(length=64), nullable=True),
        sa.Column("reopened_why", sa.Text(), nullable=True),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "evaluation"],
            ["evaluation.tenant", "evaluation.id"],
            name=op.f("fk_frozen_version_tenant_evaluation"),
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_frozen_version")),
        sa.UniqueConstraint(
            "tenant", "evaluation", "version", name=op.f("uq_frozen_version_tenant_evaluation_version")
        ),
    )
    op.create_table(
        "member",
        sa.Column("evaluation", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "evaluation"], ["evaluation.tenant", "evaluation.id"], name=op.f("fk_member_tenant_evaluation")
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "person"], ["person.tenant", "person.id"], name=op.f("fk_member_tenant_person")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_member")),
        sa.UniqueConstraint("tenant", "evaluation", "person", name=op.f("uq_member_tenant_evaluation_person")),
    )
    op.create_table(
        "override",
        sa.Column("evaluation", sa.String(length=64), nullable=False),
        sa.Column("clause", sa.String(length=60), nullable=False),
        sa.Column("loss", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=64), nullable=True),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "evaluation"], ["evaluation.tenant", "evaluation.id"], name=op.f("fk_override_tenant_evaluation")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_override")),
    )
    op.create_table(
        "snapshot",
        sa.Column("evaluation", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scheme", sa.String(length=64), nullable=False),
        sa.Column("input_sha256", sa.String(length=64), nullable=False),
        sa.Column("digests", sa.JSON(), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("score", sa.JSON(), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "evaluation"], ["evaluation.tenant", "evaluation.id"], name=op.f("fk_snapshot_tenant_evaluation")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_snapshot")),
        sa.UniqueConstraint("tenant", "evaluation", "version", name=op.f("uq_snapshot_tenant_evaluation_version")),
    )
    op.create_table(
        "visit",
        sa.Column("evaluation", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.Enum("open", "mystery", name="visitkind", native_enum=False, length=40), nullable=False),
        sa.Column("modes", sa.JSON(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_why", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "evaluation"], ["evaluation.tenant", "evaluation.id"], name=op.f("fk_visit_tenant_evaluation")
        ),
        sa.ForeignKeyConstraint(["tenant", "site"], ["site.tenant", "site.id"], name=op.f("fk_visit_tenant_site")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_visit")),
    )
    op.create_table(
        "draw",
        sa.Column("frozen_list", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("body_nonce", sa.String(length=64), nullable=False),
        sa.Column("client_nonce", sa.String(length=64), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("size_reason", sa.Text(), nullable=True),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "frozen_list"], ["frozen_list.tenant", "frozen_list.id"], name=op.f("fk_draw_tenant_frozen_list")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_draw")),
        sa.UniqueConstraint("tenant", "frozen_list", "number", name=op.f("uq_draw_tenant_frozen_list_number")),
    )
    op.create_table(
        "plan_entry",
        sa.Column("visit", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("clauses", sa.JSON(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("starts", sa.String(length=16), nullable=False),
        sa.Column("ends", sa.String(length=16), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "person"], ["person.tenant", "person.id"], name=op.f("fk_plan_entry_tenant_person")
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "visit"], ["visit.tenant", "visit.id"], name=op.f("fk_plan_entry_tenant_visit")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_plan_entry")),
    )
    op.create_table(
        "visitor",
        sa.Column("visit", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "person"], ["person.tenant", "person.id"], name=op.f("fk_visitor_tenant_person")
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "visit"], ["visit.tenant", "visit.id"], name=op.f("fk_visitor_tenant_visit")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_visitor")),
        sa.UniqueConstraint("tenant", "visit", "person", name=op.f("uq_visitor_tenant_visit_person")),
    )
    op.create_table(
        "drawn",
        sa.Column("draw", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("strata", sa.JSON(), nullable=False),
        sa.Column("rank", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "draw"], ["draw.tenant", "draw.id"], name=op.f("fk_drawn_tenant_draw")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_drawn")),
        sa.UniqueConstraint("tenant", "draw", "code", name=op.f("uq_drawn_tenant_draw_code")),
    )
    op.create_table(
        "pick",
        sa.Column("draw", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["tenant", "draw"], ["draw.tenant", "draw.id"], name=op.f("fk_pick_tenant_draw")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_pick")),
        sa.UniqueConstraint("tenant", "draw", "code", name=op.f("uq_pick_tenant_draw_code")),
    )
    op.create_table(
        "replacement",
        sa.Column("draw", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("code_out", sa.String(length=40), nullable=False),
        sa.Column("code_in", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "draw"], ["draw.tenant", "draw.id"], name=op.f("fk_replacement_tenant_draw")
        ),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_replacement")),
        sa.UniqueConstraint("tenant", "draw", "place", name=op.f("uq_replacement_tenant_draw_place")),
    )

    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("replacement")
    op.drop_table("pick")
    op.drop_table("drawn")
    op.drop_table("visitor")
    op.drop_table("plan_entry")
    op.drop_table("draw")
    op.drop_table("visit")
    op.drop_table("snapshot")
    op.drop_table("override")
    op.drop_table("member")
    op.drop_table("frozen_version")
    op.drop_table("frozen_list")
    op.drop_table("site")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_token_hash"))

    op.drop_table("sign_in")
    with op.batch_alter_table("service_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_token_token_hash"))

    op.drop_table("service_token")
    op.drop_table("person_role")
    op.drop_table("level_held")
    op.drop_table("evaluation")
    op.drop_table("contact")
    op.drop_table("absence")
    op.drop_table("tenant")
    with op.batch_alter_table("sync_visit", schema=None) as batch_op:
        batch_op.drop_index("ix_sync_visit_stream")

    op.drop_table("sync_visit")
    with op.batch_alter_table("sync_upload", schema=None) as batch_op:
        batch_op.drop_index("ix_sync_upload_record")

    op.drop_table("sync_upload")
    op.drop_table("sync_stream")
    op.drop_table("sync_state")
    op.drop_table("sync_set_row")
    op.drop_table("sync_register")
    op.drop_table("sync_part")
    with op.batch_alter_table("sync_op", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_sync_op_visit", sqlite_where=sa.text("visit IS NOT NULL"), postgresql_where=sa.text("visit IS NOT NULL")
        )
        batch_op.drop_index(
            "ix_sync_op_first",
            sqlite_where=sa.text("first_device IS NOT NULL"),
            postgresql_where=sa.text("first_device IS NOT NULL"),
        )

    op.drop_table("sync_op")
    op.drop_table("sync_fate")
    with op.batch_alter_table("sync_device", schema=None) as batch_op:
        batch_op.drop_index("ix_sync_device_person")

    op.drop_table("sync_device")
    op.drop_table("sync_claim")
    op.drop_table("sync_blob")
    op.drop_table("setup_address")
    op.drop_table("scheme_version")
    op.drop_table("person")
    with op.batch_alter_table("failed_sign_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_failed_sign_in_subject_at"))

    op.drop_table("failed_sign_in")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_tenant_subject_at"))

    op.drop_table("event")
    op.drop_table("client")
