// What every file of these tests shares: the unmodified client, and a record of which of its methods were called.

import { ElizaClient } from '@elizaos/api-client';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

export const BASE = process.env.AGENT_SESSIONS_URL;
export const USER = '11111111-1111-4111-8111-111111111111';
export const NOBODY = 'deadbeef-0000-4000-8000-00000000dead';
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const client = ElizaClient.create({ baseUrl: BASE });

const called = {};

/** The client's service under this name; every call of a method is noted. */
export function service(name) {
  called[name] = new Set();
  return new Proxy(client[name], {
    get(target, method) {
      const found = target[method];
      if (typeof found !== 'function') return found;
      called[name].add(method);
      return found.bind(target);
    },
  });
}

/** Fail unless every public method of the service was called. `inner`: methods TypeScript declares private. */
export function assertAllCalled(name, inner = []) {
  const own = Object.getOwnPropertyNames(Object.getPrototypeOf(client[name]));
  const missed = own.filter((method) => method !== 'constructor' && !inner.includes(method) && !called[name].has(method));
  assert.deepEqual(missed, [], `methods of ${name} that no test called`);
}

/** The id of the agent with this name. */
export async function agentId(name) {
  const { agents } = await client.agents.listAgents();
  return agents.find((agent) => agent.name === name).id;
}

/** A new session with the agent of this name. */
export async function newSession(name = 'echo-agent', more = {}) {
  return client.sessions.createSession({ agentId: await agentId(name), userId: USER, ...more });
}

/** Expect the client to throw its ApiError with this status, code and message. */
export async function refuses(promise, status, code, message) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.name, 'ApiError');
    assert.deepEqual([error.status, error.code], [status, code]);
    if (message instanceof RegExp) assert.match(error.message, message);
    else if (message !== undefined) assert.equal(error.message, message);
    return true;
  });
}

/** Ask until the answer fits; replies over the default transport come when they come. */
export async function until(ask, fits) {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('waited ten seconds in vain');
}

export const freshId = () => randomUUID();
