"""What the demo world holds: the cast, one client with an HQ and nine outlets in six cities, one evaluation in the field. All invented.

Everything is made through the same acts and the same wire as real work. The HQ's open visit leaves most clauses unanswered, so that the
tour can begin; an outlet is done and submitted, one is under way, and the reviewers disagree on two clauses.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from PIL import Image, ImageDraw

from webapp.accounts import acts as accounts
from webapp.clients import acts as clients
from webapp.clients.columns import read
from webapp.config import ROOT
from webapp.db import transaction, use_tenant
from webapp.demo_tablet import Tablet, minutes
from webapp.evaluations import acts as evaluations
from webapp.evaluations.models import Kind
from webapp.planning import acts as planning
from webapp.rules import Role
from webapp.sampling import acts as sampling
from webapp.sampling.models import Scope
from webapp.schemes import acts as schemes
from webapp.schemes import scheme_file
from webapp.texts import ZONE

NUMBER = "2026-0147"
SCHEME = "schemes/gbt27922/2011.1.json"


@dataclass(frozen=True)
class Cast:
    name: str
    roles: tuple[Role, ...]
    city: str = "杭州"
    position: str = "30.2741,120.1551"


CAST = {
    "lin": Cast("林 Lin", (Role.lead_auditor,)),
    "an": Cast("安 An", (Role.reviewer,), "武汉", "30.5931,114.3054"),
    "bai": Cast("白 Bai", (Role.reviewer,), "成都", "30.5723,104.0665"),
    "pan": Cast("潘 Pan", (Role.planner,)),
    "ding": Cast("丁 Ding", (Role.deliberator,)),
    "dai": Cast("戴 Dai", (Role.decision_maker,)),
    "he": Cast("何 He", (Role.hq_viewer,)),
    "shen": Cast("沈 Shen", (Role.client_contact,)),
    "qin": Cast("秦 Qin", (Role.scheme_manager,)),
    "guo": Cast("郭 Guo", (Role.administrator,)),
}

# code, kind, name, province, city, address, ownership, type, people, position (WGS-84)
SITES = (
    (
        "HQ",
        "hq",
        "禾川电器总部",
        "330000",
        "杭州",
        "滨江区江南大道 618 号",
        "own",
        "headquarters",
        "56",
        "30.2084,120.2120",
    ),
    ("S01", "outlet", "杭州城西店", "330000", "杭州", "文一西路 501 号", "own", "store", "12", "30.2870,120.1050"),
    ("S02", "outlet", "杭州滨江店", "330000", "杭州", "江虹路 88 号", "contracted", "store", "14", "30.1920,120.1890"),
    ("S03", "outlet", "上海徐汇店", "310000", "上海", "漕溪北路 41 号", "own", "store", "13", "31.1930,121.4370"),
    ("S04", "outlet", "上海浦东店", "310000", "上海", "张杨路 620 号", "contracted", "store", "11", "31.2290,121.5180"),
    ("S05", "outlet", "南京鼓楼店", "320000", "南京", "中央路 133 号", "contracted", "store", "10", "32.0700,118.7810"),
    ("S06", "outlet", "武汉江汉店", "420000", "武汉", "解放大道 690 号", "own", "store", "12", "30.5830,114.2690"),
    (
        "S07",
        "outlet",
        "武汉光谷店",
        "420000",
        "武汉",
        "珞喻路 1037 号",
        "contracted",
        "store",
        "13",
        "30.5060,114.4140",
    ),
    (
        "S08",
        "outlet",
        "成都高新店",
        "510000",
        "成都",
        "天府大道 1388 号",
        "contracted",
        "store",
        "12",
        "30.5480,104.0680",
    ),
    ("S09", "outlet", "广州天河店", "440000", "广州", "天河路 208 号", "own", "store", "10", "23.1330,113.3280"),
)
PICKS = {"S02": "委托网点，2026 年投诉 7 起", "S07": "上一轮维修工单缺顾客签字，复查"}

# clause → what was found: "+" met, "-" not met, "9/4" nine checked, four failing. Three sites; the HQ mostly still open.
HQ = {
    "5.1.1.2": "9/1", "5.1.2.1": "10/0", "5.1.3.2": "3/0", "5.1.3.3": "3/0", "5.1.4.2": "6/1", "5.1.5.2": "+", "5.1.7.1": "6/0", "5.1.7.2": "4/0",
    "5.2.1.1": "6/0", "5.2.1.2": "6/0", "5.2.1.3": "6/0", "5.2.4.1": "4/0",
}  # fmt: skip
S02 = {
    "5.1.1.2": "3/0", "5.1.2.1": "5/1", "5.1.3.2": "3/0", "5.1.3.3": "3/0", "5.1.4.2": "4/1", "5.1.5.2": "+", "5.1.7.1": "4/0", "5.1.7.2": "4/0",
    "5.2.1.1": "8/0", "5.2.1.2": "8/0", "5.2.1.3": "6/1", "5.2.2.1": "8/0", "5.2.2.2": "4/0", "5.2.2.3": "4/0", "5.2.3.1": "8/0", "5.2.3.2": "8/1",
    "5.2.4.1": "3/0", "5.2.4.2": "9/4", "5.2.4.3": "6/0", "5.2.5.1": "6/0", "5.2.5.2": "5/0", "5.2.6.1": "3/0", "5.2.6.2": "x", "5.3.1.2": "3/0",
    "5.3.1.3": "8/2", "5.3.2.1": "+", "5.3.2.2": "6/1", "5.3.2.3": "6/1",
}  # fmt: skip
S07 = {
    "5.1.1.2": "3/1", "5.1.2.1": "6/0", "5.1.3.2": "3/1", "5.1.3.3": "3/1", "5.1.4.2": "4/1", "5.1.5.2": "+", "5.1.7.1": "4/0", "5.1.7.2": "4/1",
    "5.2.1.1": "8/0", "5.2.1.2": "8/0", "5.2.1.3": "6/2", "5.2.2.1": "8/1",
}  # fmt: skip
NOTES = {
    "5.2.4.2": "4 张工单无顾客签字：GD-1107、1112、1120、1131。",
    "5.2.1.3": "柜台没有明示易损件价格。",
    "5.1.2.1": "1 名维修工没有上岗证。",
    "5.3.1.3": "有档案没有回访记录。",
}
NO_SIGNATURE = ("1107", "1112", "1120", "1131")


def make(app: Flask, *, password: str) -> str:
    """The whole world; the id of its body."""
    today = datetime.now(ZONE).date()
    with app.app_context(), transaction():
        tenant = accounts.create_tenant(name="星评演示认证机构", demo=True).id
        people = {
            login: accounts.create_person(
                login=login,
                name=one.name,
                password=password,
                roles=one.roles,
                by=None,
                city=one.city,
                position=one.position,
            ).id
            for login, one in CAST.items()
        }
        who = {login: accounts.actor_of(tenant, id_) for login, id_ in people.items()}
        pan, qin = who["pan"], who["qin"]
        assert pan is not None
        assert qin is not None
        scheme = schemes.publish_scheme(actor=qin, body=scheme_file.read((ROOT / SCHEME).read_bytes()))
        client = clients.create_client(actor=pan, name="禾川电器有限公司", credit_code="91330100MA2AXYW412")
        clients.add_contact(actor=pan, client=client.id, name="沈 Shen", duty="售后总监", phone="0571-8800 6600")
        accounts.assign_client(person=accounts.person_named(people["shen"]), client=client.id)
        names = ("code", "kind", "name", "province", "city", "address", "ownership", "type", "people", "position")
        clients.import_sites(
            actor=pan, client=client.id, sites=[_site(dict(zip(names, row, strict=True))) for row in SITES]
        )
        evaluation = evaluations.create_evaluation(
            actor=pan,
            number=NUMBER,
            client=client.id,
            kind=Kind.recertification,
            scheme_version=scheme.id,
            lead=people["lin"],
            modes=["A", "B", "I"],
        )
        planning.set_team(actor=pan, evaluation=evaluation.id, lead=people["lin"], people=[people["an"], people["bai"]])
        visits = _plan(evaluation.id, client.id, pan, people, today)
        reviewers = {login: accounts.person_by_login(login) for login in ("an", "bai")}
        tokens = {login: accounts.create_token(person=one, by=None) for login, one in reviewers.items() if one}
    _fill(app, visits, tokens)
    with app.app_context(), transaction():
        use_tenant(tenant)
        for login in tokens:
            accounts.end_tokens(person=people[login])
    return tenant


def _site(texts: dict[str, str]) -> dict[str, Any]:
    made = read(texts)
    if made.errors:
        raise RuntimeError(f"the demo's site {texts['code']} is wrong: {made.errors}")
    return dict(made.values)


def _plan(evaluation: str, client: str, pan: Any, people: dict[str, str], today: Any) -> dict[str, str]:
    """The sample, drawn for real; visits of the HQ and the three outlets, one mystery visit. Ids by place."""
    frozen = sampling.freeze_list(actor=pan, evaluation=evaluation, scope=Scope.open)
    drawn = sampling.draw_sample(actor=pan, frozen_list=frozen.id, picks=PICKS, client_nonce="禾川 2026")
    hidden = sampling.draw_sample(
        actor=pan, frozen_list=sampling.freeze_list(actor=pan, evaluation=evaluation, scope=Scope.mystery).id, picks={}
    )
    sites = {site.code: site.id for site in clients.sites_of(client)}
    third = next(code for code in sampling.sampled_in(drawn).codes() if code not in PICKS)
    mystery = sampling.sampled_in(hidden).codes()[0]
    days = {"HQ": (0, 1), "S02": (-1, -1), "S07": (0, 0), third: (1, 1)}
    goes = {"HQ": ("an", "bai"), "S02": ("an", "bai"), "S07": ("an",), third: ("bai",)}
    visits = {}
    for code, (first, last) in days.items():
        made = planning.plan_visit(
            actor=pan,
            evaluation=evaluation,
            site=sites[code],
            modes=["A", "I"],
            from_on=today + timedelta(first),
            to_on=today + timedelta(last),
            people=[people[p] for p in goes[code]],
        )
        visits[code] = made.id
    hidden_visit = planning.plan_visit(
        actor=pan,
        evaluation=evaluation,
        site=sites[mystery],
        modes=["B"],
        from_on=today,
        to_on=today + timedelta(3),
        purpose="以顾客身份报修",
        people=[people["bai"]],
    )
    visits["mystery"] = hidden_visit.id
    for visit, person, clauses, department, day, starts, ends in (
        ("HQ", "an", ["5.1"], "售后服务部", 0, "09:00", "12:00"),
        ("HQ", "an", ["5.3"], "客服中心", 0, "13:30", "16:30"),
        ("HQ", "bai", ["5.2"], "技术部、备件库", 1, "09:00", "12:00"),
        ("S02", "an", ["5.1", "5.2"], "店长", -1, "09:00", "12:00"),
        ("S02", "bai", ["5.3"], "前台", -1, "09:00", "11:00"),
        ("S07", "an", ["5.1", "5.2", "5.3"], "店长", 0, "14:00", "17:30"),
    ):
        at = (today + timedelta(day)).isoformat()
        planning.set_plan_entry(
            actor=pan,
            visit=visits[visit],
            person=people[person],
            clauses=clauses,
            department=department,
            starts=f"{at}T{starts}",
            ends=f"{at}T{ends}",
        )
    return visits | {"an": people["an"], "bai": people["bai"]}


def _fill(app: Flask, visits: dict[str, str], tokens: dict[str, str]) -> None:
    """An's and Bai's tablets bring in what they have found so far."""
    an, bai = Tablet(app, token=tokens["an"], name="平板 03"), Tablet(app, token=tokens["bai"], name="平板 07")
    yesterday = datetime.now(UTC).replace(hour=1, minute=0, second=0, microsecond=0) - timedelta(days=1)
    clock = minutes(yesterday, 4)
    an.write("visit", visits["S02"], {"check_in": _check_in(yesterday, "S02")}, at=yesterday)
    for clause, found in S02.items():
        _answer(an, visits["S02"], clause, found, at=next(clock))
    an.photo(visits["S02"], "5.2.4.2", _work_order(), caption="GD-1120，签字栏空白", at=next(clock))
    special = {
        "clause": "5.3.2.3",
        "kind": "deduction",
        "ground": "own_rules",
        "text": "上门费超出自身公布的标准，工单 GD-1124 多收 30 元。",
    }
    an.write("special", f"{visits['S02']}/{_uuid()}", special, at=next(clock))
    an.write("submission", f"{visits['S02']}/{visits['an']}/1", {"done": {"left": {}}}, at=next(clock))
    bai_clock = minutes(yesterday, 5)
    _answer(bai, visits["S02"], "5.2.4.2", "9/2", at=next(bai_clock), note="2 张缺签字；另 2 张有电子签收。")
    bai.write("submission", f"{visits['S02']}/{visits['bai']}/1", {"done": {"left": {}}}, at=next(bai_clock))
    today_clock = minutes(datetime.now(UTC) - timedelta(minutes=100), 3)
    an.write("visit", visits["HQ"], {"check_in": _check_in(next(today_clock), "HQ")}, at=next(today_clock))
    for clause, found in HQ.items():
        _answer(an, visits["HQ"], clause, found, at=next(today_clock))
    _answer(bai, visits["HQ"], "5.1.5.2", "-", at=next(today_clock), note="内部考核结果没有用于改进，只发了通报。")
    an.write("visit", visits["S07"], {"check_in": _check_in(next(today_clock), "S07")}, at=next(today_clock))
    for clause, found in S07.items():
        _answer(an, visits["S07"], clause, found, at=next(today_clock))
    an.photo(visits["S07"], "5.2.1.3", _price_board(), caption="柜台，没有易损件价格", at=next(today_clock))
    an.sync()
    bai.sync(held=2)


def _answer(tablet: Tablet, visit: str, clause: str, found: str, *, at: datetime, note: str = "") -> None:
    fields: dict[str, Any]
    if found in "+-":
        fields = {"value": {"met": found == "+"}, "basis": [{"kind": "record", "text": "查阅制度文件和当月记录"}]}
    elif found == "x":
        fields, note = {"value": {"excluded": True}}, "回收委托持证企业，本店不做。"
    else:
        checked, failing = map(int, found.split("/"))
        fields = {"value": {"checked": checked, "failing": failing}}
        if clause == "5.2.4.2" and checked == 9:
            refs = ("1107", "1109", "1112", "1115", "1118", "1120", "1124", "1127", "1131")
            failed = NO_SIGNATURE[:failing]
            fields["samples"] = [{"ref": f"GD-{ref}", "failing": ref in failed} for ref in refs]
    if note or (clause in NOTES and found != "+" and not found.endswith("/0")):
        fields["note"] = note or NOTES[clause]
    tablet.write("result", f"{visit}/{clause}", fields, at=at)


def _check_in(at: datetime, code: str) -> dict[str, Any]:
    """As the tablet writes it: a few metres from the door, metres as text."""
    lat, lon = next(row[-1] for row in SITES if row[0] == code).split(",")
    place = {"lat": lat[:-1] + "1", "lon": lon, "accuracy": "14", "at": at.isoformat(), "datum": "WGS-84"}
    return {"at": at.isoformat(), "place": place, "without": None, "metres": "11"}


def _uuid() -> str:
    from uuid import uuid4

    return str(uuid4())


def _work_order() -> bytes:
    """A drawn stand-in for the photo of a work order whose signature field is empty."""
    picture = Image.new("RGB", (1200, 900), "#b9b2a4")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((180, 60, 1020, 860), fill="#fdfcf8", outline="#8a8578", width=3)
    pen.text((230, 100), "WORK ORDER  GD-1120", fill="#222222", font_size=44)
    for row in range(9):
        pen.line((230, 220 + row * 52, 970 - row % 3 * 120, 220 + row * 52), fill="#6b6b6b", width=6)
    pen.rectangle((230, 720, 970, 820), outline="#444444", width=3)
    pen.text((250, 735), "customer signature", fill="#777777", font_size=26)
    return _jpeg(picture)


def _price_board() -> bytes:
    """A drawn stand-in for the photo of a counter without a price list."""
    picture = Image.new("RGB", (1200, 900), "#d8d3c8")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 560, 1200, 900), fill="#8d6b4a")
    pen.rectangle((260, 120, 940, 470), fill="#2f4f4f", outline="#1d3030", width=8)
    pen.text((380, 250), "SERVICE COUNTER", fill="#f2f2f2", font_size=54)
    return _jpeg(picture)


def _jpeg(picture: Image.Image) -> bytes:
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=80)
    return kept.getvalue()
