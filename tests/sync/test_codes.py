"""Each code that parks a line, in its order; what else is wrong with a push refuses it whole."""

import json
from io import BytesIO

import pytest
from sqlalchemy import text

from sync import chain, store
from tests.sync.world import MYSTERY, OPEN, SECOND, TENANT, answer, id_of, line

PHOTO = f"{OPEN}/0195f7a0-0000-4000-8000-000000000001"
SUBMIT = {"done": {"left": {"5.1.2": "closed that day"}}}
UUID = "0195f7a0-0000-4000-8000-00000000000a"
OP = "01932f5e-8d1c-7a30-9b1e-5c1f0e6a7b21"


def result(**values: object) -> bytes:
    return line("result", f"{OPEN}/5.1.1", values)


MALFORMED = {
    "no JSON": b"{",
    "empty": b"",
    "no object": b"[]",
    "not UTF-8": b'{"id":"\xff"}',
    "NaN": answer().replace(b"true", b"NaN"),
    "a float": line("visit", OPEN, {"check_in": {"lat": 31.2}}),
    "a float that is whole": line("result", f"{OPEN}/5.1.2", {"value": {"checked": 4.0, "failing": 0}}),
    "a big integer": line("visit", OPEN, {"check_in": {"n": 2**53}}),
    "a huge integer": line("visit", OPEN, {"check_in": {"n": 1}}).replace(b'"n":1', b'"n":' + b"9" * 5000),
    "a member twice": answer().replace(b'"set":', b'"set":{},"set":'),
    "a member twice below": answer().replace(b'{"met":true}', b'{"met":true,"met":true}'),
    "U+0000": result(note="x").replace(b'"x"', b'"\\u0000"'),
    "a lone surrogate": result(note="x").replace(b'"x"', b'"\\ud800"'),
    "a member name outside ASCII": line("visit", OPEN, {"check_in": {"é": 1}}),
    "deep nesting": line("visit", OPEN, {"check_in": {"a": 0}}).replace(
        b'{"a":0}', b'{"a":' * 3000 + b"0" + b"}" * 3000
    ),
    "an unknown member": line("result", f"{OPEN}/5.1.1", {"note": "x"}, more=1),
    "no time": answer().replace(b'"at"', b'"it"'),
    "a long time": line("result", f"{OPEN}/5.1.1", {"note": "x"}, at="x" * 41),
    "an id in capitals": answer(id=OP.upper()),
    "an id of another version": answer(id=UUID),
    "an unknown record": line("pony", OPEN, {}),
    "an unknown field": result(colour="red"),
    "a key too short": line("result", OPEN, {"note": "x"}),
    "a key too long": line("result", f"{OPEN}/5.1.1/a/b", {"note": "x"}),
    "a key with an empty part": line("result", f"{OPEN}/", {"note": "x"}),
    "seen for a field not set": line("result", f"{OPEN}/5.1.1", {"note": "x"}, {"value": []}),
    "a name that is no id": line("result", f"{OPEN}/5.1.1", {"note": "x"}, {"note": ["o1"]}),
    "too many names": line("result", f"{OPEN}/5.1.1", {"note": "x"}, {"note": [OP] * 65}),
    "an operation that names itself": answer("5.1.1", True, OP, id=OP),
    "an empty settlement": answer(settlement=""),
    "a settlement of two fields": line("result", f"{OPEN}/5.1.1", {"value": None, "note": ""}, settlement="x"),
    "a settlement of many voices": line("result", f"{OPEN}/5.1.1", {"note": "x"}, settlement="x"),
    "a plain same_as": line("special", f"{OPEN}/{UUID}", {"same_as": UUID}),
    "null in a once field": line("evidence", PHOTO, {"sha256": None}),
    "a value with its reason": result(value={"excluded": True, "reason": "x"}),
    "a survey with its n": result(value={"mean": "4.2", "n": 55}),
    "a value of two forms": result(value={"met": True, "grade": "A"}),
    "excluded false": result(value={"excluded": False}),
    "more failing than checked": result(value={"checked": 3, "failing": 4}),
    "none checked": result(value={"checked": 0, "failing": 0}),
    "a number not in its shortest form": result(value={"value": "0.50"}),
    "true for a number": result(value={"checked": True, "failing": 0}),
    "a sample without failing": result(samples=[{"ref": "GD-1"}]),
    "an unknown basis": result(basis=[{"kind": "rumour", "text": "x"}]),
    "left in a list": line("submission", f"{OPEN}/an/1", {"done": {"left": []}}),
    "round nought": line("submission", f"{OPEN}/an/0", {"done": {"left": {}}}),
    "a clause the scheme lacks": answer("5.7.7"),
    "a checkpoint the clause lacks": answer("5.1.1/a"),
    "a value of another kind": line("result", f"{OPEN}/5.1.2", {"value": {"met": True}}),
    "a ground the scheme lacks": line("special", f"{OPEN}/{UUID}", {"ground": "pony"}),
}
WELL_FORMED = {
    "every value of scoring": [
        result(value=value) for value in ({"met": False}, {"excluded": True}, {"open": True}, None)
    ],
    "settled or not": [line("result", f"{OPEN}/5.1.1", {"note": "字" * 20_000}), result(note=None, samples=None)],
    "whitespace and escapes": [
        json.dumps(json.loads(answer()), indent=1).replace("\n", " ").encode(),
        result(note='"\\/\b'),
    ],
    "an emoji by escapes": [result(note="x").replace(b'"x"', b'"\\ud83d\\ude00"')],
    "places, strokes and sheets": [
        line("evidence", PHOTO, {"place": {"lat": "31.2"}, "source": "camera", "attached_to": [], "original": None}),
        line("signature", f"{OPEN}/{UUID}", {"strokes": [[1, 2], [3, 4]], "covers": "f" * 64}),
        line("sheet", f"{OPEN}/{UUID}", {"unit": "work order", "members": ["GD-1"], "drawn": None}),
        line("visit", OPEN, {"check_in": {"at": "x"}, "present": [{"name": "何", "role": "host"}], "summary": "s"}),
        line("special", f"{OPEN}/{UUID}", {"clause": None, "kind": "deduction", "ground": "law", "text": "t"}),
        line("finding", f"{OPEN}/{UUID}", {"severity": None, "kind": "strength", "withdrawn": True}),
    ],
    "seen absent": [answer().replace(b'"seen":{},', b"")],
    "nothing set": [line("result", f"{OPEN}/5.1.1", {})],
}


@pytest.mark.parametrize("broken", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_line_is_parked_alone_with_its_bytes(world, broken):
    an = world.tablet("an")
    before, after = answer("5.2.2"), answer("5.1.3")
    reply = an.post(an.body(1, [before, broken, after]))
    assert [(each["n"], each["code"]) for each in reply.json["parked"]] == [(2, "malformed")]
    assert reply.json["chain"] == chain.chain(chain.START, [before, broken, after])[-1].hex()
    assert set(world.heads()) == {"result/5.2.2/value", "result/5.1.3/value"}
    again = an.post(an.body(1, [before, broken, after]))
    assert again.json["parked"] == reply.json["parked"]


@pytest.mark.parametrize("lines", WELL_FORMED.values(), ids=WELL_FORMED)
def test_what_the_catalogue_allows_is_stored(world, lines):
    an = world.tablet("an")
    reply = an.post(an.body(1, lines))
    assert reply.json["parked"] == []
    assert reply.json["last_n"] == len(lines)


def test_a_line_over_its_size_is_too_large_even_if_malformed(world):
    an = world.tablet("an")
    small, large = result(note="x" * 65_000), result(note="x" * 66_000)
    assert an.codes(small, large, large[:-1]) == [None, "too-large", "too-large"]


def test_a_visit_that_does_not_exist_or_may_not_be_known(world):
    assert world.tablet("an").codes(answer(visit="v0"), answer(visit=MYSTERY)) == ["unknown-visit"] * 2
    assert world.tablet("qin").codes(answer()) == ["unknown-visit"]
    assert world.tablet("pan").codes(answer(), answer("5.7.7")) == ["unknown-visit"] * 2


def test_who_is_not_on_the_visit_and_who_is_not_the_lead(world):
    an, bai, lin = world.tablet("an"), world.tablet("bai"), world.tablet("lin")
    assert bai.codes(answer(visit=SECOND), answer(visit=SECOND, settlement="x")) == ["not-on-visit"] * 2
    assert lin.codes(answer(), answer(settlement="x")) == ["not-on-visit", None]
    assert an.codes(answer(settlement="x")) == ["not-lead"]
    assert bai.codes(line("submission", f"{OPEN}/an/1", SUBMIT)) == ["not-on-visit"]


def test_an_ended_account_and_a_revoked_device_only_deliver(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    world.host.ended.add("an")
    assert an.codes(answer(), b"{") == ["user-ended", "malformed"]
    world.act("revoke_device", device=bai.uuid)
    assert bai.codes(answer(), answer(visit="v0")) == ["device-revoked"] * 2
    assert an.codes(answer("5.2.2")) == ["user-ended"]
    for tablet in (an, bai):
        reply = tablet.page()
        assert (reply.status_code, reply.json["code"]) == (403, "deliver-only")


def test_a_submitted_part_takes_nothing_more_but_settlements(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    world.host.lead = "an"
    submit = line("submission", f"{OPEN}/an/1", SUBMIT)
    assert an.codes(answer(), submit, answer("5.2.2")) == [None, None, "submitted"]
    assert an.codes(answer("5.1.1", False, *world.heads()["result/5.1.1/value"], settlement="x")) == [None]
    assert bai.codes(answer()) == [None]
    assert an.codes(line("submission", f"{OPEN}/an/1", {"done": {"left": {}}})) == ["once"]
    assert an.codes(line("submission", f"{OPEN}/an/1", SUBMIT)) == ["submitted"]


def test_a_part_returned_for_some_clauses(world):
    an = world.tablet("an")
    an.push(line("submission", f"{OPEN}/an/1", SUBMIT))
    assert world.act("return_part", visit=OPEN, person="an", clauses=["5.2"], note="look again") == 2
    submit = line("submission", f"{OPEN}/an/2", SUBMIT)
    early = line("submission", f"{OPEN}/an/3", SUBMIT)
    other = line("finding", f"{OPEN}/{UUID}", {"text": "t"})
    codes = an.codes(answer("5.1.1"), answer("5.2.2"), other, early, submit, answer("5.2.2"))
    assert codes == ["not-returned", None, None, "round", None, "submitted"]
    assert an.codes(line("submission", f"{OPEN}/an/1", {"done": {"left": {}}})) == ["once"]
    world.act("return_part", visit=OPEN, person="an")
    assert an.codes(answer("5.1.1")) == [None]


def test_a_closed_part_and_a_frozen_visit(world):
    an, lin = world.tablet("an"), world.tablet("lin")
    world.act("close_part", visit=SECOND, person="an", note="ill")
    assert an.codes(answer(visit=SECOND)) == ["visit-closed"]
    world.act("freeze", visits=[SECOND])
    assert an.codes(answer(visit=SECOND)) == ["frozen"]
    assert lin.codes(answer(visit=SECOND, settlement="x")) == ["frozen"]


def test_a_person_without_a_part_is_not_on_the_visit(world):
    world.host.assigned[SECOND].add("bai")
    bai = world.tablet("bai")
    assert bai.codes(answer(visit=SECOND)) == ["not-on-visit"]
    world.act("open_part", visit=SECOND, person="bai")
    assert bai.codes(answer(visit=SECOND)) == [None]
    world.act("drop_part", visit=SECOND, person="bai")
    assert bai.codes(answer(visit=SECOND)) == ["not-on-visit"]


def test_an_exception_of_our_own_parks_one_line_and_the_lead_can_admit_it(world):
    an = world.tablet("an")
    assert an.codes(answer(), answer("5.9.9"), answer("5.2.2")) == [None, "internal", None]
    heads = world.heads()
    assert set(heads) == {"result/5.1.1/value", "result/5.2.2/value"}
    world.host.rulebook = lambda db, tenant, scheme: Anything()
    world.act("admit", device=an.uuid, n=2, host=world.host, reason="fixed")
    assert "result/5.9.9/value" in world.heads()


def test_a_scheme_that_the_host_cannot_find_parks_and_never_fails(world):
    def lost(db, tenant, scheme):
        return db.execute(text("SELECT 1 WHERE 1 = 0")).scalar_one()

    world.host.rulebook = lost
    an = world.tablet("an")
    assert an.codes(answer(), answer(visit="v0")) == ["internal", "unknown-visit"]


class Anything:
    """A scheme that has everything."""

    def fits(self, record, rest, values):
        return True

    def under(self, clause, codes):
        return True


# Refusals of a whole push, in their order


def refused(reply, status: int, code: str) -> dict:
    assert (reply.status_code, reply.json["code"]) == (status, code)
    assert reply.mimetype == "application/problem+json"
    return reply.json


def test_refusals_come_in_their_order(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    an.push(answer())
    huge = b"x" * (1 << 20)
    refused(world.call("POST", "/sync/v1/push", None, data=huge), 401, "sign-in")
    refused(an.post(b"{}\n" + huge), 413, "too-large")
    refused(an.post(b"{}\n"), 400, "envelope")
    an.lines.append(answer("5.2.2"))
    body = an.body(2, an.lines[1:], epoch="another", device=str(UUID))
    refused(an.post(body), 409, "device")
    refused(an.post(an.body(2, an.lines[1:], epoch="another"), person="bai"), 403, "other-user")
    told = refused(an.post(an.body(9, an.lines[1:], epoch="another")), 409, "epoch")
    assert (told["epoch"], told["last_n"]) == (an.epoch, 1)
    told = refused(an.post(an.body(9, an.lines[1:], prev="0" * 64)), 409, "gap")
    assert (told["last_n"], told["chain"]) == (1, chain.link(chain.START, an.lines[0]).hex())
    refused(an.post(an.body(2, an.lines[1:], prev="0" * 64)), 409, "fork")
    refused(an.post(an.body(1, [answer()])), 409, "fork")
    refused(an.post(an.body(1, an.lines[:1], prev="1" * 64)), 409, "fork")
    assert bai.push().status_code == 200
    with world.read() as db:
        assert store.devices(db, tenant=TENANT, people=["an"])[0].last_n == 1


@pytest.mark.parametrize(
    "change",
    [
        {"from": 0},
        {"from": "1"},
        {"from": True},
        {"from": 1.0},
        {"from": 2**60},
        {"count": 2},
        {"count": -1},
        {"prev": "0"},
        {"prev": None},
        {"device": "x"},
        {"device": 7},
        {"epoch": None},
        {"held": []},
        {"held": {"a": 1.5}},
    ],
    ids=str,
)
def test_an_envelope_that_is_not_one(world, change):
    an = world.tablet("an")
    refused(an.post(an.body(1, [answer()], **change)), 400, "envelope")


def test_bodies_that_cannot_be_read(world):
    an = world.tablet("an")
    good = an.body(1, [answer()])
    twice = good.replace(b'"from": 1', b'"from": 1, "from": 1')
    nan = good.replace(b'"from": 1', b'"from": NaN')
    deep = b"[" * 100_000 + b"\n"
    surrogate = an.body(1, [answer()], held={"a": "x"}).replace(b'"x"', b'"\\ud800"')
    for body in (
        b"",
        b"\n",
        b"\xff\n",
        b"null\n",
        good[:20],
        twice,
        nan,
        deep,
        surrogate,
        good + b"\n",
        good + b"{}\n",
    ):
        refused(an.post(body), 400, "envelope")
    refused(an.post(good, **{"Content-Encoding": "gzip"}), 400, "envelope")
    refused(an.post(good, **{"Content-Encoding": "br"}), 400, "envelope")
    cut = world.call("POST", "/sync/v1/push", "an", data=gzip_of(good)[:-5], headers={"Content-Encoding": "gzip"})
    refused(cut, 400, "envelope")
    bomb = world.call(
        "POST", "/sync/v1/push", "an", data=gzip_of(b"0" * 50_000_000), headers={"Content-Encoding": "gzip"}
    )
    refused(bomb, 413, "too-large")
    refused(an.post(an.body(1, [b"{}"] * 501)), 413, "too-large")
    assert an.post(good, packed=True).json["last_n"] == 1
    assert an.post(an.body(1, [b"{}"] * 500)).status_code == 409


def gzip_of(body: bytes) -> bytes:
    import gzip

    return gzip.compress(body)


def test_a_retired_path_says_so(world):
    reply = world.call("POST", "/sync/v0/push", "an", data=b"")
    assert refused(reply, 426, "protocol")["protocol"] == [1, 1]
    assert world.call("GET", "/sync/v1/pony", "an").status_code == 404


def test_status_needs_no_sign_in_and_everything_else_does(world):
    status = world.call("GET", "/sync/v1/status", None)
    assert set(status.json) == {"epoch", "now", "protocol", "app"}
    for method, path in [("POST", "devices"), ("POST", "push"), ("GET", "pull"), ("POST", "evidence/state")]:
        refused(world.call(method, f"/sync/v1/{path}", None), 401, "sign-in")
    refused(world.call("GET", f"/sync/v1/evidence/{PHOTO}", None), 401, "sign-in")


def test_a_device_belongs_to_its_user_for_ever(world):
    an = world.tablet("an")
    an.push(answer())
    about = {"device": an.uuid, "name": "n", "platform": "p", "app": "a"}
    told = world.call("POST", "/sync/v1/devices", "an", json={**about, "readiness": {"space": 0.5}}).json
    assert (told["last_n"], told["epoch"]) == (1, an.epoch)
    refused(world.call("POST", "/sync/v1/devices", "bai", json=about), 403, "other-user")
    assert world.call("POST", "/sync/v1/devices", "an", json={"device": an.uuid}).status_code == 200
    an.push(held={"operations": 0, "photos": 2})
    with world.read() as db:
        (kept,) = store.devices(db, tenant=TENANT, people=["an"])
    assert (kept.readiness, kept.held, kept.name) == ({"space": 0.5}, {"operations": 0, "photos": 2}, "n")
    for bad in (b"", b"[]", b'{"device":"x"}', json.dumps({**about, "name": 7}).encode(), b'{"device":"\\ud800"}'):
        refused(world.call("POST", "/sync/v1/devices", "an", data=bad), 400, "envelope")


def test_pulls_that_are_refused(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    refused(an.page(limit="x"), 400, "limit")
    refused(an.page(limit=""), 400, "limit")
    refused(an.page(device=UUID), 409, "device")
    refused(an.page(device=bai.uuid), 403, "other-user")
    refused(world.tablet("pan").page(), 403, "no-scope")
    for limit in (-5, 0, 1, 10_001, 10**17):
        assert an.page(limit=limit).status_code == 200


def test_a_body_cut_off_on_the_way_stores_nothing(world):
    an = world.tablet("an")
    whole = an.body(1, [answer()])
    lost = {"wsgi.input": BytesIO(whole[:-20]), "wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(whole))}
    reply = world.call("POST", "/sync/v1/push", "an", environ_overrides=lost)
    assert (reply.status_code, reply.json["code"]) == (400, "envelope")
    assert an.push().json["last_n"] == 0
    assert an.post(whole).json["parked"] == []


def test_answers_are_packed_for_who_can_unpack(world):
    an = world.tablet("an")
    an.push(*[answer("5.1.1", True) for _ in range(20)])
    packed = an.world.call(
        "GET", "/sync/v1/pull", "an", query_string={"device": an.uuid}, headers={"Accept-Encoding": "gzip"}
    )
    assert packed.headers["Content-Encoding"] == "gzip"
    import gzip

    assert json.loads(gzip.decompress(packed.data))["self"] == an.page().json["self"]
    assert id_of(an.lines[0]) in an.page().text
