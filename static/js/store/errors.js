// The one error form of the store; the words for a code are made by the view.

/** `code` is one of those listed in README.md. */
export class StoreError extends Error {
  /**
   * @param {string} code
   * @param {Record<string, unknown>} [facts]
   */
  constructor(code, facts = {}) {
    super(code);
    this.name = "StoreError";
    this.code = code;
    this.facts = facts;
  }
}
