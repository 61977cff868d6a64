"""The field app's shell and who is signed in.

The shell carries nothing of a person: the worker keeps it as "/field/" and answers every address below it, also without network.
What a visit holds comes over sync (sync.md), never through a page here.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, render_template
from flask.wrappers import Response

from webapp import access, assets, navigation
from webapp.access import Actor, Role

bp = Blueprint("fieldwork", __name__)
navigation.add(
    "/field/", icon="tablet-smartphone", text="fieldwork.title", roles=(Role.reviewer, Role.lead_auditor), order=40
)


@bp.get("/field/", defaults={"path": ""})
@bp.get("/field/<path:path>")
@access.public
def shell(path: str) -> str:
    """One page for every address of the field app; which view it shows is decided on the tablet."""
    return render_template("fieldwork/shell.html")


@bp.get("/field/me")
@access.signed_in
def me() -> Response:
    """Who this browser's session belongs to; 401 without one. The sync engine asks before it sends."""
    return jsonify(_told(access.actor()))


@bp.get("/field/who")
@access.public
def who() -> Response:
    """The same as a question that may be answered with nobody: the app asks it at its start, before anybody has signed in."""
    actor = access.maybe_actor()
    return jsonify(None if actor is None else _told(actor))


def _told(actor: Actor) -> dict[str, Any]:
    return {
        "tenant": actor.tenant,
        "person": actor.person,
        "name": actor.name,
        "language": actor.language,
        "roles": sorted(actor.roles),
        "app": assets.version(),
    }
