// Shown state (sync.md, section 3): server heads ⊕ own operations with n > last_n of the last complete pull that are not parked.
// Pure: rows in, what a form shows out; and what a save on top of it names in `seen`.
import { sameValue } from "../core/canonical.js";
import { heads as headsOf, verdict } from "../core/merge.js";
import { FIELDS, SEEN_LIMIT } from "../core/operations.js";

/** @typedef {{op: string, person: string, device: string, at: string, value: any, reason: string | null}} Head as pulled */
/** @typedef {{visit: string, name: string, record: string, rest: string, field: string, heads: Head[]}} RegisterRow */
/** @typedef {{op: string, person: string, device: string, at: string, value: any, reason: string | null, own: boolean, here: boolean}} HeadShown */
/** @typedef {{state: "open" | "agreed" | "disputed", value: any, own: any, heads: HeadShown[], here: boolean}} FieldShown */
/** @typedef {{visit: string, record: string, rest: string, fields: Record<string, FieldShown>}} RecordShown */
/** @typedef {{state: "parked" | "admitted" | "discarded", code: string, reason: string | null, epoch: string}} FateRow */
/**
 * One line of the tablet's queue. `before` is what this person had answered before it, for undo.
 * @typedef {{n: number, id: string, line: Uint8Array, visit: string, record: string, rest: string, set: Record<string, any>, seen: Record<string, string[]>, at: string,
 *   settlement: string | null, registers: string[], before: Record<string, any>, undoes: number | null, fate: FateRow | null}} OperationRow
 */

/** @param {OperationRow} row */
export const isParked = (row) => row.fate !== null && row.fate.state !== "admitted";

/** @param {RecordShown} shown @param {string} name @returns {FieldShown} */
export const field = (shown, name) => shown.fields[name] ?? { state: "open", value: undefined, own: undefined, heads: [], here: false };

/**
 * @param {string} record
 * @param {string} name
 * @param {HeadShown[]} standing
 * @returns {FieldShown}
 */
function fieldShown(record, name, standing) {
  const own = standing.filter((head) => head.own);
  const policy = FIELDS[record]?.[name] ?? "one";
  const opinions = standing.filter((head) => head.value !== null);
  const said = policy === "one" ? verdict(standing)
    : opinions.length === 0 ? { state: /** @type {const} */ ("open") }
    : { state: /** @type {const} */ ("agreed"), value: (own.filter((head) => head.value !== null).at(-1) ?? opinions[0]).value };
  return {
    state: said.state,
    value: said.state === "agreed" ? said.value : undefined,
    own: own.length > 0 ? own[own.length - 1].value : undefined,
    heads: standing,
    here: standing.some((head) => head.here),
  };
}

/**
 * @param {{person: string, device: string, lastN: number, registers: RegisterRow[], operations: OperationRow[]}} of registers and own operations of one visit
 * @returns {Map<string, RecordShown>} by "record/rest"
 */
export function recordsShown({ person, device, lastN, registers, operations }) {
  /** @type {Map<string, {visit: string, record: string, rest: string, field: string, heads: Head[], own: OperationRow[]}>} */
  const places = new Map();
  for (const { visit, name, record, rest, field: of, heads } of registers) places.set(name, { visit, record, rest, field: of, heads, own: [] });
  for (const row of operations) {
    for (const of of Object.keys(row.set)) {
      const name = `${row.record}/${row.rest}/${of}`;
      const place = places.get(name) ?? { visit: row.visit, record: row.record, rest: row.rest, field: of, heads: [], own: [] };
      place.own.push(row);
      places.set(name, place);
    }
  }
  const records = new Map();
  for (const place of places.values()) {
    const standing = overlay(place, { person, device, lastN });
    if (standing.length === 0) continue;
    const key = `${place.record}/${place.rest}`;
    const shown = records.get(key) ?? { visit: place.visit, record: place.record, rest: place.rest, fields: {} };
    shown.fields[place.field] = fieldShown(place.record, place.field, standing);
    records.set(key, shown);
  }
  return records;
}

/**
 * @param {{field: string, heads: Head[], own: OperationRow[]}} place
 * @param {{person: string, device: string, lastN: number}} tablet
 * @returns {HeadShown[]}
 */
function overlay(place, { person, device, lastN }) {
  const pulled = place.heads.map((head) => ({ ...head, own: head.person === person, here: false }));
  const known = new Set(pulled.map((head) => head.op));
  const pending = place.own.filter((row) => row.n > lastN && !isParked(row) && !known.has(row.id));
  if (pending.length === 0) return pulled;
  const entries = pulled.map((head) => ({ ...head, seen: /** @type {string[]} */ ([]), settlement: head.reason !== null, stored: true, passing: false }));
  for (const row of place.own) {
    if (known.has(row.id)) continue;
    const stored = pending.includes(row);
    if (!stored && row.fate === null) continue;
    entries.push({
      op: row.id, person, device, at: row.at, value: row.set[place.field], reason: row.settlement, own: true, here: true,
      seen: row.seen[place.field] ?? [], settlement: row.settlement !== null, stored, passing: row.fate !== null,
    });
  }
  return headsOf(entries).map(({ op, person: who, device: where, at, value, reason, own, here }) => ({ op, person: who, device: where, at, value, reason, own, here }));
}

/**
 * What a save names for one field: a plain answer its author's own heads as shown, a settlement all heads shown, both also the tablet's own latest operation on it.
 * @param {FieldShown} shown
 * @param {{settlement: boolean, latest: string | null}} save
 */
export function seenBy(shown, { settlement, latest }) {
  const names = shown.heads.filter((head) => settlement || head.own).map((head) => head.op);
  if (latest !== null && !names.includes(latest)) names.push(latest);
  return names.slice(-SEEN_LIMIT);
}

/**
 * Fields that a plain save would really change: not those where this person's one answer is that value already, nor a taking back of nothing.
 * @param {RecordShown} shown
 * @param {Record<string, any>} set
 */
export function changed(shown, set) {
  return Object.fromEntries(Object.entries(set).filter(([name, value]) => {
    const own = field(shown, name).heads.filter((head) => head.own);
    if (own.length === 0) return value !== null;
    return own.length > 1 || !sameValue(own[0].value, value);
  }));
}

/**
 * What the form shows after a save: that save, and what it did not name.
 * @param {RecordShown} shown
 * @param {OperationRow} row
 * @param {{person: string, device: string}} tablet
 * @returns {RecordShown}
 */
export function afterSave(shown, row, { person, device }) {
  const fields = { ...shown.fields };
  for (const [name, value] of Object.entries(row.set)) {
    const named = row.seen[name] ?? [];
    const rest = field(shown, name).heads.filter((head) => !(named.includes(head.op) && (row.settlement !== null || (head.own && head.reason === null))));
    const head = { op: row.id, person, device, at: row.at, value, reason: row.settlement, own: true, here: true };
    fields[name] = fieldShown(shown.record, name, [...rest, head]);
  }
  return { ...shown, fields };
}
