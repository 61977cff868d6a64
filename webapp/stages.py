"""The life of an evaluation as its page and the list show it: rooms register stages, panels and columns here, and know nothing of each other.

A stage's name is the text `stage.<code>`. `state` gets the evaluation and the actor and answers None where this person is not told of it;
it must name no mystery visit that the actor may not see. `panel` adds markup to the page: to its middle or to the facts at its side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from markupsafe import Markup

from webapp.rules import Actor


class Group(StrEnum):
    before = "before"
    on_site = "on_site"
    after = "after"


class State(StrEnum):
    to_come = "to_come"
    now = "now"
    done = "done"


class Position(StrEnum):
    main = "main"
    facts = "facts"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where a stage stands. `who` and `text` say whose move it is and what is open, `when` a day or a deadline as shown.

    `link` opens the stage. `action` is the next step of *this* person in words ("settle 3 disputes") and needs a link;
    `mark` is the kind of banner for it: "", "attention" or "dispute".
    """

    state: State
    who: str = ""
    text: str = ""
    when: str = ""
    link: str | None = None
    action: str | None = None
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A stage of one evaluation with its place in the page."""

    code: str
    group: Group
    stage: Stage


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Of one evaluation in one column of the list. `sub` stands small below, `mark` is markup after the text."""

    text: str
    sub: str = ""
    mark: Markup | None = None
    known: bool = True


Ask = Callable[[Any, Actor], Stage | None]
Render = Callable[[Any, Actor], Markup | str | None]
Fill = Callable[[Sequence[Any], Actor], Mapping[str, Mapping[str, Cell]]]

_stages: dict[str, tuple[Group, int, Ask]] = {}
_panels: dict[tuple[Position, str], tuple[int, Render]] = {}
_columns: dict[tuple[str, ...], tuple[int, Fill]] = {}


def add(code: str, *, group: Group, order: int, state: Ask) -> None:
    """Called by a room's pages module, once. `order` counts through all groups: 10 created, 20 team, 30 sample, 40 plan, 50 visits, 60 consolidation."""
    _stages[code] = (group, order, state)


def panel(position: Position, name: str, *, order: int, render: Render) -> None:
    """Called by a room's pages module, once. `render` gives markup made by a template, or None where there is nothing to show."""
    _panels[position, name] = (order, render)


def columns(*names: str, order: int, cells: Fill) -> None:
    """Called by a room's pages module, once: columns of the list of evaluations, their heads the texts `column.<name>`.

    `cells` is asked for all rows of a page at once and answers evaluation → name → cell; who may not know is left out.
    """
    _columns[names] = (order, cells)


def of(evaluation: Any, actor: Actor) -> list[Shown]:
    """The stages of this evaluation that this person is told of, in the order of the work."""
    ordered = sorted(_stages.items(), key=lambda entry: entry[1][1])
    answered = ((code, group, ask(evaluation, actor)) for code, (group, _, ask) in ordered)
    return [Shown(code=code, group=group, stage=stage) for code, group, stage in answered if stage is not None]


def present(shown: list[Shown]) -> Shown | None:
    """Where the work stands: the last stage that goes on, else the first to come; None when all is done."""
    going = [one for one in shown if one.stage.state is State.now]
    return going[-1] if going else next((one for one in shown if one.stage.state is State.to_come), None)


def next_step(shown: list[Shown]) -> Shown | None:
    """The one thing that waits for this person: the first stage going on that has an action for them."""
    return next((one for one in shown if one.stage.state is State.now and one.stage.action and one.stage.link), None)


def panels(position: Position, evaluation: Any, actor: Actor) -> list[Markup]:
    """The panels of one side, in order; empty ones are left out."""
    ordered = sorted((order, name, render) for (place, name), (order, render) in _panels.items() if place is position)
    made = (render(evaluation, actor) for _, _, render in ordered)
    return [Markup(text) for text in made if text]


def cells(evaluations: Sequence[Any], actor: Actor) -> dict[str, dict[str, Cell]]:
    """Name of a column → evaluation → cell, in the order of the columns; a column that nobody fills is left out."""
    found: dict[str, dict[str, Cell]] = {}
    for names, (_, fill) in sorted(_columns.items(), key=lambda entry: entry[1][0]):
        filled = fill(evaluations, actor)
        for name in names:
            column = {id: row[name] for id, row in filled.items() if name in row}
            found |= {name: column} if column else {}
    return found
