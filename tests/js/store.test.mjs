// The store by itself: what is said to be saved is saved, undo, drafts, two tabs, a lost connection, a newer app.
import assert from "node:assert/strict";
import test from "node:test";
import { Database, PERSON } from "../../static/js/store/database.js";
import { barOf, NOTHING, QUIET } from "../../static/js/store/outbox.js";
import { field, openMeta } from "../../static/js/store/store.js";
import { answer, openTablet, value } from "./tablet.mjs";

const MET = { value: { met: true } };
const NOT_MET = { value: { met: false } };

test("opening and leaving a form writes nothing, nor does saving what is there already", async () => {
  const store = await openTablet("an");
  const shown = await store.record("V", "result", "5.1");
  assert.equal((await store.save({ shown, set: {} })).op, null);
  assert.equal((await store.save({ shown, set: { note: null } })).op, null);
  const saved = await store.save({ shown, set: MET });
  assert.equal((await store.save({ shown: saved.shown, set: { value: { met: true } } })).op, null);
  assert.equal(store.counts.value.operations, 1);
});

test("what was saved is there after the store is opened anew", async () => {
  const store = await openTablet("an");
  await answer(store, "V", "5.1", MET);
  store.close();
  const again = await openTablet("an", { tenant: store.tenant });
  assert.deepEqual((await value(again, "V", "5.1")).value, { met: true });
  assert.equal((await again.health()).broken, null);
});

test("a save names per field what the form showed, and the tablet's own latest", async () => {
  const store = await openTablet("an");
  const first = await answer(store, "V", "5.1", { ...MET, note: "a" });
  const second = await store.save({ shown: first.shown, set: { note: "b" } });
  const third = await store.save({ shown: second.shown, set: NOT_MET });
  const rows = await store.database.read(["operations"], (tx) => tx.objectStore("operations").getAll());
  assert.deepEqual(rows.map((row) => row.seen), [{}, { note: [first.op] }, { value: [first.op] }]);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(rows[2].line)), {
    id: third.op, record: "result", key: "V/5.1", set: NOT_MET, seen: { value: [first.op] }, at: rows[2].at,
  });
});

test("undo goes back step by step, also after moving on, and is an operation itself", async () => {
  const store = await openTablet("an");
  await answer(store, "V", "5.1", MET);
  await answer(store, "V", "5.1", { ...NOT_MET, note: "why" });
  await answer(store, "V", "5.2", MET);
  await store.undo("V", "result", "5.1");
  assert.deepEqual((await value(store, "V", "5.1")).value, { met: true });
  assert.equal(field(await store.record("V", "result", "5.1"), "note").state, "open");
  await store.undo("V", "result", "5.1");
  assert.equal((await value(store, "V", "5.1")).state, "open");
  assert.equal(await store.undo("V", "result", "5.1"), null);
  assert.deepEqual((await store.history("V", "result", "5.1")).map(({ undone }) => undone), [true, true, false, false]);
  assert.equal(store.counts.value.operations, 5);
});

test("undo of a photo withdraws it; a submission cannot be undone", async () => {
  const store = await openTablet("an");
  const { evidence } = await store.addEvidence({
    visit: "V", bytes: new Uint8Array(10).buffer, media_type: "text/plain", taken_at: "t", place: null, source: "note", attached_to: [], kind: "note", caption: "", original: null,
  });
  await store.undo("V", "evidence", evidence);
  assert.equal(field(await store.record("V", "evidence", evidence), "withdrawn").value, true);
  await store.save({ shown: store.blank("V", "submission", "an/1"), set: { done: { left: {} } } });
  await assert.rejects(store.undo("V", "submission", "an/1"), { code: "cannot-undo" });
});

test("a colleague's answer stands beside one's own in what the form shows after a save", async () => {
  const store = await openTablet("an");
  const theirs = { op: "o1", person: "bai", device: "d", at: "t", value: { met: false }, reason: null, own: false, here: false };
  const shown = { visit: "V", record: "result", rest: "5.1", fields: { value: { state: "agreed", value: theirs.value, own: undefined, heads: [theirs], here: false } } };
  const saved = await store.save({ shown, set: MET });
  assert.equal(field(saved.shown, "value").state, "disputed");
  assert.equal(field(saved.shown, "value").heads.length, 2);
});

test("what the server would call malformed or too large is refused before it is written", async () => {
  const store = await openTablet("an");
  await assert.rejects(answer(store, "V", "5.1", { value: { value: 0.5 } }), { name: "StoreError", code: "malformed" });
  await assert.rejects(answer(store, "V", "5.1", { note: "字".repeat(22_000) }), { code: "too-large" });
  await answer(store, "V", "5.1", { note: "字".repeat(20_000) });
  assert.equal(store.counts.value.operations, 1);
});

test("a draft outlives the page and goes with the save", async () => {
  const store = await openTablet("an");
  await store.keepDraft("V/5.1/note", "half a sen");
  assert.equal(await store.draft("V/5.1/note"), "half a sen");
  await store.save({ shown: store.blank("V", "result", "5.1"), set: { note: "half a sentence" }, draft: "V/5.1/note" });
  assert.equal(await store.draft("V/5.1/note"), null);
});

test("a connection lost in the background is opened again and the answer is saved once", async () => {
  const store = await openTablet("an");
  (await store.database.connect()).close();
  await answer(store, "V", "5.1", MET);
  assert.equal(store.counts.value.operations, 1);
  assert.equal(store.notSaved.value, null);
});

test("when three tries fail the answer is not called saved, and the next good save clears the bar", async () => {
  const store = await openTablet("an");
  const shown = await store.record("V", "result", "5.1");
  const { connect } = store.database;
  store.database.connect = () => Promise.reject(new DOMException("connection lost", "UnknownError"));
  await assert.rejects(store.save({ shown, set: MET }), { code: "not-saved" });
  assert.equal(store.bar.value.state, "not-saved");
  store.database.connect = connect;
  await store.save({ shown, set: MET });
  assert.equal(store.bar.value.state, "here");
  assert.equal(store.counts.value.operations, 1);
});

test("a newer app may take the database over: the old page closes it and says so", async () => {
  const store = await openTablet("an");
  await answer(store, "V", "5.1", MET);
  const newer = new Database(`xingping-${store.tenant}-an`, [...PERSON, (db) => void db.createObjectStore("later")]);
  const db = await newer.connect();
  assert.equal(store.open.value, "outdated");
  assert.equal(await db.count("operations"), 1);
  await assert.rejects(answer(store, "V", "5.2", MET), { code: "outdated" });
  newer.close();
});

test("another person on the same tablet has a store of their own", async () => {
  const an = await openTablet("an", { tenant: "shared" });
  await answer(an, "V", "5.1", MET);
  const bai = await openTablet("bai", { tenant: "shared" });
  assert.equal((await bai.records("V")).size, 0);
  assert.notEqual((await an.queue.state()).device.id, (await bai.queue.state()).device.id);
});

test("a wiped store comes back as a new device", async () => {
  const store = await openTablet("an");
  const before = (await store.queue.state()).device.id;
  await answer(store, "V", "5.1", MET);
  await store.wipe();
  const again = await openTablet("an", { tenant: store.tenant, seed: 9 });
  assert.notEqual((await again.queue.state()).device.id, before);
  assert.equal(again.counts.value.operations, 0);
});

test("the browser remembers who has not signed out", async () => {
  const meta = await openMeta();
  assert.equal(await meta.lastPerson(), null);
  await meta.rememberPerson({ tenant: "t", person: "an", name: "安" });
  await meta.set("language", "en");
  assert.equal((await (await openMeta()).lastPerson()).name, "安");
  await meta.forgetPerson();
  assert.deepEqual([await meta.lastPerson(), await meta.get("language")], [null, "en"]);
});

test("a visit tells whether it may be written to, and why not", async () => {
  const store = await openTablet("an");
  const { device, pull } = await store.queue.state();
  await store.queue.confirm({ device: device.id, epoch: "e", last_n: 0, chain: "0".repeat(64) });
  const visit = (id, change) => ({ id, evaluation: "E", site: "S", scheme: "x", kind: "open", modes: ["A"], frozen: false, plan: [], parts: [{ person: "an", round: 1, state: "open", clauses: null, note: null }], ...change });
  await store.land({ device: device.id, cursor: null, round: pull.round }, {
    epoch: "e", cursor: "c", more: false, reset: true, last_n: 0, chain: "0".repeat(64), devices: {}, registers: [], parked: [], gone: [], digests: {},
    sets: {
      visits: [visit("V1"), visit("V2", { frozen: true }), visit("V3", { parts: [] }), visit("V4", { parts: [{ person: "an", round: 1, state: "submitted", clauses: null, note: null }] })],
      evaluations: [{ id: "E", number: "1" }], sites: [{ id: "S", name: "HQ" }], schemes: [{ id: "x", scheme: { code: "c" } }],
    },
  });
  assert.deepEqual((await store.visits()).map(({ closed }) => closed), [null, "frozen", "not-on-visit", "submitted"]);
  const shown = await store.visit("V1");
  assert.deepEqual([shown.site.name, shown.scheme.code, shown.writable], ["HQ", "c", true]);
  await store.submit("V1", { 5.1: "not-here" });
  assert.deepEqual((await store.records("V1", "submission")).get("submission/an/1").fields.done.value, { left: { 5.1: "not-here" } });
});

test("nothing is called verified before a complete pull has told of it, though the server has said that it has it", async () => {
  const pull = /** @type {any} */ ({ at: "2026-11-25T02:00:00.000Z", mismatched: [] });
  const bar = (/** @type {number} */ unpulled) => barOf({ counts: { ...NOTHING, unpulled }, activity: QUIET, pull, notSaved: null, update: false }).state;
  assert.equal(bar(1), "here");
  assert.equal(bar(0), "verified");
});

test("a part that was submitted here is closed here, whatever the server knows; and a photo the tablet may not keep leaves nothing behind", async () => {
  const store = await openTablet("an");
  const { device } = await store.queue.state();
  const visit = { id: "V", evaluation: "E", site: "S", scheme: "H", kind: "open", modes: [], frozen: false, plan: [], parts: [{ person: "an", round: 1, state: "open", clauses: null, note: null }] };
  const page = { epoch: "e", cursor: "c", more: false, reset: true, last_n: 0, chain: "0".repeat(64), sets: { visits: [visit] }, devices: {}, registers: [], parked: [], gone: [], digests: {} };
  await store.queue.confirm({ device: device.id, epoch: "e", last_n: 0, chain: "0".repeat(64) });
  await store.land({ device: device.id, cursor: null, round: 0 }, page);
  assert.equal((await store.visit("V"))?.closed, null);
  await store.submit("V", {});
  assert.equal((await store.visit("V"))?.closed, "submitted");
  assert.equal((await store.visits())[0].closed, "submitted");
  await assert.rejects(store.evidence.makeRoom(1), { code: "no-space" });
});
