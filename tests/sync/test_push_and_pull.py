"""Push and pull over the wire, on a real database. test_postgres.py runs the same on PostgreSQL."""

from sync import chain, store
from tests.sync.world import MYSTERY, OPEN, SECOND, TENANT, answer, id_of, line


def test_an_answer_reaches_the_colleague(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    text = answer(met=False)
    told = an.push(text, held={"operations": 1, "photos": 0}).json
    assert told["last_n"] == 1
    assert told["parked"] == []
    assert told["chain"] == chain.link(chain.START, text).hex()
    assert told["digests"] == {OPEN: world.digest()}
    seen = bai.pull()
    heads = seen["registers"][OPEN, "result/5.1.1/value"]
    assert [(head[0], head[3]) for head in heads] == [(id_of(text), {"met": False})]
    assert seen["devices"][str(heads[0][1])] == [an.uuid, "an"]
    assert seen["digests"][OPEN] == world.digest()


def test_a_pull_tells_what_changed_and_nothing_else(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    an.push(answer(), answer("5.2.2"))
    first = bai.pull()
    assert first["reset"] is True
    assert len(first["registers"]) == 2
    assert set(first["digests"]) == {OPEN, SECOND, MYSTERY}
    nothing = bai.pull()
    assert (nothing["registers"], nothing["digests"], nothing["reset"]) == ({}, {}, False)
    an.push(answer("5.2.2", False, id_of(an.lines[1])))
    change = bai.pull()
    assert list(change["registers"]) == [(OPEN, "result/5.2.2/value")]
    assert list(change["digests"]) == [OPEN]


def test_pages_of_one_skip_nothing_while_others_write(world):
    an, bai, lin = world.tablet("an"), world.tablet("bai"), world.tablet("lin")
    note = {"value": {"met": True}, "note": "ok", "basis": []}
    an.push(line("result", f"{OPEN}/5.1.1", note), answer("5.2.2", visit=SECOND))
    found, cursor, pages = {}, None, 0
    while True:
        page = bai.page(cursor, limit=1).json
        assert page["reset"] is True
        rows = [(group["visit"], row) for group in page["registers"] for row in group["rows"]]
        assert len(rows) + sum(map(len, page["sets"].values())) <= 1
        found |= {(visit, *row[:3]): row[3] for visit, row in rows}
        cursor, pages = page["cursor"], pages + 1
        if pages == 2:
            an.push(line("result", f"{OPEN}/5.1.1", {"note": "changed"}, {"note": [id_of(an.lines[0])]}))
        if pages == 4:
            lin.push()
        if not page["more"]:
            break
        assert (page["parked"], page["digests"]) == ([], {})
    assert {key[1:]: [head[3] for head in heads] for key, heads in found.items()} == {
        ("result", "5.1.1", "value"): [{"met": True}],
        ("result", "5.1.1", "note"): ["changed"],
        ("result", "5.1.1", "basis"): [[]],
        ("result", "5.2.2", "value"): [{"met": True}],
    }
    assert page["digests"][OPEN] == world.digest()


def test_a_push_sent_again_changes_nothing(world):
    an = world.tablet("an")
    first = an.push(answer(), answer("5.1.1", False), answer("5.7.7")).json
    digest, heads = world.digest(), world.heads()
    again = an.push(start=1).json
    assert {**again, "received_at": "", "digests": {}} == {**first, "received_at": "", "digests": {}}
    assert (world.digest(), world.heads()) == (digest, heads)
    assert an.push(answer("5.2.2"), start=2).json["last_n"] == 4


def test_known_numbers_are_not_judged_again(world):
    an = world.tablet("an")
    an.push(answer())
    an.push(line("submission", f"{OPEN}/an/1", {"done": {"left": {}}}))
    assert an.push(start=1).json["parked"] == []


def test_a_person_who_saves_twice_offline_has_one_answer(world):
    an = world.tablet("an")
    first = answer()
    an.push(first, answer("5.1.1", False, id_of(first)))
    assert world.heads()["result/5.1.1/value"] == [id_of(an.lines[1])]


def test_two_peoples_answers_dispute_until_the_lead_settles(world):
    an, bai, lin = world.tablet("an"), world.tablet("bai"), world.tablet("lin")
    an.push(answer())
    bai.push(answer("5.1.1", False, id_of(an.lines[0])))
    both = sorted([id_of(an.lines[0]), id_of(bai.lines[0])])
    assert world.heads()["result/5.1.1/value"] == both
    settled = answer("5.1.1", False, *both, settlement="seen on site")
    assert lin.codes(settled) == [None]
    assert world.heads()["result/5.1.1/value"] == [id_of(settled)]
    head = an.pull()["registers"][OPEN, "result/5.1.1/value"][0]
    assert head[4] == "seen on site"
    late = answer("5.1.1", True, id_of(an.lines[0]))
    an.push(late)
    assert world.heads()["result/5.1.1/value"] == sorted([id_of(settled), id_of(late)])


def test_a_mystery_visit_moves_nothing_that_an_outsider_sees(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    before = an.pull()
    assert MYSTERY not in before["sets"]["visits"]
    cursor = an.cursor
    bai.push(answer(visit=MYSTERY))
    world.act("put_row", stream="m:" + MYSTERY, set="people", id="bai", row={"id": "bai", "name": "Bai"})
    after = an.pull()
    assert an.cursor == cursor
    assert (after["registers"], after["digests"], after["devices"], after["gone"]) == ({}, {}, {}, [])
    assert (MYSTERY, "result/5.1.1/value") in bai.pull()["registers"]
    assert an.codes(answer(visit=MYSTERY), answer(visit="v-none")) == ["unknown-visit", "unknown-visit"]


def test_a_visit_that_leaves_is_gone_and_its_rows_are_removed(world):
    bai = world.tablet("bai")
    world.act("put_row", stream="m:" + MYSTERY, set="sites", id="s9", row={"id": "s9"})
    bai.pull()
    world.host.assigned[MYSTERY] = set()
    left = bai.pull()
    assert left["gone"] == [MYSTERY]
    assert left["sets"]["sites"] == {"s9": {"id": "s9", "removed": True}}
    assert left["sets"]["evaluations"] == {}
    assert bai.pull()["gone"] == []
    world.host.assigned[MYSTERY] = {"bai"}
    assert MYSTERY in bai.pull()["sets"]["visits"]


def test_a_removed_row_comes_once_unless_another_stream_has_it(world):
    bai = world.tablet("bai")
    world.act("put_row", stream="e:1", set="people", id="an", row={"id": "an", "name": "An"})
    bai.pull()
    world.act("put_row", stream="e:1", set="people", id="an", row=None)
    world.act("put_row", stream="e:1", set="evaluations", id="1", row=None)
    sets = bai.pull()["sets"]
    assert sets["people"] == {"an": {"id": "an", "removed": True}}
    assert sets["evaluations"] == {}
    assert bai.pull()["sets"]["people"] == {}
    assert world.tablet("bai").pull()["sets"]["people"] == {}


def test_a_visits_row_tells_its_parts(world):
    an = world.tablet("an")
    an.pull()
    an.push(line("submission", f"{OPEN}/an/1", {"done": {"left": {"5.1.2": "closed"}}}))
    row = an.pull()["sets"]["visits"][OPEN]
    part = {"round": 1, "clauses": None, "note": None}
    assert row["parts"] == [{"person": "an", "state": "submitted", **part}, {"person": "bai", "state": "open", **part}]
    assert row["frozen"] is False
    assert world.host.changes[-1].submitted == ((OPEN, "an"),)


def test_a_forged_or_foreign_cursor_begins_again(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    an.pull()
    bai.pull()
    assert an.page(an.cursor).json["reset"] is False
    flipped = an.cursor[:-2] + ("A" if an.cursor[-2] != "A" else "B") + an.cursor[-1]
    for cursor in (None, "", "x", "%%", "é", flipped, bai.cursor, world.tablet("an").cursor):
        assert an.page(cursor).json["reset"] is True


def test_fates_come_by_pull_until_the_lead_has_spoken(world):
    an = world.tablet("an")
    an.pull()
    an.push(line("submission", f"{OPEN}/an/1", {"done": {"left": {}}}))
    late = answer()
    assert an.codes(late) == ["submitted"]
    fate = {"id": id_of(late), "device": an.pull()["self"], "n": 2, "code": "submitted"}
    assert an.pull()["parked"] == []
    world.act("admit", device=an.uuid, n=2, host=world.host, reason="agreed by phone")
    told = an.pull()
    assert told["parked"] == [{**fate, "state": "admitted", "reason": "agreed by phone"}]
    assert told["last_n"] == 2
    assert (OPEN, "result/5.1.1/value") in told["registers"]
    assert an.push(start=1).json["parked"] == []
    an.cursor = None
    assert an.pull()["parked"] == [{**fate, "state": "admitted", "reason": "agreed by phone"}]


def test_a_new_device_id_takes_the_old_queue_without_harm(world):
    an = world.tablet("an")
    an.push(answer(), answer("5.7.7"), answer("5.2.2"))
    heads, digest = world.heads(), world.digest()
    again = world.tablet("an")
    told = again.push(*an.lines[1:]).json
    assert told["last_n"] == 2
    assert [(each["n"], each["code"], each["state"]) for each in told["parked"]] == [(1, "malformed", "parked")]
    assert (world.heads(), world.digest()) == (heads, digest)
    pulled = again.pull()
    own = [(each["device"] == pulled["self"], each["n"]) for each in pulled["parked"]]
    assert own == [(True, 1)]
    assert again.push(start=1).json["parked"] == told["parked"]


def test_an_id_belongs_to_who_came_first(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    text = answer()
    an.push(text)
    assert bai.codes(text) == ["id-taken"]
    assert an.codes(answer("5.2.2", id=id_of(text))) == ["id-taken"]
    assert an.codes(text) == [None]
    assert world.heads() == {"result/5.1.1/value": [id_of(text)]}


def test_an_operation_writes_all_of_its_fields_or_none(world):
    an = world.tablet("an")
    photo = "0195f7a0-0000-4000-8000-000000000001"
    first = {"sha256": "a" * 64, "bytes": 3, "place": None, "original": None, "kind": "photo"}
    assert an.codes(line("evidence", f"{OPEN}/{photo}", first)) == [None]
    other = line("evidence", f"{OPEN}/{photo}", {"bytes": 4, "caption": "no"})
    same = line("evidence", f"{OPEN}/{photo}", {"bytes": 3, "caption": "yes"})
    assert an.codes(other, same) == ["once", None]
    assert world.heads()[f"evidence/{photo}/caption"] == [id_of(same)]


def test_set_rows_are_not_written_twice(world):
    an = world.tablet("an")
    an.pull()
    world.act("put_row", stream="e:1", set="evaluations", id="1", row={"id": "1", "team": ["an"]})
    assert an.pull()["sets"]["evaluations"] == {}


def test_a_tablet_restored_from_its_backup_cannot_pass_for_the_old_one(world):
    an = world.tablet("an")
    an.push(answer(), answer("5.2.2"))
    restored = answer("5.1.3")
    reply = an.post(an.body(2, [restored]))
    assert (reply.status_code, reply.json["code"], reply.json["last_n"]) == (409, "fork", 2)
    again = world.tablet("an")
    assert again.push(an.lines[0], restored).json["parked"] == []
    assert len(world.heads()) == 3


def test_a_special_recorded_twice_is_one_by_settlement(world):
    an, bai, lin = world.tablet("an"), world.tablet("bai"), world.tablet("lin")
    first, second = (f"0195f7a0-0000-4000-8000-00000000000{n}" for n in (1, 2))
    an.push(line("special", f"{OPEN}/{first}", {"kind": "deduction", "ground": "law"}))
    bai.push(line("special", f"{OPEN}/{second}", {"kind": "deduction", "ground": "law"}))
    assert bai.codes(line("special", f"{OPEN}/{second}", {"same_as": first}, settlement="x")) == ["not-lead"]
    same = line("special", f"{OPEN}/{second}", {"same_as": first}, settlement="the same fact")
    assert lin.codes(same) == [None]
    assert world.heads()[f"special/{second}/same_as"] == [id_of(same)]


def test_a_colleagues_submission_parks_nothing_of_mine(world):
    an, bai = world.tablet("an"), world.tablet("bai")
    an.push(line("submission", f"{OPEN}/an/1", {"done": {"left": {}}}))
    assert bai.codes(answer(), line("submission", f"{OPEN}/bai/1", {"done": {"left": {}}})) == [None, None]


def test_a_row_removed_while_paging_does_not_stay(world):
    bai = world.tablet("bai")
    world.act("put_row", stream="e:1", set="people", id="an", row={"id": "an", "name": "An"})
    people, cursor = {}, None
    while True:
        page = bai.page(cursor, limit=1).json
        people |= {row["id"]: row for row in page["sets"]["people"]}
        cursor = page["cursor"]
        if people and "removed" not in people["an"]:
            world.act("put_row", stream="e:1", set="people", id="an", row=None)
        if not page["more"]:
            break
    assert people == {"an": {"id": "an", "removed": True}}


def test_a_cursor_of_many_streams_stays_short(world):
    with world.write() as db:
        for number in range(400):
            store.put_row(db, tenant=TENANT, stream=f"e:{number}", set="sites", id="s", row={"id": "s"})
    world.host.streams = lambda db, asker: [f"e:{number}" for number in range(400)]
    bai = world.tablet("bai")
    cursor = None
    while True:
        page = bai.page(cursor, limit=50).json
        cursor = page["cursor"]
        assert len(cursor) <= 4000
        if not page["more"]:
            break
