// What a clause costs at this site: small, grey, and only when this person has switched points on.
import { html } from "../vendor/preact.js";
import { t } from "../ui/texts.js";
import { pointsLost } from "./loss.js";
import { useSession } from "./session.js";

/** @param {{open: import("./open-visit.js").OpenVisit, leaf: import("./checklist.js").Leaf}} props */
export function Points({ open, leaf }) {
  const session = useSession();
  if (!session.showPoints.value || leaf.points === undefined) return null;
  const lost = pointsLost(open, leaf);
  return html`<span class="clause-card__points number">${lost === null ? t("field.points.of", { of: leaf.points }) : t("field.points.lost", { n: lost, of: leaf.points })}</span>`;
}
