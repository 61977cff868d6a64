// What pages of the office gain with a script: sorting stays a link, forms stay forms; this only makes them quicker.
// Keys: `/` search, `j` `k` rows, `Enter` open, `f` filters, `g` then `e` or `d`, `?` the list. Single keys can be switched off there.

/** A row of a list that the keys walk through. */
const ROWS = 'table[data-rows] tbody tr';
const SWITCH = 'xingping-keys';
const PLACES = new Map([['e', '/evaluations'], ['d', '/dashboard']]);

for (const alert of document.querySelectorAll('[role="alert"][tabindex="-1"]')) /** @type {HTMLElement} */ (alert).focus();

for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', async () => {
    const source = document.getElementById(/** @type {HTMLElement} */ (button).dataset.copy ?? '');
    if (source) await navigator.clipboard.writeText(source.textContent?.trim() ?? '');
    const said = /** @type {HTMLElement} */ (button).dataset.copied;
    if (said) button.setAttribute('aria-label', said), (button.lastChild ? (button.lastChild.textContent = said) : null);
  });
}

document.addEventListener('click', (event) => {
  if (event.target instanceof Element && event.target.closest('[data-print]')) window.print();
});

const list = /** @type {HTMLDialogElement | null} */ (document.getElementById('keys'));
const choice = /** @type {HTMLInputElement | null} */ (document.getElementById('keys-on'));
let single = storage()?.getItem(SWITCH) !== 'off';
let leading = false;

if (choice) {
  choice.checked = single;
  choice.addEventListener('change', () => {
    single = choice.checked;
    storage()?.setItem(SWITCH, single ? 'on' : 'off');
  });
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target) || list?.open) return;
  const led = leading;
  leading = false;
  if (event.key === '?') list?.showModal();
  else if (!single) return;
  else if (led && PLACES.has(event.key)) go(/** @type {string} */ (PLACES.get(event.key)));
  else if (event.key === 'g') leading = true;
  else if (event.key === '/') document.getElementById('find')?.focus();
  else if (event.key === 'f') /** @type {HTMLElement | null} */ (document.querySelector('.filters input, .filters select'))?.focus();
  else if (event.key === 'j' || event.key === 'k') step(event.key === 'j' ? 1 : -1);
  else return;
  event.preventDefault();
});

/**
 * Moves to the row below or above and puts the focus on its link, so that Enter opens it.
 * @param {1 | -1} by
 */
function step(by) {
  const rows = [...document.querySelectorAll(ROWS)];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const to = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  /** @type {HTMLElement | null | undefined} */ (to?.querySelector('a, summary, button'))?.focus();
}

/**
 * Only where the navigation leads this person.
 * @param {string} path
 */
function go(path) {
  if (document.querySelector(`.nav__link[href="${path}"]`)) location.assign(path);
}

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof Element && target.closest('input, select, textarea, [contenteditable]') !== null;
}

/** Storage may be refused by the browser; the keys then keep to the page. */
function storage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
