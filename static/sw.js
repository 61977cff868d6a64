// The worker of the field app: keeps the public static files of one version and the app's shell, so that it starts with no network. The server writes
// the list below, so these bytes change with every version. It never sees an answer that belongs to a person: only GET of what is listed.
const PRECACHE = /*PRECACHE*/null;

const CACHE = PRECACHE === null ? "" : `xingping-${PRECACHE.version}`;

/** @param {string} path @returns {Promise<Response>} */
async function fetched(path) {
  const response = await fetch(new Request(path, { cache: path === PRECACHE.shell ? "reload" : "default", credentials: path === PRECACHE.shell ? "omit" : "same-origin" }));
  const page = (response.headers.get("content-type") ?? "").startsWith("text/html");
  // The page of a captive portal or another version must never be kept in place of ours.
  if (!response.ok || response.redirected || page !== (path === PRECACHE.shell)) throw new TypeError(`not ours: ${path}`);
  if (page && !(await response.clone().text()).includes(`/static/${PRECACHE.version}/`)) throw new TypeError("shell of another version");
  return response;
}

async function precache() {
  const cache = await caches.open(CACHE);
  await Promise.all([...PRECACHE.files, PRECACHE.shell].map(async (path) => {
    if (path !== PRECACHE.shell && (await cache.match(path))) return;
    await cache.put(path, await fetched(path));
  }));
}

async function dropOthers() {
  for (const name of await caches.keys()) if (name.startsWith("xingping-") && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

/** @param {Request} request @param {string} path */
async function cacheFirst(request, path) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

if (PRECACHE !== null) {
  self.addEventListener("install", (event) => event.waitUntil(precache()));
  self.addEventListener("activate", (event) => event.waitUntil(dropOthers()));

  // Update by consent: a new version waits until the page, at a safe point, says so.
  self.addEventListener("message", ({ data }) => {
    if (data === "apply") self.skipWaiting();
  });

  self.addEventListener("fetch", (event) => {
    const { request } = event;
    if (request.method !== "GET") return;
    const { origin, pathname } = new URL(request.url);
    if (origin !== self.location.origin || pathname.startsWith("/sync/")) return;
    if (request.mode === "navigate") {
      if (pathname.startsWith(PRECACHE.shell)) event.respondWith(cacheFirst(request, PRECACHE.shell));
    } else if (pathname.startsWith(`/static/${PRECACHE.version}/`)) {
      event.respondWith(cacheFirst(request, pathname));
    }
  });
}
