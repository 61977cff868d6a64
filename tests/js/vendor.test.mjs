// The bundles that users get are those that README.md lists.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import test from "node:test";

const folder = new URL("../../static/js/vendor/", import.meta.url);

test("each vendor bundle has the listed hash, its types beside it, and nothing that the policy refuses", () => {
  const listed = [...readFileSync(new URL("README.md", folder), "utf8").matchAll(/^\| (\S+\.js) \|.*`([0-9a-f]{64})` \|$/gm)];
  assert.deepEqual(listed.map(([, file]) => file).sort(), readdirSync(folder).filter((name) => name.endsWith(".js")).sort());
  for (const [, file, hash] of listed) {
    const bytes = readFileSync(new URL(file, folder));
    assert.equal(createHash("sha256").update(bytes).digest("hex"), hash, file);
    assert.ok(existsSync(new URL(file.replace(/js$/, "d.ts"), folder)), file);
    assert.doesNotMatch(bytes.toString(), /\beval\(|new Function\(|\bimport\(/, file);
  }
});
