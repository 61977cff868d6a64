// The digest of a visit (sync.md, section 2): the sum modulo 2^256 of one term for each head of each register.
// It finds loss and bugs, not malice.
import { sha256 } from "../vendor/sha256.js";
import { canonical } from "./canonical.js";
import { toHex } from "./chain.js";

const text = new TextEncoder();
const MODULUS = 1n << 256n;

/**
 * One term: `rest` is what follows the visit in the key, "" for the visit itself.
 * @param {string} visit
 * @param {string} record
 * @param {string} rest
 * @param {string} field
 * @param {string} op
 * @param {unknown} value
 */
export function term(visit, record, rest, field, op, value) {
  return BigInt(`0x${toHex(sha256(text.encode(canonical([visit, record, rest, field, op, value]))))}`);
}

/**
 * @param {string} visit
 * @param {Iterable<[record: string, rest: string, field: string, heads: Array<{op: string, value: unknown}>]>} registers
 * @returns {string} 64 hex digits; zeros when there is no head
 */
export function digest(visit, registers) {
  let sum = 0n;
  for (const [record, rest, field, heads] of registers) {
    for (const head of heads) sum += term(visit, record, rest, field, head.op, head.value);
  }
  return (sum % MODULUS).toString(16).padStart(64, "0");
}
