// The official client against a server that asks for a key.

import { ElizaClient } from '@elizaos/api-client';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BASE, refuses, USER } from './setup.mjs';

const KEY = process.env.AGENT_SESSIONS_KEY;

test('with the key everything works', async () => {
  const client = ElizaClient.create({ baseUrl: BASE, apiKey: KEY });
  const { agents } = await client.agents.listAgents();
  const agentId = agents.find((agent) => agent.name === 'echo-agent').id;
  const { sessionId } = await client.sessions.createSession({ agentId, userId: USER });
  const sent = await client.sessions.sendMessageSync(sessionId, { content: 'hello' });
  assert.equal(sent.agentResponse.text, 'echo: hello');
  assert.deepEqual((await client.system.getGlobalLogs()).logs, []);
});

test('as a bearer token it works too', async () => {
  const client = ElizaClient.create({ baseUrl: BASE, headers: { Authorization: `Bearer ${KEY}` } });
  assert.equal((await client.server.ping()).pong, true);
});

test('without the key, or with another one, nothing does', async () => {
  for (const apiKey of [undefined, 'wrong', `${KEY}x`]) {
    const client = ElizaClient.create({ baseUrl: BASE, apiKey });
    for (const call of [
      () => client.agents.listAgents(),
      () => client.sessions.listSessions(),
      () => client.jobs.list(),
      () => client.server.ping(),
      () => client.server.stopServer(),
      () => client.system.getEnvironment(),
    ])
      await refuses(call(), 401, 'HTTP_ERROR');
  }
});

test('health outside the API needs none', async () => {
  assert.equal((await fetch(`${BASE}/healthz`)).status, 200);
  assert.equal((await fetch(`${BASE}/health`)).status, 200);
});
