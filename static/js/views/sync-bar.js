// The bar that is always there: what is only on this tablet, when the server was last reached, and whether a person is needed.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Icon } from "../ui/parts.js";
import { href } from "../ui/router.js";
import { t } from "../ui/texts.js";
import { shortly } from "../ui/time.js";
import { useSession } from "./session.js";

/** @typedef {import("../store/outbox.js").Bar} Bar */

const ICONS = { verified: "shield-check", here: "tablet-smartphone", sending: "cloud-upload", unreached: "tablet-smartphone", update: "circle-arrow-up", "needs-you": "triangle-alert", "sign-in": "key-round", "not-saved": "triangle-alert" };
const RED = ["needs-you", "sign-in", "not-saved"];

/** The two lines of the bar. @param {Bar} bar @returns {[string, string]} */
export function barWords(bar) {
  const only = t("field.bar.only", { n: bar.total });
  const last = bar.lastSync ? t("field.bar.last", { at: shortly(bar.lastSync) }) : t("field.bar.never");
  const join = (/** @type {(string | false)[]} */ ...words) => words.filter(Boolean).join(" · ");
  switch (bar.state) {
    case "verified": return [only, t("field.bar.verified", { at: shortly(bar.lastSync) })];
    case "sending": return [t("field.bar.sending", { done: bar.sending?.done ?? 0, total: bar.sending?.total ?? bar.total }), join(only, last)];
    case "unreached": return [only, bar.nextTry ? t("field.bar.unreached", { at: shortly(bar.nextTry) }) : t("field.bar.unreached-soon")];
    case "update": return [only, t("field.bar.update")];
    case "needs-you": return [t("field.bar.needs", { n: bar.needs }), join(only, last)];
    case "sign-in": return [t("field.bar.sign-in"), t("field.bar.sign-in-sub", { n: bar.total })];
    case "not-saved": return [t("field.bar.not-saved"), t("field.bar.not-saved-sub")];
    default: return [only, join(bar.photos > 0 && t("field.bar.photos", { n: bar.photos }), last)];
  }
}

/** At most one change a second, so that a live region can be followed. @template T @param {T} value @returns {T} */
function useCalm(value) {
  const [calm, setCalm] = useState(value);
  const last = useRef(-1000);
  const text = JSON.stringify(value);
  useEffect(() => {
    const wait = Math.max(0, last.current + 1000 - performance.now());
    const timer = setTimeout(() => {
      last.current = performance.now();
      setCalm(value);
    }, wait);
    return () => clearTimeout(timer);
  }, [text]);
  return calm;
}

export function SyncBar() {
  const { store } = useSession();
  const bar = useCalm(store.bar.value);
  const [count, when] = barWords(bar);
  const state = RED.includes(bar.state) ? " sync-bar--person" : bar.state === "verified" ? " sync-bar--safe" : "";
  return html`<header class="field-app__top"><a class=${`sync-bar${state}`} href=${href("outbox")}>
    <${Icon} name=${ICONS[bar.state]} />
<span class="sync-bar__main" role="status"><span class="sync-bar__count">${count}</span>
  <span class="sync-bar__when">${when}</span></span>
<span class="sync-bar__net">
  <${Icon} name=${bar.online ? "cloud" : "cloud-off"} />${t(bar.online ? "frame.online" : "frame.offline")}</span></a></header>`;
}
