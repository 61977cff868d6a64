"""Worlds of the browser tests: a certification body with a small scheme of its own, made through the same acts as real work.

The server of a test is a process of its own; what is made here goes into its data folder while it runs. `MATERIAL` says what a file holds.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from PIL import Image, ImageDraw

from tests import make
from webapp import create_app
from webapp.accounts import acts as accounts
from webapp.clients import acts as clients
from webapp.clients.columns import read
from webapp.config import ROOT
from webapp.db import db, transaction
from webapp.evaluations import acts as evaluations
from webapp.evaluations.models import Kind
from webapp.planning import acts as planning
from webapp.schemes import acts as schemes
from webapp.texts import ZONE

PASSWORD = make.PASSWORD
SITES = (
    ("HQ", "hq", "长河家电总部", "330100", "杭州", "滨江区一号", "own", "headquarters", "30.2084,120.2120 WGS-84"),
    ("W01", "outlet", "西湖店", "330100", "杭州", "西湖区二号", "own", "store", "30.2590,120.1300 WGS-84"),
    ("W02", "outlet", "江宁店", "320100", "南京", "江宁区三号", "contracted", "store", "31.9530,118.8400 WGS-84"),
)


def leaf(code: str, kind: str, where: str, points: str, **more: Any) -> dict[str, Any]:
    title = {"zh": f"条款 {code}", "en": f"Clause {code}"}
    made = {"code": code, "parent": code[0], "title": title, "check": {"zh": "看现场", "en": "Look on site"}}
    return made | {"points": points, "kind": kind, "where": where, "combine": "pooled"} | more


SCHEME: dict[str, Any] = {
    "format": 1,
    "code": "small",
    "version": "1",
    "title": {"zh": "小方案", "en": "Small scheme"},
    "standard": "none",
    "clauses": [
        {"code": "A", "title": {"zh": "体系", "en": "System"}, "points": "40"},
        leaf("A.1", "met", "both", "10"),
        leaf("A.2", "sample", "both", "20", unit={"zh": "工单", "en": "work order"}, planned={"hq": 4, "outlet": 3}),
        leaf("A.3", "met", "hq", "10"),
        {"code": "B", "title": {"zh": "服务", "en": "Service"}, "points": "60"},
        leaf("B.1", "sample", "outlet", "30", unit={"zh": "回访", "en": "call"}, planned={"outlet": 3}),
        leaf("B.2", "met", "both", "30", evidence="not_met"),
    ],
    "total": "100",
    "special": {"order": "after", "deduction": {"points": "1", "grounds": ["law", "own_rules"]}},
    "cap": ["0", "100"],
    "display": {"digits": 2},
    "levels": [
        {"code": "four_star", "title": {"zh": "四星级", "en": "Four stars"}, "min": "60"},
        {"code": "three_star", "title": {"zh": "三星级", "en": "Three stars"}, "min": "50"},
        {"code": "failed", "title": {"zh": "未达标", "en": "Not passed"}},
    ],
    "sampling": {
        "initial": "1",
        "surveillance": "1",
        "recertification": "1",
        "least": 1,
        "random_share": "0",
        "strata": [],
        "mystery": {"coefficient": "1", "least": 1, "random_share": "0", "strata": []},
    },
    "modes": ["A", "B"],
    "notice": {"use": "decision", "days": 7},
    "rectification": {"days": 30},
    "certificate": {"years": 3, "surveillance_months": 12, "suspension_months": 6},
}


@dataclass
class World:
    """One evaluation led by Lin; An and Bai share the HQ (`visits["HQ"]`), An has W01, Bai has W02."""

    app: Flask
    data: Path
    people: dict[str, str]
    evaluation: str
    visits: dict[str, str]

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()


def small_world(data: Path) -> World:
    """Into the data folder of a server that has started and made its tables."""
    app = create_app({"XINGPING_DATA": data})
    made = make.world(app)
    today = datetime.now(ZONE).date()
    with app.app_context(), transaction():
        pan, qin = made.actor("pan"), made.actor("qin")
        for login in made.people:
            person = accounts.person_by_login(login)
            assert person is not None
            accounts.set_language(person=person, language="en")
        version = schemes.publish_scheme(actor=qin, body=SCHEME)
        client = clients.create_client(actor=pan, name="长河家电有限公司")
        clients.import_sites(actor=pan, client=client.id, sites=[_site(row) for row in SITES])
        evaluation = evaluations.create_evaluation(
            actor=pan,
            number="2026-0301",
            client=client.id,
            kind=Kind.initial,
            scheme_version=version.id,
            lead=made.people["lin"],
            modes=["A"],
        )
        sites = {site.code: site.id for site in clients.sites_of(client.id)}
        goes = {"HQ": ("an", "bai"), "W01": ("an",), "W02": ("bai",)}
        visits = {
            code: planning.plan_visit(
                actor=pan,
                evaluation=evaluation.id,
                site=sites[code],
                modes=["A"],
                from_on=today,
                to_on=today + timedelta(days=1),
                people=[made.people[login] for login in logins],
            ).id
            for code, logins in goes.items()
        }
        return World(app, data, made.people, evaluation.id, visits)


def _site(row: tuple[str, ...]) -> dict[str, Any]:
    names = ("code", "kind", "name", "province", "city", "address", "ownership", "type", "position")
    told = read(dict(zip(names, row, strict=True)))
    assert not told.errors, told.errors
    return dict(told.values)


def flask_command(data: Path, *words: str) -> str:
    """What `flask …` prints in this checkout for this data folder."""
    import os

    done = subprocess.run(
        [str(Path(sys.executable).parent / "flask"), *words],
        cwd=ROOT,
        env=os.environ | {"XINGPING_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def picture(folder: Path, name: str, *, size: tuple[int, int] = (1600, 1200)) -> Path:
    """A photo as a camera makes it: a real JPEG, no two the same."""
    image = Image.effect_noise(size, 40).convert("RGB")
    ImageDraw.Draw(image).text((40, 40), name, fill="#ffffff", font_size=90)
    made = io.BytesIO()
    image.save(made, "JPEG", quality=80)
    path = folder / f"{name}.jpg"
    path.write_bytes(made.getvalue())
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
