// A clause that does not apply here: excluded with a reason, or refused with words where the scheme forbids it.
import { mayExclude } from "../core/losses.js";
import { html, useState } from "../vendor/preact.js";
import { Banner, Field, Icon } from "../ui/parts.js";
import { t } from "../ui/texts.js";
import { sayAnswered } from "./answering.js";
import { restsOf } from "./checklist.js";
import { useSession } from "./session.js";
import { appended, clipped, useWritten } from "./written.js";

/** @param {{open: import("./open-visit.js").OpenVisit, leaf: import("./checklist.js").Leaf, scheme: any}} props */
export function Exclusion({ open, leaf, scheme }) {
  const session = useSession();
  const [asking, setAsking] = useState(false);
  const key = `${open.id}/result/${leaf.code}/exclusion`;
  const reason = useWritten({ store: session.store, key, own: "", save: () => Promise.resolve() });
  const [missing, setMissing] = useState(false);
  const forbidden = !mayExclude(scheme, /** @type {any} */ (leaf));
  if (!asking) return html`<button class="button button--plain" type="button" onClick=${() => setAsking(true)}>
    <${Icon} name="circle-slash" />${t("field.exclude")}</button>`;
  if (forbidden) return html`<${Banner} state="attention" icon="circle-slash" alert>
    <p>${t("field.exclude.forbidden", { code: leaf.code })}</p><//>`;
  const exclude = (/** @type {Event} */ event) => {
    event.preventDefault();
    const words = reason.text.trim();
    if (words === "") {
      setMissing(true);
      return;
    }
    const before = open.own("result", leaf.code, "note") ?? "";
    open.save("result", leaf.code, { value: { excluded: true }, note: clipped(appended(before, words)) })
      .then(() => sayAnswered(session, open, leaf.code, t("field.said", { code: leaf.code, value: t("field.value.excluded") })), () => {});
    for (const rest of restsOf(leaf)) if (rest !== leaf.code && open.own("result", rest, "value")) void open.save("result", rest, { value: null }).catch(() => {});
    reason.insert("");
    void session.store.dropDraft(key).catch(() => {});
    setAsking(false);
  };
  return html`<form class="stack stack--tight exclusion" onSubmit=${exclude} noValidate>
    <${Field} label=${t("field.exclude.why")} hint=${t("field.exclude.hint")} error=${missing ? t("field.exclude.missing") : undefined}>
${(/** @type {string} */ id, /** @type {string | undefined} */ described) => html`<textarea id=${id} rows="2" maxlength="2000" aria-describedby=${described} aria-invalid=${missing ? "true" : undefined} value=${reason.text} ...${reason.handlers}>
  </textarea>`}<//>
<p class="row"><button class="button" type="submit"><${Icon} name="circle-slash" />${t("field.exclude.do")}</button>
  <button class="button button--plain" type="button" onClick=${() => setAsking(false)}>${t("frame.cancel")}</button></p></form>`;
}
