// The field app starts here: words, who it is, the store, sync, the page. Nothing of it needs a network after the first time.
import { html, render } from "./vendor/preact.js";
import { registerWorker } from "./register.js";
import { openMeta, openStore, StoreError } from "./store/store.js";
import { startSync } from "./sync/run.js";
import { Banner, Icon } from "./ui/parts.js";
import { startRouter } from "./ui/router.js";
import { loadTexts, speak, t } from "./ui/texts.js";
import { App } from "./views/app.js";
import { Session } from "./views/session.js";

const PATIENCE = 3000;

/** @typedef {{tenant: string, person: string, name: string, language: import("./ui/texts.js").Language, roles: string[], app: string}} Who */

const root = /** @type {HTMLElement} */ (document.getElementById("app"));

/** Who this browser's session belongs to: a person, null for nobody, undefined when the server was not reached. @returns {Promise<Who | null | undefined>} */
async function whoIsSignedIn() {
  try {
    const answer = await fetch("/field/who", { headers: { Accept: "application/json" }, cache: "no-store", credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok || !answer.headers.get("content-type")?.startsWith("application/json")) return undefined;
    return await answer.json();
  } catch {
    return undefined;
  }
}

/**
 * What the lead is told of this tablet, coarse enough not to change with every photo. @param {import("./store/store.js").Store} store
 */
async function readinessOf(store) {
  const { persisted, free } = await store.space();
  const { skew } = store.activity.value;
  return {
    app: document.querySelector("script[type=module]")?.getAttribute("src")?.split("/")[2] ?? "", persisted,
    free_gb: free === null ? null : Math.floor(free / 1e9), mode: matchMedia("(display-mode: standalone)").matches ? "installed" : "tab",
    clock_minutes: skew === null ? null : Math.round(skew / 60_000),
  };
}

/** @param {import("./vendor/preact.js").VNode<any>} page */
function show(page) {
  root.replaceChildren();
  render(page, root);
}

/** A page that stands alone: there is no store to show. @param {string} title @param {string} words @param {import("./vendor/preact.js").VNode<any>} act */
function showAlone(title, words, act) {
  document.title = `${title} · ${t("frame.name")}`;
  show(html`<main id="main" class="field-app__page"><p class="brand brand--bare"><span class="brand__sign"><${Icon} name="star" />
    </span>${t("frame.name")}</p><div class="head"><div class="head__text"><h1>${title}</h1></div></div><${Banner} icon="info">
    <p>${words}</p><//><p>${act}</p></main>`);
}

async function start() {
  await loadTexts();
  const meta = await openMeta();
  const chosen = await meta.get("language");
  if (chosen) speak(chosen);
  const [last, who] = await Promise.all([meta.lastPerson(), whoIsSignedIn()]);
  // The shell lies in the cache in the language of whoever fetched it: with no network the person's own is remembered.
  const own = who?.language ?? last?.language;
  if (own && !chosen) speak(own === "en" ? "en" : "zh-CN");
  const person = who ?? last;
  /** @type {{apply(): void} | null} */
  let worker = null;
  /** @type {Session | null} */
  let session = null;
  let waiting = false;
  const register = () => registerWorker({
    onUpdate: () => {
      waiting = true;
      if (session) session.store.update.value = true;
    },
  }).then((registered) => {
    worker = registered;
  }, () => {});
  if (!person) {
    void register();
    showAlone(t("field.nobody"), t(who === undefined ? "field.nobody.offline" : "field.nobody.why"), html`<a class="button button--primary" href="/login?next=/field/">
      <${Icon} name="log-in" />${t("field.sign-in")}</a>`);
    return;
  }
  if (who) await meta.rememberPerson({ tenant: who.tenant, person: who.person, name: who.name, language: who.language });
  const store = await openStore({ tenant: person.tenant, person: person.person, name: person.name });
  const sync = startSync({ store, app: who?.app ?? "", name: t("field.device", { name: person.name }), platform: navigator.userAgent, readiness: () => readinessOf(store) });
  session = new Session({ store, meta, sync, roles: who?.roles ?? [] });
  await session.start();
  store.changes.subscribe(({ visits }) => {
    if (visits === null) void session?.readPeople();
  });
  if (waiting) store.update.value = true;
  startRouter();
  show(html`<${App} session=${session} applyUpdate=${() => worker?.apply()} />`);
  void register();
}

start().catch((error) => {
  console.warn(error);
  const blocked = error instanceof StoreError && error.code === "blocked";
  showAlone(t("field.cannot-start"), t(blocked ? "field.cannot-start.blocked" : "field.cannot-start.why"), html`<button class="button button--primary" type="button" onClick=${() => location.reload()}>${t("field.notice.reload")}</button>`);
});
