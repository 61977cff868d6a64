// Several tablets of three people, one server, a bad network, restores and crashes, by seed. After quiet every tablet and the server agree, and every
// answer that was called saved is on the server, stored or parked. `SEEDS=1000 node --test tests/js/simulation.test.mjs` runs more; `SEED=7` one alone.
import assert from "node:assert/strict";
import test from "node:test";
import { field } from "../../static/js/store/store.js";
import { portal, Server } from "./server.mjs";
import { backup, dice, engineOf, openTablet, pulledDigest, putBack } from "./tablet.mjs";

const VISITS = ["V1", "V2"];
const CLAUSES = ["5.1", "5.2", "5.3/a"];
const STEPS = 45;
const first = Number(process.env.SEED ?? 1);
const count = process.env.SEED ? 1 : Number(process.env.SEEDS ?? 50);

/** A network that loses requests and replies, sends twice, answers late with rubbish. */
function badly(random, trouble) {
  return async (send, request) => {
    if (!trouble.on) return send(request);
    const fate = random.next();
    if (fate < 0.06) throw new TypeError("no network");
    if (fate < 0.1) return portal();
    if (fate < 0.13) return new Response("{}", { status: random.pick([500, 502, 503, 429]), headers: { "content-type": "application/problem+json" } });
    if (fate < 0.19) {
      await send(request);
      throw new TypeError("reply lost");
    }
    if (fate < 0.23) await send(request);
    const reply = await send(request);
    if (fate > 0.97) return new Response((await reply.text()).slice(0, 20), { status: reply.status, headers: reply.headers });
    return reply;
  };
}

async function simulate(seed) {
  const random = dice(seed);
  const server = new Server({ pageSize: random.pick([1, 3, 2000]) });
  server.parkIf = (operation) => (operation.set.value?.step === 7 ? "malformed" : null);
  const trouble = { on: true };
  const saved = new Set();
  const tablets = [];
  for (const person of ["an", "an", "bai", "lin"]) {
    const store = await openTablet(person, { seed });
    tablets.push({ person, store, engine: engineOf(store, server, { net: badly(random, trouble), random: random.next }) });
  }
  const copies = [];
  /** Forms that stay open while other tabs save and pulls land. */
  const forms = new Map();
  let epoch = 1;
  const steps = {
    async save({ person, store }) {
      const place = [random.pick(VISITS), "result", random.pick(CLAUSES)];
      const form = `${store.tenant} ${place.join(" ")}`;
      const shown = (random.chance(0.3) ? forms.get(form) : undefined) ?? (await store.record(...place));
      if (random.chance(0.5)) forms.set(form, shown);
      const disputed = field(shown, "value").state === "disputed";
      const set = random.chance(0.2) ? { note: `note ${random.below(5)}` } : { value: { step: random.below(8) } };
      const settlement = person === "lin" && disputed && set.value ? { settlement: "seen on site" } : {};
      const { op } = await store.save({ shown, set, ...settlement });
      if (op) saved.add(op);
    },
    async undo({ store }) {
      const undone = await store.undo(random.pick(VISITS), "result", random.pick(CLAUSES));
      if (undone?.op) saved.add(undone.op);
    },
    async photo({ store }) {
      const bytes = random.bytes(new Uint8Array(300)).buffer;
      const { op } = await store.addEvidence({ visit: random.pick(VISITS), bytes, media_type: "image/jpeg", taken_at: "t", place: null, source: "camera", attached_to: [], kind: "photo", caption: "", original: null });
      saved.add(op);
    },
    sync: ({ engine }) => engine.cycle(),
    async crossing(tablet) {
      const other = engineOf(tablet.store, server, { net: badly(random, trouble), random: random.next });
      await Promise.all([tablet.engine.cycle(), other.cycle()]);
    },
    async submit() {
      const place = `${random.pick(VISITS)}/${random.pick(["an", "bai"])}`;
      if (random.chance(0.6)) server.state.submitted.delete(place);
      else server.state.submitted.add(place);
    },
    async judge() {
      const parked = [...server.state.operations.values()].filter(({ status }) => status === "parked");
      if (parked.length === 0) return;
      const { id } = random.pick(parked);
      if (random.chance(0.7)) server.admit(id);
      else server.discard(id, "no");
    },
    async remember(tablet) {
      copies.push(random.chance(0.5) ? { server: server.copy() } : { tablet, data: await backup(tablet.store), saved: new Set(saved) });
    },
    async goBack() {
      const copy = copies.length > 0 && random.chance(0.3) ? random.pick(copies) : null;
      if (copy?.server) server.restore(copy.server, `epoch-${(epoch += 1)}`);
    },
    /** A tablet put back to an earlier day: what it had sent by then is on the server; what it had not is lost with it and no longer promised. */
    async putBackTablet() {
      const copy = random.chance(0.2) ? copies.filter(({ tablet }) => tablet).at(-1) : undefined;
      if (!copy) return;
      const held = await copy.tablet.store.database.read(["operations"], (tx) => tx.objectStore("operations").getAll());
      await putBack(copy.tablet.store, copy.data);
      const kept = new Set((await copy.tablet.store.database.read(["operations"], (tx) => tx.objectStore("operations").getAll())).map(({ id }) => id));
      for (const { id } of held) if (!kept.has(id)) saved.delete(id);
      await copy.tablet.store.start();
    },
  };
  const names = ["save", "save", "save", "save", "undo", "photo", "sync", "sync", "sync", "crossing", "submit", "judge", "remember", "goBack", "putBackTablet"];
  for (let step = 0; step < STEPS; step += 1) await steps[random.pick(names)](random.pick(tablets));

  trouble.on = false;
  for (let round = 0; round < 4; round += 1) for (const { engine } of tablets) await engine.cycle();
  const outcomes = [];
  for (const { engine } of tablets) outcomes.push(await engine.cycle());
  assert.deepEqual(outcomes.map(({ ok, reason }) => [ok, reason]), tablets.map(() => [true, null]), "every queue has drained and every digest is equal");
  for (const { store } of tablets) {
    assert.equal(store.counts.value.operations, 0);
    for (const visit of server.visits()) assert.equal(await pulledDigest(store, visit), server.digest(visit));
    const held = await store.database.read(["operations"], (tx) => tx.objectStore("operations").getAll());
    for (const row of held) {
      const there = server.state.operations.get(row.id);
      assert.ok(there, "nothing saved is missing on the server");
      assert.equal(row.fate?.state ?? "stored", there.status === "stored" ? "stored" : there.status, "the tablet knows the fate");
    }
    for (const [key, shown] of await store.records("V1")) {
      for (const [name, { heads }] of Object.entries(shown.fields)) {
        const register = server.registers("V1").find((one) => `${one.record}/${one.rest}` === key && one.field === name);
        assert.deepEqual(heads.map(({ op }) => op).sort(), register.heads.map(({ op }) => op).sort(), "the screen shows the server's heads");
      }
    }
    const files = await store.evidence.files();
    for (const file of files) {
      if (server.state.operations.has(file.op)) assert.equal(file.safe, 1, "every photo is safe");
    }
    assert.equal((await store.health()).broken, null);
  }
  for (const op of saved) assert.ok(server.state.operations.has(op), "no acknowledged answer is lost");
  for (const visit of server.visits()) {
    for (const { heads } of server.registers(visit)) {
      const plain = heads.filter(({ settlement }) => !settlement).map(({ no }) => no);
      assert.equal(new Set(plain).size, plain.length, "no tablet disputes with itself");
    }
  }
  for (const { chains, hashes } of server.state.devices.values()) assert.equal(chains.length, hashes.length + 1);
  for (const { store } of tablets) await store.wipe();
}

test(`after faults and quiet everybody agrees (${count} seeds from ${first})`, async (t) => {
  for (let seed = first; seed < first + count; seed += 1) {
    try {
      await simulate(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
    }
  }
  t.diagnostic(`${count} seeds`);
});
