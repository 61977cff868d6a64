"""`flask scheme check FILE` (no database), `flask scheme publish FILE`."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from webapp.access import Actor
from webapp.accounts.acts import actor_of, person_by_login
from webapp.accounts.models import Tenant
from webapp.db import db, transaction, use_tenant
from webapp.problems import Problem
from webapp.schemes import acts
from webapp.schemes.canonical import sha256_of
from webapp.schemes.scheme_faults import Fault
from webapp.schemes.scheme_file import faults, read
from webapp.texts import catalogue

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("scheme")
def scheme() -> None:
    """Scheme versions: check a file, publish it."""


@scheme.command("check")
@FILE
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", help="Language of the words.")
def check(file: Path, lang: str) -> None:
    """Say whether FILE can be published: what is wrong, where, and what to do. Ends with 1 if anything is."""
    click.echo(_checked(file, lang))


@scheme.command("publish")
@FILE
@click.option("--tenant", default=None, help="Id or name of the certification body; not needed where there is one.")
@click.option("--by", default=None, metavar="USER", help="Login of the scheme manager who publishes.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", help="Language of the words.")
@with_appcontext
def publish(file: Path, tenant: str | None, by: str | None, lang: str) -> None:
    """Publish FILE as a version of the body. The same file again changes nothing."""
    _checked(file, lang)
    with transaction():
        actor = _actor(by, lang) if by else None
        if actor is None or tenant is not None:
            chosen = _tenant(tenant)
            if actor is not None and actor.tenant != chosen:
                raise click.ClickException(f"{by} is not of this body")
            use_tenant(chosen)
        try:
            row = acts.publish_scheme(actor=actor, body=read(file.read_bytes()))
        except Problem as problem:
            raise click.ClickException(_words(f"problem.{problem.code}", lang, **problem.facts)) from None
        told = f"{row.code} {row.version} sha256 {row.sha256}"
    click.echo(told)


def _checked(file: Path, lang: str) -> str:
    """What to say of a file that is right; otherwise tells the faults and ends the command."""
    try:
        body = read(file.read_bytes())
        wrong = faults(body)
    except Problem as problem:
        raise click.ClickException(_words(f"problem.{problem.code}", lang, **problem.facts)) from None
    if wrong or not isinstance(body, dict):
        for fault in wrong:
            click.echo(told(fault, lang), err=True)
        raise click.ClickException(_words("schemes.faults", lang, n=len(wrong)))
    leaves = sum(1 for clause in body["clauses"] if clause.get("kind") is not None)
    mark = _words("schemes.check_provisional", lang, why=body["provisional"]) if body.get("provisional") else ""
    return (
        _words("schemes.check_right", lang, code=body["code"], version=body["version"], leaves=leaves, mark=mark)
        + f"\nsha256 {sha256_of(body)}"
    )


def told(fault: Fault, lang: str) -> str:
    where = fault.where or _words("schemes.whole_file", lang)
    return f"{where}: {_words(f'schemes.fault.{fault.code}', lang, **dict(fault.facts))}"


def _words(key: str, lang: str, /, **facts: object) -> str:
    return catalogue("zh-CN" if lang == "zh" else "en")[key].format(**facts)


def _actor(login: str, lang: str) -> Actor:
    person = person_by_login(login)
    if person is None:
        raise click.ClickException(f"no account {login}: see the page People")
    use_tenant(person.tenant)
    actor = actor_of(person.tenant, person.id)
    if actor is None or actor.ended:
        raise click.ClickException(f"the account {login} has ended: name another")
    return actor


def _tenant(wanted: str | None) -> str:
    bodies = db.session.scalars(select(Tenant)).all()
    fitting = [body.id for body in bodies if wanted is None or wanted in (body.id, body.name)]
    if len(fitting) != 1:
        names = ", ".join(f"{body.name} ({body.id})" for body in bodies) or "none yet: start bin/run first"
        raise click.ClickException(f"choose the certification body with --tenant: {names}")
    return fitting[0]


commands = [scheme]
