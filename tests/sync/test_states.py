"""Parts, freezing and reopening, the lead's word on parked lines, and what is written on pages of the server."""

import pytest

from sync import store
from sync.host import Refused
from tests.sync.world import MYSTERY, OPEN, SECOND, TENANT, answer, id_of, line

SUBMIT = {"done": {"left": {}}}
VALUE = "result/5.1.1/value"


def refused(code: str, call, *arguments, **named) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    assert caught.value.code == code
    return caught.value


def parked(world, **named) -> list:
    with world.read() as db:
        return store.parked(db, tenant=TENANT, **named)


def test_a_parked_line_is_listed_with_what_can_be_read_of_it(world):
    an = world.tablet("an")
    an.push(answer("5.7.7", False), b"{", answer(visit="v0"))
    first, second, third = parked(world)
    assert (first.device, first.n, first.person, first.visit, first.key) == (an.uuid, 1, "an", OPEN, f"{OPEN}/5.7.7")
    assert (first.set, first.code, first.state) == ({"value": {"met": False}}, "malformed", "parked")
    assert (second.id, second.visit, second.code) == (None, "", "malformed")
    assert third.code == "unknown-visit"
    assert [each.n for each in parked(world, visits=[OPEN])] == [1]


def test_admitting_in_the_wrong_order_brings_nothing_back(world):
    an = world.tablet("an")
    an.push(line("submission", f"{OPEN}/an/1", SUBMIT))
    o2 = answer("5.1.1", True)
    o3 = answer("5.1.1", False, id_of(o2))
    assert an.codes(o2, o3) == ["submitted", "submitted"]
    assert world.act("admit", device=an.uuid, n=3, host=world.host, reason="r").superseded is False
    assert world.act("admit", device=an.uuid, n=2, host=world.host, reason="r").superseded is True
    assert world.heads()[VALUE] == [id_of(o3)]
    refused("not-parked", world.act, "admit", device=an.uuid, n=2, host=world.host)
    refused("line-unknown", world.act, "admit", device=an.uuid, n=9, host=world.host)


def test_a_stored_answer_supersedes_through_a_parked_one(world):
    an = world.tablet("an")
    o1 = answer("5.1.1", True)
    wrong = line("result", f"{OPEN}/5.1.1", {"value": {"met": 1}}, {"value": [id_of(o1)]})
    o3 = answer("5.1.1", True, id_of(wrong))
    assert an.codes(o1, wrong, o3) == [None, "malformed", None]
    assert world.heads()[VALUE] == [id_of(o3)]


def test_a_name_that_arrives_later_and_parked_counts(world):
    old, new = world.tablet("an"), world.tablet("an")
    o1 = answer("5.1.1", True)
    wrong = line("result", f"{OPEN}/5.1.1", {"value": {"met": 1}}, {"value": [id_of(o1)]})
    o3 = answer("5.1.1", False, id_of(wrong))
    old.push(o1)
    new.push(o3)
    assert len(world.heads()[VALUE]) == 2
    old.push(wrong)
    assert world.heads()[VALUE] == [id_of(o3)]


def test_what_cannot_be_admitted(world):
    an, lin = world.tablet("an"), world.tablet("lin")
    an.push(answer("5.7.7"), answer(settlement="x"), answer(visit="v0"), answer(visit=SECOND))
    lin.push(answer("5.7.7"), answer())
    for n in (1, 2):
        refused("not-admissible", world.act, "admit", device=an.uuid, n=n, host=world.host)
    refused("unknown-visit", world.act, "admit", device=an.uuid, n=3, host=world.host)
    refused("not-parked", world.act, "admit", device=an.uuid, n=4, host=world.host)
    assert [each.code for each in parked(world)][-2:] == ["malformed", "not-on-visit"]
    world.act("admit", device=lin.uuid, n=2, host=world.host, reason="was there")
    assert world.heads()[VALUE] == [id_of(lin.lines[1])]


def test_an_admission_cannot_make_a_lead_or_a_second_once(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    world.host.ended.add("an")
    photo = f"{OPEN}/0195f7a0-0000-4000-8000-000000000001"
    an.push(answer(settlement="x"), line("evidence", photo, {"bytes": 1}))
    bai.push(line("evidence", photo, {"bytes": 2}))
    refused("not-lead", world.act, "admit", device=an.uuid, n=1, host=world.host)
    refused("once", world.act, "admit", device=an.uuid, n=2, host=world.host)


def test_a_discarded_line_stays_with_its_reason(world):
    an = world.tablet("an")
    an.pull()
    an.push(answer("5.7.7"))
    world.act("discard", device=an.uuid, n=1, host=world.host, reason="no such clause")
    (told,) = an.pull()["parked"]
    assert (told["state"], told["code"], told["reason"]) == ("discarded", "malformed", "no such clause")
    assert an.push(start=1).json["parked"][0]["state"] == "discarded"
    assert parked(world)[0].state == "discarded"
    refused("not-parked", world.act, "admit", device=an.uuid, n=1, host=world.host)


@pytest.mark.parametrize("act", ["admit", "discard"])
def test_a_word_on_a_mystery_line_is_not_told_to_who_may_not_know(world, act):
    an = world.tablet("an")
    world.act("open_part", visit=MYSTERY, person="an")
    an.push(answer(visit=MYSTERY))
    first = an.pull()
    world.act(act, device=an.uuid, n=1, host=world.host, reason="r")
    assert an.pull()["parked"] == []
    assert an.push(start=1).json["parked"][0]["state"] == "parked"
    an.cursor = None
    assert an.pull()["parked"] == first["parked"]
    assert bool(world.heads(MYSTERY)) is (act == "admit")


def test_an_admitted_submission_of_an_earlier_round_submits_nothing(world):
    an = world.tablet("an")
    an.push(line("submission", f"{OPEN}/an/1", SUBMIT))
    world.act("return_part", visit=OPEN, person="an")
    late = line("submission", f"{OPEN}/an/1", SUBMIT)
    assert an.codes(late) == ["round"]
    world.act("admit", device=an.uuid, n=2, host=world.host)
    assert id_of(late) in world.heads()["submission/an/1/done"]
    with world.read() as db:
        assert store.parts(db, tenant=TENANT, visits=[OPEN])[OPEN][0].state == "open"


def test_parts_are_opened_returned_and_closed(world):
    refused("part-open", world.act, "return_part", visit=OPEN, person="an")
    refused("part-unknown", world.act, "return_part", visit=OPEN, person="qin")
    refused("visit-unknown", world.act, "open_part", visit="v0", person="an")
    world.act("close_part", visit=OPEN, person="an", note="ill")
    refused("part-closed", world.act, "close_part", visit=OPEN, person="an", note="ill")
    refused("part-submitted", world.act, "drop_part", visit=OPEN, person="an")
    assert world.act("return_part", visit=OPEN, person="an", clauses=["5.2", "5.1.1"], note="n") == 2
    world.act("open_part", visit=OPEN, person="an")
    with world.read() as db:
        part = store.parts(db, tenant=TENANT, visits=[OPEN, "v0"])[OPEN][0]
        row = store.visit_row(db, tenant=TENANT, visit=OPEN)
    assert part == ("an", 2, "open", ["5.1.1", "5.2"], "n")
    assert row["parts"][0] == part._asdict()


def test_freezing_waits_for_parts_disputes_and_tells_what_is_missing(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    photo = "0195f7a0-0000-4000-8000-000000000001"
    an.push(answer(), line("evidence", f"{OPEN}/{photo}", {"sha256": "a" * 64}))
    bai.push(answer("5.1.1", False))
    error = refused("not-ready", world.act, "freeze", visits=[OPEN, SECOND])
    assert error.facts["open_parts"] == [(OPEN, "an"), (OPEN, "bai"), (SECOND, "an")]
    assert error.facts["disputed"] == [(OPEN, VALUE)]
    with world.read() as db:
        assert store.obstacles(db, tenant=TENANT, visits=[OPEN]).missing == [(OPEN, photo)]
    for tablet in (an, bai):
        tablet.push(line("submission", f"{OPEN}/{tablet.person}/1", SUBMIT))
    lead = world.tablet("lin")
    lead.push(answer("5.1.1", True, *world.heads()[VALUE], settlement="seen"))
    world.act("freeze", visits=[OPEN])
    assert an.pull()["sets"]["visits"][OPEN]["frozen"] is True
    refused("frozen", world.act, "return_part", visit=OPEN, person="an")


def test_a_frozen_visit_never_changes_and_reopening_recomputes_what_parked_lines_name(world):
    an, other = world.tablet("an"), world.tablet("an")
    o1 = answer("5.1.1", True, visit=SECOND)
    o2 = answer("5.1.1", False, id_of(o1), visit=SECOND)
    o3 = answer("5.1.1", False, id_of(o2), visit=SECOND)
    an.push(o1)
    other.push(o3)
    world.act("close_part", visit=SECOND, person="an", note="n")
    refused("not-ready", world.act, "freeze", visits=[SECOND])
    settled = answer("5.2.2", visit=SECOND, settlement="s")
    lin = world.tablet("lin")
    lin.push(settled, answer("5.1.1", False, id_of(o1), visit=SECOND, settlement="s"))
    world.act("freeze", visits=[SECOND])
    before, digest = world.heads(SECOND), world.digest(SECOND)
    assert an.codes(o2) == ["frozen"]
    assert (world.heads(SECOND), world.digest(SECOND)) == (before, digest)
    refused("frozen", world.act, "admit", device=an.uuid, n=2, host=world.host)
    world.act("reopen", visits=[SECOND], host=world.host)
    assert world.heads(SECOND) == before
    world.act("admit", device=an.uuid, n=2, host=world.host)
    assert world.heads(SECOND) == before
    assert an.pull()["sets"]["visits"][SECOND]["frozen"] is False


def test_reopening_lets_a_line_parked_meanwhile_pass_its_names_on(world):
    an, other = world.tablet("an"), world.tablet("an")
    note = {"note": "a"}
    o1 = line("result", f"{SECOND}/5.1.1", note)
    o2 = line("result", f"{SECOND}/5.1.1", note, {"note": [id_of(o1)]})
    o3 = line("result", f"{SECOND}/5.1.1", {"note": "b"}, {"note": [id_of(o2)]})
    an.push(o1)
    other.push(o3)
    world.act("close_part", visit=SECOND, person="an", note="n")
    world.act("freeze", visits=[SECOND])
    an.push(o2)
    assert world.heads(SECOND)["result/5.1.1/note"] == sorted([id_of(o1), id_of(o3)])
    world.act("reopen", visits=[SECOND], host=world.host)
    assert world.heads(SECOND)["result/5.1.1/note"] == [id_of(o3)]
    assert world.host.changes[-1].registers == {SECOND: frozenset({"result/5.1.1/note"})}
    assert an.pull()["digests"][SECOND] == world.digest(SECOND)


def desk(world, person: str, *operations: dict) -> list[str]:
    return world.act("desk_write", person=person, host=world.host, operations=operations)


def test_a_settlement_on_a_page_carries_the_heads_it_had_shown(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    an.push(answer())
    shown = world.heads()[VALUE]
    bai.push(answer("5.1.1", False))
    settle = {"record": "result", "key": f"{OPEN}/5.1.1", "set": {"value": {"met": True}}, "settlement": "seen"}
    refused("heads-changed", desk, world, "lin", {**settle, "seen": {"value": shown}})
    (op,) = desk(world, "lin", {**settle, "seen": {"value": world.heads()[VALUE]}})
    assert world.heads()[VALUE] == [op]
    with world.read() as db:
        (head,) = store.heads(db, tenant=TENANT, visits=[OPEN], names=[VALUE])[OPEN][VALUE]
    assert (head.op, head.person, head.value, head.reason) == (op, "lin", {"met": True}, "seen")
    assert world.host.changes[-1].person == "lin"
    pulled = an.pull()
    assert pulled["devices"][str(pulled["registers"][OPEN, VALUE][0][1])][1] == "lin"


def test_a_page_parks_nothing(world):
    fine = {"record": "result", "key": f"{OPEN}/5.1.3", "set": {"value": {"met": True}}}
    refused("malformed", desk, world, "an", fine, {"record": "pony", "key": OPEN, "set": {}})
    refused("not-on-visit", desk, world, "lin", fine)
    refused("unknown-visit", desk, world, "an", {**fine, "key": "v0/5.1.1"})
    assert world.heads() == {}
    assert parked(world) == []
    first = desk(world, "an", fine)
    refused("heads-changed", desk, world, "an", fine)
    second = desk(world, "an", {**fine, "seen": {"value": first}})
    assert world.heads() == {"result/5.1.3/value": second}
    with world.read() as db:
        (device,) = store.devices(db, tenant=TENANT, people=["an"])
    assert (device.desk, device.last_n) == (True, 2)


def test_a_desk_device_cannot_be_pushed_to(world):
    an = world.tablet("an")
    desk(world, "an", {"record": "result", "key": f"{OPEN}/5.1.3", "set": {"value": {"met": True}}})
    with world.read() as db:
        (device,) = [each for each in store.devices(db, tenant=TENANT, people=["an"]) if each.desk]
    an.uuid = device.uuid
    assert an.push(answer()).json["code"] == "other-user"
    about = {"device": device.uuid, "name": "", "platform": "", "app": ""}
    assert world.call("POST", "/sync/v1/devices", "an", json=about).status_code == 403


def test_a_visit_taken_away_is_removed_once_and_unknown_afterwards(world):
    an = world.tablet("an")
    an.push(answer(visit=SECOND))
    an.pull()
    world.act("remove_visit", visit=SECOND)
    assert an.pull()["sets"]["visits"] == {SECOND: {"id": SECOND, "removed": True}}
    assert an.codes(answer(visit=SECOND)) == ["unknown-visit"]
    assert VALUE in world.heads(SECOND)


def test_a_new_epoch_asks_for_everything_again(world):
    an = world.tablet("an")
    an.push(answer())
    an.pull()
    with world.write() as db:
        store.new_epoch(db)
    reply = an.push(answer("5.2.2"))
    assert (reply.status_code, reply.json["code"], reply.json["last_n"]) == (409, "epoch", 1)
    assert an.page(an.cursor).json["reset"] is True
    an.epoch = reply.json["epoch"]
    assert an.push().json["last_n"] == 2


def test_an_author_whose_device_forgot_is_told_by_the_number_it_has_now(world):
    an = world.tablet("an")
    an.push(answer("5.7.7"), answer())
    fresh = world.tablet("an")
    fresh.pull()
    fresh.push(answer("5.2.2"), *an.lines)
    world.act("discard", device=fresh.uuid, n=2, host=world.host, reason="r")
    told = fresh.pull()
    (fate,) = told["parked"]
    assert (fate["device"], fate["n"], fate["state"]) == (told["self"], 2, "discarded")
    (fate,) = an.pull()["parked"]
    assert fate["n"] == 1


def test_an_admitted_line_still_passes_its_names_on(world):
    an, lin = world.tablet("an"), world.tablet("lin")
    an.push(answer())
    own = answer("5.1.1", False, id_of(an.lines[0]))
    assert lin.codes(own) == ["not-on-visit"]
    world.act("admit", device=lin.uuid, n=1, host=world.host)
    assert len(world.heads()[VALUE]) == 2
    settled = answer("5.1.1", False, id_of(own), settlement="so")
    assert lin.codes(settled) == [None]
    assert world.heads()[VALUE] == [id_of(settled)]
