"""`flask token create USER`, `flask user end USER`."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from webapp.accounts import acts
from webapp.accounts.models import Person
from webapp.db import transaction, use_tenant


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


@user.command("end")
@click.argument("login")
@with_appcontext
def end_user(login: str) -> None:
    """End an account. Its tablets may still deliver; every line is parked for the lead."""
    with transaction():
        acts.end_person(person=person_named(login), by=None)
    click.echo(f"{login} ended")


commands = [token, user]
