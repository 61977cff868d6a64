// The merge of the tablet against the brute-force definition in Python, on random histories in random order. SEED and COUNT choose others.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { runHistory } from "./histories.mjs";
import { dice } from "./tablet.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const python = process.env.PYTHON ?? join(root, ".venv/bin/python");
const seed = process.env.SEED ?? String(Math.floor(Math.random() * 1e6));
const count = process.env.COUNT ?? "2000";

test(`heads, states and digests of ${count} random histories (seed ${seed}) are those of brute force`, () => {
  const folder = mkdtempSync(join(tmpdir(), "histories-"));
  execFileSync(python, [join(root, "tests/sync/make_histories.py"), "--seed", seed, "--count", count, join(folder, "out.json")]);
  const { histories } = JSON.parse(readFileSync(join(folder, "out.json"), "utf8"));
  rmSync(folder, { recursive: true });
  assert.equal(histories.length, Number(count));
  const random = dice(Number(seed));
  for (const history of histories) {
    const shuffled = history.operations.map((operation) => [random.next(), operation]).sort(([one], [other]) => one - other).map(([, operation]) => operation);
    assert.deepEqual(runHistory({ ...history, operations: shuffled }), history.expect, `${history.name}, seed ${seed}`);
  }
});
