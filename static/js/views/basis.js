// What a met answer rests on: whom asked, which record, a photo, ready words. One tap is enough, none is allowed.
import { html, useState } from "../vendor/preact.js";
import { Chips, Field, SavedLine } from "../ui/parts.js";
import { side, t } from "../ui/texts.js";
import { CameraButton } from "./photos.js";
import { useSession } from "./session.js";
import { useWritten } from "./written.js";

/** @typedef {{kind: "person" | "record" | "phrase", text: string}} Ground */
/** @typedef {import("./open-visit.js").OpenVisit} OpenVisit */

/** @param {{open: OpenVisit, leaf: import("./checklist.js").Leaf, photos: number}} props */
export function Basis({ open, leaf, photos }) {
  const grounds = /** @type {Ground[]} */ (open.own("result", leaf.code, "basis") ?? []);
  const [phrases, setPhrases] = useState(false);
  const put = (/** @type {Ground[]} */ next) => open.save("result", leaf.code, { basis: next.length === 0 ? null : next });
  const has = (/** @type {string} */ kind) => grounds.some((ground) => ground.kind === kind);
  const choices = [
    { value: "person", words: t("field.basis.person"), icon: "user-round" },
    { value: "record", words: t("field.basis.record"), icon: "file-text" },
    ...(leaf.phrases?.length ? [{ value: "phrase", words: t("field.basis.phrase"), icon: "quote" }] : []),
  ];
  const choose = (/** @type {string} */ kind, /** @type {boolean} */ on) => {
    if (kind === "phrase") {
      setPhrases(on);
      if (!on) void put(grounds.filter((ground) => ground.kind !== "phrase")).catch(() => {});
      return;
    }
    const rest = grounds.filter((ground) => ground.kind !== kind);
    void put(on ? [...rest, { kind: /** @type {"person" | "record"} */ (kind), text: "" }] : rest).catch(() => {});
  };
  const chosen = choices.map(({ value }) => value).filter((kind) => has(kind) || (kind === "phrase" && phrases));
  return html`<${Chips} legend=${html`${t("field.basis")} <span class="muted small">${t("field.basis.enough")}</span>`} choices=${choices} chosen=${chosen} onChoose=${choose}>
<${CameraButton} visit=${open.id} clauses=${[leaf.code]} plain words=${photos > 0 ? t("field.photos.short", { n: photos }) : t("field.basis.photo")} />
  <//>
${(phrases || has("phrase")) && html`<${Chips} legend=${t("field.phrases")} hiddenLegend choices=${(leaf.phrases ?? []).map((phrase) => ({ value: side(phrase), words: side(phrase) }))} chosen=${grounds.filter(({ kind }) => kind === "phrase").map(({ text }) => text)}
 onChoose=${(/** @type {string} */ text, /** @type {boolean} */ on) => void put(on ? [...grounds, { kind: "phrase", text }] : grounds.filter((ground) => ground.kind !== "phrase" || ground.text !== text)).catch(() => {})} />`}
${/** @type {const} */ (["person", "record"]).filter(has).map((kind) => html`<${Words} key=${kind} open=${open} clause=${leaf.code} kind=${kind} />`)}`;
}

/** @param {{open: OpenVisit, clause: string, kind: "person" | "record"}} props */
function Words({ open, clause, kind }) {
  const { store } = useSession();
  const grounds = () => /** @type {Ground[]} */ (open.own("result", clause, "basis") ?? []);
  const own = grounds().find((ground) => ground.kind === kind)?.text ?? "";
  const written = useWritten({
    store, key: `${open.id}/result/${clause}/basis/${kind}`, own,
    save: (text, draft) => open.save("result", clause, { basis: grounds().map((ground) => (ground.kind === kind ? { kind, text } : ground)) }, draft),
  });
  return html`<${Field} label=${t(`field.basis.${kind}`)} saved=${written.text !== "" && html`<${SavedLine} status=${own === written.text ? open.status.value.get(`result/${clause}`) ?? "saved" : "none"} />`}>
${(/** @type {string} */ id) => html`<input id=${id} value=${written.text} maxlength="2000" autocomplete="off" ...${written.handlers} />`}<//>`;
}
