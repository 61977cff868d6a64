"""What comes in from the page of the sample: the draw with its picks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields
from marshmallow.validate import Length

from webapp.problems import Problem
from webapp.sampling.rules import CLIENT_NONCE_MOST

PICK = "pick:"


class DrawForm(Schema):
    """Size as typed; empty is the rule's size."""

    class Meta:
        unknown = EXCLUDE

    size = fields.Integer(load_default=None, allow_none=True, strict=False)  # of a text kept short in read
    size_reason = fields.String(load_default="", validate=Length(max=2000))
    reason = fields.String(load_default="", validate=Length(max=2000))
    client_nonce = fields.String(load_default="")

    def read(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Problems: size-unfit, nonce-unfit, reason-long."""
        texts = {name: given[name].strip() if name != "client_nonce" else given[name] for name in given}
        if not texts.get("size"):
            texts.pop("size", None)
        if len(texts.get("size", "")) > 9:
            raise Problem("size-unfit")
        try:
            values: dict[str, Any] = dict(self.load(texts))
        except ValidationError as error:
            raise Problem("size-unfit" if "size" in error.messages_dict else "reason-long", most=2000) from error
        if len(values["client_nonce"]) > CLIENT_NONCE_MOST:
            raise Problem("nonce-unfit", most=CLIENT_NONCE_MOST)
        return values


def picks_in(given: Mapping[str, str]) -> dict[str, str]:
    """Outlets with a reason beside them are picked: code → reason, in the order of the list."""
    return {name[len(PICK) :]: text.strip() for name, text in given.items() if name.startswith(PICK) and text.strip()}
