// A visit: clause tree and clause, side by side where there is room, one after the other on a phone.
import { html, useEffect } from "../vendor/preact.js";
import { Banner, Icon, Title, ToastLine } from "../ui/parts.js";
import { go, href } from "../ui/router.js";
import { side, t } from "../ui/texts.js";
import { answer } from "./answering.js";
import { nextOpen } from "./checklist.js";
import { ClauseCard } from "./clause.js";
import { CameraButton } from "./photos.js";
import { siteName } from "./scheme-words.js";
import { useSession } from "./session.js";
import { ClauseTree } from "./tree.js";

/** @typedef {import("./open-visit.js").OpenVisit} OpenVisit */

/** @param {{open: OpenVisit, code: string | null}} props */
export function VisitView({ open, code }) {
  const session = useSession();
  const shown = /** @type {import("../store/store.js").VisitShown} */ (open.shown.value);
  const rows = open.rows.value;
  const at = rows.findIndex(({ leaf }) => leaf.code === code);
  const row = at === -1 ? nextOpen(rows, null) ?? rows[0] ?? null : rows[at];
  const place = row ? rows.indexOf(row) : -1;
  const name = siteName(shown.site);
  const title = at === -1 ? t("field.visit.title", { name }) : `${rows[at].leaf.code} ${side(rows[at].leaf.title)}`;
  useKeys(open, at === -1 ? null : rows[at], rows, at);
  const following = at === -1 ? row : nextOpen(rows, code);
  return html`<main id="main" class=${`pair${at === -1 ? " pair--tree" : ""}`}><${Title} title=${title} named=${title} hidden />
<div class="pair__tree">${shown.writable && (shown.part?.round ?? 1) > 1 && html`<div class="notice"><${Banner} state="attention" icon="message-square-text">
  <p>${shown.part.note ? t("field.submission.returned", { note: shown.part.note }) : t("field.today.returned")}</p><//></div>`}<${ClauseTree} open=${open} code=${row?.leaf.code ?? null} /></div>
<div class="pair__clause">
  <div class="field-app__page">${at === -1 && code !== null && html`<${Banner} state="attention" icon="triangle-alert">${t("field.clause.unknown", { code })}<//>`}
${row ? html`<${ClauseCard} key=${row.leaf.code} open=${open} row=${row} place=${place + 1} total=${rows.length} />` : html`<${Banner}>${t("field.visit.nothing")}<//>`}</div>
<div class="field-app__actions" role="group" aria-label=${t("field.actions")}><${Toast} />
  <${Actions} open=${open} row=${row} rows=${rows} /></div></div></main>
${at === -1 && html`<footer class="field-app__actions phone-only" aria-label=${t("field.actions")}><${Toast} />
  <div class="actions"><${CameraButton} visit=${shown.writable ? open.id : null} />
${following && shown.writable && following.state === "open" ? html`<a class="button button--primary" href=${href("visit", open.id, "clause", following.leaf.code)}>
  <${Icon} name="play" />${t("field.visit.continue", { code: following.leaf.code })}</a>`
    : html`<a class="button button--primary" href=${href("visit", open.id, "submission")}>
      <${Icon} name="send" />${t("field.submission")}</a>`}</div></footer>`}`;
}

export function Toast() {
  const session = useSession();
  return html`<${ToastLine} toast=${session.toast.value} onGone=${() => {
    session.toast.value = null;
  }} />`;
}

/** @param {{open: OpenVisit, row: import("./checklist.js").Row | null, rows: import("./checklist.js").Row[]}} props */
function Actions({ open, row, rows }) {
  const writable = open.shown.value?.writable === true;
  const before = row ? rows[rows.indexOf(row) - 1] : undefined;
  const next = nextOpen(rows, row?.leaf.code ?? null);
  const after = row ? rows[rows.indexOf(row) + 1] : undefined;
  const unanswered = row?.state === "open" && writable;
  return html`<div class="actions"><${CameraButton} visit=${writable ? open.id : null} clauses=${row ? [row.leaf.code] : []} />
${before ? html`<a class="button" href=${href("visit", open.id, "clause", before.leaf.code)}>${t("field.previous")}</a>` : html`<a class="button" href=${href("visit", open.id)}>${t("frame.back")}</a>`}
${unanswered && (next ?? after) ? html`<a class="button" href=${href("visit", open.id, "clause", /** @type {import("./checklist.js").Row} */ (next ?? after).leaf.code)}>
  <${Icon} name="skip-forward" />${t("field.skip")}</a>`
    : next && writable && !unanswered ? html`<a class="button button--primary" href=${href("visit", open.id, "clause", next.leaf.code)}>
      <span>${t("field.next-open")} <span class="button__sub number">${next.leaf.code}</span></span></a>`
    : after && !writable ? html`<a class="button" href=${href("visit", open.id, "clause", after.leaf.code)}>${t("field.following")}</a>`
    : html`<a class=${`button${unanswered ? "" : " button--primary"}`} href=${href("visit", open.id, "submission")}>
      <${Icon} name="send" />${t("field.submission")}</a>`}</div>`;
}

/** 1 met, 2 not met, n next, p previous; never while something is typed. @param {OpenVisit} open @param {import("./checklist.js").Row | null} row @param {import("./checklist.js").Row[]} rows @param {number} at */
function useKeys(open, row, rows, at) {
  const session = useSession();
  useEffect(() => {
    const press = (/** @type {KeyboardEvent} */ event) => {
      if (!session.keys.value || event.ctrlKey || event.metaKey || event.altKey || event.repeat || !row) return;
      const target = event.target;
      if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && !["radio", "checkbox"].includes(target.type))) return;
      if (document.querySelector("dialog[open]")) return;
      const writable = open.shown.value?.writable && row.returned;
      if ((event.key === "1" || event.key === "2") && writable && row.leaf.kind === "met" && !row.leaf.checkpoints?.length) answer(session, open, row.leaf.code, { value: { met: event.key === "1" } });
      else if (event.key === "n" && rows[at + 1]) go(href("visit", open.id, "clause", rows[at + 1].leaf.code));
      else if (event.key === "p" && rows[at - 1]) go(href("visit", open.id, "clause", rows[at - 1].leaf.code));
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [open, row, rows, at]);
}
