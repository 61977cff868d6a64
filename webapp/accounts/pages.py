"""Sign-in, sign-out, the way home, one's own account, the first administrator."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import access
from webapp.access import Role
from webapp.accounts import acts, session
from webapp.problems import Problem

bp = Blueprint("accounts", __name__)

# Where a person's day begins: the first of their roles that has a page of its own.
HOME = (
    (Role.reviewer, "/field/"),
    (Role.lead_auditor, "/evaluations"),
    (Role.planner, "/evaluations"),
    (Role.hq_viewer, "/dashboard"),
    (Role.administrator, "/people"),
    (Role.scheme_manager, "/schemes"),
)


def home_of(actor: access.Actor) -> str:
    if actor.has(Role.lead_auditor):
        return "/evaluations"
    return next((path for role, path in HOME if actor.has(role)), "/account")


@bp.get("/")
@access.public
def home() -> Response:
    actor = access.maybe_actor()
    return redirect(url_for("accounts.login") if actor is None or actor.ended else home_of(actor))


@bp.get("/login")
@access.public
def login() -> str:
    return render_template("accounts/login.html", username="", next=request.args.get("next", ""))


@bp.post("/login")
@access.public
def begin() -> Response | tuple[str, int]:
    username = request.form.get("username", "")
    try:
        person, token = acts.sign_in(
            login=username, password=request.form.get("password", ""), address=request.remote_addr or "", browser=request.headers.get("User-Agent", "")
        )
    except Problem as problem:
        return render_template("accounts/login.html", username=username, next=request.form.get("next", ""), problem=problem), problem.status
    actor = acts.actor_of(person.tenant, person.id)
    assert actor is not None
    session.begin(token, actor)
    return redirect(_inside(request.form.get("next", "")) or home_of(actor), 303)


@bp.post("/logout")
@access.public
def end() -> Response:
    session.end()
    return redirect(url_for("accounts.login"), 303)


def _inside(address: str) -> str | None:
    """Only a path of this house: an address that leads elsewhere is dropped."""
    parts = urlsplit(address)
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme else None
