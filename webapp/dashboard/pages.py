"""The dashboard: one read-only page for the body's own people. Client contacts have no route to it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flask import Blueprint, render_template

from webapp import access, navigation
from webapp.access import Role
from webapp.consolidation import words
from webapp.dashboard import chart
from webapp.dashboard.board import LISTED, Board, Entry, board
from webapp.texts import ZONE

bp = Blueprint("dashboard", __name__)
READERS = (Role.hq_viewer, Role.lead_auditor, Role.planner, Role.administrator)
navigation.add("/dashboard", icon="chart-column", text="dashboard.title", roles=READERS, order=90)


@bp.get("/dashboard")
@access.allow(*READERS)
def dashboard() -> str:
    shown = board(access.actor())
    scored = [entry for entry in shown.entries if has_score(entry)]
    return render_template(
        "dashboard/dashboard.html",
        board=shown,
        scored=scored,
        complete=[entry for entry in scored if entry.stands.score["complete"]],
        scales=scales(scored),
        is_provisional=any(entry.stands.version.provisional for entry in shown.entries),
        names=names_of(shown),
        today=shown.at.astimezone(ZONE).toordinal(),
        share=Fraction,
        chart=chart,
        listed=LISTED,
        w=words,
    )


def has_score(entry: Entry) -> bool:
    """Something is answered and there is a total."""
    return not words.nothing_answered(entry.stands.input.results) and entry.stands.score["bounds"][0] is not None


def scales(scored: list[Entry]) -> list[tuple[Any, ...]]:
    """Per scheme version: its axis, its level lines, its evaluations. Scores of two schemes never share a scale."""
    found = []
    for version in dict.fromkeys(entry.stands.version.id for entry in scored):
        rows = [entry for entry in scored if entry.stands.version.id == version]
        scheme = rows[0].stands.scheme
        along = chart.axis(scheme, [entry.stands.score["bounds"] for entry in rows])
        found.append((scheme, along, chart.level_lines(scheme, along), rows))
    return found


def names_of(shown: Board) -> dict[str, str]:
    """Person → name; the same for every evaluation of the body."""
    return next((entry.stands.names for entry in shown.entries), {})
