"""The demo world: made once through the real acts, its logins, and demo.json, by which a script can take the tour.

Known passwords exist only while nothing but this machine can reach the server; elsewhere they are random and printed once.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from webapp import demo_world
from webapp.accounts import acts, passwords
from webapp.accounts.models import Person, Tenant
from webapp.clients.models import Site
from webapp.db import db, transaction, use_tenant
from webapp.evaluations.models import Evaluation
from webapp.planning.models import Visit, VisitKind, Visitor

KNOWN = "demo-xingping"


def may_be_made() -> bool:
    """In an empty installation, or where the demo body already is; never beside real bodies alone."""
    bodies = db.session.execute(select(Tenant.demo)).scalars().all()
    return not bodies or any(bodies)


def begin(app: Flask, *, url: str, known: bool) -> Iterator[str]:
    """Make the world at the first start, set the passwords that this address allows, write or remove demo.json. Yields what to print."""
    with app.app_context():
        tenant = db.session.execute(select(Tenant.id).where(Tenant.demo)).scalar_one_or_none()
        first = tenant is None
        db.session.rollback()
    random = secrets.token_urlsafe(12)
    if tenant is None:
        yield "Making the demo world …"
        tenant = demo_world.make(app, password=KNOWN if known else random)
    with app.app_context():
        with transaction():
            use_tenant(tenant)
            people = (
                db.session.execute(select(Person).where(Person.login.in_(demo_world.CAST)).order_by(Person.created_at))
                .scalars()
                .all()
            )
            theirs = [passwords.fits(KNOWN, person.password_hash) for person in people]
            for person, is_known in zip(people, theirs, strict=True):
                if known != is_known and (known or not first):
                    acts.set_password(person=person, password=KNOWN if known else random, by=None)
        path = Path(app.config["XINGPING_DATA"]) / "demo.json"
        if known:
            _write(path, json.dumps(_tour(url), ensure_ascii=False, indent=1))
        else:
            path.unlink(missing_ok=True)
    yield "Demo logins: " + ", ".join(f"{login} ({role})" for login, role in _roles().items())
    if known:
        yield f"password of all: {KNOWN}   (only while this machine alone can reach the server)"
    elif first or any(theirs):
        yield f"password of all, shown this once: {random}"
    yield ""


def _roles() -> dict[str, str]:
    return {login: person.roles[0].replace("_", " ").replace("hq", "HQ") for login, person in demo_world.CAST.items()}


def _tour(url: str) -> dict[str, object]:
    """What a script needs: evaluations by number, visits by "PERSON SITE" (the outlet's code or HQ, " mystery" behind a mystery visit)."""
    logins = {one.id: one.login for one in db.session.scalars(select(Person))}
    sites = {site.id: site for site in db.session.execute(select(Site)).scalars()}
    rows = db.session.execute(
        select(Visit, Visitor.person).join(Visitor, (Visitor.tenant == Visit.tenant) & (Visitor.visit == Visit.id))
    )
    visits = {}
    for visit, person in rows:
        site = sites[visit.site]
        place = "HQ" if site.kind == "hq" else site.code
        visits[f"{logins[person]} {place}{' mystery' if visit.kind is VisitKind.mystery else ''}"] = visit.id
    evaluations = {one.number: one.id for one in db.session.scalars(select(Evaluation))}
    return {"url": url, "password": KNOWN, "users": _roles(), "evaluations": evaluations, "visits": visits}


def _write(path: Path, text: str) -> None:
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
    os.replace(partial, path)
