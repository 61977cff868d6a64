"""A browser in the office and the demo world to look at: signing in, walking every page, judging what is on the screen."""

from __future__ import annotations

import io
import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright
from python_calamine import CalamineWorkbook
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from tests.e2e.tablets import ARGUMENTS, CHROMIUM
from webapp.config import ROOT

AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8")
JUDGED = """() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] })
  .then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")}`))"""
WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
STYLED = "() => [...document.querySelectorAll('[style]')].map((at) => at.outerHTML.slice(0, 120))"
LINK = re.compile(r"""<a\b[^>]*?\bhref=["']([^"'#]*)""")


@contextmanager
def desktop(driver: Playwright) -> Iterator[Browser]:
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, headless=True)
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Desk:
    """One person's browser window in one look; `complaints` is what the console said in anger."""

    context: BrowserContext
    url: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page: Page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{error} ({self.page.url})"))

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            self.complaints.append(f"{said.text} ({self.page.url})")

    def sign_in(self, login: str, password: str) -> None:
        self.page.goto(f"{self.url}/login")
        self.page.locator("[name=username]").fill(login)
        self.page.locator("[name=password]").fill(password)
        self.page.locator("form[action='/login'] button[type=submit]").click()
        self.page.wait_for_url(lambda url: "/login" not in url)

    def speak(self, language: str) -> None:
        """From here on the person's language."""
        asked = {"form": {"language": language}, "headers": {"Origin": self.url}}
        assert self.context.request.post(f"{self.url}/account/language", **asked).ok

    def faults(self, path: str, *, axe: bool) -> list[str]:
        """Everything that is wrong with this page, in words."""
        answer = self.page.goto(self.url + path)
        assert answer is not None
        found = [] if answer.ok or path == "/no-such-page" else [f"status {answer.status}"]
        if axe:
            self.page.evaluate(AXE)
            found += self.page.evaluate(JUDGED)
        found += [f"style attribute: {one}" for one in self.page.evaluate(STYLED)]
        if (over := self.page.evaluate(WIDE)) > 0:
            found.append(f"sideways by {over} px")
        if (titles := self.page.locator("h1").count()) != 1:
            found.append(f"{titles} titles")
        return found


@dataclass
class Reader:
    """A browser without a screen. `seen`: every answer of a walk, by path; `pages`: endpoint → paths of the HTML pages that it found."""

    url: str
    seen: dict[str, tuple[int, str]] = field(default_factory=dict)
    pages: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def ask(self, path: str, **form: str) -> tuple[int, str, str]:
        """Status, media type, text (of a workbook: its cells)."""
        data = urlencode(form).encode() if form else None
        asked = urllib.request.Request(urljoin(self.url, path), data=data, headers={"Origin": self.url})
        try:
            with self._opener.open(asked, timeout=30) as answer:
                kind, content = answer.headers.get_content_type(), answer.read()
                text = cells(content) if "spreadsheet" in kind else content.decode("utf-8", "replace")
                return answer.status, kind, text
        except HTTPError as error:
            return error.code, error.headers.get_content_type(), error.read().decode("utf-8", "replace")

    def sign_in(self, login: str, password: str) -> None:
        status, _, text = self.ask("/login", username=login, password=password)
        assert status == 200 and 'name="password"' not in text, (login, status)

    def walk(self, routes: MapAdapter, *, each: int = 3, skip: frozenset[str] = frozenset()) -> None:
        """Follow the links of the office from the first page, at most `each` addresses an endpoint."""
        queue = ["/"]
        while queue:
            path = queue.pop(0)
            endpoint = endpoint_of(routes, path)
            if path in self.seen or endpoint is None or endpoint in skip or len(self.pages.get(endpoint, [])) >= each:
                continue
            status, kind, text = self.ask(path)
            self.seen[path] = (status, text)
            if kind != "text/html" or status != 200:
                continue
            self.pages.setdefault(endpoint, []).append(path)
            for link in LINK.findall(text):
                target = urlsplit(urljoin(self.url + path, unescape(link)))
                if target.netloc == urlsplit(self.url).netloc:
                    queue.append(target.path + (f"?{target.query}" if target.query else ""))


def cells(content: bytes) -> str:
    """What stands in a workbook, sheet by sheet."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return "\n".join(str(row) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python())


def endpoint_of(routes: MapAdapter, path: str) -> str | None:
    try:
        return str(routes.match(path.partition("?")[0], method="GET")[0])
    except HTTPException:
        return None


def demo(data: Path) -> dict[str, Any]:
    return dict(json.loads((data / "demo.json").read_text("utf-8")))
