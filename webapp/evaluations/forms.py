"""What pages of evaluations take in (filters, the form of a new one) and what the sheet for Excel holds."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from marshmallow import EXCLUDE, Schema, fields, post_load, pre_load, validate

from webapp.evaluations import rules
from webapp.evaluations.models import Kind


class Filters(Schema):
    """The query string of the list; an unknown word is as if it were absent, so that an old link still opens."""

    class Meta:
        unknown = EXCLUDE

    q = fields.String(load_default="")
    kind = fields.Enum(Kind, by_value=True, load_default=None)
    lead = fields.String(load_default="")
    order = fields.String(load_default="number")
    way = fields.String(load_default="")
    page = fields.Integer(load_default=1)

    @pre_load
    def _known(self, query: dict[str, Any], **_: Any) -> dict[str, Any]:
        query = {name: value for name, value in query.items() if value}
        known = {"kind": [kind.value for kind in Kind], "order": rules.ORDERS, "way": ("up", "down")}
        query = {name: value for name, value in query.items() if name not in known or value in known[name]}
        if not query.get("page", "1").isdecimal() or len(query.get("page", "1")) > 6:
            del query["page"]
        return query

    @post_load
    def _way(self, query: dict[str, Any], **_: Any) -> dict[str, Any]:
        query["q"] = query["q"].strip()[:100]
        query["way"] = query["way"] or ("down" if query["order"] in ("number", "created") else "up")
        query["page"] = max(1, query["page"])
        return query


class NewEvaluation(Schema):
    """The form of a new evaluation; `team` and `modes` are ticks."""

    class Meta:
        unknown = EXCLUDE

    number = fields.String(required=True, validate=validate.Length(min=1, error="evaluations.missing_number"))
    client = fields.String(required=True, validate=validate.Length(min=1, error="evaluations.missing_client"))
    kind = fields.Enum(Kind, by_value=True, required=True)
    scheme_version = fields.String(required=True, validate=validate.Length(min=1, error="evaluations.missing_scheme"))
    lead = fields.String(required=True, validate=validate.Length(min=1, error="evaluations.missing_lead"))
    team = fields.List(fields.String(), load_default=list)
    modes = fields.List(fields.String(), load_default=list)


def sheet(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """An xlsx file of text cells: nothing that somebody typed ever becomes a formula or a link."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        page = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True})
        widths = [len(word) for word in head]
        for column, word in enumerate(head):
            page.write_string(0, column, word, bold)
        for number, row in enumerate(rows, 1):
            for column, word in enumerate(row):
                page.write_string(number, column, word)
                widths[column] = max(widths[column], len(word))
        for column, width in enumerate(widths):
            page.set_column(column, column, min(60, 4 + width * 1.4))
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, max(1, len(widths) and 1), max(0, len(widths) - 1))
    return file.getvalue()
