"""Commands of the roof, and those that the rooms bring (`commands` in their commands.py). `flask score` and `flask scheme check` open no database."""

from __future__ import annotations

import click
from flask import Flask, jsonify
from flask.wrappers import Response
from sqlalchemy import text

from webapp import access, assets
from webapp.db import db


@access.public
def healthz() -> Response:
    """Whether this process serves and the database answers."""
    db.session.execute(text("SELECT 1"))
    return jsonify(status="ok", database="ok", app=assets.version())


def init_app(app: Flask) -> None:
    from webapp import doors

    app.add_url_rule("/healthz", "healthz", healthz)
    for door in ("commands", "scheme_commands"):
        for module in doors(door):
            for command in module.commands:
                assert isinstance(command, click.Command)
                app.cli.add_command(command)
