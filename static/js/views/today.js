// Today: the visit in progress first, then what comes, done ones folded; only this person's.
import { html, useEffect, useState } from "../vendor/preact.js";
import { Banner, Empty, Fold, Icon, Mark, Progress, Title } from "../ui/parts.js";
import { href } from "../ui/router.js";
import { side, t } from "../ui/texts.js";
import { clock, day, nearDay, size, spoken, today } from "../ui/time.js";
import { rowsOf } from "./checklist.js";
import { CameraButton, placeNow } from "./photos.js";
import { distanceWords, metresBetween, siteAddress, siteName } from "./scheme-words.js";
import { useSession } from "./session.js";
import { Toast } from "./visit.js";

/** @typedef {import("../store/store.js").VisitShown} VisitShown */
/** @typedef {{shown: VisitShown, done: number, of: number, started: boolean, starts: string, until: string, unsent: number, parked: number, address: string}} Planned */

/** A clock that is off by more is said so: times of answers and photos carry it. */
const SKEWED = 5 * 60_000;

/** @param {number} ms */
const spanWords = (ms) => (ms < 5_400_000 ? t("field.clock.minutes", { n: Math.round(ms / 60_000) }) : ms < 129_600_000 ? t("field.clock.hours", { n: Math.round(ms / 3_600_000) }) : t("field.clock.days", { n: Math.round(ms / 86_400_000) }));

/** When this person is expected: their own plan line of today or the next to come, else the days of the visit. @param {VisitShown} shown @param {string} person */
function whenOf({ visit }, person) {
  const own = (visit.plan ?? []).filter((/** @type {any} */ entry) => entry.person === person && entry.from).map((/** @type {any} */ entry) => String(entry.from)).sort();
  const starts = own.find((/** @type {string} */ from) => day(from) >= today()) ?? own.at(-1) ?? visit.from_on ?? visit.from ?? "";
  return { starts: String(starts), until: String(visit.to_on ?? visit.to ?? starts) };
}

/** Everything Today shows. What a change does not name is not read again: with a hundred visits a photo on its way would read them all. */
function usePlanned() {
  const { store, person } = useSession();
  const [planned, setPlanned] = useState(/** @type {Planned[] | null} */ (null));
  useEffect(() => {
    let gone = false;
    let reading = false;
    /** @type {Map<string, Pick<Planned, "done" | "of" | "started">>} */
    const known = new Map();
    /** @type {Set<string> | null} null: all */
    let stale = null;
    let again = true;
    const read = async () => {
      reading = true;
      while (again && !gone) {
        again = false;
        for (const id of stale ?? known.keys()) known.delete(id);
        stale = new Set();
        const [visits, waiting] = await Promise.all([store.visits(), store.waiting()]);
        const mine = visits.filter(({ part }) => part !== null);
        const all = await Promise.all(mine.map(async (shown) => {
          const figures = known.get(shown.id) ?? figuresOf(shown, await store.records(shown.id), person);
          known.set(shown.id, figures);
          return { shown, ...figures, unsent: 0, parked: 0, ...waiting.get(shown.id), address: siteAddress(shown.site), ...whenOf(shown, person) };
        }));
        if (!gone) setPlanned(all.sort((one, other) => one.starts.localeCompare(other.starts)));
      }
      reading = false;
    };
    const unsubscribe = store.changes.subscribe(({ visits }) => {
      again = true;
      stale = visits === null || stale === null ? null : new Set([...stale, ...visits]);
      if (!reading) void read().catch(() => (reading = false));
    });
    return () => {
      gone = true;
      unsubscribe();
    };
  }, [store]);
  return planned;
}

/** @param {VisitShown} shown @param {Map<string, import("../store/store.js").RecordShown>} records @param {string} person */
function figuresOf(shown, records, person) {
  const rows = rowsOf(shown, records, person);
  return {
    done: rows.filter(({ state }) => state !== "open").length, of: rows.length,
    started: [...records.values()].some((record) => Object.values(record.fields).some((field) => field.own !== undefined && field.own !== null)),
  };
}

/** Where this tablet is, if it may be asked without a question. */
function useHere() {
  const [here, setHere] = useState(/** @type {{lat: string, lon: string} | null} */ (null));
  useEffect(() => {
    let gone = false;
    void placeNow().then((place) => !gone && setHere(/** @type {{lat: string, lon: string} | null} */ (place)), () => {});
    return () => {
      gone = true;
    };
  }, []);
  return here;
}

export function TodayView() {
  const session = useSession();
  const planned = usePlanned();
  const here = useHere();
  const date = today();
  const title = html`${t("field.today")}${t("field.today.before-day")}<span class="nowrap">${spoken(date)}</span>`;
  const open = (planned ?? []).filter(({ shown }) => shown.writable);
  const done = (planned ?? []).filter(({ shown }) => !shown.writable);
  const begun = open.filter(({ started }) => started);
  const now = begun.find(({ shown }) => shown.id === session.lastVisit.value) ?? begun.find(({ starts }) => day(starts) === date) ?? begun[0] ?? null;
  const next = open.filter((one) => one !== now);
  const first = now ?? next.find(({ starts }) => day(starts) >= date) ?? next[0] ?? null;
  const clients = [...new Set(open.map(({ shown }) => side(shown.evaluation?.client_name ?? shown.evaluation?.title) || shown.evaluation?.number).filter(Boolean))];
  const sub = [session.store.name, ...clients.slice(0, 3)].join(" · ");
  return html`<main id="main" class="field-app__page"><${Title} title=${title} named=${t("field.today")} sub=${sub} />
${planned === null ? null : html`
${session.awaited.value && html`<${Awaited} />`}
${Math.abs(session.store.activity.value.skew ?? 0) > SKEWED && html`<${Banner} state="attention" icon="clock">
  <p>${t((session.store.activity.value.skew ?? 0) > 0 ? "field.clock.ahead" : "field.clock.behind", { by: spanWords(Math.abs(session.store.activity.value.skew ?? 0)) })}</p><//>`}
${planned.length === 0 && html`<${Empty} title=${t("field.today.none")}><p>${t("field.today.none-next")}</p><//>`}
${now && html`<section><h2 class="visually-hidden">${t("field.today.now")}</h2><ul class="plain">
  <${VisitRow} planned=${now} here=${here} now /></ul></section>`}
${next.length > 0 && html`<section class="stack stack--tight"><h2>${t("field.today.next")}</h2>
  <ul class="visit-rows plain">${next.map((one) => html`<${VisitRow} key=${one.shown.id} planned=${one} here=${here} />`)}</ul></section>`}
${done.length > 0 && html`<${Fold} icon="circle-check" lined open=${done.some(({ parked }) => parked > 0)} line=${t("field.today.done", { n: done.length, names: done.map(({ shown }) => siteName(shown.site)).slice(0, 3).join(t("field.comma")) })}>
  <ul class="plain">${done.map((one) => html`<${VisitRow} key=${one.shown.id} planned=${one} />`)}</ul><//>`}`}
<${Space} /></main>
<footer class="field-app__actions" aria-label=${t("field.actions")}><${Toast} /><div class="actions">
  <${CameraButton} visit=${(now ?? first)?.shown.id ?? null} />
${first ? html`<a class="button button--primary" href=${href("visit", first.shown.id)}>
  <${Icon} name="play" />${t(now ? "field.today.continue" : "field.today.begin", { name: siteName(first.shown.site) })}</a>`
    : html`<button class="button button--primary" type="button" onClick=${() => session.sync.now()}>
      <${Icon} name="download" />${t("field.today.fetch")}</button>`}</div></footer>`;
}

/** The camera was opened and the page was gone before it came back: the way to where it was. */
function Awaited() {
  const session = useSession();
  const { visit, clauses } = session.awaited.value ?? { visit: "", clauses: [] };
  const to = clauses[0] ? href("visit", visit, "clause", clauses[0]) : href("visit", visit, "tray");
  return html`<${Banner} icon="camera"><p>${t("field.photo.awaited")}</p><p class="row">
    <a class="button" href=${to}>${clauses[0] ? t("field.visit.continue", { code: clauses[0] }) : t("field.tray")}</a>
    <button class="button button--plain" type="button" onClick=${() => void session.keep("awaited", null)}>${t("field.notice.understood")}</button>
    </p><//>`;
}

/** @param {{planned: Planned, here?: {lat: string, lon: string} | null, now?: boolean}} props */
function VisitRow({ planned, here = null, now = false }) {
  const { shown, done, of, started, starts, until, unsent, parked, address } = planned;
  const closed = shown.closed !== null;
  const returned = !closed && (shown.part?.round ?? 1) > 1;
  const ready = shown.scheme !== null && shown.site !== null;
  const when = !starts ? "" : day(starts) < today() && day(until) >= today() ? t("field.today.today") : nearDay(day(starts));
  const under = now ? t("field.today.running") : closed ? t(`field.part.${shown.closed}`) : when;
  const metres = shown.closed === null ? metresBetween(shown.site?.place, here) : null;
  const about = [side(shown.evaluation?.client_name), address, metres !== null && distanceWords(metres), shown.visit.kind === "mystery" && t("field.mystery")].filter(Boolean).join(" · ");
  return html`<li class=${`visit-row${now ? " visit-row--now" : ""}`}>
    <span class="visit-row__time number">${clock(starts) || nearDay(day(starts || today()))}<small>${clock(starts) || under !== when ? under : ""}</small>
    </span>
<div><h3 class="visit-row__title"><a href=${href("visit", shown.id)}>${siteName(shown.site)}</a></h3>
  <p class="visit-row__where">${about}</p>
${returned && shown.part.note && html`<p>${shown.part.note}</p>`}
<div class="visit-row__state">${started || done > 0 ? html`<${Progress} done=${done} of=${of} unit=${t("field.clauses-unit")} />` : html`<span class="number">${t("field.today.not-started", { n: of })}</span>`}
${unsent > 0 && html`<${Mark} icon="tablet-smartphone" word=${t("field.bar.only", { n: unsent })} />`}
${parked > 0 && html`<${Mark} icon="triangle-alert" state="failed" word=${t("field.today.parked", { n: parked })} />`}
${returned && html`<${Mark} icon="message-square-text" state="attention" word=${t("field.today.returned")} />`}
${closed ? html`<${Mark} icon=${shown.closed !== "submitted" ? "lock" : unsent > 0 ? "tablet-smartphone" : "circle-check"} state=${shown.closed !== "submitted" || unsent > 0 ? "" : "ok"} word=${t(shown.closed === "submitted" ? (unsent > 0 ? "field.today.submitted-here" : "field.today.submitted") : `field.closed-mark.${shown.closed}`)} />`
    : ready ? html`<${Mark} icon="download" state="ok" word=${t("field.today.ready")} />` : html`<${Mark} icon="cloud-off" state="attention" word=${t("field.today.not-ready")} />`}</div>
      </div>
<span class="visit-row__go"><${Icon} name="chevron-right" /></span></li>`;
}

/** Room and protection of the tablet's storage, and the way to the settings. */
function Space() {
  const session = useSession();
  const [health, setHealth] = useState(/** @type {Awaited<ReturnType<typeof session.store.space>> | null} */ (null));
  const { photos } = session.store.counts.value;
  useEffect(() => void session.store.space().then(setHealth, () => {}), [photos]);
  const space = health?.free ? t(health.persisted ? "field.space.safe" : "field.space", { free: size(health.free) }) : "";
  return html`<p class="row row--line small muted"><${Icon} name="hard-drive" />
    <span>${space} <a class="tap" href=${href("settings")}>${t("field.settings")}</a></span></p>`;
}
