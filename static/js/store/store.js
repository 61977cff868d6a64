// The store of one person on this tablet: what views build on (README.md), and what the sync engine is handed.
// It joins queue, pulled rows, evidence and outbox; it never talks to a network.
import { FIELDS, uuid7 } from "../core/operations.js";
import { batch as together, computed, signal } from "../vendor/preact.js";
import { Database, PERSON, PHOTOS } from "./database.js";
import { StoreError } from "./errors.js";
import { Evidence } from "./evidence.js";
import { barOf, exportFile, NOTHING, outboxOf, photoFate, QUIET } from "./outbox.js";
import { landPage, registersOf, rowOf, rowsOf } from "./pulled.js";
import { lastToUndo, Queue, undoing } from "./queue.js";
import { afterSave, field, isParked, recordsShown } from "./shown.js";

export { openMeta } from "./meta.js";
export { field, StoreError };

/** @typedef {import("./shown.js").RecordShown} RecordShown */
/** @typedef {import("./shown.js").OperationRow} OperationRow */
/** @typedef {import("./outbox.js").Activity} Activity */
/** @typedef {{id: string, visit: any, evaluation: any, site: any, scheme: any, part: any, writable: boolean, closed: string | null}} VisitShown */
/** @typedef {{visit: string, bytes: ArrayBuffer, media_type: string, taken_at: string, place: Record<string, any> | null, source: string, attached_to: string[], kind: string, caption: string, original: {sha256: string, bytes: number} | null}} NewEvidence */
/** @typedef {{clock: () => number, random: (bytes: Uint8Array) => Uint8Array}} Surroundings */

const PERSIST_PATIENCE = 5000;
/** Room that photos leave for answers: some ten thousand of them. */
const RESERVE = 16 * 1024 * 1024;

/** @type {Surroundings} */
const BROWSER = { clock: () => Date.now(), random: (bytes) => crypto.getRandomValues(/** @type {Uint8Array<ArrayBuffer>} */ (bytes)) };

/**
 * @param {{tenant: string, person: string, name: string}} who
 * @param {Surroundings} [surroundings] of a simulation
 * @returns {Promise<Store>}
 */
export async function openStore(who, surroundings = BROWSER) {
  const store = new Store(who, surroundings);
  await store.start();
  return store;
}

export class Store {
  changes = signal({ count: 0, visits: /** @type {string[] | null} */ (null) });
  counts = signal(NOTHING);
  /** Why the last save was not kept: not-saved or no-space; null once one is. */
  notSaved = signal(/** @type {string | null} */ (null));
  update = signal(false);
  activity = signal(QUIET);
  #saves = 0;
  #pull = signal(/** @type {import("./queue.js").Pull | null} */ (null));
  bar = computed(() => barOf({ counts: this.counts.value, activity: this.activity.value, pull: this.#pull.value, notSaved: this.notSaved.value, update: this.update.value }));

  /** @param {{tenant: string, person: string, name: string}} who @param {Surroundings} surroundings */
  constructor({ tenant, person, name }, { clock, random }) {
    this.tenant = tenant;
    this.person = person;
    this.name = name;
    const base = `xingping-${tenant}-${person}`;
    this.database = new Database(base, PERSON);
    this.evidence = new Evidence(new Database(`${base}-photos`, PHOTOS));
    this.newId = () => uuid7(clock(), random);
    this.now = () => new Date(clock()).toISOString();
    this.queue = new Queue(this.database, { person, newId: this.newId, clock: this.now });
    this.open = this.database.open;
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(base);
    if (this.channel) this.channel.onmessage = ({ data }) => void this.#changed(data, false).catch(() => {});
    // In Node an open channel would keep the process alive.
    /** @type {any} */ (this.channel)?.unref?.();
  }

  async start() {
    await this.queue.ready();
    await this.#finishEvidence();
    await this.refresh();
  }

  /** @param {string} set @returns {Promise<any[]>} */
  rows(set) {
    return this.database.read(["self", "rows"], async (tx) => rowsOf(tx, (await tx.objectStore("self").get("pull")).side, set));
  }

  /** @param {string} set @param {string} id @returns {Promise<any>} */
  row(set, id) {
    return this.database.read(["self", "rows"], async (tx) => rowOf(tx, (await tx.objectStore("self").get("pull")).side, set, id));
  }

  /** @returns {Promise<VisitShown[]>} */
  async visits() {
    const sets = await this.database.read(["self", "rows", "operations"], async (tx) => {
      const { side } = await tx.objectStore("self").get("pull");
      const visits = await rowsOf(tx, side, "visits");
      return { visits, left: await submissionsOf(tx, visits.map(({ id }) => id)), evaluations: await rowsOf(tx, side, "evaluations"), sites: await rowsOf(tx, side, "sites"), schemes: await rowsOf(tx, side, "schemes") };
    });
    /** @param {any[]} list @param {string} id */
    const find = (list, id) => list.find((row) => row.id === id) ?? null;
    return sets.visits.map((visit) => this.#visitShown(visit, find(sets.evaluations, visit.evaluation), find(sets.sites, visit.site), find(sets.schemes, visit.scheme), sets.left));
  }

  /** @param {string} id @returns {Promise<VisitShown | null>} */
  visit(id) {
    return this.database.read(["self", "rows", "operations"], async (tx) => {
      const { side } = await tx.objectStore("self").get("pull");
      const visit = await rowOf(tx, side, "visits", id);
      if (!visit) return null;
      return this.#visitShown(visit, await rowOf(tx, side, "evaluations", visit.evaluation), await rowOf(tx, side, "sites", visit.site), await rowOf(tx, side, "schemes", visit.scheme), await submissionsOf(tx, [id]));
    });
  }

  /** @param {any} visit @param {any} evaluation @param {any} site @param {any} scheme @param {Set<string>} left this person's submissions @returns {VisitShown} */
  #visitShown(visit, evaluation, site, scheme, left) {
    const part = visit.parts.find((/** @type {any} */ one) => one.person === this.person) ?? null;
    const closed = visit.frozen ? "frozen" : part === null ? "not-on-visit" : part.state === "closed" ? "visit-closed" : part.state === "submitted" || left.has(`${visit.id}/${this.person}/${part.round}`) ? "submitted" : null;
    return { id: visit.id, visit, evaluation, site, scheme: scheme?.scheme ?? null, part, writable: closed === null, closed };
  }

  /**
   * @param {string} visit
   * @param {string} [record] only this kind
   * @returns {Promise<Map<string, RecordShown>>} by "record/rest"
   */
  async records(visit, record) {
    const all = await this.database.read(["self", "registers", "operations"], async (tx) => {
      const self = tx.objectStore("self");
      const device = await self.get("device");
      const pull = await self.get("pull");
      const registers = await registersOf(tx, pull.side, visit);
      const operations = await tx.objectStore("operations").index("visit").getAll(visit);
      return recordsShown({ person: this.person, device: device.id, lastN: pull.lastN, registers, operations });
    });
    return record === undefined ? all : new Map([...all].filter(([, shown]) => shown.record === record));
  }

  /** @param {string} visit @param {string} record @param {string} rest @returns {Promise<RecordShown>} */
  async record(visit, record, rest) {
    return (await this.records(visit)).get(`${record}/${rest}`) ?? this.blank(visit, record, rest);
  }

  /** @param {string} visit @param {string} record @param {string} rest @returns {RecordShown} */
  blank(visit, record, rest) {
    return { visit, record, rest, fields: {} };
  }

  /**
   * @param {{shown: RecordShown, set: Record<string, any>, settlement?: string, undoes?: number, draft?: string}} save
   * @returns {Promise<{op: string | null, n: number | null, shown: RecordShown}>}
   */
  async save(save) {
    try {
      const written = await this.evidence.roomFor(() => this.queue.append(save));
      this.notSaved.value = null;
      if (written === null) return { op: null, n: null, shown: save.shown };
      const { row, device } = written;
      this.#counted(row, device);
      return { op: row.id, n: row.n, shown: afterSave(save.shown, row, { person: this.person, device: device.id }) };
    } catch (error) {
      if (error instanceof StoreError && (error.code === "not-saved" || error.code === "no-space")) this.notSaved.value = error.code;
      if (error instanceof Error && error.name === "ValueError") throw new StoreError(/** @type {any} */ (error).code);
      throw error;
    }
  }

  /** @param {string} visit @param {Record<string, string>} left reasons by clause */
  async submit(visit, left) {
    const part = (await this.visit(visit))?.part;
    if (!part) throw new StoreError("not-on-visit");
    return this.save({ shown: await this.record(visit, "submission", `${this.person}/${part.round}`), set: { done: { left } } });
  }

  /** @param {string} visit @param {string} record @param {string} rest */
  async undo(visit, record, rest) {
    const row = lastToUndo(await this.#ownOn(visit, record, rest));
    if (row === null) return null;
    return this.save({ shown: await this.record(visit, record, rest), set: undoing(row, FIELDS[record]), undoes: row.n });
  }

  /** @param {string} visit @param {string} record @param {string} rest */
  async history(visit, record, rest) {
    const rows = await this.#ownOn(visit, record, rest);
    const undone = new Set(rows.map((row) => row.undoes));
    return rows.map((row) => ({ n: row.n, op: row.id, at: row.at, set: row.set, undone: undone.has(row.n) }));
  }

  /** @param {string} visit @param {string} record @param {string} rest @returns {Promise<OperationRow[]>} */
  #ownOn(visit, record, rest) {
    return this.database.read(["operations"], (tx) => tx.objectStore("operations").index("record").getAll([visit, record, rest]));
  }

  /** @param {NewEvidence} photo @returns {Promise<{evidence: string, sha256: string, op: string | null}>} */
  async addEvidence({ visit, bytes, ...set }) {
    const evidence = this.newId();
    const { free } = await this.space();
    if (free !== null && free < bytes.byteLength + RESERVE) await this.evidence.makeRoom(bytes.byteLength + RESERVE - free);
    const file = await this.evidence.keep({ visit, evidence, bytes, set, added: this.now() });
    let op;
    try {
      op = await this.#describe(file);
    } catch (error) {
      // Bytes without their operation would be refused to the person and yet sent at the next start.
      await this.evidence.forget(visit, evidence).catch(() => {});
      this.notSaved.value = null;
      throw error;
    }
    await this.#after([visit]);
    return { evidence, sha256: file.sha256, op };
  }

  /** Writes the operation of kept bytes. @param {import("./evidence.js").FileRow} file */
  async #describe(file) {
    const { op } = await this.save({ shown: this.blank(file.visit, "evidence", file.evidence), set: { sha256: file.sha256, bytes: file.bytes, ...file.set } });
    await this.evidence.mark(file.visit, file.evidence, { op });
    return op;
  }

  /** Bytes whose operation was cut off by a crash, or is gone because the tablet was put back to an earlier day, get it now. */
  async #finishEvidence() {
    for (const file of await this.evidence.files()) {
      // What a server refused may be taken by a later one; wrong bytes stay wrong.
      if (file.fault !== null && file.fault !== "bytes-damaged") await this.evidence.mark(file.visit, file.evidence, { fault: null });
      if (file.safe || (file.op !== null && (await this.queue.holds(file.op)))) continue;
      const [row] = await this.#ownOn(file.visit, "evidence", file.evidence);
      if (row) await this.evidence.mark(file.visit, file.evidence, { op: row.id });
      else await this.#describe(file);
    }
  }

  /** A photo whose bytes can never be sent: withdrawn where that may still be said, its bytes let go, so that it holds up nothing. @param {string} visit @param {string} evidence */
  async giveUp(visit, evidence) {
    if ((await this.visit(visit))?.writable) await this.save({ shown: await this.record(visit, "evidence", evidence), set: { withdrawn: true } });
    await this.evidence.forget(visit, evidence);
    await this.#after([visit]);
  }

  /** @param {string} visit @param {string} evidence */
  async photo(visit, evidence) {
    const file = await this.evidence.file(visit, evidence);
    const bytes = file?.held ? await this.evidence.read(visit, evidence) : null;
    if (!file || !bytes) return null;
    return { bytes, mediaType: file.mediaType, sha256: file.sha256, ...(await this.photoFates(visit)).get(evidence) };
  }

  /** @param {string} visit @returns {Promise<Map<string, {fate: import("./outbox.js").Fate, sent: number, total: number, code: string | null}>>} */
  async photoFates(visit) {
    const { operations, device, pull } = await this.database.read(["self", "operations"], async (tx) => ({
      operations: /** @type {OperationRow[]} */ (await tx.objectStore("operations").index("visit").getAll(visit)),
      device: await tx.objectStore("self").get("device"), pull: await tx.objectStore("self").get("pull"),
    }));
    const byId = new Map(operations.map((row) => [row.id, row]));
    const files = (await this.evidence.files()).filter((file) => file.visit === visit);
    return new Map(files.map((file) => [file.evidence, photoFate(file, byId.get(file.op ?? ""), { device, pull, activity: this.activity.value })]));
  }

  /** @param {string} key @param {string} text */
  async keepDraft(key, text) {
    await this.database.write(["drafts"], (tx) => tx.objectStore("drafts").put({ text, at: this.now() }, key));
  }

  /** @param {string} key @returns {Promise<string | null>} */
  async draft(key) {
    return (await this.database.read(["drafts"], (tx) => tx.objectStore("drafts").get(key)))?.text ?? null;
  }

  /** @param {string} key */
  async dropDraft(key) {
    await this.database.write(["drafts"], (tx) => tx.objectStore("drafts").delete(key));
  }

  /** What of each visit has not reached the server, and what of it is parked there: without reading what is settled. @returns {Promise<Map<string, {unsent: number, parked: number}>>} */
  async waiting() {
    const { unsent, parked } = await this.database.read(["self", "operations"], async (tx) => {
      const { confirmed } = await tx.objectStore("self").get("device");
      const operations = tx.objectStore("operations");
      return {
        unsent: /** @type {OperationRow[]} */ (await operations.getAll(IDBKeyRange.lowerBound(confirmed.n, true))),
        parked: /** @type {OperationRow[]} */ (await operations.index("fate").getAll("parked")),
      };
    });
    const by = new Map();
    const count = (/** @type {string} */ visit, /** @type {"unsent" | "parked"} */ what) => {
      const now = by.get(visit) ?? { unsent: 0, parked: 0 };
      by.set(visit, { ...now, [what]: now[what] + 1 });
    };
    for (const { visit } of [...unsent, ...(await this.evidence.unsafe())]) count(visit, "unsent");
    for (const { visit } of parked) count(visit, "parked");
    return by;
  }

  /** @returns {Promise<{operations: OperationRow[], aside: any[], device: import("./queue.js").Device, pull: import("./queue.js").Pull}>} */
  #everything() {
    return this.database.read(["self", "operations", "aside"], async (tx) => ({
      operations: await tx.objectStore("operations").getAll(), aside: await tx.objectStore("aside").getAll(),
      device: await tx.objectStore("self").get("device"), pull: await tx.objectStore("self").get("pull"),
    }));
  }

  async outbox() {
    return outboxOf({ ...(await this.#everything()), files: await this.evidence.files(), activity: this.activity.value });
  }

  async exportQueue() {
    const of = { ...(await this.#everything()), files: await this.evidence.files(), tenant: this.tenant, person: this.person, at: this.now() };
    return exportFile(of, (visit, evidence) => this.evidence.read(visit, evidence));
  }

  /** @param {number} n */
  async setAside(n) {
    const { device } = await this.queue.state();
    await this.queue.restart(device.id, { n, why: "poison" });
    await this.#after(null);
  }

  /** Counts everything again and tells views, other tabs included. @param {string[] | null} [visits] */
  async refresh(visits = null) {
    await this.#after(visits);
  }

  /** A save tells by itself what it changed: "saved" need not wait for a count. @param {OperationRow} row @param {import("./queue.js").Device} device as it stands after it */
  #counted(row, device) {
    const operations = device.tail.n - device.confirmed.n;
    const now = this.counts.value;
    this.#saves += 1;
    together(() => {
      this.counts.value = { ...now, operations, total: operations + now.photos, unpulled: Math.max(0, device.tail.n - (this.#pull.value?.lastN ?? 0)), last: row.at };
      this.changes.value = { count: this.changes.value.count + 1, visits: [row.visit] };
    });
    this.channel?.postMessage([row.visit]);
  }

  /** @param {string[] | null} visits */
  async #after(visits) {
    await this.#changed(visits, true);
  }

  /** @param {string[] | null} visits @param {boolean} tell @returns {Promise<void>} */
  async #changed(visits, tell) {
    const saves = this.#saves;
    const { pull, device, parked, aside, last } = await this.database.read(["self", "operations", "aside"], async (tx) => ({
      pull: await tx.objectStore("self").get("pull"), device: await tx.objectStore("self").get("device"),
      parked: await tx.objectStore("operations").index("fate").count("parked"), aside: await tx.objectStore("aside").count(),
      last: (await tx.objectStore("operations").openCursor(null, "prev"))?.value.at ?? null,
    }));
    const { unsafe, damaged } = await this.evidence.counts();
    // A save that came in between has told more than was read before it.
    if (saves !== this.#saves) return this.#changed(visits, tell);
    const operations = device.tail.n - device.confirmed.n;
    together(() => {
      this.counts.value = { operations, photos: unsafe, total: operations + unsafe, unpulled: Math.max(0, device.tail.n - pull.lastN), parked, aside, damaged, last };
      this.#pull.value = pull;
      this.changes.value = { count: this.changes.value.count + 1, visits };
    });
    if (tell) this.channel?.postMessage(visits);
  }

  /** @param {{device: string, cursor: string | null, round: number}} asked @param {import("./pulled.js").Page} page */
  async land(asked, page) {
    const landed = await landPage(this.database, asked, page, this.now());
    if (landed === "landed") await this.#after(page.reset || Object.keys(page.sets).length > 0 ? null : [...new Set(page.registers.map(({ visit }) => visit))]);
    return landed;
  }

  /** What is only here, freshly counted. */
  async held() {
    const { device } = await this.queue.state();
    return { operations: device.tail.n - device.confirmed.n, photos: (await this.evidence.counts()).unsafe };
  }

  /** What the browser says of its room and whether it may clear it by itself; null where it says nothing. @returns {Promise<{persisted: boolean | null, usage: number | null, free: number | null}>} */
  async space() {
    const storage = globalThis.navigator?.storage;
    const { usage, quota } = (await storage?.estimate?.().catch(() => undefined)) ?? {};
    return {
      persisted: (await storage?.persisted?.().catch(() => null)) ?? null, usage: usage ?? null,
      free: quota === undefined ? null : Math.max(0, quota - (usage ?? 0)),
    };
  }

  /** How many operations were written here. */
  async written() {
    return (await this.queue.state()).device.tail.n;
  }

  /** Looks at every line and its chain: for a page that somebody opens to ask, not for one that is drawn again with each save. */
  async health() {
    return { ...(await this.space()), operations: await this.written(), last: this.counts.value.last, broken: await this.queue.broken() };
  }

  /** Asked on a tap only; null when the browser does not answer. @returns {Promise<boolean | null>} */
  askPersist() {
    const storage = globalThis.navigator?.storage;
    if (!storage?.persist) return Promise.resolve(null);
    return Promise.race([storage.persist().catch(() => null), new Promise((resolve) => setTimeout(() => resolve(null), PERSIST_PATIENCE))]);
  }

  async wipe() {
    this.channel?.close();
    await this.database.destroy();
    await this.evidence.database.destroy();
  }

  close() {
    this.channel?.close();
    this.database.close();
    this.evidence.database.close();
  }
}

/**
 * Keys of this tablet's submissions that stand or will stand: the part they name is locked here at once, not only when the server has said so.
 * @param {any} tx
 * @param {string[]} visits
 * @returns {Promise<Set<string>>}
 */
async function submissionsOf(tx, visits) {
  const index = tx.objectStore("operations").index("record");
  const found = await Promise.all(visits.map((visit) => index.getAll(IDBKeyRange.bound([visit, "submission"], [visit, "submission", []]))));
  return new Set(/** @type {OperationRow[]} */ (found.flat()).filter((row) => !isParked(row)).map((row) => `${row.visit}/${row.rest}`));
}
