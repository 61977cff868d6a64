// The device side of sync.md, sections 3 and 4: register, push, pull, upload, one cycle at a time. Pure: store, transport, clock and randomness are
// handed in, so that a simulation can run it. It decides by what the server says and never touches a line.
import { ask, Stop } from "./answers.js";
import { uploadAll } from "./upload.js";

/** @typedef {import("./answers.js").Send} Send */
/**
 * What the engine needs of the store (store/store.js).
 * @typedef {object} SyncStore
 * @property {string} person
 * @property {any} queue
 * @property {any} evidence
 * @property {{value: any}} activity
 * @property {{value: any, subscribe(listener: (counts: any) => void): () => void}} counts
 * @property {(asked: {device: string, cursor: string | null, round: number}, page: any) => Promise<"landed" | "stale" | "epoch" | "broken">} land
 * @property {(visits?: string[] | null) => Promise<void>} refresh
 * @property {() => Promise<{operations: number, photos: number}>} held
 */
/**
 * What the engine tells of itself, for the sync bar: `from`, `to` are the numbers being sent, `line` one that stops the queue, `reason` a code for the words.
 * @typedef {{phase: "idle" | "sending", done: number, total: number, from: number, to: number, online: boolean, reached: boolean, nextTry: string | null, reason: string | null,
 *   line: number | null, lastSync: string | null, skew: number | null}} Activity `skew`: ms by which this tablet's clock is before (-) or ahead of the server's
 */
/**
 * @typedef {object} Surroundings
 * @property {SyncStore} store
 * @property {Send} send
 * @property {() => Promise<string | null>} who the person whose session the requests carry, null = nobody; throws when not reached
 * @property {() => number} clock ms
 * @property {() => number} random 0…1
 * @property {{app: string, name: string, platform: string}} about
 * @property {() => Promise<Record<string, unknown>>} [readiness] what the lead wants to know of the tablet (sync.md, devices); told again when it has changed
 */

const LINES = 200;
const BYTES = 1024 * 1024 - 4096;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 60_000;
const RESTARTS = 3;
const ROUNDS = 10_000;

/** Reasons that have words; anything else the server may say is `internal`. */
const REASONS = new Set(["not-reached", "sign-in", "other-user", "poison", "gap", "history", "protocol", "deliver-only"]);

const JSON_HEADERS = { "Content-Type": "application/json", "X-Xingping": "1" };

export class Engine {
  /** @param {Surroundings} surroundings */
  constructor({ store, send, who, clock, random, about, readiness }) {
    this.store = store;
    this.send = send;
    this.who = who;
    this.clock = clock;
    this.random = random;
    this.about = about;
    this.readiness = readiness;
    /** @type {string | null} */
    this.readinessTold = null;
    this.lines = LINES;
    this.failures = 0;
    this.errors500 = 0;
    this.gaps = 0;
    this.restarts = 0;
    /** @type {string | null} what was last said to the server of what is only here */
    this.reported = null;
    /** @type {string | null} why this person pulls nothing */
    this.unpulled = null;
  }

  /**
   * One whole cycle: push, pull, upload, report. Never throws; says in how many ms to try again, null = when something changes.
   * @returns {Promise<{ok: boolean, reason: string | null, wait: number | null}>}
   */
  async cycle() {
    this.restarts = 0;
    this.unpulled = null;
    const { total } = this.store.counts.value;
    this.tell({ done: 0, total, from: 0, to: 0 });
    try {
      await this.#rightPerson();
      await this.#everything();
      this.failures = 0;
      const { pull } = await this.store.queue.state();
      const reason = pull.mismatched.length > 0 ? "digest" : this.unpulled;
      this.tell({ phase: "idle", reached: true, nextTry: null, reason, line: null, lastSync: new Date(this.clock()).toISOString() });
      await this.store.refresh([]);
      return { ok: true, reason, wait: null };
    } catch (error) {
      const { reason, wait: asked, line } = error instanceof Stop && REASONS.has(error.reason) ? error : new Stop("internal");
      const wait = reason === "sign-in" || reason === "other-user" || reason === "protocol" ? null : this.#backOff(asked);
      this.tell({ phase: "idle", reached: reason !== "not-reached", reason, line, nextTry: wait === null ? null : new Date(this.clock() + wait).toISOString() });
      await this.store.refresh([]).catch(() => {});
      return { ok: false, reason, wait };
    }
  }

  async #everything() {
    for (let rounds = 0; rounds < RESTARTS * 2; rounds += 1) {
      await this.push();
      if (await this.#pull()) break;
    }
    await uploadAll(this);
    await this.#report();
    await this.#tellReadiness();
  }

  /** @param {Partial<Activity>} change */
  tell(change) {
    this.store.activity.value = { ...this.store.activity.value, ...change };
  }

  /** Exponential, with jitter between a half and the whole; what the server asks for counts as the least. @param {number | null} asked */
  #backOff(asked) {
    const full = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(this.failures, 10));
    this.failures += 1;
    return Math.max(asked ?? 0, Math.round(full * (0.5 + this.random() / 2)));
  }

  /** Another person's session must neither deliver nor register this store. */
  async #rightPerson() {
    let person;
    try {
      person = await this.who();
    } catch {
      throw new Stop("not-reached");
    }
    if (person === null) throw new Stop("sign-in");
    if (person !== this.store.person) throw new Stop("other-user");
  }

  async #register() {
    const { device } = await this.store.queue.state();
    const readiness = await this.#ready();
    const { status, body } = await ask(this.send, {
      method: "POST", path: "/sync/v1/devices", headers: JSON_HEADERS, body: JSON.stringify({ device: device.id, ...about(this.about), ...(readiness === null ? {} : { readiness }) }),
    });
    if (status === 200 || status === 201) {
      if (typeof body.epoch !== "string" || !Number.isInteger(body.last_n) || typeof body.chain !== "string") throw new Stop("not-reached");
      this.readinessTold = readiness === null ? null : JSON.stringify(readiness);
      await this.#takeOver(device, body);
    } else if (body.code === "other-user") {
      await this.#rightPerson();
      await this.restart(device.id);
    } else throw new Stop(body.code);
  }

  /** @returns {Promise<Record<string, unknown> | null>} */
  async #ready() {
    return this.readiness ? this.readiness().catch(() => null) : null;
  }

  /** Registering may be repeated: that is how a change of readiness is told. */
  async #tellReadiness() {
    const readiness = await this.#ready();
    if (readiness !== null && JSON.stringify(readiness) !== this.readinessTold) await this.#register();
  }

  /**
   * What the server has of this device, where it may be less than before; another epoch means that it was restored.
   * @param {any} device
   * @param {{epoch?: string, last_n: number, chain: string}} said
   */
  async #takeOver(device, { epoch = device.epoch, last_n, chain }) {
    const restored = device.epoch !== null && device.epoch !== epoch;
    if (restored) await this.store.evidence.doubtAll();
    if (!(await this.store.queue.confirm({ device: device.id, epoch, last_n, chain, back: true }))) await this.restart(device.id, { epoch });
    await this.store.refresh(restored ? null : []);
  }

  /**
   * The one rule for every broken history.
   * @param {string} device
   * @param {{aside?: {n: number, why: string} | null, epoch?: string | null}} [how]
   */
  async restart(device, { aside = null, epoch = null } = {}) {
    this.restarts += 1;
    if (this.restarts > RESTARTS) throw new Stop("history");
    await this.store.queue.restart(device, aside, epoch);
    this.gaps = 0;
    await this.store.refresh(null);
  }

  /** Sends every line the server does not have. */
  async push() {
    for (let rounds = 0; rounds < ROUNDS; rounds += 1) {
      const { device } = await this.store.queue.state();
      if (!device.registered || device.epoch === null) {
        await this.#register();
        continue;
      }
      const from = device.confirmed.n + 1;
      const batch = await this.store.queue.batch(from, { lines: this.lines, bytes: BYTES });
      if (batch.device.id !== device.id) continue;
      if (batch.rows.length === 0) {
        if (batch.damaged !== null) await this.restart(device.id, { aside: { n: batch.damaged, why: "damaged" } });
        else if (device.tail.n >= from) await this.restart(device.id);
        else return;
        continue;
      }
      if (batch.prev === null) await this.restart(device.id);
      else await this.#pushBatch(device, from, batch);
    }
  }

  /**
   * @param {any} device
   * @param {number} from
   * @param {{prev: string, rows: Array<{n: number, line: Uint8Array}>}} batch
   */
  async #pushBatch(device, from, { prev, rows }) {
    this.tell({ phase: "sending", from, to: from + rows.length - 1 });
    const { status, body, wait } = await this.#pushLines(device, from, prev, rows);
    if (status === 500) return this.#refusedBy500(rows, wait);
    this.errors500 = 0;
    if (status === 200) {
      if (!Number.isInteger(body.last_n) || typeof body.chain !== "string" || !Array.isArray(body.parked)) throw new Stop("not-reached");
      this.gaps = 0;
      this.lines = Math.min(LINES, this.lines * 2);
      const fits = await this.store.queue.confirm({ device: device.id, epoch: body.epoch, last_n: body.last_n, chain: body.chain, parked: body.parked });
      if (!fits) return this.restart(device.id);
      this.tell({ done: this.store.activity.value.done + rows.length, reached: true, nextTry: null });
      return this.store.refresh(body.parked.length > 0 ? null : []);
    }
    if (body.code === "envelope" || status === 413) return this.#refusedAsItIs(device, from, prev, rows, body.code);
    return this.#refusedPush(device, status, body);
  }

  /** @param {any} device @param {number} from @param {string} prev @param {Array<{line: Uint8Array}>} rows */
  async #pushLines(device, from, prev, rows) {
    const held = await this.store.held();
    const envelope = { device: device.id, epoch: device.epoch, from, count: rows.length, prev, held: { ...held, operations: Math.max(0, held.operations - rows.length) } };
    const before = this.clock();
    const answer = await ask(this.send, { method: "POST", path: "/sync/v1/push", headers: { "Content-Type": "application/x-ndjson", "X-Xingping": "1" }, body: ndjson(envelope, rows) }, { count5xx: true });
    const received = Date.parse(answer.body.received_at);
    if (Number.isFinite(received)) this.tell({ skew: Math.round((before + this.clock()) / 2 - received) });
    return answer;
  }

  /** @param {any} device @param {number} status @param {any} body */
  async #refusedPush(device, status, body) {
    if (status === 409 && body.code === "device") return this.store.queue.unregister();
    if (status === 409 && body.code === "epoch") return this.#takeOver(device, body);
    if (status === 409 && body.code === "fork") return this.restart(device.id);
    if (status === 409 && body.code === "gap") {
      this.gaps += 1;
      if (this.gaps >= 3) {
        this.gaps = 0;
        throw new Stop("gap");
      }
      return this.#takeOver(device, { last_n: body.last_n, chain: body.chain });
    }
    if (status === 403 && body.code === "other-user") {
      await this.#rightPerson();
      return this.restart(device.id);
    }
    throw new Stop(body.code);
  }

  /** An error of the server's own code: three times, then half; one line alone is named and left to its owner. @param {Array<{n: number}>} rows @param {number | null} wait */
  async #refusedBy500(rows, wait) {
    this.errors500 += 1;
    if (this.errors500 < 3) throw new Stop("not-reached", { wait });
    if (rows.length === 1) throw new Stop("poison", { wait, line: rows[0].n });
    this.errors500 = 0;
    this.lines = Math.ceil(rows.length / 2);
    throw new Stop("not-reached", { wait });
  }

  /**
   * Too large or no envelope: half; a single line that still fails is set aside, if an empty push shows that it is the line and not the way.
   * @param {any} device @param {number} from @param {string} prev @param {Array<{n: number, line: Uint8Array}>} rows @param {string} code
   */
  async #refusedAsItIs(device, from, prev, rows, code) {
    if (rows.length > 1) {
      this.lines = Math.ceil(rows.length / 2);
      return undefined;
    }
    const empty = await this.#pushLines(device, from, prev, []);
    if (empty.status !== 200) throw new Stop(empty.status === 500 ? "not-reached" : "protocol", { wait: empty.wait });
    return this.restart(device.id, { aside: { n: rows[0].n, why: code } });
  }

  /** Tells the server how much is still only here, when that has changed. */
  async #report() {
    const { device } = await this.store.queue.state();
    if (!device.registered || device.epoch === null) return;
    const held = JSON.stringify([device.id, await this.store.held()]);
    if (held === this.reported) return;
    const { status } = await this.#pushLines(device, device.confirmed.n + 1, device.confirmed.chain, []);
    if (status === 200) this.reported = held;
  }

  /** Pulls until complete. False: the queue has to be looked at again first. */
  async #pull() {
    let stale = 0;
    for (let rounds = 0; rounds < ROUNDS; rounds += 1) {
      const { device, pull } = await this.store.queue.state();
      if (!device.registered) return false;
      const asked = { device: device.id, cursor: pull.cursor, round: pull.round };
      const query = new URLSearchParams({ device: device.id, ...(pull.cursor === null ? {} : { cursor: pull.cursor }) });
      const { status, body: page } = await ask(this.send, { method: "GET", path: `/sync/v1/pull?${query}` });
      if (status === 403 && (page.code === "no-scope" || page.code === "deliver-only")) {
        this.unpulled = page.code;
        return true;
      }
      if (status === 409 && page.code === "device") {
        await this.store.queue.unregister();
        return false;
      }
      if (status === 403 && page.code === "other-user") {
        await this.#rightPerson();
        await this.restart(device.id);
        return false;
      }
      if (status !== 200) throw new Stop(page.code);
      if (typeof page.cursor !== "string" || !Array.isArray(page.registers) || !Number.isInteger(page.last_n)) throw new Stop("not-reached");
      const landed = await this.store.land(asked, page);
      if (landed === "epoch") {
        await this.#register();
        return false;
      }
      if (landed === "broken") {
        await this.restart(device.id);
        return false;
      }
      if (landed === "stale") {
        stale += 1;
        if (stale > 5) throw new Stop("not-reached");
        continue;
      }
      if (page.more) continue;
      const after = (await this.store.queue.state()).pull;
      if (after.cursor !== null) return true;
    }
    throw new Stop("not-reached");
  }
}

/** The server takes at most 200 characters each. @param {Record<string, string>} words */
const about = (words) => Object.fromEntries(Object.entries(words).map(([name, text]) => [name, text.slice(0, 200)]));

/** @param {Record<string, unknown>} envelope @param {Array<{line: Uint8Array}>} rows */
function ndjson(envelope, rows) {
  const head = new TextEncoder().encode(`${JSON.stringify(envelope)}\n`);
  const body = new Uint8Array(head.length + rows.reduce((sum, row) => sum + row.line.length + 1, 0));
  body.set(head);
  let at = head.length;
  for (const { line } of rows) {
    body.set(line, at);
    at += line.length;
    body[at] = 10;
    at += 1;
  }
  return body;
}
