// When the engine runs in a browser: at start, after each save (debounced), on `online`, when the page becomes visible, every minute, by button,
// and at the time the engine asked for; one tab at a time. Also the transport: fetch with the browser's own session.
import { Engine } from "./engine.js";

/** @typedef {import("./engine.js").SyncStore} SyncStore */

const DEBOUNCE = 1500;
/** Somebody who answers without a pause is still heard of: the debounce never puts it off longer. */
const LONGEST_DEBOUNCE = 6000;
const MINUTE = 60_000;
const PATIENCE = 120_000;
const OTHER_TAB = 5000;
const WORTH_PACKING = 1024;

/**
 * Starts syncing a store. `who` says whose session the browser has at this moment (null: nobody, throws: not reached); the default asks `/field/me`.
 * @param {{store: SyncStore & {tenant: string, channel: unknown}, app: string, name: string, platform: string, who?: () => Promise<string | null>, readiness?: () => Promise<Record<string, unknown>>}} options
 */
export function startSync({ store, app, name, platform, who = () => whoAsks(store.tenant), readiness }) {
  const engine = new Engine({ store, send: sendByFetch, who, clock: Date.now, random: Math.random, about: { app, name, platform }, readiness });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let running = false;
  let again = false;
  let stopped = false;
  let made = store.counts.value.operations;
  /** Set while the server asked for time or was not reached: only a person, `online` and the timer itself go before it. */
  let notBefore = 0;

  /** When the first save was made that no cycle has looked at, on a clock that nobody sets. */
  let savedAt = 0;

  /** @param {number} wait */
  const later = (wait) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void run(), wait);
  };

  async function run() {
    if (stopped) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    again = false;
    clearTimeout(timer);
    savedAt = 0;
    /** @type {Awaited<ReturnType<Engine["cycle"]>> | undefined} */
    let outcome;
    try {
      outcome = await oneTab(`xingping-sync-${store.tenant}-${store.person}`, () => engine.cycle());
    } catch {
      // the lock was refused, as on a page that is being put away: asked for again like one that another tab holds
    } finally {
      running = false;
    }
    notBefore = outcome?.wait ? performance.now() + outcome.wait : 0;
    if (again) later(DEBOUNCE);
    else later(outcome === undefined ? OTHER_TAB : outcome.wait ?? MINUTE);
  }

  const nudge = () => {
    if (performance.now() >= notBefore) void run();
  };
  const online = () => {
    engine.tell({ online: true });
    void run();
  };
  const offline = () => engine.tell({ online: false });
  const visible = () => {
    if (document.visibilityState === "visible") nudge();
  };
  const unsubscribe = store.counts.subscribe((/** @type {{operations: number, photos: number}} */ { operations, photos }) => {
    const more = operations + photos > made;
    made = operations + photos;
    if (more && performance.now() >= notBefore) {
      if (running) again = true;
      else {
        const at = performance.now();
        savedAt ||= at;
        later(Math.max(0, Math.min(DEBOUNCE, savedAt + LONGEST_DEBOUNCE - at)));
      }
    }
  });
  addEventListener("online", online);
  addEventListener("offline", offline);
  document.addEventListener("visibilitychange", visible);
  engine.tell({ online: navigator.onLine });
  void run();

  return {
    now: run,
    signedIn: run,
    stop() {
      stopped = true;
      clearTimeout(timer);
      unsubscribe();
      removeEventListener("online", online);
      removeEventListener("offline", offline);
      document.removeEventListener("visibilitychange", visible);
    },
  };
}

/**
 * Runs `work` if no other tab does; undefined when one does.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T | undefined>}
 */
function oneTab(name, work) {
  if (!navigator.locks) return work();
  return navigator.locks.request(name, { ifAvailable: true }, async (lock) => (lock === null ? undefined : work()));
}

/** @type {import("./answers.js").Send} */
export async function sendByFetch({ method, path, headers = {}, body = null }) {
  const sent = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const packed = sent !== null && headers["Content-Type"] === "application/x-ndjson" && sent.length > WORTH_PACKING && typeof CompressionStream !== "undefined";
  return fetch(path, {
    method, cache: "no-store", credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(PATIENCE),
    headers: { Accept: "application/json", "X-Xingping": "1", ...headers, ...(packed ? { "Content-Encoding": "gzip" } : {}) },
    body: /** @type {BodyInit | null} */ (packed ? await gzip(sent) : sent),
  });
}

/** @param {Uint8Array} bytes */
async function gzip(bytes) {
  const stream = new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Whose session this browser has: `GET /field/me` answers `{"tenant", "person", …}` or 401.
 * @param {string} tenant
 * @returns {Promise<string | null>}
 */
async function whoAsks(tenant) {
  const answer = await sendByFetch({ method: "GET", path: "/field/me" });
  if (answer.status === 401) return null;
  if (!answer.headers.get("content-type")?.startsWith("application/json") || answer.status !== 200) throw new Error("not-reached");
  const said = JSON.parse(await answer.text());
  return said.tenant === tenant ? said.person : "";
}
