// What the server sent, as the tablet holds it: pages landed in one transaction each with their cursor; a pull from the start goes to a second
// place that is exchanged on its last page. Never touches the tablet's own queue but for the fates that a complete pull tells.
import { digest } from "../core/digest.js";
import { chainAt } from "./queue.js";

/** @typedef {import("./queue.js").Device} Device */
/** @typedef {import("./queue.js").Pull} Pull */
/** @typedef {import("./shown.js").RegisterRow} RegisterRow */
/**
 * @typedef {object} Page the answer of `GET /sync/v1/pull`
 * @property {string} epoch
 * @property {string} cursor
 * @property {boolean} more
 * @property {boolean} reset
 * @property {number} last_n
 * @property {string} chain
 * @property {Record<string, Array<{id: string, removed?: boolean}>>} sets
 * @property {Record<string, [string, string]>} devices
 * @property {Array<{visit: string, rows: Array<[string, string, string, Array<[string, number, string, any, string?]>]>}>} registers
 * @property {Array<{id: string, device: number, n: number, code: string, state: "parked" | "admitted" | "discarded", reason: string | null}>} parked
 * @property {string[]} gone
 * @property {Record<string, string>} digests
 */

const STORES = ["self", "registers", "rows", "digests", "operations", "links"];

/** @param {number} side @param {...string} rest */
const under = (side, ...rest) => IDBKeyRange.bound([side, ...rest], [side, ...rest, []]);

/**
 * Lands one page, if it answers what the tablet asks now.
 * @param {import("./database.js").Database} database
 * @param {{device: string, cursor: string | null, round: number}} asked
 * @param {Page} page
 * @param {string} at time of landing
 * @returns {Promise<"landed" | "stale" | "epoch" | "broken">} stale: another page landed meanwhile · epoch: the server was restored · broken: the server's chain for this device is not the tablet's
 */
export function landPage(database, asked, page, at) {
  return database.write(STORES, async (tx) => {
    const self = tx.objectStore("self");
    const device = /** @type {Device} */ (await self.get("device"));
    const pull = /** @type {Pull} */ (await self.get("pull"));
    if (device.id !== asked.device || pull.cursor !== asked.cursor || pull.round !== asked.round) return "stale";
    if (page.epoch !== device.epoch) return "epoch";
    if (!page.more && (await chainAt(tx, device, page.last_n)) !== page.chain) return "broken";

    if (page.reset && !pull.filling) await clearSide(tx, other(pull.side));
    const filling = page.reset;
    const side = filling ? other(pull.side) : pull.side;
    const devices = { ...(filling && !pull.filling ? {} : pull.devices), ...page.devices };
    await putRows(tx, side, page, devices);
    /** @type {Pull} */
    const next = { ...pull, cursor: page.cursor, filling, devices };
    if (!page.more) {
      if (filling) {
        await clearSide(tx, pull.side);
        next.side = side;
        next.filling = false;
      }
      next.lastN = page.last_n;
      next.at = at;
      await fates(tx, device, page, devices);
      if (page.last_n > device.confirmed.n) await self.put({ ...device, confirmed: { n: page.last_n, chain: page.chain } }, "device");
      next.mismatched = await compare(tx, side, page, filling ? [] : pull.mismatched);
      if (next.mismatched.length === 0) next.full = false;
      else if (!next.full && !page.reset) Object.assign(next, { full: true, cursor: null, round: pull.round + 1 });
      else next.full = true;
    }
    await self.put(next, "pull");
    return "landed";
  });
}

/** @param {0 | 1} side @returns {0 | 1} */
const other = (side) => (side === 0 ? 1 : 0);

/** @param {any} tx @param {number} side */
async function clearSide(tx, side) {
  for (const name of ["registers", "rows", "digests"]) await tx.objectStore(name).delete(under(side));
}

/**
 * @param {any} tx
 * @param {number} side
 * @param {Page} page
 * @param {Record<string, [string, string]>} devices
 */
async function putRows(tx, side, page, devices) {
  const rows = tx.objectStore("rows");
  for (const [set, list] of Object.entries(page.sets)) {
    for (const row of list) {
      if (row.removed) await rows.delete([side, set, row.id]);
      else await rows.put({ side, set, id: row.id, row });
    }
  }
  for (const visit of page.gone) {
    await tx.objectStore("registers").delete(under(side, visit));
    await tx.objectStore("digests").delete([side, visit]);
    await rows.delete([side, "visits", visit]);
  }
  const puts = [];
  for (const { visit, rows: list } of page.registers) {
    for (const [record, rest, field, heads] of list) {
      puts.push(tx.objectStore("registers").put({
        side, visit, name: `${record}/${rest}/${field}`, record, rest, field,
        heads: heads.map(([op, short, at, value, reason]) => ({ op, device: devices[short]?.[0] ?? "", person: devices[short]?.[1] ?? "", at, value, reason: reason ?? null })),
      }));
    }
  }
  await Promise.all(puts);
}

/**
 * What became of the tablet's own operations: a complete pull alone lifts a parking.
 * @param {any} tx
 * @param {Device} device
 * @param {Page} page
 * @param {Record<string, [string, string]>} devices
 */
async function fates(tx, device, page, devices) {
  const operations = tx.objectStore("operations");
  if (page.reset) {
    for (const row of await operations.getAll()) {
      if (row.fate !== null && (row.n <= page.last_n || row.fate.epoch !== page.epoch)) await operations.put({ ...row, fate: null });
    }
  }
  for (const told of page.parked) {
    if (devices[told.device]?.[0] !== device.id) continue;
    const row = await operations.get(told.n);
    if (row) await operations.put({ ...row, fate: { state: told.state, code: told.code, reason: told.reason ?? null, epoch: page.epoch } });
  }
}

/**
 * Visits whose digest differs from the server's after this complete pull.
 * @param {any} tx
 * @param {number} side
 * @param {Page} page
 * @param {string[]} before
 */
async function compare(tx, side, page, before) {
  const differing = new Set(before.filter((visit) => !page.gone.includes(visit)));
  for (const [visit, told] of Object.entries(page.digests)) {
    const rows = /** @type {RegisterRow[]} */ (await tx.objectStore("registers").getAll(under(side, visit)));
    const own = digest(visit, rows.map((row) => [row.record, row.rest, row.field, row.heads]));
    await tx.objectStore("digests").put({ side, visit, digest: own });
    if (own === told) differing.delete(visit);
    else differing.add(visit);
  }
  return [...differing];
}

/**
 * Rows of a set as shown.
 * @param {any} tx
 * @param {number} side
 * @param {string} set
 * @returns {Promise<any[]>}
 */
export async function rowsOf(tx, side, set) {
  return (await tx.objectStore("rows").getAll(under(side, set))).map((/** @type {{row: any}} */ { row }) => row);
}

/** @param {any} tx @param {number} side @param {string} set @param {string} id */
export const rowOf = async (tx, side, set, id) => (await tx.objectStore("rows").get([side, set, id]))?.row ?? null;

/** @param {any} tx @param {number} side @param {string} visit @returns {Promise<RegisterRow[]>} */
export const registersOf = (tx, side, visit) => tx.objectStore("registers").getAll(under(side, visit));
