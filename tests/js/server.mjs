// A peer for the engine in tests: the server's side of sync.md in memory, by the plainest means (every register is judged anew by its definition).
// Never shipped. It parks what a test says, restores from a copy of itself, and keeps uploads by tus.
import { ORIGIN, lineHash, link } from "../../static/js/core/chain.js";
import { digest } from "../../static/js/core/digest.js";
import { heads } from "../../static/js/core/merge.js";

const text = new TextDecoder();
const json = (status, body, headers = {}) => new Response(JSON.stringify(body), { status, headers: { "content-type": status < 400 ? "application/json" : "application/problem+json", ...headers } });
const problem = (status, code, facts = {}) => json(status, { code, ...facts });

export class Server {
  constructor({ epoch = "epoch-1", pageSize = 2000 } = {}) {
    this.pageSize = pageSize;
    /** What a restore takes back. */
    this.state = {
      epoch, seq: 0, devices: new Map(), operations: new Map(), dirty: new Map(), rows: new Map(), submitted: new Set(), fates: [], uploads: new Map(), received: new Map(), held: new Map(),
    };
    this.no = 0;
    this.parkIf = () => null;
  }

  copy() {
    return structuredClone(this.state);
  }

  restore(copy, epoch) {
    this.state = { ...structuredClone(copy), epoch };
  }

  /** A set row, as a room of the house writes it. */
  put(set, id, row) {
    this.state.rows.set(`${set}/${id}`, { set, id, row, seq: (this.state.seq += 1) });
  }

  admit(id) {
    const operation = this.state.operations.get(id);
    operation.status = "admitted";
    this.#fate(operation, null);
    this.#touch(operation);
  }

  discard(id, reason) {
    const operation = this.state.operations.get(id);
    operation.status = "discarded";
    this.#fate(operation, reason);
  }

  /** The send function of one browser session. */
  as(person) {
    return async ({ method, path, headers = {}, body = null }) => {
      const { pathname, searchParams } = new URL(path, "http://server");
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      if (pathname === "/sync/v1/devices") return this.#register(person, JSON.parse(text.decode(bytes)));
      if (pathname === "/sync/v1/push") return this.#push(person, bytes);
      if (pathname === "/sync/v1/pull") return this.#pull(person, searchParams.get("device"), searchParams.get("cursor"));
      if (pathname === "/sync/v1/evidence/state") return this.#safe(person, JSON.parse(text.decode(bytes)));
      return this.#tus(person, method, pathname, headers, bytes);
    };
  }

  registers(visit) {
    const places = new Map();
    for (const operation of this.state.operations.values()) {
      if (operation.visit !== visit || !operation.set) continue;
      for (const field of Object.keys(operation.set)) {
        const name = `${operation.record}/${operation.rest}/${field}`;
        if (!places.has(name)) places.set(name, { record: operation.record, rest: operation.rest, field, entries: [] });
        places.get(name).entries.push({
          op: operation.id, person: operation.person, no: operation.no, at: operation.at, value: operation.set[field], seen: operation.seen[field] ?? [],
          settlement: operation.settlement !== undefined, reason: operation.settlement, stored: operation.status === "stored" || operation.status === "admitted", passing: operation.status !== "stored",
        });
      }
    }
    return [...places.values()].map((place) => ({ ...place, heads: heads(place.entries) }));
  }

  digest(visit) {
    return digest(visit, this.registers(visit).map(({ record, rest, field, heads: standing }) => [record, rest, field, standing]));
  }

  visits() {
    return [...new Set([...this.state.operations.values()].filter(({ set }) => set).map(({ visit }) => visit))];
  }

  #register(person, { device }) {
    const known = this.state.devices.get(device);
    if (known && known.person !== person) return problem(403, "other-user");
    if (!known) this.state.devices.set(device, { person, no: (this.no += 1), hashes: [], chains: [ORIGIN] });
    const { chains } = this.state.devices.get(device);
    return json(200, { device, epoch: this.state.epoch, last_n: chains.length - 1, chain: chains.at(-1) });
  }

  #push(person, bytes) {
    if (bytes.length > 1024 * 1024) return problem(413, "too-large");
    const lines = [];
    let start = 0;
    for (let i = 0; i < bytes.length; i += 1) {
      if (bytes[i] !== 10) continue;
      lines.push(bytes.slice(start, i));
      start = i + 1;
    }
    const envelope = JSON.parse(text.decode(lines.shift()));
    if (envelope.count !== lines.length || lines.length > 500) return problem(400, "envelope");
    const device = this.state.devices.get(envelope.device);
    if (!device) return problem(409, "device");
    if (device.person !== person) return problem(403, "other-user");
    const last = { last_n: device.chains.length - 1, chain: device.chains.at(-1) };
    if (envelope.epoch !== this.state.epoch) return problem(409, "epoch", { epoch: this.state.epoch, ...last });
    if (envelope.from > last.last_n + 1) return problem(409, "gap", last);
    if (device.chains[envelope.from - 1] !== envelope.prev) return problem(409, "fork", last);
    const hashes = lines.map(lineHash);
    if (hashes.some((hash, i) => envelope.from + i <= last.last_n && device.hashes[envelope.from + i - 1] !== hash)) return problem(409, "fork", last);
    this.state.held.set(envelope.device, envelope.held);
    const parked = [];
    lines.forEach((line, i) => {
      const n = envelope.from + i;
      if (n > last.last_n) {
        device.hashes.push(hashes[i]);
        device.chains.push(link(device.chains.at(-1), hashes[i]));
        this.#receive(person, envelope.device, device, n, line, hashes[i]);
      }
      const { id, status, code } = this.state.received.get(`${envelope.device}/${n}`);
      const now = id !== null && this.state.operations.get(id)?.hash === hashes[i] ? this.state.operations.get(id) : { status, code };
      if (now.status === "parked" || now.status === "discarded") parked.push({ n, id, code: now.code, state: now.status });
    });
    return json(200, { epoch: this.state.epoch, last_n: device.chains.length - 1, chain: device.chains.at(-1), parked, digests: {}, received_at: "2026-11-24T00:00:00Z" });
  }

  #receive(person, uuid, device, n, line, hash) {
    const place = `${uuid}/${n}`;
    let operation;
    try {
      operation = JSON.parse(text.decode(line));
    } catch {
      this.state.received.set(place, { id: null, status: "parked", code: "malformed" });
      this.state.fates.push({ seq: (this.state.seq += 1), person, id: null, device: device.no, n, code: "malformed", state: "parked", reason: null });
      return;
    }
    const known = this.state.operations.get(operation.id);
    this.state.received.set(place, { id: operation.id, status: "parked", code: "id-taken" });
    if (known) {
      if (known.hash !== hash || known.person !== person) this.state.fates.push({ seq: (this.state.seq += 1), person, id: operation.id, device: device.no, n, code: "id-taken", state: "parked", reason: null });
      else known.places.push([device.no, n]);
      return;
    }
    const [visit, ...rest] = operation.key.split("/");
    const code = this.#judge(person, visit, operation);
    const kept = { ...operation, visit, rest: rest.join("/"), person, no: device.no, places: [[device.no, n]], hash, status: code === null ? "stored" : "parked", code };
    this.state.operations.set(operation.id, kept);
    if (code === null && operation.record === "submission") this.state.submitted.add(`${visit}/${person}`);
    if (code === null) this.#touch(kept);
    else {
      this.#fate(kept, null);
      this.#touch(kept);
    }
  }

  #judge(person, visit, operation) {
    const special = this.parkIf(operation, person);
    if (special) return special;
    return this.state.submitted.has(`${visit}/${person}`) && operation.settlement === undefined ? "submitted" : null;
  }

  #touch(operation) {
    for (const field of Object.keys(operation.set)) this.state.dirty.set(`${operation.visit} ${operation.record}/${operation.rest}/${field}`, { visit: operation.visit, seq: (this.state.seq += 1) });
  }

  #fate({ person, id, places, code, status }, reason) {
    for (const [device, n] of places) this.state.fates.push({ seq: (this.state.seq += 1), person, id, device, n, code, state: status, reason });
  }

  #pull(person, uuid, cursor) {
    const device = this.state.devices.get(uuid);
    if (!device) return problem(409, "device");
    if (device.person !== person) return problem(403, "other-user");
    const asked = cursor === null ? null : JSON.parse(cursor);
    const valid = asked !== null && asked.epoch === this.state.epoch && asked.device === uuid;
    const { at, base, reset } = valid ? asked : { at: 0, base: 0, reset: true };
    const changes = [...[...this.state.dirty].map(([name, { visit, seq }]) => ({ seq, visit, name })), ...[...this.state.rows.values()]].filter(({ seq }) => seq > at).sort((a, b) => a.seq - b.seq);
    const page = changes.slice(0, this.pageSize);
    const more = changes.length > page.length;
    const registers = [];
    const sets = { evaluations: [], schemes: [], sites: [], visits: [], people: [], criteria: [], carried_over: [] };
    for (const change of page) {
      if (change.set) {
        sets[change.set].push(change.row ?? { id: change.id, removed: true });
        continue;
      }
      const found = this.registers(change.visit).find(({ record, rest, field }) => `${change.visit} ${record}/${rest}/${field}` === change.name);
      const rows = (found?.heads ?? []).map((head) => [head.op, head.no, head.at, head.value, ...(head.reason === undefined ? [] : [head.reason])]);
      registers.push({ visit: change.visit, rows: [[found.record, found.rest, found.field, rows]] });
    }
    const touched = [...this.state.dirty.values()].filter(({ seq }) => seq > base).map(({ visit }) => visit);
    const next = more ? { at: page.at(-1).seq, base, reset } : { at: this.state.seq, base: this.state.seq, reset: false };
    return json(200, {
      epoch: this.state.epoch, cursor: JSON.stringify({ ...next, epoch: this.state.epoch, device: uuid }), more, reset,
      self: device.no, last_n: device.chains.length - 1, chain: device.chains.at(-1), sets,
      devices: Object.fromEntries([...this.state.devices].map(([id, { no, person: owner }]) => [no, [id, owner]])), registers,
      parked: more ? [] : this.state.fates.filter((fate) => fate.person === person && fate.seq > base).map(({ id, device: no, n, code, state, reason }) => {
        const own = this.state.operations.get(id)?.places.find(([place]) => place === device.no);
        return { id, device: own ? device.no : no, n: own ? own[1] : n, code, state, reason };
      }),
      gone: [], digests: more ? {} : Object.fromEntries([...new Set(reset ? this.visits() : touched)].map((visit) => [visit, this.digest(visit)])),
    });
  }

  #safe(person, { evidence }) {
    const safe = evidence.filter((name) => {
      const upload = [...this.state.uploads.values()].find((one) => one.person === person && one.name === name && one.done);
      return upload && [...this.state.operations.values()].some((one) => one.record === "evidence" && `${one.visit}/${one.rest}` === name && one.person === person && one.set.sha256 === upload.sha256);
    });
    return json(200, { safe, missing: evidence.filter((name) => !safe.includes(name)) });
  }

  #tus(person, method, path, headers, bytes) {
    const answer = (status, more = {}) => new Response(null, { status, headers: { "tus-resumable": "1.0.0", ...more } });
    if (method === "POST") {
      const metadata = Object.fromEntries(headers["Upload-Metadata"].split(",").map((pair) => [pair.split(" ")[0], atob(pair.split(" ")[1])]));
      if (!this.state.devices.has(metadata.device)) return problem(409, "device");
      const id = `u${this.state.uploads.size + 1}`;
      this.state.uploads.set(id, { person, name: `${metadata.visit}/${metadata.evidence}`, sha256: metadata.sha256, length: Number(headers["Upload-Length"]), bytes: new Uint8Array(0), done: false });
      return answer(201, { location: `/sync/v1/evidence/${id}` });
    }
    const upload = this.state.uploads.get(path.split("/").at(-1));
    if (!upload || upload.person !== person) return problem(404, "not-found");
    if (method === "HEAD") return answer(200, { "upload-offset": String(upload.bytes.length), "upload-length": String(upload.length) });
    if (Number(headers["Upload-Offset"]) !== upload.bytes.length) return problem(409, "offset");
    if (bytes.length > (this.chunkLimit ?? 1024 * 1024)) return problem(413, "too-large");
    const whole = new Uint8Array(upload.bytes.length + bytes.length);
    whole.set(upload.bytes);
    whole.set(bytes, upload.bytes.length);
    upload.bytes = whole;
    if (whole.length === upload.length) {
      if (lineHash(whole) !== upload.sha256) {
        upload.bytes = new Uint8Array(0);
        return problem(422, "hash");
      }
      upload.done = true;
    }
    return answer(204, { "upload-offset": String(whole.length) });
  }
}

/** A page of a captive portal: status 200, HTML. */
export const portal = () => new Response("<!doctype html><title>Wi-Fi</title>", { status: 200, headers: { "content-type": "text/html" } });
