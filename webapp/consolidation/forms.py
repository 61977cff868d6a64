"""What comes in from the lead's pages: a settlement, a reason, an override. Texts are trimmed; unknown keys are ignored."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_load, pre_load, validate

from webapp.consolidation.rules import JsonObject

OWN = "own"
COUNT = re.compile(r"[0-9]{1,9}")


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE

    @pre_load
    def trim(self, data: Any, **_: Any) -> dict[str, Any]:
        return {key: value.strip() if isinstance(value, str) else value for key, value in data.items()}


class SettlementForm(_Form):
    """`choice`: which of the opinions shown (0, 1, …), or `own` with a value of the lead's; `seen`: the heads that the page had shown."""

    choice = fields.String(required=True, validate=validate.Regexp(r"(?:[0-9]{1,3}|own)\Z"))
    reason = fields.String(required=True, validate=validate.Length(min=1, max=2000))
    seen = fields.String(required=True, validate=validate.Length(min=1))


class ReasonForm(_Form):
    reason = fields.String(required=True, validate=validate.Length(min=1, max=2000))


class ReturnForm(ReasonForm):
    """`clauses`: codes of clauses and groups, with spaces or commas between; none: the whole part."""

    clauses = fields.String(load_default="", validate=validate.Length(max=2000))

    @post_load
    def as_codes(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        codes = re.split(r"[\s,，、;；]+", data["clauses"])
        return data | {"clauses": sorted({code for code in codes if code})}


class SameForm(ReasonForm):
    """`same_as`: the uuid of the special that this one repeats."""

    same_as = fields.UUID(required=True)

    @post_load
    def as_text(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"same_as": str(data["same_as"])}


class FreezeForm(_Form):
    reason = fields.String(load_default="", validate=validate.Length(max=2000))


class OverrideForm(ReasonForm):
    loss = fields.String(required=True, validate=validate.Length(min=1, max=40))


def own_value(clause: JsonObject, checkpoint: str, given: dict[str, str]) -> JsonObject | None:
    """The lead's own value from the fields of the settlement page; None when it is none of this clause's kind."""
    part = next((part for part in clause.get("checkpoints") or () if part["code"] == checkpoint), clause)
    kind, text = part["kind"], {key: value.strip() for key, value in given.items()}
    if text.get("own_excluded") == "1":
        return {"excluded": True}
    if kind == "sample":
        checked, failing = text.get("own_checked", ""), text.get("own_failing", "")
        if COUNT.fullmatch(checked) and COUNT.fullmatch(failing):
            return {"checked": int(checked), "failing": int(failing)}
        return None
    value = text.get("own_value", "")
    if kind == "met":
        return {"met": value == "met"} if value in ("met", "not_met") else None
    if not value:
        return None
    if kind == "ladder":
        return {"step": int(value)} if COUNT.fullmatch(value.removeprefix("-")) else None
    if kind == "matrix":
        return {"reached": None if value == "none" else value}
    return {{"scale": "grade", "measured": "value", "survey": "mean"}[kind]: value}
