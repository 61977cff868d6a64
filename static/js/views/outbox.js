// The outbox: each operation and photo with its fate in words, an act only where a person is needed, a copy of everything as one file.
import { html, useEffect, useState } from "../vendor/preact.js";
import { Banner, Empty, Icon, Title } from "../ui/parts.js";
import { href } from "../ui/router.js";
import { side, t } from "../ui/texts.js";
import { shortly, size } from "../ui/time.js";
import { CameraButton, fateWords } from "./photos.js";
import { codeWords, siteName } from "./scheme-words.js";
import { useSession } from "./session.js";
import { Toast } from "./visit.js";

/** @typedef {import("../store/outbox.js").OutboxLine} OutboxLine */
/** @typedef {import("../store/outbox.js").OutboxPhoto} OutboxPhoto */
/** @typedef {import("../store/store.js").VisitShown} VisitShown */

const PERSON = ["parked", "aside"];
const SHOWN = 100;
const ICONS = { note: "message-square-text", value: "pencil-line", evidence: "image", submission: "send", visit: "map-pin-check", special: "triangle-alert" };

function useOutbox() {
  const { store } = useSession();
  const [outbox, setOutbox] = useState(/** @type {{operations: OutboxLine[], photos: OutboxPhoto[], visits: Map<string, VisitShown>, all: number} | null} */ (null));
  const { count } = store.changes.value;
  const { sent } = { sent: store.activity.value.phase };
  useEffect(() => {
    let gone = false;
    void Promise.all([store.outbox(), store.visits(), store.written()]).then(([of, visits, all]) => {
      if (!gone) setOutbox({ ...of, visits: new Map(visits.map((one) => [one.id, one])), all });
    }, () => {});
    return () => {
      gone = true;
    };
  }, [count, sent, store]);
  return outbox;
}

export function OutboxView() {
  const session = useSession();
  const { store } = session;
  const outbox = useOutbox();
  const bar = store.bar.value;
  const [exporting, setExporting] = useState(false);
  const lines = outbox?.operations ?? [];
  const photos = outbox?.photos ?? [];
  const needy = [...lines, ...photos].filter((one) => PERSON.includes(one.fate) || isStuck(one));
  const here = [...photos, ...lines].filter((one) => (one.fate === "here" || one.fate === "sending") && !needy.includes(one));
  const decided = lines.filter(({ fate }) => fate === "discarded");
  const arrived = [...photos, ...lines].filter((one) => one.fate === "server");
  const safe = Math.max(0, (outbox?.all ?? 0) - lines.filter(({ fate }) => fate !== "aside").length);
  const { counts } = store;
  const save = async () => {
    setExporting(true);
    try {
      const url = URL.createObjectURL(await store.exportQueue());
      const link = document.createElement("a");
      link.href = url;
      link.download = `xingping-${store.name.replace(/[^\p{L}\p{N}]+/gu, "-")}-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, "")}.zip`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch {
      session.trouble.value = "not-saved";
    } finally {
      setExporting(false);
    }
  };
  return html`<main id="main" class="field-app__page">
    <${Title} title=${t("field.outbox")} named=${t("field.outbox")} sub=${t("field.outbox.sub")} />
${outbox === null ? null : html`
<dl class="tally"><div class=${needy.length > 0 ? "is-person" : ""}><dt>${t("field.outbox.needs")}</dt><dd>${needy.length}</dd>
  </div><div><dt>${t("field.outbox.here")}</dt>
  <dd>${counts.value.total} ${counts.value.photos > 0 && html`<small>${t("field.bar.photos", { n: counts.value.photos })}</small>`}</dd>
  </div><div><dt>${t("field.outbox.server")}</dt><dd>${arrived.length}</dd></div><div><dt>${t("field.outbox.verified")}</dt>
  <dd>${safe}</dd></div></dl>
${bar.reason && bar.reason !== "parked" && bar.reason !== "aside" && html`<${Banner} state=${bar.reason !== "not-reached" && (bar.state === "needs-you" || bar.state === "sign-in") ? "failed" : ""} icon="info">
  <p>${codeWords("reason", bar.reason)}</p>
${bar.line !== null && html`<p class="row">
  <button class="button" type="button" onClick=${() => void store.setAside(/** @type {number} */ (bar.line)).then(() => session.sync.now())}>${t("field.outbox.aside", { n: bar.line })}</button>
  </p>`}
${(bar.reason === "sign-in" || bar.reason === "other-user") && html`<p class="row"><${SignIn} /></p>`}<//>`}
<${Section} title=${t("field.outbox.needs")} list=${needy} of=${outbox} />
<${Section} title=${t("field.outbox.here")} list=${here} of=${outbox} />
<${Section} title=${t("field.outbox.decided")} list=${decided} of=${outbox} />
${arrived.length + safe > 0 && html`<section class="stack stack--tight"><h2>${t("field.outbox.arrived")}</h2>
  <ul class="outbox">${arrived.slice(0, SHOWN).map((one) => html`<${Line} key=${keyOf(one)} one=${one} of=${outbox} />`)}
${safe > 0 && html`<li class="outbox__row outbox__row--safe"><${Icon} name="shield-check" /><div>
  <span class="outbox__what">${t("field.outbox.others", { n: safe })}</span>
  <span class="outbox__fate">${t("field.fate.verified")}</span></div></li>`}</ul></section>`}
${needy.length + here.length + decided.length + arrived.length + safe === 0 && html`<${Empty} title=${t("field.outbox.empty")}>
  <p>${t("field.outbox.empty-next")}</p><//>`}
<section class="stack stack--tight"><h2>${t("field.outbox.copy")}</h2><p>${t("field.outbox.copy-why")}</p><p>
  <button class="button" type="button" disabled=${exporting} onClick=${save}>
  <${Icon} name="download" />${t("field.outbox.export", { n: counts.value.total })}</button></p></section>`}</main>
<footer class="field-app__actions" aria-label=${t("field.actions")}><${Toast} /><div class="actions">
  <${CameraButton} visit=${session.lastVisit.value} />
  <a class="button" href=${session.lastVisit.value ? href("visit", session.lastVisit.value) : href()}>${t("frame.back")}</a>
  <button class="button button--primary" type="button" onClick=${() => session.sync.now()} aria-busy=${bar.state === "sending" ? "true" : undefined}>
  <${Icon} name="send" />${t("field.outbox.send")}</button></div></footer>`;
}

export const SignIn = () => html`<a class="button" href=${`/login?next=${encodeURIComponent(location.pathname)}`} target="_self">
  <${Icon} name="log-in" />${t("field.sign-in")}</a>`;

/** @param {OutboxLine | OutboxPhoto} one */
const keyOf = (one) => ("op" in one ? `op ${one.op} ${one.fate}` : `photo ${one.evidence}`);

/** @param {{title: string, list: (OutboxLine | OutboxPhoto)[], of: {visits: Map<string, VisitShown>}}} props */
function Section({ title, list, of }) {
  if (list.length === 0) return null;
  return html`<section class="stack stack--tight"><h2>${title} ${list.length}</h2>
    <ul class="outbox">${list.slice(0, SHOWN).map((one) => html`<${Line} key=${keyOf(one)} one=${one} of=${of} />`)}</ul>${list.length > SHOWN && html`<p class="muted">${t("field.outbox.more", { n: list.length - SHOWN })}</p>`}</section>`;
}

/** A photo that will never be sent as it is: only a person can end that. @param {OutboxLine | OutboxPhoto} one */
const isStuck = (one) => "evidence" in one && one.code !== null && (one.fate === "here" || one.fate === "sending");

/** @param {{one: OutboxLine | OutboxPhoto, of: {visits: Map<string, VisitShown>}}} props */
function Line({ one, of }) {
  const { store } = useSession();
  const visit = of.visits.get(one.visit);
  const needy = PERSON.includes(one.fate) || one.fate === "discarded";
  const where = visit ? siteName(visit.site) : t("field.site.unknown");
  if ("evidence" in one) {
    const stuck = isStuck(one);
    const words = stuck && one.code !== "bytes-damaged" && one.code !== "hash" ? t("field.fate.refused", { why: codeWords("code", String(one.code)) })
      : one.fate === "here" && !one.code ? t("field.fate.here-bytes", { total: size(one.total) }) : fateWords(one);
    return html`<li class=${`outbox__row${needy || stuck ? " outbox__row--person" : ""}`}>
      <${Icon} name=${one.fate === "sending" ? "image-up" : "image"} /><div>
      <span class="outbox__what">${t("field.outbox.photo")} · ${where}</span>
      <span class="outbox__fate">${words}</span>
${stuck && html`<p class="row"><button class="button" type="button" onClick=${() => void store.giveUp(one.visit, one.evidence).catch(() => {})}>${t("field.outbox.give-up")}</button></p>`}
      </div></li>`;
  }
  const code = one.record === "result" ? one.rest.split("/")[0] : "";
  const leaf = visit?.scheme?.clauses.find((/** @type {any} */ clause) => clause.code === code);
  const fields = one.fields.map((field) => t(`field.name.${field}`)).filter((words, index, all) => all.indexOf(words) === index).join(t("field.pause"));
  const what = one.record === "result" ? `${code} ${side(leaf?.title)}` : t(`field.record.${one.record}`);
  const icon = ICONS[/** @type {keyof typeof ICONS} */ (one.record === "result" ? (one.fields[0] === "note" ? "note" : "value") : one.record)] ?? "pencil-line";
  const words = needy ? `${t(`field.fate.${one.fate}`)}${one.code ? ` ${codeWords("code", one.code)}` : ""}${one.reason ? ` ${t("field.outbox.lead-said", { reason: one.reason })}` : ""}` : t(one.fate === "here" ? "field.fate.waiting" : `field.fate.${one.fate}`);
  return html`<li class=${`outbox__row${needy ? " outbox__row--person" : ""}`}>
    <${Icon} name=${needy ? "triangle-alert" : one.fate === "server" ? "cloud-check" : icon} /><div>
    <span class="outbox__what">${what}${one.record === "result" ? `${t("field.colon")}${fields}` : ""} · ${where}</span>
    <span class="outbox__fate">${words}</span></div><time class="outbox__when" datetime=${one.at}>${shortly(one.at)}</time></li>`;
}
