// Photos: taken or chosen, read to bytes at once, kept by the store, shown at once, their fate in words.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Icon } from "../ui/parts.js";
import { t } from "../ui/texts.js";
import { clock, size } from "../ui/time.js";
import { fetchPhoto } from "../sync/photo.js";
import { useSession } from "./session.js";
import { shrunk } from "./shrink.js";

/** @typedef {import("../store/store.js").RecordShown} RecordShown */
/** @typedef {import("./open-visit.js").OpenVisit} OpenVisit */

const ICONS = { here: "tablet-smartphone", sending: "cloud-upload", server: "cloud-check", verified: "shield-check", parked: "circle-pause", admitted: "cloud-check", discarded: "circle-x", away: "cloud-off", aside: "circle-pause" };

/** @param {{fate: string, sent: number, total: number, code: string | null}} fate */
export function fateWords(fate) {
  if (fate.code === "bytes-damaged" || fate.code === "hash") return t("field.fate.damaged");
  if (fate.fate === "sending") return t("field.fate.sending-bytes", { sent: size(fate.sent), total: size(fate.total) });
  return t(`field.fate.${fate.fate}`);
}

/** @param {string} fate */
export const fateIcon = (fate) => ICONS[/** @type {keyof typeof ICONS} */ (fate)] ?? "tablet-smartphone";

/** A position, only where the person has allowed it before, and never waited for long. @returns {Promise<Record<string, string> | null>} */
export async function placeNow() {
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
  const waiting = files.map((file) => ({ key: session.store.newId(), url: URL.createObjectURL(file), file, visit, clauses, source, taken_at, error: /** @type {string | null} */ (null) }));
  session.incoming.value = [...session.incoming.value, ...waiting];
  const place = await placeNow();
  for (const one of waiting) await keepOne(session, { ...one, place });
}

/** @param {import("./session.js").Session} session @param {import("./session.js").Incoming} one */
async function keepOne(session, one) {
  const { store } = session;
  const become = (/** @type {string | null} */ error) => {
    session.incoming.value = session.incoming.value.map((each) => (each.key === one.key ? { ...one, error } : each));
  };
  become(null);
  try {
    const { bytes, mediaType, before } = await shrunk(one.file);
    const original = before === null ? null : { sha256: await store.evidence.hashApart(new Uint8Array(before)), bytes: before.byteLength };
    await store.addEvidence({ visit: one.visit, bytes, media_type: mediaType, taken_at: one.taken_at, place: one.place ?? null, source: one.source, attached_to: one.clauses, kind: "photo", caption: "", original });
    letGo(session, one);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "not-saved";
    become(code);
    session.trouble.value = code === "no-space" ? "no-space-photo" : code;
  }
}

/** @param {import("./session.js").Session} session @param {import("./session.js").Incoming} one */
function letGo(session, one) {
  session.incoming.value = session.incoming.value.filter((each) => each.key !== one.key);
  setTimeout(() => URL.revokeObjectURL(one.url), 5000);
}

/** A photo that could not be kept is still on the screen: once more, or without it. @param {{one: import("./session.js").Incoming}} props */
export function Refused({ one }) {
  const session = useSession();
  if (one.error === null) return null;
  return html`<span class="row"><button class="button" type="button" onClick=${() => void keepOne(session, one)}>${t("field.photo.retry")}</button>
    <button class="button button--plain" type="button" onClick=${() => letGo(session, one)}>${t("field.photo.drop")}</button></span>`;
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

/** What a browser may show of a colleague's file; nothing that could run. */
const SHOWN = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/heic", "image/heif", "image/avif"];

/** Photo of a record: bytes of this tablet, else the server's when it is reached. @param {{open: OpenVisit, shown: RecordShown}} props */
export function useBytes({ open, shown }) {
  const { store } = useSession();
  const [url, setUrl] = useState(/** @type {string | null | undefined} */ (undefined));
  const { online } = store.bar.value;
  const wanting = useRef(true);
  const value = (/** @type {string} */ name) => shown.fields[name]?.own ?? shown.fields[name]?.value ?? shown.fields[name]?.heads[0]?.value;
  useEffect(() => {
    let gone = false;
    let made = "";
    wanting.current = true;
    const read = async () => {
      const kept = await store.photo(open.id, shown.rest).catch(() => null);
      const type = String(value("media_type") ?? "");
      const fetched = kept === null && online && SHOWN.includes(type) ? await fetchPhoto(open.id, shown.rest) : null;
      const bytes = kept?.bytes ?? (fetched && (await store.evidence.hashApart(fetched)) === value("sha256") ? fetched : null);
      if (gone) return;
      if (bytes) made = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (bytes)], { type: kept?.mediaType ?? type }));
      wanting.current = made === "";
      setUrl(made || null);
    };
    void read();
    return () => {
      gone = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [open.id, shown.rest, wanting.current && online]);
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
  </a>` : html`<span class="photo__away">${url === null ? html`<${Icon} name="cloud-off" />${t("field.photo.away-next")}` : ""}</span>`}
<figcaption><span class="photo__state">
  <${Icon} name=${fateIcon(fate?.fate ?? (url ? "server" : "away"))} />${fate ? fateWords(fate) : t(url ? "field.fate.server" : "field.photo.away")}</span>${name}</figcaption></figure>
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
    open.save("evidence", shown.rest, { withdrawn: true })
      .then(() => session.say(t("field.photo.withdrawn"), () => void open.undo("evidence", shown.rest).then(() => session.say(t("field.undone"))).catch(() => {})), () => {});
  };
  if (n === 0 && !writable) return null;
  return html`<section class="stack stack--tight">
    <h3 class="clause-card__label">${t(wanted ? "field.photos.wanted" : "field.photos.count", { n })}</h3>
${lost && n === 0 && html`<p class="muted small" role="status">${t("field.photo.awaited")}</p>`}
${n > 0 && html`<div class="photos" role="list" aria-label=${t("field.photos")} tabindex="0">
${coming.map((one) => html`<div class="photo" role="listitem" key=${one.key}><figure>
  <img src=${one.url} alt=${t("field.photo.new")} width="320" height="240" /><figcaption><span class="photo__state">
  <${Icon} name=${one.error ? "circle-x" : "clock"} />${t(one.error ? "field.photo.failed" : "field.saving")}</span></figcaption>
  </figure><${Refused} one=${one} /></div>`)}
${kept.map((shown) => html`<${Photo} key=${shown.rest} open=${open} shown=${shown} onRemove=${writable && Object.values(shown.fields).some((field) => field.own !== undefined) ? withdraw(shown) : null} />`)}</div>`}
${writable && html`<p class="row">
  <${CameraButton} visit=${open.id} clauses=${[clause]} plain choose words=${t("field.photo.choose")} /></p>`}</section>`;
}
