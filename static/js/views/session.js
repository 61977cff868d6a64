// What all views share while the app is open: the person's store, sync, settings, the last toast, the visit that is open.
import { createContext, signal, untracked, useContext } from "../vendor/preact.js";
import { language, speak, t } from "../ui/texts.js";
import { OpenVisit } from "./open-visit.js";

/** @typedef {import("../store/store.js").Store} Store */
/** @typedef {{now(): unknown, signedIn(): unknown, stop(): unknown}} Sync */
/**
 * A photo on its way into the store.
 * @typedef {{key: string, url: string, file: File, visit: string, clauses: string[], source: "camera" | "file", taken_at: string, place?: Record<string, string> | null, error: string | null}} Incoming
 */

export class Session {
  toast = signal(/** @type {import("../ui/parts.js").Toast | null} */ (null));
  trouble = signal(/** @type {string | null} */ (null));
  incoming = signal(/** @type {Incoming[]} */ ([]));
  showPoints = signal(false);
  keys = signal(true);
  /** Where a photo taken outside a visit's pages belongs. */
  lastVisit = signal(/** @type {string | null} */ (null));
  /** A camera was opened for this place and has not come back. */
  awaited = signal(/** @type {{visit: string, clauses: string[]} | null} */ (null));
  people = signal(/** @type {Map<string, string>} */ (new Map()));
  /** @type {OpenVisit | null} */
  #visit = null;

  /** @param {{store: Store, meta: import("../store/meta.js").Meta, sync: Sync, roles: string[]}} of */
  constructor({ store, meta, sync, roles }) {
    this.store = store;
    this.meta = meta;
    this.sync = sync;
    this.roles = roles;
    this.person = store.person;
  }

  async start() {
    const [points, keys, last, awaited] = await Promise.all(["points", "keys", "visit", "awaited"].map((key) => this.meta.get(`${key} ${this.person}`)));
    this.showPoints.value = points === true;
    this.keys.value = keys !== false;
    this.lastVisit.value = last;
    this.awaited.value = awaited;
    await this.readPeople();
  }

  async readPeople() {
    const rows = await this.store.rows("people");
    this.people.value = new Map(rows.map(({ id, name }) => [id, name]));
  }

  /** @param {string} person */
  nameOf(person) {
    return this.people.value.get(person) ?? (person === this.person ? this.store.name : t("field.colleague"));
  }

  /** A setting of this person on this tablet. @param {"points" | "keys" | "visit" | "awaited"} key @param {any} value */
  async keep(key, value) {
    const holder = { points: this.showPoints, keys: this.keys, visit: this.lastVisit, awaited: this.awaited }[key];
    /** @type {any} */ (holder).value = value;
    await this.meta.set(`${key} ${this.person}`, value);
  }

  /** @param {import("../ui/texts.js").Language} to */
  async speak(to) {
    speak(to);
    await this.meta.set("language", to);
  }

  /** @param {string} words @param {(() => void) | null} [undo] */
  say(words, undo = null) {
    this.toast.value = { words, undo, since: performance.now() };
  }

  /** The open visit; one at a time, kept while its pages are walked. @param {string} id */
  visitOf(id) {
    if (this.#visit?.id !== id) {
      this.#visit?.close();
      this.#visit = untracked(() => new OpenVisit(this, id));
    }
    return this.#visit;
  }

  get language() {
    return language.value;
  }
}

export const Here = createContext(/** @type {Session} */ (/** @type {unknown} */ (null)));
export const useSession = () => useContext(Here);
