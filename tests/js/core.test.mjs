// The pure part: sync's own vector, shared histories, canonical JSON, lines.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { canonical, sameValue } from "../../static/js/core/canonical.js";
import { ORIGIN, lineHash, link } from "../../static/js/core/chain.js";
import { digest } from "../../static/js/core/digest.js";
import { FIELDS, lineOf, uuid7 } from "../../static/js/core/operations.js";
import { runHistory } from "./histories.mjs";

const at = (path) => new URL(`../../${path}`, import.meta.url);
const OP = "01932f5e-8d1c-7a30-9b1e-5c1f0e6a7b21";

test("the line of the contract has its hash, chain and digest", () => {
  const line = lineOf({ id: OP, record: "result", key: "V/5.1.1.1", set: { value: { met: false } }, seen: {}, at: "2026-11-23T02:11:12.123Z" });
  assert.equal(lineHash(line), "67103f25dbe4c73dc97726aa214cbf631f5d900b70ab51a889f7ff7f689b5fa6");
  assert.equal(link(ORIGIN, lineHash(line)), "e562b76f23dfff157b380342a5d85d9a2aca712cd66cd4625b491f9113ac78e3");
  assert.equal(digest("V", [["result", "5.1.1.1", "value", [{ op: OP, value: { met: false } }]]]), "fbc3ff30c9bc3643b21503bd6bcd792b73c8ecfdf830824a80c644b883e648ac");
  assert.equal(digest("V", []), "0".repeat(64));
});

test("every shared history ends in the heads, states and digests it names", () => {
  const { histories } = JSON.parse(readFileSync(at("tests/vectors/sync/histories.json"), "utf8"));
  assert.ok(histories.length >= 10);
  for (const history of histories) assert.deepEqual(runHistory(history), history.expect, history.name);
});

test("record kinds, fields and policies are those of the catalogue", () => {
  const { records } = JSON.parse(readFileSync(at("sync/catalogue.json"), "utf8"));
  const policies = Object.fromEntries(Object.entries(records).map(([record, { fields }]) => [record, Object.fromEntries(Object.entries(fields).map(([name, { policy }]) => [name, policy]))]));
  assert.deepEqual(FIELDS, policies);
});

test("equal values are those with equal canonical JSON", () => {
  assert.equal(canonical({ b: [1, "é", null], a: { z: true, y: "\n\u007f" } }), '{"a":{"y":"\\n\u007f","z":true},"b":[1,"é",null]}');
  assert.ok(sameValue({ checked: 9, failing: 4 }, { failing: 4, checked: 9 }));
  assert.ok(!sameValue({ met: true }, { met: false }));
});

for (const [what, value] of Object.entries({ float: 0.5, "integer of 2^53": 2 ** 53, "U+0000": "a\u0000", "lone surrogate": "a\ud800b", "name outside ASCII": { 名: 1 }, undefined })) {
  test(`a value with ${what} is refused`, () => assert.throws(() => canonical([value]), { name: "ValueError" }));
}

test("a line with a float, a foreign field, an empty set, a null for what stands once, or a plain same_as is malformed", () => {
  const operation = { id: OP, record: "result", key: "V/1", set: { note: "x" }, seen: {}, at: "now" };
  const refused = (change) => assert.throws(() => lineOf({ ...operation, ...change }), { code: "malformed" });
  refused({ set: { value: { value: 0.5 } } });
  refused({ set: { sha256: "x" } });
  refused({ set: {} });
  refused({ record: "unknown" });
  refused({ record: "evidence", set: { sha256: null } });
  refused({ record: "special", set: { same_as: OP } });
  refused({ settlement: "" });
  refused({ settlement: "for a field that is never settled" });
  refused({ seen: { value: [OP] } });
  assert.ok(lineOf({ ...operation, record: "evidence", set: { place: null, original: null } }));
  assert.throws(() => lineOf({ ...operation, set: { note: "字".repeat(22_000) } }), { code: "too-large" });
});

test("ids are UUIDv7 in lower case and sort by time", () => {
  const random = (bytes) => bytes.fill(255);
  const early = uuid7(1_764_000_000_000, random);
  assert.match(early, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(early < uuid7(1_764_000_000_001, (bytes) => bytes.fill(0)));
});

