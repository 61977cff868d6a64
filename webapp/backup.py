"""`flask backup FOLDER`: database and evidence, copied while the server runs.

First the database in one consistent piece, then the evidence: files there are only ever added, so every file that the copy names is in it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from webapp.db import db


@click.command("backup")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@with_appcontext
def backup(folder: Path) -> None:
    """Copy database and evidence into FOLDER while the server runs. May be repeated: only new evidence is copied again."""
    folder.mkdir(parents=True, exist_ok=True)
    source: Path = current_app.config["XINGPING_DATA"]
    if folder.resolve() == source.resolve() or source.resolve() in folder.resolve().parents:
        raise click.ClickException("choose a folder outside the data folder")
    if db.engine.dialect.name == "sqlite":
        copy_database(Path(str(db.engine.url.database)), folder / "xingping.db")
        click.echo(f"database: {(folder / 'xingping.db').stat().st_size} bytes, checked")
    else:
        click.echo(f"database: run pg_dump --format=custom --file={folder / 'xingping.dump'} beside this, first")
    copied = sum(copy_file(path, folder / path.relative_to(source)) for path in evidence_of(source))
    click.echo(f"evidence: {copied} new files")
    if (source / "secret.key").exists():
        copy_file(source / "secret.key", folder / "secret.key")
        (folder / "secret.key").chmod(0o600)


def copy_database(source: Path, target: Path) -> None:
    """One consistent piece of a database that others write meanwhile; the older copy stands until the new one is whole."""
    partial = target.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as reading, sqlite3.connect(partial) as writing:
        reading.backup(writing)
    with sqlite3.connect(partial) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise click.ClickException(f"the copy is damaged: {verdict}")
    _synced(partial)
    os.replace(partial, target)


def evidence_of(source: Path) -> Iterator[Path]:
    """Finished evidence; unfinished uploads go on from the tablets."""
    return (
        path
        for path in (source / "evidence").rglob("*")
        if path.is_file() and "upload" not in path.relative_to(source).as_posix()
    )


def copy_file(source: Path, target: Path) -> bool:
    """Whether it was new. A file under this name never changes, so one of the same size is the same."""
    if target.exists() and target.stat().st_size == source.stat().st_size:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    shutil.copyfile(source, partial)
    _synced(partial)
    os.replace(partial, target)
    return True


def _synced(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
