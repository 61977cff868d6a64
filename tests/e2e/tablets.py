"""Tablets of the browser tests: real Chromium with a profile of its own, that can be killed and started cold, and what a hand does on it.

Never a mock and never a sleep in place of an answer: whatever is waited for is asked for again until it holds or its time is over.
"""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Playwright, expect

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
HANGZHOU = {"latitude": 30.2084, "longitude": 120.2120, "accuracy": 12}
# What a browser says by itself when the server is away; anything else on the console is an error of ours.
AWAY = re.compile(r"Failed to load resource: net::ERR_|ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED")

expect.set_options(timeout=15_000)
T = TypeVar("T")


def eventually(ask: Callable[[], T], *, within: float = 20) -> T:
    """Ask until the answer is truthy; the last answer is shown when time is over."""
    ends = time.monotonic() + within
    while not (answer := ask()) and time.monotonic() < ends:
        time.sleep(0.05)
    assert answer, f"not within {within} s, the last answer was {answer!r}"
    return answer


# Every operation's line and every photo's hash, straight from IndexedDB, past the app.
READ = """async () => {
  const one = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
  const names = (await indexedDB.databases()).map(({ name }) => name).filter((name) => /^xingping-.*-/.test(name) && !name.endsWith("-photos"));
  const lines = {};
  for (const name of names) {
    const db = await one(indexedDB.open(name));
    for (const row of await one(db.transaction("operations").objectStore("operations").getAll())) lines[row.n] = new TextDecoder().decode(row.line);
    db.close();
  }
  return lines;
}"""


@dataclass(frozen=True)
class Kept:
    """`operations`: number → line, byte for byte; `photos`: "VISIT/UUID" → the hash that its operation tells."""

    operations: dict[str, str]
    photos: dict[str, str]

    @classmethod
    def read(cls, page: Page) -> Kept:
        lines: dict[str, str] = page.evaluate(READ)
        told = [json.loads(line) for line in lines.values()]
        photos = {
            one["key"]: one["set"]["sha256"] for one in told if one["record"] == "evidence" and "sha256" in one["set"]
        }
        return cls(lines, photos)


@dataclass
class Tablet:
    """One browser of one person. `size` is that of the screen, `arguments` are more for the browser; `complaints` is what the console said in anger."""

    driver: Playwright
    profile: Path
    url: str
    size: tuple[int, int] = (1024, 768)
    arguments: tuple[str, ...] = ()
    complaints: list[str] = field(default_factory=list)
    _context: BrowserContext | None = None

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Cold: a new browser process on the same profile."""
        width, height = self.size
        self._context = self.driver.chromium.launch_persistent_context(
            self.profile,
            executable_path=CHROMIUM,
            args=[*ARGUMENTS, *self.arguments],
            headless=True,
            viewport={"width": width, "height": height},
            geolocation=HANGZHOU,
            permissions=["geolocation"],
            reduced_motion="reduce",
        )
        self.page: Page = self._context.pages[0]
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error" and not AWAY.search(said.text):
            self.complaints.append(f"{said.text} ({self.page.url})")

    @property
    def context(self) -> BrowserContext:
        assert self._context is not None
        return self._context

    def close(self) -> None:
        if self._context is not None:
            self._context.close()
            self._context = None

    def kill(self) -> int:
        """SIGKILL to the whole group of the browser's processes; returns the pid that is really gone."""
        folder = f"--user-data-dir={self.profile}"
        pid = next(
            process.pid
            for process in psutil.process_iter(["cmdline"])
            if folder in (said := process.info["cmdline"] or [])
            and not any(word.startswith("--type=") for word in said)
        )
        group = os.getpgid(pid)
        assert group not in (os.getpgrp(), 0), "the browser shares our process group"
        os.killpg(group, signal.SIGKILL)
        eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
        eventually(lambda: not any(folder in (one.info["cmdline"] or []) for one in psutil.process_iter(["cmdline"])))
        self._context = None
        return pid

    def sign_in(self, login: str, password: str, *, lands_on: str = "/field/") -> None:
        self.page.goto(f"{self.url}/login")
        self.page.locator("[name=username]").fill(login)
        self.page.locator("[name=password]").fill(password)
        self.page.locator("form[action='/login'] button[type=submit]").click()
        self.page.wait_for_url(f"{self.url}{lands_on}")

    def ready_offline(self, sites: list[str]) -> None:
        """Every one of these visits is on the tablet, and the worker can start the app by itself."""
        for site in sites:
            expect(self.row(site)).to_contain_text(re.compile("Ready offline|可离线"))
        state = "async () => (await navigator.serviceWorker.ready).active.state"
        eventually(lambda: self.page.evaluate(state) == "activated")

    def row(self, site: str) -> Locator:
        return self.page.locator(".visit-row", has_text=site)

    # what a hand does

    def open(self, *parts: str) -> None:
        """To an address of the app: inside it without loading the page again, as a link or the back button does."""
        path = f"/field/{'/'.join(parts)}"
        if self.page.url.startswith(f"{self.url}/field/"):
            self.page.evaluate(
                "path => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')); }", path
            )
        else:
            self.page.goto(self.url + path)

    def clause(self, visit: str, code: str) -> None:
        self.open("visit", visit, "clause", code)
        expect(self.card.locator("h2").first).to_contain_text(code)

    @property
    def card(self) -> Locator:
        return self.page.locator(".clause-card")

    @property
    def bar(self) -> Locator:
        return self.page.locator(".sync-bar")

    def met(self, met: bool) -> None:
        self.card.locator(".choice input[value=%s]" % ("met" if met else "failed")).check(force=True)

    def sample(self, checked: int, failing: int) -> None:
        """Looks at so many, then marks the first ones failing."""
        tiles = self.card.locator(".samples__tiles")
        for n in range(1, checked + 1):
            tiles.locator("button.sample--planned, button.sample--add").first.click()
            expect(tiles.locator("input[type=checkbox]")).to_have_count(n)
        for n in range(failing):
            tiles.locator("input[type=checkbox]").nth(n).check(force=True)
        expect(self.card.locator(".samples__sum")).to_contain_text(f"{failing} of {checked} failing")

    def note(self, words: str) -> None:
        """Written and left; the page says that it is saved only when it is."""
        box = self.card.locator("textarea").first
        box.fill(words)
        box.blur()
        saved = self.card.locator(".field").filter(has=self.page.locator("textarea")).last.locator(".field__saved")
        expect(saved).to_contain_text(re.compile("Saved on this tablet|已存到此平板"))

    def photos(self, *files: Path) -> None:
        """Through the file input of the page; done when each is shown from the store."""
        shown = self.card.locator("img[data-evidence]")
        before = shown.count()
        self.card.locator("input[type=file]").last.set_input_files(list(files))
        expect(shown).to_have_count(before + len(files))

    def exclude(self, why: str) -> None:
        self.card.get_by_role("button", name=re.compile("exclude|删减")).click()
        form = self.card.locator("form.exclusion")
        form.locator("textarea").fill(why)
        form.locator("button[type=submit]").click()
        expect(self.card).to_contain_text(re.compile("Excluded|删减"))

    def submit(self, visit: str) -> None:
        self.open("visit", visit, "submission")
        self.page.locator(".field-app__actions .button--primary").click()
        self.page.locator("dialog .button--primary").click()
        self.page.wait_for_url(f"{self.url}/field/")

    def kept(self, operations: int | None = None) -> Kept:
        """What the tablet's own database holds: once it is so many operations, or once it has not changed for half a second."""
        if operations is not None:
            eventually(lambda: len(Kept.read(self.page).operations) >= operations)
            kept = Kept.read(self.page)
            assert len(kept.operations) == operations
            return kept
        kept, since = Kept.read(self.page), time.monotonic()
        while time.monotonic() - since < 0.5:
            if (now := Kept.read(self.page)) != kept:
                kept, since = now, time.monotonic()
        return kept

    def sync(self) -> None:
        """Ask for it in the outbox, and wait until the bar says that everything is verified."""
        self.open("outbox")
        self.page.locator(".field-app__actions .button--primary").click()
        expect(self.bar).to_have_class(re.compile("sync-bar--safe"), timeout=40_000)


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
