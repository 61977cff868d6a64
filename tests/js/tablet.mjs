// A tablet without a browser: the real store on an in-memory IndexedDB, for tests and the simulation.
import "fake-indexeddb/auto";
import { openStore } from "../../static/js/store/store.js";

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
export function openTablet(person, { seed = 1, tenant = `t${(opened += 1)}`, now = () => 1_764_000_000_000 } = {}) {
  const random = dice(seed * 7919 + opened);
  return openStore({ tenant, person, name: person }, { clock: now, random: random.bytes });
}
