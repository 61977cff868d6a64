"""tools/redraw.py, run as an outsider runs it: a plain Python, the protocol and nothing of this house."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sampling.protocols import protocol
from webapp.sampling.protocol import differences
from webapp.sampling.rules import Outlet, Rule

ROOT = Path(__file__).parent.parent.parent
TOOL = ROOT / "tools" / "redraw.py"
VECTORS = sorted((ROOT / "tests" / "vectors" / "sampling").glob("*.json"))
SAMPLE = json.loads((ROOT / "tests/vectors/sampling/a-hundred-with-a-second-draw.json").read_text("utf-8"))


def redrawn(path: Path) -> tuple[int, str]:
    """Exit status and what was said; `-I` keeps this checkout out of its path."""
    ended = subprocess.run([sys.executable, "-I", TOOL, path], check=False, capture_output=True, text=True, timeout=60)
    assert ended.stderr == ""
    return ended.returncode, ended.stdout.strip()


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_each_vector_is_the_same_to_an_outsider(file: Path) -> None:
    assert redrawn(file) == (0, "same")
    assert differences(json.loads(file.read_text("utf-8"))) == []


def test_the_tool_is_short_and_needs_only_the_standard_library() -> None:
    lines = TOOL.read_text("utf-8").splitlines()
    assert len(lines) <= 60
    imported = {line.split()[1].split(".")[0] for line in lines if line.startswith(("import ", "from "))}
    assert imported <= sys.stdlib_module_names


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    made = copy.deepcopy(SAMPLE)
    change(made)
    return made


TAMPERED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "an outlet taken from the list": lambda p: p["outlets"].pop(),
    "an outlet in another stratum": lambda p: p["outlets"][3].update(strata=["99", "own"]),
    "another list hash": lambda p: p.update(list_sha256="0" * 64),
    "another client nonce": lambda p: p["draws"][0]["nonces"].update(client="better"),
    "another body nonce": lambda p: p["draws"][0]["nonces"].update(body="1" * 64),
    "a short body nonce": lambda p: p["draws"][0]["nonces"].update(body="1"),
    "another seed": lambda p: p["draws"][1].update(seed="0" * 64),
    "a smaller sample": lambda p: p["draws"][0].update(size=9),
    "a larger sample without a reason": lambda p: p["draws"][1].update(size_reason=None),
    "a blank reason": lambda p: p["draws"][0]["picks"][0].update(reason=" "),
    "a pick that is not listed": lambda p: p["draws"][0]["picks"][0].update(code="nowhere"),
    "a pick twice": lambda p: p["draws"][0]["picks"].append(p["draws"][0]["picks"][0]),
    "a drawn outlet exchanged": lambda p: p["draws"][0]["drawn"][0].update(code=p["draws"][0]["drawn"][1]["code"]),
    "the drawn in another order": lambda p: p["draws"][0]["drawn"].reverse(),
    "a rank of its own": lambda p: p["draws"][0]["drawn"][0].update(rank="0" * 64),
    "a replacement of choice": lambda p: p["draws"][1]["replacements"][0].update({"in": p["outlets"][0]["code"]}),
    "replacements in another order": lambda p: p["draws"][1]["replacements"].reverse(),
    "a replacement without a reason": lambda p: p["draws"][1]["replacements"][0].update(reason=""),
    "a second draw without a reason": lambda p: p["draws"][1].update(reason=None),
    "another coefficient": lambda p: p["rule"].update(coefficient="0.9"),
    "another share": lambda p: p["rule"].update(random_share="1"),
    "true for one": lambda p: p.update(format=True),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_tampered_protocol_is_found_out_by_both(what: str, tmp_path: Path) -> None:
    path = tmp_path / "protocol.json"
    path.write_text(json.dumps(made := changed(TAMPERED[what])), "utf-8")
    status, said = redrawn(path)
    assert status == 1
    assert said not in ("", "same")
    if what not in ("true for one", "a pick twice"):
        assert differences(made) != []


GARBLED: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"\x80\xff\x00",
    "a number": b"1",
    "null": b"null",
    "a list": b"[[[]]]",
    "depth": b"[" * 100_000,
    "empty": b"{}",
    "a huge number": b'{"format": ' + b"9" * 10_000 + b"}",
    "half a character": json.dumps(changed(lambda p: p["outlets"][0].update(code="\ud800"))).encode(),
    "a code that is a list": json.dumps(changed(lambda p: p["outlets"][0].update(code=["S"]))).encode(),
    "strata of numbers": json.dumps(changed(lambda p: p["outlets"][0].update(strata=[1, None]))).encode(),
    "draws as text": json.dumps(changed(lambda p: p.update(draws="all of them"))).encode(),
    "draws as an object": json.dumps(changed(lambda p: p.update(draws={}))).encode(),
    "picks as an object": json.dumps(changed(lambda p: p["draws"][0].update(picks={"a": 1}))).encode(),
    "a coefficient like a bomb": json.dumps(changed(lambda p: p["rule"].update(coefficient="1e999999999"))).encode(),
    "a share like a bomb": json.dumps(changed(lambda p: p["rule"].update(random_share="1e999999999"))).encode(),
    "a size without end": json.dumps(changed(lambda p: p["draws"][0].update(size=1e999))).encode(),
    "no size": json.dumps(changed(lambda p: p["draws"][0].update(size=float("nan")))).encode(),
    "a control character": json.dumps(changed(lambda p: p["draws"][0].update(seed="\x1b[2Jsame\n"))).encode(),
}


@pytest.mark.parametrize("what", GARBLED)
def test_a_garbled_file_gets_an_answer_and_no_traceback(what: str, tmp_path: Path) -> None:
    path = tmp_path / "protocol.json"
    path.write_bytes(GARBLED[what])
    status, said = redrawn(path)
    assert status == 1
    assert said.isascii()
    assert said.isprintable() or "\n" in said
    assert "Traceback" not in said
    assert "same" not in said.splitlines()


def test_a_missing_file_and_no_file_get_an_answer(tmp_path: Path) -> None:
    assert redrawn(tmp_path / "none.json")[0] == 1
    ended = subprocess.run([sys.executable, "-I", TOOL], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (1, "")


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_what_the_house_draws_an_outsider_draws_again(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    n = data.draw(st.integers(1, 60))
    listed = [Outlet(f"店{i}", (data.draw(st.sampled_from("abc")), data.draw(st.sampled_from("xy")))) for i in range(n)]
    rule = Rule(
        version="t 1", coefficient=data.draw(st.sampled_from(["1", "0.6", "4/5"])), strata=("province", "ownership")
    )
    asked: list[dict[str, Any]] = [
        {"client": data.draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=64))}
    ]
    if n > 20:
        asked[0] |= {"picks": {"店3": "risk"}, "replace": data.draw(st.lists(st.integers(0, 30), max_size=8))}
    made = protocol(listed, rule, draws=asked)
    path = tmp_path_factory.mktemp("protocol") / "protocol.json"
    path.write_text(json.dumps(made, ensure_ascii=data.draw(st.booleans())), "utf-8")
    assert redrawn(path) == (0, "same")
    assert differences(made) == []
