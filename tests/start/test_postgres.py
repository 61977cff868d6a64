"""The whole demo world on a real PostgreSQL: migrations, acts, the wire, consolidation."""

from __future__ import annotations

import http.cookiejar
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.start import servers
from tests.start.test_start import flask

pytestmark = pytest.mark.postgres


def test_the_demo_world_lives_on_postgresql(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with servers.running(tmp_path / "data", DATABASE_URL=postgres_url) as server:
        demo = server.demo()
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        form = urllib.parse.urlencode({"username": "lin", "password": demo["password"]}).encode()
        with browser.open(f"{server.url}/login", data=form) as page:
            assert page.url.endswith("/evaluations")
        evaluation = demo["evaluations"]["2026-0147"]  # type: ignore[index]
        for path in ("", "/consolidation", "/explanation", "/disputes", "/parts", "/plan", "/sample", "/versions"):
            with browser.open(f"{server.url}/evaluations/{evaluation}{path}") as page:
                assert page.status == 200
        monkeypatch.setenv("DATABASE_URL", postgres_url)
        redrawn = flask(server.data, "sample", "redraw", "2026-0147")
        assert redrawn.returncode == 0, redrawn.stderr
        assert "same" in redrawn.stdout
        listed = flask(server.data, "device", "list")
        assert listed.returncode == 0, listed.stderr
        assert "平板 03" in listed.stdout
