// Every method of the official client's server and system services, and what it returns.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { assertAllCalled, BASE, client, ISO, refuses, service } from './setup.mjs';

const server = service('server');
const system = service('system');
after(() => {
  assertAllCalled('server');
  assertAllCalled('system', ['buildUrl', 'getHeaders']);
});

test('checkHealth', async () => {
  const health = await server.checkHealth();
  assert.deepEqual([health.status, health.dependencies.agents], ['OK', 'healthy']);
  assert.match(health.timestamp, ISO);
  assert.match(health.version, /^\d+\.\d+/);
});

test('ping and hello', async () => {
  const ping = await server.ping();
  assert.equal(ping.pong, true);
  assert.ok(Math.abs(ping.timestamp - Date.now()) < 60_000);
  assert.deepEqual(await server.hello(), { message: 'Hello World!' });
});

test('getStatus', async () => {
  const status = await server.getStatus();
  const { agents } = await client.agents.listAgents();
  const active = agents.filter((agent) => agent.status === 'active').length;
  assert.deepEqual([status.status, status.agentCount], ['ok', active]);
  assert.deepEqual(status.agents, { total: agents.length, active, inactive: agents.length - active });
  assert.ok(status.uptime > 0);
});

test('getDebugInfo', async () => {
  const debug = await server.getDebugInfo();
  assert.ok(debug.runtime.agents.some((agent) => agent.name === 'echo-agent' && agent.status === 'active'));
  assert.deepEqual(debug.environment, {});
});

test('logs', async () => {
  assert.deepEqual(await server.submitLogs([{ level: 'info', message: 'from a client' }]), { received: 1 });
  assert.ok((await server.clearLogs()).cleared >= 0);
  const logs = await system.getGlobalLogs({ level: 'warn' });
  assert.deepEqual([logs.logs, logs.count, logs.total, logs.level], [[], 0, 0, 'warn']);
  assert.ok(logs.levels.includes('info'));
  assert.equal((await system.deleteGlobalLogs()).status, 'success');
  await assert.rejects(system.deleteLog('1'), /not supported/);
});

test('the environment is neither shown nor changed', async () => {
  assert.deepEqual(await system.getEnvironment(), {});
  await refuses(system.updateLocalEnvironment({ A: 'b' }), 403, 'ENVIRONMENT_NOT_WRITABLE');
});

test('the server is not stopped over HTTP', async () => {
  await refuses(server.stopServer(), 403, 'STOP_NOT_ALLOWED', /SIGTERM/);
  assert.equal((await server.ping()).pong, true);
});

test('health outside the API', async () => {
  const healthz = await fetch(`${BASE}/healthz`);
  assert.deepEqual([healthz.status, (await healthz.json()).status], [200, 'ok']);
  const health = await fetch(`${BASE}/health`);
  assert.deepEqual([health.status, (await health.json()).status], [200, 'OK']);
});
