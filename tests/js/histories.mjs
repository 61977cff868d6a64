// Runs one history of tests/vectors/sync by the merge of the tablet: what each register ends in, whatever the order of arrival.
import { digest } from "../../static/js/core/digest.js";
import { heads, verdict } from "../../static/js/core/merge.js";
import { FIELDS } from "../../static/js/core/operations.js";

/** @returns {Record<string, {digest: string, registers: Record<string, {heads: string[], state: string}>}>} as `expect` */
export function runHistory({ operations, admitted }) {
  const places = new Map();
  for (const operation of operations) {
    const [visit, ...rest] = operation.key.split("/");
    for (const [field, value] of Object.entries(operation.set)) {
      const name = `${operation.record}/${rest.join("/")}/${field}`;
      const key = `${visit} ${name}`;
      if (!places.has(key)) places.set(key, { visit, name, record: operation.record, rest: rest.join("/"), field, entries: [] });
      places.get(key).entries.push({
        op: operation.id, person: operation.author, value, seen: operation.seen?.[field] ?? [], settlement: operation.settlement !== undefined,
        stored: operation.arrives === "stored" || admitted.includes(operation.id), passing: operation.arrives === "parked",
      });
    }
  }
  const result = {};
  const terms = {};
  for (const { visit, name, record, rest, field, entries } of places.values()) {
    if (!entries.some(({ stored }) => stored)) continue;
    const standing = heads(entries);
    const opinions = standing.filter(({ value }) => value !== null);
    const state = (FIELDS[record]?.[field] ?? "one") === "one" ? verdict(standing).state : opinions.length > 0 ? "agreed" : "open";
    result[visit] ??= { digest: "", registers: {} };
    result[visit].registers[name] = { heads: standing.map(({ op }) => op).sort(), state };
    (terms[visit] ??= []).push([record, rest, field, standing]);
  }
  for (const [visit, registers] of Object.entries(terms)) result[visit].digest = digest(visit, registers);
  return result;
}
