// What an answer of the network means. Only an answer that is JSON of our own kind, or a tus answer with its header, counts as reached:
// a captive portal's page, a proxy's error or a cut body is "not reached", whatever its status.

/**
 * One request; `send` resolves with the answer or throws when there was none.
 * @typedef {{method: string, path: string, headers?: Record<string, string>, body?: string | Uint8Array | null}} Request
 * @typedef {{status: number, headers: {get(name: string): string | null}, text(): Promise<string>}} Answer
 * @typedef {(request: Request) => Promise<Answer>} Send
 */

/** Why the engine stopped: `reason` is the code for the words, `wait` what Retry-After asked, in ms. */
export class Stop extends Error {
  /** @param {string} reason @param {{wait?: number | null, line?: number | null}} [facts] */
  constructor(reason, { wait = null, line = null } = {}) {
    super(reason);
    this.name = "Stop";
    this.reason = reason;
    this.wait = wait;
    this.line = line;
  }
}

/** @param {Answer} answer */
function retryAfter(answer) {
  const seconds = Number(answer.headers.get("retry-after"));
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 600) * 1000 : null;
}

/**
 * Sends and reads a JSON answer: `{status, body}` of 2xx, and of 4xx with a `code`. Throws Stop `not-reached` for no answer, HTML and cut bodies,
 * `sign-in` for 401, `protocol` for 426; 429 and 5xx come back for the caller to count when `count5xx`, else stop too.
 * @param {Send} send
 * @param {Request} request
 * @param {{count5xx?: boolean}} [how]
 * @returns {Promise<{status: number, body: any, wait: number | null}>}
 */
export async function ask(send, request, { count5xx = false } = {}) {
  let answer;
  let text;
  try {
    answer = await send(request);
    text = await answer.text();
  } catch {
    throw new Stop("not-reached");
  }
  const wait = retryAfter(answer);
  if (answer.status === 500 && count5xx) return { status: 500, body: {}, wait };
  if (answer.status === 429 || answer.status >= 500) throw new Stop("not-reached", { wait });
  if (answer.status === 413) return { status: 413, body: { code: "too-large" }, wait };
  if (!/^application\/(problem\+)?json\b/.test(answer.headers.get("content-type") ?? "")) throw new Stop("not-reached", { wait });
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Stop("not-reached", { wait });
  }
  if (body === null || typeof body !== "object") throw new Stop("not-reached", { wait });
  if (answer.status === 401) throw new Stop("sign-in");
  if (answer.status === 426) throw new Stop("protocol");
  if (answer.status >= 400 && typeof body.code !== "string") throw new Stop("not-reached", { wait });
  if (answer.status < 200 || (answer.status >= 300 && answer.status < 400)) throw new Stop("not-reached", { wait });
  return { status: answer.status, body, wait };
}

/**
 * Sends a tus request and looks at status and headers only.
 * @param {Send} send
 * @param {Request} request
 * @returns {Promise<{status: number, code: string | null, headers: {get(name: string): string | null}}>}
 */
export async function askTus(send, request) {
  let answer;
  let text;
  try {
    answer = await send({ ...request, headers: { "Tus-Resumable": "1.0.0", ...request.headers } });
    text = await answer.text();
  } catch {
    throw new Stop("not-reached");
  }
  if (answer.status === 429 || answer.status >= 500) throw new Stop("not-reached", { wait: retryAfter(answer) });
  const problem = /^application\/problem\+json\b/.test(answer.headers.get("content-type") ?? "");
  if (answer.headers.get("tus-resumable") === null && !problem && answer.status !== 413) throw new Stop("not-reached");
  let code = null;
  if (problem && text !== "") {
    try {
      code = JSON.parse(text).code ?? null;
    } catch {
      throw new Stop("not-reached");
    }
  }
  if (answer.status === 401) throw new Stop("sign-in");
  return { status: answer.status, code, headers: answer.headers };
}
