// The checklist of a visit: group, clause, state mark; mine first as planned. Filters jump to what is open, failing, disputed or mine.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Icon, Progress } from "../ui/parts.js";
import { href } from "../ui/router.js";
import { language, side, t } from "../ui/texts.js";
import { FILTERS, groupsOf } from "./checklist.js";
import { siteName } from "./scheme-words.js";
import { useSession } from "./session.js";

/** @typedef {import("./checklist.js").Row} Row */

/** @type {Record<import("./checklist.js").State, {icon: string, state: string}>} */
export const MARKS = {
  open: { icon: "circle", state: "" }, met: { icon: "circle-check", state: "ok" }, answered: { icon: "circle-check", state: "ok" }, partly: { icon: "circle-minus", state: "attention" },
  failed: { icon: "circle-x", state: "failed" }, excluded: { icon: "circle-slash", state: "" }, disputed: { icon: "git-fork", state: "dispute" },
};

/** @param {{open: import("./open-visit.js").OpenVisit, code: string | null}} props `code`: the clause beside it, if any */
export function ClauseTree({ open, code }) {
  const session = useSession();
  const [filter, setFilter] = useState(/** @type {import("./checklist.js").Filter} */ ("all"));
  const at = useRef(/** @type {HTMLElement | null} */ (null));
  const shown = /** @type {import("../store/store.js").VisitShown} */ (open.shown.value);
  const rows = open.rows.value;
  const answered = rows.filter(({ state }) => state !== "open").length;
  useEffect(() => at.current ? reveal(at.current) : undefined, [code]);
  const visible = rows.filter(FILTERS[filter]);
  const tray = open.photos.value.get("")?.length ?? 0;
  const specials = [...open.records.value.values()].filter(({ record, fields }) => record === "special" && fields.withdrawn?.value !== true).length;
  return html`<nav class="clause-tree" aria-label=${t("field.tree")} ref=${at}><div class="clause-tree__head">
    <div class="row row--apart"><strong>${siteName(shown.site)}</strong><${Progress} done=${answered} of=${rows.length} /></div>
<div class="clause-tree__filters" role="group" aria-label=${t("field.tree.filter")}>${/** @type {import("./checklist.js").Filter[]} */ (Object.keys(FILTERS)).map((one) => html`<button class="pill" type="button" key=${one} aria-pressed=${filter === one ? "true" : "false"} onClick=${() => setFilter(one)}>${t(`field.tree.${one}`)} ${rows.filter(FILTERS[one]).length}</button>`)}</div>
  </div>
${visible.length === 0 && html`<p class="clause-tree__none muted">${t(`field.tree.none-${filter}`)}</p>`}
${groupsOf(visible, shown.scheme).map((group, index) => html`<${Group} key=${`${group.code} ${index}`} group=${group} code=${code} visit=${open.id} scheme=${shown.scheme} />`)}
<ul class="clause-tree__more plain">
<li><a href=${href("visit", open.id, "check-in")}><${Icon} name="map-pin-check" />${t("field.check-in")}</a></li>
<li><a href=${href("visit", open.id, "tray")}><${Icon} name="inbox" />${t("field.tray")}<span class="number">${tray}</span></a>
  </li>
<li><a href=${href("visit", open.id, "special")}>
  <${Icon} name="triangle-alert" />${t("field.special")}<span class="number">${specials}</span></a></li>
<li><a href=${href("visit", open.id, "submission")}><${Icon} name="send" />${t("field.submission")}</a></li>
<li><label class="tick">
  <input type="checkbox" checked=${session.showPoints.value} onChange=${(/** @type {Event} */ event) => void session.keep("points", /** @type {HTMLInputElement} */ (event.currentTarget).checked)} />${t("field.points")}</label>
  </li></ul></nav>`;
}

/** Scrolls the tree alone, never the page, until the clause beside it can be seen. @param {HTMLElement} tree */
function reveal(tree) {
  const box = tree.parentElement;
  const link = tree.querySelector("[aria-current]")?.getBoundingClientRect();
  if (!box || !link || link.height === 0 || box.scrollHeight <= box.clientHeight) return;
  const top = box.getBoundingClientRect().top + (tree.querySelector(".clause-tree__head")?.clientHeight ?? 0);
  const bottom = box.getBoundingClientRect().bottom;
  if (link.top < top) box.scrollTop += link.top - top;
  else if (link.bottom > bottom) box.scrollTop += link.bottom - bottom;
}

/** @param {{group: import("./checklist.js").Group, code: string | null, visit: string, scheme: any}} props */
function Group({ group, code, visit, scheme }) {
  const titles = new Map(scheme.clauses.map((/** @type {any} */ clause) => [clause.code, clause.title]));
  let last = "";
  return html`<h2 class="clause-tree__group">
    <span>${group.code} ${side(group.title)}${group.others ? html` <small class="muted">${t("field.tree.others")}</small>` : ""}</span>
    <span class="number">${group.answered}/${group.rows.length}</span></h2><ul class="plain">
${group.rows.map((row) => {
    const sub = row.path.at(-1) ?? "";
    const heading = sub !== last && sub !== group.code;
    last = sub;
    return [heading && html`<li class="clause-tree__subgroup" key=${`${sub} above ${row.leaf.code}`}>${sub} ${side(titles.get(sub))}</li>`, lineOf(row, visit, row.leaf.code === code)];
  })}</ul>`;
}

/** @type {WeakMap<Row, {here: boolean, spoken: string, line: any}>} */
const DRAWN = new WeakMap();

/** A line that is what it was is not drawn again: going from clause to clause touches two of them. @param {Row} row @param {string} visit @param {boolean} here */
function lineOf(row, visit, here) {
  const before = DRAWN.get(row);
  if (before?.here === here && before.spoken === language.value) return before.line;
  const line = html`<${Line} key=${row.leaf.code} row=${row} visit=${visit} here=${here} />`;
  DRAWN.set(row, { here, spoken: language.value, line });
  return line;
}

/** @param {{row: Row, visit: string, here: boolean}} props */
function Line({ row, visit, here }) {
  const { icon, state } = MARKS[row.state];
  return html`<li>
    <a class="clause-tree__link" href=${href("visit", visit, "clause", row.leaf.code)} aria-current=${here ? "step" : undefined}>
    <span class=${`mark mark--bare${state ? ` mark--${state}` : ""}`}><${Icon} name=${icon} />
    <span class="visually-hidden">${t(`field.state.${row.state}`)}</span></span>
<span><span class="clause-tree__code">${row.leaf.code}</span><span class="clause-tree__title">${side(row.leaf.title)}</span>
  </span>
<span class="clause-tree__side number">${row.photos > 0 && html`<${Icon} name="camera" />
  <span class="visually-hidden">${t("field.tree.photo")}</span>`}${row.figure}</span></a></li>`;
}
