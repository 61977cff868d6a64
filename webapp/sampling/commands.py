"""`flask sample redraw EVALUATION`: every protocol of an evaluation, drawn again from what the database holds."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from sqlalchemy import or_, select

from webapp.db import db, use_tenant
from webapp.evaluations.models import Evaluation
from webapp.sampling import acts


@click.group("sample")
def sample() -> None:
    """Samples of outlets."""


@sample.command("redraw")
@click.argument("evaluation")
@with_appcontext
def redraw(evaluation: str) -> None:
    """Repeat every draw and replacement of EVALUATION (number or id). Prints `same`, or what differs and ends with 1."""
    query = select(Evaluation).where(or_(Evaluation.number == evaluation, Evaluation.id == evaluation))
    rows = list(db.session.execute(query, execution_options={"any_tenant": True}).scalars())
    if len(rows) != 1:
        raise click.ClickException(
            f"no evaluation {evaluation}: give its number or id as the page shows it"
            if not rows
            else f"{evaluation} is the number of evaluations of several bodies: give the id"
        )
    use_tenant(rows[0].tenant)
    protocols = acts.redraw(rows[0])
    if not protocols:
        raise click.ClickException(f"{rows[0].number} has no frozen list: nothing was drawn yet")
    wrong = [f"{name}: {what}" for name, found in protocols.items() for what in found]
    click.echo("\n".join(wrong) or "same")
    if wrong:
        raise SystemExit(1)


commands = [sample]
