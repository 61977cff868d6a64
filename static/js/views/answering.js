// Saving an answer and saying so, with the way back.
import { t } from "../ui/texts.js";
import { valueWords } from "./scheme-words.js";

/** @typedef {import("./open-visit.js").OpenVisit} OpenVisit */

/** What was just answered, with the way back. @param {import("./session.js").Session} session @param {OpenVisit} open @param {string} rest @param {string} words */
export function sayAnswered(session, open, rest, words) {
  session.say(words, () => void open.undo("result", rest).then(() => session.say(t("field.undone"))).catch(() => {}));
}

/** Saves an answer and offers the way back. @param {import("./session.js").Session} session @param {OpenVisit} open @param {string} rest @param {Record<string, any>} set */
export function answer(session, open, rest, set) {
  const code = rest.split("/")[0];
  void open.save("result", rest, set).catch(() => {});
  sayAnswered(session, open, rest, set.value === null ? t("field.said.open", { code }) : t("field.said", { code, value: valueWords(set.value) }));
}
