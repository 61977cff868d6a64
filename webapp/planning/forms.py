"""What comes in from the pages of the plan."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields
from marshmallow.validate import Length
from werkzeug.datastructures import MultiDict

from webapp.problems import Problem

MANY = ("modes", "people", "team")


class PlanForm(Schema):
    """A form of this room; whatever is missing or malformed is the problem `form-incomplete` with the first field's name."""

    class Meta:
        unknown = EXCLUDE

    def read(self, given: MultiDict[str, str]) -> dict[str, Any]:
        raw: dict[str, Any] = {name: given[name].strip() for name in given if name not in MANY}
        raw |= {name: given.getlist(name) for name in MANY if name in self.fields}
        try:
            return dict(self.load(raw))
        except ValidationError as error:
            raise Problem("form-incomplete", field=next(iter(error.messages_dict))) from error


class VisitForm(PlanForm):
    modes = fields.List(fields.String(validate=Length(1, 20)), load_default=list)
    from_on = fields.Date(required=True)
    to_on = fields.Date(required=True)
    purpose = fields.String(load_default="", validate=Length(max=200))


class NewVisitForm(VisitForm):
    site = fields.String(required=True, validate=Length(1, 64))


class EntryForm(PlanForm):
    """`clauses` as typed: codes with spaces or commas between them."""

    person = fields.String(required=True, validate=Length(1, 64))
    clauses = fields.String(required=True, validate=Length(1, 2000))
    department = fields.String(load_default="", validate=Length(max=200))
    starts = fields.String(required=True)
    ends = fields.String(required=True)

    def read(self, given: MultiDict[str, str]) -> dict[str, Any]:
        values = super().read(given)
        for sign in ",，、;；":
            values["clauses"] = values["clauses"].replace(sign, " ")
        return values | {
            "clauses": values["clauses"].split(),
            "starts": values["starts"][:16],
            "ends": values["ends"][:16],
        }


class TeamForm(PlanForm):
    lead = fields.String(required=True, validate=Length(1, 64))
    team = fields.List(fields.String(), load_default=list)


class AbsenceForm(PlanForm):
    person = fields.String(required=True, validate=Length(1, 64))
    from_on = fields.Date(required=True)
    to_on = fields.Date(required=True)
