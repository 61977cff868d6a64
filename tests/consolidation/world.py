"""A small evaluation for the tests of consolidation and dashboard: an HQ, outlets, visits, and tablets that push over the wire."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient

from sync import chain
from tests import make
from webapp.clients.models import Client, Site, SiteKind
from webapp.db import db, now, transaction, use_tenant, uuid7
from webapp.evaluations.models import Evaluation, Kind, Member
from webapp.planning import acts as planning
from webapp.schemes.models import SchemeVersion

TODAY = now().date()


def clause(code: str, points: str, kind: str, where: str = "both", **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "parent": code[0],
        "title": {"zh": f"条款 {code}", "en": f"Clause {code}"},
        "check": {"zh": "看一看", "en": "Look"},
        "points": points,
        "kind": kind,
        "where": where,
        "combine": "pooled" if kind == "sample" else "mean",
    } | more


# By hand in the tests: 1.1 HQ alone 40, 1.2 sample 20, 2.1 met everywhere 20, 2.2 met at outlets 20.
SCHEME: dict[str, Any] = {
    "format": 1,
    "code": "small",
    "version": "1",
    "title": {"zh": "小方案", "en": "Small scheme"},
    "standard": "T/SMALL 1",
    "provisional": "for tests",
    "clauses": [
        {"code": "1", "title": {"zh": "体系", "en": "System"}, "points": "60"},
        clause("1.1", "40", "met", "hq"),
        clause("1.2", "20", "sample"),
        {"code": "2", "title": {"zh": "服务", "en": "Service"}, "points": "40"},
        clause("2.1", "20", "met"),
        clause("2.2", "20", "met", "outlet"),
    ],
    "total": "100",
    "special": {
        "order": "after",
        "deduction": {"points": "1", "grounds": ["law"], "rectify": True},
        "bonus": {"points": "1", "most": 1},
    },
    "cap": ["0", "100"],
    "display": {"digits": 2},
    "modes": ["A", "B"],
    "levels": [
        {"code": "five", "title": {"zh": "五星", "en": "Five-star"}, "min": "95", "max_deductions": 4},
        {"code": "four", "title": {"zh": "四星", "en": "Four-star"}, "min": "90", "max_deductions": 4},
        {"code": "three", "title": {"zh": "三星", "en": "Three-star"}, "min": "80", "max_deductions": 4},
        {"code": "failed", "title": {"zh": "未通过", "en": "Failed"}},
    ],
}


@dataclass
class Tablet:
    """One device of one person: makes operations and pushes them."""

    browser: FlaskClient
    device: str = field(default_factory=lambda: str(uuid4()))
    n: int = 0
    link: bytes = chain.START
    own: dict[tuple[str, str], str] = field(default_factory=dict)
    epoch: str = ""

    def __post_init__(self) -> None:
        self.epoch = self.browser.get("/sync/v1/status").json["epoch"]
        answer = self.browser.post(
            "/sync/v1/devices", json={"device": self.device, "name": "平板 03", "platform": "test", "app": "0"}
        )
        assert answer.status_code == 200, answer.text

    def write(self, record: str, key: str, held: dict[str, int] | None = None, **fields: Any) -> dict[str, Any]:
        """One operation that names this tablet's own last one on each field; the answer of the push."""
        id = uuid7()
        seen = {name: [self.own[key, name]] for name in fields if (key, name) in self.own}
        for name in fields:
            self.own[key, name] = id
        line = {
            "id": id,
            "record": record,
            "key": key,
            "set": fields,
            "seen": seen,
            "at": now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        return self.push([json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()], held)

    def push(self, lines: list[bytes], held: dict[str, int] | None = None) -> dict[str, Any]:
        envelope = {
            "device": self.device,
            "epoch": self.epoch,
            "from": self.n + 1,
            "count": len(lines),
            "prev": self.link.hex(),
            "held": held or {"operations": 0, "photos": 0},
        }
        body = b"\n".join([json.dumps(envelope).encode(), *lines])
        answer = self.browser.post("/sync/v1/push", data=body, content_type="application/x-ndjson")
        assert answer.status_code == 200, answer.text
        for line in lines:
            self.link = hashlib.sha256(self.link + hashlib.sha256(line).digest()).digest()
        self.n += len(lines)
        return dict(answer.json)

    def met(self, visit: str, code: str, met: bool = True, **more: Any) -> dict[str, Any]:
        return self.write("result", f"{visit}/{code}", value={"met": met}, **more)

    def sample(self, visit: str, code: str, checked: int, failing: int) -> dict[str, Any]:
        return self.write("result", f"{visit}/{code}", value={"checked": checked, "failing": failing})

    def photo(self, visit: str, clause: str, *, upload: bool = True) -> str:
        """A photo attached to the clause, its bytes sent by tus or left on the tablet; its uuid."""
        uuid, data = uuid7(), b"\x89PNG " + clause.encode()
        digest = hashlib.sha256(data).hexdigest()
        taken = {
            "media_type": "image/png",
            "taken_at": "2026-11-24T07:12:00Z",
            "place": {"accuracy": "12"},
            "source": "camera",
        }
        self.write(
            "evidence",
            f"{visit}/{uuid}",
            sha256=digest,
            bytes=len(data),
            attached_to=[clause],
            caption="签字栏",
            **taken,
        )
        if upload:
            named = {"device": self.device, "visit": visit, "evidence": uuid, "sha256": digest}
            metadata = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in named.items())
            tus = {"Tus-Resumable": "1.0.0"}
            made = self.browser.post(
                "/sync/v1/evidence", headers=tus | {"Upload-Length": str(len(data)), "Upload-Metadata": metadata}
            )
            assert made.status_code == 201, made.text
            patch = tus | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
            assert self.browser.patch(made.headers["Location"], data=data, headers=patch).status_code in (200, 204)
        return uuid

    def submit(self, visit: str, person: str, round: int = 1) -> dict[str, Any]:
        return self.write("submission", f"{visit}/{person}/{round}", done={"left": {}})


@dataclass
class Case:
    """What was made: the evaluation, sites by code, visits by "PERSON SITE"."""

    app: Flask
    world: make.World
    evaluation: str
    number: str
    sites: dict[str, str]
    visits: dict[str, str] = field(default_factory=dict)
    tablets: dict[str, Tablet] = field(default_factory=dict)

    def tablet(self, login: str) -> Tablet:
        if login not in self.tablets:
            browser = self.app.test_client()
            assert browser.post("/login", data={"username": login, "password": make.PASSWORD}).status_code == 303
            self.tablets[login] = Tablet(browser)
        return self.tablets[login]

    def person(self, login: str) -> str:
        return self.world.people[login]

    def visit(self, name: str, site: str, *people: str, modes: tuple[str, ...] = ("A",), day: date = TODAY) -> str:
        """A planned visit with an open part for each person; mode B makes it a mystery visit."""
        with self.app.app_context(), transaction():
            use_tenant(self.world.tenant)
            row = planning.plan_visit(
                actor=self.world.actor("pan"),
                evaluation=self.evaluation,
                site=self.sites[site],
                modes=modes,
                from_on=day,
                to_on=day,
                people=[self.person(login) for login in people],
            )
            self.visits[name] = row.id
            return row.id

    def release(self, name: str) -> None:
        with self.app.app_context(), transaction():
            use_tenant(self.world.tenant)
            planning.release_visit(actor=self.world.actor("lin"), visit=self.visits[name])


def case(
    world: make.World,
    *,
    outlets: int = 2,
    number: str = "2026-0147",
    client: str = "禾川电器",
    scheme: dict[str, Any] = SCHEME,
) -> Case:
    """An evaluation led by lin with an, bai on the team; no visits yet."""
    with world.app.app_context(), transaction():
        use_tenant(world.tenant)
        pan = world.people["pan"]
        company = Client(name=client, created_by=pan)
        db.session.add(company)
        body = json.dumps(scheme, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if db.session.get(SchemeVersion, (world.tenant, f"scheme-{scheme['code']}")) is None:
            db.session.add(
                SchemeVersion(
                    id=f"scheme-{scheme['code']}",
                    code=scheme["code"],
                    version="1",
                    sha256=hashlib.sha256(body.encode()).hexdigest(),
                    body=body,
                    title_zh="小方案",
                    title_en="Small",
                    provisional="for tests",
                )
            )
        db.session.flush()
        sites = {"HQ": Site(client=company.id, code="HQ", kind=SiteKind.hq, name="总部")}
        for at in range(1, outlets + 1):
            sites[f"S{at}"] = Site(
                client=company.id,
                code=f"S{at}",
                kind=SiteKind.outlet,
                name=f"第 {at} 店",
                city="杭州",
            )
        db.session.add_all(sites.values())
        db.session.flush()
        row = Evaluation(
            number=number,
            client=company.id,
            kind=Kind.initial,
            scheme_version=f"scheme-{scheme['code']}",
            lead=world.people["lin"],
            modes=list(scheme["modes"]),
            created_by=pan,
        )
        db.session.add(row)
        db.session.flush()
        db.session.add_all(Member(evaluation=row.id, person=world.people[login]) for login in ("an", "bai"))
        db.session.flush()
        planning.announce(row)
        return Case(
            app=world.app,
            world=world,
            evaluation=row.id,
            number=number,
            sites={code: site.id for code, site in sites.items()},
        )


def days(n: int) -> date:
    return TODAY + timedelta(days=n)
