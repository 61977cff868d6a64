"""The pages of clients on the real application: from an empty body to ten sites, and every way a sheet can be wrong."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient

from tests import make
from webapp.access import Role
from webapp.clients import acts, sheets
from webapp.clients.models import Client, Site
from webapp.db import db

SignIn = Callable[[str | Role], FlaskClient]
HEAD = ["代码", "类别", "名称", "省代码", "城市", "地址", "性质", "类型", "人数", "联系人", "电话", "位置"]
HQ = [
    "HQ",
    "总部",
    "总部",
    "330100",
    "杭州",
    "文三路 1 号",
    "",
    "",
    60,
    "沈 Shen",
    "0571-88888888",
    "30.25, 120.16 WGS-84",
]


def outlet(n: int, **more: object) -> list[object]:
    row = dict(
        zip(
            HEAD,
            [f"S{n:02}", "网点", f"第 {n} 店", "330100", "杭州", f"{n} 号", "自建", "", n, "", "", ""],
            strict=True,
        )
    )
    return list((row | more).values())


def sheet(rows: list[list[object]], head: list[str] | None = None) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for number, row in enumerate([HEAD if head is None else head, *rows]):
            page.write_row(number, 0, row)
    return file.getvalue()


@pytest.fixture
def planner(client_of: SignIn) -> FlaskClient:
    return client_of(Role.planner)


@pytest.fixture
def client(planner: FlaskClient) -> str:
    """The path of a client that has no sites yet."""
    answer = planner.post("/clients", data={"name": " 禾川电器有限公司 ", "credit_code": "91330100MA00000007"})
    assert answer.status_code == 303
    return answer.headers["Location"]


def upload(planner: FlaskClient, client: str, content: bytes, way: str = "") -> tuple[int, str]:
    answer = planner.post(f"{client}/import", data={"file": (io.BytesIO(content), "清单.xlsx"), "way": way})
    return answer.status_code, answer.text


def codes(app: Flask, world: make.World) -> list[str]:
    with app.app_context():
        make.scoped(world)
        row = db.session.query(Client).one()
        return [site.code for site in acts.sites_of(row.id)]


def test_a_client_gets_its_sites_from_a_real_sheet(
    app: Flask, world: make.World, planner: FlaskClient, client: str
) -> None:
    assert "还没有总部和网点" in planner.get(client).text
    status, page = upload(planner, client, sheet([HQ, *(outlet(n) for n in range(1, 10))]))
    assert (status, "新增 10 个" in page) == (200, True)
    assert codes(app, world) == ["HQ", *(f"S{n:02}" for n in range(1, 10))]
    page = planner.get(client).text
    assert "总部和 9 个网点，1 个城市" in page
    assert "第 18 位按校验应为 C" in page
    assert page.count("<h1") == page.count("button--primary") == 1
    assert "第 3 店" in planner.get(f"{client}?q=s03").text
    assert "第 4 店" not in planner.get(f"{client}?q=s03").text
    assert "没有找到" in planner.get(f"{client}?q=nowhere").text


def test_one_wrong_row_stops_the_file_with_row_column_and_remedy(
    app: Flask, world: make.World, planner: FlaskClient, client: str
) -> None:
    rows = [
        HQ,
        outlet(1),
        outlet(1),
        outlet(3, 名称=""),
        outlet(4, 人数="many"),
        outlet(5, 位置="近西湖"),
        ["H2", "总部", "二", *[""] * 9],
    ]
    status, page = upload(planner, client, sheet(rows))
    assert status == 422
    assert "没有导入：5 行要改" in page
    for line in (
        "第 4 行，A 代码 列：与第 3 行重复",
        "第 5 行，C 名称 列：名称空着",
        "第 6 行，I 人数 列：人数不是整数",
        "第 8 行，B 类别 列：第 2 行已是总部",
    ):
        assert line in page
    assert "填上名称，例如 广州天河店" in page
    assert "另 2 行没有问题" in page
    assert codes(app, world) == []


def test_warnings_stand_apart_and_stop_nothing(planner: FlaskClient, client: str) -> None:
    status, page = upload(planner, client, sheet([HQ, outlet(1, 性质="", 省代码="99", 位置="30.1, 120.1", 电话="???")]))
    assert status == 200
    assert "4 处提醒，不影响导入" in page
    assert "banner--failed" not in page


def test_a_second_import_shows_first_what_changes_and_never_removes(
    app: Flask, world: make.World, planner: FlaskClient, client: str
) -> None:
    upload(planner, client, sheet([HQ, outlet(1), outlet(2)]))
    again = sheet([HQ, outlet(1, 名称="新名字"), outlet(3)])
    status, page = upload(planner, client, again)
    assert (status, "新增 1，改动 1，不变 1，文件里没有 1" in page, "新名字" in page) == (200, True, True)
    assert codes(app, world) == ["HQ", "S01", "S02"]
    rows = page.split('name="rows" value="')[1].split('"')[0]
    assert planner.post(f"{client}/import/confirmation", data={"rows": rows}).status_code == 200
    assert codes(app, world) == ["HQ", "S01", "S02", "S03"]
    assert "新名字" in planner.get(client).text
    status, page = upload(planner, client, sheet([outlet(2, 名称="直接")]), way="direct")
    assert "改动 1 个" in page


@pytest.mark.parametrize("rows", ["", "x", "eNq", "AAAA", "W10="])
def test_a_garbled_confirmation_is_refused(planner: FlaskClient, client: str, rows: str) -> None:
    assert planner.post(f"{client}/import/confirmation", data={"rows": rows}).status_code == 400


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return file.getvalue()


def far_corner() -> bytes:
    with zipfile.ZipFile(io.BytesIO(sheet([HQ]))) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    page = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = page.replace(b'r="A2"', b'r="XFD1048576"')
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return file.getvalue()


def entities() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sheet([HQ]))) as old, zipfile.ZipFile(file, "w") as packed:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                content = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]>' + content.split(b"?>", 1)[1]
            packed.writestr(name, content)
    return file.getvalue()


def many_parts() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for n in range(sheets.MOST_ENTRIES + 1):
            packed.writestr(f"xl/{n}", b"")
    return file.getvalue()


def cut() -> bytes:
    return sheet([HQ])[:-200]


def lying() -> bytes:
    """A part that says it is smaller than it is."""
    content = bytearray(sheet([HQ]))
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = (5).to_bytes(4, "little")
    return bytes(content)


BROKEN: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "text": lambda: "代码,类别\nS01,网点".encode("gbk"),
    "a zip of something else": lambda: zipped({"a.txt": b"a"}),
    "a bomb": bomb,
    "a far corner": far_corner,
    "entities": entities,
    "many parts": many_parts,
    "cut off": cut,
    "lying about its size": lying,
    "no headings": lambda: sheet([HQ], head=["x"] * 12),
    "headings only": lambda: sheet([]),
    "too many rows": lambda: sheet([outlet(n) for n in range(sheets.MOST_ROWS + 1)]),
}


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_refused_in_words_and_nothing_is_lost(
    app: Flask, world: make.World, planner: FlaskClient, client: str, what: str
) -> None:
    upload(planner, client, sheet([HQ]))
    status, page = upload(planner, client, BROKEN[what]())
    assert status == 422
    assert "没有导入" in page
    assert "problem." not in page
    assert codes(app, world) == ["HQ"]


def test_no_file_at_all_is_refused_in_words(planner: FlaskClient, client: str) -> None:
    answer = planner.post(f"{client}/import", data={})
    assert (answer.status_code, "没有选择文件" in answer.text) == (422, True)


def test_template_and_export_can_be_imported_again_and_hold_no_formula(
    app: Flask, world: make.World, planner: FlaskClient, client: str
) -> None:
    for language in ("zh-CN", "en"):
        planner.set_cookie("language", language)
        empty = planner.get("/clients/template.xlsx")
        assert empty.status_code == 200
        status, _ = upload(planner, client, empty.data)
        assert status == 422
    upload(planner, client, sheet([HQ, outlet(1, 名称="=HYPERLINK(1)", 位置="30.1, 120.1 BD-09")]))
    exported = planner.get(f"{client}/sites.xlsx").data
    with zipfile.ZipFile(io.BytesIO(exported)) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")
    assert "不变 2" in upload(planner, client, exported, way="preview")[1]


def test_a_site_is_changed_by_hand_with_the_same_checks(
    app: Flask, world: make.World, planner: FlaskClient, client: str
) -> None:
    upload(planner, client, sheet([HQ, outlet(1), outlet(2)]))
    with app.app_context():
        make.scoped(world)
        site = db.session.query(Site).filter_by(code="S01").one()
        path = f"{client}/sites/{site.id}"
    good = {
        "code": "S01",
        "kind": "网点",
        "name": "城西店",
        "province": "33",
        "people": "7",
        "position": "120.1,30.2 GCJ-02",
    }
    for change, words in (
        ({"code": "S02"}, "这个代码已有别的场所"),
        ({"kind": "总部"}, "已经有总部"),
        ({"people": "x"}, "写整数"),
        ({"closed_on": "soon"}, "写成 2026-11-24"),
    ):
        answer = planner.post(path, data=good | change)
        assert (answer.status_code, words in answer.text) == (422, True), change
    assert planner.post(path, data=good | {"closed_on": "2026-12-01"}).status_code == 303
    page = planner.get(path).text
    assert "城西店" in page
    assert "30.2, 120.1 GCJ-02" in page
    assert planner.post(f"{client}/sites", data=good | {"code": "S10"}).status_code == 303
    assert codes(app, world)[-1] == "S10"


def test_contacts_come_and_go(planner: FlaskClient, client: str) -> None:
    assert planner.post(f"{client}/contacts", data={"name": " "}).status_code == 422
    assert planner.post(f"{client}/contacts", data={"name": "沈 Shen", "phone": "+86 138 0013 8000"}).status_code == 303
    page = planner.get(client).text
    assert "+86 138 0013 8000" in page
    removal = page.split(f'action="{client}/contacts/')[1].split('"')[0]
    assert planner.post(f"{client}/contacts/{removal}").status_code == 303
    assert "还没有联系人" in planner.get(client).text


@pytest.mark.parametrize("role", list(Role))
def test_the_office_reads_and_only_planners_write(client_of: SignIn, client: str, role: Role) -> None:
    browser = client_of(role)
    reads = role in acts.READERS
    for path in ("/clients", client, f"{client}/sites.xlsx", "/clients/template.xlsx"):
        assert browser.get(path).status_code == (200 if reads else 403)
    writes = role is Role.planner
    for path in ("/clients/new", f"{client}/edit", f"{client}/import", f"{client}/sites/new", f"{client}/contacts/new"):
        assert browser.get(path).status_code == (200 if writes else 403)
    assert browser.post("/clients", data={"name": "x"}).status_code == (303 if writes else 403)
    if reads and not writes:
        assert "button--primary" not in browser.get(client).text


def test_another_body_sees_none_of_it(app: Flask, client: str) -> None:
    make.world(app, name="another", logins="-2")
    browser = app.test_client()
    assert browser.post("/login", data={"username": "pan-2", "password": make.PASSWORD}).status_code == 303
    assert "禾川" not in browser.get("/clients").text
    assert browser.get(client).status_code == 404
    assert browser.post(client, data={"name": "taken"}).status_code == 404


def test_pages_speak_english(planner: FlaskClient, client: str) -> None:
    upload(planner, client, sheet([HQ, outlet(1)]))
    with planner:
        for path in ("/clients", client, f"{client}/import", f"{client}/sites/new"):
            assert "clients." not in planner.get(path).text.replace("/clients.", "")
