"""Use cases of clients: create and change one, its contacts, its sites by hand and from a sheet. Written by planners, read by the office."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, select

from webapp import events
from webapp.access import require
from webapp.clients.columns import COLUMNS
from webapp.clients.models import Client, Contact, Datum, Ownership, Site, SiteKind
from webapp.db import db, found
from webapp.problems import Problem
from webapp.rules import Actor, Role

READERS = (Role.planner, Role.lead_auditor, Role.administrator, Role.hq_viewer)
# what a sheet says of a site, its position read into place and datum; the code is what sites are matched by
FIELDS = (*(name for name in COLUMNS if name not in ("code", "position")), "lat", "lon", "datum")
_listeners: list[Callable[[str], None]] = []


@dataclass
class Changes:
    """What an import would do, by code: sites that are new, that change (and in which columns), that the file does not name."""

    added: list[dict[str, Any]] = field(default_factory=list)
    changed: list[tuple[Site, dict[str, Any]]] = field(default_factory=list)
    missing: list[Site] = field(default_factory=list)
    same: int = 0


def when_sites_change(listener: Callable[[str], None]) -> None:
    """A later room that must know: called with the client after its sites changed, in the same transaction."""
    _listeners.append(listener)


def clients() -> list[tuple[Client, int]]:
    """All clients by name, each with the number of its outlets that are open."""
    outlets = (
        select(Site.client, func.count().label("n"))
        .where(Site.kind == SiteKind.outlet, Site.closed_on.is_(None))
        .group_by(Site.client)
    )
    numbers = dict(db.session.execute(outlets).all())
    return [(client, numbers.get(client.id, 0)) for client in db.session.scalars(select(Client).order_by(Client.name))]


def client_named(id: str) -> Client:
    row: Client = found(db.session.scalar(select(Client).where(Client.id == id)))
    return row


def sites_of(client: str) -> list[Site]:
    """HQ first, then by code."""
    rows = db.session.scalars(select(Site).where(Site.client == client))
    return sorted(rows, key=lambda site: (site.kind is not SiteKind.hq, site.code))


def site_named(client: str, id: str) -> Site:
    row: Site = found(db.session.scalar(select(Site).where(Site.client == client, Site.id == id)))
    return row


def contacts_of(client: str) -> list[Contact]:
    return list(db.session.scalars(select(Contact).where(Contact.client == client).order_by(Contact.name, Contact.id)))


def create_client(*, actor: Actor, name: str, credit_code: str = "") -> Client:
    """Problem: name-missing. A doubtful credit code is kept: the page warns."""
    _write(actor)
    row = Client(name=_named(name), credit_code=credit_code.strip(), created_by=actor.person)
    db.session.add(row)
    db.session.flush()
    events.record("client-created", f"client {row.id}", by=actor.person, name=row.name)
    return row


def change_client(*, actor: Actor, client: str, name: str, credit_code: str) -> Client:
    _write(actor)
    row = client_named(client)
    row.name, row.credit_code = _named(name), credit_code.strip()
    events.record("client-changed", f"client {row.id}", by=actor.person, name=row.name, credit_code=row.credit_code)
    return row


def add_contact(*, actor: Actor, client: str, name: str, duty: str = "", phone: str = "", email: str = "") -> Contact:
    """Problem: name-missing."""
    _write(actor)
    row = Contact(
        client=client_named(client).id,
        name=_named(name),
        duty=duty.strip(),
        phone=phone.strip(),
        email=email.strip(),
    )
    db.session.add(row)
    db.session.flush()
    events.record("contact-added", f"client {client}", by=actor.person, name=row.name)
    return row


def drop_contact(*, actor: Actor, client: str, contact: str) -> None:
    _write(actor)
    row: Contact = found(db.session.scalar(select(Contact).where(Contact.client == client, Contact.id == contact)))
    db.session.delete(row)
    events.record("contact-dropped", f"client {client}", by=actor.person, name=row.name)


def put_site(
    *, actor: Actor, client: str, site: str | None, values: Mapping[str, Any], closed_on: date | None = None
) -> Site:
    """A new site, or other values of one, as `columns.read` gives them. Problems: site-code-taken, site-hq-taken."""
    _write(actor)
    rows = sites_of(client_named(client).id)
    row = None if site is None else site_named(client, site)
    others = [one for one in rows if row is None or one.id != row.id]
    if any(one.code == values["code"] for one in others):
        raise Problem("site-code-taken", 409, site=values["code"])
    if values["kind"] == "hq" and any(one.kind is SiteKind.hq for one in others):
        raise Problem("site-hq-taken", 409)
    made = row or Site(client=client)
    made.code, made.closed_on = values["code"], closed_on
    _fill(made, values)
    db.session.add(made)
    db.session.flush()
    events.record("site-changed" if row else "site-added", f"client {client}", by=actor.person, site=made.code)
    _tell(client)
    return made


def changes(client: str, sites: Sequence[Mapping[str, Any]]) -> Changes:
    """What importing these sites would do. Sites are matched by code; one that the file does not name stays as it is."""
    known = {site.code: site for site in sites_of(client)}
    made, named = Changes(), set[str]()
    for values in sites:
        named.add(values["code"])
        row = known.get(values["code"])
        if row is None:
            made.added.append(dict(values))
        elif differs := {name: values[name] for name in FIELDS if _plain(getattr(row, name)) != values[name]}:
            made.changed.append((row, differs))
        else:
            made.same += 1
    made.missing = [site for code, site in known.items() if code not in named]
    hqs = {values["code"] for values in sites if values["kind"] == "hq"}
    if len(hqs | {site.code for site in made.missing if site.kind is SiteKind.hq}) > 1:
        raise Problem("site-hq-taken", 409)
    return made


def import_sites(*, actor: Actor, client: str, sites: Iterable[Mapping[str, Any]]) -> Changes:
    """Add and change all of them at once. Problem: site-hq-taken (the file names another HQ)."""
    _write(actor)
    rows = {values["code"]: values for values in sites}
    made = changes(client_named(client).id, list(rows.values()))
    for values in made.added:
        row = Site(client=client, code=values["code"])
        _fill(row, values)
        db.session.add(row)
    for row, _ in made.changed:
        _fill(row, rows[row.code])
    db.session.flush()
    events.record(
        "sites-imported",
        f"client {client}",
        by=actor.person,
        added=len(made.added),
        changed=len(made.changed),
        same=made.same,
    )
    _tell(client)
    return made


def values_of(site: Site) -> dict[str, Any]:
    """A site as `columns.texts_of` wants it."""
    return {"code": site.code} | {name: _plain(getattr(site, name)) for name in FIELDS}


def _fill(row: Site, values: Mapping[str, Any]) -> None:
    for name in FIELDS:
        setattr(row, name, values[name])
    row.kind = SiteKind(values["kind"])
    row.ownership = Ownership(values["ownership"]) if values["ownership"] else None
    row.datum = Datum(values["datum"]) if values["datum"] else None


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, SiteKind | Ownership | Datum) else value


def _named(name: str) -> str:
    if not name.strip():
        raise Problem("name-missing")
    return name.strip()


def _write(actor: Actor) -> None:
    require(actor.has(Role.planner))


def _tell(client: str) -> None:
    for listener in _listeners:
        listener(client)
