"""The application under attack: hostile text in every form, sessions, other sites' requests, headers, what a stranger learns.

The wire of sync/ has tests of its own; who may use which route stands in test_rights.py.
"""

from __future__ import annotations

import io
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sync.store import Head
from tests import make, rights
from tests.test_rights import with_ids
from webapp import create_app, demo_world
from webapp.access import Role
from webapp.accounts import acts, passwords
from webapp.accounts.models import Person, SignIn, Tenant
from webapp.clients import sheets
from webapp.clients.columns import COLUMNS
from webapp.clients.models import Client
from webapp.consolidation.forms import own_value
from webapp.consolidation.pages import when
from webapp.consolidation.progress import _checked_in
from webapp.db import db, now, transaction, use_tenant
from webapp.events import Event
from webapp.problems import Problem
from webapp.texts import moment

Browser = Callable[[str | Role], FlaskClient]
TAG, ATTRIBUTE, TEMPLATE = "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7191}}${7*7191}{%if%}"
HOSTILE = (
    TAG + ATTRIBUTE + TEMPLATE,
    "=1+1",
    "\u202egpj.exe\u2066 😀 \u2028\x1b[31m\x07",
    "a" * 100_000,
    "a\0b",
    "\ud800",
    "-1",
    "9" * 20_000,
    "²",
    "0abc",
    "9999-99-99",
    "9999-12-31",
    "0001-01-01T00:00",
    "../../../../etc/passwd",
    "a\r\nSet-Cookie: evil=1",
    "none-such",
)
STARTS = ("/account", "/evaluations", "/clients", "/people", "/schemes", "/dashboard", "/absences")
TURNS = 4
POSTS = [row for row in rights.reviewed() if row.startswith("POST ") and "/sync/" not in row]


@dataclass
class Form:
    """One form as a page shows it: where it goes, and its fields with what stands in them."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """The links and the posting forms of a page."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__()
        self.path, self.links, self.forms = path, set[str](), list[Form]()
        self._form: Form | None = None
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "a" and said.get("href", "").startswith("/"):
            self.links.add(said["href"].partition("#")[0])
        elif tag == "form":
            self._form = Form(said.get("action") or self.path.partition("?")[0])
            if said.get("method", "").lower() == "post":
                self.forms.append(self._form)
        elif self._form is not None and said.get("name"):
            known = self._form.fields
            if tag == "select":
                self._select = said["name"]
                known.setdefault(self._select, "")
            elif said.get("type") in ("radio", "checkbox"):
                if "checked" in said or said["name"] not in known:
                    known[said["name"]] = said.get("value", "on")
            else:
                known[said["name"]] = said.get("value", "")
        elif self._form is None or not self._select or tag != "option":
            return
        elif "selected" in said or not self._form.fields[self._select]:
            self._form.fields[self._select] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self._form = None if tag == "form" else self._form
        self._select = "" if tag == "select" else self._select


@dataclass
class House:
    """The demo world with everybody signed in; `forms`: POST row → who posts it and the form; `pages` that a person reads."""

    app: Flask
    browsers: dict[str, FlaskClient]
    forms: dict[str, tuple[str, Form]]
    pages: dict[str, list[str]]
    database: Path
    cookies: dict[str, str] = field(default_factory=dict)

    def keep(self) -> None:
        self._settle()
        shutil.copyfile(self.database, self.database.with_suffix(".kept"))
        for login, browser in self.browsers.items():
            cookie = browser.get_cookie("xingping")
            assert cookie is not None
            self.cookies[login] = cookie.value

    def restore(self) -> None:
        self._settle()
        for leftover in self.database.parent.glob(f"{self.database.name}-*"):
            leftover.unlink()
        shutil.copyfile(self.database.with_suffix(".kept"), self.database)
        for login, browser in self.browsers.items():
            browser.set_cookie("xingping", self.cookies[login])  # a test may have signed out

    def _settle(self) -> None:
        with self.app.app_context():
            db.session.connection().exec_driver_sql("ROLLBACK")
            db.session.connection().exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    app = create_app({"XINGPING_DATA": tmp_path_factory.mktemp("hostile"), "TESTING": True})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        db.metadata.create_all(db.engine)
    demo_world.make(app, password=make.PASSWORD)
    made = House(app, {}, {}, {}, Path(app.config["XINGPING_DATA"]) / "xingping.db")
    for login in ("lin", "pan", "guo", "qin", "an"):
        made.browsers[login] = app.test_client()
        assert (
            made.browsers[login].post("/login", data={"username": login, "password": make.PASSWORD}).status_code == 303
        )
        walk(made, login)
    add_forms_of_other_states(made)
    made.keep()
    yield made
    with app.app_context():
        db.engine.dispose()


def walk(house: House, login: str) -> None:
    """Every page that this person reaches by links, three of a kind."""
    routes, waiting, kinds = house.app.url_map.bind("localhost"), list(STARTS), dict[str, int]()
    seen = set(waiting)
    house.pages[login] = []
    while waiting:
        path = waiting.pop(0)
        try:
            endpoint = routes.match(path.partition("?")[0])[0]
        except Exception:
            continue
        kinds[endpoint] = kinds.get(endpoint, 0) + 1
        if endpoint in ("static", "sync.read", "consolidation.photo") or kinds[endpoint] > 3:
            continue
        answer = house.browsers[login].get(path)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        house.pages[login].append(path)
        page = Page(path, answer.text)
        fresh = sorted(page.links - seen)
        seen.update(fresh)
        waiting += fresh
        for form in page.forms:
            row = f"POST {routes.match(form.action.partition('?')[0], method='POST', return_rule=True)[0].rule}"
            house.forms.setdefault(row, (login, form))


def add_forms_of_other_states(house: House) -> None:
    """Forms that no page of the demo world shows just now, with the ids of the demo world."""
    with house.app.app_context():
        row = db.session.execute(select(Person).where(Person.login == "lin"), execution_options={"any_tenant": True})
        lin = row.scalar_one()
        sign_in = db.session.execute(
            select(SignIn.id).where(SignIn.person == lin.id), execution_options={"any_tenant": True}
        ).scalar_one()
    settled = house.forms["POST /evaluations/<id>/disputes/<visit>/<path:name>"][1].action
    evaluation, visit = settled.split("/")[2], settled.split("/")[4]
    client = house.forms["POST /clients/<id>"][1].action
    mystery = house.forms["POST /visits/<id>"][1].action
    rows = sheets.packed(sheets.Sheet(rows=[{"code": "S1", "kind": "outlet", "name": "店"}]))
    base = f"/evaluations/{evaluation}"
    others = {
        "/absences/<id>/removal": ("pan", "/absences/none/removal", {}),
        "/account/sign-ins/<id>/end": ("lin", f"/account/sign-ins/{sign_in}x/end", {}),
        "/account/tokens/<id>/end": ("lin", "/account/tokens/none/end", {}),
        "/clients/<id>/import/confirmation": ("pan", f"{client}/import/confirmation", {"rows": rows}),
        "/evaluations/<id>/clauses/<code>/override": (
            "lin",
            f"{base}/clauses/5.1.1.1/override",
            {"loss": "0.5", "reason": "seen"},
        ),
        "/evaluations/<id>/clauses/<code>/override/lift": ("lin", f"{base}/clauses/5.1.1.1/override/lift", {}),
        "/evaluations/<id>/parked/<device>/<int:n>/<any(admission, discarding):what>": (
            "lin",
            f"{base}/parked/none/1/admission",
            {"reason": "seen"},
        ),
        "/evaluations/<id>/versions": ("lin", f"{base}/versions", {"reason": "seen"}),
        "/evaluations/<id>/versions/reopening": ("lin", f"{base}/versions/reopening", {"reason": "seen"}),
        "/evaluations/<id>/visits/<visit>/specials/<uuid>/same": (
            "lin",
            f"{base}/visits/{visit}/specials/none/same",
            {"same_as": "3f32f42f-9726-4f66-881e-f1877e599c45", "reason": "seen"},
        ),
        "/visits/<id>/release": ("pan", f"{mystery}/release", {}),
        "/login": ("an", "/login", {"username": "nobody", "password": "x", "next": "/"}),
        "/setup/<token>": ("an", "/setup/x", {"body": "b", "name": "n", "login": "l", "password": "long enough"}),
    }
    for rule, (login, action, values) in others.items():
        house.forms.setdefault(f"POST {rule}", (login, Form(action, values)))


def body_of(pairs: list[tuple[str, str]]) -> bytes:
    return urlencode(pairs, encoding="utf-8", errors="surrogatepass").encode("ascii")


def attacks(form: Form) -> Iterator[list[tuple[str, str]]]:
    """Nothing at all; hostile text in one field at a time, in all at once; a field missing, a field twice.

    Fields take turns with the texts, so that every text meets many fields and the whole stays short.
    """
    plausible = {name: value or "x" for name, value in form.fields.items()}
    yield []
    for turn, name in enumerate(plausible):
        for text in HOSTILE[turn % TURNS :: TURNS]:
            yield list((plausible | {name: text}).items())
        yield [pair for pair in plausible.items() if pair[0] != name]
        yield [*plausible.items(), (name, "twice")]
    for text in HOSTILE[:6] if plausible else ():
        yield [(name, text) for name in plausible]


@pytest.mark.parametrize("row", POSTS)
def test_hostile_text_in_any_field_of_any_form_is_answered_and_harms_no_page(house: House, row: str) -> None:
    house.restore()
    login, form = house.forms[row]  # none: let a page show it, or add it to add_forms_of_other_states
    browser, wrong = house.browsers[login], []
    for pairs in attacks(form):
        answer = house.app.test_client() if row in ("POST /login", "POST /logout") else browser
        told = answer.post(form.action, data=body_of(pairs), content_type="application/x-www-form-urlencoded")
        if told.status_code >= 500 or executes(told.text):
            wrong.append((told.status_code, [(name, text[:30]) for name, text in pairs][:4]))
        if told.status_code == 303:
            house.restore()  # every attack meets the same state
    assert wrong == []
    broken = [page for page in house.pages[login] if is_broken(browser.get(page))]
    assert broken == []


def is_broken(answer: Any) -> bool:
    return answer.status_code >= 500 or executes(answer.text)


def executes(text: str) -> bool:
    return TAG in text or ATTRIBUTE in text or str(7 * 7191) in text


def choosing(house: House, **typed: str) -> int:
    """The lead's answer to a settlement with these fields, the rest as the page shows it."""
    house.restore()
    login, form = house.forms["POST /evaluations/<id>/disputes/<visit>/<path:name>"]
    plausible = {name: value or "seen" for name, value in form.fields.items()} | {"reason": "seen"}
    return house.browsers[login].post(form.action, data=plausible | typed).status_code


@pytest.mark.parametrize("choice", ["0abc", "ownership", "999", "²", "٣x", "-1", "0\n"])
def test_a_choice_that_the_page_did_not_offer_is_refused(house: House, choice: str) -> None:
    assert choosing(house, choice="0") == 303
    assert choosing(house, choice=choice) in (303, 400, 409)  # "0" with a line end is 0


def test_endless_digits_are_no_number_of_samples_or_step() -> None:
    sample, ladder, endless = {"kind": "sample"}, {"kind": "ladder"}, "9" * 1_000_000
    assert own_value(sample, "", {"own_checked": endless, "own_failing": "0"}) is None
    assert own_value(ladder, "", {"own_value": endless}) is None
    assert own_value(ladder, "", {"own_value": "²"}) is None
    assert own_value(ladder, "", {"own_value": "-2"}) == {"step": -2}


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "0001-01-01", "x", "9999-12-31T15:59:59Z"]
)
def test_a_moment_that_no_zone_can_show_stays_as_the_device_said_it(at: str) -> None:
    assert isinstance(when(at), str)
    head = Head(op="1", person="an", device="d", at=at, value={"place": None}, reason=None)
    arrived = _checked_in([head], "an")
    assert arrived is None or moment(arrived)


# Signing in and out.


def sign_in(app: Flask, browser: FlaskClient, login: str, **more: Any) -> Any:
    return browser.post("/login", data={"username": login, "password": make.PASSWORD, **more})


@pytest.mark.parametrize(
    "address",
    [
        "http://[x",
        "/\t/example.org",
        "/\t\\example.org",
        "/a\r\nSet-Cookie: x=1",
        "/ /x",
        "///x",
        "javascript:1",
        "",
        "/a\0",
    ],
)
def test_an_odd_address_after_sign_in_is_dropped(app: Flask, world: make.World, address: str) -> None:
    answer = sign_in(app, app.test_client(), "lin", next=address)
    assert (answer.status_code, answer.location) == (303, "/evaluations")
    assert sign_in(app, app.test_client(), "lin", next="/clients?q=店").location == "/clients?q=%E5%BA%97"


def test_a_sign_in_replaces_the_one_before_in_this_browser_also_of_another_body(app: Flask, world: make.World) -> None:
    make.world(app, name="乙", logins="-b")
    browser, thief = app.test_client(), app.test_client()
    sign_in(app, browser, "lin")
    before = browser.get_cookie("xingping")
    assert before is not None
    thief.set_cookie("xingping", before.value)
    assert thief.get("/field/who").json["name"].startswith("林")  # type: ignore[index]
    assert sign_in(app, browser, "guo-b").status_code == 303
    after = browser.get_cookie("xingping")
    assert after is not None
    assert after.value != before.value
    assert thief.get("/field/who").json is None
    assert browser.get("/people").status_code == 200
    with app.app_context():
        who = browser.get("/field/who").json
        assert who is not None
        assert who["tenant"] != world.tenant


def test_a_cookie_given_before_the_sign_in_is_never_the_session(app: Flask, world: make.World) -> None:
    attacker, victim = app.test_client(), app.test_client()
    sign_in(app, attacker, "an")
    planted = attacker.get_cookie("xingping")
    assert planted is not None
    victim.set_cookie("xingping", planted.value)
    sign_in(app, victim, "lin")
    assert attacker.get("/field/who").json is None


def test_a_changed_role_and_an_ended_account_count_from_the_next_request_on(
    app: Flask, world: make.World, client_of: Browser
) -> None:
    pan, token = client_of("pan"), ""
    with app.app_context(), transaction():
        make.scoped(world)
        token = acts.create_token(person=acts.person_named(world.people["pan"]), by=None)
    program = app.test_client()
    bearer = {"Authorization": f"Bearer {token}"}
    assert (pan.get("/absences").status_code, program.get("/absences", headers=bearer).status_code) == (200, 200)
    with app.app_context(), transaction():
        make.scoped(world)
        acts.set_roles(person=acts.person_named(world.people["pan"]), roles=[Role.reviewer], by=None)
    assert (pan.get("/absences").status_code, program.get("/absences", headers=bearer).status_code) == (403, 403)
    with app.app_context(), transaction():
        make.scoped(world)
        acts.end_person(person=acts.person_named(world.people["pan"]), by=None)
    for path in ("/account", "/evaluations", "/field/me"):
        assert (pan.get(path).status_code, program.get(path, headers=bearer).status_code) == (403, 403), path
    assert pan.post("/account/language", data={"language": "en"}).status_code == 403
    with app.app_context(), transaction():
        make.scoped(world)
        acts.end_tokens(person=world.people["pan"])
    assert program.get("/field/me", headers=bearer | {"Accept": "application/json"}).status_code == 401


def test_use_of_a_browser_is_noted_every_ten_minutes_and_reading_writes_nothing_in_between(
    app: Flask, world: make.World, client_of: Browser
) -> None:
    lin = client_of("lin")

    def seen(*, minutes: int | None = None) -> datetime:
        with app.app_context(), transaction():
            make.scoped(world)
            row = acts.sign_ins_of(acts.person_named(world.people["lin"]))[0]
            if minutes is not None:
                row.seen_at = now() - timedelta(minutes=minutes)
            return row.seen_at

    for path in ("/evaluations", "/field/who", "/nowhere"):
        before = seen(minutes=9)
        lin.get(path)
        assert seen() == before, path
        before = seen(minutes=11)
        lin.get(path)
        assert seen() > before, path


def test_wrong_passwords_slow_down_account_and_address_and_nobody_chooses_their_address(
    app: Flask, world: make.World
) -> None:
    browser = app.test_client()
    told = [
        browser.post(
            "/login",
            data={"username": f"nobody{n}", "password": "wrong wrong"},
            headers={"X-Forwarded-For": f"192.0.2.{n}", "Forwarded": f"for=192.0.2.{n}"},
        ).status_code
        for n in range(21)
    ]
    assert told == [400] * 20 + [429]
    answer = sign_in(app, browser, "lin")
    assert (answer.status_code, "Retry" in answer.text or "秒" in answer.text) == (429, True)


def test_behind_a_proxy_the_address_that_the_proxy_saw_counts(app: Flask, world: make.World) -> None:
    behind = create_app({"XINGPING_DATA": app.config["XINGPING_DATA"], "XINGPING_PROXY": "1"})
    browser = behind.test_client()

    def attempt(name: str, seen: str, password: str = "wrong wrong") -> Any:
        said = {"X-Forwarded-For": f"203.0.113.9, {seen}", "X-Forwarded-Proto": "https"}
        return browser.post("/login", data={"username": name, "password": password}, headers=said)

    assert [attempt(f"nobody{n}", "192.0.2.1").status_code for n in range(21)] == [400] * 20 + [429]
    answer = attempt("lin", "192.0.2.2", make.PASSWORD)
    assert answer.status_code == 303
    cookie = next(text for text in answer.headers.getlist("Set-Cookie") if text.startswith("__Host-xingping="))
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    with behind.app_context():
        db.engine.dispose()


def test_on_plain_http_the_cookie_is_hidden_from_scripts_and_other_sites(app: Flask, world: make.World) -> None:
    cookie = next(
        text for text in sign_in(app, app.test_client(), "lin").headers.getlist("Set-Cookie") if "xingping" in text
    )
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_unknown_names_cost_as_much_work_as_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    real = passwords._hasher.verify
    monkeypatch.setattr(
        type(passwords._hasher), "verify", lambda _self, hash_, password: checked.append(hash_) or real(hash_, password)
    )
    known = passwords.hashed("right right")
    assert not passwords.fits("wrong wrong", known)
    assert not passwords.fits("wrong wrong", None)
    assert not passwords.fits("nobody has this password", None)
    assert len(checked) == 3
    assert len({hash_.rsplit("$", 2)[0] for hash_ in checked}) == 1  # the same cost
    assert "m=19456,t=2" in checked[0]


def test_the_setup_address_works_once_and_not_beside_a_body(app: Flask) -> None:
    with app.app_context(), transaction():
        token = acts.open_setup()
    typed = {"body": "乙", "name": "Guo", "login": "guo", "password": "long enough"}
    first, second = app.test_client(), app.test_client()
    assert first.get(f"/setup/{token}").status_code == second.get(f"/setup/{token}").status_code == 200
    assert first.post(f"/setup/{token}", data=typed).status_code == 303
    assert second.post(f"/setup/{token}", data=typed | {"login": "evil"}).status_code == 410
    assert second.get(f"/setup/{token}").status_code == 410
    with app.app_context(), transaction():
        assert acts.open_setup() is None
        assert acts.person_by_login("evil") is None


def test_two_at_once_at_the_setup_address_make_one_body(app: Flask) -> None:
    with app.app_context(), transaction():
        token = acts.open_setup()
    assert token
    together, answers = Barrier(4), list[int]()

    def attempt(n: int) -> None:
        typed = {"body": f"B{n}", "name": "Guo", "login": f"guo{n}", "password": "long enough"}
        browser = app.test_client()
        together.wait()
        answers.append(browser.post(f"/setup/{token}", data=typed).status_code)

    threads = [Thread(target=attempt, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 410, 410, 410]


# Other sites, and what every answer carries.

UNSAFE = [row for row in rights.reviewed() if row.split()[0] not in ("GET", "HEAD")]
ELSEWHERE = (
    {"Origin": "null"},
    {"Origin": "https://example.org"},
    {"Origin": "https://localhost"},
    {"Origin": "http://localhost:81"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"},
    {"Sec-Fetch-Site": "same-origin", "Content-Type": "text/plain"},
)


def test_no_unsafe_route_takes_a_request_that_another_site_could_make(house: House) -> None:
    house.restore()
    wrong = []
    for row in UNSAFE:
        method, path = rights.filled(row)
        for headers in ELSEWHERE:
            answer = house.browsers["lin"].open(path, method=method, headers=headers)
            if answer.status_code != 403 or house.browsers["lin"].get("/field/me").status_code != 200:
                wrong.append((row, headers, answer.status_code))
    assert wrong == []


def test_every_answer_carries_the_policy_and_what_is_personal_is_stored_nowhere(house: House) -> None:
    house.restore()
    stranger, wrong = house.app.test_client(), []
    asked = [(house.browsers[login], "GET", path) for login in ("lin", "guo") for path in house.pages[login]]
    asked += [
        (stranger, "GET", path) for path in ("/", "/login", "/nowhere", "/account", "/healthz", "/setup/x", "/field/")
    ]
    asked += [
        (stranger, "GET", path) for path in ("/sync/v1/pull", "/sync/v1/status", "/static/x/none", "/static/x/%00")
    ]
    asked += [
        (house.browsers["lin"], "GET", path) for path in ("/nowhere", "/people", "/evaluations.xlsx", "/field/me")
    ]
    asked += [(house.browsers["lin"], "PUT", "/account"), (house.browsers["lin"], "TRACE", "/account")]
    for browser, method, path in asked:
        answer = browser.open(path, method=method)
        headers = answer.headers
        policy = headers.get("Content-Security-Policy", "")
        if "unsafe" in policy or not all(
            part in policy for part in ("default-src 'none'", "frame-ancestors 'none'", "trusted-types")
        ):
            wrong.append((path, "policy", policy))
        if headers.get("X-Content-Type-Options") != "nosniff" or headers.get("Referrer-Policy") != "same-origin":
            wrong.append((path, "headers", ""))
        if headers.get("Cache-Control") != "no-store":
            wrong.append((path, "cache", headers.get("Cache-Control", "")))
    assert wrong == []


def test_a_path_leads_to_nothing_outside_the_static_folder(app: Flask) -> None:
    for name in (
        "../webapp/config.py",
        "..%2f..%2fwebapp%2fconfig.py",
        "%2fetc/passwd",
        "js/../../wsgi.py",
        "%00",
        "css",
        "jsconfig.json",
    ):
        assert app.test_client().get(f"/static/x/{name}", follow_redirects=True).status_code == 404, name


# Sheets.


def test_a_part_of_a_sheet_that_names_less_than_it_holds_is_never_unpacked_whole() -> None:
    row = dict.fromkeys(COLUMNS, "") | {"code": "S1", "kind": "outlet", "name": "店"}
    honest = sheets.write_sheet([row], language="en", title="t")
    assert len(sheets.read_sheet(honest).sites) == 1
    lie, file = b"<sst>" + b"a" * (1 << 24), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(honest)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in old.namelist():
            packed.writestr(name, lie if name == "xl/sharedStrings.xml" else old.read(name))
        part = packed.getinfo("xl/sharedStrings.xml")
        part.file_size, part.CRC = 1000, zlib.crc32(lie[:1000])
    assert len(sheets._measured(file.getvalue())) < 100_000
    with pytest.raises(Problem, match="sheet-unreadable"):
        sheets.read_sheet(file.getvalue())


def test_hostile_cells_of_an_export_are_text(house: House) -> None:
    house.restore()
    form = house.forms["POST /clients/<id>/sites/<site>"][1]
    hostile = ["=1+1", "+cmd|'/c calc'!A0", "@SUM(A1)", "-1+1", "{=1}", "https://example.org", "\t=1", "\x01=1 \ufffe"]
    for text in hostile:
        fields = form.fields | {"address": text, "contact": text, "type": text}
        assert house.browsers["pan"].post(form.action, data=fields).status_code == 303
        sheet = house.browsers["pan"].get(form.action.partition("/sites")[0] + "/sites.xlsx").data
        with zipfile.ZipFile(io.BytesIO(sheet)) as packed:
            xml = {name: packed.read(name).decode() for name in packed.namelist()}
        page = xml["xl/worksheets/sheet1.xml"]
        assert "<f>" not in page
        assert "hyperlink" not in page
        assert set(re.findall(r'<c r="[A-Z]+\d+"[^>]*? t="(\w+)"', page)) == {"s"}
        for part in xml.values():
            ElementTree.fromstring(part)  # whole, whatever the cells hold


@pytest.mark.postgres
def test_text_that_postgresql_cannot_keep_is_a_bad_request(tmp_path: Path, postgres_url: str) -> None:
    app = create_app({"XINGPING_DATA": tmp_path, "DATABASE_URL": postgres_url, "TESTING": True})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        db.metadata.create_all(db.engine)
    make.world(app)
    browser = app.test_client()
    assert browser.post("/login", data={"username": "a\0", "password": "x"}).status_code == 400
    sign_in(app, browser, "guo")
    assert browser.get("/people/%00").status_code == 400
    typed = {"name": "a\0b", "login": "xu", "roles": "reviewer"}
    assert browser.post("/people", data=typed).status_code == 400
    for path in ("/sync/v1/evidence/%00/3f32f42f-9726-4f66-881e-f1877e599c45", "/sync/v1/pull?device=%00&cursor=%00"):
        assert browser.get(path).status_code < 500, path
    state = {"evidence": ["\0/3f32f42f-9726-4f66-881e-f1877e599c45"]}
    answer = browser.post("/sync/v1/evidence/state", json=state, headers={"X-Xingping": "1"})
    assert answer.status_code < 500
    with app.app_context():
        db.engine.dispose()


# What a person may do to one object, beyond what their role says.


def hire(house: House, login: str, *roles: Role, client: str | None = None) -> FlaskClient:
    """Somebody new in the body of the demo world who belongs to no evaluation."""
    with house.app.app_context(), transaction():
        use_tenant(db.session.execute(select(Tenant.id)).scalar_one())
        person = acts.create_person(login=login, name=login, password=make.PASSWORD, roles=roles, by=None)
        person.client = client
    browser = house.app.test_client()
    assert sign_in(house.app, browser, login).status_code == 303
    return browser


OUTSIDERS = {
    "lead of other evaluations": (Role.lead_auditor, Role.reviewer),
    "reviewer of other evaluations": (Role.reviewer,),
    "contact of no client": (Role.client_contact,),
    "contact who also reviews": (Role.client_contact, Role.reviewer),
}


@pytest.mark.parametrize("who", OUTSIDERS)
def test_whoever_is_not_part_of_an_evaluation_reads_and_changes_nothing_of_it(house: House, who: str) -> None:
    house.restore()
    browser, wrong = hire(house, "outsider", *OUTSIDERS[who]), []
    before, tried = kept(house.app), 0
    for row, method, path in with_ids(house.app):
        if not row.split(" ")[1].startswith(("/evaluations/", "/visits/", "/sample-lists/")):
            continue
        tried += 1
        for body in ({}, {"reason": "seen", "people": "x", "lead": "x", "choice": "0", "seen": "x", "loss": "1"}):
            answer = browser.open(path, method=method, data=body if method == "POST" else None)
            refused = (403, 404) if method == "GET" else (400, 403, 404, 409, 422)
            if answer.status_code not in refused or shows_inside(answer.text):
                wrong.append((row, answer.status_code))
    assert tried > 35
    assert wrong == []
    assert kept(house.app) == before
    for path in ("/evaluations", "/dashboard", "/account"):
        assert not shows_inside(browser.get(path).text), path
    sheet = browser.get("/evaluations.xlsx")
    if sheet.status_code == 200:
        with zipfile.ZipFile(io.BytesIO(sheet.data)) as packed:
            assert not any(shows_inside(packed.read(name).decode()) for name in packed.namelist())


def shows_inside(text: str) -> bool:
    """The demo's evaluation or its client."""
    return "2026-0147" in text or "禾川" in text


def kept(app: Flask) -> dict[str, list[str]]:
    """All rows, but sign-ins and their events."""
    with app.app_context():
        return {
            table.name: sorted(map(repr, db.session.execute(select(table))))
            for table in db.metadata.sorted_tables
            if table.name not in ("sign_in", "event", "failed_sign_in")
        }


def test_a_member_of_the_team_with_the_role_of_a_lead_leads_nothing(house: House) -> None:
    house.restore()
    with house.app.app_context(), transaction():
        use_tenant(db.session.execute(select(Tenant.id)).scalar_one())
        an = acts.person_by_login("an")
        assert an
        acts.set_roles(person=an, roles=[Role.reviewer, Role.lead_auditor], by=None)
    an_browser, before, told = house.browsers["an"], kept(house.app), set()
    for row, method, path in with_ids(house.app):
        if method == "POST" and row.split(" ")[1].startswith(("/evaluations/", "/visits/", "/sample-lists/")):
            form = house.forms.get(row, ("", Form("")))[1]
            told.add(
                an_browser.post(path, data={name: text or "seen" for name, text in form.fields.items()}).status_code
            )
    for login, form in house.forms.values():
        if login == "lin" and form.action.startswith(("/evaluations/", "/visits/")):
            filled = {name: text or "seen" for name, text in form.fields.items()}
            told.add(an_browser.post(form.action, data=filled).status_code)
    assert told <= {400, 403, 404, 409, 422}
    assert kept(house.app) == before
    evaluation = house.forms["POST /evaluations/<id>/team"][1].action.removesuffix("/team")
    assert an_browser.get(evaluation).status_code == 200
    for page in ("consolidation", "disputes", "explanation", "versions", "parts", "clauses/5.1.1.1", "sample/mystery"):
        assert an_browser.get(f"{evaluation}/{page}").status_code in (403, 404), page


def test_a_contact_reads_the_audit_plan_of_their_own_client_alone(house: House) -> None:
    house.restore()
    path = house.forms["POST /evaluations/<id>/team"][1].action.removesuffix("team") + "audit-plan"
    with house.app.app_context():
        own = db.session.execute(select(Client.id), execution_options={"any_tenant": True}).scalars().first()
    assert hire(house, "own", Role.client_contact, client=own).get(path).status_code == 200
    assert hire(house, "other", Role.client_contact, client="another").get(path).status_code == 404
    assert hire(house, "none", Role.client_contact).get(path).status_code == 404


def test_every_act_leaves_an_event_that_says_who(house: House) -> None:
    """Every form, posted as its page shows it: what is accepted and changes a row is told by the log."""
    silent = []
    for row, (login, form) in house.forms.items():
        house.restore()
        filled = {name: text or "seen-it" for name, text in form.fields.items()}
        before, log = kept(house.app), events_of(house.app)
        answer = house.browsers[login].post(form.action, data=filled)
        fresh = events_of(house.app)[len(log) :]
        if answer.status_code < 400 and kept(house.app) != before and not (fresh and all(by for _, by in fresh)):
            silent.append((row, answer.status_code, fresh))
    assert silent == []


def events_of(app: Flask) -> list[tuple[str, str | None]]:
    with app.app_context():
        table = Event.__table__
        return [(row.kind, row.by) for row in db.session.execute(select(table).order_by(table.c.at, table.c.id))]
