"""Commands of this room that need no database: `flask score FILE`.

Never here: a rule. The command is the scorer seen from outside; what it prints is the contract's output form.
"""

import json
import sys
from pathlib import Path
from typing import NoReturn

import click

from webapp.schemes.scoring import ScoringError, collector_paused, score_vector


@click.command("score")
@click.argument("file", type=click.Path(path_type=Path))
def score_command(file: Path) -> None:
    """Score the vector FILE and print one JSON object; an error is {"error": CODE} with exit status 1."""
    try:
        output = score_vector(read_json(file))
    except ScoringError as error:
        click.echo(json.dumps({"error": error.code, **error.facts}))
        sys.exit(1)
    click.echo(json.dumps(output))


def read_json(file: Path) -> object:
    """The JSON value in the file, or ScoringError("input-invalid")."""
    try:
        with collector_paused():
            return json.loads(file.read_text(encoding="utf-8-sig"), parse_constant=_no_number)
    except (OSError, ValueError, RecursionError):
        raise ScoringError("input-invalid") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


commands = [score_command]
