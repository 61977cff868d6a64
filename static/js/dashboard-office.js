// The wall display: full screen, renewed each minute in place; figures older than ten minutes say so.

const EVERY = 60_000;
const OLD = 600_000;
let fresh = Date.now();

const button = /** @type {HTMLButtonElement | null} */ (document.querySelector('[data-fullscreen]'));
if (button && document.fullscreenEnabled) {
  button.hidden = false;
  button.addEventListener('click', () => document.documentElement.requestFullscreen());
  document.addEventListener('fullscreenchange', () => document.documentElement.classList.toggle('is-wall', Boolean(document.fullscreenElement)));
}

setInterval(() => {
  const asOf = document.getElementById('as-of');
  if (asOf && Date.now() - fresh > OLD) {
    asOf.classList.add('is-old');
    asOf.textContent = asOf.dataset.old ?? '';
  }
  if (document.hidden || document.querySelector('#board details[open]')) return;
  const request = new XMLHttpRequest();
  request.open('GET', location.href);
  request.responseType = 'document';
  request.onload = () => {
    if (request.status !== 200 || !request.response) return;
    fresh = Date.now();
    for (const part of document.querySelectorAll('[data-part]')) {
      const made = /** @type {Document} */ (request.response).getElementById(part.id);
      if (made) part.replaceWith(document.importNode(made, true));
    }
  };
  request.send();
}, EVERY);
export {};
