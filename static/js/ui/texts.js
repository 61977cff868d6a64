// Words of the field app in both languages. All are loaded at the start, so that switching needs no network.
import { signal } from "../vendor/preact.js";

export const LANGUAGES = /** @type {const} */ (["zh-CN", "en"]);
/** @typedef {"zh-CN" | "en"} Language */

/** The language shown now. @type {import("../vendor/preact.js").Signal<Language>} */
export const language = signal(/** @type {Language} */ (document.documentElement.lang === "en" ? "en" : "zh-CN"));

/** @type {Record<string, Record<string, string>>} */
const words = { "zh-CN": {}, en: {} };

export async function loadTexts() {
  const wanted = LANGUAGES.flatMap((of) => ["frame", "field"].map((room) => ({ of, room })));
  await Promise.all(wanted.map(async ({ of, room }) => {
    const answer = await fetch(new URL(`../../texts/${of}/${room}.json`, import.meta.url));
    Object.assign(words[of], await answer.json());
  }));
}

/** @param {Language} to */
export function speak(to) {
  language.value = to;
  document.documentElement.lang = to;
  const skip = document.querySelector(".skip");
  if (skip) skip.textContent = t("frame.skip");
}

/**
 * The words of a key; {name} takes a value. An unknown key shows itself.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const text = words[language.value][key] ?? words["zh-CN"][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

/** Whether there are words of our own for a key, for codes that come from a scheme. @param {string} key */
export const hasWords = (key) => key in words[language.value];

/**
 * The side of a {"zh", "en"} pair in the language shown; a plain text as it is.
 * @param {unknown} pair
 * @returns {string}
 */
export function side(pair) {
  if (pair === null || pair === undefined) return "";
  if (typeof pair !== "object") return String(pair);
  const { zh = "", en = "" } = /** @type {{zh?: string, en?: string}} */ (pair);
  return language.value === "en" ? en || zh : zh || en;
}
