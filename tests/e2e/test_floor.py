"""The oldest browser that is promised: Chromium 109, as it stands on Windows 7 machines and in old shells."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import House
from tests.e2e.worlds import PASSWORD
from webapp.config import ROOT


@pytest.mark.browser
def test_chromium_109_signs_in_syncs_answers_offline_and_keeps_it_over_a_reload(house: House, tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node, "Node 20 or newer is needed: bin/test installs it"
    visit = house.world.visits["W01"]
    told = [node, str(ROOT / "tests/e2e/floor.mjs"), house.url, "an", PASSWORD, visit, str(tmp_path / "floor")]
    done = subprocess.run(told, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert "109." in said["version"], said
    assert said["errors"] == []
