// The official client of 1.5.8: it expects the user's message itself as the answer to sending, and no transports.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ElizaClient } from 'elizaos-api-client-1.5';
import { agentId, BASE, ISO, refuses, until, USER, UUID } from './setup.mjs';

const older = ElizaClient.create({ baseUrl: BASE });
const called = new Set();
const sessions = new Proxy(older.sessions, {
  get: (target, method) => called.add(method) && target[method].bind(target),
});
after(() => {
  const own = Object.getOwnPropertyNames(Object.getPrototypeOf(older.sessions)).filter((name) => name !== 'constructor');
  assert.deepEqual(own.filter((name) => !called.has(name)), []);
});

test('every method of its sessions service', async () => {
  assert.equal((await sessions.checkHealth()).status, 'healthy');
  const { sessionId, createdAt } = await sessions.createSession({ agentId: await agentId('echo-agent'), userId: USER });
  assert.match(createdAt, ISO);
  assert.equal((await sessions.getSession(sessionId)).sessionId, sessionId);
  assert.ok((await sessions.listSessions()).sessions.some((one) => one.sessionId === sessionId));

  const sent = await sessions.sendMessage(sessionId, { content: 'hello' });
  assert.match(sent.id, UUID);
  assert.deepEqual([sent.content, sent.authorId], ['hello', USER]);
  assert.match(sent.createdAt, ISO);
  assert.equal(sent.metadata.sessionId, sessionId);
  assert.deepEqual([sent.sessionStatus.renewalCount, sent.sessionStatus.wasRenewed], [1, true]);

  const { messages, hasMore } = await until(
    () => sessions.getMessages(sessionId, { limit: 5 }),
    (page) => page.messages.length === 2,
  );
  assert.deepEqual([messages[0].content, messages[0].isAgent, hasMore], ['echo: hello', true, false]);
  assert.equal((await sessions.deleteSession(sessionId)).success, true);
  await refuses(sessions.getSession(sessionId), 404, 'SESSION_NOT_FOUND');
});

test('its agents and server services', async () => {
  const { agents } = await older.agents.listAgents();
  const echo = agents.find((agent) => agent.name === 'echo-agent');
  assert.equal((await older.agents.getAgent(echo.id)).status, 'active');
  assert.equal((await older.agents.startAgent(echo.id)).status, 'active');
  assert.equal((await older.server.ping()).pong, true);
  assert.equal((await older.server.getStatus()).status, 'ok');
});
