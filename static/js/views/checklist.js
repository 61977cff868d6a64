// What one visit asks and in which state each clause stands. Pure: a scheme, rows and records in, lists out.
import { asks, siteLoss } from "../core/losses.js";

/** @typedef {import("../store/store.js").RecordShown} RecordShown */
/** @typedef {import("../store/store.js").VisitShown} VisitShown */
/** @typedef {{zh?: string, en?: string}} Pair */
/** @typedef {{code: string, kind: "met" | "sample", weight?: string, title?: Pair}} Checkpoint */
/**
 * @typedef {{code: string, parent?: string, title?: Pair, check?: Pair, points?: string, kind: string, where: any, modes?: string[] | null, how?: Pair[], reasons?: Pair[], phrases?: Pair[],
 *   unit?: Pair | null, planned?: {hq?: number, outlet?: number} | null, evidence?: string, exclusion?: boolean, checkpoints?: Checkpoint[] | null,
 *   grades?: Record<string, string>, steps?: number[], columns?: string[], bands?: any[], worst?: string, best?: string}} Leaf
 */
/** @typedef {"open" | "met" | "partly" | "failed" | "excluded" | "disputed" | "answered"} State */
/** @typedef {{leaf: Leaf, path: string[], mine: boolean, state: State, own: boolean, figure: string, photos: number, here: boolean, returned: boolean}} Row */
/** @typedef {{code: string, title: Pair | undefined, others: boolean, rows: Row[], answered: number}} Group */
/** @typedef {"all" | "open" | "failing" | "disputed" | "mine"} Filter */

/** @type {WeakMap<object, Map<string, string | null>>} */
const PARENTS = new WeakMap();

/** Groups and leaves above a clause, outermost first. @param {any} scheme @param {string} code @returns {string[]} */
export function pathTo(scheme, code) {
  let parents = PARENTS.get(scheme);
  if (!parents) PARENTS.set(scheme, parents = new Map(scheme.clauses.map((/** @type {any} */ clause) => [clause.code, clause.parent ?? null])));
  /** @type {string[]} */
  const path = [];
  for (let at = parents.get(code) ?? null; at !== null && !path.includes(at); at = parents.get(at) ?? null) path.unshift(at);
  return path;
}

/** The clauses of a visit, in the order of the scheme. @param {VisitShown} shown @returns {Leaf[]} */
export function leavesOf({ scheme, site, visit }) {
  if (!scheme || !site) return [];
  return scheme.clauses.filter((/** @type {any} */ clause) => clause.kind && asks(clause, { ...site, modes: visit.modes }));
}

/** The registers' rests of a clause: itself, or each of its checkpoints. @param {Leaf} leaf */
export const restsOf = (leaf) => (leaf.checkpoints?.length ? leaf.checkpoints.map(({ code }) => `${leaf.code}/${code}`) : [leaf.code]);

/** Clauses or groups of a list that a code belongs to; its place in it, or -1. @param {string[]} list @param {string} code @param {string[]} path */
const placeIn = (list, code, path) => list.findIndex((one) => one === code || path.includes(one));

/**
 * The state of one register's value.
 * @param {import("../store/shown.js").FieldShown | undefined} field @param {Leaf} leaf @param {string} rest
 * @returns {{state: State, failing: number, checked: number}}
 */
export function stateOf(field, leaf, rest) {
  if (!field || field.state === "open") return { state: "open", failing: 0, checked: 0 };
  const value = field.own ?? field.value ?? field.heads[0]?.value;
  const { failing = 0, checked = 0 } = value ?? {};
  if (field.state === "disputed") return { state: "disputed", failing, checked };
  return { state: stateOfValue(value, leaf, rest), failing, checked };
}

/** @param {any} value @param {Leaf} leaf @param {string} rest "5.1.1.1" or "5.1.1.1/a" @returns {State} */
export function stateOfValue(value, leaf, rest) {
  if (value === null || value === undefined || value.open) return "open";
  if (value.excluded) return "excluded";
  const point = leaf.checkpoints?.find(({ code }) => rest === `${leaf.code}/${code}`);
  const kind = point?.kind ?? leaf.kind;
  if (kind === "matrix") return "answered";
  const lost = siteLoss(/** @type {any} */ ({ ...leaf, kind, checkpoints: null }), [{ site: "", clause: leaf.code, ...value }], true);
  return lost === "0" ? "met" : lost === "1" ? "failed" : "partly";
}

/** @param {State[]} states @returns {State} */
function together(states) {
  for (const one of /** @type {State[]} */ (["disputed", "open"])) if (states.includes(one)) return one;
  const left = states.filter((state) => state !== "excluded");
  if (left.length === 0) return "excluded";
  if (left.every((state) => state === left[0])) return left[0];
  return left.some((state) => state === "failed" || state === "partly") ? "partly" : "answered";
}

/**
 * Every clause of the visit with its state, this person's first as planned.
 * @param {VisitShown} shown
 * @param {Map<string, RecordShown>} records
 * @param {string} person
 * @returns {Row[]}
 */
export function rowsOf(shown, records, person) {
  const plan = (shown.visit.plan ?? []).filter((/** @type {any} */ entry) => entry.person === person)
    .sort((/** @type {any} */ a, /** @type {any} */ b) => String(a.from ?? "").localeCompare(String(b.from ?? "")));
  const photos = photosByClause(records);
  const rows = leavesOf(shown).map((leaf, index) => {
    const path = pathTo(shown.scheme, leaf.code);
    const turn = plan.length === 0 ? 0 : plan.findIndex((/** @type {any} */ entry) => placeIn(entry.clauses ?? [], leaf.code, path) !== -1);
    const rests = restsOf(leaf);
    const fields = rests.map((rest) => records.get(`result/${rest}`)?.fields.value);
    const states = fields.map((field, at) => stateOf(field, leaf, rests[at]));
    const state = together(states.map((one) => one.state));
    const checked = states.reduce((sum, one) => sum + one.checked, 0);
    const failing = states.reduce((sum, one) => sum + one.failing, 0);
    return {
      index, turn: turn === -1 ? Number.MAX_SAFE_INTEGER : turn,
      leaf, path, mine: turn !== -1, state,
      own: fields.every((field) => field?.own !== undefined && field.own !== null),
      figure: checked > 0 && failing > 0 ? `${failing}/${checked}` : "",
      photos: photos.get(leaf.code)?.length ?? 0,
      here: restsOf(leaf).some((rest) => Object.values(records.get(`result/${rest}`)?.fields ?? {}).some((field) => field.here)),
      returned: !shown.part?.clauses || placeIn(shown.part.clauses, leaf.code, path) !== -1,
    };
  });
  return rows.sort((a, b) => a.turn - b.turn || a.index - b.index).map(({ index: _index, turn: _turn, ...row }) => row);
}

/** Evidence that counts, by clause; "" for what belongs to none yet. @param {Map<string, RecordShown>} records @returns {Map<string, RecordShown[]>} */
export function photosByClause(records) {
  /** @type {Map<string, RecordShown[]>} */
  const by = new Map();
  for (const shown of records.values()) {
    if (shown.record !== "evidence" || shown.fields.withdrawn?.value === true) continue;
    const attached = shown.fields.attached_to;
    const codes = /** @type {string[]} */ (attached?.own ?? attached?.value ?? attached?.heads[0]?.value ?? []);
    for (const code of codes.length ? codes : [""]) by.set(code, [...(by.get(code) ?? []), shown]);
  }
  return by;
}

/** @type {Record<Filter, (row: Row) => boolean>} */
export const FILTERS = {
  all: () => true,
  open: (row) => row.state === "open",
  failing: (row) => row.state === "partly" || row.state === "failed",
  disputed: (row) => row.state === "disputed",
  mine: (row) => row.mine,
};

/** Rows in runs of one top group, what is only others' after what is mine. @param {Row[]} rows @param {any} scheme @returns {Group[]} */
export function groupsOf(rows, scheme) {
  const titles = new Map(scheme.clauses.map((/** @type {any} */ clause) => [clause.code, clause.title]));
  /** @type {Group[]} */
  const groups = [];
  for (const row of rows) {
    const code = row.path[0] ?? row.leaf.code;
    let group = groups.at(-1);
    if (!group || group.code !== code || group.others === row.mine) groups.push(group = { code, title: titles.get(code), others: !row.mine, rows: [], answered: 0 });
    group.rows.push(row);
    if (row.state !== "open") group.answered += 1;
  }
  return groups;
}

/** The next clause without an answer after this one, going round; null when there is none. @param {Row[]} rows @param {string | null} code @returns {Row | null} */
export function nextOpen(rows, code) {
  const at = rows.findIndex((row) => row.leaf.code === code);
  const round = [...rows.slice(at + 1), ...rows.slice(0, Math.max(at, 0))];
  return round.find((row) => row.state === "open" && row.mine && row.returned) ?? round.find((row) => row.state === "open" && row.returned) ?? null;
}

/**
 * What a submission asks a reason for: own clauses without any answer, and answers without the photo or basis that the scheme asks for.
 * @param {Row[]} rows
 * @param {Map<string, RecordShown>} records
 * @returns {{row: Row, lack: "answer" | "photo" | "basis"}[]}
 */
export function gapsOf(rows, records) {
  /** @type {{row: Row, lack: "answer" | "photo" | "basis"}[]} */
  const gaps = [];
  for (const row of rows.filter((one) => one.mine && one.returned)) {
    if (row.state === "open") gaps.push({ row, lack: "answer" });
    else if (row.own) {
      const lack = lacks(row, records);
      if (lack) gaps.push({ row, lack });
    }
  }
  return gaps;
}

/** @param {Row} row @param {Map<string, RecordShown>} records @returns {"photo" | "basis" | null} */
function lacks(row, records) {
  const asked = row.leaf.evidence ?? "none";
  const states = restsOf(row.leaf).map((rest) => stateOfValue(records.get(`result/${rest}`)?.fields.value?.own, row.leaf, rest));
  if (asked === "none" || row.photos > 0 || states.every((state) => state === "excluded")) return null;
  if (asked === "always" || states.some((state) => state === "failed" || state === "partly")) return "photo";
  const basis = records.get(`result/${row.leaf.code}`)?.fields.basis?.own ?? [];
  return asked === "basis" && basis.length === 0 ? "basis" : null;
}
