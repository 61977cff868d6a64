"""Bodies that never arrive whole: they hold neither all threads of the server nor the one writer of SQLite."""

from __future__ import annotations

import http.client
import http.cookiejar
import select
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import cast

import pytest

from tests.start import servers
from webapp.turnstile import OF_ONE_ADDRESS, THREADS


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    with servers.running(tmp_path_factory.mktemp("slow") / "data") as server:
        yield server


@contextmanager
def dripping(server: servers.Server, n: int, path: str, **headers: str) -> Iterator[list[socket.socket]]:
    """`n` connections that have sent the beginning of a body and nothing more."""
    address = urllib.parse.urlsplit(server.url)
    said = {"Host": address.netloc, "Content-Type": "application/x-www-form-urlencoded", "Content-Length": "1000"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in (said | headers).items())
    with ExitStack() as kept:
        connections = []
        for _ in range(n):
            one = kept.enter_context(socket.create_connection((str(address.hostname), int(address.port or 0))))
            one.sendall(f"POST {path} HTTP/1.1\r\n{lines}\r\nusername=a".encode())
            connections.append(one)
        yield connections


def answered(browser: urllib.request.OpenerDirector, url: str, form: bytes) -> http.client.HTTPResponse:
    """The answer to a form, asked again while the server has yet to notice that others are gone."""
    until = time.monotonic() + 20
    while True:
        try:
            return cast("http.client.HTTPResponse", browser.open(url, data=form, timeout=20))
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 503 or time.monotonic() > until:
                raise
            time.sleep(0.2)


def signed_in(server: servers.Server, login: str) -> tuple[urllib.request.OpenerDirector, str]:
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    form = urllib.parse.urlencode({"username": login, "password": server.demo()["password"]}).encode()
    with answered(browser, f"{server.url}/login", form):
        return browser, "; ".join(f"{one.name}={one.value}" for one in jar)


def test_slow_bodies_of_one_address_leave_threads_for_everybody_else(server: servers.Server) -> None:
    assert OF_ONE_ADDRESS < THREADS
    with dripping(server, THREADS + 20, "/login") as connections:
        refused: list[socket.socket] = []
        until = time.monotonic() + 20
        while len(refused) < THREADS + 20 - OF_ONE_ADDRESS and time.monotonic() < until:
            refused = select.select(connections, [], [], 0.2)[0]
        told = [one.recv(1000) for one in refused]
        assert THREADS + 20 - OF_ONE_ADDRESS <= len(told) < THREADS  # some wait inside, the rest have been told
        assert all(text.startswith(b"HTTP/1.1 503 ") and b"retry-after: 5" in text.lower() for text in told)
        for path in ("/healthz", "/login"):
            with urllib.request.urlopen(server.url + path, timeout=20) as answer:
                assert answer.status == 200
    signed_in(server, "lin")  # and all is well when they have gone


@pytest.mark.parametrize("path", ["/account/language", "/evaluations", "/sync/v1/push"])
def test_a_slow_body_of_somebody_signed_in_keeps_nobody_from_writing(server: servers.Server, path: str) -> None:
    _, cookie = signed_in(server, "pan")
    with dripping(server, 20, path, Cookie=cookie):
        browser, _ = signed_in(server, "lin")
        form = urllib.parse.urlencode({"language": "zh-CN"}).encode()
        with answered(browser, f"{server.url}/account/language", form) as page:
            assert page.status == 200
