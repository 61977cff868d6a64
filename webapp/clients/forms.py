"""What comes in from the pages of clients. A site's own columns are read by `columns.read`, as in a sheet."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load
from marshmallow.validate import Length


class Trimmed(Schema):
    """Texts without blanks around them; fields that nobody asked for are left."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def trim(self, given: Any, **_: Any) -> dict[str, Any]:
        return {name: given[name].strip() for name in given if isinstance(given[name], str)}


class ClientForm(Trimmed):
    name = fields.String(required=True, validate=Length(1, 200))
    credit_code = fields.String(load_default="", validate=Length(max=40))


class ContactForm(Trimmed):
    name = fields.String(required=True, validate=Length(1, 100))
    duty = fields.String(load_default="", validate=Length(max=100))
    phone = fields.String(load_default="", validate=Length(max=100))
    email = fields.String(load_default="", validate=Length(max=200))


class ClosedForm(Schema):
    """The day from which a site is not visited any more; empty: it is open."""

    class Meta:
        unknown = EXCLUDE

    closed_on = fields.Date(load_default=None, allow_none=True)

    @pre_load
    def empty(self, given: Any, **_: Any) -> dict[str, Any]:
        return {name: given[name].strip() or None for name in given if name == "closed_on"}


def load(schema: Schema, given: Any) -> tuple[dict[str, Any], list[str]]:
    """The values, and the names of the fields that are missing or too long."""
    try:
        return dict(schema.load(given)), []
    except ValidationError as error:
        return {}, [str(name) for name in error.messages_dict]
