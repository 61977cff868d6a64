"""What pages of accounts take in. A message of these forms is the key of a text."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from webapp.access import Role
from webapp.texts import LANGUAGES


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE


class PersonForm(_Form):
    """A person as an administrator types it; `roles` are ticks."""

    name = fields.String(required=True, validate=validate.Length(min=1, error="problem.name-missing"))
    roles = fields.List(
        fields.Enum(Role, by_value=True),
        required=True,
        validate=validate.Length(min=1, error="people.missing_roles"),
    )
    language = fields.String(load_default="zh-CN", validate=validate.OneOf(LANGUAGES, error="problem.language-unknown"))
    city = fields.String(load_default="")
    position = fields.String(load_default="")
    client = fields.String(load_default="")


class NewPersonForm(PersonForm):
    """`password` empty: the house makes one up and shows it once."""

    login = fields.String(required=True, validate=validate.Length(min=1, error="problem.login-invalid"))
    password = fields.String(load_default="")


class SetupForm(_Form):
    """The first administrator of an empty installation, and the body's name."""

    body = fields.String(required=True, validate=validate.Length(min=1, error="problem.body-missing"))
    name = fields.String(required=True, validate=validate.Length(min=1, error="problem.name-missing"))
    login = fields.String(required=True, validate=validate.Length(min=1, error="problem.login-invalid"))
    password = fields.String(required=True)


def errors_of(error: ValidationError) -> dict[str, str]:
    """Field → key of a text, one each."""
    messages = error.messages if isinstance(error.messages, dict) else {"name": error.messages}
    return {str(name): _first(message) for name, message in messages.items()}


def _first(message: Any) -> str:
    while not isinstance(message, str):
        message = next(iter(message.values() if isinstance(message, dict) else message))
    return message if "." in message and " " not in message else "problem.bad-request"
