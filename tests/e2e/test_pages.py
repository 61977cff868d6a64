"""Every page of the office as every role sees it: axe, one title, a quiet console, nothing that scrolls sideways, two languages, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from tests.e2e.office import Desk, Reader, demo, desktop
from tests.start.servers import Server, running
from webapp import create_app

pytestmark = pytest.mark.browser

# language, colours, width, height: together each pair at least once; axe judges the first two, which between them hold everything.
LOOKS = (
    ("zh-CN", "light", 1440, 900),
    ("en", "dark", 390, 844),
    ("zh-CN", "dark", 390, 844),
    ("en", "light", 1440, 900),
)
JUDGED_BY_AXE = LOOKS[:2]
# The field app has tests of its own; the rest answers no page but a file, figures, or the way somewhere else.
NO_PAGE = frozenset(
    {"fieldwork.shell", "fieldwork.me", "fieldwork.who", "static", "favicon", "manifest", "worker", "healthz"}
)
PUBLIC = ("/login", "/no-such-page")
# Who does the work of a room sees all its forms: the page is judged in that person's hands.
WORKS_IN = {"consolidation": "lin", "dashboard": "he", "accounts": "guo", "schemes": "qin"}
PLANNER = "pan"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("pages") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def tour(server: Server) -> dict[str, Any]:
    return demo(server.data)


@pytest.fixture(scope="module")
def readers(server: Server, tour: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reader]:
    """Each of the cast has walked the office by links alone."""
    routes = create_app({"XINGPING_DATA": tmp_path_factory.mktemp("routes")}).url_map.bind("")
    found = {}
    for login in tour["users"]:
        reader = Reader(server.url)
        reader.sign_in(login, tour["password"])
        reader.walk(routes, skip=NO_PAGE)
        found[login] = reader
    return found


@pytest.fixture(scope="module")
def walked(readers: dict[str, Reader]) -> dict[str, dict[str, list[str]]]:
    """Role by role: endpoint → the addresses of its pages that this person reached."""
    return {login: reader.pages for login, reader in readers.items()}


def test_nobody_is_shown_a_link_that_does_not_work(readers: dict[str, Reader]) -> None:
    dead = {
        f"{login} {path}": status
        for login, reader in readers.items()
        for path, (status, _) in reader.seen.items()
        if status != 200
    }
    assert not dead, told(dead)


def test_every_page_of_everybody_has_one_title(readers: dict[str, Reader]) -> None:
    titles = {
        f"{login} {path}": reader.seen[path][1].count("<h1")
        for login, reader in readers.items()
        for paths in reader.pages.values()
        for path in paths
    }
    assert len(titles) > 100
    assert {where: n for where, n in titles.items() if n != 1} == {}


def test_every_page_is_reached_by_links(walked: dict[str, dict[str, list[str]]], tmp_path: Path) -> None:
    rules = create_app({"XINGPING_DATA": tmp_path}).url_map.iter_rules()
    pages = {rule.endpoint for rule in rules if "GET" in (rule.methods or ())}
    reached = {endpoint for pages_of in walked.values() for endpoint in pages_of}
    elsewhere = NO_PAGE | {"accounts.home", "accounts.login", "accounts.setup", "consolidation.figures"}
    files = {
        "clients.template",
        "clients.export",
        "evaluations.evaluations_sheet",
        "schemes.file",
        "sampling.protocol_json",
        "consolidation.photo",
    }
    assert {one for one in pages - reached - elsewhere - files if not one.startswith("sync.")} == set()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
def test_no_page_has_a_fault(
    driver: Playwright,
    server: Server,
    tour: dict[str, Any],
    walked: dict[str, dict[str, list[str]]],
    look: tuple[str, str, int, int],
) -> None:
    """Each page in each look, as the one who works there sees it."""
    axe = look in JUDGED_BY_AXE
    wrong: dict[str, list[str]] = {}
    with desktop(driver) as browser:
        desk = _desk(browser, server.url, look)
        wrong |= {path: faults for path in PUBLIC if (faults := desk.faults(path, axe=axe))}
        wrong |= {"console": quiet} if (quiet := [said for said in desk.complaints if "404" not in said]) else {}
        for login in sorted({*WORKS_IN.values(), PLANNER}):
            pages = walked[login]
            desk = _desk(browser, server.url, look)
            desk.sign_in(login, tour["password"])
            desk.speak(look[0])
            for endpoint, paths in pages.items():
                works = WORKS_IN.get(endpoint.partition(".")[0], PLANNER) == login
                if works and (faults := desk.faults(paths[0], axe=axe)):
                    wrong[f"{login} {paths[0]}"] = faults
            if desk.complaints:
                wrong[f"{login} console"] = desk.complaints
            desk.context.close()
    assert not wrong, told(wrong)


def told(wrong: dict[str, Any]) -> str:
    return "\n" + "\n".join(f"{where}: {what}" for where, what in wrong.items())


def _desk(browser: Browser, url: str, look: tuple[str, str, int, int]) -> Desk:
    language, colours, width, height = look
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=language,
        color_scheme="dark" if colours == "dark" else "light",
        reduced_motion="reduce",
    )
    return Desk(context, url)
