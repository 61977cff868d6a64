// What pages of the office gain with a script: sorting stays a link, forms stay forms; this only makes them quicker.

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
