// Arrival: place with its accuracy, or without; who of the client is there, what was explained. A position is evidence, never a gate.
import { html, useEffect, useState } from "../vendor/preact.js";
import { Chips, Field, Icon, SavedLine, Title } from "../ui/parts.js";
import { go, href } from "../ui/router.js";
import { t } from "../ui/texts.js";
import { clock, day } from "../ui/time.js";
import { CameraButton, PhotoStrip } from "./photos.js";
import { distanceWords, metresBetween, siteAddress, siteName } from "./scheme-words.js";
import { useSession } from "./session.js";
import { Toast } from "./visit.js";
import { useWritten } from "./written.js";

/** @typedef {{lat: string, lon: string, accuracy: string, at: string, datum: "wgs84"}} Position */

const EXPLAINED = ["scope", "sampling", "photos", "objections"];
const PATIENCE = 20_000;

/** @returns {Promise<Position>} rejects with refused, unavailable or slow */
const locate = () => new Promise((resolve, reject) => {
  if (!navigator.geolocation) {
    reject(new Error("unavailable"));
    return;
  }
  navigator.geolocation.getCurrentPosition(
    ({ coords, timestamp }) => resolve({ lat: coords.latitude.toFixed(6), lon: coords.longitude.toFixed(6), accuracy: String(Math.round(coords.accuracy)), at: new Date(timestamp).toISOString(), datum: "wgs84" }),
    ({ code }) => reject(new Error(code === 1 ? "refused" : code === 3 ? "slow" : "unavailable")),
    { enableHighAccuracy: true, timeout: PATIENCE, maximumAge: 0 },
  );
});

/** @param {{open: import("./open-visit.js").OpenVisit}} props */
export function CheckInView({ open }) {
  const session = useSession();
  const shown = /** @type {import("../store/store.js").VisitShown} */ (open.shown.value);
  const own = open.own("visit", "", "check_in");
  const [position, setPosition] = useState(/** @type {Position | null} */ (own?.place ?? null));
  const [how, setHow] = useState(/** @type {"idle" | "measuring" | "measured" | "refused" | "unavailable" | "slow" | "declined"} */ (own ? (own.place ? "measured" : own.without ?? "declined") : "idle"));
  const measure = () => {
    setHow("measuring");
    locate().then((found) => {
      setPosition(found);
      setHow("measured");
    }, (/** @type {Error} */ error) => setHow(/** @type {"refused"} */ (error.message)));
  };
  useEffect(() => {
    // Measured without a tap only where it was allowed before: the question of the browser comes when the person asks for it.
    if (!own) void navigator.permissions?.query({ name: "geolocation" }).then(({ state }) => state === "granted" && measure(), () => {});
  }, []);
  const metres = metresBetween(shown.site?.place, position);
  const opening = open.own("visit", "", "opening") ?? {};
  const explained = /** @type {string[]} */ (opening.explained ?? []);
  const arrive = () => {
    const place = how === "measured" ? position : null;
    // The first tap of a day's work is where a browser may be asked to leave the storage alone.
    void session.store.askPersist();
    void open.save("visit", "", { check_in: { at: session.store.now(), place, without: place ? null : how === "idle" || how === "measuring" ? "declined" : how, metres: place && metres !== null ? String(metres) : null } }).then(() => session.say(t("field.check-in.done"))).catch(() => {});
    go(href("visit", open.id));
  };
  const name = siteName(shown.site);
  return html`<main id="main" class="field-app__page">
    <${Title} title=${t("field.check-in")} named=${t("field.check-in")} sub=${name} />
<section class="stack stack--tight"><h2>${t("field.check-in.place")}</h2><dl class="facts-list">
  <dt>${t("field.check-in.address")}</dt><dd>${siteAddress(shown.site) || t("field.check-in.no-address")}</dd>
<dt>${t("field.check-in.tablet")}</dt><dd>
  <span role="status">${how === "measured" && position ? [metres === null ? t("field.check-in.measured") : t("field.check-in.distance", { distance: distanceWords(metres) }), t("field.check-in.accuracy", { n: position.accuracy })].join(t("field.comma-soft")) : t(`field.check-in.${how}`)}</span>
  </dd>
${how === "measured" && position?.at && html`<dt>${t("field.check-in.when")}</dt>
  <dd>${clock(position.at)}${t("field.comma-soft")}WGS-84</dd>`}
${own && html`<dt>${t("field.check-in.checked-in")}</dt><dd>${day(own.at)} ${clock(own.at)}</dd>`}</dl>
${metres !== null && metres > 1000 && html`<p class="field__warning" role="status">
  <${Icon} name="triangle-alert" />${t("field.check-in.far", { distance: distanceWords(metres) })}</p>`}
<p class="muted small">${t("field.check-in.why")}</p>
${shown.writable && html`<p class="row">
  <button class="button" type="button" onClick=${measure} aria-busy=${how === "measuring" ? "true" : undefined}>
  <${Icon} name="locate-fixed" />${t(position ? "field.check-in.again" : "field.check-in.measure")}</button>
<button class="button button--plain" type="button" onClick=${() => { setPosition(null); setHow("declined"); }}>${t("field.check-in.decline")}</button>
  </p>`}</section>
<section class="stack stack--tight section"><h2>${t("field.check-in.without")}</h2>
  <p class="muted small">${t("field.check-in.without-hint")}</p>
  <${PhotoStrip} open=${open} clause="" wanted=${false} writable=${shown.writable} /></section>
<section class="stack stack--tight section"><h2>${t("field.opening")}</h2><${Present} open=${open} writable=${shown.writable} />
<${Chips} legend=${t("field.opening.explained")} disabled=${!shown.writable} choices=${EXPLAINED.map((value) => ({ value, words: t(`field.opening.${value}`) }))} chosen=${explained}
 onChoose=${(/** @type {string} */ value, /** @type {boolean} */ on) => void open.save("visit", "", { opening: { at: opening.at ?? session.store.now(), explained: EXPLAINED.filter((one) => (one === value ? on : explained.includes(one))) } }).catch(() => {})} />
<p class="muted small">${t("field.opening.no-signature")}</p></section></main>
<footer class="field-app__actions" aria-label=${t("field.actions")}><${Toast} /><div class="actions">
  <${CameraButton} visit=${shown.writable ? open.id : null} />
${!shown.writable || own ? html`<a class="button button--primary" href=${href("visit", open.id)}>${t("field.check-in.to-visit")}</a>` : html`<button class="button button--primary" type="button" onClick=${arrive}>
  <${Icon} name="map-pin-check" />${t("field.check-in.do")}</button>`}</div></footer>`;
}

/** Who of the client is there: names as one line, kept as a list. @param {{open: import("./open-visit.js").OpenVisit, writable: boolean}} props */
function Present({ open, writable }) {
  const { store } = useSession();
  const people = /** @type {{name: string, role: string}[]} */ (open.own("visit", "", "present") ?? []);
  const own = people.map(({ name }) => name).join(t("field.pause"));
  const written = useWritten({
    store, key: `${open.id}/visit/present`, own,
    save: (text, draft) => {
      const names = text.split(/[、,，;；\n]/).map((name) => name.trim()).filter(Boolean);
      return open.save("visit", "", { present: names.length === 0 ? null : names.map((name) => ({ name, role: people.find((one) => one.name === name)?.role ?? "" })) }, draft);
    },
  });
  return html`<${Field} label=${t("field.opening.present")} saved=${own !== "" && html`<${SavedLine} status=${open.status.value.get("visit/") ?? "saved"} />`}>${(/** @type {string} */ id) => html`<input id=${id} value=${written.text} maxlength="2000" autocomplete="off" disabled=${!writable} ...${written.handlers} />`}<//>`;
}
