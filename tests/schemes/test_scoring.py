"""The scorer against its vectors (tests/vectors/scoring), and `flask score` as it is seen from outside."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from webapp.schemes.inputs import ERRORS
from webapp.schemes.scoring import ScoringError, score_vector

ROOT = Path(__file__).parents[2]
VECTORS = sorted((ROOT / "tests" / "vectors" / "scoring").glob("*.json"))


def read(file):
    return json.loads(file.read_text("utf-8"))


def scored(vector):
    try:
        return score_vector(vector)
    except ScoringError as error:
        return {"error": error.code}


def only(expected, found):
    """What was found, cut to the keys that a vector expects, at every depth."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {key: only(expected[key], found[key]) for key in expected if key in found}
    return found


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_a_vector_gives_what_it_expects(file):
    vector = read(file)
    assert only(vector["expect"], scored(vector)) == vector["expect"]


def test_the_float_trap_is_the_first_of_at_least_sixty_vectors_and_every_error_has_one():
    assert VECTORS[0].name == "001-float-trap.json"
    assert len(VECTORS) >= 60
    assert {read(file)["expect"].get("error") for file in VECTORS} >= set(ERRORS)


def test_every_key_of_the_output_is_always_there():
    for file in VECTORS:
        vector = read(file)
        found = scored(vector)
        if "error" in found:
            continue
        assert list(found) == [
            "complete", "score", "shown", "level", "levels_possible", "bounds", "shown_bounds", "groups",
            *(["axes"] if vector["scheme"].get("axes") else []),
            "clauses", "special", "failed_gates", "warnings",
        ]  # fmt: skip
        for clause in found["clauses"].values():
            assert {"state", "points", "loss", "earned", "sites"} <= set(clause)
            assert ("bounds" in clause) == (clause["state"] == "open")


def flask_score(file, data):
    command = [sys.executable, "-m", "flask", "--app", "webapp", "score", str(file)]
    environment = {**os.environ, "XINGPING_DATA": str(data)}
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=60, check=False)


def test_flask_score_prints_the_score_and_needs_no_database(tmp_path):
    run = flask_score(VECTORS[0], tmp_path / "nowhere")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == score_vector(read(VECTORS[0]))
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "input-invalid"),
        ("[]", "input-invalid"),
        ("[" * 200_000, "input-invalid"),
        ('{"sites": [], "results": [], "scheme": {"total": NaN}}', "input-invalid"),
        ('{"results": [], "scheme": {}}', "input-invalid"),
        ('{"sites": [], "results": []}', "scheme-invalid"),
    ],
)
def test_flask_score_prints_an_error_code_and_fails(tmp_path, text, code):
    file = tmp_path / "vector.json"
    file.write_text(text)
    run = flask_score(file, tmp_path)
    assert run.returncode != 0
    assert json.loads(run.stdout)["error"] == code
