// A tablet without a browser: the real store on an in-memory IndexedDB, for tests and the simulation.
import "fake-indexeddb/auto";
import { digest } from "../../static/js/core/digest.js";
import { registersOf } from "../../static/js/store/pulled.js";
import { field, openStore } from "../../static/js/store/store.js";
import { Engine } from "../../static/js/sync/engine.js";

/** Seeded random numbers (mulberry32): the same seed, the same run. */
export function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    below: (n) => Math.floor(next() * n),
    pick: (list) => list[Math.floor(next() * list.length)],
    chance: (p) => next() < p,
    bytes: (array) => array.map(() => Math.floor(next() * 256)),
  };
}

let opened = 0;

/** A store of its own, whatever other tests have opened. */
export function openTablet(person, { seed = 1, tenant, now = () => 1_764_000_000_000 } = {}) {
  opened += 1;
  tenant ??= `t${opened}`;
  const random = dice(seed * 7919 + opened);
  return openStore({ tenant, person, name: person }, { clock: now, random: random.bytes });
}

/**
 * A tablet with its engine. `net` wraps the sending: (send, request) => answer; the session is the person's own unless `who` says otherwise.
 */
export function engineOf(store, server, { net = (send, request) => send(request), who = async () => store.person, clock = () => 1_764_000_000_000, random = () => 0.5 } = {}) {
  return new Engine({ store, send: (request) => net(server.as(store.person), request), who, clock, random, about: { app: "test", name: `tablet of ${store.person}`, platform: "node" } });
}

/** What a form does: read what is shown, save on top of it. */
export async function answer(store, visit, clause, set) {
  return store.save({ shown: await store.record(visit, "result", clause), set });
}

/** The value register of a clause as shown. */
export async function value(store, visit, clause) {
  return field(await store.record(visit, "result", clause), "value");
}

/** The digest of a visit over the heads that the tablet has pulled, without its overlay. */
export async function pulledDigest(store, visit) {
  return store.database.read(["self", "registers"], async (tx) => {
    const { side } = await tx.objectStore("self").get("pull");
    return digest(visit, (await registersOf(tx, side, visit)).map((row) => [row.record, row.rest, row.field, row.heads]));
  });
}

/** Everything in the person's database, to put a tablet back to an earlier day. */
export function backup(store) {
  const names = ["self", "operations", "links", "registers", "rows", "digests", "aside"];
  return store.database.read(names, async (tx) => {
    const copy = {};
    for (const name of names) copy[name] = { keys: await tx.objectStore(name).getAllKeys(), values: await tx.objectStore(name).getAll() };
    return copy;
  });
}

export function putBack(store, copy) {
  return store.database.write(Object.keys(copy), async (tx) => {
    for (const [name, { keys, values }] of Object.entries(copy)) {
      const place = tx.objectStore(name);
      await place.clear();
      for (let i = 0; i < keys.length; i += 1) await (place.keyPath === null ? place.put(values[i], keys[i]) : place.put(values[i]));
    }
  });
}
