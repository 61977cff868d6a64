// Special deductions: ground from the scheme, the facts, the clause they belong to. Taken back by withdrawing, never by deleting.
import { html, useState } from "../vendor/preact.js";
import { Banner, Chips, Empty, Field, Icon, Title } from "../ui/parts.js";
import { href } from "../ui/router.js";
import { side, t } from "../ui/texts.js";
import { clock } from "../ui/time.js";
import { CameraButton } from "./photos.js";
import { groundWords, siteName } from "./scheme-words.js";
import { useSession } from "./session.js";
import { Toast } from "./visit.js";
import { useWritten } from "./written.js";

/** @typedef {import("./open-visit.js").OpenVisit} OpenVisit */

/** @param {{open: OpenVisit, code: string | null}} props */
export function SpecialView({ open, code }) {
  const session = useSession();
  const shown = /** @type {import("../store/store.js").VisitShown} */ (open.shown.value);
  const deduction = shown.scheme?.special?.deduction;
  const records = [...open.records.value.values()].filter(({ record }) => record === "special");
  const [ground, setGround] = useState("");
  const [clause, setClause] = useState(code ?? "");
  const [missing, setMissing] = useState(/** @type {string[]} */ ([]));
  const key = `${open.id}/special`;
  const text = useWritten({ store: session.store, key, own: "", save: () => Promise.resolve() });
  const record = (/** @type {Event} */ event) => {
    event.preventDefault();
    const lack = [...(ground === "" ? ["ground"] : []), ...(text.text.trim() === "" ? ["text"] : [])];
    setMissing(lack);
    if (lack.length > 0) return;
    const id = session.store.newId();
    open.save("special", id, { kind: "deduction", ground, text: text.text.trim(), clause: clause === "" ? null : clause }, key).then(() => {
      session.say(t("field.special.recorded"), () => void open.undo("special", id).then(() => session.say(t("field.undone"))).catch(() => {}));
      return session.store.dropDraft(key);
    }).catch(() => {});
    text.insert("");
    setGround("");
  };
  return html`<main id="main" class="field-app__page">
    <${Title} title=${t("field.special")} named=${t("field.special")} sub=${siteName(shown.site)} />
${records.length > 0 && html`<section class="stack stack--tight"><h2>${t("field.special.recorded-list")}</h2>
  <ul class="outbox">${records.map((one) => html`<${Recorded} key=${one.rest} open=${open} record=${one} writable=${shown.writable} />`)}</ul>
  </section>`}
${!deduction ? html`<${Empty} title=${t("field.special.none-in-scheme")}><p>${t("field.special.none-next")}</p>
  <//>` : !shown.writable ? html`<${Banner} icon="lock"><p>${t(`field.closed.${shown.closed ?? "submitted"}`)}</p><//>` : html`
<form class="stack" id="special" onSubmit=${record} noValidate><p class="muted">${t("field.special.what")}</p>
<div class=${missing.includes("ground") ? "field field--error" : "field"}>${missing.includes("ground") && html`<span class="field__error" role="alert">
  <${Icon} name="circle-x" />${t("field.special.ground-missing")}</span>`}
<${Chips} legend=${t("field.special.ground")} choices=${(deduction.grounds ?? []).map((/** @type {string} */ value) => ({ value, words: groundWords(value) }))} chosen=${[ground]} onChoose=${(/** @type {string} */ value, /** @type {boolean} */ on) => setGround(on ? value : "")} />
  </div>
<${Field} label=${t("field.special.text")} hint=${t("field.special.text-hint")} error=${missing.includes("text") ? t("field.special.text-missing") : undefined}>${(/** @type {string} */ id, /** @type {string | undefined} */ described) => html`<textarea id=${id} rows="3" aria-describedby=${described} value=${text.text} maxlength=${text.maxlength} ...${text.handlers}>
  </textarea>`}<//>
<${Field} label=${t("field.special.clause")}>${(/** @type {string} */ id) => html`<select id=${id} value=${clause} onChange=${(/** @type {Event} */ event) => setClause(/** @type {HTMLSelectElement} */ (event.currentTarget).value)}>
  <option value="">${t("field.special.no-clause")}</option>${open.rows.value.map(({ leaf }) => html`<option key=${leaf.code} value=${leaf.code}>${leaf.code} ${side(leaf.title)}</option>`)}</select>`}<//>
  </form>`}</main>
<footer class="field-app__actions" aria-label=${t("field.actions")}><${Toast} /><div class="actions">
  <${CameraButton} visit=${shown.writable ? open.id : null} clauses=${clause ? [clause] : []} />
  <a class="button" href=${code ? href("visit", open.id, "clause", code) : href("visit", open.id)}>${t("frame.back")}</a>
${deduction && shown.writable && html`<button class="button button--primary" type="submit" form="special">${t("field.special.record")}</button>`}</div>
  </footer>`;
}

/** @param {{open: OpenVisit, record: import("../store/store.js").RecordShown, writable: boolean}} props */
function Recorded({ open, record, writable }) {
  const session = useSession();
  const said = (/** @type {string} */ name) => record.fields[name]?.own ?? record.fields[name]?.value ?? record.fields[name]?.heads[0]?.value;
  const withdrawn = record.fields.withdrawn?.value === true;
  const first = Object.values(record.fields)[0]?.heads[0];
  const own = record.fields.text?.own !== undefined;
  const withdraw = () => {
    void open.save("special", record.rest, { withdrawn: !withdrawn }).catch(() => {});
    session.say(t(withdrawn ? "field.special.stands" : "field.special.withdrawn"), () => void open.undo("special", record.rest).then(() => session.say(t("field.undone"))).catch(() => {}));
  };
  return html`<li class="outbox__row"><${Icon} name=${withdrawn ? "circle-slash" : "triangle-alert"} /><div>
    <span class="outbox__what">${said("clause") ?? t("field.special.no-clause")} · ${groundWords(said("ground") ?? "")}</span>
    <span class="outbox__fate">${said("text")}${withdrawn ? ` · ${t("field.special.withdrawn")}` : ""} · ${first ? session.nameOf(first.person) : ""}</span>
    </div><time class="outbox__when">${clock(first?.at)}</time>
${own && writable && html`<div class="outbox__act">
  <button class="button button--plain" type="button" onClick=${withdraw}>${t(withdrawn ? "field.special.restore" : "field.special.withdraw")}</button>
  </div>`}</li>`;
}
