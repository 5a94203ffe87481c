// Calls to the server: addresses relative to where the console is, the key with each of them, refusals as errors.

import { headersFor, keyRefused } from "./keys.js";
import { reached, unreachable } from "./reachability.js";

const BASE = new URL("../../", import.meta.url);

/** The server refused. `code`: its word for why, where it has one. `retryAfter`: seconds, where it says so. */
export class Refusal extends Error {
  constructor(status, { code, message, retryAfter }) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Nobody answered. */
export class Unreachable extends Error {
  constructor() {
    super("The server does not answer.");
    this.name = "Unreachable";
  }
}

/** A call; gives the response when it is a good one. Throws Refusal and Unreachable. Asks for a key when one is needed. */
export async function call(method, path, { body, headers = {}, query, signal } = {}) {
  const address = new URL(path, BASE);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== "" && value !== null && value !== undefined) address.searchParams.set(name, value);
  }
  const wire = path.startsWith("api/v1/") ? "memory" : "sessions";
  for (;;) {
    const shown = headersFor(wire);
    const content = body === undefined ? {} : { "Content-Type": "application/json" };
    const response = await reach(address, {
      method, signal, headers: { ...shown, ...content, ...headers }, body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (response.ok) return response;
    const refusal = await refusalIn(response);
    if (response.status !== 401 || !(await keyRefused(wire, shown))) throw refusal;
  }
}

/** What a GET answers. */
export const get = async (path, options) => (await call("GET", path, options)).json();

/** What a POST (or another method) answers; null when it is nothing. */
export async function send(path, body, { method = "POST", ...options } = {}) {
  const response = await call(method, path, { body, ...options });
  return response.status === 204 ? null : response.json();
}

async function reach(address, options) {
  try {
    const response = await fetch(address, { cache: "no-store", credentials: "omit", ...options });
    reached();
    return response;
  } catch (error) {
    if (options.signal?.aborted) throw error;
    unreachable();
    throw new Unreachable();
  }
}

/** Each wire has its own form of saying no. */
async function refusalIn(response) {
  const body = await response.json().catch(() => ({}));
  const error = body.error ?? body.detail ?? {};
  const text = typeof error === "string" ? body.message ?? error : error.message;
  return new Refusal(response.status, {
    code: error.code,
    message: text ?? `The server answered ${response.status}.`,
    retryAfter: Number(response.headers.get("Retry-After")) || undefined,
  });
}
