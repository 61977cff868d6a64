// The tablet's losses: every valid vector of the scoring contract that says what a site loses, and fractions.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { compare, fraction, minus, number, over, plus, textOf, times } from '../../static/js/core/fraction.js';
import { asks, losses, mayExclude } from '../../static/js/core/losses.js';

const folder = new URL('../vectors/scoring/', import.meta.url);
const vectors = readdirSync(folder).sort().map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8'))]);

test('every site of the vectors loses what they expect', () => {
  let compared = 0;
  for (const [name, { scheme, sites, results, expect }] of vectors) {
    if (expect.error) continue;
    const found = losses(scheme, sites, results);
    for (const [code, clause] of Object.entries(expect.clauses ?? {})) {
      for (const [site, loss] of Object.entries(clause.sites ?? {})) {
        assert.equal(found.get(code)?.get(site), loss, `${name} ${code} ${site}`);
        compared += 1;
      }
    }
  }
  assert.ok(compared >= 20);
});

test('number text is exact and closed', () => {
  for (const [text, exact] of [['3', '3'], ['0.50', '1/2'], ['20/9', '20/9'], ['-0.25', '-1/4'], ['-0', '0'], ['6/4', '3/2']]) {
    assert.equal(textOf(/** @type {any} */ (number(text))), exact);
  }
  for (const text of ['1e3', '+1', '.5', '5.', '01', '', ' 1', '1\n', '1/0', '１', '1'.repeat(41), 3, null, true]) {
    assert.equal(number(text), null, String(text));
  }
});

test('fractions lose nothing', () => {
  const third = fraction(1, 3);
  assert.equal(textOf(plus(plus(third, third), third)), '1');
  assert.equal(textOf(minus(fraction(1, 2), third)), '1/6');
  assert.equal(textOf(times(fraction(-2, 3), fraction(3, -4))), '1/2');
  assert.equal(textOf(over(fraction(2, 3), fraction(-4, 9))), '-3/2');
  assert.ok(compare(fraction(1, 3), fraction(333333333333333, 1000000000000000)) > 0);
});

test('who is asked, and what may be excluded', () => {
  const clause = { code: 'A', kind: 'met', where: 'hq', modes: ['A'] };
  assert.equal(asks(clause, { id: 'hq', kind: 'hq' }), true);
  assert.equal(asks(clause, { id: 'hq', kind: 'hq', modes: [] }), false);
  assert.equal(asks({ ...clause, where: { types: ['store'] } }, { id: 'o1', kind: 'outlet', type: 'store', modes: ['A'] }), true);
  assert.equal(mayExclude({ clauses: [], exclusion: 'forbidden' }, clause), false);
  assert.equal(mayExclude({ clauses: [] }, { ...clause, exclusion: false }), false);
  assert.equal(mayExclude({ clauses: [] }, clause), true);
});
