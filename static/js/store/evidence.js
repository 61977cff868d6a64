// Bytes of evidence, in a database of their own so that photos can never crowd out answers: hashed ArrayBuffer chunks (WebKit loses Blobs),
// read back before anything is said. Bytes go only when the server has them safe and space is short.
import { toHex } from "../core/chain.js";
import { sha256 } from "../vendor/sha256.js";
import { StoreError } from "./errors.js";

const CHUNK = 512 * 1024;

/**
 * A file as it stands on this tablet. `set` is what its operation says beside hash and size; `op` the operation once written.
 * @typedef {{visit: string, evidence: string, sha256: string, bytes: number, mediaType: string, added: string, chunks: number, held: boolean, set: Record<string, any>,
 *   op: string | null, safe: 0 | 1, sent: number, upload: string | null, fault: string | null}} FileRow
 */

/** @param {string} visit @param {string} evidence */
const chunksOf = (visit, evidence) => IDBKeyRange.bound([visit, evidence], [visit, evidence, []]);

export class Evidence {
  /** @param {import("./database.js").Database} database */
  constructor(database) {
    this.database = database;
  }

  /**
   * Keeps bytes: hash first, chunks, read back, compare. Resolves with the row; throws `no-space` or `bytes-damaged` with nothing left behind.
   * @param {{visit: string, evidence: string, bytes: ArrayBuffer, set: Record<string, any>, added: string}} file
   * @returns {Promise<FileRow>}
   */
  async keep({ visit, evidence, bytes, set, added }) {
    const whole = new Uint8Array(bytes);
    const count = Math.ceil(whole.length / CHUNK);
    /** @type {FileRow} */
    const row = {
      visit, evidence, sha256: await this.hashApart(whole), bytes: whole.length, mediaType: set.media_type, added, chunks: count, held: true, set,
      op: null, safe: 0, sent: 0, upload: null, fault: null,
    };
    await this.roomFor(() => this.database.write(["files", "chunks"], async (tx) => {
      for (let index = 0; index < count; index += 1) {
        await tx.objectStore("chunks").put({ visit, evidence, index, bytes: bytes.slice(index * CHUNK, (index + 1) * CHUNK) });
      }
      await tx.objectStore("files").put(row);
    }));
    const back = await this.read(visit, evidence);
    if (back === null || (await this.hashApart(back)) !== row.sha256) {
      await this.forget(visit, evidence);
      throw new StoreError("bytes-damaged");
    }
    return row;
  }

  /**
   * The bytes, or null when they are not (or no longer) on this tablet.
   * @param {string} visit
   * @param {string} evidence
   * @returns {Promise<Uint8Array<ArrayBuffer> | null>}
   */
  read(visit, evidence) {
    return this.database.read(["files", "chunks"], async (tx) => {
      const row = /** @type {FileRow | undefined} */ (await tx.objectStore("files").get([visit, evidence]));
      if (!row?.held) return null;
      const whole = new Uint8Array(row.bytes);
      let at = 0;
      for (const chunk of await tx.objectStore("chunks").getAll(chunksOf(visit, evidence))) {
        if (at + chunk.bytes.byteLength > whole.length) return null;
        whole.set(new Uint8Array(chunk.bytes), at);
        at += chunk.bytes.byteLength;
      }
      return at === whole.length ? whole : null;
    });
  }

  /** @param {Uint8Array} bytes */
  rawHash(bytes) {
    return sha256(bytes);
  }

  /** @param {Uint8Array} bytes @returns {string} in hex */
  hash(bytes) {
    return toHex(sha256(bytes));
  }

  /** The same beside the page's own work, for bytes that no transaction waits for. @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<string>} */
  async hashApart(bytes) {
    return globalThis.crypto?.subtle ? toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))) : this.hash(bytes);
  }

  /** @returns {Promise<FileRow[]>} oldest first */
  files() {
    return this.database.read(["files"], (tx) => tx.objectStore("files").index("added").getAll());
  }

  /** Those that the server does not have safe. @returns {Promise<FileRow[]>} */
  unsafe() {
    return this.database.read(["files"], (tx) => tx.objectStore("files").index("safe").getAll(0));
  }

  /** How many are not safe yet, and how many cannot be sent because their bytes are wrong. */
  counts() {
    return this.database.read(["files"], async (tx) => ({ unsafe: await tx.objectStore("files").index("safe").count(0), damaged: await tx.objectStore("files").index("fault").count() }));
  }

  /** @param {string} visit @param {string} evidence @returns {Promise<FileRow | null>} */
  async file(visit, evidence) {
    return (await this.database.read(["files"], (tx) => tx.objectStore("files").get([visit, evidence]))) ?? null;
  }

  /**
   * @param {string} visit
   * @param {string} evidence
   * @param {Partial<FileRow>} change
   */
  mark(visit, evidence, change) {
    return this.database.write(["files"], async (tx) => {
      const row = await tx.objectStore("files").get([visit, evidence]);
      if (row) await tx.objectStore("files").put({ ...row, ...change });
    });
  }

  /** After a restore nothing counts as safe until the server has said so again. */
  doubtAll() {
    return this.database.write(["files"], async (tx) => {
      for (const row of await tx.objectStore("files").getAll()) if (row.safe) await tx.objectStore("files").put({ ...row, safe: 0, sent: 0, upload: null });
    });
  }

  /** @param {string} visit @param {string} evidence */
  forget(visit, evidence) {
    return this.database.write(["files", "chunks"], async (tx) => {
      await tx.objectStore("files").delete([visit, evidence]);
      await tx.objectStore("chunks").delete(chunksOf(visit, evidence));
    });
  }

  /**
   * Runs `write`; when space is short lets go of the oldest bytes that the server has safe, one file after the other.
   * @template T
   * @param {() => Promise<T>} write
   * @returns {Promise<T>}
   */
  async roomFor(write) {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== "no-space") throw error;
        await this.makeRoom(1);
      }
    }
  }

  /** Lets go of the oldest bytes that the server has safe until so many are free; throws `no-space` when there are not enough, with nothing let go. @param {number} needed */
  async makeRoom(needed) {
    const spare = (await this.files()).filter((row) => row.safe && row.held);
    if (spare.reduce((sum, row) => sum + row.bytes, 0) < needed) throw new StoreError("no-space");
    for (let row = spare.shift(), left = needed; row && left > 0; left -= row.bytes, row = spare.shift()) {
      const gone = { ...row, held: false };
      await this.database.write(["files", "chunks"], async (tx) => {
        await tx.objectStore("chunks").delete(chunksOf(gone.visit, gone.evidence));
        await tx.objectStore("files").put(gone);
      });
    }
  }
}
