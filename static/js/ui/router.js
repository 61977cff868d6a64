// Addresses under /field/: links stay links, the page stays the page. Which view an address shows is the app's affair.
import { signal } from "../vendor/preact.js";

export const ROOT = "/field/";

/** The path below /field/, decoded, in parts: ["visit", "0193…", "clause", "5.1.1.1"]. */
export const route = signal(read());

/** Called before the page leaves an address; notes are saved there. @type {Set<() => void>} */
export const leaving = new Set();

function read() {
  const below = location.pathname.startsWith(ROOT) ? location.pathname.slice(ROOT.length) : "";
  return below.split("/").filter((part) => part !== "").map(decodeURIComponent);
}

/** @param {...string} parts */
export const href = (...parts) => ROOT + parts.map(encodeURIComponent).join("/");

/** @param {string} address @param {{replace?: boolean}} [how] */
export function go(address, { replace = false } = {}) {
  if (address === location.pathname) return;
  for (const leave of leaving) leave();
  history[replace ? "replaceState" : "pushState"](null, "", address);
  route.value = read();
  scrollTo(0, 0);
}

/** @param {MouseEvent} event */
function follow(event) {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (!link.pathname.startsWith(ROOT) || (link.hash && link.pathname === location.pathname)) return;
  event.preventDefault();
  go(link.pathname);
}

export function startRouter() {
  addEventListener("popstate", () => {
    const now = read();
    if (now.join("/") === route.value.join("/")) return;
    for (const leave of leaving) leave();
    route.value = now;
  });
  document.addEventListener("click", follow);
}
