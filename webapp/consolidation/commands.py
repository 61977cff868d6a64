"""`flask visit return|close`, `flask parked list|admit|discard`, `flask evaluation list|freeze|reopen`: the acts of the pages, by name.

`--by` is the login of the lead auditor. What cannot be done ends with the problem's words and exit code 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import with_appcontext

from webapp.accounts import acts as accounts
from webapp.accounts.commands import person_named
from webapp.consolidation import acts
from webapp.db import transaction
from webapp.evaluations import acts as evaluations
from webapp.problems import Problem
from webapp.rules import Actor
from webapp.texts import t

by = click.option("--by", required=True, metavar="USER", help="login of the lead auditor who acts")
because = click.option("--reason", required=True, help="the reason, kept with the act")


@contextmanager
def acting(login: str) -> Iterator[Actor]:
    """The person as actor, in one transaction; a Problem ends the command with its words."""
    try:
        with transaction():
            person = person_named(login)
            actor = accounts.actor_of(person.tenant, person.id)
            if actor is None or actor.ended:
                raise click.ClickException(f"the account {login} has ended")
            yield actor
    except Problem as problem:
        words = f"{problem.code}: {t(f'problem.{problem.code}', **problem.facts)}"
        raise click.ClickException("\n".join([words, *_in_the_way(problem)])) from problem


def _in_the_way(problem: Problem) -> list[str]:
    """What stands against freezing, one a line: VISIT PERSON of an open part, VISIT NAME of a disputed register."""
    parts, registers = problem.facts.get("parts", ()), problem.facts.get("registers", ())
    return [f"open: {visit} {person}" for visit, person in parts] + [
        f"disputed: {visit} {name}" for visit, name in registers
    ]


@click.group("visit")
def visit() -> None:
    """Parts of visits."""


@visit.command("return")
@click.argument("visit")
@click.argument("person")
@by
@because
@click.option("--clause", "clauses", multiple=True, metavar="CODE", help="only this clause or group; may be repeated")
@with_appcontext
def return_part(visit: str, person: str, by: str, reason: str, clauses: tuple[str, ...]) -> None:
    """Return PERSON's part of VISIT: its next round. PERSON is a login or an id."""
    with acting(by) as actor:
        acts.return_part(actor=actor, visit=visit, person=_id(person), reason=reason, clauses=clauses)
    click.echo(f"{person}: returned")


@visit.command("close")
@click.argument("visit")
@click.argument("person")
@by
@because
@with_appcontext
def close_part(visit: str, person: str, by: str, reason: str) -> None:
    """Close PERSON's part of VISIT: nothing more is awaited."""
    with acting(by) as actor:
        acts.close_part(actor=actor, visit=visit, person=_id(person), reason=reason)
    click.echo(f"{person}: closed")


@click.group("parked")
def parked() -> None:
    """Lines of tablets that were not applied."""


@parked.command("list")
@by
@with_appcontext
def list_parked(by: str) -> None:
    """What waits for this lead: DEVICE:N, code, person, key."""
    with acting(by) as actor:
        lines = acts.parked_lines(actor)
    for line in lines:
        click.echo(f"{line.device}:{line.n}\t{line.code}\t{line.person}\t{line.record} {line.key}")


@parked.command("admit")
@click.argument("line", metavar="DEVICE:N")
@by
@because
@with_appcontext
def admit(line: str, by: str, reason: str) -> None:
    """Apply a parked line now, by its author."""
    device, n = _place(line)
    with acting(by) as actor:
        superseded = acts.admit_parked(actor=actor, device=device, n=n, reason=reason)
    click.echo(f"{line}: admitted" + (", already superseded, so nothing changed" if superseded else ""))


@parked.command("discard")
@click.argument("line", metavar="DEVICE:N")
@by
@because
@with_appcontext
def discard(line: str, by: str, reason: str) -> None:
    """A parked line shall not count; its bytes stay."""
    device, n = _place(line)
    with acting(by) as actor:
        acts.discard_parked(actor=actor, device=device, n=n, reason=reason)
    click.echo(f"{line}: discarded")


@click.group("evaluation")
def evaluation() -> None:
    """Evaluations and their frozen versions."""


@evaluation.command("list")
@click.option("--by", required=True, metavar="USER", help="login of somebody who may read them")
@with_appcontext
def list_evaluations(by: str) -> None:
    """Number, id, version and state of every evaluation that USER may read."""
    with acting(by) as actor:
        rows = evaluations.readable_by(actor)
    for row in rows:
        click.echo(f"{row.number}\t{row.id}\tversion {row.version}\t{'frozen' if row.frozen else 'open'}")


@evaluation.command("freeze")
@click.argument("number")
@by
@click.option("--reason", default="", help="asked for when bytes of evidence are missing")
@with_appcontext
def freeze(number: str, by: str, reason: str) -> None:
    """Freeze the present version of evaluation NUMBER."""
    with acting(by) as actor:
        snapshot = acts.freeze_evaluation(
            actor=actor, evaluation=acts.evaluation_numbered(actor, number).id, reason=reason
        )
    click.echo(
        f"{number}: version {snapshot.version} frozen, score {snapshot.score['shown'] or 'open'}, level {snapshot.score['level'] or 'open'}"
    )


@evaluation.command("reopen")
@click.argument("number")
@by
@because
@with_appcontext
def reopen(number: str, by: str, reason: str) -> None:
    """Reopen evaluation NUMBER towards its next version."""
    with acting(by) as actor:
        led = acts.evaluation_numbered(actor, number)
        acts.reopen_evaluation(actor=actor, evaluation=led.id, reason=reason)
        version = led.version
    click.echo(f"{number}: reopened, now version {version}")


def _id(person: str) -> str:
    """The id behind a login; an id stays as it is."""
    row = accounts.person_by_login(person)
    return person if row is None else row.id


def _place(line: str) -> tuple[str, int]:
    device, _, n = line.rpartition(":")
    if not device or not n.isascii() or not n.isdigit():
        raise click.BadParameter("write DEVICE:N, as `flask parked list` shows it")
    return device, int(n)


commands = [visit, parked, evaluation]
