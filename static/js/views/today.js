// Today: the visit in progress first, then what comes, done ones folded; only this person's.
import { html, useEffect, useState } from "../vendor/preact.js";
import { Banner, Empty, Fold, Icon, Mark, Progress, Title } from "../ui/parts.js";
import { href } from "../ui/router.js";
import { side, t } from "../ui/texts.js";
import { clock, day, nearDay, size, spoken, today } from "../ui/time.js";
import { rowsOf } from "./checklist.js";
import { CameraButton } from "./photos.js";
import { siteAddress, siteName } from "./scheme-words.js";
import { useSession } from "./session.js";
import { Toast } from "./visit.js";

/** @typedef {import("../store/store.js").VisitShown} VisitShown */
/** @typedef {{shown: VisitShown, done: number, of: number, started: boolean, starts: string, until: string, unsent: number, address: string}} Planned */

/** When this person is expected: their own plan line of today or the next to come, else the days of the visit. @param {VisitShown} shown @param {string} person */
function whenOf({ visit }, person) {
  const own = (visit.plan ?? []).filter((/** @type {any} */ entry) => entry.person === person && entry.from).map((/** @type {any} */ entry) => String(entry.from)).sort();
  const starts = own.find((/** @type {string} */ from) => day(from) >= today()) ?? own.at(-1) ?? visit.from_on ?? visit.from ?? "";
  return { starts: String(starts), until: String(visit.to_on ?? visit.to ?? starts) };
}

/** Everything Today shows, read again when the store changes. */
function usePlanned() {
  const { store, person } = useSession();
  const [planned, setPlanned] = useState(/** @type {Planned[] | null} */ (null));
  const { count } = store.changes.value;
  useEffect(() => {
    let gone = false;
    const read = async () => {
      const [visits, outbox] = await Promise.all([store.visits(), store.outbox()]);
      const mine = visits.filter(({ part }) => part !== null);
      const all = await Promise.all(mine.map(async (shown) => {
        const records = await store.records(shown.id);
        const rows = rowsOf(shown, records, person);
        const waiting = [...outbox.operations, ...outbox.photos].filter((one) => one.visit === shown.id && (one.fate === "here" || one.fate === "sending"));
        return {
          shown, done: rows.filter(({ state }) => state !== "open").length, of: rows.length, unsent: waiting.length, address: siteAddress(shown.site),
          started: [...records.values()].some((record) => Object.values(record.fields).some((field) => field.own !== undefined && field.own !== null)), ...whenOf(shown, person),
        };
      }));
      if (!gone) setPlanned(all.sort((a, b) => a.starts.localeCompare(b.starts)));
    };
    void read().catch(() => {});
    return () => {
      gone = true;
    };
  }, [count, store]);
  return planned;
}

export function TodayView() {
  const session = useSession();
  const planned = usePlanned();
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
${planned.length === 0 && html`<${Empty} title=${t("field.today.none")}><p>${t("field.today.none-next")}</p><//>`}
${now && html`<section><h2 class="visually-hidden">${t("field.today.now")}</h2><ul class="plain">
  <${VisitRow} planned=${now} now /></ul></section>`}
${next.length > 0 && html`<section class="stack stack--tight"><h2>${t("field.today.next")}</h2>
  <ul class="visit-rows plain">${next.map((one) => html`<${VisitRow} key=${one.shown.id} planned=${one} />`)}</ul></section>`}
${done.length > 0 && html`<${Fold} icon="circle-check" lined line=${t("field.today.done", { n: done.length, names: done.map(({ shown }) => siteName(shown.site)).slice(0, 3).join(t("field.comma")) })}>
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

/** @param {{planned: Planned, now?: boolean}} props */
function VisitRow({ planned, now = false }) {
  const { shown, done, of, started, starts, until, unsent, address } = planned;
  const closed = shown.closed !== null;
  const ready = shown.scheme !== null && shown.site !== null;
  const when = !starts ? "" : day(starts) < today() && day(until) >= today() ? t("field.today.today") : nearDay(day(starts));
  const under = now ? t("field.today.running") : closed ? t(`field.part.${shown.closed}`) : when;
  const about = [side(shown.evaluation?.client_name), address, shown.visit.kind === "mystery" && t("field.mystery")].filter(Boolean).join(" · ");
  return html`<li class=${`visit-row${now ? " visit-row--now" : ""}`}>
    <span class="visit-row__time number">${clock(starts) || nearDay(day(starts || today()))}<small>${clock(starts) || under !== when ? under : ""}</small>
    </span>
<div><h3 class="visit-row__title"><a href=${href("visit", shown.id)}>${siteName(shown.site)}</a></h3>
  <p class="visit-row__where">${about}</p>
<div class="visit-row__state">${started || done > 0 ? html`<${Progress} done=${done} of=${of} unit=${t("field.clauses-unit")} />` : html`<span class="number">${t("field.today.not-started", { n: of })}</span>`}
${unsent > 0 && html`<${Mark} icon="tablet-smartphone" word=${t("field.bar.only", { n: unsent })} />`}
${closed ? html`<${Mark} icon=${unsent > 0 ? "tablet-smartphone" : "shield-check"} state=${unsent > 0 ? "" : "ok"} word=${t(unsent > 0 ? "field.today.submitted-here" : "field.today.submitted")} />`
    : ready ? html`<${Mark} icon="download" state="ok" word=${t("field.today.ready")} />` : html`<${Mark} icon="cloud-off" state="attention" word=${t("field.today.not-ready")} />`}</div>
      </div>
<span class="visit-row__go"><${Icon} name="chevron-right" /></span></li>`;
}

/** Room and protection of the tablet's storage, and the way to the settings. */
function Space() {
  const session = useSession();
  const [health, setHealth] = useState(/** @type {{persisted: boolean | null, usage: number | null, quota: number | null} | null} */ (null));
  useEffect(() => void navigator.storage?.estimate?.().then(async ({ usage = null, quota = null }) => setHealth({ persisted: (await navigator.storage.persisted?.()) ?? null, usage, quota }), () => {}), []);
  const space = health?.quota ? t(health.persisted ? "field.space.safe" : "field.space", { free: size(health.quota - (health.usage ?? 0)) }) : "";
  return html`<p class="row row--line small muted"><${Icon} name="hard-drive" />
    <span>${space} <a class="tap" href=${href("settings")}>${t("field.settings")}</a></span></p>`;
}
