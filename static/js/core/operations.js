// An operation: one line of UTF-8 JSON, written once (sync.md, section 2). Makes lines and refuses what the server would park as malformed
// for a reason the device can know; which value a clause takes is the scheme's affair and is judged elsewhere.
import { canonical, ValueError } from "./canonical.js";

export const LINE_LIMIT = 64 * 1024;
export const SEEN_LIMIT = 64;

/** Fields of each record kind with their policy; tests hold it equal to sync/catalogue.json. @type {Record<string, Record<string, "one" | "all" | "once">>} */
export const FIELDS = {
  visit: { check_in: "all", opening: "all", closing: "all", present: "all", summary: "all" },
  submission: { done: "once" },
  result: { value: "one", note: "all", samples: "all", basis: "all" },
  finding: { clause: "one", kind: "one", severity: "one", text: "one", withdrawn: "one" },
  special: { clause: "one", kind: "one", ground: "one", text: "one", withdrawn: "one", same_as: "one" },
  sheet: { unit: "all", members: "all", drawn: "all" },
  evidence: {
    sha256: "once", bytes: "once", original: "once", media_type: "once", taken_at: "once", place: "once", source: "once",
    attached_to: "one", kind: "one", caption: "one", withdrawn: "one",
  },
  signature: { role: "once", name: "once", strokes: "once", statement: "once", covers: "once" },
};

/** Fields of policy `once` where null is an answer (no original kept, no position), not a taking back. */
const NULL_SAYS = new Set(["original", "place"]);

/**
 * @typedef {object} Operation
 * @property {string} id
 * @property {string} record
 * @property {string} key
 * @property {Record<string, unknown>} set
 * @property {Record<string, string[]>} [seen]
 * @property {string} at
 * @property {string} [settlement]
 */

/**
 * @param {string} visit
 * @param {string} rest what follows the visit, "" for the visit itself
 */
export const keyOf = (visit, rest) => (rest === "" ? visit : `${visit}/${rest}`);

/**
 * The name of a register within its visit, as the store and the server's `heads` use it: "result/5.1.1.1/value", "visit//check_in".
 * @param {string} record
 * @param {string} rest
 * @param {string} field
 */
export const registerName = (record, rest, field) => `${record}/${rest}/${field}`;

const text = new TextEncoder();

/**
 * The line of an operation, without a newline. Throws ValueError: `malformed` or `too-large`.
 * @param {Operation} operation
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function lineOf({ id, record, key, set, seen = {}, at, settlement }) {
  const fields = FIELDS[record];
  const names = Object.keys(set);
  const fits = fields && names.length > 0 && names.every((name) => fields[name] && (set[name] !== null || fields[name] !== "once" || NULL_SAYS.has(name)));
  if (!fits || at.length > 40) throw new ValueError("malformed");
  if (settlement !== undefined && (settlement === "" || names.length !== 1 || fields[names[0]] !== "one")) throw new ValueError("malformed");
  if (settlement === undefined && "same_as" in set) throw new ValueError("malformed");
  if (Object.keys(seen).some((name) => !(name in set) || seen[name].length > SEEN_LIMIT)) throw new ValueError("malformed");
  try {
    canonical(set);
    canonical(settlement ?? "");
  } catch {
    throw new ValueError("malformed");
  }
  const line = text.encode(JSON.stringify({ id, record, key, set, seen, at, settlement }));
  if (line.length > LINE_LIMIT) throw new ValueError("too-large");
  return /** @type {Uint8Array<ArrayBuffer>} */ (line);
}

/**
 * A UUIDv7 in lower case. `random` fills a byte array; `now` is in milliseconds.
 * @param {number} now
 * @param {(bytes: Uint8Array) => Uint8Array} random
 */
export function uuid7(now, random) {
  const bytes = random(new Uint8Array(16));
  const time = BigInt(Math.max(0, Math.floor(now)));
  for (let i = 0; i < 6; i += 1) bytes[i] = Number((time >> BigInt(8 * (5 - i))) & 0xffn);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
