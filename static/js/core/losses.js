// What one site loses on a clause: rules 1 to 3 of the scoring contract (who is asked, exclusion, one site's loss).
// Score, bounds and level are the server's alone; both are held to the vectors in tests/vectors/scoring.
// Never here: the sum over sites, points, documents, storage. Rows are plain JSON objects that are valid.

import { ONE, ZERO, compare, fraction, larger, minus, number, over, plus, textOf, times } from './fraction.js';

/** @typedef {import('./fraction.js').Fraction} Fraction */
/** @typedef {{ id: string, kind: string, type?: string | null, modes?: string[] | null }} Site */
/** @typedef {{ code: string, kind: 'met' | 'sample', weight?: string | null }} Checkpoint */
/**
 * @typedef {{
 *   code: string, kind?: string | null, where?: string | { types: string[] }, modes?: string[] | null,
 *   exclusion?: boolean | null, grades?: Record<string, string | null>, steps?: number[], columns?: string[],
 *   shares?: Record<string, string | null> | null, worst?: string, best?: string,
 *   bands?: { from?: string | null, to?: string | null, share: string }[],
 *   checkpoints?: Checkpoint[] | null, rule?: string | null,
 * }} Clause
 */
/** @typedef {{ clauses: Clause[], exclusion?: string | null }} Scheme */
/**
 * @typedef {{
 *   site: string, visit?: string | null, clause: string, checkpoint?: string | null, met?: boolean | null,
 *   checked?: number | null, failing?: number | null, grade?: string | null, step?: number | null,
 *   value?: string | null, reached?: string | null, mean?: string | null, excluded?: boolean | null,
 *   open?: boolean | null,
 * }} Result
 */
/** @typedef {{ key: string, loss: Fraction | null, checked: bigint, failing: bigint, column: number }} Answer */
/** @typedef {Answer | 'open' | 'excluded'} Value */

/**
 * The clauses that are judged, in the order of the scheme.
 * @param {Scheme} scheme
 */
export const leaves = (scheme) => scheme.clauses.filter((clause) => clause.kind != null);

/**
 * Rule 1: whether the clause asks the site. Modes that are absent are every mode.
 * @param {Clause} clause
 * @param {Site} site
 */
export function asks(clause, site) {
  const { where, modes } = clause;
  if (modes != null && site.modes != null && !modes.some((mode) => site.modes?.includes(mode))) return false;
  if (where !== null && typeof where === 'object') return site.type != null && where.types.includes(site.type);
  return where === 'both' || where === site.kind;
}

/**
 * Rule 2: whether an exclusion may be entered.
 * @param {Scheme} scheme
 * @param {Clause} clause
 */
export const mayExclude = (scheme, clause) => scheme.exclusion !== 'forbidden' && clause.exclusion !== false;

/**
 * Every leaf with its asked sites: "open", "excluded", the loss as text, for a matrix the column or null.
 * @param {Scheme} scheme
 * @param {Site[]} sites
 * @param {Result[]} results
 * @returns {Map<string, Map<string, string | null>>} by clause, then site
 */
export function losses(scheme, sites, results) {
  /** @type {Map<string, Map<string, Result[]>>} */
  const filed = new Map();
  for (const result of results) {
    const clause = entry(filed, result.clause, () => /** @type {Map<string, Result[]>} */ (new Map()));
    entry(clause, result.site, () => /** @type {Result[]} */ ([])).push(result);
  }
  const found = new Map();
  for (const clause of leaves(scheme)) {
    const own = new Map();
    for (const site of sites) {
      if (!asks(clause, site)) continue;
      own.set(site.id, siteLoss(clause, filed.get(clause.code)?.get(site.id) ?? [], mayExclude(scheme, clause)));
    }
    found.set(clause.code, own);
  }
  return found;
}

/**
 * Rules 2 and 3: what one asked site loses on a clause, over all its visits.
 * @param {Clause} clause
 * @param {Result[]} results all of this clause and site
 * @param {boolean} exclusion whether an exclusion counts; one that does not is taken out
 * @returns {string | null} "open", "excluded" or the loss; for a matrix the column, null for not even the first
 */
export function siteLoss(clause, results, exclusion) {
  const points = clause.checkpoints ?? [];
  const counted = results.filter((result) => exclusion || result.excluded !== true);
  if (!points.length) {
    const state = visitsOf(clause, /** @type {string} */ (clause.kind), counted);
    if (typeof state === 'string') return state;
    if (clause.kind !== 'matrix') return textOf(/** @type {Fraction} */ (state.loss));
    return clause.columns?.[state.column] ?? null;
  }
  const states = points.map((point) => {
    const own = counted.filter((result) => result.checkpoint == null || result.checkpoint === point.code);
    return visitsOf(clause, point.kind, own);
  });
  if (states.includes('open')) return 'open';
  let weight = ZERO;
  let lost = ZERO;
  let failed = false;
  states.forEach((state, at) => {
    if (typeof state === 'string' || !state.loss) return;
    const own = number(points[at].weight ?? '1') ?? ONE;
    weight = plus(weight, own);
    lost = plus(lost, times(own, state.loss));
    failed ||= state.loss.n > 0n;
  });
  if (weight.n === 0n) return 'excluded';
  if (clause.rule === 'all') return failed ? '1' : '0';
  return textOf(over(lost, weight));
}

/**
 * One value: "open", "excluded", or what it loses and how it compares with another (`key`).
 * @param {Clause} clause
 * @param {string} kind of the clause or checkpoint
 * @param {Result} result
 * @returns {Value}
 */
export function valueOf(clause, kind, result) {
  if (result.excluded === true) return 'excluded';
  if (result.open === true) return 'open';
  switch (kind) {
    case 'met':
      return answer(`${result.met}`, result.met ? ZERO : ONE);
    case 'sample': {
      const checked = BigInt(result.checked ?? 1);
      const failing = BigInt(result.failing ?? 0);
      return { ...answer(`${failing}/${checked}`, fraction(failing, checked)), checked, failing };
    }
    case 'scale':
      return answer(result.grade ?? '', lossOfShare(clause.grades, result.grade));
    case 'ladder': {
      const steps = clause.steps ?? [];
      const step = result.step ?? 0;
      return answer(`${step + 0}`, step === 0 ? ZERO : fraction(step, steps[steps.length - 1]));
    }
    case 'matrix': {
      const column = result.reached == null ? -1 : (clause.columns ?? []).indexOf(result.reached);
      const loss = clause.shares == null ? null : column < 0 ? ONE : lossOfShare(clause.shares, result.reached);
      return { ...answer(`${column}`, loss), column };
    }
    case 'survey': {
      const mean = number(result.mean) ?? ZERO;
      const worst = number(clause.worst) ?? ZERO;
      const share = over(minus(mean, worst), minus(number(clause.best) ?? ONE, worst));
      return answer(textOf(mean), minus(ONE, larger(ZERO, compare(share, ONE) > 0 ? ONE : share)));
    }
    default: {
      const value = number(result.value) ?? ZERO;
      return answer(textOf(value), lossOfBand(clause.bands ?? [], value));
    }
  }
}

/**
 * The visits of one site, or of one of its checkpoints: no value is as if open; several values in a visit dispute.
 * @param {Clause} clause
 * @param {string} kind
 * @param {Result[]} results
 * @returns {Value}
 */
function visitsOf(clause, kind, results) {
  /** @type {Map<string, Value>} */
  const visits = new Map();
  for (const result of results) {
    const value = valueOf(clause, kind, result);
    const before = visits.get(result.visit ?? '');
    if (value === 'open' || (before !== undefined && !same(before, value))) return 'open';
    visits.set(result.visit ?? '', value);
  }
  if (!visits.size) return 'open';
  /** @type {Answer | null} */
  let worst = null;
  for (const value of visits.values()) {
    if (typeof value === 'string') continue;
    worst = worst === null ? value : both(kind, worst, value);
  }
  return worst ?? 'excluded';
}

/**
 * What two visits of one site saw together: samples are pooled, else the largest loss and the lowest column.
 * @param {string} kind
 * @param {Answer} one
 * @param {Answer} other
 * @returns {Answer}
 */
function both(kind, one, other) {
  if (kind === 'sample') {
    const checked = one.checked + other.checked;
    const failing = one.failing + other.failing;
    return { key: '', loss: fraction(failing, checked), checked, failing, column: -1 };
  }
  const loss = one.loss && other.loss ? larger(one.loss, other.loss) : null;
  return { ...one, loss, column: Math.min(one.column, other.column) };
}

/** @param {Value} one @param {Value} other */
function same(one, other) {
  return typeof one === 'string' || typeof other === 'string' ? one === other : one.key === other.key;
}

/**
 * @param {string} key
 * @param {Fraction | null} loss
 * @returns {Answer}
 */
const answer = (key, loss) => ({ key, loss, checked: 0n, failing: 0n, column: -1 });

/**
 * @param {Record<string, string | null> | null | undefined} table
 * @param {string | null | undefined} word
 */
function lossOfShare(table, word) {
  const share = table != null && word != null && Object.hasOwn(table, word) ? number(table[word]) : null;
  return minus(ONE, share ?? ZERO);
}

/**
 * @param {{ from?: string | null, to?: string | null, share: string }[]} bands
 * @param {Fraction} value
 */
function lossOfBand(bands, value) {
  const band = bands.find(({ from, to }) => {
    const start = number(from);
    const stop = number(to);
    return (start === null || compare(start, value) <= 0) && (stop === null || compare(value, stop) < 0);
  });
  return minus(ONE, (band && number(band.share)) ?? ZERO);
}

/**
 * @template V
 * @param {Map<string, V>} map
 * @param {string} key
 * @param {() => V} make
 * @returns {V}
 */
function entry(map, key, make) {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
