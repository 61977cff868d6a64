// The merge of one register (sync.md, section 2, "Merge"): which operations stand, and what they agree on.
// A function of the set of operations and of what is parked; the order of arrival never decides.
// The twin of sync/merge.py; both are pinned by tests/vectors/sync.
import { canonical } from "./canonical.js";

/**
 * One operation as far as one register is concerned. A parked one is not in effect; `passing` says that it is or was parked, so that names go on through it.
 * @typedef {object} Entry
 * @property {string} op
 * @property {string} person
 * @property {unknown} value
 * @property {string[]} seen what it names for this field
 * @property {boolean} settlement
 * @property {boolean} stored
 * @property {boolean} passing
 */

/**
 * Every id that `entry` supersedes by name, directly or through its own author's parked operations; rights to supersede are not yet looked at.
 * @param {Entry} entry
 * @param {Map<string, Entry>} known
 */
function reached(entry, known) {
  const names = new Set();
  const open = [...entry.seen];
  while (open.length > 0) {
    const name = /** @type {string} */ (open.pop());
    if (names.has(name)) continue;
    names.add(name);
    const next = known.get(name);
    if (next?.passing && next.person === entry.person) open.push(...next.seen);
  }
  return names;
}

/**
 * Operations that nothing stored supersedes, in the order given.
 * @template {Entry} E
 * @param {E[]} entries
 * @returns {E[]}
 */
export function heads(entries) {
  const known = new Map(entries.map((entry) => [entry.op, /** @type {Entry} */ (entry)]));
  const gone = new Set();
  for (const entry of entries) {
    if (!entry.stored || entry.seen.length === 0) continue;
    for (const name of reached(entry, known)) {
      const target = known.get(name);
      if (target && (entry.settlement || (!target.settlement && target.person === entry.person))) gone.add(name);
    }
  }
  return entries.filter((entry) => entry.stored && !gone.has(entry.op));
}

/**
 * What the heads of a register of policy `one` say: `open` (no opinion), `agreed` on a value, or `disputed`. `null` is no opinion and disputes nothing.
 * @param {Array<{value: unknown}>} standing
 * @returns {{state: "open"} | {state: "agreed", value: unknown} | {state: "disputed"}}
 */
export function verdict(standing) {
  const opinions = standing.filter((head) => head.value !== null && head.value !== undefined);
  if (opinions.length === 0) return { state: "open" };
  const first = canonical(opinions[0].value);
  return opinions.every((head) => canonical(head.value) === first) ? { state: "agreed", value: opinions[0].value } : { state: "disputed" };
}
