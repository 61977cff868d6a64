// node tests/js/losses-file.mjs FILE: one vector file; prints {"clauses": {CODE: {"sites": {SITE: …}}}} for every leaf.
// With --lines FILE holds one vector per line; prints one such object per line.
import { readFileSync } from 'node:fs';
import { losses } from '../../static/js/core/losses.js';

/** Keys like "__proto__" are keys: objects without a prototype. */
const plain = (entries) => {
  const object = Object.create(null);
  for (const [key, value] of entries) object[key] = value;
  return object;
};

const printed = (vector) => {
  const found = losses(vector.scheme, vector.sites, vector.results);
  return JSON.stringify({
    clauses: plain([...found].map(([code, sites]) => [code, { sites: plain(sites) }])),
  });
};

const given = process.argv.slice(2);
const lines = given[0] === '--lines';
const text = readFileSync(given[lines ? 1 : 0], 'utf8').replace(/^\uFEFF/, '');
const vectors = lines ? text.split('\n').filter(Boolean) : [text];
process.stdout.write(vectors.map((vector) => `${printed(JSON.parse(vector))}\n`).join(''));
