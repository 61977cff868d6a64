// The frame of the field app: bar, the view an address asks for, what concerns the whole app, focus after a change of address.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Banner, Empty, Icon, Title, useAfter } from "../ui/parts.js";
import { href, route } from "../ui/router.js";
import { language, t } from "../ui/texts.js";
import { CheckInView } from "./check-in.js";
import { troubleWords } from "./open-visit.js";
import { OutboxView, SignIn } from "./outbox.js";
import { codeWords } from "./scheme-words.js";
import { Here, useSession } from "./session.js";
import { SettingsView } from "./settings.js";
import { SpecialView } from "./special.js";
import { SubmissionView } from "./submission.js";
import { SyncBar } from "./sync-bar.js";
import { TodayView } from "./today.js";
import { TrayView } from "./tray.js";
import { VisitView } from "./visit.js";

/** @param {{session: import("./session.js").Session, applyUpdate: () => void}} props */
export function App({ session, applyUpdate }) {
  void language.value; // everything is said again when the language changes
  return html`<${Here.Provider} value=${session}><${SyncBar} /><${Notices} applyUpdate=${applyUpdate} /><${Place} /><//>`;
}

/** What concerns the whole app, one at a time: another version, no place to keep things, sign-in. @param {{applyUpdate: () => void}} props */
function Notices({ applyUpdate }) {
  const session = useSession();
  const { store } = session;
  const bar = store.bar.value;
  const at = route.value;
  const trouble = session.trouble.value;
  if (store.open.value === "outdated") return html`<${Notice} state="failed" icon="circle-arrow-up">
    <p>${t("field.notice.outdated")}</p><p class="row">
    <button class="button" type="button" onClick=${() => location.reload()}>${t("field.notice.reload")}</button></p><//>`;
  if (bar.state === "not-saved") return html`<${Notice} state="failed" icon="triangle-alert" alert>
    <p>${troubleWords(store.notSaved.value ?? "not-saved")}</p><//>`;
  if (trouble) return html`<${Notice} state="failed" icon="triangle-alert" alert><p>${troubleWords(trouble)}</p><p class="row">
    <button class="button" type="button" onClick=${() => { session.trouble.value = null; }}>${t("field.notice.understood")}</button>
    </p><//>`;
  if (bar.state === "sign-in" && at[0] !== "outbox") return html`<${Notice} icon="key-round">
    <p>${t("field.notice.sign-in", { n: bar.total })}</p><p class="row"><${SignIn} /></p><//>`;
  if (bar.reason === "other-user" && at[0] !== "outbox") return html`<${Notice} icon="key-round"><p>${codeWords("reason", "other-user")}</p>
    <p class="row"><${SignIn} /></p><//>`;
  // A safe point: nothing is open, so nothing can be lost or moved under a finger.
  if (store.update.value && at.length === 0) return html`<${Notice} icon="circle-arrow-up"><p>${t("field.notice.update")}</p>
    <p class="row"><button class="button" type="button" onClick=${applyUpdate}>${t("field.notice.update-now")}</button></p><//>`;
  return null;
}

/** @param {{state?: string, icon: string, alert?: boolean, children: import("../vendor/preact.js").ComponentChildren}} props */
const Notice = ({ children, ...props }) => html`<div class="notice"><${Banner} ...${props}>${children}<//></div>`;

function Place() {
  const [first, ...rest] = route.value;
  useFocus(route.value.join("/"));
  if (first === undefined) return html`<${TodayView} />`;
  if (first === "outbox" && rest.length === 0) return html`<${OutboxView} />`;
  if (first === "settings" && rest.length === 0) return html`<${SettingsView} />`;
  if (first === "visit" && rest[0]) return html`<${VisitPlace} key=${rest[0]} id=${rest[0]} below=${rest.slice(1)} />`;
  return html`<${Nowhere} />`;
}

/** @param {{id: string, below: string[]}} props */
function VisitPlace({ id, below }) {
  const session = useSession();
  const open = session.visitOf(id);
  const shown = open.shown.value;
  const late = useAfter(300);
  useEffect(() => void (session.lastVisit.peek() !== id && session.keep("visit", id)), [id]);
  if (shown === undefined) return html`<main id="main" class="field-app__page">${late && html`<${Title} title=${t("field.opening-visit")} named=${t("field.opening-visit")} />`}</main>`;
  if (shown === null) return html`<${Nowhere} visit />`;
  if (!shown.scheme || !shown.site) return html`<${Nowhere} visit />`;
  const [what, code] = below;
  if (what === undefined) return html`<${VisitView} open=${open} code=${null} />`;
  if (what === "clause" && code) return html`<${VisitView} open=${open} code=${code} />`;
  if (what === "check-in") return html`<${CheckInView} open=${open} />`;
  if (what === "submission") return html`<${SubmissionView} open=${open} />`;
  if (what === "tray") return html`<${TrayView} open=${open} />`;
  if (what === "special") return html`<${SpecialView} key=${code ?? ""} open=${open} code=${code ?? null} />`;
  return html`<${Nowhere} />`;
}

/** @param {{visit?: boolean}} props */
const Nowhere = ({ visit = false }) => html`<main id="main" class="field-app__page">
  <${Title} title=${t(visit ? "field.nowhere.visit" : "field.nowhere")} named=${t("field.nowhere")} />
  <${Empty} title=${t(visit ? "field.nowhere.visit-why" : "field.nowhere.why")}><p>${t("field.nowhere.next")}</p><//></main>
<footer class="field-app__actions" aria-label=${t("field.actions")}><div class="actions">
  <a class="button button--primary" href=${href()}><${Icon} name="arrow-left" />${t("field.today")}</a></div></footer>`;

/** After a change of address the focus goes to the title, once it is there. @param {string} path */
function useFocus(path) {
  const before = useRef(path);
  const [, again] = useState(0);
  useEffect(() => {
    if (before.current === path) return undefined;
    const title = document.querySelector("h1");
    if (!title) {
      const timer = setTimeout(() => again((n) => n + 1), 50);
      return () => clearTimeout(timer);
    }
    before.current = path;
    title.focus({ preventScroll: true });
    return undefined;
  });
}
