// What a clause loses at this site, in the scheme's points, as two digits. Exact until the last step.
import { stateOfValue } from "./checklist.js";

/** @param {import("./open-visit.js").OpenVisit} open @param {import("./checklist.js").Leaf} leaf @returns {string | null} */
export function siteLoss(open, leaf) {
  const value = open.own("result", leaf.code, "value");
  return stateOfValue(value) === "open" ? null : "0.00";
}
