// One IndexedDB database that may lose its connection: opening, ordered migrations, strict transactions, reopening.
// It knows nothing of what is stored; the layouts stand at the end, one migration each, never changed once released.
import { deleteDB, openDB } from "../vendor/idb.js";
import { signal } from "../vendor/preact.js";
import { ValueError } from "../core/canonical.js";
import { StoreError } from "./errors.js";

const PAUSES = [50, 250, 700];
const PATIENCE_WHEN_BLOCKED = 3000;

/** @typedef {import("../vendor/idb.js").IDBPDatabase<any>} Handle */
/** @typedef {(db: Handle, tx: import("../vendor/idb.js").IDBPTransaction<any, any, "versionchange">) => void} Migration */

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Database {
  /** `open`, or `outdated` once a newer app has asked for the database: then everything but a reload is refused. */
  open = signal(/** @type {"open" | "outdated"} */ ("open"));

  /**
   * @param {string} name
   * @param {Migration[]} migrations the version is their number
   */
  constructor(name, migrations) {
    this.name = name;
    this.migrations = migrations;
    /** @type {Promise<Handle> | null} */
    this.handle = null;
  }

  /** @returns {Promise<Handle>} */
  connect() {
    this.handle ??= this.#connect().catch((error) => {
      this.handle = null;
      throw error;
    });
    return this.handle;
  }

  async #connect() {
    if (this.open.value === "outdated") throw new StoreError("outdated");
    /** @type {(error: StoreError) => void} */
    let giveUp = () => {};
    const refused = new Promise((_, reject) => (giveUp = reject));
    const opening = openDB(this.name, this.migrations.length, {
      upgrade: (db, from, _to, tx) => {
        for (const migration of this.migrations.slice(from)) migration(db, tx);
      },
      blocked: () => setTimeout(() => giveUp(new StoreError("blocked")), PATIENCE_WHEN_BLOCKED),
      blocking: () => {
        this.open.value = "outdated";
        this.close();
      },
      terminated: () => {
        this.handle = null;
      },
    });
    try {
      return /** @type {Handle} */ (await Promise.race([opening, refused]));
    } catch (error) {
      opening.then((db) => db.close(), () => {});
      if (error instanceof DOMException && error.name === "VersionError") throw new StoreError("outdated");
      throw error;
    }
  }

  /**
   * Runs `work` on the database; on a lost connection reopens it and tries again three times, then throws `not-saved`.
   * `work` must therefore have the same effect when it runs twice.
   * @template T
   * @param {(db: Handle) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async use(work) {
    for (let tries = 0; ; tries += 1) {
      try {
        return await work(await this.connect());
      } catch (error) {
        if (error instanceof StoreError || error instanceof ValueError) throw error;
        if (error instanceof DOMException && error.name === "QuotaExceededError") throw new StoreError("no-space");
        if (tries === PAUSES.length) throw new StoreError("not-saved", { cause: String(error) });
        this.close();
        await pause(PAUSES[tries]);
      }
    }
  }

  /**
   * One read-write transaction with durability strict; resolves after it is complete.
   * @template T
   * @param {string[]} stores
   * @param {(tx: import("../vendor/idb.js").IDBPTransaction<any, any, "readwrite">) => Promise<T>} work only awaits requests of this transaction
   * @returns {Promise<T>}
   */
  write(stores, work) {
    return this.use(async (db) => {
      const tx = db.transaction(stores, "readwrite", { durability: "strict" });
      const done = tx.done;
      try {
        const result = await work(tx);
        await done;
        return result;
      } catch (error) {
        done.catch(() => {});
        try {
          tx.abort();
        } catch {
          // already over: the error at hand says more
        }
        throw error;
      }
    });
  }

  /**
   * One read-only transaction, so that everything read belongs to one moment.
   * @template T
   * @param {string[]} stores
   * @param {(tx: import("../vendor/idb.js").IDBPTransaction<any, any, "readonly">) => Promise<T>} work
   * @returns {Promise<T>}
   */
  read(stores, work) {
    return this.use(async (db) => {
      const tx = db.transaction(stores, "readonly");
      const done = tx.done;
      done.catch(() => {});
      const result = await work(tx);
      await done;
      return result;
    });
  }

  close() {
    this.handle?.then((db) => db.close(), () => {});
    this.handle = null;
  }

  async destroy() {
    this.close();
    await deleteDB(this.name);
  }
}

/** This browser: settings and the last person. @type {Migration[]} */
export const BROWSER = [(db) => void db.createObjectStore("settings")];

/** Operations and pulled rows of one person. @type {Migration[]} */
export const PERSON = [
  (db) => {
    db.createObjectStore("self");
    const operations = db.createObjectStore("operations", { keyPath: "n" });
    operations.createIndex("id", "id");
    operations.createIndex("visit", "visit");
    operations.createIndex("record", ["visit", "record", "rest"]);
    operations.createIndex("registers", "registers", { multiEntry: true });
    operations.createIndex("fate", "fate.state");
    db.createObjectStore("links", { keyPath: ["device", "n"] });
    db.createObjectStore("registers", { keyPath: ["side", "visit", "name"] });
    db.createObjectStore("rows", { keyPath: ["side", "set", "id"] });
    db.createObjectStore("digests", { keyPath: ["side", "visit"] });
    db.createObjectStore("drafts");
    db.createObjectStore("aside", { autoIncrement: true });
  },
];

/** Bytes of evidence of one person. @type {Migration[]} */
export const PHOTOS = [
  (db) => {
    const files = db.createObjectStore("files", { keyPath: ["visit", "evidence"] });
    files.createIndex("added", "added");
    files.createIndex("safe", "safe");
    files.createIndex("fault", "fault");
    db.createObjectStore("chunks", { keyPath: ["visit", "evidence", "index"] });
  },
];
