"""`flask token create USER`, `flask user list`, `flask user end USER`."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from webapp.access import Role
from webapp.accounts import acts
from webapp.accounts.models import Person, PersonRole, Tenant
from webapp.db import db, transaction, use_tenant
from webapp.problems import Problem


def person_named(login: str) -> Person:
    """The person of this login, the session bound to their body; a clear end of the command when there is none."""
    person = acts.person_by_login(login)
    if person is None:
        raise click.ClickException(f"no account {login}: see the page People, or `flask user list`")
    use_tenant(person.tenant)
    return person


@click.group("token")
def token() -> None:
    """Service tokens for programs."""


@token.command("create")
@click.argument("user")
@with_appcontext
def create_token(user: str) -> None:
    """Print a new service token of USER, and nothing else. It is shown this once."""
    with transaction():
        made = acts.create_token(person=person_named(user), by=None)
    click.echo(made)


@click.group("user")
def user() -> None:
    """Accounts."""


@user.command("list")
@with_appcontext
def list_users() -> None:
    """Every account of the installation: login name, body, name, roles, and whether it has ended."""
    everywhere = {"any_tenant": True}
    held: dict[tuple[str, str], set[Role]] = {}
    for row in db.session.execute(select(PersonRole), execution_options=everywhere).scalars():
        held.setdefault((row.tenant, row.person), set()).add(row.role)
    query = select(Person, Tenant.name).join(Tenant, Tenant.id == Person.tenant).order_by(Tenant.name, Person.login)
    for person, body in db.session.execute(query, execution_options=everywhere):
        roles = ",".join(role for role in Role if role in held.get((person.tenant, person.id), ())) or "-"
        click.echo("\t".join((person.login, body, person.name, roles, "ended" if person.ended_at else "active")))


@user.command("end")
@click.argument("login")
@click.option("--reason", default="", help="Kept in the event log and shown on the person's page.")
@with_appcontext
def end_user(login: str, reason: str) -> None:
    """End an account. Its tablets may still deliver; every line is parked for the lead."""
    try:
        with transaction():
            acts.end_person(person=person_named(login), by=None, reason=reason)
    except Problem as problem:
        raise click.ClickException(f"refused: {problem.code}") from problem
    click.echo(f"{login} ended")


commands = [token, user]
