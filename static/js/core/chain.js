// The chain of a device's operations (sync.md, section 2): c0 = 32 zero bytes, cn = SHA-256(cn-1 || hn), as raw bytes; lower-case hex outside.
// Synchronous, because a promise inside an IndexedDB transaction would end it.
import { sha256 } from "../vendor/sha256.js";

export const ORIGIN = "0".repeat(64);

/** @param {Uint8Array} bytes */
export function toHex(bytes) {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** @param {string} text */
export function fromHex(text) {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/**
 * hn: the hash of a line without its newline.
 * @param {Uint8Array} line
 */
export const lineHash = (line) => toHex(sha256(line));

/**
 * cn from cn-1 and hn, all in hex.
 * @param {string} previous
 * @param {string} hash
 */
export function link(previous, hash) {
  const joined = new Uint8Array(64);
  joined.set(fromHex(previous));
  joined.set(fromHex(hash), 32);
  return toHex(sha256(joined));
}
