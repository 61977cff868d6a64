// The worker in a stage set of its own: what it keeps, what it answers, what it leaves alone. Real browsers run it in tests/e2e.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";

const HERE = "https://xingping.test";
const source = readFileSync(new URL("../../static/sw.js", import.meta.url), "utf8");
const html = (text) => new Response(text, { headers: { "content-type": "text/html; charset=utf-8" } });

/** A browser as far as a worker sees it; `network` answers by path. */
function stage(version, network, stored = new Map()) {
  const listeners = {};
  const asked = [];
  let skipped = false;
  const caches = {
    open: async (name) => {
      if (!stored.has(name)) stored.set(name, new Map());
      const entries = stored.get(name);
      return { match: async (path) => entries.get(path)?.clone(), put: async (path, response) => void entries.set(path, response) };
    },
    keys: async () => [...stored.keys()],
    delete: async (name) => stored.delete(name),
  };
  const self = {
    location: new URL(`${HERE}/sw.js`), clients: { claim: async () => {} }, skipWaiting: () => (skipped = true),
    addEventListener: (name, listener) => (listeners[name] = listener),
  };
  const listed = JSON.stringify({ version, files: [`/static/${version}/js/field.js`, `/static/${version}/icons.svg`], shell: "/field/" });
  class PathRequest extends Request {
    constructor(path, options) {
      super(new URL(path, HERE), options);
    }
  }
  const fetch = async (request) => {
    const path = new URL(request.url ?? request, HERE).pathname;
    asked.push(path);
    return network(path);
  };
  vm.runInNewContext(source.replace("/*PRECACHE*/null", listed), { self, caches, fetch, Request: PathRequest, Response, URL, TypeError, Promise });
  const run = async (name, event = {}) => {
    let work;
    listeners[name]({ ...event, waitUntil: (promise) => (work = promise) });
    await work;
  };
  const get = async (path, { method = "GET", mode = "cors" } = {}) => {
    let answer = null;
    listeners.fetch({ request: { url: new URL(path, HERE).href, method, mode }, respondWith: (promise) => (answer = promise) });
    return answer === null ? null : (await answer).text();
  };
  return { run, get, asked, stored, skipped: () => skipped };
}

const site = (version) => (path) => {
  if (path === "/field/") return html(`<script src="/static/${version}/js/field.js">`);
  if (path.startsWith(`/static/${version}/`)) return new Response(`bytes of ${path}`, { headers: { "content-type": "text/javascript" } });
  return new Response("no", { status: 404 });
};

test("after installing, files and shell are answered without network, each visit's address too", async () => {
  const worker = stage("v1", site("v1"));
  await worker.run("install");
  worker.asked.length = 0;
  assert.equal(await worker.get("/static/v1/js/field.js"), "bytes of /static/v1/js/field.js");
  assert.match(await worker.get("/field/visit/V/clause/5.1", { mode: "navigate" }), /v1/);
  assert.deepEqual(worker.asked, []);
});

test("it leaves alone what is not public and static: other methods, sync, who is signed in, pages of the office, other hosts", async () => {
  const worker = stage("v1", site("v1"));
  await worker.run("install");
  for (const [path, how] of [
    ["/sync/v1/pull"], ["/sync/v1/push", { method: "POST" }], ["/field/me"], ["/evaluations/1", { mode: "navigate" }], ["/login", { mode: "navigate" }],
    ["/static/v0/js/field.js"], ["/static/v1/js/field.js", { method: "HEAD" }], ["https://elsewhere.test/static/v1/js/field.js"],
  ]) assert.equal(await worker.get(path, how), null, path);
});

for (const [what, network] of Object.entries({
  "a captive portal's page": () => html("<title>Wi-Fi</title>"),
  "the shell of another version": (path) => (path === "/field/" ? site("v2")(path) : site("v1")(path)),
  "a missing file": (path) => (path.endsWith("icons.svg") ? new Response("no", { status: 404 }) : site("v1")(path)),
})) {
  test(`${what} is never kept: the version does not install`, async () => {
    const worker = stage("v1", network);
    await assert.rejects(worker.run("install"));
    const kept = await Promise.all([...(worker.stored.get("xingping-v1") ?? new Map()).values()].map((response) => response.clone().text()));
    assert.ok(kept.every((text) => !text.includes("Wi-Fi") && !text.includes("v2")));
  });
}

test("a new version waits for consent, then takes over and drops the old one", async () => {
  const stored = new Map();
  await stage("v1", site("v1"), stored).run("install");
  const next = stage("v2", site("v2"), stored);
  await next.run("install");
  assert.equal(next.skipped(), false);
  await next.run("message", { data: "anything" });
  assert.equal(next.skipped(), false);
  assert.deepEqual([...stored.keys()], ["xingping-v1", "xingping-v2"]);
  await next.run("message", { data: "apply" });
  assert.equal(next.skipped(), true);
  await next.run("activate");
  assert.deepEqual([...stored.keys()], ["xingping-v2"]);
});
