"""A client with an HQ and nine outlets in six cities, a published scheme, and one recertification led by Lin with An and Bai."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.make import World
from webapp.clients import acts as clients
from webapp.clients import columns
from webapp.clients.models import Client, Site
from webapp.db import db
from webapp.evaluations.models import Evaluation, Kind, Member
from webapp.rules import Actor
from webapp.schemes import acts as schemes

OUTLETS = (
    ("S01", "杭州城西店", "330100", "杭州", "own", "30.2741, 120.1051 GCJ-02"),
    ("S02", "杭州滨江店", "330100", "杭州", "contracted", "30.2084, 120.2119 WGS-84"),
    ("S03", "上海徐汇店", "310000", "上海", "own", "31.1880, 121.4365 WGS-84"),
    ("S04", "上海浦东店", "310000", "上海", "contracted", ""),
    ("S05", "南京鼓楼店", "320100", "南京", "contracted", "32.0661, 118.7697 WGS-84"),
    ("S06", "武汉江汉店", "420100", "武汉", "own", "30.6011, 114.2708 WGS-84"),
    ("S07", "武汉光谷店", "420100", "武汉", "contracted", "30.5065, 114.3990 BD-09"),
    ("S08", "成都高新店", "510100", "成都", "contracted", "30.5433, 104.0670 WGS-84"),
    ("S09", "广州天河店", "440100", "广州", "own", "23.1317, 113.3270 WGS-84"),
)
LEAVES = (
    ("1.1", "hq", "met", ["A", "I"]),
    ("1.2", "both", "sample", None),
    ("1.3", "outlet", "met", ["B"]),
    ("1.4", "outlet", "met", ["A", "B"]),
)


def scheme(**more: Any) -> dict[str, Any]:
    """A small scheme with every mode of the cast's evaluation but E, which judges nothing."""
    clauses: list[dict[str, Any]] = [{"code": "1", "title": {"zh": "服务", "en": "Service"}, "points": "100"}]
    for code, where, kind, modes in LEAVES:
        leaf = {"code": code, "parent": "1", "title": {"zh": f"条款 {code}", "en": f"Clause {code}"}, "points": "25"}
        leaf |= {"kind": kind, "where": where, "combine": "mean", "check": {"zh": "看", "en": "Look"}}
        clauses.append(leaf if modes is None else leaf | {"modes": modes})
    return {
        "format": 1,
        "code": "small",
        "version": "1",
        "title": {"zh": "小方案", "en": "Small scheme"},
        "standard": "none",
        "clauses": clauses,
        "total": "100",
        "levels": [
            {"code": "pass", "title": {"zh": "达标", "en": "pass"}, "min": "70"},
            {"code": "failed", "title": {"zh": "未通过", "en": "failed"}},
        ],
        "sampling": {
            "initial": "1",
            "surveillance": "0.6",
            "recertification": "0.8",
            "least": 1,
            "random_share": "0.25",
            "strata": ["province", "ownership"],
            "mystery": {"coefficient": "0.2", "least": 1, "random_share": "1", "strata": []},
        },
        "modes": ["A", "B", "D", "E", "I"],
        "notice": {"use": "decision", "days": 7},
        "rectification": {"days": 30},
        "certificate": {"years": 3, "surveillance_months": 12, "suspension_months": 6},
    } | more


@dataclass
class Round:
    """What was made, with the two who act most."""

    world: World
    client: Client
    evaluation: Evaluation
    pan: Actor
    lin: Actor
    sites: list[Site] = field(default_factory=list)

    def site(self, code: str) -> Site:
        return next(site for site in self.sites if site.code == code)


def round_of(world: World, **more: Any) -> Round:
    """Inside a transaction of the body."""
    pan = world.actor("pan")
    client = clients.create_client(actor=pan, name="禾川电器有限公司", credit_code="91330100MA00000007")
    rows = [
        {
            "code": "HQ",
            "kind": "hq",
            "name": "总部",
            "province": "330100",
            "city": "杭州",
            "position": "30.2500, 120.1600 WGS-84",
        }
    ]
    for code, name, province, city, ownership, position in OUTLETS:
        rows.append(
            {
                "code": code,
                "kind": "outlet",
                "name": name,
                "province": province,
                "city": city,
                "ownership": ownership,
                "position": position,
            }
        )
    clients.import_sites(actor=pan, client=client.id, sites=[columns.read(row).values for row in rows])
    version = schemes.publish_scheme(actor=world.actor("qin"), body=scheme())
    evaluation = Evaluation(
        **{"number": "2026-0147", "client": client.id, "kind": Kind.recertification, "scheme_version": version.id}
        | {"lead": world.people["lin"], "modes": ["A", "B", "I"], "created_by": pan.person}
        | more
    )
    db.session.add(evaluation)
    db.session.flush()
    db.session.add_all(Member(evaluation=evaluation.id, person=world.people[login]) for login in ("an", "bai"))
    db.session.flush()
    return Round(world, client, evaluation, pan, world.actor("lin"), clients.sites_of(client.id))
