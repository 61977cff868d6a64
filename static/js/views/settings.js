// This tablet and this person: language, points, keys, the storage's health, signing out only when everything is safe.
import { html, useEffect, useState } from "../vendor/preact.js";
import { Banner, Chips, Icon, Title } from "../ui/parts.js";
import { href } from "../ui/router.js";
import { LANGUAGES, language, t } from "../ui/texts.js";
import { shortly, size } from "../ui/time.js";
import { CameraButton } from "./photos.js";
import { useSession } from "./session.js";
import { Toast } from "./visit.js";

const NAMES = { "zh-CN": "中文", en: "English" };

export function SettingsView() {
  const session = useSession();
  const { store } = session;
  const [health, setHealth] = useState(/** @type {Awaited<ReturnType<typeof store.health>> | null} */ (null));
  const [asked, setAsked] = useState(/** @type {boolean | null | undefined} */ (undefined));
  const { operations } = store.counts.value;
  useEffect(() => void store.health().then(setHealth, () => {}), [operations, asked]);
  return html`<main id="main" class="field-app__page">
    <${Title} title=${t("field.settings")} named=${t("field.settings")} sub=${store.name} />
<section class="stack stack--tight">
  <${Chips} legend=${t("frame.language")} choices=${LANGUAGES.map((one) => ({ value: one, words: html`<span lang=${one}>${NAMES[one]}</span>` }))} chosen=${[language.value]} onChoose=${(/** @type {import("../ui/texts.js").Language} */ to) => void session.speak(to)} />
  </section>
<section class="stack stack--tight section"><h2>${t("field.settings.show")}</h2>
<label class="tick">
  <input type="checkbox" checked=${session.showPoints.value} onChange=${(/** @type {Event} */ event) => void session.keep("points", /** @type {HTMLInputElement} */ (event.currentTarget).checked)} />${t("field.points")}</label>
  <p class="muted small">${t("field.points.why")}</p>
<label class="tick">
  <input type="checkbox" checked=${session.keys.value} onChange=${(/** @type {Event} */ event) => void session.keep("keys", /** @type {HTMLInputElement} */ (event.currentTarget).checked)} />${t("field.keys")}</label>
  <p class="muted small">${t("field.keys.which")}</p></section>
<section class="stack stack--tight section"><h2>${t("field.settings.storage")}</h2>${health && html`<dl class="facts-list">
  <dt>${t("field.settings.protected")}</dt>
  <dd>${t(health.persisted ? "field.settings.protected-yes" : "field.settings.protected-no")}</dd>
<dt>${t("field.settings.free")}</dt>
  <dd>${health.free !== null ? t("field.settings.free-of", { free: size(health.free), used: size(health.usage ?? 0) }) : "—"}</dd>
<dt>${t("field.settings.operations")}</dt>
  <dd>${t("field.settings.operations-last", { n: health.operations, at: health.last ? shortly(health.last) : "—" })}</dd></dl>
${health.broken !== null && html`<${Banner} state="failed" icon="triangle-alert" alert>
  <p>${t("field.settings.broken", { n: health.broken })}</p><//>`}
${!health.persisted && html`<p class="row">
  <button class="button" type="button" onClick=${() => void store.askPersist().then(setAsked)}>
  <${Icon} name="shield-check" />${t("field.settings.protect")}</button></p>`}
${asked !== undefined && !asked && html`<p class="muted small" role="status">${t("field.settings.protect-refused")}</p>`}`}</section>
<section class="stack stack--tight section"><h2>${t("field.sign-out")}</h2><${SignOut} /></section></main>
<footer class="field-app__actions" aria-label=${t("field.actions")}><${Toast} /><div class="actions">
  <${CameraButton} visit=${session.lastVisit.value} /><a class="button" href=${href()}>${t("frame.back")}</a></div></footer>`;
}

/** Refused while anything is only here: the count is said, and where to look. */
function SignOut() {
  const session = useSession();
  const [failed, setFailed] = useState(false);
  const { total, aside } = session.store.counts.value;
  const [refused, setRefused] = useState(false);
  const leave = async () => {
    if (session.store.counts.value.total > 0) {
      setRefused(true);
      return;
    }
    try {
      const answer = await fetch("/logout", { method: "POST", credentials: "same-origin", headers: { "X-Xingping": "1" } });
      if (!answer.ok) throw new Error("not-reached");
    } catch {
      setFailed(true);
      return;
    }
    session.sync.stop();
    session.store.close();
    await session.meta.forgetPerson();
    location.assign("/login?next=/field/");
  };
  return html`<p>${total > 0 ? t("field.sign-out.unsafe", { n: total }) : aside > 0 ? t("field.sign-out.aside", { n: aside }) : t("field.sign-out.safe")}</p>
${refused && total > 0 && html`<${Banner} state="attention" icon="tablet-smartphone" alert>
  <p>${t("field.sign-out.refused", { n: total })} <a class="tap" href=${href("outbox")}>${t("field.outbox")}</a></p><//>`}
${failed && html`<${Banner} state="attention" icon="cloud-off" alert><p>${t("field.sign-out.offline")}</p><//>`}
<p class="row"><button class="button" type="button" onClick=${leave}><${Icon} name="log-out" />${t("field.sign-out")}</button>
  </p>`;
}
