// The engine against a server in memory: every answer of the contract's table, and the traces that break simpler readings.
import assert from "node:assert/strict";
import test from "node:test";
import { field } from "../../static/js/store/store.js";
import { portal, Server } from "./server.mjs";
import { answer, backup, engineOf, openTablet, pulledDigest, putBack, value } from "./tablet.mjs";

const MET = { value: { met: true } };
const NOT_MET = { value: { met: false } };
const problem = (status, code, facts = {}) => new Response(JSON.stringify({ code, ...facts }), { status, headers: { "content-type": "application/problem+json" } });

/** An, Bai and Lin each with a tablet, one server. */
async function team(people = ["an", "bai", "lin"], options = {}) {
  const server = new Server(options);
  const tablets = {};
  for (const person of people) {
    const store = await openTablet(person);
    tablets[person] = { store, engine: engineOf(store, server) };
  }
  return { server, ...tablets };
}

test("an answer is pushed, pulled back and verified", async () => {
  const { server, an } = await team(["an"]);
  await answer(an.store, "V", "5.1", MET);
  assert.equal(an.store.bar.value.state, "here");
  assert.deepEqual(await an.engine.cycle(), { ok: true, reason: null, wait: null });
  assert.equal(an.store.bar.value.state, "verified");
  assert.equal(an.store.counts.value.total, 0);
  assert.deepEqual((await an.store.outbox()).operations, []);
  assert.equal(await pulledDigest(an.store, "V"), server.digest("V"));
});

test("a colleague's answer is pulled and the two dispute until the lead settles", async () => {
  const { an, bai, lin } = await team();
  await answer(an.store, "V", "5.1", MET);
  await answer(bai.store, "V", "5.1", NOT_MET);
  for (const { engine } of [an, bai, an, lin]) await engine.cycle();
  assert.equal((await value(an.store, "V", "5.1")).state, "disputed");
  assert.equal((await value(an.store, "V", "5.1")).own.met, true);
  const shown = await lin.store.record("V", "result", "5.1");
  const saved = await lin.store.save({ shown, set: { value: { met: false } }, settlement: "the record was seen" });
  assert.equal(field(saved.shown, "value").state, "agreed");
  for (const { engine } of [lin, an]) await engine.cycle();
  const settled = await value(an.store, "V", "5.1");
  assert.deepEqual([settled.state, settled.value.met, settled.heads[0].reason], ["agreed", false, "the record was seen"]);
});

test("an answer on top of a settlement stands beside it, disputed again", async () => {
  const { server, an, bai, lin } = await team();
  await answer(an.store, "V", "5.1", MET);
  for (const { engine } of [an, lin]) await engine.cycle();
  await lin.store.save({ shown: await lin.store.record("V", "result", "5.1"), set: NOT_MET, settlement: "the record was seen" });
  for (const { engine } of [lin, bai]) await engine.cycle();
  const saved = await answer(bai.store, "V", "5.1", MET);
  assert.equal(field(saved.shown, "value").state, "disputed");
  for (const { engine } of [bai, an]) await engine.cycle();
  assert.equal((await value(an.store, "V", "5.1")).state, "disputed");
  assert.equal(server.registers("V")[0].heads.length, 2);
});

test("equal answers do not melt into one: who changes theirs leaves the other's", async () => {
  const { an, bai } = await team();
  await answer(an.store, "V", "5.1", MET);
  for (const { engine } of [an, bai]) await engine.cycle();
  await answer(bai.store, "V", "5.1", MET);
  await bai.engine.cycle();
  assert.equal((await value(bai.store, "V", "5.1")).state, "agreed");
  await answer(bai.store, "V", "5.1", NOT_MET);
  for (const { engine } of [bai, an]) await engine.cycle();
  assert.deepEqual((await value(an.store, "V", "5.1")).heads.map((head) => [head.person, head.value.met]).sort(), [["an", true], ["bai", false]]);
});

test("seen is not only what was pulled: two answers made offline do not dispute with themselves", async () => {
  const { server, an } = await team(["an"]);
  await answer(an.store, "V", "5.1", MET);
  await answer(an.store, "V", "5.1", NOT_MET);
  await an.engine.cycle();
  assert.deepEqual(server.registers("V")[0].heads.map((head) => head.value), [{ met: false }]);
});

test("two tabs of one person do not dispute: a save names the tablet's latest operation, whichever form was open", async () => {
  const { server, an } = await team(["an"]);
  const first = await an.store.record("V", "result", "5.1");
  const second = await an.store.record("V", "result", "5.1");
  await an.store.save({ shown: first, set: MET });
  await an.store.save({ shown: second, set: NOT_MET });
  await an.engine.cycle();
  assert.equal(server.registers("V")[0].heads.length, 1);
});

test("an answer on top of one that is parked ends the one before it", async () => {
  const { server, an } = await team(["an"]);
  await answer(an.store, "V", "5.1", MET);
  server.parkIf = (operation) => (operation.set.value?.met === false ? "submitted" : null);
  await answer(an.store, "V", "5.1", NOT_MET);
  await answer(an.store, "V", "5.1", { value: { excluded: true } });
  await an.engine.cycle();
  assert.deepEqual((await value(an.store, "V", "5.1")).heads.map((head) => head.value), [{ excluded: true }]);
  assert.equal(server.registers("V")[0].heads.length, 1);
});

test("an unseen note is not superseded by an edit of the value", async () => {
  const { server, an } = await team(["an"]);
  const other = await openTablet("an");
  const second = engineOf(other, server);
  const shown = await an.store.record("V", "result", "5.1");
  await answer(other, "V", "5.1", { note: "from the other tablet" });
  await second.cycle();
  await an.engine.cycle();
  await an.store.save({ shown, set: { ...MET, note: "mine" } });
  await an.engine.cycle();
  const notes = server.registers("V").find((register) => register.field === "note").heads.map((head) => head.value);
  assert.deepEqual(notes.sort(), ["from the other tablet", "mine"]);
});

test("one's own answer stays on screen between push and pull", async () => {
  const { server, an } = await team(["an"]);
  const blind = engineOf(an.store, server, { net: (send, request) => (request.path.startsWith("/sync/v1/pull") ? portal() : send(request)) });
  await answer(an.store, "V", "5.1", MET);
  assert.equal((await blind.cycle()).reason, "not-reached");
  assert.equal(an.store.counts.value.operations, 0);
  const shown = await value(an.store, "V", "5.1");
  assert.deepEqual([shown.state, shown.here], ["agreed", true]);
  assert.equal(an.store.bar.value.state, "unreached");
});

test("a lost reply is sent again without harm, and an admitted line comes back by pull alone", async () => {
  const { server, an } = await team(["an"]);
  server.parkIf = () => "submitted";
  await answer(an.store, "V", "5.1", MET);
  let lost = 0;
  const lossy = engineOf(an.store, server, {
    net: async (send, request) => {
      const reply = await send(request);
      if (request.path === "/sync/v1/push" && (lost += 1) === 1) throw new TypeError("connection lost");
      return reply;
    },
  });
  assert.equal((await lossy.cycle()).reason, "not-reached");
  server.parkIf = () => null;
  await an.engine.cycle();
  assert.equal((await value(an.store, "V", "5.1")).state, "open");
  assert.equal((await an.store.outbox()).operations[0].fate, "parked");
  assert.equal(an.store.bar.value.state, "needs-you");
  server.admit([...server.state.operations.keys()][0]);
  await an.engine.cycle();
  assert.deepEqual((await value(an.store, "V", "5.1")).value, { met: true });
  assert.equal(an.store.bar.value.state, "verified");
});

test("a parking told by a push hides the answer, and no push lifts it", async () => {
  const { server, an } = await team(["an"]);
  await an.engine.cycle();
  server.parkIf = () => "submitted";
  await answer(an.store, "V", "5.1", MET);
  const noPull = engineOf(an.store, server, { net: (send, request) => (request.path.startsWith("/sync/v1/pull") ? portal() : send(request)) });
  await noPull.cycle();
  assert.equal((await value(an.store, "V", "5.1")).state, "open");
  server.admit([...server.state.operations.keys()][0]);
  await an.store.queue.confirm({ device: (await an.store.queue.state()).device.id, epoch: "epoch-1", last_n: 0, chain: "0".repeat(64), back: true });
  await noPull.cycle();
  assert.equal((await value(an.store, "V", "5.1")).state, "open");
  await an.engine.cycle();
  assert.equal((await value(an.store, "V", "5.1")).state, "agreed");
});

test("fates and last_n of a middle page do not count", async () => {
  const { server, an, bai } = await team(["an", "bai"], { pageSize: 1 });
  for (const clause of ["1", "2", "3"]) await answer(bai.store, "V", clause, MET);
  await bai.engine.cycle();
  await answer(an.store, "V", "1", NOT_MET);
  let pages = 0;
  let middle;
  const watched = engineOf(an.store, server, {
    net: async (send, request) => {
      if (request.path.startsWith("/sync/v1/pull") && (pages += 1) === 2) middle = (await an.store.queue.state()).pull.lastN;
      return send(request);
    },
  });
  await watched.cycle();
  assert.equal(pages, 3);
  assert.equal(middle, 0);
  assert.equal((await an.store.queue.state()).pull.lastN, 1);
});

test("a late page of a crossing pull does not land", async () => {
  const { server, an, bai } = await team(["an", "bai"]);
  await answer(bai.store, "V", "5.1", MET);
  await bai.engine.cycle();
  await an.engine.cycle();
  const { device, pull } = await an.store.queue.state();
  const asked = { device: device.id, cursor: pull.cursor, round: pull.round };
  const old = await (await server.as("an")({ method: "GET", path: `/sync/v1/pull?device=${device.id}&cursor=${encodeURIComponent(pull.cursor)}` })).json();
  await answer(bai.store, "V", "5.2", MET);
  await bai.engine.cycle();
  await an.engine.cycle();
  assert.equal(await an.store.land(asked, old), "stale");
  assert.equal(await pulledDigest(an.store, "V"), server.digest("V"));
});

test("a pull with one register a page skips nothing of a push that wrote several", async () => {
  const { server, an, bai } = await team(["an", "bai"], { pageSize: 1 });
  await answer(bai.store, "V", "5.1", { ...MET, note: "n", basis: [{ kind: "record", text: "r" }] });
  await bai.engine.cycle();
  await an.engine.cycle();
  assert.equal(await pulledDigest(an.store, "V"), server.digest("V"));
});

test("unreadable bytes and a parked line do not stop the queue", async () => {
  const { server, an } = await team(["an"]);
  server.parkIf = (operation) => (operation.key === "V/bad" ? "malformed" : null);
  await answer(an.store, "V", "bad", MET);
  await answer(an.store, "V", "good", MET);
  await an.engine.cycle();
  assert.equal(an.store.counts.value.total, 0);
  assert.equal((await value(an.store, "V", "good")).state, "agreed");
});

for (const [what, reply] of Object.entries({
  "a captive portal": portal,
  "a proxy's page of 502": () => new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "content-type": "text/html" } }),
  "JSON of the wrong kind": () => new Response("{}", { status: 200, headers: { "content-type": "application/json" } }),
  "cut JSON": () => new Response('{"epoch":"e', { status: 200, headers: { "content-type": "application/json" } }),
  "an empty answer": () => new Response("", { status: 200, headers: { "content-type": "application/json" } }),
  "503 with Retry-After": () => new Response("{}", { status: 503, headers: { "content-type": "application/problem+json", "retry-after": "30" } }),
  "429": () => problem(429, "too-many"),
})) {
  test(`${what} is "not reached": nothing counts as sent, and it tries again by itself`, async () => {
    const { server, an } = await team(["an"]);
    await answer(an.store, "V", "5.1", MET);
    const lost = await engineOf(an.store, server, { net: () => reply() }).cycle();
    assert.equal(lost.reason, "not-reached");
    assert.ok(lost.wait > 0);
    if (what.startsWith("503")) assert.ok(lost.wait >= 30_000);
    assert.equal(an.store.counts.value.operations, 1);
    assert.equal(an.store.bar.value.state, "unreached");
    assert.ok(an.store.bar.value.nextTry !== null);
    await an.engine.cycle();
    assert.equal(an.store.bar.value.state, "verified");
  });
}

test("the wait between tries grows to a minute and carries jitter", async () => {
  const { server, an } = await team(["an"]);
  const engine = engineOf(an.store, server, { net: portal, random: () => 1 });
  const waits = [];
  for (let i = 0; i < 9; i += 1) waits.push((await engine.cycle()).wait);
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test("401 waits for the sign-in and leaves the store alone", async () => {
  const { server, an } = await team(["an"]);
  await answer(an.store, "V", "5.1", MET);
  const outcome = await engineOf(an.store, server, { net: () => problem(401, "sign-in") }).cycle();
  assert.deepEqual([outcome.reason, outcome.wait], ["sign-in", null]);
  assert.equal(an.store.bar.value.state, "sign-in");
  assert.equal(an.store.counts.value.total, 1);
});

test("nothing of An's store is sent while Bai is signed in on the tablet", async () => {
  const { server, an } = await team(["an"]);
  await answer(an.store, "V", "5.1", MET);
  let sent = 0;
  const outcome = await engineOf(an.store, server, { who: async () => "bai", net: () => (sent += 1) }).cycle();
  assert.deepEqual([outcome.reason, sent], ["other-user", 0]);
});

test("a device id that belongs to somebody else is replaced in one's own store", async () => {
  const { server, an } = await team(["an"]);
  const before = (await an.store.queue.state()).device.id;
  server.state.devices.set(before, { person: "bai", no: 99, hashes: [], chains: ["0".repeat(64)] });
  await answer(an.store, "V", "5.1", MET);
  await an.engine.cycle();
  assert.notEqual((await an.store.queue.state()).device.id, before);
  assert.equal(an.store.bar.value.state, "verified");
});

test("a server that lost the device is told of it again, under the same id", async () => {
  const { server, an } = await team(["an"]);
  await answer(an.store, "V", "5.1", MET);
  await an.engine.cycle();
  const { id } = (await an.store.queue.state()).device;
  server.state.devices.delete(id);
  server.state.operations.clear();
  await answer(an.store, "V", "5.2", MET);
  await an.engine.cycle();
  assert.equal((await an.store.queue.state()).device.id, id);
  assert.equal(server.state.operations.size, 2);
});

test("a gap is gone back over", async () => {
  const { server, an } = await team(["an"]);
  const before = server.copy();
  for (const clause of ["1", "2", "3"]) await answer(an.store, "V", clause, MET);
  await an.engine.cycle();
  const { id } = (await an.store.queue.state()).device;
  server.state = before;
  server.state.devices.set(id, { person: "an", no: 1, hashes: [], chains: ["0".repeat(64)] });
  await answer(an.store, "V", "4", MET);
  await an.engine.cycle();
  assert.equal(server.state.operations.size, 4);
});

test("three gaps in a row become a named reason", async () => {
  const { server, an } = await team(["an"]);
  await an.engine.cycle();
  await answer(an.store, "V", "1", MET);
  const outcome = await engineOf(an.store, server, { net: (send, request) => (request.path === "/sync/v1/push" ? problem(409, "gap", { last_n: 0, chain: "0".repeat(64) }) : send(request)) }).cycle();
  assert.equal(outcome.reason, "gap");
  assert.equal(an.store.bar.value.state, "needs-you");
});

test("a tablet put back to an earlier day takes a new device id and nothing is taken for a duplicate", async () => {
  const { server, an } = await team(["an"]);
  await answer(an.store, "V", "1", MET);
  await an.engine.cycle();
  const copy = await backup(an.store);
  await answer(an.store, "V", "2", MET);
  await an.engine.cycle();
  await putBack(an.store, copy);
  await answer(an.store, "V", "3", NOT_MET);
  const before = (await an.store.queue.state()).device.id;
  await an.engine.cycle();
  assert.notEqual((await an.store.queue.state()).device.id, before);
  assert.equal(server.state.operations.size, 3);
  assert.equal(an.store.bar.value.state, "verified");
  assert.equal((await value(an.store, "V", "2")).state, "agreed");
});

test("a tablet put back with nothing new is found by the pull", async () => {
  const { an } = await team(["an"]);
  await answer(an.store, "V", "1", MET);
  await an.engine.cycle();
  const copy = await backup(an.store);
  await answer(an.store, "V", "2", MET);
  await an.engine.cycle();
  await putBack(an.store, copy);
  const before = (await an.store.queue.state()).device.id;
  await an.engine.cycle();
  assert.notEqual((await an.store.queue.state()).device.id, before);
  assert.equal((await value(an.store, "V", "2")).state, "agreed");
  assert.equal(an.store.bar.value.state, "verified");
});

test("a new device id brings back nothing that a complete pull had settled", async () => {
  const { server, an, lin } = await team();
  await answer(an.store, "V", "5.1", MET);
  for (const { engine } of [an, lin]) await engine.cycle();
  await lin.store.save({ shown: await lin.store.record("V", "result", "5.1"), set: NOT_MET, settlement: "the record was seen" });
  for (const { engine } of [lin, an]) await engine.cycle();
  await answer(an.store, "V", "5.2", MET);
  const forked = engineOf(an.store, server, { net: (send, request) => (request.path === "/sync/v1/push" ? problem(409, "fork", { last_n: 1, chain: "f".repeat(64) }) : send(request)) });
  await forked.cycle();
  const shown = await value(an.store, "V", "5.1");
  assert.deepEqual([shown.state, shown.value.met], ["agreed", false]);
  assert.equal((await value(an.store, "V", "5.2")).state, "agreed");
  await an.engine.cycle();
  assert.equal(an.store.bar.value.state, "verified");
  assert.equal(server.state.operations.size, 3);
});

test("a restored server gets again what was made since its backup, and safe turns into saved meanwhile", async () => {
  const { server, an, bai } = await team(["an", "bai"]);
  await answer(an.store, "V", "1", MET);
  for (const { engine } of [an, bai]) await engine.cycle();
  const copy = server.copy();
  await answer(an.store, "V", "2", MET);
  await answer(bai.store, "V", "1", NOT_MET);
  for (const { engine } of [an, bai, an]) await engine.cycle();
  server.restore(copy, "epoch-2");
  const seen = [];
  const watched = engineOf(an.store, server, {
    net: (send, request) => {
      seen.push(an.store.counts.value.operations);
      return send(request);
    },
  });
  await watched.cycle();
  assert.ok(seen.includes(1), "one operation counted as only here");
  assert.equal((await value(an.store, "V", "1")).value.met, true, "Bai's answer is not back yet");
  for (const { engine } of [bai, an]) await engine.cycle();
  assert.equal((await value(an.store, "V", "1")).state, "disputed");
  for (const { store } of [an, bai]) assert.deepEqual([store.bar.value.state, await pulledDigest(store, "V")], ["verified", server.digest("V")]);
});

test("while a pull from the start is under way the old state is shown, and an interrupted one goes on", async () => {
  const { server, an, bai } = await team(["an", "bai"], { pageSize: 2 });
  for (const clause of ["1", "2", "3", "4", "5"]) await answer(bai.store, "V", clause, MET);
  for (const { engine } of [bai, an]) await engine.cycle();
  server.restore(server.copy(), "epoch-2");
  let pages = 0;
  const cut = engineOf(an.store, server, { net: (send, request) => (request.path.startsWith("/sync/v1/pull") && (pages += 1) > 1 ? portal() : send(request)) });
  assert.equal((await cut.cycle()).reason, "not-reached");
  assert.equal((await an.store.records("V")).size, 5);
  await an.engine.cycle();
  assert.equal((await an.store.records("V")).size, 5);
  assert.equal(await pulledDigest(an.store, "V"), server.digest("V"));
});

test("a line refused as it is gets halved out, set aside and shown; all others go on", async () => {
  const { server, an } = await team(["an"]);
  for (const clause of ["1", "bad", "2", "3"]) await answer(an.store, "V", clause, MET);
  const picky = engineOf(an.store, server, {
    net: (send, request) => (request.path === "/sync/v1/push" && new TextDecoder().decode(request.body).includes('"V/bad"') ? problem(400, "envelope") : send(request)),
  });
  await picky.cycle();
  assert.equal(server.state.operations.size, 3);
  const line = (await an.store.outbox()).operations.find(({ fate }) => fate === "aside");
  assert.deepEqual([line.rest, line.code], ["bad", "envelope"]);
  assert.equal(an.store.counts.value.aside, 1);
});

test("when every push is refused nothing is set aside", async () => {
  const { server, an } = await team(["an"]);
  await answer(an.store, "V", "1", MET);
  const outcome = await engineOf(an.store, server, { net: (send, request) => (request.path === "/sync/v1/push" ? problem(400, "envelope") : send(request)) }).cycle();
  assert.equal(outcome.reason, "protocol");
  assert.equal(an.store.counts.value.aside, 0);
  assert.equal(an.store.counts.value.operations, 1);
});

test("a line that breaks the server is found by halving, named, and goes aside by button only", async () => {
  const { server, an } = await team(["an"]);
  for (const clause of ["1", "2", "poison", "3"]) await answer(an.store, "V", clause, MET);
  const breaking = engineOf(an.store, server, {
    net: (send, request) => (request.path === "/sync/v1/push" && new TextDecoder().decode(request.body).includes('"V/poison"') ? new Response("boom", { status: 500 }) : send(request)),
  });
  let outcome;
  for (let i = 0; i < 20 && outcome?.reason !== "poison"; i += 1) outcome = await breaking.cycle();
  assert.equal(outcome.reason, "poison");
  assert.equal(an.store.bar.value.line, 3);
  assert.equal(server.state.operations.size, 2);
  await an.store.setAside(3);
  await breaking.cycle();
  assert.deepEqual([server.state.operations.size, an.store.counts.value.operations, an.store.counts.value.aside], [3, 0, 1]);
});

test("a line damaged on the tablet is set aside and the rest is sent", async () => {
  const { server, an } = await team(["an"]);
  for (const clause of ["1", "2", "3"]) await answer(an.store, "V", clause, MET);
  await an.store.database.write(["operations"], async (tx) => {
    const row = await tx.objectStore("operations").get(2);
    row.line[20] ^= 1;
    await tx.objectStore("operations").put(row);
  });
  assert.equal((await an.store.health()).broken, 2);
  await an.engine.cycle();
  assert.deepEqual([server.state.operations.size, an.store.counts.value.aside], [2, 1]);
});

test("a digest that differs is mended by one pull from the start; one that still differs is named", async () => {
  const { server, an, bai } = await team(["an", "bai"]);
  await answer(bai.store, "V", "1", MET);
  for (const { engine } of [bai, an]) await engine.cycle();
  await an.store.database.write(["registers"], (tx) => tx.objectStore("registers").clear());
  await answer(bai.store, "V", "2", MET);
  for (const { engine } of [bai, an]) await engine.cycle();
  assert.equal(await pulledDigest(an.store, "V"), server.digest("V"));
  assert.equal(an.store.bar.value.state, "verified");
  const honest = server.digest.bind(server);
  server.digest = () => "f".repeat(64);
  await answer(bai.store, "V", "3", MET);
  for (const { engine } of [bai, an]) await engine.cycle();
  assert.deepEqual([an.store.bar.value.state, an.store.bar.value.reason], ["needs-you", "digest"]);
  server.digest = honest;
  await answer(bai.store, "V", "4", MET);
  for (const { engine } of [bai, an]) await engine.cycle();
  assert.equal(an.store.bar.value.state, "verified");
});

test("visits that left the scope are dropped, one's own queue is not", async () => {
  const { server, an } = await team(["an"]);
  server.put("visits", "V", { id: "V", evaluation: "E", site: "S", scheme: "x", kind: "open", modes: ["A"], frozen: false, parts: [], plan: [] });
  await answer(an.store, "V", "1", MET);
  await an.engine.cycle();
  assert.equal((await an.store.visits()).length, 1);
  const { device, pull } = await an.store.queue.state();
  const page = await (await server.as("an")({ method: "GET", path: `/sync/v1/pull?device=${device.id}&cursor=${encodeURIComponent(pull.cursor)}` })).json();
  assert.equal(await an.store.land({ device: device.id, cursor: pull.cursor, round: pull.round }, { ...page, cursor: `${page.cursor} `, gone: ["V"] }), "landed");
  assert.equal((await an.store.visits()).length, 0);
  assert.equal((await an.store.queue.state()).device.tail.n, 1);
});

test("the lead learns how much is still on the tablet", async () => {
  const { server, an } = await team(["an"]);
  await answer(an.store, "V", "1", MET);
  await an.engine.cycle();
  assert.deepEqual([...server.state.held.values()], [{ operations: 0, photos: 0 }]);
});
