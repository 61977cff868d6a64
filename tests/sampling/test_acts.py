"""Freezing, drawing and replacing on the real database: what is refused, what stays, who may read it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests import make
from tests.planning.making import Round, round_of
from webapp.db import db, transaction
from webapp.problems import Problem
from webapp.sampling import acts
from webapp.sampling.models import Drawn, Scope


@pytest.fixture
def made(app: Flask, world: make.World) -> Iterator[Round]:
    with app.app_context():
        make.scoped(world)
        with transaction():
            made = round_of(world)
        yield made


def frozen(made: Round, scope: Scope = Scope.open) -> str:
    return acts.freeze_list(actor=made.pan, evaluation=made.evaluation.id, scope=scope).id


def test_a_draw_with_picks_and_replacements_is_drawn_again_by_an_outsider(made: Round, tmp_path: Path) -> None:
    listed = frozen(made)
    draw = acts.draw_sample(
        actor=made.pan, frozen_list=listed, picks={"S07": "complaints in 2026"}, client_nonce="沈 2026"
    )
    first = acts.sampled_in(draw)
    assert draw.size == 3  # ⌈0.8·√9⌉
    assert [pick.code for pick in first.picks] == ["S07"]
    assert len(first.drawn) == 2
    acts.replace_outlet(actor=made.pan, draw=draw.id, out="S07", reason="closed for good")
    acts.replace_outlet(actor=made.pan, draw=draw.id, out=first.drawn[0].code, reason="refused")
    again = acts.draw_sample(actor=made.pan, frozen_list=listed, picks={}, reason="the client opened the list again")
    path = tmp_path / "protocol.json"
    path.write_text(json.dumps(acts.protocol_of(acts.lists_of(made.evaluation, Scope.open)[0])), "utf-8")
    ended = subprocess.run([sys.executable, "-I", "tools/redraw.py", path], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout.strip()) == (0, "same")
    protocol = json.loads(path.read_text("utf-8"))
    assert [one["reason"] for one in protocol["draws"]] == [None, "the client opened the list again"]
    assert protocol["draws"][0]["seed"] != protocol["draws"][1]["seed"]
    assert len(protocol["draws"][0]["replacements"]) == 2
    sites = {site.id: site.code for site in made.sites}
    assert {sites[id] for id in acts.sample_of(made.evaluation, Scope.open) or ()} == set(
        acts.sampled_in(again).codes()
    )
    assert "S07" not in acts.sampled_in(draw).codes()


def test_the_nonce_of_the_body_is_new_in_each_draw_and_in_no_list(made: Round) -> None:
    listed = frozen(made)
    nonces = {
        acts.draw_sample(actor=made.pan, frozen_list=listed, picks={}, reason="again").body_nonce for _ in range(5)
    }
    assert len(nonces) == 5
    assert all(len(nonce) == 64 for nonce in nonces)


@pytest.mark.parametrize(
    "asked, code",
    [
        ({"size": 2}, "sample-too-small"),
        ({"size": 4}, "sample-size-reason"),
        ({"size": 10, "size_reason": "all of them"}, "sample-too-large"),
        ({"picks": {"S01": "a", "S02": "b", "S03": "c"}}, "picks-too-many"),
        ({"picks": {"S01": ""}}, "pick-reason"),
        ({"picks": {"HQ": "always"}}, "pick-unknown"),
        ({"client_nonce": "x" * 65}, "nonce-unfit"),
    ],
)
def test_what_the_rule_forbids_is_refused_and_leaves_nothing(made: Round, asked: dict[str, object], code: str) -> None:
    listed = frozen(made)
    with pytest.raises(Problem) as refused:
        acts.draw_sample(actor=made.pan, frozen_list=listed, **({"picks": {}} | asked))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert acts.draws_of(acts.lists_of(made.evaluation, Scope.open)[0]) == []


def test_a_second_draw_or_list_without_a_reason_is_refused(made: Round) -> None:
    listed = frozen(made)
    draw = acts.draw_sample(actor=made.pan, frozen_list=listed, picks={})
    for act in (lambda: acts.draw_sample(actor=made.pan, frozen_list=listed, picks={}), lambda: frozen(made)):
        with pytest.raises(Problem) as refused:
            act()
        assert refused.value.code in ("draw-reason", "list-drawn")
    later = acts.freeze_list(
        actor=made.pan, evaluation=made.evaluation.id, scope=Scope.open, reason="an outlet has closed"
    )
    with pytest.raises(Problem, match="list-superseded"):
        acts.draw_sample(actor=made.pan, frozen_list=listed, picks={}, reason="again")
    with pytest.raises(Problem, match="draw-superseded"):
        acts.replace_outlet(actor=made.pan, draw=draw.id, out=acts.sampled_in(draw).codes()[0], reason="closed")
    acts.draw_sample(actor=made.pan, frozen_list=later.id, picks={}, reason="new list")
    assert len(acts.redraw(made.evaluation)) == 2


def test_an_outlet_outside_the_scope_stays_in_the_list_with_its_reason(made: Round) -> None:
    out = made.site("S09").id
    with pytest.raises(Problem, match="left-out-reason"):
        acts.freeze_list(actor=made.pan, evaluation=made.evaluation.id, scope=Scope.open, left_out=[out])
    row = acts.freeze_list(
        actor=made.pan, evaluation=made.evaluation.id, scope=Scope.open, left_out=[out], reason="sells, does not serve"
    )
    assert [outlet["code"] for outlet in row.outlets] == [f"S{n:02}" for n in range(1, 9)]
    assert row.left_out[0]["code"] == "S09"
    assert row.left_out_why == "sells, does not serve"


def test_only_the_planner_draws_and_only_planner_and_lead_read_it_while_it_matters(made: Round) -> None:
    listed = frozen(made)
    with pytest.raises(Problem, match="forbidden"):
        acts.draw_sample(actor=made.lin, frozen_list=listed, picks={})
    acts.frozen_list(made.lin, listed)
    hidden = frozen(made, Scope.mystery)
    for login in ("an", "he", "guo"):
        actor = made.world.actor(login)
        with pytest.raises(Problem, match=r"sample-not-yet|not-your-evaluation"):
            acts.frozen_list(actor, listed)
        with pytest.raises(Problem, match=r"not-found|not-your-evaluation"):
            acts.frozen_list(actor, hidden)


def test_the_mystery_sample_has_a_rule_and_protocol_of_its_own(made: Round) -> None:
    draw = acts.draw_sample(actor=made.pan, frozen_list=frozen(made, Scope.mystery), picks={})
    assert draw.size == 1  # ⌈0.2·√9⌉
    with pytest.raises(Problem, match="picks-too-many"):
        acts.draw_sample(
            actor=made.pan, frozen_list=draw.frozen_list, picks={"S01": "suspicion"}, reason="second thoughts"
        )
    assert acts.sample_of(made.evaluation, Scope.open) is None


def test_flask_sample_redraw_says_same_or_what_differs(app: Flask, made: Round) -> None:
    with transaction():
        draw = acts.draw_sample(actor=made.pan, frozen_list=frozen(made), picks={"S01": "new manager"})
    for name in (made.evaluation.number, made.evaluation.id):
        ended = app.test_cli_runner().invoke(args=["sample", "redraw", name])
        assert (ended.exit_code, ended.output.strip()) == (0, "same")
    with transaction():
        row = db.session.get(Drawn, (draw.tenant, acts.sampled_in(draw).drawn[0].id))
        assert row is not None
        row.code = next(f"S{n:02}" for n in range(1, 10) if f"S{n:02}" not in acts.sampled_in(draw).codes())
    ended = app.test_cli_runner().invoke(args=["sample", "redraw", made.evaluation.number])
    assert ended.exit_code == 1
    assert "drawn" in ended.output
    assert app.test_cli_runner().invoke(args=["sample", "redraw", "2099-1"]).exit_code == 1


def test_another_body_does_not_find_the_list(app: Flask, made: Round) -> None:
    with transaction():
        listed = frozen(made)
    db.session.remove()
    other = make.world(app, name="another body", logins="-2")
    with app.app_context():
        make.scoped(other)
        with pytest.raises(Problem, match="not-found"):
            acts.frozen_list(other.actor("pan"), listed)
