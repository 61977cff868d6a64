// What this browser remembers beside the stores of persons: who has not signed out, language, settings of the device. Never anything of an evaluation.
import { BROWSER, Database } from "./database.js";

/** @typedef {{tenant: string, person: string, name: string, language?: string}} Person */

const PERSON = "person";

export class Meta {
  #database = new Database("xingping", BROWSER);

  /** @param {string} key @returns {Promise<any>} null when it was never set */
  async get(key) {
    return (await this.#database.read(["settings"], (tx) => tx.objectStore("settings").get(key))) ?? null;
  }

  /** @param {string} key @param {any} value */
  async set(key, value) {
    await this.#database.write(["settings"], (tx) => tx.objectStore("settings").put(value, key));
  }

  /** Who has not signed out; an offline start opens this person's store. @returns {Promise<Person | null>} */
  lastPerson() {
    return this.get(PERSON);
  }

  /** @param {Person} person */
  rememberPerson({ tenant, person, name, language }) {
    return this.set(PERSON, { tenant, person, name, language });
  }

  async forgetPerson() {
    await this.#database.write(["settings"], (tx) => tx.objectStore("settings").delete(PERSON));
  }

  close() {
    this.#database.close();
  }
}

/** @returns {Promise<Meta>} */
export async function openMeta() {
  const meta = new Meta();
  await meta.lastPerson();
  return meta;
}
