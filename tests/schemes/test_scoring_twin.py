"""The tablet's losses (static/js/core/losses.js) equal the server's on every vector and on random evaluations."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.schemes.random_evaluations import random_evaluation
from webapp.schemes.scoring import score_vector

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "js" / "losses-file.mjs"
VECTORS = sorted((ROOT / "tests" / "vectors" / "scoring").glob("*.json"))
EVALUATIONS = 2000


def losses_of(*arguments: str) -> list[dict]:
    node = shutil.which("node")
    if node is None:
        pytest.fail("Node 20 or newer is needed to compare the tablet's losses: install nodejs")
    run = subprocess.run([node, str(SCRIPT), *arguments], capture_output=True, text=True, check=True, encoding="utf-8")
    return [json.loads(line) for line in run.stdout.splitlines()]


def sites_of(vector: dict) -> dict:
    return {"clauses": {code: {"sites": row["sites"]} for code, row in score_vector(vector)["clauses"].items()}}


def test_two_thousand_random_evaluations_lose_the_same_on_the_tablet(tmp_path):
    vectors = [random_evaluation(seed, small=False) for seed in range(EVALUATIONS)]
    file = tmp_path / "evaluations.jsonl"
    file.write_text("".join(f"{json.dumps(vector)}\n" for vector in vectors), encoding="utf-8")
    printed = losses_of("--lines", str(file))
    assert len(printed) == EVALUATIONS
    for seed, (vector, losses) in enumerate(zip(vectors, printed, strict=True)):
        assert losses == sites_of(vector), seed


def test_every_valid_vector_loses_the_same_on_the_tablet(tmp_path):
    valid = [v for v in (json.loads(file.read_text("utf-8")) for file in VECTORS) if "error" not in v["expect"]]
    file = tmp_path / "vectors.jsonl"
    file.write_text("".join(f"{json.dumps(vector)}\n" for vector in valid), encoding="utf-8")
    for vector, losses in zip(valid, losses_of("--lines", str(file)), strict=True):
        assert losses == sites_of(vector), vector["description"]


def test_one_file_is_printed_as_one_object():
    vector = json.loads(VECTORS[0].read_text("utf-8"))
    assert losses_of(str(VECTORS[0])) == [sites_of(vector)]
