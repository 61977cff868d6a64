"""Planning on the real database: what travels to tablets, who is told of a mystery visit, what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sync import store
from sync.tables import TABLES
from tests import make
from tests.planning.making import Round, round_of
from webapp.accounts.models import Person
from webapp.clients import acts as clients
from webapp.db import db, transaction
from webapp.evaluations import acts as evaluations
from webapp.planning import acts, choosing
from webapp.planning.models import Visit
from webapp.problems import Problem
from webapp.sync_host import connection

MON, TUE, WED = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)


@pytest.fixture
def made(app: Flask, world: make.World) -> Iterator[Round]:
    with app.app_context():
        make.scoped(world)
        with transaction():
            made = round_of(world)
        yield made


def plan(made: Round, code: str, people: str = "", modes: tuple[str, ...] = ("A", "I"), day: date = TUE) -> Visit:
    return acts.plan_visit(
        actor=made.pan,
        evaluation=made.evaluation.id,
        site=made.site(code).id,
        modes=list(modes),
        from_on=day,
        to_on=day,
        people=[made.world.people[login] for login in people.split()],
    )


def rows(stream: str) -> dict[str, dict[str, Any]]:
    """set → id → row of one stream, as tablets get them."""
    table = TABLES.set_row
    found: dict[str, dict[str, Any]] = {}
    for row in connection().execute(select(table).where(table.c.stream == stream)):
        found.setdefault(row.set, {})[row.id] = None if row.json is None else json.loads(row.json)
    return found


def test_a_visit_travels_with_its_evaluation_scheme_site_people_and_parts(made: Round) -> None:
    visit = plan(made, "S07", "an bai")
    acts.set_plan_entry(
        actor=made.lin,
        visit=visit.id,
        person=made.world.people["an"],
        clauses=["1.2"],
        department="客服部",
        starts="2026-11-24T09:00",
        ends="2026-11-24T11:30",
    )
    told = rows(f"e:{made.evaluation.id}")
    row = told["visits"][visit.id]
    assert (row["evaluation"], row["site"], row["kind"], row["modes"], row["frozen"]) == (
        made.evaluation.id,
        made.site("S07").id,
        "open",
        ["A", "I"],
        False,
    )
    assert sorted(part["person"] for part in row["parts"]) == sorted(
        made.world.people[login] for login in ("an", "bai")
    )
    assert row["plan"] == [
        {
            "person": made.world.people["an"],
            "clauses": ["1.2"],
            "department": "客服部",
            "from": "2026-11-24T09:00+08:00",
            "to": "2026-11-24T11:30+08:00",
        }
    ]
    evaluation = told["evaluations"][made.evaluation.id]
    assert (
        evaluation["number"],
        evaluation["lead"],
        evaluation["version"],
        evaluation["frozen"],
        evaluation["closed"],
    ) == ("2026-0147", made.lin.person, 1, False, None)
    assert set(told["schemes"]) == {row["scheme"]} == {evaluation["scheme"]}
    assert told["schemes"][row["scheme"]]["scheme"]["code"] == "small"
    assert set(told["sites"]) == {made.site("HQ").id, made.site("S07").id}
    place = told["sites"][made.site("S07").id]["place"]
    assert place["entered"] == {"lat": "30.5065", "lon": "114.3990", "datum": "bd09"}
    assert place["lat"] != "30.506500"
    assert {person["name"] for person in told["people"].values()} == {"林 Lin", "安 An", "白 Bai"}


def test_a_mystery_visit_leaves_no_trace_in_the_open_stream(made: Round) -> None:
    plan(made, "HQ", "an")
    before = rows(f"e:{made.evaluation.id}")
    world = made.world
    with_ding = world.people["bai"]
    visit = plan(made, "S03", "bai", modes=("B",), day=WED)
    assert rows(f"e:{made.evaluation.id}") == before
    told = rows(f"m:{visit.id}")
    assert told["visits"][visit.id]["kind"] == "mystery"
    assert set(told["sites"]) == {made.site("S03").id}
    assert set(told["people"]) == {made.lin.person, with_ding}
    assert told["evaluations"][made.evaluation.id] == before["evaluations"][made.evaluation.id]


def test_who_goes_only_on_a_mystery_visit_never_joins_the_team(made: Round) -> None:
    acts.set_team(actor=made.pan, evaluation=made.evaluation.id, lead=made.lin.person, people=[made.world.people["an"]])
    plan(made, "S03", "bai", modes=("B",))
    assert [person.name for person in evaluations.team_of(made.evaluation)] == ["安 An"]
    plan(made, "S04", "bai")
    assert [person.name for person in evaluations.team_of(made.evaluation)] == ["安 An", "白 Bai"]


def test_a_mystery_visit_is_known_to_planner_lead_and_visitors_until_released(made: Round) -> None:
    visit = plan(made, "S03", "bai", modes=("B",))
    actors = {login: made.world.actor(login) for login in ("pan", "lin", "an", "bai", "he", "guo", "ding")}
    knows = {login for login, actor in actors.items() if acts.visits_of(made.evaluation, actor=actor)}
    assert knows == {"pan", "lin", "bai"}
    with pytest.raises(Problem, match="not-found"):
        acts.visible_visit(actors["an"], visit.id)
    with pytest.raises(Problem, match="forbidden"):
        acts.release_visit(actor=actors["bai"], visit=visit.id)
    acts.release_visit(actor=actors["lin"], visit=visit.id)
    assert all(acts.visits_of(made.evaluation, actor=actor) for actor in actors.values())


def test_a_cancelled_visit_goes_from_the_tablets_and_its_site_with_it(made: Round) -> None:
    visit, other = plan(made, "S05", "an"), plan(made, "S06", "an", day=WED)
    with pytest.raises(Problem, match="reason-missing"):
        acts.cancel_visit(actor=made.pan, visit=visit.id, reason=" ")
    acts.cancel_visit(actor=made.pan, visit=visit.id, reason="the outlet has closed")
    told = rows(f"e:{made.evaluation.id}")
    assert told["visits"].get(visit.id) is None or told["visits"][visit.id].get("removed")
    assert not told["sites"].get(made.site("S05").id)
    assert told["visits"][other.id]["site"] == made.site("S06").id
    with pytest.raises(Problem, match="visit-cancelled"):
        acts.assign_people(actor=made.pan, visit=visit.id, people=[])


def test_people_taken_off_lose_their_part_unless_they_have_clauses(made: Round) -> None:
    visit, an, bai = plan(made, "S07", "an bai"), made.world.people["an"], made.world.people["bai"]
    line = acts.set_plan_entry(
        actor=made.pan,
        visit=visit.id,
        person=bai,
        clauses=["1"],
        department="",
        starts="2026-11-24T09:00",
        ends="2026-11-24T10:00",
    )
    with pytest.raises(Problem, match="visit-planned-person"):
        acts.assign_people(actor=made.pan, visit=visit.id, people=[an])
    acts.drop_plan_entry(actor=made.lin, visit=visit.id, entry=line.id)
    acts.assign_people(actor=made.pan, visit=visit.id, people=[an])
    assert [part.person for part in store.parts(connection(), tenant=made.pan.tenant, visits=[visit.id])[visit.id]] == [
        an
    ]


def test_a_person_who_has_submitted_is_not_taken_off(made: Round) -> None:
    visit = plan(made, "S07", "an")
    store.close_part(
        connection(), tenant=made.pan.tenant, visit=visit.id, person=made.world.people["an"], note="tablet lost"
    )
    with pytest.raises(Problem, match="part-submitted"):
        acts.assign_people(actor=made.pan, visit=visit.id, people=[])


def test_only_reviewers_go_and_only_planners_send_them(made: Round) -> None:
    with pytest.raises(Problem, match="not-a-reviewer"):
        plan(made, "S07", "ding")
    with pytest.raises(Problem, match="forbidden"):
        acts.plan_visit(
            actor=made.lin, evaluation=made.evaluation.id, site=made.site("S01").id, modes=["A"], from_on=TUE, to_on=TUE
        )
    visit = plan(made, "S07", "an")
    for actor in (made.world.actor("an"), made.world.actor("guo")):
        with pytest.raises(Problem, match="forbidden"):
            acts.set_plan_entry(
                actor=actor,
                visit=visit.id,
                person=actor.person,
                clauses=["1"],
                department="",
                starts="2026-11-24T09:00",
                ends="2026-11-24T10:00",
            )


@pytest.mark.parametrize(
    "change, code",
    [
        ({"person": "somebody"}, "plan-entry-person"),
        ({"clauses": []}, "plan-entry-clauses"),
        ({"clauses": ["1.2", "9.9"]}, "plan-entry-clauses"),
        ({"ends": "2026-11-24T08:00"}, "plan-entry-order"),
        ({"starts": "2026-11-20T08:00"}, "plan-entry-outside"),
    ],
)
def test_a_wrong_line_of_the_audit_plan_is_refused(made: Round, change: dict[str, Any], code: str) -> None:
    visit = plan(made, "S07", "an")
    line: dict[str, Any] = {
        "person": made.world.people["an"],
        "clauses": ["1.2"],
        "department": "",
        "starts": "2026-11-24T09:00",
        "ends": "2026-11-24T10:00",
    }
    with pytest.raises(Problem, match=code):
        acts.set_plan_entry(actor=made.pan, visit=visit.id, **(line | change))
    assert acts.entries_of(visit) == []


def test_a_visit_moves_within_its_kind_and_around_its_plan(made: Round) -> None:
    visit = plan(made, "S07", "an")
    acts.set_plan_entry(
        actor=made.pan,
        visit=visit.id,
        person=made.world.people["an"],
        clauses=["1"],
        department="",
        starts="2026-11-24T09:00",
        ends="2026-11-24T10:00",
    )
    with pytest.raises(Problem, match="visit-kind-fixed"):
        acts.change_visit(actor=made.pan, visit=visit.id, modes=["B"], from_on=TUE, to_on=TUE)
    with pytest.raises(Problem, match="visit-plan-outside"):
        acts.change_visit(actor=made.pan, visit=visit.id, modes=["A"], from_on=WED, to_on=WED)
    acts.change_visit(actor=made.pan, visit=visit.id, modes=["A"], from_on=MON, to_on=WED)
    assert rows(f"e:{made.evaluation.id}")["visits"][visit.id]["from_on"] == "2026-11-23"


def test_the_team_keeps_whoever_goes_on_an_open_visit(made: Round) -> None:
    plan(made, "S07", "bai")
    with pytest.raises(Problem, match="team-on-visit"):
        acts.set_team(
            actor=made.pan, evaluation=made.evaluation.id, lead=made.lin.person, people=[made.world.people["an"]]
        )
    with pytest.raises(Problem, match="not-a-lead-auditor"):
        acts.set_team(actor=made.pan, evaluation=made.evaluation.id, lead=made.world.people["an"], people=[])
    acts.set_team(
        actor=made.pan, evaluation=made.evaluation.id, lead=made.lin.person, people=[made.world.people["bai"]]
    )
    assert rows(f"e:{made.evaluation.id}")["evaluations"][made.evaluation.id]["team"] == [made.world.people["bai"]]


def test_a_frozen_evaluation_is_not_planned_any_more(made: Round) -> None:
    visit = plan(made, "S07", "an")
    made.evaluation.frozen = True
    for act in (
        lambda: plan(made, "S01"),
        lambda: acts.cancel_visit(actor=made.pan, visit=visit.id, reason="late"),
        lambda: acts.set_team(actor=made.pan, evaluation=made.evaluation.id, lead=made.lin.person, people=[]),
    ):
        with pytest.raises(Problem, match="frozen"):
            act()
    acts.announce(made.evaluation)
    assert rows(f"e:{made.evaluation.id}")["evaluations"][made.evaluation.id]["frozen"] is True


def test_a_site_that_moves_is_told_to_the_tablets(made: Round) -> None:
    plan(made, "S07", "an")
    site = made.site("S07")
    clients.put_site(
        actor=made.pan, client=made.client.id, site=site.id, values=clients.values_of(site) | {"name": "光谷新店"}
    )
    assert rows(f"e:{made.evaluation.id}")["sites"][site.id]["name"] == "光谷新店"


def test_nobody_visits_a_site_that_has_closed(made: Round) -> None:
    site = made.site("S07")
    clients.put_site(actor=made.pan, client=made.client.id, site=site.id, values=clients.values_of(site), closed_on=MON)
    with pytest.raises(Problem, match="site-closed"):
        plan(made, "S07")


def test_gaps_follow_from_the_checklists_of_the_planned_visits(made: Round) -> None:
    visit = plan(made, "S07", "an")
    assert acts.gaps(made.evaluation, [visit]).unjudged == ("1.1", "1.3")
    made.evaluation.modes = ["A", "B", "E", "I"]
    visits = [visit, plan(made, "HQ", "an"), plan(made, "S03", "bai", modes=("B",))]
    found = acts.gaps(made.evaluation, visits)
    assert (found.idle_modes, found.unjudged) == ((), ())  # 1.2 is judged by every mode, also E


def test_the_nearest_reviewer_stands_first_with_what_collides(made: Round) -> None:
    homes = {"an": ("杭州", "30.27, 120.16 WGS-84"), "bai": ("武汉", "30.59, 114.31 WGS-84"), "lin": (None, None)}
    for login, (city, position) in homes.items():
        person = db.session.get(Person, (made.pan.tenant, made.world.people[login]))
        assert person is not None
        person.city, person.position = city, position
    plan(made, "S08", "an", day=MON)
    plan(made, "S01", "bai", modes=("B",), day=TUE)
    acts.add_absence(actor=made.pan, person=made.world.people["lin"], from_on=WED, to_on=WED)
    found = choosing.candidates(made.site("S08"), TUE, WED)
    assert [one.person.name for one in found] == ["安 An", "白 Bai", "林 Lin"]
    an, bai, lin = found
    assert (an.km, an.starts_from, an.free, an.days, an.conflicts) == (0, "成都高新店", 2, 2, ())
    assert bai.km is not None
    assert 900 < bai.km < 1100
    assert (bai.free, [busy.what for busy in bai.conflicts]) == (1, ["杭州城西店"])
    assert (lin.km, lin.free, [busy.what for busy in lin.conflicts]) == (None, 1, [None])


def test_another_body_does_not_find_the_visit(app: Flask, made: Round) -> None:
    with transaction():
        visit = plan(made, "S07", "an").id
    db.session.remove()
    other = make.world(app, name="another", logins="-2")
    with app.app_context():
        make.scoped(other)
        with pytest.raises(Problem, match="not-found"):
            acts.visible_visit(other.actor("pan"), visit)
