// Photos: kept in chunks, read back, uploaded by tus, safe only when the server says so.
import assert from "node:assert/strict";
import test from "node:test";
import { unzipSync } from "../../static/js/vendor/fflate.js";
import { portal, Server } from "./server.mjs";
import { engineOf, openTablet } from "./tablet.mjs";

const photo = (size, fill = 7) => ({
  visit: "V", bytes: new Uint8Array(size).fill(fill).buffer, media_type: "image/jpeg", taken_at: "2026-11-24T10:00:00+08:00", place: null, source: "camera",
  attached_to: ["5.1"], kind: "photo", caption: "", original: null,
});
const problem = (status, code) => new Response(JSON.stringify({ code }), { status, headers: { "content-type": "application/problem+json", "tus-resumable": "1.0.0" } });

async function tablet() {
  const server = new Server();
  const store = await openTablet("an");
  return { server, store, engine: engineOf(store, server) };
}

test("a photo is on the tablet, then on the server, then verified, and its bytes hash to what the operation says", async () => {
  const { server, store, engine } = await tablet();
  const kept = await store.addEvidence(photo(1_300_000));
  assert.equal((await store.photo("V", kept.evidence)).fate, "here");
  assert.deepEqual([store.counts.value.photos, store.counts.value.operations], [1, 1]);
  await engine.cycle();
  const [upload] = server.state.uploads.values();
  assert.equal(upload.bytes.length, 1_300_000);
  assert.equal(upload.sha256, kept.sha256);
  assert.equal(server.state.operations.get(kept.op).set.sha256, kept.sha256);
  assert.equal((await store.photo("V", kept.evidence)).fate, "verified");
  assert.equal(store.bar.value.state, "verified");
  assert.deepEqual([...server.state.held.values()], [{ operations: 0, photos: 0 }]);
});

test("a cut upload goes on where it stopped", async () => {
  const { server, store, engine } = await tablet();
  await store.addEvidence(photo(2_000_000));
  let patches = 0;
  const cut = engineOf(store, server, {
    net: async (send, request) => {
      if (request.method === "PATCH" && (patches += 1) === 2) throw new TypeError("cut");
      return send(request);
    },
  });
  assert.equal((await cut.cycle()).reason, "not-reached");
  const offsets = [];
  await engineOf(store, server, {
    net: (send, request) => {
      if (request.method === "PATCH") offsets.push(Number(request.headers["Upload-Offset"]));
      return send(request);
    },
  }).cycle();
  assert.equal(offsets[0], 512 * 1024);
  assert.equal(server.state.uploads.size, 1);
  assert.equal(store.counts.value.photos, 0);
  void engine;
});

test("a chunk that was applied while its reply was lost is not sent twice", async () => {
  const { server, store } = await tablet();
  await store.addEvidence(photo(900_000));
  let patches = 0;
  const lossy = engineOf(store, server, {
    net: async (send, request) => {
      const reply = await send(request);
      if (request.method === "PATCH" && (patches += 1) === 1) throw new TypeError("reply lost");
      return reply;
    },
  });
  await lossy.cycle();
  await lossy.cycle();
  assert.equal(patches, 2);
  assert.equal(store.counts.value.photos, 0);
});

test("an upload that the server has forgotten begins anew", async () => {
  const { server, store } = await tablet();
  await store.addEvidence(photo(900_000));
  let patches = 0;
  const engine = engineOf(store, server, {
    net: async (send, request) => {
      if (request.method === "PATCH" && (patches += 1) === 2) throw new TypeError("cut");
      return send(request);
    },
  });
  await engine.cycle();
  server.state.uploads.clear();
  await engine.cycle();
  assert.equal(store.counts.value.photos, 0);
});

test("a smaller limit on the way makes smaller chunks", async () => {
  const { server, store, engine } = await tablet();
  server.chunkLimit = 100_000;
  await store.addEvidence(photo(600_000));
  await engine.cycle();
  assert.equal(store.counts.value.photos, 0);
});

test("bytes damaged on the tablet are named and stop no other photo", async () => {
  const { server, store, engine } = await tablet();
  const bad = await store.addEvidence(photo(10_000, 1));
  const good = await store.addEvidence(photo(10_000, 2));
  await store.evidence.database.write(["chunks"], async (tx) => {
    const chunk = await tx.objectStore("chunks").get(["V", bad.evidence, 0]);
    new Uint8Array(chunk.bytes)[5] ^= 1;
    await tx.objectStore("chunks").put(chunk);
  });
  await engine.cycle();
  const fates = await store.photoFates("V");
  assert.deepEqual([fates.get(bad.evidence).code, fates.get(good.evidence).fate], ["bytes-damaged", "verified"]);
  assert.deepEqual([store.bar.value.state, store.bar.value.reason], ["needs-you", "photo-refused"]);
  assert.equal(server.state.uploads.size, 1);
});

test("a photo that the server will not have is named and stops no other", async () => {
  const { server, store } = await tablet();
  const big = await store.addEvidence(photo(20_000, 1));
  const good = await store.addEvidence(photo(10_000, 2));
  await engineOf(store, server, { net: (send, request) => (request.headers?.["Upload-Length"] === "20000" ? problem(413, "too-large") : send(request)) }).cycle();
  const fates = await store.photoFates("V");
  assert.deepEqual([fates.get(big.evidence).code, fates.get(good.evidence).fate], ["too-large", "verified"]);
  await store.start();
  await engineOf(store, server).cycle();
  assert.equal(store.bar.value.state, "verified");
});

test("422 from the server with good bytes here sends them again", async () => {
  const { server, store } = await tablet();
  await store.addEvidence(photo(10_000));
  let once = 0;
  await engineOf(store, server, { net: (send, request) => (request.method === "PATCH" && (once += 1) === 1 ? problem(422, "hash") : send(request)) }).cycle();
  assert.equal(store.counts.value.photos, 0);
});

test("the page of a captive portal never makes a photo safe", async () => {
  const { server, store } = await tablet();
  await store.addEvidence(photo(10_000));
  const outcome = await engineOf(store, server, { net: (send, request) => (request.path.startsWith("/sync/v1/evidence") ? portal() : send(request)) }).cycle();
  assert.equal(outcome.reason, "not-reached");
  assert.equal(store.counts.value.photos, 1);
});

test("the bytes of a parked operation are delivered too", async () => {
  const { server, store, engine } = await tablet();
  server.parkIf = () => "submitted";
  const { evidence } = await store.addEvidence(photo(10_000));
  await engine.cycle();
  assert.equal(store.counts.value.photos, 0);
  assert.equal((await store.photoFates("V")).get(evidence).fate, "parked");
});

test("answers made during a long upload are sent between photos", async () => {
  const { server, store } = await tablet();
  await store.addEvidence(photo(10_000, 1));
  await store.addEvidence(photo(10_000, 2));
  let saved = false;
  await engineOf(store, server, {
    net: async (send, request) => {
      if (request.method === "PATCH" && !saved) {
        saved = true;
        await store.save({ shown: store.blank("V", "result", "9"), set: { value: { met: true } } });
      } else if (request.method === "PATCH") assert.equal([...server.state.operations.values()].filter(({ rest }) => rest === "9").length, 1);
      return send(request);
    },
  }).cycle();
  assert.equal(store.counts.value.total, 0);
});

test("after a restore nothing counts as safe until the server has said so again, and lost bytes go up once more", async () => {
  const { server, store, engine } = await tablet();
  await engine.cycle();
  const copy = server.copy();
  await store.addEvidence(photo(10_000));
  await engine.cycle();
  server.restore(copy, "epoch-2");
  const photos = new Set();
  await engineOf(store, server, {
    net: (send, request) => {
      photos.add(store.counts.value.photos);
      return send(request);
    },
  }).cycle();
  assert.ok(photos.has(1));
  assert.equal(store.counts.value.photos, 0);
  assert.equal(server.state.uploads.size, 1);
});

test("bytes whose operation was cut off by a crash get it at the next opening", async () => {
  const { store } = await tablet();
  const { tenant } = store;
  await store.evidence.keep({ visit: "V", evidence: store.newId(), bytes: new Uint8Array(100).buffer, set: { media_type: "image/png", attached_to: [] }, added: store.now() });
  store.close();
  const again = await openTablet("an", { tenant, seed: 5 });
  assert.equal(again.counts.value.operations, 1);
  const [record] = (await again.records("V", "evidence")).values();
  assert.equal(record.fields.bytes.value, 100);
  again.close();
  const third = await openTablet("an", { tenant, seed: 6 });
  assert.equal(third.counts.value.operations, 1);
});

test("the export holds the lines as written and the photos", async () => {
  const { store } = await tablet();
  const { evidence } = await store.addEvidence(photo(1000));
  await store.save({ shown: store.blank("V", "result", "1"), set: { note: "备注" } });
  const files = unzipSync(new Uint8Array(await (await store.exportQueue()).arrayBuffer()));
  assert.deepEqual(Object.keys(files).sort(), ["aside.ndjson", `photos/V_${evidence}.jpg`, "queue.json", "queue.ndjson"]);
  const lines = new TextDecoder().decode(files["queue.ndjson"]).trimEnd().split("\n");
  assert.equal(lines.length, 2);
  assert.equal(JSON.parse(lines[1]).set.note, "备注");
  const about = JSON.parse(new TextDecoder().decode(files["queue.json"]));
  assert.deepEqual([about.count, about.photos[0].evidence], [2, evidence]);
});

test("when space is short the oldest safe photo makes room, an unsafe one never, and answers go on", async () => {
  const { store, engine } = await tablet();
  const safe = await store.addEvidence(photo(1000, 1));
  await engine.cycle();
  const unsafe = await store.addEvidence(photo(1000, 2));
  const { write } = store.evidence.database;
  let room = 0;
  store.evidence.database.write = (stores, work) => write.call(store.evidence.database, stores, async (tx) => {
    if (stores.includes("chunks") && (await tx.objectStore("chunks").count()) > 1 + room) {
      const before = await tx.objectStore("chunks").count();
      const result = await work(tx);
      if ((await tx.objectStore("chunks").count()) >= before) throw new DOMException("full", "QuotaExceededError");
      return result;
    }
    return work(tx);
  });
  const third = await store.addEvidence(photo(1000, 3));
  assert.equal(await store.photo("V", safe.evidence), null);
  assert.ok(await store.photo("V", unsafe.evidence));
  assert.ok(await store.photo("V", third.evidence));
  await assert.rejects(store.addEvidence(photo(1000, 4)), { code: "no-space" });
  assert.ok(await store.photo("V", unsafe.evidence));
  await store.save({ shown: store.blank("V", "result", "1"), set: { value: { met: true } } });
  assert.deepEqual([store.counts.value.photos, store.bar.value.state], [2, "here"]);
});
