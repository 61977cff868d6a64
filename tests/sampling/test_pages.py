"""The page of the sample as planner and lead use it, and what everybody else is told."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import make
from tests.planning.making import Round, round_of
from webapp.access import Role
from webapp.db import transaction

SignIn = Callable[[str | Role], FlaskClient]


@pytest.fixture
def made(app: Flask, world: make.World) -> Round:
    with app.app_context():
        make.scoped(world)
        with transaction():
            return round_of(world)


def post_to(page: str, ends: str) -> str:
    """The address of the form whose action ends so."""
    found = re.search(rf'action="([^"]*{ends})"', page)
    assert found, ends
    return found[1]


def test_from_the_frozen_list_to_a_protocol_that_redraws(made: Round, client_of: SignIn, tmp_path: Path) -> None:
    pan, path = client_of("pan"), f"/evaluations/{made.evaluation.id}/sample"
    page = pan.get(path).text
    assert "清单里有 9 个网点，全部在范围内时抽 3 个" in page
    assert page.count("<h1") == page.count("button--primary") == 1
    assert pan.post(post_to(page, "/open/lists")).status_code == 303
    page = pan.get(path).text
    draws = post_to(page, "/draws")
    assert page.count("button--primary") == 1
    refused = pan.post(draws, data={"size": "2", "pick:S02": "complaints"})
    assert (refused.status_code, "少于规则的 3" in refused.text) == (422, True)
    assert 'value="complaints"' in refused.text
    assert pan.post(draws, data={"size": "x"}).status_code == 422
    done = pan.post(
        draws, data={"size": "4", "size_reason": "a new region", "pick:S02": "complaints", "client_nonce": "禾川"}
    )
    assert done.status_code == 303
    page = pan.get(path).text
    assert "按风险选定：complaints" in page
    assert page.count("button--primary") == 1
    swap = post_to(page, "/replacements")
    assert pan.post(swap, data={"out": "S02", "reason": " "}).status_code == 422
    assert pan.post(swap, data={"out": "S02", "reason": "closed"}).status_code == 303
    assert pan.post(swap, data={"out": "S02", "reason": "closed"}).status_code == 422
    assert pan.post(draws, data={"size": "3"}).status_code == 422
    assert pan.post(draws, data={"size": "3", "reason": "the first list was read wrongly"}).status_code == 303
    page = pan.get(path).text
    assert "第 2 次抽样" in page
    assert "代替 S02：closed" in page
    protocol = re.search(r'href="([^"]*/protocol)"', page)
    assert protocol
    shown = pan.get(protocol[1]).text
    assert "杭州滨江店" in shown
    assert shown.count("button--primary") == 1
    file = tmp_path / "protocol.json"
    file.write_bytes(pan.get(protocol[1] + ".json").data)
    assert json.loads(file.read_text("utf-8"))["evaluation"] == "2026-0147"
    ended = subprocess.run([sys.executable, "-I", "tools/redraw.py", file], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout.strip()) == (0, "same")


def test_outlets_outside_the_scope_need_a_reason(made: Round, client_of: SignIn) -> None:
    pan, path = client_of("pan"), f"/evaluations/{made.evaluation.id}/sample"
    lists = post_to(pan.get(path).text, "/lists")
    assert pan.post(lists, data={"left_out": made.site("S09").id}).status_code == 422
    assert pan.post(lists, data={"left_out": made.site("S09").id, "reason": "sells only"}).status_code == 303
    assert "S09：sells only" in pan.get(path).text


@pytest.mark.parametrize("role", list(Role))
def test_the_seed_is_read_by_planner_and_lead_alone(made: Round, client_of: SignIn, role: Role) -> None:
    pan, path = client_of("pan"), f"/evaluations/{made.evaluation.id}/sample"
    pan.post(f"{path}/open/lists")
    pan.post(f"{path}/mystery/lists")
    protocols = [re.search(r'href="([^"]*/protocol)"', pan.get(one).text) for one in (path, f"{path}/mystery")]
    browser = client_of(role)
    reads = role in (Role.planner, Role.lead_auditor)
    for address in (path, f"{path}/mystery", *(found[1] for found in protocols if found)):
        for ending in ("", ".json") if "protocol" in address else ("",):
            assert (browser.get(address + ending).status_code == 200) is reads
    assert browser.post(f"{path}/open/lists").status_code == (303 if role is Role.planner else 403)
    if reads and role is not Role.planner:
        assert 'method="post"' not in browser.get(path).text


def test_a_mystery_sample_is_named_to_nobody_else(made: Round, client_of: SignIn) -> None:
    pan, path = client_of("pan"), f"/evaluations/{made.evaluation.id}/sample"
    pan.post(f"{path}/mystery/lists")
    page = client_of("he").get(f"/evaluations/{made.evaluation.id}").text
    assert "暗访抽样" not in page
    assert "还没抽样" in page


def test_an_unknown_scope_is_not_found(made: Round, client_of: SignIn) -> None:
    assert client_of("pan").post(f"/evaluations/{made.evaluation.id}/sample/both/lists").status_code == 404
