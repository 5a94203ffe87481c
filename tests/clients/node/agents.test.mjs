// Every method of the official client's agents and runs services, and what it returns.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { agentId, assertAllCalled, client, NOBODY, refuses, service, USER, UUID } from './setup.mjs';

const agents = service('agents');
const runs = service('runs');
const UNKNOWN = 'feedbeef-0000-4000-8000-00000000feed';
const SERVER = '00000000-0000-0000-0000-000000000000';
after(() => {
  assertAllCalled('agents');
  assertAllCalled('runs');
});

const character = (name) => ({
  name,
  bio: ['Counts.', 'Thinks.'],
  settings: { secrets: { KEY: 'hunter2' }, OPENAI_API_KEY: 'hunter2', SESSION_TIMEOUT_MINUTES: '90' },
});

test('listAgents', async () => {
  const { agents: all } = await agents.listAgents();
  const echo = all.find((agent) => agent.name === 'echo-agent');
  assert.match(echo.id, UUID);
  assert.deepEqual(echo, { id: echo.id, name: 'echo-agent', characterName: 'echo-agent', bio: '', status: 'active' });
});

test('getAgent', async () => {
  const id = await agentId('hourly-agent');
  const agent = await agents.getAgent(id);
  assert.deepEqual([agent.id, agent.name, agent.status, agent.enabled], [id, 'hourly-agent', 'active', true]);
  assert.deepEqual(agent.settings, { SESSION_TIMEOUT_MINUTES: '60' });
  assert.ok(Number.isInteger(agent.createdAt) && Number.isInteger(agent.updatedAt));
  assert.ok(Math.abs(agent.createdAt - Date.now()) < 3_600_000, 'milliseconds');
});

test('an agent lives: created, updated, started, talked to, stopped, deleted', async () => {
  const made = await agents.createAgent({ characterJson: character('Ada') });
  assert.match(made.id, UUID);
  assert.deepEqual(made.character.bio, ['Counts.', 'Thinks.']);
  assert.equal((await agents.getAgent(made.id)).status, 'inactive');

  const changed = await agents.updateAgent(made.id, { name: 'Lady Ada', bio: 'Computes.', metadata: { ignored: true } });
  assert.deepEqual([changed.id, changed.name, changed.bio], [made.id, 'Lady Ada', 'Computes.']);
  assert.ok(!JSON.stringify([made, changed, await agents.getAgent(made.id)]).includes('hunter2'));

  assert.deepEqual(await agents.startAgent(made.id), { id: made.id, name: 'Lady Ada', status: 'active' });
  assert.equal((await agents.startAgent(made.id)).status, 'active', 'twice is no mistake');
  const session = await client.sessions.createSession({ agentId: made.id, userId: USER });
  assert.equal(session.timeoutConfig.timeoutMinutes, 90);
  const sent = await client.sessions.sendMessageSync(session.sessionId, { content: 'Hello' });
  assert.ok(sent.agentResponse.text.length > 0);

  const stopped = await agents.stopAgent(made.id);
  assert.deepEqual([stopped.message, stopped.status], ['Agent stopped', 'inactive']);
  await refuses(agents.stopAgent(made.id), 404, 'NOT_FOUND', 'Agent not found');
  await refuses(client.sessions.createSession({ agentId: made.id, userId: USER }), 404, 'AGENT_NOT_FOUND');

  assert.deepEqual(await agents.deleteAgent(made.id), { success: true });
  await refuses(agents.getAgent(made.id), 404, 'NOT_FOUND', 'Agent not found');
});

test('an agent can be created from what another server exported', async () => {
  const exported = { ...character('Grace'), enabled: true, status: 'active', createdAt: 1, updatedAt: 2 };
  const made = await agents.createAgent({ agent: exported });
  assert.equal((await agents.getAgent(made.id)).name, 'Grace');
  await agents.deleteAgent(made.id);
});

test('what makes no agent', async () => {
  await refuses(agents.createAgent({}), 400, 'CREATE_ERROR', /No character configuration provided/);
  await refuses(agents.createAgent({ characterPath: '/etc/passwd' }), 400, 'CREATE_ERROR', /not read over HTTP/);
  await refuses(agents.createAgent({ characterJson: { name: 'Ada' } }), 400, 'CREATE_ERROR', 'bio: is required');
  await refuses(agents.getAgent('nonsense'), 400, 'INVALID_ID', 'Invalid agent ID format');
  await refuses(agents.updateAgent(NOBODY, { bio: 'x' }), 404, 'NOT_FOUND');
  await refuses(agents.startAgent(NOBODY), 404, 'NOT_FOUND');
});

test('panels, logs and runs of an agent that nobody talked to are there and empty', async () => {
  const { id } = await agents.createAgent({ characterJson: { name: 'Unasked', bio: ['Waits.'] } });
  assert.deepEqual(await agents.getAgentPanels(id), { panels: [] });
  assert.deepEqual(await agents.getAgentLogs(id, { limit: 5, level: 'info' }), []);
  assert.deepEqual(await agents.deleteAgentLog(id, NOBODY), { success: true });
  assert.deepEqual(await runs.listRuns(id, { limit: 5, status: 'all' }), { runs: [], total: 0, hasMore: false });
  await refuses(runs.getRun(id, NOBODY), 404, 'NOT_FOUND', 'Run not found');
  await agents.deleteAgent(id);
});

test('agents are in worlds, and what is said of a world is kept', async () => {
  const id = await agentId('echo-agent');
  const own = (await agents.getWorlds()).worlds.find((world) => world.agentId === id);
  assert.deepEqual([own.name, own.messageServerId, UUID.test(own.id)], ['Default Server', SERVER, true]);
  const joined = (await agents.addAgentToWorld(id, NOBODY)).world;
  assert.deepEqual([joined.id, joined.agentId], [NOBODY, id]);
  const changed = (await agents.updateAgentWorldSettings(id, NOBODY, { loud: true })).world;
  assert.deepEqual(changed.metadata, { settings: { loud: true } });
  const listed = (await agents.getWorlds()).worlds.find((world) => world.id === NOBODY);
  assert.deepEqual(listed, changed);
  await refuses(agents.updateAgentWorldSettings(id, UNKNOWN, {}), 404, 'NOT_FOUND', 'World not found');
});

test('an agent belongs to the one message server until it is taken out', async () => {
  const id = await agentId('echo-agent');
  const listed = await agents.getAgentsForMessageServer(SERVER);
  assert.equal(listed.messageServerId, SERVER);
  assert.ok(listed.agents.includes(id));
  const added = await agents.addAgentToMessageServer(SERVER, id);
  assert.deepEqual([added.messageServerId, added.agentId], [SERVER, id]);
  assert.deepEqual(await agents.getMessageServersForAgent(id), { agentId: id, messageServers: [SERVER] });
  const removed = await agents.removeAgentFromMessageServer(SERVER, id);
  assert.deepEqual([removed.messageServerId, removed.agentId], [SERVER, id]);
  assert.deepEqual(await agents.getMessageServersForAgent(id), { agentId: id, messageServers: [] });
  assert.ok(!(await agents.getAgentsForMessageServer(SERVER)).agents.includes(id));
  await agents.addAgentToMessageServer(SERVER, id);
  assert.deepEqual(await agents.getMessageServersForAgent(id), { agentId: id, messageServers: [SERVER] });
});
