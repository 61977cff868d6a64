// Registers the worker. The page's policy lets a script address through only by the Trusted Types policy `xingping`, and that admits exactly one.

const WORKER = "/sw.js";
const CHECK_EVERY = 60 * 60 * 1000;

/** @type {{createPolicy(name: string, rules: {createScriptURL(url: string): string}): {createScriptURL(url: string): any}} | undefined} */
const trusted = /** @type {any} */ (globalThis).trustedTypes;

const policy = trusted?.createPolicy("xingping", {
  createScriptURL(url) {
    if (url !== WORKER) throw new TypeError("script-address");
    return url;
  },
});

/**
 * Registers the worker and tells when a new version waits; `apply` lets it in and loads the page anew, so call it only where nothing is open.
 * Browsers without workers go on without; nothing then works offline.
 * @param {{onUpdate?: () => void}} [listeners]
 * @returns {Promise<{apply(): void} | null>}
 */
export async function registerWorker({ onUpdate = () => {} } = {}) {
  if (!("serviceWorker" in navigator)) return null;
  const registration = await navigator.serviceWorker.register(policy ? policy.createScriptURL(WORKER) : WORKER, { scope: "/", updateViaCache: "none" });
  const look = () => {
    if (registration.waiting && navigator.serviceWorker.controller) onUpdate();
  };
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  look();
  const update = () => void registration.update().catch(() => {});
  setInterval(update, CHECK_EVERY);
  return {
    apply() {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      // Another tab may have let it in already: then the page alone is old.
      if (registration.waiting) registration.waiting.postMessage("apply");
      else location.reload();
    },
  };
}
