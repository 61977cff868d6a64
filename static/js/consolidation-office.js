// The consolidation keeps itself fresh: a small answer is asked for every 15 seconds, and only when it has changed the page is read
// again and its parts exchanged in place. Without this script the page is the same after a reload. `[` and `]` go through disputes.

const EVERY = 15_000;
const PARTS = ['.head > .row', '.score', 'nav.row', '.heat', '.facts', '.facts-list'];

const status = /** @type {HTMLElement | null} */ (document.querySelector('[data-live]'));
if (status) {
  let etag = '';
  const ask = async () => {
    if (document.hidden) return;
    const answer = await fetch(status.dataset.live ?? '', { headers: { Accept: 'application/json', ...(etag ? { 'If-None-Match': etag } : {}) } });
    if (!answer.ok) return;
    etag = answer.headers.get('ETag') ?? '';
    const { state } = await answer.json();
    if (state === status.dataset.state) return;
    status.dataset.state = state;
    exchange(await page(location.href));
    status.textContent = status.dataset.words ?? '';
  };
  setInterval(() => ask().catch(() => {}), EVERY);
}

/**
 * The page as a document: read by the browser itself, so no text is ever turned into markup here.
 * @param {string} address
 * @returns {Promise<Document>}
 */
function page(address) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open('GET', address);
    request.responseType = 'document';
    request.onload = () => (request.status === 200 && request.response ? done(request.response) : failed(new Error('not read')));
    request.onerror = () => failed(new Error('not reached'));
    request.send();
  });
}

/** @param {Document} fresh */
function exchange(fresh) {
  const here = document.activeElement instanceof HTMLAnchorElement ? document.activeElement.getAttribute('href') : null;
  for (const part of PARTS) {
    const [old, made] = [document.querySelector(part), fresh.querySelector(part)];
    if (old && made) old.replaceWith(document.importNode(made, true));
  }
  if (here) /** @type {HTMLElement | null} */ (document.querySelector(`main a[href="${CSS.escape(here)}"]`))?.focus();
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || (event.target instanceof HTMLElement && event.target.closest('input, textarea, select'))) return;
  if (event.key !== '[' && event.key !== ']') return;
  /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${event.key}"]`))?.click();
});
export {};
