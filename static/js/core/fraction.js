// Exact fractions: a pair of BigInts in lowest terms. Number text in, `p` or `p/q` out; nothing is ever rounded.
// Never here: floating point, anything that knows what a clause is. The server's twin is webapp/schemes/numbers.py.

/** @typedef {{ readonly n: bigint, readonly d: bigint }} Fraction  d > 0, lowest terms */

const NUMBER = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+)|\/([1-9][0-9]*))?$/;

/** @type {Fraction} */
export const ZERO = { n: 0n, d: 1n };
/** @type {Fraction} */
export const ONE = { n: 1n, d: 1n };

/**
 * @param {bigint | number} n
 * @param {bigint | number} [d] not 0
 * @returns {Fraction}
 */
export function fraction(n, d = 1n) {
  let above = BigInt(n);
  let below = BigInt(d);
  if (below < 0n) [above, below] = [-above, -below];
  const common = gcd(above < 0n ? -above : above, below);
  return { n: above / common, d: below / common };
}

/**
 * The number that a number text stands for, or null if it is none ("1e3", "+1", ".5", "01").
 * @param {unknown} text
 * @returns {Fraction | null}
 */
export function number(text) {
  if (typeof text !== 'string' || text.length > 40) return null;
  const match = NUMBER.exec(text);
  if (!match) return null;
  const [, sign, whole, decimals, below] = match;
  const value = decimals === undefined
    ? fraction(BigInt(whole), BigInt(below ?? 1))
    : fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length));
  return sign ? { n: -value.n, d: value.d } : value;
}

/** @param {Fraction} a @param {Fraction} b */
export const plus = (a, b) => fraction(a.n * b.d + b.n * a.d, a.d * b.d);
/** @param {Fraction} a @param {Fraction} b */
export const minus = (a, b) => fraction(a.n * b.d - b.n * a.d, a.d * b.d);
/** @param {Fraction} a @param {Fraction} b */
export const times = (a, b) => fraction(a.n * b.n, a.d * b.d);
/** @param {Fraction} a @param {Fraction} b b is not 0 */
export const over = (a, b) => fraction(a.n * b.d, a.d * b.n);

/**
 * Below 0, 0 or above 0, as a is less than, equal to or greater than b.
 * @param {Fraction} a
 * @param {Fraction} b
 */
export function compare(a, b) {
  const left = a.n * b.d;
  const right = b.n * a.d;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** @param {Fraction} a @param {Fraction} b */
export const larger = (a, b) => (compare(a, b) < 0 ? b : a);

/** @param {Fraction} value */
export const textOf = (value) => (value.d === 1n ? `${value.n}` : `${value.n}/${value.d}`);

/** @param {bigint} a @param {bigint} b */
function gcd(a, b) {
  while (b) [a, b] = [b, a % b];
  return a;
}
