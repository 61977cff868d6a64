// What a clause loses at this site by this visit's own answers, in the scheme's points, as two digits. Exact until the last step.
import { fraction, number, times } from "../core/fraction.js";
import { losses } from "../core/losses.js";
import { restsOf } from "./checklist.js";

const HUNDRED = fraction(100);

/** @param {import("./open-visit.js").OpenVisit} open @param {import("./checklist.js").Leaf} leaf @returns {string | null} null while there is no loss to tell */
export function pointsLost(open, leaf) {
  const shown = open.shown.value;
  const points = number(leaf.points);
  if (!shown?.scheme || points === null || leaf.kind === "matrix") return null;
  const results = restsOf(leaf).flatMap((rest) => {
    const value = open.own("result", rest, "value");
    const checkpoint = rest === leaf.code ? undefined : rest.slice(leaf.code.length + 1);
    return value === null ? [] : [{ site: shown.site.id, clause: leaf.code, checkpoint, ...value }];
  });
  const share = number(losses({ ...shown.scheme, clauses: [leaf] }, [{ ...shown.site, modes: shown.visit.modes }], results).get(leaf.code)?.get(shown.site.id));
  return share === null ? null : twoDigits(times(points, share));
}

/** Half up, as every figure that is shown. @param {import("../core/fraction.js").Fraction} value */
function twoDigits(value) {
  const { n, d } = times(value, HUNDRED);
  const cents = String((2n * n + d) / (2n * d)).padStart(3, "0");
  return `${cents.slice(0, -2)}.${cents.slice(-2)}`;
}
