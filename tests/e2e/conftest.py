"""What browser tests of the field app share: one Playwright, one real server with the small world, tablets that are closed behind a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.e2e.tablets import Tablet, port_of
from tests.e2e.worlds import PASSWORD, World, small_world
from tests.start.servers import Server, refused, start, stop


@dataclass
class House:
    """A server in a process of its own, that can be stopped and started again at the same address, and the world in it."""

    server: Server
    world: World

    @property
    def url(self) -> str:
        return self.server.url

    def stop(self) -> None:
        stop(self.server)
        assert refused(port_of(self.url))

    def start(self) -> None:
        self.server = start(self.server.data, port=port_of(self.url))
        assert self.server.process.poll() is None, self.server.said()


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """With a new data folder: what one test does is nothing to the next."""
    server = start(tmp_path / "data", "--empty")
    assert server.process.poll() is None, server.said()
    made = House(server, small_world(server.data))
    yield made
    made.world.close()
    stop(made.server)


@pytest.fixture
def tablet_of(driver: Playwright, house: House, tmp_path: Path) -> Iterator[Callable[..., Tablet]]:
    """`tablet_of("an")`: a tablet on which that person has signed in and fetched everything. What its console said in anger fails the test."""
    tablets: list[Tablet] = []
    names = {"an": ["长河家电总部", "西湖店"], "bai": ["长河家电总部", "江宁店"]}

    def signed_in(login: str, *, size: tuple[int, int] = (1024, 768)) -> Tablet:
        tablet = Tablet(driver, tmp_path / f"{login}-{len(tablets)}", house.url, size=size)
        tablets.append(tablet)
        tablet.sign_in(login, PASSWORD)
        tablet.ready_offline(names[login])
        return tablet

    yield signed_in
    for tablet in tablets:
        tablet.close()
    # A browser that was killed before it wrote its cookies, or whose session ended, is asked to sign in: it notes the 401 by itself.
    said = [words for tablet in tablets for words in tablet.complaints if "status of 401" not in words]
    assert said == []
