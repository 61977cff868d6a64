"""`bin/run --lan`: the same app over https with a certificate of the folder's own authority, as a tablet on the local network meets it."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Playwright, expect

from tests.e2e.tablets import Tablet
from tests.e2e.worlds import PASSWORD, small_world
from tests.start.servers import running

pytestmark = pytest.mark.browser


def trusting(certificate: Path) -> str:
    """Lets Chromium take this one certificate as if its authority were installed, also for service workers."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    told = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"--ignore-certificate-errors-spki-list={base64.b64encode(hashlib.sha256(told).digest()).decode()}"


def test_a_tablet_signs_in_works_offline_and_syncs_over_https(driver: Playwright, tmp_path: Path) -> None:
    with running(tmp_path / "data", "--lan", "--empty") as server:
        world = small_world(server.data)
        assert server.url.startswith("https://")
        certificate = tmp_path / "data" / "https" / "server.crt"
        an = Tablet(driver, tmp_path / "an", server.url, arguments=(trusting(certificate),))
        try:
            an.sign_in("an", PASSWORD)
            an.ready_offline(["长河家电总部", "西湖店"])
            cookies = an.context.cookies()
            session = [cookie for cookie in cookies if cookie["httpOnly"]]
            assert session
            assert all(
                cookie["name"].startswith("__Host-") and cookie["secure"] and cookie["path"] == "/"
                for cookie in session
            )
            assert all(cookie["secure"] and cookie["sameSite"] in ("Lax", "Strict") for cookie in cookies)
            an.context.set_offline(True)
            an.clause(world.visits["W01"], "A.1")
            an.met(False)
            an.note("https 也一样")
            expect(an.bar).to_contain_text(re.compile("[1-9][0-9]* only on this tablet"))
            an.context.set_offline(False)
            an.sync()
            expect(an.bar).to_contain_text("verified with the server")
            assert an.complaints == []
        finally:
            an.close()
            world.close()
