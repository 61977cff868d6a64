"""Pages of schemes: the list with the upload, one version to read, its file to take away."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as Answer

from webapp import access, navigation
from webapp.access import Role
from webapp.problems import Problem
from webapp.schemes import acts
from webapp.schemes.forms import UploadForm, conditions, tree
from webapp.schemes.scheme_faults import Fault
from webapp.schemes.scheme_file import faults, read
from webapp.texts import t

bp = Blueprint("schemes", __name__)

READERS = tuple(role for role in Role if role is not Role.client_contact)
navigation.add(
    "/schemes",
    icon="list-tree",
    text="schemes.title",
    roles=(
        Role.scheme_manager,
        Role.administrator,
        Role.planner,
        Role.lead_auditor,
        Role.deliberator,
        Role.decision_maker,
    ),
    order=40,
)


@bp.get("/schemes")
@access.allow(*READERS)
def versions() -> str:
    return _list()


@bp.post("/schemes")
@access.allow(Role.scheme_manager)
def publish() -> Answer | tuple[str, int]:
    """Publish the uploaded file, or say everything that is wrong with it."""
    try:
        form = UploadForm().load(request.files)
    except ValidationError:
        return _list(error=t("schemes.file_missing")), 422
    file: FileStorage = form["file"]
    try:
        body = read(file.stream.read())
        wrong = faults(body)
        if wrong:
            return _list(wrong=wrong, error=t("schemes.faults", n=len(wrong))), 422
        version = acts.publish_scheme(actor=access.actor(), body=body)
    except Problem as problem:
        if problem.code == "forbidden":
            raise
        return _list(
            error=t(f"problem.{problem.code}", **problem.facts)
        ), problem.status if problem.status != 400 else 422
    return redirect(url_for("schemes.version", id=version.id), 303)


@bp.get("/schemes/<id>")
@access.allow(*READERS)
def version(id: str) -> str:
    row = acts.scheme_version(id=id)
    scheme = acts.body_of(row)
    rows = tree(scheme)
    parts = [one for one in rows if one.depth == 0]
    return render_template(
        "schemes/version.html",
        version=row,
        scheme=scheme,
        rows=rows,
        parts=parts,
        publisher=acts.publisher_of(row),
        levels=[(level, conditions(scheme, level)) for level in scheme["levels"]],
    )


@bp.get("/schemes/<id>/file")
@access.allow(*READERS)
def file(id: str) -> Response:
    """The canonical JSON, whose SHA-256 names the version."""
    row = acts.scheme_version(id=id)
    answer = Response(row.body, content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{row.code}-{row.version}.json"'
    return answer


def _list(*, error: str = "", wrong: list[Fault] | None = None) -> str:
    return render_template(
        "schemes/versions.html",
        versions=acts.scheme_versions(),
        may_publish=access.actor().has(Role.scheme_manager),
        error=error,
        wrong=[
            (fault.where or t("schemes.whole_file"), t(f"schemes.fault.{fault.code}", **dict(fault.facts)))
            for fault in wrong or ()
        ],
    )
