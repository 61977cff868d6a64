// Small parts that many views share; their names are those of static/css/components.
import { html, useEffect, useId, useRef, useState } from "../vendor/preact.js";
import { t } from "./texts.js";

/** @typedef {import("../vendor/preact.js").ComponentChildren} Children */

const SPRITE = new URL("../../icons.svg", import.meta.url).pathname;

/** @param {{name: string, extra?: string}} props */
export const Icon = ({ name, extra = "" }) => html`<svg class=${`icon ${extra}`.trim()} aria-hidden="true">
  <use href=${`${SPRITE}#${name}`}></use></svg>`;

/** @param {{icon: string, word: string, state?: string}} props */
export const Mark = ({ icon, word, state = "" }) => html`<span class=${`mark${state ? ` mark--${state}` : ""}`}>
  <${Icon} name=${icon} />${word}</span>`;

/** @param {{done: number, of: number, unit?: string}} props */
export const Progress = ({ done, of, unit = "" }) => html`<span class="progress">
  <progress max=${Math.max(of, 1)} value=${done} aria-label=${t("field.progress")}></progress>
  <span class="number">${done}/${of}${unit}</span></span>`;

/** @param {{icon?: string, line: Children, lined?: boolean, extra?: string, open?: boolean, children: Children}} props */
export const Fold = ({ icon, line, lined = false, extra = "", open = false, children }) => html`<details class=${`fold${lined ? " fold--lined" : ""} ${extra}`.trim()} open=${open}>
<summary>${icon && html`<${Icon} name=${icon} />`}<span>${line}</span><${Icon} name="chevron-right" extra="fold__mark" />
  </summary>
<div class="fold__body">${children}</div></details>`;

/** One thing that matters. @param {{state?: string, icon?: string, alert?: boolean, children: Children}} props */
export const Banner = ({ state = "", icon = "info", alert = false, children }) => html`<div class=${`banner${state ? ` banner--${state}` : ""}`} role=${alert ? "alert" : "status"}>
  <${Icon} name=${icon} /><div>${children}</div></div>`;

/** @param {{title: string, children?: Children}} props */
export const Empty = ({ title, children }) => html`<div class="empty"><h2>${title}</h2>${children}</div>`;

/** A page's title; `hidden` where the view itself shows it elsewhere. @param {{title: Children, sub?: Children, hidden?: boolean, named: string}} props */
export function Title({ title, sub, hidden = false, named }) {
  useEffect(() => {
    document.title = `${named} · ${t("frame.name")}`;
  }, [named]);
  if (hidden) return html`<h1 class="visually-hidden" tabindex="-1">${title}</h1>`;
  return html`<div class="head"><div class="head__text">
    <h1 tabindex="-1">${title}</h1>${sub && html`<p class="head__sub">${sub}</p>`}</div></div>`;
}

/**
 * Short words to tick. One choice (radio, a second tap takes it back) or several.
 * @param {{legend: Children, hiddenLegend?: boolean, choices: {value: string, words: Children, icon?: string}[], chosen: string[], onChoose: (value: string, on: boolean) => void,
 *   disabled?: boolean, children?: Children}} props
 */
export function Chips({ legend, hiddenLegend = false, choices, chosen, onChoose, disabled = false, children }) {
  return html`<fieldset class="chips-set" disabled=${disabled}>
    <legend class=${hiddenLegend ? "visually-hidden" : ""}>${legend}</legend><div class="chips">
${choices.map(({ value, words, icon }) => html`<label class="chip" key=${value}>
  <input type="checkbox" checked=${chosen.includes(value)} onChange=${(/** @type {Event} */ event) => onChoose(value, /** @type {HTMLInputElement} */ (event.currentTarget).checked)} />
  <span class="chip__face">${icon && html`<${Icon} name=${icon} />`}${words}</span></label>`)}
${children}</div></fieldset>`;
}

/** What was just done, with Undo, for eight seconds; a person reading it keeps it. @param {{toast: Toast | null, onGone: () => void}} props */
export function ToastLine({ toast, onGone }) {
  const held = useRef(false);
  useEffect(() => {
    if (!toast) return undefined;
    const timer = setInterval(() => {
      if (!held.current && performance.now() - toast.since >= 8000) onGone();
    }, 250);
    return () => clearInterval(timer);
  }, [toast]);
  const hold = (/** @type {boolean} */ on) => () => {
    held.current = on;
  };
  return html`<div role="status">${toast && html`<div class="toast" onFocusIn=${hold(true)} onFocusOut=${hold(false)} onMouseEnter=${hold(true)} onMouseLeave=${hold(false)}>
    <span>${toast.words}</span>
${toast.undo && html`<button type="button" onClick=${toast.undo}>
  <${Icon} name="undo-2" />${t("field.undo")}</button>`}</div>`}</div>`;
}
/** @typedef {{words: string, undo: (() => void) | null, since: number}} Toast */

/** A label with its control; `saved` only once there is something and it is kept. @param {{label: Children, hint?: string, error?: string, warning?: string, saved?: Children, children: (id: string, described: string | undefined) => Children}} props */
export function Field({ label, hint, error, warning, saved, children }) {
  const id = useId();
  const described = [hint && `${id}-h`, error && `${id}-e`, warning && `${id}-w`].filter(Boolean).join(" ") || undefined;
  return html`<div class=${`field${error ? " field--error" : warning ? " field--warning" : ""}`}>
    <label class="field__label" for=${id}>${label}</label>
${hint && html`<span class="field__hint" id=${`${id}-h`}>${hint}</span>`}
${error && html`<span class="field__error" id=${`${id}-e`} role="alert"><${Icon} name="circle-x" />${error}</span>`}
${children(id, described)}
${warning && html`<span class="field__warning" id=${`${id}-w`} role="status"><${Icon} name="triangle-alert" />${warning}</span>`}
<span class=${saved ? "field__saved" : "visually-hidden"} role="status">${saved}</span></div>`;
}

/**
 * An input whose text is the person's until they leave it: nothing that is drawn again meanwhile takes it away.
 * @param {{value: string, onDone: (typed: string) => unknown} & Record<string, any>} props `onDone` answers false to keep what cannot be taken on the screen
 */
export function TypedInput({ value, onDone, ...rest }) {
  const [typed, setTyped] = useState(/** @type {string | null} */ (null));
  useEffect(() => setTyped(null), [value]);
  return html`<input ...${rest} autocomplete="off" value=${typed ?? value} onInput=${(/** @type {Event} */ event) => setTyped(/** @type {HTMLInputElement} */ (event.currentTarget).value)} onChange=${(/** @type {Event} */ event) => onDone(/** @type {HTMLInputElement} */ (event.currentTarget).value) !== false && setTyped(null)} />`;
}

/** "已存到此平板" only when the store said so. @param {{status: "none" | "saving" | "slow" | "saved" | "failed"}} props */
export function SavedLine({ status }) {
  if (status === "saved") return html`<${Icon} name="check" />${t("field.saved")}`;
  if (status === "slow") return html`${t("field.saving")}`;
  return null;
}

/** A question before what cannot be undone; holds the focus and gives it back. @param {{title: string, yes: string, no: string, danger?: boolean, onYes: () => void, onNo: () => void, children: Children}} props */
export function Dialog({ title, yes, no, danger = false, onYes, onNo, children }) {
  const at = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    at.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return html`<dialog class="dialog" ref=${at} aria-labelledby=${id} onCancel=${(/** @type {Event} */ event) => (event.preventDefault(), onNo())}>
    <h2 id=${id}>${title}</h2>${children}
<div class="dialog__actions"><button class="button" type="button" onClick=${onNo}>${no}</button>
  <button class=${`button ${danger ? "button--danger" : "button--primary"}`} type="button" onClick=${onYes}>${yes}</button></div>
  </dialog>`;
}

/** True after `ms`, so that what is quick shows no sign of loading. @param {number} ms */
export function useAfter(ms) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, []);
  return late;
}
