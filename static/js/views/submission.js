// Before submitting: what is left takes one chip each, nothing blocks; then what happens next.
import { html, useEffect, useState } from "../vendor/preact.js";
import { Banner, Chips, Dialog, Icon, Mark, Title } from "../ui/parts.js";
import { go, href } from "../ui/router.js";
import { side, t } from "../ui/texts.js";
import { clock, today } from "../ui/time.js";
import { FILTERS, gapsOf } from "./checklist.js";
import { CameraButton } from "./photos.js";
import { leftWords, siteName, valueWords } from "./scheme-words.js";
import { useSession } from "./session.js";
import { Toast } from "./visit.js";

/** @typedef {import("./open-visit.js").OpenVisit} OpenVisit */

const WHY = { answer: ["not-here", "not-shown", "no-time", "absent", "other"], photo: ["no-photos", "personal", "tablet", "other"], basis: ["seen-only", "no-time", "other"] };

/** The chips that were tapped, kept as a draft until the submission. @param {string} visit @returns {[Record<string, string>, (next: Record<string, string>) => void]} */
function useReasons(visit) {
  const { store } = useSession();
  const [reasons, setReasons] = useState(/** @type {Record<string, string>} */ ({}));
  const key = `${visit}/submission`;
  useEffect(() => void store.draft(key).then((draft) => draft && setReasons(JSON.parse(draft))).catch(() => {}), [key]);
  return [reasons, (next) => {
    setReasons(next);
    void store.keepDraft(key, JSON.stringify(next)).catch(() => {});
  }];
}

/** @param {{open: OpenVisit}} props */
export function SubmissionView({ open }) {
  const session = useSession();
  const shown = /** @type {import("../store/store.js").VisitShown} */ (open.shown.value);
  const [reasons, setReasons] = useReasons(open.id);
  const [asking, setAsking] = useState(false);
  const rows = open.rows.value;
  const mine = rows.filter((row) => row.mine && row.returned);
  const round = shown.part?.round ?? 1;
  const sent = open.own("submission", `${session.person}/${round}`, "done");
  const submitted = sent !== null || !shown.writable;
  const gaps = submitted ? [] : gapsOf(rows, open.records.value);
  const failing = rows.filter(FILTERS.failing);
  const excluded = rows.filter(({ state }) => state === "excluded");
  const evidence = [...open.records.value.values()].filter(({ record, fields }) => record === "evidence" && fields.withdrawn?.value !== true);
  const specials = [...open.records.value.values()].filter(({ record, fields }) => record === "special" && fields.withdrawn?.value !== true);
  const tray = open.photos.value.get("")?.length ?? 0;
  const { counts } = session.store;
  const submit = () => {
    setAsking(false);
    const left = Object.fromEntries(gaps.map(({ row }) => [row.leaf.code, reasons[row.leaf.code] ?? ""]));
    void open.save("submission", `${session.person}/${round}`, { done: { left } }, `${open.id}/submission`).then(() => {
      session.say(t("field.submission.done"));
      void session.sync.now();
    }).catch(() => {});
    go(href());
  };
  return html`<main id="main" class="field-app__page">
    <${Title} title=${t("field.submission")} named=${t("field.submission")} sub=${`${siteName(shown.site)} · ${today()} · ${session.store.name}`} />
${shown.part?.note && html`<${Banner} state="attention" icon="message-square-text">
  <p>${t("field.submission.returned", { note: shown.part.note })}</p><//>`}
${submitted ? html`<${Banner} icon="lock"><p>${t(`field.closed.${shown.closed ?? "submitted"}`)}</p>
  <//>${sent && Object.keys(sent.left ?? {}).length > 0 && html`<section class="stack stack--tight">
  <h2>${t("field.submission.left")}</h2><ul>${Object.entries(sent.left).map(([code, why]) => html`<li key=${code}>
  <span class="number">${code}</span> ${leftWords(String(why)) || t("field.left.unnamed")}</li>`)}</ul></section>`}`
    : html`<section class="stack">
      <h2>${gaps.length === 0 ? t("field.submission.complete") : t("field.submission.gaps", { n: gaps.length })}</h2>${gaps.length > 0 && html`<p class="muted">${t("field.submission.gaps-sub")}</p>`}
${gaps.map(({ row, lack }) => html`<section class="stack stack--tight section" key=${row.leaf.code}><div class="row row--apart">
  <h3><span class="number">${row.leaf.code}</span> ${side(row.leaf.title)}</h3>
  <${Mark} icon="triangle-alert" state="attention" word=${t(`field.lack.${lack}`)} /></div>
<${Chips} legend=${t("field.submission.why", { code: row.leaf.code })} hiddenLegend choices=${WHY[lack].map((value) => ({ value, words: t(`field.left.${value}`) }))} chosen=${[reasons[row.leaf.code] ?? ""]}
 onChoose=${(/** @type {string} */ value, /** @type {boolean} */ on) => setReasons({ ...reasons, [row.leaf.code]: on ? value : "" })}>
   <a class="button button--plain" href=${href("visit", open.id, "clause", row.leaf.code)}>${t(`field.submission.now-${lack}`)}<${Icon} name="chevron-right" />
   </a><//></section>`)}</section>`}
${failing.length > 0 && html`<section class="stack stack--tight section">
  <h2>${t("field.submission.failing", { n: failing.length })}</h2><div class="table-box"><table class="table">
  <caption class="visually-hidden">${t("field.submission.failing-caption")}</caption><thead><tr>
  <th scope="col">${t("field.clause")}</th><th scope="col" class="number">${t("field.clause.answer")}</th></tr></thead><tbody>
${failing.map((row) => html`<tr key=${row.leaf.code}><th scope="row"><a href=${href("visit", open.id, "clause", row.leaf.code)}>
  <span class="number">${row.leaf.code}</span> ${side(row.leaf.title)}</a></th>
  <td class="number">${valueWords(open.own("result", row.leaf.code, "value") ?? open.records.value.get(`result/${row.leaf.code}`)?.fields.value?.value ?? null)}</td>
  </tr>`)}</tbody></table></div></section>`}
<section class="stack stack--tight"><dl class="facts-list"><dt>${t("field.submission.answered")}</dt>
  <dd class="number">${mine.filter(({ state }) => state !== "open").length}/${mine.length}${t("field.clauses-unit")}</dd>
<dt>${t("field.submission.excluded")}</dt>
  <dd>${excluded.length === 0 ? t("frame.none") : excluded.map(({ leaf }) => `${leaf.code} ${side(leaf.title)}`).join(t("field.pause"))}</dd>
<dt>${t("field.special")}</dt><dd>${t("field.count.specials", { n: specials.length })}</dd>
<dt>${t("field.photos")}</dt><dd>${t("field.submission.photos", { n: evidence.length, tray })}</dd>
<dt>${t("field.check-in")}</dt>
  <dd>${open.own("visit", "", "check_in") ? clock(open.own("visit", "", "check_in").at) : html`<a class="tap" href=${href("visit", open.id, "check-in")}>${t("field.submission.not-checked-in")}</a>`}</dd>
<dt>${t("field.submission.here")}</dt>
  <dd>${t("field.submission.here-count", { n: counts.value.total, photos: counts.value.photos })}</dd></dl></section>
<section class="stack stack--tight"><h2>${t("field.submission.after")}</h2><ul><li>${t("field.submission.after-lock")}</li>
  <li>${t("field.submission.after-both")}</li><li>${t("field.submission.after-photos")}</li></ul></section></main>
<footer class="field-app__actions" aria-label=${t("field.actions")}><${Toast} /><div class="actions">
  <${CameraButton} visit=${submitted ? null : open.id} /><a class="button" href=${href("visit", open.id)}>${t("frame.back")}</a>
${!submitted && html`<button class="button button--primary" type="button" onClick=${() => setAsking(true)}>
  <${Icon} name="send" />${t("field.submit")}</button>`}</div></footer>
${asking && html`<${Dialog} title=${t("field.submit.ask", { name: siteName(shown.site) })} yes=${t("field.submit")} no=${t("frame.cancel")} onYes=${submit} onNo=${() => setAsking(false)}>
  <p>${gaps.length === 0 ? t("field.submit.complete") : t("field.submit.gaps", { n: gaps.length, unnamed: gaps.filter(({ row }) => !reasons[row.leaf.code]).length })}</p>
  <//>`}`;
}
