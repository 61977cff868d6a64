// What became of everything this person made on this tablet: fates in words' codes, counts, the state of the sync bar, the export file.
// Reads rows, changes nothing.
import { Zip, ZipPassThrough } from "../vendor/fflate.js";
import { isParked } from "./shown.js";

/** @typedef {import("./shown.js").OperationRow} OperationRow */
/** @typedef {import("./queue.js").Device} Device */
/** @typedef {import("./queue.js").Pull} Pull */
/** @typedef {import("./evidence.js").FileRow} FileRow */
/** @typedef {"here" | "sending" | "server" | "verified" | "parked" | "admitted" | "discarded" | "aside"} Fate */
/** @typedef {{n: number, op: string, visit: string, record: string, rest: string, fields: string[], at: string, fate: Fate, code: string | null, reason: string | null}} OutboxLine */
/** @typedef {{visit: string, evidence: string, mediaType: string, fate: Fate, sent: number, total: number, code: string | null}} OutboxPhoto */
/**
 * @typedef {{operations: number, photos: number, total: number, unpulled: number, parked: number, aside: number, damaged: number, last: string | null}} Counts
 *  `unpulled`: own operations that no complete pull has told of yet; until then nothing of them is verified
 */
/**
 * What the engine knows at present, put into the store by it.
 * @typedef {{phase: "idle" | "sending", done: number, total: number, from: number, to: number, online: boolean, reached: boolean, nextTry: string | null, reason: string | null, line: number | null, lastSync: string | null, skew: number | null}} Activity
 */
/**
 * @typedef {{state: "verified" | "here" | "sending" | "unreached" | "update" | "needs-you" | "sign-in" | "not-saved", online: boolean, total: number, photos: number,
 *   sending: {done: number, total: number} | null, lastSync: string | null, nextTry: string | null, needs: number, reason: string | null, line: number | null}} Bar
 */

/** @type {Activity} */
export const QUIET = { phase: "idle", done: 0, total: 0, from: 0, to: 0, online: true, reached: true, nextTry: null, reason: null, line: null, lastSync: null, skew: null };

/** @type {Counts} */
export const NOTHING = { operations: 0, photos: 0, total: 0, unpulled: 0, parked: 0, aside: 0, damaged: 0, last: null };

/**
 * @param {OperationRow} row
 * @param {{device: Device, pull: Pull, activity: Activity}} now
 * @returns {Fate}
 */
export function fateOf(row, { device, pull, activity }) {
  if (row.fate !== null) return row.fate.state;
  if (row.n <= pull.lastN && row.n <= device.confirmed.n && !pull.mismatched.includes(row.visit)) return "verified";
  if (row.n <= device.confirmed.n) return "server";
  return activity.phase === "sending" && row.n >= activity.from && row.n <= activity.to ? "sending" : "here";
}

/**
 * @param {FileRow} file
 * @param {OperationRow | undefined} row its operation
 * @param {{device: Device, pull: Pull, activity: Activity}} now
 * @returns {{fate: Fate, sent: number, total: number, code: string | null}}
 */
export function photoFate(file, row, now) {
  const said = row ? fateOf(row, now) : "here";
  const parked = row !== undefined && isParked(row);
  const fate = parked ? said : file.safe ? (said === "verified" || said === "admitted" ? said : "server") : file.sent > 0 ? "sending" : "here";
  return { fate, sent: file.safe ? file.bytes : file.sent, total: file.bytes, code: file.fault ?? row?.fate?.code ?? null };
}

const FINAL = new Set(["verified", "admitted"]);

/**
 * @param {{operations: OperationRow[], aside: Array<OperationRow & {why: string}>, files: FileRow[], device: Device, pull: Pull, activity: Activity}} of
 * @returns {{operations: OutboxLine[], photos: OutboxPhoto[]}}
 */
export function outboxOf({ operations, aside, files, ...now }) {
  const byId = new Map(operations.map((row) => [row.id, row]));
  /** @param {OperationRow} row @param {Fate} fate @param {string | null} code @param {string | null} reason @returns {OutboxLine} */
  const line = (row, fate, code, reason) => ({ n: row.n, op: row.id, visit: row.visit, record: row.record, rest: row.rest, fields: Object.keys(row.set), at: row.at, fate, code, reason });
  const lines = operations.map((row) => line(row, fateOf(row, now), row.fate?.code ?? null, row.fate?.reason ?? null)).filter(({ fate }) => !FINAL.has(fate));
  const photos = files.map((file) => ({ visit: file.visit, evidence: file.evidence, mediaType: file.mediaType, ...photoFate(file, byId.get(file.op ?? ""), now) }));
  return {
    operations: [...aside.map((row) => line(row, "aside", row.why, null)), ...lines].reverse(),
    photos: photos.filter(({ fate, code }) => code !== null || !FINAL.has(fate)).reverse(),
  };
}

/**
 * @param {{counts: Counts, activity: Activity, pull: Pull | null, notSaved: string | null, update: boolean}} of
 * @returns {Bar}
 */
export function barOf({ counts, activity, pull, notSaved, update }) {
  const stopped = activity.reason !== null && activity.reason !== "sign-in" && activity.reason !== "not-reached";
  const needs = counts.parked + counts.aside + counts.damaged + (stopped ? 1 : 0);
  const reason = notSaved ?? activity.reason ?? (counts.damaged > 0 ? "photo-refused" : counts.parked > 0 ? "parked" : counts.aside > 0 ? "aside" : null);
  const clean = counts.total === 0 && counts.unpulled === 0 && pull?.at != null && pull.mismatched.length === 0;
  const state = notSaved !== null ? "not-saved"
    : activity.reason === "sign-in" ? "sign-in"
    : needs > 0 ? "needs-you"
    : activity.phase === "sending" && counts.total > 0 ? "sending"
    : activity.online && !activity.reached ? "unreached"
    : update && counts.total === 0 ? "update"
    : clean ? "verified" : "here";
  return {
    state, online: activity.online && activity.reached, total: counts.total, photos: counts.photos,
    sending: state === "sending" ? { done: activity.done, total: Math.max(activity.total, counts.total) } : null,
    lastSync: activity.lastSync ?? pull?.at ?? null, nextTry: activity.nextTry, needs, reason, line: activity.line,
  };
}

const ENDINGS = new Map([["image/jpeg", "jpg"], ["image/png", "png"], ["image/webp", "webp"], ["text/plain", "txt"], ["application/pdf", "pdf"]]);

/**
 * The queue and the bytes still here as one zip file: queue.json, queue.ndjson, aside.ndjson, photos/.
 * @param {{person: string, tenant: string, operations: OperationRow[], aside: OperationRow[], files: FileRow[], device: Device, pull: Pull, at: string}} of
 * @param {(visit: string, evidence: string) => Promise<Uint8Array | null>} read
 * @returns {Promise<Blob>}
 */
export async function exportFile({ person, tenant, operations, aside, files, device, pull, at }, read) {
  /** @type {BlobPart[]} */
  const parts = [];
  const zip = new Zip((error, bytes) => {
    if (error) throw error;
    parts.push(/** @type {Uint8Array<ArrayBuffer>} */ (bytes));
  });
  /** @param {string} name @param {Uint8Array[]} pieces */
  const add = (name, pieces) => {
    const entry = new ZipPassThrough(name);
    zip.add(entry);
    for (const piece of pieces) entry.push(piece);
    entry.push(new Uint8Array(0), true);
  };
  const newline = new Uint8Array([10]);
  /** @param {OperationRow[]} rows */
  const lines = (rows) => rows.flatMap((row) => [row.line, newline]);
  const about = {
    format: 1, tenant, person, device: device.id, epoch: device.epoch, exported_at: at, count: operations.length, confirmed: device.confirmed, tail: device.tail, last_n: pull.lastN,
    photos: files.map((file) => ({ visit: file.visit, evidence: file.evidence, sha256: file.sha256, bytes: file.bytes, media_type: file.mediaType, safe: file.safe === 1, held: file.held })),
  };
  add("queue.json", [new TextEncoder().encode(JSON.stringify(about, null, 1))]);
  add("queue.ndjson", lines(operations));
  add("aside.ndjson", lines(aside));
  for (const file of files) {
    const bytes = file.held ? await read(file.visit, file.evidence) : null;
    if (bytes) add(`photos/${file.visit}_${file.evidence}.${ENDINGS.get(file.mediaType) ?? "bin"}`, [bytes]);
  }
  zip.end();
  return new Blob(parts, { type: "application/zip" });
}
