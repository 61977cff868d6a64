"""Pages of clients: the list, one client with contacts and sites, a site, the import from a sheet and the sheets to take away."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from webapp import access, navigation
from webapp.access import Role
from webapp.clients import acts, columns, forms, rules, sheets
from webapp.clients.columns import COLUMNS, HEADINGS, Fault
from webapp.clients.models import Site, SiteKind
from webapp.problems import Problem
from webapp.texts import language, t

bp = Blueprint("clients", __name__)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
navigation.add("/clients", icon="users", text="clients.title", roles=acts.READERS, order=10)


@bp.get("/clients")
@access.allow(*acts.READERS)
def listed() -> str:
    wanted = request.args.get("q", "").strip()
    rows = acts.clients()
    found = [row for row in rows if rules.matching(wanted) in rules.matching(f"{row[0].name} {row[0].credit_code}")]
    return render_template("clients/list.html", rows=found, total=len(rows), q=wanted, writes=_writes())


@bp.get("/clients/new")
@access.allow(Role.planner)
def new() -> str:
    return render_template("clients/client_form.html", client=None, values={}, errors={})


@bp.post("/clients")
@access.allow(Role.planner)
def create() -> Answer | tuple[str, int]:
    values, wrong = forms.load(forms.ClientForm(), request.form)
    if wrong:
        return _client_form(None, wrong)
    row = acts.create_client(actor=access.actor(), **values)
    return redirect(url_for("clients.shown", id=row.id), 303)


@bp.get("/clients/<id>")
@access.allow(*acts.READERS)
def shown(id: str) -> str:
    client = acts.client_named(id)
    wanted = request.args.get("q", "").strip()
    sites = acts.sites_of(id)
    outlets = [site for site in sites if site.kind is SiteKind.outlet]
    found = [site for site in outlets if rules.matching(wanted) in _words_of(site)]
    return render_template(
        "clients/client.html",
        client=client,
        doubt=doubt_words(client.credit_code),
        contacts=acts.contacts_of(id),
        hq=[site for site in sites if site.kind is SiteKind.hq],
        outlets=found,
        total=len(outlets),
        cities=len({site.city for site in sites if site.city}),
        q=wanted,
        writes=_writes(),
    )


@bp.get("/clients/<id>/edit")
@access.allow(Role.planner)
def edit(id: str) -> str:
    client = acts.client_named(id)
    values = {"name": client.name, "credit_code": client.credit_code}
    return render_template("clients/client_form.html", client=client, values=values, errors={})


@bp.post("/clients/<id>")
@access.allow(Role.planner)
def change(id: str) -> Answer | tuple[str, int]:
    values, wrong = forms.load(forms.ClientForm(), request.form)
    if wrong:
        return _client_form(acts.client_named(id), wrong)
    acts.change_client(actor=access.actor(), client=id, **values)
    return redirect(url_for("clients.shown", id=id), 303)


@bp.get("/clients/<id>/contacts/new")
@access.allow(Role.planner)
def new_contact(id: str) -> str:
    return render_template("clients/contact_form.html", client=acts.client_named(id), values={}, errors={})


@bp.post("/clients/<id>/contacts")
@access.allow(Role.planner)
def add_contact(id: str) -> Answer | tuple[str, int]:
    values, wrong = forms.load(forms.ContactForm(), request.form)
    if wrong:
        page = render_template(
            "clients/contact_form.html", client=acts.client_named(id), values=request.form, errors=_errors(wrong)
        )
        return page, 422
    acts.add_contact(actor=access.actor(), client=id, **values)
    return redirect(url_for("clients.shown", id=id), 303)


@bp.post("/clients/<id>/contacts/<contact>/removal")
@access.allow(Role.planner)
def drop_contact(id: str, contact: str) -> Answer:
    acts.drop_contact(actor=access.actor(), client=id, contact=contact)
    return redirect(url_for("clients.shown", id=id), 303)


@bp.get("/clients/<id>/sites/new")
@access.allow(Role.planner)
def new_site(id: str) -> str:
    return _site_form(acts.client_named(id), None, {"kind": kind_words()["outlet"]})


@bp.get("/clients/<id>/sites/<site>")
@access.allow(*acts.READERS)
def site(id: str, site: str) -> str:
    row = acts.site_named(id, site)
    return _site_form(acts.client_named(id), row, columns.texts_of(acts.values_of(row), kind_words()))


@bp.post("/clients/<id>/sites")
@bp.post("/clients/<id>/sites/<site>")
@access.allow(Role.planner)
def put_site(id: str, site: str | None = None) -> Answer | tuple[str, int]:
    client, row = acts.client_named(id), acts.site_named(id, site) if site else None
    texts = {column: request.form.get(column, "") for column in COLUMNS}
    made = columns.read(texts)
    closed, closed_wrong = forms.load(forms.ClosedForm(), request.form)
    faults = [
        *made.errors,
        *(Fault("closed_on", "date-unfit", request.form.get("closed_on", "")) for _ in closed_wrong),
    ]
    if faults:
        return _site_form(client, row, texts, faults), 422
    try:
        acts.put_site(actor=access.actor(), client=id, site=site, values=made.values, **closed)
    except Problem as problem:
        if problem.code not in ("site-code-taken", "site-hq-taken"):
            raise
        column = "code" if problem.code == "site-code-taken" else "kind"
        return _site_form(client, row, texts, [Fault(column, problem.code, texts[column])]), 422
    return redirect(url_for("clients.shown", id=id), 303)


@bp.get("/clients/<id>/import")
@access.allow(Role.planner)
def import_form(id: str) -> str:
    return render_template("clients/import.html", client=acts.client_named(id), known=len(acts.sites_of(id)))


@bp.post("/clients/<id>/import")
@access.allow(Role.planner)
def import_sites(id: str) -> str | Answer | tuple[str, int]:
    """Nothing is stored while a row is wrong; a list that only adds is imported, one that changes sites is shown first."""
    client = acts.client_named(id)
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Problem("sheet-missing")
        sheet = sheets.read_sheet(file.stream.read(sheets.MOST_BYTES + 1))
        if sheet.errors:
            return _faulty(client, sheet, file.filename), 422
        changes = acts.changes(id, sheet.sites)
    except Problem as problem:
        words = t(f"problem.{problem.code}", **problem.facts)
        page = render_template("clients/import.html", client=client, known=len(acts.sites_of(id)), problem=words)
        return page, 422
    shows_first = request.form.get("way") == "preview" or (changes.changed and request.form.get("way") != "direct")
    if shows_first:
        return render_template(
            "clients/import_preview.html",
            client=client,
            changes=changes,
            warnings=_told(sheet.warnings),
            rows=sheets.packed(sheet),
            name=file.filename,
        )
    return _imported(id, sheet)


@bp.post("/clients/<id>/import/confirmation")
@access.allow(Role.planner)
def confirm_import(id: str) -> str | Answer | tuple[str, int]:
    sheet = sheets.unpacked(request.form.get("rows", ""))
    if sheet.errors:
        return _faulty(acts.client_named(id), sheet, ""), 422
    return _imported(id, sheet)


@bp.get("/clients/template.xlsx")
@access.allow(*acts.READERS)
def template() -> Response:
    hints = {column: t(f"clients.hint.{column}") for column in COLUMNS}
    content = sheets.write_sheet([], language=language(), title=t("clients.sites"), hints=hints)
    return _download(content, "sites-template.xlsx")


@bp.get("/clients/<id>/sites.xlsx")
@access.allow(*acts.READERS)
def export(id: str) -> Response:
    rows = [columns.texts_of(acts.values_of(site), kind_words()) for site in acts.sites_of(acts.client_named(id).id)]
    return _download(sheets.write_sheet(rows, language=language(), title=t("clients.sites")), "sites.xlsx")


def kind_words() -> dict[str, str]:
    """The words of the closed lists as a person writes them."""
    return {word: t(f"clients.{word}") for word in ("hq", "outlet", "own", "contracted")}


def doubt_words(credit_code: str) -> str:
    """What to look at again in a credit code; empty when nothing."""
    doubt = rules.credit_code_doubt(credit_code)
    if doubt is None:
        return ""
    name, _, digit = doubt.partition(":")
    return t(f"clients.{name}", digit=digit)


def _imported(id: str, sheet: sheets.Sheet) -> str:
    done = acts.import_sites(actor=access.actor(), client=id, sites=sheet.sites)
    return render_template(
        "clients/import_done.html", client=acts.client_named(id), done=done, warnings=_told(sheet.warnings)
    )


def _faulty(client: Any, sheet: sheets.Sheet, name: str) -> str:
    wrong = {place.row for place in sheet.errors}
    return render_template(
        "clients/import.html",
        client=client,
        known=len(acts.sites_of(client.id)),
        errors=_told(sheet.errors),
        warnings=_told(sheet.warnings),
        wrong_rows=len(wrong),
        right_rows=len(sheet.rows) - len(wrong),
        name=name,
    )


def _told(places: list[sheets.Place]) -> list[dict[str, Any]]:
    return [
        {
            "row": place.row,
            "column": f"{place.letter} {place.heading}".strip(),
            "found": place.fault.found,
            "what": t(f"clients.fault.{place.fault.code}", **place.fault.facts),
            "remedy": t(f"clients.remedy.{place.fault.code}", **place.fault.facts),
        }
        for place in sorted(places, key=lambda place: (place.row, place.letter))
    ]


def _client_form(client: Any, wrong: list[str]) -> tuple[str, int]:
    page = render_template("clients/client_form.html", client=client, values=request.form, errors=_errors(wrong))
    return page, 422


def _errors(wrong: list[str]) -> dict[str, str]:
    return {name: t(f"clients.error.{name}") for name in wrong}


def _site_form(client: Any, row: Site | None, texts: dict[str, str], faults: list[Fault] | None = None) -> str:
    read = columns.read(texts)
    errors = {fault.column: t(f"clients.remedy.{fault.code}", **fault.facts) for fault in faults or ()}
    warnings = {fault.column: t(f"clients.remedy.{fault.code}", **fault.facts) for fault in read.warnings if row}
    return render_template(
        "clients/site.html",
        client=client,
        site=row,
        values=texts,
        errors=errors,
        warnings=warnings,
        writes=_writes(),
        kinds=[(kind_words()[word], kind_words()[word]) for word in ("hq", "outlet")],
        ownerships=[(kind_words()[word], kind_words()[word]) for word in ("own", "contracted")],
        labels={column: HEADINGS[column][1 if language() == "en" else 0] for column in COLUMNS},
    )


def _words_of(site: Site) -> str:
    return rules.matching(" ".join((site.code, site.name, site.city, site.address, site.contact, site.type)))


def _writes() -> bool:
    return access.actor().has(Role.planner)


def _download(content: bytes, name: str) -> Response:
    answer = Response(content, content_type=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
