// One clause, in one order always: where, title, check, how, their own promise, answer, basis or reason, colleague's answer, note, last year, photos.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Banner, Chips, Field, Fold, Icon, Mark, SavedLine } from "../ui/parts.js";
import { href } from "../ui/router.js";
import { side, t } from "../ui/texts.js";
import { answer } from "./answering.js";
import { Answer } from "./answers.js";
import { Basis } from "./basis.js";
import { restsOf, stateOfValue } from "./checklist.js";
import { Exclusion } from "./exclusion.js";
import { PhotoStrip } from "./photos.js";
import { Points } from "./points.js";
import { siteName, valueWords } from "./scheme-words.js";
import { useSession } from "./session.js";
import { appended, useWritten, without } from "./written.js";

/** @typedef {import("./open-visit.js").OpenVisit} OpenVisit */
/** @typedef {import("./checklist.js").Row} Row */

/** @param {{open: OpenVisit, row: Row, place: number, total: number}} props */
export function ClauseCard({ open, row, place, total }) {
  const session = useSession();
  const { leaf } = row;
  const shown = /** @type {import("../store/store.js").VisitShown} */ (open.shown.value);
  const writable = shown.writable && row.returned;
  const titles = new Map(shown.scheme.clauses.map((/** @type {any} */ clause) => [clause.code, clause.title]));
  const group = row.path.at(-1);
  const own = open.own("result", leaf.code, "value");
  const excluded = own?.excluded === true;
  const rests = restsOf(leaf);
  const states = rests.map((rest) => stateOfValue(open.own("result", rest, "value"), leaf, rest));
  const failing = states.some((state) => state === "failed" || state === "partly");
  const met = !failing && states.some((state) => state === "met" || state === "answered");
  const asked = leaf.evidence ?? "none";
  const note = useWritten({
    store: session.store, key: `${open.id}/result/${leaf.code}/note`, own: open.own("result", leaf.code, "note") ?? "",
    save: (text, draft) => open.save("result", leaf.code, { note: text === "" ? null : text }, draft),
  });
  const promises = open.criteria.value.filter(({ clause }) => clause === leaf.code || row.path.includes(clause));
  return html`<article class="clause-card">
<header class="clause-card__head"><p class="clause-card__where"><a class="phone-only" href=${href("visit", open.id)}>
  <${Icon} name="list-tree" />${siteName(shown.site)}</a><span class="tablet-only">${group} ${side(titles.get(group))}</span>
  <span class="number">${t("field.clause.place", { n: place, of: total })}</span></p>
<h2 class="clause-card__title">${leaf.code} ${side(leaf.title)}</h2>${leaf.check && html`<p class="clause-card__check">${side(leaf.check)}</p>`}</header>
${!writable && html`<${Banner} icon="lock">${t(`field.closed.${shown.closed ?? "not-returned"}`)}<//>`}
${(Boolean(leaf.how?.length) || promises.length > 0) && html`<dl class="guide">${leaf.how?.length ? html`<dt>${t("field.clause.how")}</dt>
  <dd><ol>${leaf.how.map((line, index) => html`<li key=${index}>
  <span>${String.fromCharCode(97 + index)}</span>${side(line)}</li>`)}</ol></dd>` : null}
${promises.length > 0 && html`<dt>${t("field.clause.promise")}</dt><dd>${promises.map((one) => html`<div key=${one.id}>
  <strong>${side(one.text)}</strong> ${one.source && html`<span class="muted">${side(one.source)}</span>`}</div>`)}</dd>`}</dl>`}
${excluded ? html`<p class="row">
  <${Mark} icon="circle-slash" word=${t("field.value.excluded")} />${writable && html`<button class="button button--plain" type="button" onClick=${() => answer(session, open, leaf.code, { value: null })}>${t("field.exclude.back")}</button>`}</p>`
    : rests.map((rest) => html`<${Register} key=${rest} open=${open} row=${row} rest=${rest} disabled=${!writable} />`)}
${met && !excluded && (asked === "basis" || asked === "always") && writable && html`<${Basis} open=${open} leaf=${leaf} photos=${row.photos} />`}
${failing && leaf.kind !== "sample" && Boolean(leaf.reasons?.length) && writable && html`<${Reasons} leaf=${leaf} note=${note.text} onNote=${note.insert} />`}
${leaf.kind === "sample" && writable && !excluded && html`<${WhyOther} leaf=${leaf} site=${shown.site} value=${own} note=${note.text} onNote=${note.insert} />`}
<${Colleagues} open=${open} row=${row} />
<div class="stack stack--tight">
  <${Field} label=${t("field.note")} warning=${note.full ? t("field.note.full") : undefined} saved=${note.text !== "" && html`<${SavedLine} status=${open.own("result", leaf.code, "note") === note.text ? open.status.value.get(`result/${leaf.code}`) ?? "saved" : "none"} />`}>
${(/** @type {string} */ id, /** @type {string | undefined} */ described) => html`<textarea id=${id} rows="2" aria-describedby=${described} value=${note.text} maxlength=${note.maxlength} disabled=${!writable} ...${note.handlers}>
  </textarea>`}<//>
${writable && html`<${Phrases} leaf=${leaf} failing=${failing} onPick=${(/** @type {string} */ words) => note.insert(appended(note.text, words))} />`}</div>
${failing && html`<${PhotoStrip} open=${open} clause=${leaf.code} wanted=${asked !== "none"} writable=${writable} />`}
<${LastYear} open=${open} clause=${leaf.code} />
${!failing && html`<${PhotoStrip} open=${open} clause=${leaf.code} wanted=${asked === "always"} writable=${writable} />`}
${writable && html`<div class="row">${!excluded && html`<${Exclusion} open=${open} leaf=${leaf} scheme=${shown.scheme} />`}<${UndoLast} open=${open} row=${row} />
  <a class="button button--plain" href=${href("visit", open.id, "special", leaf.code)}>
  <${Icon} name="triangle-alert" />${t("field.special.short")}</a></div>`}
</article>`;
}

/** One register of the clause: the clause itself or one of its checkpoints. @param {{open: OpenVisit, row: Row, rest: string, disabled: boolean}} props */
function Register({ open, row, rest, disabled }) {
  const session = useSession();
  const { leaf } = row;
  const shown = /** @type {import("../store/store.js").VisitShown} */ (open.shown.value);
  const checkpoint = leaf.checkpoints?.find(({ code }) => rest === `${leaf.code}/${code}`);
  const value = open.own("result", rest, "value");
  const label = checkpoint ? side(checkpoint.title) || checkpoint.code : t("field.clause.answer");
  const body = html`<${Answer} leaf=${leaf} kind=${checkpoint?.kind ?? leaf.kind} value=${value?.excluded || value?.open ? null : value} samples=${open.own("result", rest, "samples") ?? []} planned=${plannedFor(leaf, shown.site)}
 disabled=${disabled} label=${label} onSet=${(/** @type {Record<string, any>} */ set) => answer(session, open, rest, set)} points=${html`<${Points} open=${open} leaf=${leaf} />`} />`;
  return checkpoint ? html`<section class="stack stack--tight">
    <h3 class="clause-card__label">${checkpoint.code} ${side(checkpoint.title)}</h3>${body}</section>` : body;
}

/** @param {import("./checklist.js").Leaf} leaf @param {any} site */
export const plannedFor = (leaf, site) => leaf.planned?.[/** @type {"hq" | "outlet"} */ (site?.kind)] ?? 0;

/** Why it is not met: ready words that go into the note. After a fresh "not met" the focus comes here. @param {{leaf: import("./checklist.js").Leaf, note: string, onNote: (text: string) => void}} props */
function Reasons({ leaf, note, onNote }) {
  const at = useRef(/** @type {HTMLFieldSetElement | null} */ (null));
  useEffect(() => {
    const from = document.activeElement;
    if (from instanceof HTMLInputElement && from.type === "radio") at.current?.querySelector("input")?.focus({ preventScroll: true });
  }, []);
  return html`<fieldset class="reasons reasons--pairs" ref=${at}><legend class="field__label">${t("field.reasons")}</legend>
${(leaf.reasons ?? []).map((reason) => {
    const words = side(reason);
    const written = inEither(reason).find((one) => note.includes(one));
    const flip = (/** @type {Event} */ event) => onNote(/** @type {HTMLInputElement} */ (event.currentTarget).checked ? appended(note, words) : without(note, written ?? words));
    return html`<label class="reasons__option" key=${words}>
      <input type="checkbox" checked=${written !== undefined} onChange=${flip} /><span class="reasons__face">${words}</span>
      </label>`;
  })}</fieldset>`;
}

/** The words of a pair in both languages: a note keeps the language it was written in. @param {any} pair @returns {string[]} */
const inEither = (pair) => (typeof pair === "object" && pair !== null ? [pair.zh, pair.en].filter(Boolean) : [String(pair)]);

/** Another number of samples than planned asks why; it never blocks. @param {{leaf: import("./checklist.js").Leaf, site: any, value: any, note: string, onNote: (text: string) => void}} props */
function WhyOther({ leaf, site, value, note, onNote }) {
  const planned = plannedFor(leaf, site);
  const checked = value?.checked ?? 0;
  if (planned === 0 || checked === 0 || checked === planned) return null;
  const choices = (checked < planned ? ["only-these", "not-found", "not-shown", "no-time"] : ["looked-further", "client-wished"]).map((why) => ({ value: t(`field.why.${why}`), words: t(`field.why.${why}`) }));
  return html`<${Chips} legend=${html`${t(checked < planned ? "field.why.fewer" : "field.why.more", { planned, checked })} <span class="muted small">${t("field.why.note")}</span>`} choices=${choices} chosen=${choices.filter((one) => note.includes(one.value)).map((one) => one.value)}
 onChoose=${(/** @type {string} */ words, /** @type {boolean} */ on) => onNote(on ? appended(note, words) : without(note, words))} />`;
}

/** Ready words for the note; of failing samples the reasons. @param {{leaf: import("./checklist.js").Leaf, failing: boolean, onPick: (words: string) => void}} props */
function Phrases({ leaf, failing, onPick }) {
  const phrases = (failing ? (leaf.kind === "sample" ? leaf.reasons : []) : leaf.phrases) ?? [];
  if (phrases.length === 0) return null;
  return html`<div class="phrases" role="group" aria-label=${t("field.phrases")}>${phrases.map((phrase) => html`<button type="button" key=${side(phrase)} onClick=${() => onPick(side(phrase))}>${side(phrase)}</button>`)}</div>`;
}

/** What colleagues answered: one quiet line each; only the lead settles. @param {{open: OpenVisit, row: Row}} props */
function Colleagues({ open, row }) {
  const session = useSession();
  /** @type {any[]} */
  const lines = [];
  for (const rest of restsOf(row.leaf)) {
    const fields = open.records.value.get(`result/${rest}`)?.fields;
    for (const head of fields?.value?.heads ?? []) {
      if (head.own && head.reason === null) continue;
      const said = t(head.reason === null ? "field.colleague.said" : "field.colleague.settled", { name: session.nameOf(head.person), value: valueWords(head.value), reason: head.reason ?? "" });
      const words = (fields?.note?.heads ?? []).find((one) => one.person === head.person && !one.own)?.value;
      const disputed = fields?.value?.state === "disputed";
      lines.push(html`<p class="clause-card__colleague" key=${head.op}>
        <${Icon} name=${disputed ? "git-fork" : head.reason === null ? "users" : "badge-check"} />
        <span>${said}${words ? ` · ${words}` : ""}${disputed ? ` ${t("field.colleague.both")}` : ""}</span></p>`);
    }
  }
  return lines;
}

/** @param {{open: OpenVisit, clause: string}} props */
function LastYear({ open, clause }) {
  const found = open.carriedOver.value.filter((one) => one.clause === clause);
  if (found.length === 0) return null;
  const [first, ...more] = found;
  const line = (/** @type {any} */ one) => `${t("field.last", { from: side(one.from) })}${typeof one.value === "object" && one.value !== null ? valueWords(one.value) : side(one.value)}`;
  return html`<${Fold} icon="history" extra="clause-card__last" line=${line(first)}>${found.map((one) => one.finding && html`<p>${side(one.finding)}</p>`)}${more.map((one) => html`<p>${line(one)}</p>`)}<//>`;
}

/** Takes back this person's last operation on this clause, also long after the toast. @param {{open: OpenVisit, row: Row}} props */
function UndoLast({ open, row }) {
  const session = useSession();
  const [rest, setRest] = useState(/** @type {string | null} */ (null));
  const { count } = session.store.changes.value;
  useEffect(() => {
    let gone = false;
    void Promise.all([row.leaf.code, ...restsOf(row.leaf)].map(async (one) => ({ one, last: (await session.store.history(open.id, "result", one)).filter(({ undone }) => !undone).at(-1) }))).then((all) => {
      const latest = all.filter(({ last }) => last).sort((a, b) => (b.last?.n ?? 0) - (a.last?.n ?? 0))[0];
      if (!gone) setRest(latest?.one ?? null);
    }, () => {});
    return () => {
      gone = true;
    };
  }, [count, row.leaf.code]);
  if (rest === null) return null;
  return html`<button class="button button--plain" type="button" onClick=${() => void open.undo("result", rest).then(() => session.say(t("field.undone"))).catch(() => {})}>
    <${Icon} name="undo-2" />${t("field.undo-last")}</button>`;
}
