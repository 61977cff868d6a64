"""`bin/demo`: a fresh demo world, the tour through it in a real browser, and the pictures of the README on the way.

An answers offline and syncs, Lin settles, He looks. The same doors as a person's: nothing is drawn that the app does not show.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.e2e.office import Desk, demo, desktop
from tests.e2e.tablets import CHROMIUM, Tablet
from tests.start.servers import Server, running
from webapp.config import ROOT
from webapp.demo_world import NUMBER

MOST_BYTES = 200 * 1024
WIDE, TABLET, PHONE = (1440, 900), (1024, 768), (390, 844)


class Album:
    """The folder of the pictures. Each is kept small by a palette: pages have few colours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, page: Page, name: str) -> None:
        expect(page.locator(".toast")).to_have_count(0)
        page.evaluate("() => { document.activeElement?.blur?.(); scrollTo(0, 0); }")
        path = self.folder / f"{name}.png"
        page.screenshot(path=path, animations="disabled")
        with Image.open(path) as picture:
            picture.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise SystemExit(f"{path} has {size} bytes, more than {MOST_BYTES}")
        print(f"  {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}  {size // 1024} KB")


def main() -> None:
    ask = argparse.ArgumentParser(
        prog="bin/demo", description="Walk the tour through a fresh demo world and take the README's pictures."
    )
    ask.add_argument(
        "--to", type=Path, default=ROOT / "docs" / "pictures", help="the folder of the pictures (docs/pictures)"
    )
    to: Path = ask.parse_args().to
    if not Path(CHROMIUM).exists():
        sys.exit("The tour needs Debian's chromium. Type:  sudo apt-get install -y chromium fonts-wqy-microhei")
    with (
        tempfile.TemporaryDirectory(prefix="xingping-demo-") as folder,
        running(Path(folder) / "data") as server,
        sync_playwright() as driver,
    ):
        print(f"Xingping 星评  {server.url}  (a world of its own, gone afterwards)")
        walk(driver, server, Path(folder), Album(to))


def walk(driver: Playwright, server: Server, folder: Path, album: Album) -> None:
    tour = demo(server.data)
    evaluation, hq = tour["evaluations"][NUMBER], tour["visits"]["an HQ"]
    with desktop(driver) as browser:
        print("An answers at the HQ, without a network")
        _answer(driver, server, tour, hq, folder, album)
        print("Lin settles")
        with _desk(browser, server, tour, "lin", "zh-CN") as page:
            page.goto(f"{server.url}/evaluations/{evaluation}")
            album.take(page, "evaluation-zh")
            page.goto(f"{server.url}/evaluations/{evaluation}/consolidation")
            album.take(page, "consolidation-zh")
        with _desk(browser, server, tour, "lin", "en") as page:
            page.goto(f"{server.url}/evaluations/{evaluation}/disputes")
            page.locator("main a[href*='/disputes/'][href*='5.2.4.2']").first.click()
            expect(page.locator(".dispute__side")).to_have_count(2)
            album.take(page, "dispute-en")
            page.locator("form[data-settle] [name=choice]").first.check(force=True)
            page.locator("form[data-settle] #reason").fill(
                "Four orders lack the signature; electronic receipts do not replace it here."
            )
            page.locator("form[data-settle] button[type=submit]").click()
            page.wait_for_url("**/disputes**")
        print("He looks")
        with _desk(browser, server, tour, "he", "zh-CN") as page:
            page.goto(f"{server.url}/dashboard")
            album.take(page, "dashboard-zh")


def _answer(driver: Playwright, server: Server, tour: dict[str, Any], hq: str, folder: Path, album: Album) -> None:
    an = Tablet(driver, folder / "tablet", server.url, size=TABLET)
    try:
        an.sign_in("an", tour["password"])
        an.ready_offline(["禾川电器总部"])
        expect(an.bar).to_have_class(re.compile("sync-bar--safe"))
        album.take(an.page, "today-zh")
        an.context.set_offline(True)
        an.clause(hq, "5.1.2.1")
        album.take(an.page, "clause-zh")
        for code, met in (("5.1.1.1", True), ("5.1.3.1", True), ("5.1.4.1", False)):
            an.clause(hq, code)
            an.met(met)
            expect(an.bar).to_contain_text(re.compile(r"[1-9]\d* 项仅在此平板"))
        an.note("手册缺返修件交接一节,新员工不知道送修时限。")
        an.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        album.take(an.page, "clause-phone-zh")
        an.open("outbox")
        expect(an.page.locator(".outbox__row").first).to_be_visible()
        album.take(an.page, "outbox-zh")
        an.context.set_offline(False)
        an.sync()
        _english(an)
        an.clause(hq, "5.1.4.1")
        album.take(an.page, "clause-phone-en")
        an.page.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
        an.open("visit", hq, "submission")
        expect(an.page.locator("h1")).to_contain_text("Before submitting")
        album.take(an.page, "submission-en")
    finally:
        an.close()


def _english(an: Tablet) -> None:
    an.open("settings")
    an.page.get_by_label("English").check(force=True)
    expect(an.page.locator("h1")).to_contain_text("Settings")


@contextmanager
def _desk(browser: Browser, server: Server, tour: dict[str, Any], login: str, language: str) -> Iterator[Page]:
    width, height = WIDE
    desk = Desk(
        browser.new_context(viewport={"width": width, "height": height}, locale=language, reduced_motion="reduce"),
        server.url,
    )
    desk.sign_in(login, tour["password"])
    desk.speak(language)
    yield desk.page
    desk.context.close()


if __name__ == "__main__":
    main()
