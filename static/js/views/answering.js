// Saving an answer and saying so, with the way back.
import { t } from "../ui/texts.js";
import { valueWords } from "./scheme-words.js";

/** @typedef {import("./open-visit.js").OpenVisit} OpenVisit */

/** What was just answered, with the way back. @param {import("./session.js").Session} session @param {OpenVisit} open @param {string} rest @param {string} words */
export function sayAnswered(session, open, rest, words) {
  session.say(words, () => void open.undo("result", rest).then(() => session.say(t("field.undone"))).catch(() => {}));
}

/** Saves an answer; once it is kept, says so and offers the way back. @param {import("./session.js").Session} session @param {OpenVisit} open @param {string} rest @param {Record<string, any>} set */
export function answer(session, open, rest, set) {
  const code = rest.split("/")[0];
  const words = set.value === null ? t("field.said.open", { code }) : t("field.said", { code, value: valueWords(set.value) });
  open.save("result", rest, set).then(() => sayAnswered(session, open, rest, words), () => {});
}
