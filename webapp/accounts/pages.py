"""Sign-in, sign-out, the way home, one's own account, the first administrator, and the people of the body."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from webapp import access, navigation
from webapp.access import Role
from webapp.accounts import acts, devices, passwords, rules, session
from webapp.accounts.forms import NewPersonForm, PersonForm, SetupForm, errors_of
from webapp.accounts.models import Person
from webapp.db import db
from webapp.problems import Problem
from webapp.texts import language, t

bp = Blueprint("accounts", __name__)

navigation.add("/people", icon="users", text="people.title", roles=(Role.administrator,), order=80)

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
            login=username,
            password=request.form.get("password", ""),
            address=request.remote_addr or "",
            browser=request.headers.get("User-Agent", ""),
            instead_of=session.token_of_this_browser(),
        )
    except Problem as problem:
        return render_template(
            "accounts/login.html", username=username, next=request.form.get("next", ""), problem=problem
        ), problem.status
    actor = acts.actor_of(person.tenant, person.id)
    assert actor is not None
    session.begin(token, actor)
    return redirect(_inside(request.form.get("next", "")) or home_of(actor), 303)


@bp.post("/logout")
@access.public
def end() -> Response:
    session.end()
    return redirect(url_for("accounts.login"), 303)


@bp.get("/account")
@access.signed_in
def account() -> str:
    return _account()


@bp.post("/account/language")
@access.signed_in
def speak() -> Response:
    acts.set_language(person=_me(), language=request.form.get("language", ""))
    return redirect(url_for("accounts.account"), 303)


@bp.post("/account/password")
@access.signed_in
def change_password() -> Response | tuple[str, int]:
    token = session.token_of_this_browser()
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        acts.change_password(person=_me(), old=old, new=new, token=token)
    except Problem as problem:
        field = "old" if problem.code == "password-wrong" else "new"
        return _account({field: t(f"problem.{problem.code}", **problem.facts)}), 422
    return redirect(url_for("accounts.account", done="password"), 303)


@bp.post("/account/sign-ins/<id>/end")
@access.signed_in
def end_sign_in(id: str) -> Response:
    acts.end_sign_in(person=_me(), id=id)
    return redirect(url_for("accounts.account", done="sign-in", _anchor="sign-ins"), 303)


@bp.post("/account/tokens/<id>/end")
@access.signed_in
def end_token(id: str) -> Response:
    acts.end_token(person=_me(), id=id)
    return redirect(url_for("accounts.account", done="token", _anchor="tokens"), 303)


@bp.post("/account/devices/<id>/revocation")
@access.signed_in
def lose_device(id: str) -> Response:
    """Lost, stolen, given away: the person's own word is enough."""
    devices.revoke_device(actor=access.actor(), person=access.actor().person, device=id)
    return redirect(url_for("accounts.account", done="device", _anchor="devices"), 303)


@bp.get("/setup/<token>")
@access.public
def setup(token: str) -> str:
    if not acts.setup_open(token):
        raise Problem("setup-used", 410)
    return render_template("accounts/setup.html", token=token, typed={}, errors={}, least=rules.PASSWORD_LEAST)


@bp.post("/setup/<token>")
@access.public
def set_up(token: str) -> Response | tuple[str, int]:
    typed = request.form.to_dict()
    try:
        made = acts.set_up(token=token, **SetupForm().load(typed), language=language())
    except ValidationError as error:
        errors = {name: t(key) for name, key in errors_of(error).items()}
        return _setup(token, typed, errors)
    except Problem as problem:
        if problem.code == "setup-used":
            raise
        db.session.rollback()
        return _setup(token, typed, {field_of(problem): t(f"problem.{problem.code}", **problem.facts)})
    person, cookie = acts.sign_in(login=made.login, password=typed["password"], address="", browser=_browser())
    actor = acts.actor_of(person.tenant, person.id)
    assert actor is not None
    session.begin(cookie, actor)
    return redirect(home_of(actor), 303)


@bp.get("/people")
@access.allow(Role.administrator)
def people() -> str:
    search = request.args.get("q", "").strip()[:100]
    rows = acts.people(search)
    return render_template(
        "accounts/people.html",
        active=[row for row in rows if row[0].ended_at is None],
        ended=[row for row in rows if row[0].ended_at is not None],
        search=search,
    )


@bp.get("/people/new")
@access.allow(Role.administrator)
def new_person() -> str:
    return _person_form({"roles": []}, {})


@bp.post("/people")
@access.allow(Role.administrator)
def create_person() -> str | tuple[str, int]:
    """The answer shows login name and password, this once; they are not kept anywhere in readable form."""
    typed = _typed()
    try:
        form = NewPersonForm().load(typed)
        password = form.pop("password") or passwords.made_up()
        client = form.pop("client")
        person = acts.create_person(**form, password=password, by=access.actor().person)
        acts.assign_client(person=person, client=client)
    except ValidationError as error:
        return _person_form(typed, {name: t(key) for name, key in errors_of(error).items()}), 422
    except Problem as problem:
        db.session.rollback()
        return _person_form(typed, _said(problem)), 422
    return render_template("accounts/password.html", person=person, password=password, new=True)


@bp.get("/people/<id>")
@access.allow(Role.administrator)
def person(id: str) -> str:
    row = acts.person_named(id)
    return _person(row, {}, request.args.get("done", ""))


@bp.post("/people/<id>")
@access.allow(Role.administrator)
def change_person(id: str) -> Response | tuple[str, int]:
    row, typed = acts.person_named(id), _typed()
    try:
        acts.change_person(actor=access.actor(), person=row, **PersonForm().load(typed))
    except ValidationError as error:
        return _person(row, {name: t(key) for name, key in errors_of(error).items()}, typed=typed), 422
    except Problem as problem:
        if problem.code in ("account-ended", "forbidden"):
            raise
        db.session.rollback()
        return _person(acts.person_named(id), _said(problem), typed=typed), 422
    return redirect(url_for("accounts.person", id=id, done="saved"), 303)


@bp.post("/people/<id>/password")
@access.allow(Role.administrator)
def give_password(id: str) -> str | tuple[str, int]:
    """A new password, typed or made up, shown this once. The person is signed out everywhere."""
    row = acts.person_named(id)
    password = request.form.get("password", "") or passwords.made_up()
    try:
        acts.give_password(actor=access.actor(), person=row, password=password)
    except Problem as problem:
        if problem.code in ("account-ended", "forbidden"):
            raise
        return _person(row, _said(problem)), 422
    return render_template("accounts/password.html", person=row, password=password, new=False)


@bp.post("/people/<id>/end")
@access.allow(Role.administrator)
def end_person(id: str) -> Response | tuple[str, int]:
    row, reason = acts.person_named(id), request.form.get("reason", "").strip()
    try:
        if not reason:
            raise Problem("end-reason-missing")
        acts.end_person(person=row, by=access.actor().person, reason=reason)
    except Problem as problem:
        return _person(row, {"reason": t(f"problem.{problem.code}", **problem.facts)}), 422
    return redirect(url_for("accounts.person", id=id), 303)


@bp.post("/people/<id>/devices/<device>/revocation")
@access.allow(Role.administrator)
def revoke_device(id: str, device: str) -> Response:
    devices.revoke_device(actor=access.actor(), person=acts.person_named(id).id, device=device)
    return redirect(url_for("accounts.person", id=id, done="device", _anchor="devices"), 303)


def _typed() -> dict[str, Any]:
    return {**request.form.to_dict(), "roles": request.form.getlist("roles")}


def _said(problem: Problem) -> dict[str, str]:
    return {field_of(problem): t(f"problem.{problem.code}", **problem.facts)}


def _person_form(typed: dict[str, Any], errors: dict[str, str]) -> str:
    return render_template(
        "accounts/new.html",
        typed=typed,
        errors=errors,
        least=rules.PASSWORD_LEAST,
        every=list(Role),
        clients=acts.offered_clients(),
    )


def _person(row: Person, errors: dict[str, str], done: str = "", typed: dict[str, Any] | None = None) -> str:
    held = acts.roles_of(row)
    now_held = {
        "name": row.name,
        "roles": [role.value for role in held],
        "language": row.language,
        "city": row.city or "",
        "position": row.position or "",
        "client": row.client or "",
    }
    return render_template(
        "accounts/person.html",
        person=row,
        roles=held,
        typed=typed or now_held,
        errors=errors,
        done=done,
        every=list(Role),
        least=rules.PASSWORD_LEAST,
        ending=acts.ending_of(row) if row.ended_at else None,
        clients=acts.offered_clients(),
        devices=devices.devices_of(tenant=row.tenant, person=row.id),
    )


def field_of(problem: Problem) -> str:
    """At which field of a form a problem of accounts is shown."""
    words = problem.code.split("-")
    return {"name": "name", "login": "login", "password": "password", "position": "position", "body": "body"}.get(
        words[0], "roles" if problem.code == "last-administrator" else "name"
    )


def _setup(token: str, typed: dict[str, str], errors: dict[str, str]) -> tuple[str, int]:
    page = render_template("accounts/setup.html", token=token, typed=typed, errors=errors, least=rules.PASSWORD_LEAST)
    return page, 422


def _account(errors: dict[str, str] | None = None) -> str:
    person, here = _me(), session.token_of_this_browser()
    return render_template(
        "accounts/account.html",
        person=person,
        roles=acts.roles_of(person),
        sign_ins=[
            (row, rules.browser_words(row.browser), here is not None and row.token_hash == acts.digest(here))
            for row in acts.sign_ins_of(person)
        ],
        tokens=acts.tokens_of(person),
        devices=devices.devices_of(tenant=person.tenant, person=person.id),
        readings=acts.offered_readings(access.actor()),
        errors=errors or {},
        done=request.args.get("done", "") if errors is None else "",
        least=rules.PASSWORD_LEAST,
    )


def _me() -> Person:
    return acts.person_named(access.actor().person)


def _browser() -> str:
    return request.headers.get("User-Agent", "")


def _inside(address: str) -> str | None:
    """Only a path of this house: an address that leads elsewhere is dropped."""
    return address if rules.leads_inside(address) else None
