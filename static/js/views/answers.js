// The ways to answer a clause, one per kind. Each gets this person's value and says what to set; nothing is ever preselected.
import { html, useEffect, useId, useRef, useState } from "../vendor/preact.js";
import { Field, Fold, Icon, TypedInput } from "../ui/parts.js";
import { side, t } from "../ui/texts.js";

/** @typedef {import("./checklist.js").Leaf} Leaf */
/**
 * @typedef {object} AnswerProps
 * @property {Leaf} leaf
 * @property {string} kind
 * @property {any} value this person's own, null when there is none
 * @property {{ref: string, failing: boolean | null}[]} samples
 * @property {number} planned
 * @property {boolean} disabled
 * @property {(set: Record<string, any>) => void} onSet
 * @property {string} label
 * @property {any} points what it costs, small and grey, or null
 */

export const TILES = 20;

/** One big choice of several; the unanswered one is the loudest thing on the page. @param {{options: {key: string, words: string, icon?: string, state?: string}[], chosen: string | null, disabled: boolean, label: string, onChoose: (key: string) => void}} props */
function Choice({ options, chosen, disabled, label, onChoose }) {
  const name = useId();
  return html`<fieldset class=${`choice${chosen === null ? " choice--open" : ""}`} disabled=${disabled}>
    <legend class="visually-hidden">${label}</legend><div class="choice__options">
${options.map(({ key, words, icon, state }) => html`<label class=${`choice__option${state ? ` choice__option--${state}` : ""}`} key=${key}>
  <input type="radio" name=${name} value=${key} checked=${chosen === key} onChange=${() => onChoose(key)} />
  <span class="choice__face">${icon && html`<${Icon} name=${icon} />`}${words}</span></label>`)}
</div></fieldset>`;
}

/** @param {AnswerProps} props */
function Met({ value, disabled, onSet, label, points }) {
  const chosen = value && "met" in value ? (value.met ? "met" : "failed") : null;
  const options = [{ key: "met", words: t("field.value.met"), icon: "check", state: "ok" }, { key: "failed", words: t("field.value.failed"), icon: "x", state: "failed" }];
  return html`<${Choice} options=${options} chosen=${chosen} disabled=${disabled} label=${label} onChoose=${(/** @type {string} */ key) => onSet({ value: { met: key === "met" } })} />${points}`;
}

/** What the figures and the list say together; the list is kept equal to the figures. @param {AnswerProps["samples"]} samples */
function counted(samples) {
  const usable = samples.filter(({ failing }) => failing !== null);
  const checked = usable.length;
  return { value: checked === 0 ? null : { checked, failing: usable.filter(({ failing }) => failing).length }, samples: samples.length === 0 ? null : samples };
}

/** A strip of tiles: planned ones are dashed, a tap looks at one, a second tap makes it failing. @param {AnswerProps} props */
function Sample(props) {
  const { leaf, value, planned, disabled, onSet, points } = props;
  const figures = value && "checked" in value ? value : { checked: 0, failing: 0 };
  const kept = listFor(props.samples, figures);
  if (Math.max(planned, figures.checked) > TILES) return html`<${Counter} ...${props} figures=${figures} />`;
  const tile = (/** @type {number} */ at) => {
    const next = kept.map((one, index) => (index === at ? { ...one, failing: one.failing !== true } : one));
    onSet(counted(next));
  };
  const add = (/** @type {string} */ ref) => onSet(counted([...kept, { ref, failing: false }]));
  const refs = kept.map(({ ref }) => ref);
  const missing = Math.max(0, planned - kept.length);
  const numbers = Array.from({ length: missing + 1 }, (_, index) => kept.length + index + 1).map((n) => freeNumber(n, refs));
  const unit = side(leaf.unit);
  return html`<fieldset class=${`samples${kept.length === 0 ? " samples--open" : ""}`} disabled=${disabled}>
<legend class="samples__legend"><span>${unit || t("field.sample.unit")}</span>
  <small>${t(kept.length === 0 ? "field.sample.first" : "field.sample.tap")}${planned > 0 ? ` · ${t("field.sample.planned", { n: planned })}` : ""}</small>
  </legend>
<div class="samples__tiles">
${kept.map((one, index) => one.failing === null
    ? html`<span class="sample sample--unused" key=${`k${index}`}><span class="sample__face"><${Icon} name="minus" />
      <span>${one.ref}</span></span><span class="visually-hidden">${t("field.sample.unusable")}</span></span>`
    : html`<label class="sample" key=${`k${index}`}>
      <input type="checkbox" checked=${one.failing === true} aria-label=${t("field.sample.failing", { ref: one.ref })} onChange=${() => tile(index)} />
      <span class="sample__face"><${Icon} name="check" /><${Icon} name="x" /><span>${one.ref}</span></span></label>`)}
${disabled ? null : numbers.map((ref, index) => index < missing
    ? html`<button class="sample sample--planned" type="button" key=${`p${index}`} onClick=${() => add(ref)} aria-label=${t("field.sample.look", { ref })}>
      <span class="sample__face"><${Icon} name="plus" /><span>${ref}</span></span></button>`
    : kept.length >= planned && kept.length < TILES && html`<button class="sample sample--add" type="button" key="add" onClick=${() => add(ref)}>
      <span class="sample__face"><${Icon} name="plus" /><span>${t("field.sample.add")}</span></span></button>`)}
</div>
<p class="samples__sum" role="status">${figures.checked > 0 && html`<strong class="number">${t("field.value.sample", { n: figures.checked, m: figures.failing })}</strong>`}${points}</p>
${kept.length > 0 && html`<${Numbers} samples=${kept} disabled=${disabled} onChange=${(/** @type {AnswerProps["samples"]} */ next) => onSet(counted(next))} />`}
</fieldset>`;
}

/** A list that agrees with the figures, whoever wrote them. @param {AnswerProps["samples"]} samples @param {{checked: number, failing: number}} figures */
function listFor(samples, { checked, failing }) {
  const said = counted(samples).value ?? { checked: 0, failing: 0 };
  if (said.checked === checked && said.failing === failing) return samples;
  return Array.from({ length: checked }, (_, index) => ({ ref: String(index + 1), failing: index < failing }));
}

/** @param {number} n @param {string[]} taken */
function freeNumber(n, taken) {
  let at = n;
  while (taken.includes(String(at))) at += 1;
  return String(at);
}

/** The record numbers of the samples, and which of them cannot be used. @param {{samples: AnswerProps["samples"], disabled: boolean, onChange: (next: AnswerProps["samples"]) => void}} props */
function Numbers({ samples, disabled, onChange }) {
  const change = (/** @type {number} */ at, /** @type {Partial<AnswerProps["samples"][number]>} */ by) => onChange(samples.map((one, index) => (index === at ? { ...one, ...by } : one)));
  return html`<${Fold} icon="list-checks" line=${t("field.sample.numbers")}><ol class="sample-numbers plain">
${samples.map((one, index) => html`<li key=${index} class="row">
  <label class="visually-hidden" for=${`ref-${index}`}>${t("field.sample.number", { n: index + 1 })}</label>
<${TypedInput} id=${`ref-${index}`} class="field__control" value=${one.ref} maxlength="60" disabled=${disabled} onDone=${(/** @type {string} */ typed) => change(index, { ref: typed.trim() || String(index + 1) })} />
<button class="button button--plain" type="button" disabled=${disabled} onClick=${() => change(index, { failing: one.failing === null ? false : null })}>${t(one.failing === null ? "field.sample.usable" : "field.sample.not-usable")}</button>
<button class="button button--plain" type="button" disabled=${disabled} aria-label=${t("field.sample.remove", { ref: one.ref })} onClick=${() => onChange(samples.filter((_, at) => at !== index))}>${t("field.remove")}</button>
  </li>`)}</ol><//>`;
}

/** Two figures with steps for a thumb, for more samples than tiles could show. @param {AnswerProps & {figures: {checked: number, failing: number}}} props */
function Counter({ leaf, figures, planned, disabled, onSet, points }) {
  const put = (/** @type {number} */ checked, /** @type {number} */ failing) => {
    const n = Math.min(9999, Math.max(0, checked));
    onSet({ value: n === 0 ? null : { checked: n, failing: Math.min(n, Math.max(0, failing)) }, samples: null });
  };
  const box = (/** @type {"checked" | "failing"} */ which) => {
    const set = (/** @type {number} */ to) => (which === "checked" ? put(to, figures.failing) : put(figures.checked, to));
    return html`<div class=${`counter${which === "failing" ? " counter--failing" : ""}`}>
      <label class="counter__label" for=${`count-${which}`}>${t(`field.count.${which}`)}</label><div class="counter__box">
<${Step} icon="minus" words=${t(`field.count.less-${which}`)} disabled=${disabled || figures[which] === 0} onStep=${() => set(figures[which] - 1)} />
<${TypedInput} id=${`count-${which}`} class="counter__value" inputmode="numeric" pattern="[0-9]*" value=${String(figures[which])} disabled=${disabled} onFocus=${(/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.currentTarget).select()}
 onDone=${(/** @type {string} */ typed) => set(Number.parseInt(typed, 10) || 0)} />
<${Step} icon="plus" words=${t(`field.count.more-${which}`)} disabled=${disabled || (which === "failing" && figures.failing >= figures.checked)} onStep=${() => set(figures[which] + 1)} />
  </div></div>`;
  };
  return html`<fieldset class="samples" disabled=${disabled}><legend class="samples__legend">
    <span>${side(leaf.unit) || t("field.sample.unit")}</span><small>${t("field.sample.planned", { n: planned })}</small></legend>
<div class="counters counters--compact">${box("checked")}${box("failing")}</div>
<p class="samples__sum" role="status">${figures.checked > 0 && html`<strong class="number">${t("field.value.sample", { n: figures.checked, m: figures.failing })}</strong>`}${points}</p>
  </fieldset>`;
}

/** A step; held down it goes on. @param {{icon: string, words: string, disabled: boolean, onStep: () => void}} props */
function Step({ icon, words, disabled, onStep }) {
  const step = useRef(onStep);
  step.current = onStep;
  const timer = useRef(/** @type {ReturnType<typeof setInterval> | undefined} */ (undefined));
  const stop = () => clearInterval(timer.current);
  useEffect(() => stop, []);
  useEffect(() => (disabled ? stop() : undefined), [disabled]);
  const hold = () => {
    stop();
    const since = Date.now();
    timer.current = setInterval(() => Date.now() - since > 500 && step.current(), 150);
  };
  return html`<button class="counter__step" type="button" aria-label=${words} disabled=${disabled} onClick=${onStep} onPointerDown=${hold} onPointerUp=${stop} onPointerLeave=${stop} onPointerCancel=${stop}>
    <${Icon} name=${icon} /></button>`;
}

/** @param {AnswerProps} props */
function Scale({ leaf, value, disabled, onSet, label, points }) {
  const options = Object.keys(leaf.grades ?? {}).map((grade) => ({ key: grade, words: grade }));
  return html`<${Choice} options=${options} chosen=${value?.grade ?? null} disabled=${disabled} label=${label} onChoose=${(/** @type {string} */ grade) => onSet({ value: { grade } })} />${points}`;
}

/** @param {AnswerProps} props */
function Ladder({ leaf, value, disabled, onSet, label, points }) {
  const options = (leaf.steps ?? []).map((step) => ({ key: String(step), words: String(step).replace("-", "−") }));
  return html`<${Choice} options=${options} chosen=${value?.step === undefined ? null : String(value.step)} disabled=${disabled} label=${label} onChoose=${(/** @type {string} */ step) => onSet({ value: { step: Number(step) } })} />${points}`;
}

/** @param {AnswerProps} props */
function Matrix({ leaf, value, disabled, onSet, label, points }) {
  const options = [{ key: "", words: t("field.answer.none-reached") }, ...(leaf.columns ?? []).map((column) => ({ key: column, words: column }))];
  const chosen = value && "reached" in value ? value.reached ?? "" : null;
  return html`<${Choice} options=${options} chosen=${chosen} disabled=${disabled} label=${label} onChoose=${(/** @type {string} */ column) => onSet({ value: { reached: column === "" ? null : column } })} />${points}`;
}

const DECIMAL = /^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/;

/** A number as it is written on site, brought to its shortest form; null when it is none. @param {string} typed */
export function decimalOf(typed) {
  const plain = typed.trim().replace("−", "-").replace(",", ".").replace(/^(-?)0+(?=\d)/, "$1").replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
  const text = plain === "-0" ? "0" : plain;
  return DECIMAL.test(text) && text.length <= 40 ? text : null;
}

/** Measured value and survey mean. @param {AnswerProps & {name: "value" | "mean"}} props */
function Figure({ value, disabled, onSet, label, name, points }) {
  const own = value && name in value ? String(value[name]) : "";
  const [wrong, setWrong] = useState(false);
  return html`<${Field} label=${label} hint=${t(`field.answer.${name}-hint`)} error=${wrong ? t("field.answer.number") : undefined}>${(/** @type {string} */ id, /** @type {string | undefined} */ described) => html`<${TypedInput} id=${id} aria-describedby=${described} aria-invalid=${wrong ? "true" : undefined} inputmode="decimal" value=${own} disabled=${disabled} onDone=${(/** @type {string} */ typed) => {
    const number = typed.trim() === "" ? null : decimalOf(typed);
    setWrong(typed.trim() !== "" && number === null);
    if (typed.trim() === "" || number !== null) onSet({ value: number === null ? null : { [name]: number } });
    return typed.trim() === "" || number !== null;
  }} />`}<//>${points}`;
}

/** @type {Record<string, (props: any) => any>} */
const KINDS = {
  met: Met, sample: Sample, scale: Scale, ladder: Ladder, matrix: Matrix,
  measured: (props) => html`<${Figure} ...${props} name="value" />`,
  survey: (props) => html`<${Figure} ...${props} name="mean" />`,
};

/** @param {AnswerProps} props */
export const Answer = (props) => html`<${KINDS[props.kind] ?? Met} ...${props} />`;
