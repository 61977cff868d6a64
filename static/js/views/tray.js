// 未归条: photos and notes taken first, attached to clauses later. Attaching changes neither time nor place of what was taken.
import { html, useState } from "../vendor/preact.js";
import { Chips, Empty, Field, Icon, Title } from "../ui/parts.js";
import { href } from "../ui/router.js";
import { side, t } from "../ui/texts.js";
import { clock } from "../ui/time.js";
import { CameraButton, photoName, Refused, useBytes } from "./photos.js";
import { siteName } from "./scheme-words.js";
import { useSession } from "./session.js";
import { Toast } from "./visit.js";
import { clipped, useWritten } from "./written.js";

/** @typedef {import("../store/store.js").RecordShown} RecordShown */
/** @typedef {import("./open-visit.js").OpenVisit} OpenVisit */

const NEAR = 8;

/** @param {RecordShown} shown @param {string} name */
const said = (shown, name) => shown.fields[name]?.own ?? shown.fields[name]?.value ?? shown.fields[name]?.heads[0]?.value;

/** @param {{open: OpenVisit}} props */
export function TrayView({ open }) {
  const session = useSession();
  const shown = /** @type {import("../store/store.js").VisitShown} */ (open.shown.value);
  const items = open.photos.value.get("") ?? [];
  const coming = session.incoming.value.filter((one) => one.visit === open.id && one.clauses.length === 0);
  const [picked, setPicked] = useState(/** @type {string[]} */ ([]));
  const [to, setTo] = useState(/** @type {string[]} */ ([]));
  const [search, setSearch] = useState("");
  const [writing, setWriting] = useState(false);
  const chosen = items.filter(({ rest }) => picked.includes(rest));
  const wanted = search.trim().toLowerCase();
  const rows = open.rows.value.filter(({ leaf }) => to.includes(leaf.code) || (wanted === "" ? true : `${leaf.code} ${leaf.title?.zh ?? ""} ${leaf.title?.en ?? ""}`.toLowerCase().includes(wanted)));
  const offered = wanted === "" ? [...rows].sort((a, b) => Number(b.state === "open") - Number(a.state === "open")).slice(0, NEAR) : rows;
  const flip = (/** @type {string[]} */ list, /** @type {string} */ one, /** @type {boolean} */ on) => (on ? [...list, one] : list.filter((each) => each !== one));
  const attach = () => {
    const taken = chosen.map(({ rest }) => rest);
    Promise.all(taken.map((rest) => open.save("evidence", rest, { attached_to: to }))).then(() => session.say(t("field.tray.attached", { n: taken.length }), () => void Promise.all(taken.map((rest) => open.undo("evidence", rest))).then(() => session.say(t("field.undone"))).catch(() => {})), () => {});
    setPicked([]);
    setTo([]);
  };
  return html`<main id="main" class="field-app__page">
    <${Title} title=${`${t("field.tray")} ${items.length + coming.length}`} named=${t("field.tray")} sub=${`${siteName(shown.site)} · ${t("field.tray.sub")}`} />
${items.length + coming.length === 0 && html`<${Empty} title=${t("field.tray.none")}><p>${t("field.tray.none-next")}</p><//>`}
${writing && html`<${Jotted} open=${open} onDone=${() => setWriting(false)} />`}
${items.length + coming.length > 0 && html`<section class="stack stack--tight">
  <h2 class="visually-hidden">${t("field.tray.items")}</h2><div class="tray">
${coming.map((one) => html`<div class="tray__item" key=${one.key}><span class="tray__face">
  <img src=${one.url} alt=${t("field.photo.new")} width="320" height="240" />
  <span class="tray__about">${t(one.error ? "field.photo.failed" : "field.saving")}</span></span><${Refused} one=${one} /></div>`)}
${items.map((item) => html`<${Item} key=${item.rest} open=${open} item=${item} picked=${picked.includes(item.rest)} onPick=${(/** @type {boolean} */ on) => setPicked(flip(picked, item.rest, on))} />`)}</div>
  </section>`}
${items.length > 0 && shown.writable && html`<section class="stack section">
  <${Chips} legend=${chosen.length === 0 ? t("field.tray.pick") : t("field.tray.where", { n: chosen.length })} choices=${offered.map(({ leaf }) => ({ value: leaf.code, words: html`<span>
  <span class="number">${leaf.code}</span> ${side(leaf.title)}</span>` }))} chosen=${to} onChoose=${(/** @type {string} */ code, /** @type {boolean} */ on) => setTo(flip(to, code, on))} />
<div class="search"><${Icon} name="search" />
  <input type="search" aria-label=${t("field.tray.search-label")} placeholder=${t("field.tray.search")} value=${search} onInput=${(/** @type {Event} */ event) => setSearch(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />
  </div>
<p class="muted small">${t("field.tray.hint")}</p></section>`}</main>
<footer class="field-app__actions" aria-label=${t("field.actions")}><${Toast} /><div class="actions">
  <${CameraButton} visit=${shown.writable ? open.id : null} />
${shown.writable && html`<button class="button" type="button" onClick=${() => setWriting(true)}>${t("field.tray.write")}</button>`}
${items.length > 0 && shown.writable ? html`<button class="button button--primary" type="button" disabled=${chosen.length === 0 || to.length === 0} onClick=${attach}>${to.length === 0 ? t("field.tray.attach-none") : t("field.tray.attach", { n: to.length })}</button>` : html`<a class="button" href=${href("visit", open.id)}>${t("frame.back")}</a>`}</div>
  </footer>`;
}

/** @param {{open: OpenVisit, item: RecordShown, picked: boolean, onPick: (on: boolean) => void}} props */
function Item({ open, item, picked, onPick }) {
  const written = said(item, "media_type") === "text/plain";
  const name = written ? said(item, "caption") : photoName(item);
  return html`<label class="tray__item">
    <input type="checkbox" checked=${picked} aria-label=${`${t(written ? "field.tray.note" : "field.outbox.photo")} ${name}`} onChange=${(/** @type {Event} */ event) => onPick(/** @type {HTMLInputElement} */ (event.currentTarget).checked)} />
<span class="tray__face">${written ? html`<span class="tray__note">${name}</span>` : html`<${Picture} open=${open} item=${item} name=${name} />`}<span class="tray__about">
  <b>${written ? t("field.tray.note") : said(item, "caption") || t("field.outbox.photo")}</b>${clock(said(item, "taken_at"))}</span>
  </span></label>`;
}

/** @param {{open: OpenVisit, item: RecordShown, name: string}} props */
function Picture({ open, item, name }) {
  const url = useBytes({ open, shown: item });
  return url ? html`<img src=${url} alt=${name} width="320" height="240" />` : html`<span class="tray__note muted">${url === null ? t("field.photo.away") : ""}</span>`;
}

/** A sentence that belongs to no clause yet: evidence of media type text/plain, its words also as caption. @param {{open: OpenVisit, onDone: () => void}} props */
function Jotted({ open, onDone }) {
  const session = useSession();
  const key = `${open.id}/tray`;
  const written = useWritten({ store: session.store, key, own: "", save: () => Promise.resolve() });
  const keep = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const text = clipped(written.text.trim());
    if (text === "") return;
    try {
      const bytes = new TextEncoder().encode(text);
      await session.store.addEvidence({ visit: open.id, bytes: /** @type {ArrayBuffer} */ (bytes.buffer), media_type: "text/plain", taken_at: session.store.now(), place: null, source: "typed", attached_to: [], kind: "note", caption: text.slice(0, 500), original: null });
      await session.store.dropDraft(key);
      onDone();
    } catch {
      session.trouble.value = "not-saved";
    }
  };
  return html`<form class="stack stack--tight" onSubmit=${keep}>
    <${Field} label=${t("field.tray.note")}>${(/** @type {string} */ id) => html`<textarea id=${id} rows="3" value=${written.text} maxlength=${written.maxlength} ...${written.handlers}>
    </textarea>`}<//>
<p class="row"><button class="button" type="submit">${t("field.tray.keep")}</button>
  <button class="button button--plain" type="button" onClick=${onDone}>${t("frame.cancel")}</button></p></form>`;
}

