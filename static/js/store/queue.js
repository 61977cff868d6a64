// The tablet's own operations: numbered, chained, appended in one strict transaction, handed out in batches, and what became of them.
// Lines are bytes written once; nothing here changes one. The network's side stands in sync/engine.js.
import { link, lineHash, ORIGIN } from "../core/chain.js";
import { keyOf, lineOf, registerName } from "../core/operations.js";
import { StoreError } from "./errors.js";
import { changed, field, seenBy } from "./shown.js";

/** @typedef {import("./shown.js").OperationRow} OperationRow */
/** @typedef {import("./shown.js").RecordShown} RecordShown */
/** @typedef {{n: number, chain: string}} Mark a number of the queue and the chain at it */
/** @typedef {{id: string, epoch: string | null, registered: boolean, tail: Mark, confirmed: Mark}} Device `confirmed`: what the server said it has */
/** @typedef {{cursor: string | null, round: number, side: 0 | 1, filling: boolean, full: boolean, lastN: number, at: string | null, mismatched: string[], devices: Record<string, [string, string]>}} Pull
 *  `side`: where the rows shown lie; `filling`: a pull from the start is being written to the other side; `full`: it was already repeated because of a digest */
/** @typedef {{n: number, id: string | null, code: string, state: "parked" | "discarded"}} Parked */

/** @param {string} id @returns {Device} */
const newDevice = (id) => ({ id, epoch: null, registered: false, tail: { n: 0, chain: ORIGIN }, confirmed: { n: 0, chain: ORIGIN } });

/** @type {Pull} */
export const NOTHING_PULLED = { cursor: null, round: 0, side: 0, filling: false, full: false, lastN: 0, at: null, mismatched: [], devices: {} };

export class Queue {
  /**
   * @param {import("./database.js").Database} database
   * @param {{person: string, newId: () => string, clock: () => string}} own
   */
  constructor(database, { person, newId, clock }) {
    this.database = database;
    this.person = person;
    this.newId = newId;
    this.clock = clock;
  }

  /** The device id of this store, made at its first opening: a wiped store is a new device. */
  async ready() {
    await this.database.write(["self"], async (tx) => {
      if (!(await tx.objectStore("self").get("device"))) await tx.objectStore("self").put(newDevice(this.newId()), "device");
      if (!(await tx.objectStore("self").get("pull"))) await tx.objectStore("self").put(NOTHING_PULLED, "pull");
    });
  }

  /** @returns {Promise<{device: Device, pull: Pull}>} */
  state() {
    return this.database.read(["self"], async (tx) => ({ device: await tx.objectStore("self").get("device"), pull: await tx.objectStore("self").get("pull") }));
  }

  /**
   * Writes one operation; null when it would change nothing.
   * @param {{shown: RecordShown, set: Record<string, any>, settlement?: string, undoes?: number, draft?: string}} save
   * @returns {Promise<{row: OperationRow, device: Device} | null>}
   */
  append({ shown, set, settlement, undoes, draft }) {
    const fields = settlement === undefined ? changed(shown, set) : set;
    if (Object.keys(fields).length === 0) return Promise.resolve(null);
    const id = this.newId();
    const at = this.clock();
    return this.database.write(["self", "operations", "links", "drafts"], async (tx) => {
      const operations = tx.objectStore("operations");
      const device = /** @type {Device} */ (await tx.objectStore("self").get("device"));
      const written = await operations.index("id").get(id);
      if (written) return { row: written, device };
      /** @type {Record<string, string[]>} */
      const seen = {};
      /** @type {Record<string, any>} */
      const before = {};
      for (const name of Object.keys(fields)) {
        const place = `${shown.visit} ${registerName(shown.record, shown.rest, name)}`;
        const last = await operations.index("registers").openCursor(place, "prev");
        const names = seenBy(field(shown, name), { settlement: settlement !== undefined, latest: last?.value.id ?? null });
        if (names.length > 0) seen[name] = names;
        before[name] = field(shown, name).own ?? null;
      }
      const line = lineOf({ id, record: shown.record, key: keyOf(shown.visit, shown.rest), set: fields, seen, at, settlement });
      /** @type {OperationRow} */
      const row = {
        n: device.tail.n + 1, id, line, visit: shown.visit, record: shown.record, rest: shown.rest, set: fields, seen, at, settlement: settlement ?? null,
        registers: Object.keys(fields).map((name) => `${shown.visit} ${registerName(shown.record, shown.rest, name)}`), before, undoes: undoes ?? null, fate: null,
      };
      await enqueue(tx, device, row);
      await tx.objectStore("self").put(device, "device");
      if (draft !== undefined) await tx.objectStore("drafts").delete(draft);
      return { row, device };
    });
  }

  /**
   * Lines from number `from` on, as many as fit; at least one if there is one.
   * @param {number} from
   * @param {{lines: number, bytes: number}} limit
   * @returns {Promise<{device: Device, prev: string | null, rows: OperationRow[], damaged: number | null}>}
   *   prev: the chain before `from`, null when it is not held · damaged: number of a line whose bytes are not those that were written, which ends the batch
   */
  batch(from, limit) {
    return this.database.read(["self", "operations", "links"], async (tx) => {
      const device = /** @type {Device} */ (await tx.objectStore("self").get("device"));
      const held = /** @type {OperationRow[]} */ (await tx.objectStore("operations").getAll(IDBKeyRange.lowerBound(from), limit.lines));
      const links = await tx.objectStore("links").getAll(IDBKeyRange.bound([device.id, from], [device.id, Infinity]), limit.lines);
      const rows = [];
      let bytes = 0;
      for (const row of held) {
        bytes += row.line.length + 1;
        if (row.n !== from + rows.length || (rows.length > 0 && bytes > limit.bytes)) break;
        if (lineHash(row.line) !== links[rows.length]?.hash) return { device, prev: await chainAt(tx, device, from - 1), rows, damaged: row.n };
        rows.push(row);
      }
      return { device, prev: await chainAt(tx, device, from - 1), rows, damaged: null };
    });
  }

  /**
   * Numbers of operations in the present queue; one set aside has none.
   * @param {string[]} ids
   * @returns {Promise<Map<string, number>>}
   */
  numbers(ids) {
    return this.database.read(["operations"], async (tx) => {
      const found = new Map();
      for (const id of ids) {
        const n = await tx.objectStore("operations").index("id").getKey(id);
        if (n !== undefined) found.set(id, n);
      }
      return found;
    });
  }

  /** Whether an operation is on this tablet, in the queue or set aside. @param {string} id @returns {Promise<boolean>} */
  holds(id) {
    return this.database.read(["operations", "aside"], async (tx) => {
      if ((await tx.objectStore("operations").index("id").getKey(id)) !== undefined) return true;
      return (await tx.objectStore("aside").getAll()).some((/** @type {OperationRow} */ row) => row.id === id);
    });
  }

  /**
   * What the server said it has. False when that is not this tablet's history: then only `restart` helps.
   * @param {{device: string, epoch: string, last_n: number, chain: string, parked?: Parked[], registered?: boolean, back?: boolean}} said
   *   `back`: it may have less than it said before (a gap, a restored server)
   */
  confirm({ device: id, epoch, last_n: n, chain, parked = [], back = false }) {
    return this.database.write(["self", "operations", "links"], async (tx) => {
      const device = /** @type {Device} */ (await tx.objectStore("self").get("device"));
      const pull = /** @type {Pull} */ (await tx.objectStore("self").get("pull"));
      if (device.id !== id) return true;
      if ((await chainAt(tx, device, n)) !== chain) return false;
      device.registered = true;
      if (back || n > device.confirmed.n) device.confirmed = { n, chain };
      if (device.epoch !== epoch) {
        if (device.epoch !== null) {
          device.confirmed = { n, chain };
          await tx.objectStore("self").put({ ...pull, cursor: null, filling: false, full: false, round: pull.round + 1 }, "pull");
        }
        device.epoch = epoch;
      }
      await tx.objectStore("self").put(device, "device");
      for (const line of parked) {
        const row = /** @type {OperationRow | undefined} */ (line.n > pull.lastN ? await tx.objectStore("operations").get(line.n) : undefined);
        if (row) await tx.objectStore("operations").put({ ...row, fate: { state: line.state, code: line.code, reason: null, epoch } });
      }
      return true;
    });
  }

  /** The server does not know the device: register again, same id. */
  unregister() {
    return this.#device((device) => ({ ...device, registered: false }));
  }

  /**
   * The one rule for every broken history: a new device id before anything else, then every line still held, unchanged and in order, from 1.
   * @param {string} from the device id that is broken; if the store has another by now, nothing happens
   * @param {{n: number, why: string} | null} [aside] a line that stays here
   * @param {string | null} [epoch] of the server, if it is known to be another
   */
  restart(from, aside = null, epoch = null) {
    return this.database.write(["self", "operations", "links", "aside"], async (tx) => {
      const old = /** @type {Device} */ (await tx.objectStore("self").get("device"));
      if (old.id !== from) return;
      const pull = /** @type {Pull} */ (await tx.objectStore("self").get("pull"));
      const device = newDevice(this.newId());
      device.epoch = epoch ?? old.epoch;
      const rows = /** @type {OperationRow[]} */ (await tx.objectStore("operations").getAll());
      await tx.objectStore("operations").clear();
      let lastN = 0;
      for (const row of rows) {
        if (row.n === aside?.n) {
          await tx.objectStore("aside").add({ ...row, device: old.id, why: aside.why, setAside: this.clock() });
          continue;
        }
        if (row.n <= pull.lastN) lastN += 1;
        await enqueue(tx, device, { ...row, n: device.tail.n + 1 });
      }
      await tx.objectStore("self").put(device, "device");
      await tx.objectStore("self").put({ ...pull, lastN, cursor: null, filling: false, round: pull.round + 1 }, "pull");
    });
  }

  /** Number of the first line whose bytes or chain do not hold, or null. */
  broken() {
    return this.database.read(["self", "operations", "links"], async (tx) => {
      const device = /** @type {Device} */ (await tx.objectStore("self").get("device"));
      let chain = ORIGIN;
      let expected = 1;
      for (const row of /** @type {OperationRow[]} */ (await tx.objectStore("operations").getAll())) {
        const held = await tx.objectStore("links").get([device.id, row.n]);
        if (row.n !== expected || !held || lineHash(row.line) !== held.hash || link(chain, held.hash) !== held.chain) return expected;
        chain = held.chain;
        expected += 1;
      }
      return expected - 1 === device.tail.n && chain === device.tail.chain ? null : expected;
    });
  }

  /** @param {(device: Device) => Device} change */
  #device(change) {
    return this.database.write(["self"], async (tx) => {
      await tx.objectStore("self").put(change(await tx.objectStore("self").get("device")), "device");
    });
  }
}

/**
 * @param {any} tx
 * @param {Device} device whose tail moves on
 * @param {OperationRow} row numbered tail + 1
 */
async function enqueue(tx, device, row) {
  const hash = lineHash(row.line);
  device.tail = { n: row.n, chain: link(device.tail.chain, hash) };
  await tx.objectStore("operations").add(row);
  await tx.objectStore("links").put({ device: device.id, n: row.n, hash, chain: device.tail.chain });
}

/**
 * @param {any} tx
 * @param {Device} device
 * @param {number} n
 * @returns {Promise<string | null>}
 */
export async function chainAt(tx, device, n) {
  if (n === 0) return ORIGIN;
  return (await tx.objectStore("links").get([device.id, n]))?.chain ?? null;
}

/**
 * This person's last operation on a record that is neither an undo nor undone.
 * @param {OperationRow[]} rows of the record, oldest first
 */
export function lastToUndo(rows) {
  const undone = new Set(rows.map((row) => row.undoes));
  return rows.filter((row) => row.undoes === null && !undone.has(row.n)).at(-1) ?? null;
}

/**
 * What an undo of `row` sets: what stood before; for fields that cannot be taken back the record is withdrawn, if its kind can be.
 * @param {OperationRow} row
 * @param {Record<string, "one" | "all" | "once">} policies
 */
export function undoing(row, policies) {
  if (Object.keys(row.set).every((name) => policies[name] !== "once")) return row.before;
  if (!policies.withdrawn) throw new StoreError("cannot-undo");
  return { withdrawn: true };
}
