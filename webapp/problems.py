"""The one form of an error. `Problem("code", …)` is raised anywhere; here it becomes a page or problem+json, in the person's language.

The words live in static/texts (`problem.<code>`): what happened and what to do. Codes without a status here are answered with 400.
"""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from marshmallow import ValidationError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

log = logging.getLogger("xingping")

STATUS = {
    "bad-request": 400,
    "sign-in": 401,
    "forbidden": 403,
    "cross-site": 403,
    "not-found": 404,
    "method": 405,
    "conflict": 409,
    "too-large": 413,
    "too-many-attempts": 429,
    "internal": 500,
    "not-yet": 501,
    "busy": 503,
}


class Problem(Exception):
    """Something that a person can be told: a code of the catalogue and the facts that its words need."""

    def __init__(self, code: str, status: int | None = None, /, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts
        self.status = status or STATUS.get(code, 400)


def init_app(app: Flask) -> None:
    app.register_error_handler(Problem, answer)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(ValidationError, _from_form)
    app.register_error_handler(DataError, _from_form)
    app.register_error_handler(Exception, _from_bug)


def wants_json() -> bool:
    return (
        request.path.startswith("/sync/")
        or request.is_json
        or request.accept_mimetypes.best_match(
            ["text/html", "application/json", "application/problem+json"], "text/html"
        )
        != "text/html"
    )


def answer(problem: Problem) -> tuple[Response | str, int]:
    from webapp.db import db
    from webapp.texts import t

    db.session.rollback()
    text = t(f"problem.{problem.code}", **problem.facts)
    if wants_json():
        body = {"code": problem.code, "title": text, "status": problem.status} | problem.facts
        response = jsonify(body)
        response.content_type = "application/problem+json"
        return response, problem.status
    return render_template("problem.html", problem=problem, text=text), problem.status


def _from_http(error: HTTPException) -> Any:
    if error.code is not None and error.code < 400:
        return error
    if isinstance(error, RequestEntityTooLarge):
        return answer(Problem("too-large"))
    return answer(
        Problem({404: "not-found", 405: "method", 413: "too-large"}.get(error.code or 400, "bad-request"), error.code)
    )


def _from_form(_error: ValidationError | DataError) -> Any:
    """A form that no page of ours sends, or text that no database keeps (U+0000): pages answer for what a person can mistype."""
    return answer(Problem("bad-request"))


def _from_bug(error: Exception) -> Any:
    mark = secrets.token_hex(4)
    where = request.url_rule.rule if request.url_rule else request.path  # a path can hold a one-time token
    log.exception("unexpected error %s at %s %s", mark, request.method, where, exc_info=error)
    return answer(Problem("internal", mark=mark))
