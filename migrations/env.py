"""Alembic's way into the application's database. Foreign keys are off while tables are rebuilt, and checked afterwards."""

from alembic import context
from flask import current_app
from sqlalchemy import text

from webapp.db import db

config = context.config
sqlite = db.engine.dialect.name == "sqlite"

with db.engine.connect() as connection:
    if sqlite:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=sqlite,
        transactional_ddl=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite and connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
            raise RuntimeError("a migration broke a reference; nothing was changed")
    connection.commit()
    if sqlite:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.rollback()

assert current_app
