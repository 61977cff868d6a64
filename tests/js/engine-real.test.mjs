// The engine against the real server: the Python package sync/ behind its minimal host, over http.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { field } from "../../static/js/store/store.js";
import { Engine } from "../../static/js/sync/engine.js";
import { answer, dice, openTablet, pulledDigest, value } from "./tablet.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const OPEN = "v-open";
const MET = { value: { met: true } };
const NOT_MET = { value: { met: false } };
let server;
let folder;
let base;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "real-"));
  server = spawn(process.env.PYTHON ?? join(root, ".venv/bin/python"), [join(root, "tests/js/real_server.py"), folder], { stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface({ input: server.stdout })) {
    const found = /^PORT (\d+)$/.exec(line);
    if (!found) continue;
    base = `http://127.0.0.1:${found[1]}`;
    return;
  }
  throw new Error("the server did not start");
});
after(() => {
  server.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** The transport of a browser that is signed in as one person; pushes go packed, as the field app sends them. */
const browserOf = (person, net = (send, request) => send(request)) => (request) => net(({ method, path, headers = {}, body = null }) => {
  const packed = headers["Content-Type"] === "application/x-ndjson";
  return fetch(base + path, {
    method, redirect: "error", body: packed ? gzipSync(body) : body,
    headers: { ...headers, Authorization: `Bearer ${person}`, Accept: "application/json", ...(packed ? { "Content-Encoding": "gzip" } : {}) },
  });
}, request);

const engineOf = (store, net) => new Engine({
  store, send: browserOf(store.person, net), who: async () => store.person, clock: Date.now, random: Math.random, about: { app: "test", name: "tablet", platform: "node" },
});

async function tablet(person, net) {
  const store = await openTablet(person, { now: Date.now, seed: Math.floor(Math.random() * 1e9) });
  return { store, engine: engineOf(store, net) };
}

const post = (path, body = {}) => fetch(base + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
const act = async (name, body) => assert.equal((await post(`/act/${name}`, body)).status, 200);
const digestOf = async (visit) => (await (await fetch(`${base}/digest/${visit}`)).json()).digest;

async function good(...tablets) {
  for (const { engine } of tablets) {
    const outcome = await engine.cycle();
    assert.deepEqual([outcome.ok, outcome.reason], [true, null]);
  }
}

test("two reviewers dispute, the lead settles, all verify", async () => {
  const [an, bai, lin] = [await tablet("an"), await tablet("bai"), await tablet("lin")];
  await good(an);
  assert.equal((await an.store.visit(OPEN)).writable, true);
  await answer(an.store, OPEN, "5.1.1", { ...MET, note: "清楚" });
  await answer(bai.store, OPEN, "5.1.1", NOT_MET);
  await good(an, bai, an, lin);
  assert.equal((await value(an.store, OPEN, "5.1.1")).state, "disputed");
  await lin.store.save({ shown: await lin.store.record(OPEN, "result", "5.1.1"), set: NOT_MET, settlement: "the record was seen" });
  await good(lin, an, bai);
  for (const { store } of [an, bai, lin]) {
    assert.deepEqual((await value(store, OPEN, "5.1.1")).value, { met: false });
    assert.equal(await pulledDigest(store, OPEN), await digestOf(OPEN));
    assert.equal(store.bar.value.state, "verified");
  }
});

test("a photo goes up in chunks and is verified", async () => {
  const an = await tablet("an");
  const bytes = Uint8Array.from({ length: 1_300_000 }, (_, i) => (i * 31) % 251).buffer;
  const { evidence } = await an.store.addEvidence({
    visit: OPEN, bytes, media_type: "image/jpeg", taken_at: "2026-11-24T10:00:00+08:00", place: { lat: "31.2304", lon: "121.4737", accuracy: "12" }, source: "camera", attached_to: ["5.1.1"], kind: "photo", caption: "", original: null,
  });
  await good(an);
  const photo = await an.store.photo(OPEN, evidence);
  assert.equal(photo.fate, "verified");
  const back = await fetch(`${base}/sync/v1/evidence/${OPEN}/${evidence}`, { headers: { Authorization: "Bearer an" } });
  assert.equal(back.status, 200);
  assert.deepEqual(new Uint8Array(await back.arrayBuffer()), photo.bytes);
});

test("lost replies, doubled requests and cut photos end in the same digests", async () => {
  const random = dice(11);
  const flaky = async (send, request) => {
    const fate = random.next();
    if (fate < 0.15) throw new TypeError("no network");
    const reply = await send(request);
    if (fate < 0.35) throw new TypeError("reply lost");
    return fate < 0.45 ? send(request) : reply;
  };
  const [an, bai] = [await tablet("an", flaky), await tablet("bai", flaky)];
  for (let i = 0; i < 12; i += 1) {
    const { store, engine } = random.pick([an, bai]);
    await answer(store, OPEN, random.pick(["5.1.1", "5.2.1/a", "5.2.2"]), { value: { met: random.chance(0.5) } });
    if (i % 6 === 0) await store.addEvidence({ visit: OPEN, bytes: new Uint8Array(700_000).fill(i).buffer, media_type: "image/jpeg", taken_at: "t", place: null, source: "camera", attached_to: [], kind: "photo", caption: "", original: null });
    await engine.cycle();
  }
  for (const { store } of [an, bai]) await good({ engine: engineOf(store) });
  await good({ engine: engineOf(an.store) });
  for (const { store } of [an, bai]) {
    assert.equal(await pulledDigest(store, OPEN), await digestOf(OPEN));
    assert.equal(store.counts.value.total, 0);
  }
});

test("a submitted part parks what comes later, a returned one takes it again", async () => {
  const bai = await tablet("bai");
  await good(bai);
  await bai.store.submit(OPEN, { "5.2.2": "not-here" });
  await good(bai);
  assert.equal((await bai.store.visit(OPEN)).closed, "submitted");
  await answer(bai.store, OPEN, "5.1.3", MET);
  await good(bai);
  const [line] = (await bai.store.outbox()).operations;
  assert.deepEqual([line.fate, line.code, bai.store.bar.value.state], ["parked", "submitted", "needs-you"]);
  assert.equal((await value(bai.store, OPEN, "5.1.3")).state, "open");
  await act("admit", { device: (await bai.store.queue.state()).device.id, n: line.n, host: true, reason: "seen together" });
  await good(bai);
  assert.deepEqual((await value(bai.store, OPEN, "5.1.3")).value, { met: true });
  assert.equal(bai.store.bar.value.state, "verified");
  await act("return_part", { visit: OPEN, person: "bai" });
  await good(bai);
  assert.deepEqual([(await bai.store.visit(OPEN)).closed, (await bai.store.visit(OPEN)).part.round], [null, 2]);
});

test("undo, drafts of several fields and a record of every kind are stored as they are", async () => {
  const an = await tablet("an");
  await good(an);
  const { store } = an;
  await answer(store, OPEN, "5.1.2", { value: { checked: 9, failing: 4 }, samples: [{ ref: "GD-1120", failing: true }], basis: [{ kind: "record", text: "售后单" }] });
  await answer(store, OPEN, "5.1.2", { value: { excluded: true } });
  await store.undo(OPEN, "result", "5.1.2");
  await store.save({ shown: store.blank(OPEN, "special", store.newId()), set: { clause: "5.1.1", kind: "deduction", ground: "law", text: "…", withdrawn: false } });
  await store.save({ shown: store.blank(OPEN, "finding", store.newId()), set: { clause: null, kind: "strength", text: "…" } });
  await store.save({ shown: store.blank(OPEN, "visit", ""), set: { check_in: { lat: "31.2", accuracy: "8" }, present: [{ name: "沈", role: "经理" }] } });
  await store.save({ shown: store.blank(OPEN, "signature", store.newId()), set: { role: "client", name: "沈", strokes: [[1, 2], [3, 4]], statement: "", covers: await digestOf(OPEN) } });
  await good(an);
  assert.deepEqual((await store.outbox()).operations, []);
  assert.deepEqual(field(await store.record(OPEN, "result", "5.1.2"), "value").value, { checked: 9, failing: 4 });
  assert.equal(await pulledDigest(store, OPEN), await digestOf(OPEN));
});

test("five hundred answers made offline go up in batches", async () => {
  const an = await tablet("an");
  await good(an);
  for (let i = 0; i < 500; i += 1) await answer(an.store, OPEN, "5.2.1/b", { value: { met: i % 2 === 0 }, note: `note ${i}` });
  await good(an);
  assert.equal(an.store.bar.value.state, "verified");
});

test("a new epoch is taken over: everything held is asked for and pulled from the start", async () => {
  const an = await tablet("an");
  await answer(an.store, OPEN, "5.1.3", MET);
  await good(an);
  await post("/epoch");
  await answer(an.store, OPEN, "5.1.3", NOT_MET);
  await good(an);
  assert.equal(await pulledDigest(an.store, OPEN), await digestOf(OPEN));
  assert.equal(an.store.bar.value.state, "verified");
});

test("who has no part in an evaluation is told that there is nothing to pull", async () => {
  const qin = await tablet("qin");
  const outcome = await qin.engine.cycle();
  assert.deepEqual([outcome.ok, outcome.reason], [true, "no-scope"]);
});
