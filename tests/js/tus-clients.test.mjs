// tus-js-client, a tus client that others wrote, against the real server: sync/ behind the minimal host of tests/sync, over http.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test, { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { Upload } from "tus-js-client";

const root = fileURLToPath(new URL("../..", import.meta.url));
const OPEN = "v-open";
const CHUNK = 1 << 20;
let server;
let folder;
let base;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "tus-"));
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

const ask = (person, path, init = {}) => fetch(base + path, { ...init, headers: { Authorization: `Bearer ${person}`, "Content-Type": "application/json", ...init.headers } });

/** A registered device whose first operation names a photo with these bytes. */
async function photo(person, bytes) {
  const device = randomUUID();
  const evidence = randomUUID();
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const { epoch } = await (await ask(person, "/sync/v1/devices", { method: "POST", body: JSON.stringify({ device, name: "t", platform: "node", app: "t" }) })).json();
  const envelope = { device, epoch, from: 1, count: 1, prev: "0".repeat(64), held: {} };
  const line = {
    id: `0195f7a0-0000-7000-8000-${randomBytes(6).toString("hex")}`, record: "evidence", key: `${OPEN}/${evidence}`,
    set: { sha256, bytes: bytes.length }, at: "2026-11-23T02:11:12Z",
  };
  const pushed = await ask(person, "/sync/v1/push", { method: "POST", body: `${JSON.stringify(envelope)}\n${JSON.stringify(line)}\n` });
  assert.deepEqual((await pushed.json()).parked, []);
  return { device, visit: OPEN, evidence, sha256 };
}

/** Ends when the upload has ended; `stopAfter`: aborted as soon as so many bytes have been taken. Gives the upload's address. */
const send = (person, bytes, metadata, { stopAfter = Infinity, uploadUrl = null } = {}) => new Promise((resolve, reject) => {
  const upload = new Upload(bytes, {
    endpoint: `${base}/sync/v1/evidence`, uploadUrl, metadata, chunkSize: CHUNK, retryDelays: [], headers: { Authorization: `Bearer ${person}` },
    onChunkComplete: (_size, accepted) => {
      if (accepted >= stopAfter) upload.abort().then(() => resolve(upload.url), reject);
    },
    onSuccess: () => resolve(upload.url),
    onError: reject,
  });
  upload.start();
});

const safe = async (person, { evidence }) => {
  const told = await (await ask(person, "/sync/v1/evidence/state", { method: "POST", body: JSON.stringify({ evidence: [`${OPEN}/${evidence}`] }) })).json();
  return told.safe.length === 1;
};

test("tus-js-client uploads a photo of several chunks", async () => {
  const bytes = randomBytes(2 * CHUNK + 4711);
  const about = await photo("an", bytes);
  await send("an", bytes, about);
  assert.equal(await safe("an", about), true);
  const read = await ask("bai", `/sync/v1/evidence/${OPEN}/${about.evidence}`);
  assert.deepEqual(Buffer.from(await read.arrayBuffer()), bytes);
});

test("tus-js-client goes on with an upload that was stopped", async () => {
  const bytes = randomBytes(2 * CHUNK + 1);
  const about = await photo("an", bytes);
  const uploadUrl = await send("an", bytes, about, { stopAfter: CHUNK });
  assert.equal(await safe("an", about), false);
  await send("an", bytes, about, { uploadUrl });
  assert.equal(await safe("an", about), true);
});

test("tus-js-client is told of wrong bytes", async () => {
  const bytes = randomBytes(5000);
  const about = await photo("an", bytes);
  await assert.rejects(send("an", Buffer.from(bytes).fill(0, 9, 19), about), (error) => error.originalResponse.getStatus() === 422);
  assert.equal(await safe("an", about), false);
});
