// Photos: taken or chosen, read to bytes at once, kept by the store, shown at once, their fate in words.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Icon } from "../ui/parts.js";
import { t } from "../ui/texts.js";
import { clock, size } from "../ui/time.js";
import { useSession } from "./session.js";

/** @typedef {import("../store/store.js").RecordShown} RecordShown */
/** @typedef {import("./open-visit.js").OpenVisit} OpenVisit */

const ICONS = { here: "tablet-smartphone", sending: "cloud-upload", server: "cloud-check", verified: "shield-check", parked: "circle-pause", admitted: "cloud-check", discarded: "circle-x", aside: "circle-pause" };

/** @param {{fate: string, sent: number, total: number, code: string | null} | undefined} fate */
export function fateWords(fate) {
  if (!fate) return t("field.fate.server");
  if (fate.code === "bytes-damaged" || fate.code === "hash") return t("field.fate.damaged");
  if (fate.fate === "sending") return t("field.fate.sending-bytes", { sent: size(fate.sent), total: size(fate.total) });
  return t(`field.fate.${fate.fate}`);
}

/** @param {string} fate */
export const fateIcon = (fate) => ICONS[/** @type {keyof typeof ICONS} */ (fate)] ?? "tablet-smartphone";

/** A position, only where the person has allowed it before, and never waited for long. @returns {Promise<Record<string, string> | null>} */
async function placeNow() {
  const allowed = await navigator.permissions?.query({ name: "geolocation" }).then((status) => status.state === "granted", () => false);
  if (!allowed || !navigator.geolocation) return null;
  return new Promise((resolve) => navigator.geolocation.getCurrentPosition(
    ({ coords }) => resolve({ lat: coords.latitude.toFixed(6), lon: coords.longitude.toFixed(6), accuracy: String(Math.round(coords.accuracy)) }),
    () => resolve(null), { maximumAge: 60_000, timeout: 2000, enableHighAccuracy: false },
  ));
}

/**
 * Keeps files one after the other: never two in memory, and each is shown while it is being kept.
 * @param {import("./session.js").Session} session
 * @param {{visit: string, clauses: string[], files: File[], source: "camera" | "file"}} taken
 */
export async function takeIn(session, { visit, clauses, files, source }) {
  await session.keep("awaited", null);
  const taken_at = session.store.now();
  const waiting = files.map((file) => ({ key: session.store.newId(), url: URL.createObjectURL(file), visit, clauses, error: /** @type {string | null} */ (null) }));
  session.incoming.value = [...session.incoming.value, ...waiting];
  const place = await placeNow();
  for (const [index, file] of files.entries()) {
    const { key, url } = waiting[index];
    try {
      const bytes = await file.arrayBuffer();
      await session.store.addEvidence({ visit, bytes, media_type: file.type || "image/jpeg", taken_at, place, source, attached_to: clauses, kind: "photo", caption: "", original: null });
      session.incoming.value = session.incoming.value.filter((one) => one.key !== key);
      setTimeout(() => URL.revokeObjectURL(url), 5000);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "not-saved";
      session.incoming.value = session.incoming.value.map((one) => (one.key === key ? { ...one, error: code } : one));
      session.trouble.value = code === "no-space" ? "no-space-photo" : code;
    }
  }
}

/**
 * The camera of the bottom bar. Notes are saved before it opens; a page that was killed by it finds its way back.
 * @param {{visit: string | null, clauses?: string[], words?: string, plain?: boolean, choose?: boolean}} props
 */
export function CameraButton({ visit, clauses = [], words, plain = false, choose = false }) {
  const session = useSession();
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const open = () => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    if (visit && !choose) void session.keep("awaited", { visit, clauses });
    input.current?.click();
  };
  const taken = () => {
    const files = [...(input.current?.files ?? [])];
    if (input.current && visit && files.length > 0) void takeIn(session, { visit, clauses, files, source: choose ? "file" : "camera" }).then(() => input.current && (input.current.value = ""));
  };
  useEffect(() => {
    const at = input.current;
    const cancelled = () => void session.keep("awaited", null);
    at?.addEventListener("cancel", cancelled);
    return () => at?.removeEventListener("cancel", cancelled);
  }, []);
  if (!visit) return null;
  return html`<button class=${plain ? "button" : "button button--camera"} type="button" onClick=${open}>
    <${Icon} name=${choose ? "image" : "camera"} />${words ?? t("field.camera")}</button>
<input ref=${input} type="file" accept="image/*" multiple hidden capture=${choose ? undefined : "environment"} data-visit=${visit} data-clauses=${clauses.join(" ")} onChange=${taken} />`;
}

/** Photo of a record; bytes are read from the store once it is on the screen. @param {{open: OpenVisit, shown: RecordShown}} props */
export function useBytes({ open, shown }) {
  const { store } = useSession();
  const [url, setUrl] = useState(/** @type {string | null | undefined} */ (undefined));
  useEffect(() => {
    let gone = false;
    let made = "";
    void store.photo(open.id, shown.rest).catch(() => null).then((photo) => {
      if (gone) return;
      if (photo) made = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (photo.bytes)], { type: photo.mediaType }));
      setUrl(made || null);
    });
    return () => {
      gone = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [open.id, shown.rest]);
  return url;
}

/** What a photo is called: its caption, or when it was taken. @param {RecordShown} shown */
export function photoName(shown) {
  const value = (/** @type {string} */ name) => shown.fields[name]?.own ?? shown.fields[name]?.value ?? shown.fields[name]?.heads[0]?.value;
  return value("caption") || t("field.photo.at", { at: clock(value("taken_at")) });
}

/** @param {{open: OpenVisit, shown: RecordShown, onRemove: (() => void) | null}} props */
function Photo({ open, shown, onRemove }) {
  const url = useBytes({ open, shown });
  const fate = open.fates.value.get(shown.rest);
  const name = photoName(shown);
  return html`<div class="photo" role="listitem"><figure>
${url ? html`<a href=${url} target="_blank" rel="noopener">
  <img src=${url} alt=${name} width="320" height="240" data-evidence=${shown.rest} />
  </a>` : html`<span class="photo__away">${url === null ? html`<${Icon} name="cloud" />${t("field.photo.away")}` : ""}</span>`}
<figcaption><span class="photo__state">
  <${Icon} name=${fateIcon(fate?.fate ?? "server")} />${fateWords(fate)}</span>${name}</figcaption></figure>
${onRemove && html`<button class="button button--plain photo__remove" type="button" onClick=${onRemove} aria-label=${t("field.photo.remove", { name })}>${t("field.photo.withdraw")}</button>`}</div>`;
}

/** @param {{open: OpenVisit, clause: string, wanted: boolean, writable: boolean}} props */
export function PhotoStrip({ open, clause, wanted, writable }) {
  const session = useSession();
  const kept = open.photos.value.get(clause) ?? [];
  const coming = session.incoming.value.filter((one) => one.visit === open.id && one.clauses.includes(clause));
  const awaited = session.awaited.value;
  const lost = awaited?.visit === open.id && awaited.clauses.includes(clause) && document.visibilityState === "visible";
  const n = kept.length + coming.length;
  const withdraw = (/** @type {RecordShown} */ shown) => () => {
    void open.save("evidence", shown.rest, { withdrawn: true }).catch(() => {});
    session.say(t("field.photo.withdrawn"), () => void open.undo("evidence", shown.rest).then(() => session.say(t("field.undone"))).catch(() => {}));
  };
  if (n === 0 && !writable) return null;
  return html`<section class="stack stack--tight">
    <h3 class="clause-card__label">${t(wanted ? "field.photos.wanted" : "field.photos.count", { n })}</h3>
${lost && n === 0 && html`<p class="muted small" role="status">${t("field.photo.awaited")}</p>`}
${n > 0 && html`<div class="photos" role="list" aria-label=${t("field.photos")} tabindex="0">
${coming.map((one) => html`<div class="photo" role="listitem" key=${one.key}><figure>
  <img src=${one.url} alt=${t("field.photo.new")} width="320" height="240" /><figcaption><span class="photo__state">
  <${Icon} name=${one.error ? "circle-x" : "clock"} />${t(one.error ? "field.photo.failed" : "field.saving")}</span></figcaption>
  </figure></div>`)}
${kept.map((shown) => html`<${Photo} key=${shown.rest} open=${open} shown=${shown} onRemove=${writable && Object.values(shown.fields).some((field) => field.own !== undefined) ? withdraw(shown) : null} />`)}</div>`}
${writable && html`<p class="row">
  <${CameraButton} visit=${open.id} clauses=${[clause]} plain choose words=${t("field.photo.choose")} /></p>`}</section>`;
}
