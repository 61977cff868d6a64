"""Commands of the roof, and those that the rooms bring (`commands` in their commands.py). `flask score` and `flask scheme check` open no database."""

from __future__ import annotations

import sqlite3
from copy import copy
from typing import Any

import click
from flask import Flask, jsonify
from flask.cli import with_appcontext
from flask.wrappers import Response
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from sync import store
from webapp import access, assets, backup, events
from webapp.accounts.models import Person, Tenant
from webapp.db import db, transaction, use_tenant
from webapp.sync_host import connection, refusals


@access.public
def healthz() -> Response:
    """Whether this process serves and the database answers."""
    db.session.execute(text("SELECT 1"))
    return jsonify(status="ok", database="ok", app=assets.version())


@click.group("device")
def device() -> None:
    """Tablets and other devices that sync."""


@device.command("list")
@with_appcontext
def list_devices() -> None:
    """Every device: id, person, last contact, state."""
    for tenant in db.session.execute(select(Tenant.id)).scalars().all():
        people = select(Person).where(Person.tenant == tenant)
        names = {one.id: one.name for one in db.session.scalars(people, execution_options={"any_tenant": True})}
        for made in store.devices(connection(), tenant=tenant):
            state = "revoked" if made.revoked_at else "desk" if made.desk else "in use"
            click.echo(
                f"{made.uuid}  {names.get(made.person, made.person)}  {made.name or ''}  {made.seen_at}  {state}"
            )


@device.command("revoke")
@click.argument("uuid")
@with_appcontext
def revoke_device(uuid: str) -> None:
    """Revoke the device of this id: whatever it still delivers is parked for the lead."""
    with transaction():
        for tenant in db.session.execute(select(Tenant.id)).scalars().all():
            if any(made.uuid == uuid for made in store.devices(connection(), tenant=tenant)):
                use_tenant(tenant)
                with refusals():
                    store.revoke_device(connection(), tenant=tenant, device=uuid)
                owner = next(made.person for made in store.devices(connection(), tenant=tenant) if made.uuid == uuid)
                events.record("device-revoked", f"person {owner}", by=None, device=uuid)
                click.echo(f"{uuid} revoked")
                return
    raise click.ClickException(f"no device {uuid}: see `flask device list`")


def init_app(app: Flask) -> None:
    from webapp import doors

    app.add_url_rule("/healthz", "healthz", healthz)
    commands = [device, backup.backup]
    for door in ("commands", "scheme_commands"):
        for module in doors(door):
            commands += module.commands
    for command in commands:
        app.cli.add_command(_saying(command))


def _saying(command: click.Command) -> click.Command:
    """The same command, ending with a sentence where there is no database to work on."""

    def say(context: click.Context) -> Any:
        try:
            return command.invoke(context)
        except (OperationalError, sqlite3.OperationalError) as error:
            raise click.ClickException(
                f"the database does not answer ({getattr(error, 'orig', error)}). "
                "Start `bin/run` once, or set XINGPING_DATA or DATABASE_URL to where it is."
            ) from error

    saying = copy(command)
    saying.invoke = say  # type: ignore[method-assign,assignment]
    return saying
