// One visit on the screen: what is shown, with what was just tapped laid over it until the store has confirmed.
// "Saved" is only ever said after the store's transaction is complete.
import { verdict } from "../core/merge.js";
import { StoreError } from "../store/store.js";
import { computed, effect, signal } from "../vendor/preact.js";
import { t } from "../ui/texts.js";
import { nextOpen, photosByClause, rowsOf } from "./checklist.js";

/** @typedef {import("../store/store.js").RecordShown} RecordShown */
/** @typedef {"none" | "saving" | "slow" | "saved" | "failed"} Status */

const SLOW = 2000;
const AGAIN = 2000;
const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class OpenVisit {
  /** undefined: not read yet · null: not on this tablet @type {import("../vendor/preact.js").Signal<import("../store/store.js").VisitShown | null | undefined>} */
  shown = signal(undefined);
  records = signal(/** @type {Map<string, RecordShown>} */ (new Map()));
  fates = signal(/** @type {Map<string, {fate: string, sent: number, total: number, code: string | null}>} */ (new Map()));
  criteria = signal(/** @type {any[]} */ ([]));
  carriedOver = signal(/** @type {any[]} */ ([]));
  status = signal(/** @type {Map<string, Status>} */ (new Map()));
  rows = computed(() => (this.shown.value ? rowsOf(this.shown.value, this.records.value, this.session.person) : []));
  photos = computed(() => photosByClause(this.records.value));
  /** @type {Map<string, RecordShown>} what the store last said */
  #base = new Map();
  /** @type {Map<string, Record<string, any>[]>} tapped, not confirmed */
  #pending = new Map();
  /** @type {Map<string, Promise<unknown>>} */
  #turns = new Map();
  #busy = 0;
  #round = 0;
  #stale = false;

  /** @param {import("./session.js").Session} session @param {string} id */
  constructor(session, id) {
    this.session = session;
    this.id = id;
    let first = true;
    this.close = effect(() => {
      const { visits } = session.store.changes.value;
      if (first || visits === null || visits.includes(id)) void this.read().catch(() => {});
      first = false;
    });
  }

  async read() {
    const round = ++this.#round;
    const { store } = this.session;
    const [shown, records, fates] = await Promise.all([store.visit(this.id), store.records(this.id), store.photoFates(this.id)]);
    const [criteria, carriedOver] = await Promise.all([store.rows("criteria"), store.rows("carried_over")]);
    if (round !== this.#round) return;
    if (this.#busy > 0) {
      this.#stale = true; // read in the middle of a save: what it found may be older than what is confirmed next
      return;
    }
    this.#base = records;
    this.shown.value = shown;
    this.fates.value = fates;
    this.criteria.value = criteria.filter(({ evaluation }) => evaluation === shown?.visit.evaluation);
    this.carriedOver.value = carriedOver.filter(({ evaluation, site }) => evaluation === shown?.visit.evaluation && site === shown?.visit.site);
    this.#show();
  }

  /** @param {string} record @param {string} rest @returns {RecordShown} */
  record(record, rest) {
    return this.records.value.get(`${record}/${rest}`) ?? this.session.store.blank(this.id, record, rest);
  }

  /** This person's present value of a field; null when there is none. @param {string} record @param {string} rest @param {string} name */
  own(record, rest, name) {
    return this.records.value.get(`${record}/${rest}`)?.fields[name]?.own ?? null;
  }

  /**
   * Shows at once, saves in turn. Resolves when the store has it; a save that is lost is tried again for as long as the page lives.
   * @param {string} record @param {string} rest @param {Record<string, any>} set @param {string} [draft] dropped with the save
   */
  save(record, rest, set, draft) {
    const key = `${record}/${rest}`;
    this.#pending.set(key, [...(this.#pending.get(key) ?? []), set]);
    this.#show();
    return this.#inTurn(key, async () => {
      try {
        const shown = this.#base.get(key) ?? this.session.store.blank(this.id, record, rest);
        const saved = await this.#stubborn(key, () => this.session.store.save({ shown, set, draft }));
        if (saved.op === null && draft !== undefined) await this.session.store.dropDraft(draft);
        this.#base.set(key, saved.shown);
        return saved.op;
      } finally {
        this.#pending.set(key, (this.#pending.get(key) ?? []).slice(1));
      }
    });
  }

  /** Takes back this person's last operation on the record. @param {string} record @param {string} rest */
  undo(record, rest) {
    const key = `${record}/${rest}`;
    return this.#inTurn(key, async () => {
      const saved = await this.#stubborn(key, () => this.session.store.undo(this.id, record, rest));
      if (saved) this.#base.set(key, saved.shown);
      return saved?.op ?? null;
    });
  }

  /** @param {string} clause the one being looked at */
  next(clause) {
    return nextOpen(this.rows.value, clause);
  }

  /** @template T @param {string} key @param {() => Promise<T>} work @returns {Promise<T>} */
  #inTurn(key, work) {
    this.#busy += 1;
    this.#say(key, "saving");
    const late = setTimeout(() => this.#say(key, "slow"), SLOW);
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(work).then((done) => {
      this.#say(key, "saved");
      return done;
    }, (error) => {
      this.#say(key, "failed");
      this.session.trouble.value = error instanceof StoreError ? error.code : "not-saved";
      throw error;
    }).finally(() => {
      clearTimeout(late);
      this.#busy -= 1;
      this.#show();
      if (this.#busy === 0 && this.#stale) {
        this.#stale = false;
        void this.read();
      }
    });
    this.#turns.set(key, turn.catch(() => {}));
    return turn;
  }

  /** @template T @param {string} key @param {() => Promise<T>} work @returns {Promise<T>} */
  async #stubborn(key, work) {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StoreError) || (error.code !== "not-saved" && error.code !== "no-space")) throw error;
        this.#say(key, "failed");
        await pause(AGAIN);
      }
    }
  }

  /** @param {string} key @param {Status} status */
  #say(key, status) {
    this.status.value = new Map(this.status.value).set(key, status);
  }

  #show() {
    const records = new Map(this.#base);
    for (const [key, sets] of this.#pending) {
      if (sets.length === 0) continue;
      const slash = key.indexOf("/");
      const blank = this.session.store.blank(this.id, key.slice(0, slash), key.slice(slash + 1));
      records.set(key, sets.reduce((/** @type {RecordShown} */ shown, set) => withTap(shown, set, this.session.person), records.get(key) ?? blank));
    }
    this.records.value = records;
  }
}

/**
 * A record as it will look once the tap is saved.
 * @param {RecordShown} shown @param {Record<string, any>} set @param {string} person
 * @returns {RecordShown}
 */
function withTap(shown, set, person) {
  const fields = { ...shown.fields };
  for (const [name, value] of Object.entries(set)) {
    const heads = (fields[name]?.heads ?? []).filter((head) => !head.own);
    const tapped = { op: "", person, device: "", at: "", value, reason: null, own: true, here: true };
    const said = verdict([...heads, tapped]);
    fields[name] = { state: said.state, value: said.state === "agreed" ? said.value : undefined, own: value, heads: [...heads, tapped], here: true };
  }
  return { ...shown, fields };
}

const TROUBLES = ["not-saved", "no-space", "no-space-photo", "too-large", "malformed", "cannot-undo", "bytes-damaged"];

/** The words of a code of the store. @param {string} code */
export const troubleWords = (code) => (TROUBLES.includes(code) ? t(`field.trouble.${code}`) : t("field.trouble.unknown", { code }));
