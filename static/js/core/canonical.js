// Canonical JSON (RFC 8785) for values without floats, the only values sync carries (sync.md, section 2).
// Two values are equal when these texts are. Knows no document, no storage, no network.

/** Text that breaks a rule for values; `code` says which. */
export class ValueError extends Error {
  /** @param {string} code */
  constructor(code) {
    super(code);
    this.name = "ValueError";
    this.code = code;
  }
}

const LONE = /\p{Surrogate}/u;

/** @param {string} text */
function quoted(text) {
  if (text.includes("\u0000")) throw new ValueError("null-character");
  if (LONE.test(text)) throw new ValueError("lone-surrogate");
  return JSON.stringify(text);
}

/**
 * The canonical text of a JSON value. Throws ValueError on a float, an integer beyond 2^53, U+0000,
 * a lone surrogate, a member name outside ASCII, or anything that is no JSON value.
 * @param {unknown} value
 * @returns {string}
 */
export function canonical(value) {
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new ValueError("not-an-integer");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object") {
    const members = /** @type {Record<string, unknown>} */ (value);
    const names = Object.keys(members).filter((name) => members[name] !== undefined).sort();
    return `{${names.map((name) => {
      for (const letter of name) if (letter > "\u007f") throw new ValueError("member-name");
      return `${quoted(name)}:${canonical(members[name])}`;
    }).join(",")}}`;
  }
  throw new ValueError("no-json");
}

/**
 * @param {unknown} one
 * @param {unknown} other
 */
export const sameValue = (one, other) => canonical(one) === canonical(other);
