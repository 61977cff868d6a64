// The bytes of evidence by tus 1.0: operations first, chunks of at most 1 MiB, resumed by HEAD, safe only when the server's state call says so.
import { ask, askTus, Stop } from "./answers.js";

/** @typedef {import("./engine.js").Engine} Engine */
/**
 * A file as the store hands it out (store/evidence.js).
 * @typedef {{visit: string, evidence: string, sha256: string, bytes: number, held: boolean, op: string | null, safe: 0 | 1, sent: number, upload: string | null, fault: string | null}} FileRow
 */

const CHUNK = 512 * 1024;
const LEAST_CHUNK = 32 * 1024;
const PLACE = "/sync/v1/evidence";
const TRIES = 3;

/**
 * Uploads every file that is not safe and whose operation the server has. A file whose own bytes are wrong, or that the server refuses, gets a fault and stops no other.
 * @param {Engine} engine
 */
export async function uploadAll(engine) {
  const waiting = await unsafe(engine);
  if (waiting.length === 0) return;
  const safe = await askState(engine, waiting);
  for (const file of waiting) {
    if (safe.has(nameOf(file))) continue;
    if (!file.held) continue;
    await uploadOne(engine, file);
    const { device } = await engine.store.queue.state();
    if (device.tail.n > device.confirmed.n) await engine.push();
  }
}

/** @param {FileRow} file */
const nameOf = ({ visit, evidence }) => `${visit}/${evidence}`;

/** @param {Engine} engine @returns {Promise<FileRow[]>} */
async function unsafe(engine) {
  const { device } = await engine.store.queue.state();
  const files = /** @type {FileRow[]} */ ((await engine.store.evidence.files()).filter((/** @type {FileRow} */ file) => !file.safe && file.fault === null && file.op !== null));
  const numbers = await engine.store.queue.numbers(files.map((file) => file.op));
  return files.filter((file) => (numbers.get(file.op) ?? Infinity) <= device.confirmed.n);
}

/**
 * Asks which files are safe and remembers it.
 * @param {Engine} engine
 * @param {FileRow[]} files
 * @returns {Promise<Set<string>>}
 */
async function askState(engine, files) {
  const safe = new Set();
  for (let start = 0; start < files.length; start += 200) {
    const some = files.slice(start, start + 200);
    const { status, body } = await ask(engine.send, {
      method: "POST", path: `${PLACE}/state`, headers: { "Content-Type": "application/json", "X-Xingping": "1" }, body: JSON.stringify({ evidence: some.map(nameOf) }),
    });
    if (status !== 200 || !Array.isArray(body.safe)) throw new Stop(body.code ?? "not-reached");
    for (const file of some) {
      if (!body.safe.includes(nameOf(file))) continue;
      safe.add(nameOf(file));
      await engine.store.evidence.mark(file.visit, file.evidence, { safe: 1, sent: file.bytes, upload: null });
    }
  }
  if (safe.size > 0) await engine.store.refresh(null);
  return safe;
}

/** @param {Engine} engine @param {FileRow} file */
async function uploadOne(engine, file) {
  const { visit, evidence } = file;
  /** @param {Partial<FileRow>} change */
  const mark = (change) => engine.store.evidence.mark(visit, evidence, change);
  const bytes = await engine.store.evidence.read(visit, evidence);
  if (bytes === null || engine.store.evidence.hash(bytes) !== file.sha256) {
    await mark({ fault: "bytes-damaged" });
    return engine.store.refresh([visit]);
  }
  engine.tell({ phase: "sending" });
  let upload = file.upload;
  let chunk = CHUNK;
  let tries = 0;
  const failed = () => {
    tries += 1;
    if (tries >= TRIES) throw new Stop("not-reached");
  };
  for (;;) {
    let offset = upload === null ? null : await offsetOf(engine, upload);
    if (upload === null || offset === null) {
      if (upload !== null) failed();
      const made = await create(engine, file);
      if (made.path === null) {
        await mark({ fault: made.refused });
        return engine.store.refresh([visit]);
      }
      upload = made.path;
      offset = 0;
      await mark({ upload, sent: 0 });
    }
    const outcome = await sendFrom(engine, file, { upload, bytes, offset, chunk });
    if (outcome === "smaller") {
      chunk = Math.floor(chunk / 2);
      if (chunk < LEAST_CHUNK) {
        await mark({ fault: "too-large" });
        return engine.store.refresh([visit]);
      }
    } else if (outcome === "done") {
      if ((await askState(engine, [file])).size > 0) {
        engine.tell({ done: engine.store.activity.value.done + 1 });
        return undefined;
      }
      await mark({ upload: null, sent: 0 });
      upload = null;
      failed();
    } else {
      failed();
      if (outcome === "anew") {
        await mark({ upload: null, sent: 0 });
        upload = null;
      }
    }
  }
}

/**
 * @param {Engine} engine
 * @param {FileRow} file
 * @returns {Promise<{path: string} | {path: null, refused: string}>} path of the upload, or why the server will not have this file
 */
async function create(engine, file) {
  const { device } = await engine.store.queue.state();
  const metadata = Object.entries({ device: device.id, visit: file.visit, evidence: file.evidence, sha256: file.sha256 }).map(([key, value]) => `${key} ${base64(new TextEncoder().encode(value))}`);
  const { status, code, headers } = await askTus(engine.send, {
    method: "POST", path: PLACE, headers: { "Upload-Length": String(file.bytes), "Upload-Metadata": metadata.join(",") },
  });
  const location = headers.get("location");
  if (status === 201 && location) return { path: pathOf(location) };
  if (status === 413) return { path: null, refused: "too-large" };
  if (status === 400) return { path: null, refused: code ?? "metadata" };
  if (code === "device") await engine.store.queue.unregister();
  throw new Stop(status >= 400 && code !== null && code !== "device" ? code : "not-reached");
}

/** @param {Engine} engine @param {string} upload @returns {Promise<number | null>} null when the server no longer has it */
async function offsetOf(engine, upload) {
  const { status, headers } = await askTus(engine.send, { method: "HEAD", path: upload });
  if (status === 404 || status === 410 || status === 403) return null;
  const offset = Number(headers.get("upload-offset"));
  if (status >= 400 || headers.get("upload-offset") === null || !Number.isInteger(offset)) throw new Stop("not-reached");
  return offset;
}

/**
 * @param {Engine} engine
 * @param {FileRow} file
 * @param {{upload: string, bytes: Uint8Array, offset: number, chunk: number}} from
 * @returns {Promise<"done" | "smaller" | "again" | "anew">}
 */
async function sendFrom(engine, { visit, evidence }, { upload, bytes, offset, chunk }) {
  let at = offset;
  while (at < bytes.length) {
    const piece = bytes.slice(at, at + chunk);
    const { status, headers } = await askTus(engine.send, {
      method: "PATCH", path: upload, body: piece,
      headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(at), "Upload-Checksum": `sha256 ${base64(engine.store.evidence.rawHash(piece))}` },
    });
    if (status === 413) return "smaller";
    if (status === 404 || status === 410 || status === 422) return "anew";
    if (status !== 204 && status !== 200) return "again";
    const next = Number(headers.get("upload-offset"));
    if (!Number.isInteger(next) || next <= at) return "again";
    at = next;
    await engine.store.evidence.mark(visit, evidence, { sent: at });
    await engine.store.refresh([visit]);
  }
  return "done";
}

/** @param {string} location */
const pathOf = (location) => (location.startsWith("/") ? location : new URL(location).pathname);

/** @param {Uint8Array} bytes */
function base64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
