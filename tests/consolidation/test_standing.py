"""How an evaluation is loaded: the sample as it is drawn, visits not released, an evaluation's page."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.consolidation.test_acts import stands
from tests.consolidation.test_pages import page
from tests.consolidation.world import SCHEME, Case, case
from webapp.db import db, transaction, use_tenant
from webapp.evaluations.models import Evaluation
from webapp.sampling import acts as sampling
from webapp.sampling.models import Scope

SAMPLING = {
    "initial": "1",
    "surveillance": "0.6",
    "recertification": "0.8",
    "least": 1,
    "random_share": "1",
    "strata": [],
}


def test_sites_are_those_of_the_sample_as_it_stands_after_replacements(world) -> None:  # type: ignore[no-untyped-def]
    made = case(world, outlets=9, scheme=SCHEME | {"code": "drawn", "sampling": SAMPLING})
    with made.app.app_context(), transaction():
        use_tenant(world.tenant)
        pan = world.actor("pan")
        frozen = sampling.freeze_list(actor=pan, evaluation=made.evaluation, scope=Scope.open)
        drawn = sampling.draw_sample(actor=pan, frozen_list=frozen.id, picks={})
        row = db.session.get(Evaluation, (world.tenant, made.evaluation))
        assert row is not None
        first = sampling.sample_of(row, Scope.open)
        assert first is not None
        code = next(outlet["code"] for outlet in frozen.outlets if outlet["site"] == first[0])
        sampling.replace_outlet(actor=pan, draw=drawn.id, out=code, reason="停业")
        wanted = sampling.sample_of(row, Scope.open)
    made.visit("outside", code, "an")
    loaded = stands(made)
    assert {site["id"] for site in loaded.input.sites} == {made.sites["HQ"], *(wanted or [])}
    assert loaded.input.visits == ()
    assert loaded.outlets == 9


def test_several_evaluations_are_loaded_as_each_by_itself(disputed: Case, world) -> None:  # type: ignore[no-untyped-def]
    other = case(world, number="2026-0150", client="云岭家居")
    other.visit("hq", "HQ", "an")
    assert stands(other).score["bounds"] == ["0", "100"]
    assert stands(disputed).score["shown_bounds"] == ["49.33", "89.33"]


def test_a_released_mystery_visit_counts_for_everybody(disputed: Case) -> None:
    secret = disputed.visit("m", "S1", "bai", modes=("B",))
    disputed.tablet("bai").met(secret, "2.1", False)
    assert len(stands(disputed, include_mystery=False).input.visits) == 3
    disputed.release("m")
    assert len(stands(disputed, include_mystery=False).input.visits) == 4


def test_the_page_of_an_evaluation_names_the_leads_next_step(
    disputed: Case, client_of: Callable[[str], FlaskClient]
) -> None:
    text = page(client_of("lin"), f"/evaluations/{disputed.evaluation}")
    for words in ("处理 1 个分歧", "已提交 3/3 个现场评审", "至少 49.33，至多 89.33", "第 1 店", "暂行分值"):
        assert words in text, words


def test_the_page_of_an_evaluation_shows_scores_only_to_those_who_read_them_there_or_on_the_board(
    disputed: Case, client_of: Callable[[str], FlaskClient]
) -> None:
    text = page(client_of("an"), f"/evaluations/{disputed.evaluation}")
    assert "49.33" not in text
    assert "第 1 店" in text
    for login in ("ding", "pan", "he"):
        assert "49.33" in page(client_of(login), f"/evaluations/{disputed.evaluation}")
