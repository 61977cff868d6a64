// Makes the vendor bundles of this folder from node_modules, each one ES module, and lists them in README.md.
// Run by a person (`npm run vendor`) when a version changes; the result is committed, users need no Node.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const floor = ["chrome109", "firefox115", "safari16.4"];

/** @type {Record<string, {packages: string[], source: string}>} */
const bundles = {
  "preact.js": {
    packages: ["preact", "@preact/signals", "@preact/signals-core", "htm"],
    source: `export { h, render, hydrate, Component, Fragment, createContext, createRef, cloneElement, toChildArray, isValidElement, options } from "preact";
export { useState, useReducer, useEffect, useLayoutEffect, useRef, useMemo, useCallback, useContext, useId, useErrorBoundary } from "preact/hooks";
export { signal, computed, effect, batch, untracked, Signal, useSignal, useComputed, useSignalEffect } from "@preact/signals";
import { h } from "preact";
import htm from "htm";
export const html = htm.bind(h);`,
  },
  "idb.js": { packages: ["idb"], source: `export { openDB, deleteDB, unwrap, wrap } from "idb";` },
  "sha256.js": { packages: ["@noble/hashes"], source: `export { sha256 } from "@noble/hashes/sha2.js";` },
  "fflate.js": { packages: ["fflate"], source: `export { Zip, ZipPassThrough, ZipDeflate, strToU8, zipSync, unzipSync } from "fflate";` },
};

const rows = [];
for (const [file, { packages, source }] of Object.entries(bundles)) {
  const listed = packages.map((name) => JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")));
  const banner = `/* ${listed.map((p) => `${p.name} ${p.version} (${p.license})`).join(", ")}; made by make.mjs, texts of the licences in LICENSES.txt */`;
  await build({
    stdin: { contents: source, resolveDir: root },
    bundle: true, minify: true, format: "esm", target: floor, platform: "browser", legalComments: "none",
    banner: { js: banner }, outfile: join(here, file),
  });
  const hash = createHash("sha256").update(readFileSync(join(here, file))).digest("hex");
  rows.push(`| ${file} | ${listed.map((p) => `${p.name} ${p.version}`).join(", ")} | ${listed.map((p) => p.license).join(", ")} | \`${hash}\` |`);
}

const licences = [...new Set(Object.values(bundles).flatMap((b) => b.packages))]
  .map((name) => `${name}\n\n${readFileSync(join(root, "node_modules", name, "LICENSE"), "utf8").trim()}\n`);
writeFileSync(join(here, "LICENSES.txt"), licences.join("\n----\n\n"));
writeFileSync(join(here, "README.md"), `# Vendor bundles

Foreign code of the browser side, one ES module each, bundled by esbuild from the versions in package.json and committed: nobody who runs Xingping needs Node.
\`npm run vendor\` makes them again, byte for byte; \`tests/js/vendor.test.mjs\` compares the hashes below. Types stand beside each file (\`.d.ts\`), licence texts in LICENSES.txt.

| file | versions | licence | SHA-256 |
|---|---|---|---|
${rows.join("\n")}
`);
