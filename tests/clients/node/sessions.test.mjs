// Every method of the official client's sessions service, and what it returns.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { agentId, assertAllCalled, freshId, ISO, newSession, NOBODY, refuses, service, until, USER, UUID } from './setup.mjs';

const sessions = service('sessions');
after(() => assertAllCalled('sessions'));

test('checkHealth', async () => {
  const before = await sessions.checkHealth();
  await newSession();
  const health = await sessions.checkHealth();
  assert.equal(health.status, 'healthy');
  assert.equal(health.activeSessions, before.activeSessions + 1);
  assert.equal(health.expiringSoon, 0);
  assert.match(health.timestamp, ISO);
  assert.ok(health.uptime > 0);
});

test('createSession', async () => {
  const agent = await agentId('echo-agent');
  const metadata = { platform: 'web', count: 3, nested: { deep: [true, null] } };
  const made = await sessions.createSession({ agentId: agent, userId: USER, metadata });
  assert.match(made.sessionId, UUID);
  assert.match(made.channelId, UUID);
  assert.deepEqual([made.agentId, made.userId, made.metadata], [agent, USER, metadata]);
  assert.match(made.createdAt, ISO);
  assert.equal(Date.parse(made.expiresAt) - Date.parse(made.createdAt), 30 * 60_000);
  assert.deepEqual(made.timeoutConfig, {
    timeoutMinutes: 30,
    autoRenew: true,
    maxDurationMinutes: 720,
    warningThresholdMinutes: 5,
  });
});

test('createSession with timeouts of its own, and of its agent', async () => {
  const own = await newSession('echo-agent', { timeoutConfig: { timeoutMinutes: '45', autoRenew: false } });
  assert.deepEqual([own.timeoutConfig.timeoutMinutes, own.timeoutConfig.autoRenew], [45, false]);
  const agents = await newSession('hourly-agent');
  assert.equal(agents.timeoutConfig.timeoutMinutes, 60);
});

test('getSession', async () => {
  const made = await newSession();
  const found = await sessions.getSession(made.sessionId);
  assert.equal(found.sessionId, made.sessionId);
  assert.equal(found.channelId, made.channelId);
  assert.deepEqual([found.renewalCount, found.isNearExpiration], [0, false]);
  assert.ok(found.timeRemaining > 29 * 60_000 && found.timeRemaining <= 30 * 60_000);
  assert.match(found.lastActivity, ISO);
});

test('listSessions', async () => {
  const made = await newSession();
  const { sessions: all, total, stats } = await sessions.listSessions();
  assert.equal(all.at(-1).sessionId, made.sessionId, 'oldest first');
  assert.equal(total, all.length);
  assert.equal(stats.activeSessions, total);
});

test('sendMessage over the default transport: accepted at once, the reply appears in the history', async () => {
  const { sessionId } = await newSession();
  const sent = await sessions.sendMessage(sessionId, { content: 'hello', metadata: { mood: 'good' } });
  assert.equal(sent.success, true);
  assert.equal(sent.agentResponse, undefined);
  assert.match(sent.userMessage.id, UUID);
  assert.deepEqual([sent.userMessage.content, sent.userMessage.authorId], ['hello', USER]);
  assert.equal(sent.userMessage.metadata.mood, 'good');
  assert.match(sent.userMessage.createdAt, ISO);
  assert.deepEqual([sent.sessionStatus.wasRenewed, sent.sessionStatus.renewalCount], [true, 1]);
  assert.match(sent.sessionStatus.expiresAt, ISO);

  const { messages } = await until(
    () => sessions.getMessages(sessionId),
    (page) => page.messages.length === 2,
  );
  assert.deepEqual(messages.map((one) => [one.content, one.isAgent]), [['echo: hello', true], ['hello', false]]);
  assert.equal(messages[1].id, sent.userMessage.id);
});

test('sendMessage over websocket, said by name, with attachments', async () => {
  const { sessionId } = await newSession();
  const attachments = [{ type: 'image', url: 'https://example.org/a.png', name: 'a' }];
  const sent = await sessions.sendMessage(sessionId, { content: 'look', transport: 'websocket', attachments });
  assert.equal(sent.userMessage.content, 'look');
  const { messages } = await until(
    () => sessions.getMessages(sessionId),
    (page) => page.messages.length === 2,
  );
  assert.deepEqual(messages[0].metadata.attachments, attachments, 'the echo agent sends them back');
});

test('sendMessage over http waits for the reply, which is in the history under the same id', async () => {
  const { sessionId } = await newSession('thoughtful-agent');
  const sent = await sessions.sendMessage(sessionId, { content: 'rain', transport: 'http' });
  const reply = sent.agentResponse;
  assert.deepEqual([reply.text, reply.thought, reply.actions], ['I heard rain', 'Heard it.', ['REPLY', 'NOTE']]);
  assert.equal(reply.inReplyTo, sent.userMessage.id);
  const { messages } = await sessions.getMessages(sessionId);
  assert.deepEqual([messages[0].id, messages[0].content], [reply.responseId, 'I heard rain']);
  assert.equal(messages[0].authorId, await agentId('thoughtful-agent'));
  assert.equal(messages[0].metadata.thought, 'Heard it.');
});

test('sendMessageSync', async () => {
  const { sessionId } = await newSession();
  const sent = await sessions.sendMessageSync(sessionId, { content: 'hello' });
  assert.deepEqual([sent.success, sent.agentResponse.text], [true, 'echo: hello']);
  assert.equal(sent.userMessage.content, 'hello');
});

test('the older flat members are there too', async () => {
  const { sessionId } = await newSession();
  const sent = await sessions.sendMessage(sessionId, { content: 'hello' });
  assert.deepEqual([sent.id, sent.content, sent.authorId], [sent.userMessage.id, 'hello', USER]);
});

test('overlapping messages are all answered, in order', async () => {
  const { sessionId } = await newSession();
  const texts = ['one', 'two', 'three', 'four', 'five'];
  const sent = await Promise.all(texts.map((content) => sessions.sendMessageSync(sessionId, { content })));
  assert.deepEqual(sent.map((one) => one.agentResponse.text), texts.map((text) => `echo: ${text}`));
});

test('an agent that stays silent says so', async () => {
  const { sessionId } = await newSession('silent-agent');
  const sent = await sessions.sendMessageSync(sessionId, { content: 'hello?' });
  assert.deepEqual([sent.agentResponse.text, sent.agentResponse.actions], ['', ['IGNORE']]);
});

test('agents are told what was said before', async () => {
  const { sessionId } = await newSession('remembering-agent');
  await sessions.sendMessageSync(sessionId, { content: 'a' });
  await sessions.sendMessageSync(sessionId, { content: 'b' });
  const sent = await sessions.sendMessageSync(sessionId, { content: 'c' });
  assert.match(sent.agentResponse.text, /^a \|.* b \|/);
});

test('getMessages with numbers, dates and ISO text as cursors walks both ways without a gap', async () => {
  const { sessionId } = await newSession();
  for (let number = 0; number < 5; number++) await sessions.sendMessageSync(sessionId, { content: `m${number}` });
  const { messages: all, hasMore } = await sessions.getMessages(sessionId, { limit: 100 });
  assert.deepEqual([all.length, hasMore], [10, false]);

  const asCursors = [(ms) => ms, (ms) => new Date(ms), (ms) => new Date(ms).toISOString()];
  for (const cursor of asCursors) {
    const back = await walk(sessionId, (page) => ({ before: cursor(page.cursors.before) }));
    assert.deepEqual(back.map((one) => one.id), all.map((one) => one.id));
    const first = Date.parse(all.at(-1).createdAt) - 1;
    const forth = await walk(sessionId, (page) => ({ after: cursor(page.cursors.after) }), { after: cursor(first) });
    assert.deepEqual(new Set(forth.map((one) => one.id)), new Set(all.map((one) => one.id)));
  }
  const between = await sessions.getMessages(sessionId, { after: all[5].createdAt, before: all[1].createdAt });
  assert.deepEqual(between.messages.map((one) => one.id), all.slice(2, 5).map((one) => one.id));
});

async function walk(sessionId, next, cursor = {}) {
  const found = [];
  for (let more = true; more; ) {
    const page = await sessions.getMessages(sessionId, { limit: 3, ...cursor });
    found.push(...page.messages);
    more = page.hasMore;
    if (more) cursor = next(page);
  }
  return found;
}

test('deleteSession', async () => {
  const { sessionId } = await newSession();
  const deleted = await sessions.deleteSession(sessionId);
  assert.deepEqual(deleted, { success: true, message: `Session ${sessionId} deleted successfully` });
  const gone = `Session with ID '${sessionId}' not found`;
  await refuses(sessions.getSession(sessionId), 404, 'SESSION_NOT_FOUND', gone);
  await refuses(sessions.deleteSession(sessionId), 404, 'SESSION_NOT_FOUND', gone);
});

test('errors are ApiErrors with the status, code and message of the contract', async () => {
  const agent = await agentId('echo-agent');
  const { sessionId } = await newSession();
  const lost = freshId();
  await refuses(sessions.createSession({ agentId: agent }), 400, 'VALIDATION_ERROR', 'Missing required fields: agentId, userId');
  await refuses(
    sessions.createSession({ agentId: agent, userId: 'me' }), 400, 'VALIDATION_ERROR', "Invalid UUID format for field 'userId'",
  );
  await refuses(
    sessions.createSession({ agentId: NOBODY, userId: USER }), 404, 'AGENT_NOT_FOUND', `Agent with ID '${NOBODY}' not found`,
  );
  await refuses(
    sessions.createSession({ agentId: agent, userId: USER, metadata: { big: 'x'.repeat(11_000) } }),
    400, 'VALIDATION_ERROR', 'Invalid metadata: Metadata exceeds maximum size of 10240 bytes',
  );
  await refuses(sessions.getSession(lost), 404, 'SESSION_NOT_FOUND', `Session with ID '${lost}' not found`);
  await refuses(sessions.getMessages(lost), 404, 'SESSION_NOT_FOUND');
  await refuses(sessions.sendMessage(lost, { content: 'hello' }), 404, 'SESSION_NOT_FOUND');
  await refuses(
    sessions.sendMessage(sessionId, { content: '😀'.repeat(2001) }),
    400, 'VALIDATION_ERROR', 'Invalid content: Content exceeds maximum length of 4000 characters',
  );
  await refuses(
    sessions.sendMessage(sessionId, { content: 'hello', transport: 'pigeon' }), 400, 'VALIDATION_ERROR', /Invalid transport "pigeon"/,
  );
  await sessions.sendMessage(sessionId, { content: '😀'.repeat(2000) });
});

test('an agent that fails is an ApiError over http and a failed reply in the log, never its insides', async () => {
  const failing = await newSession('failing-agent');
  await refuses(sessions.sendMessageSync(failing.sessionId, { content: 'hello' }), 502, 'AGENT_FAILED', 'The model refused');
  const halting = await newSession('halting-agent');
  await refuses(
    sessions.sendMessageSync(halting.sessionId, { content: 'hello' }), 502, 'AGENT_FAILED', 'The agent failed to answer',
  );
  const slow = await newSession('slow-agent');
  await refuses(sessions.sendMessageSync(slow.sessionId, { content: 'hello' }), 504, 'AGENT_TIMED_OUT');
  const { messages } = await sessions.getMessages(failing.sessionId);
  assert.deepEqual(messages.map((one) => one.content), ['hello']);
});

test('a session with too many waiting messages is busy', async () => {
  const { sessionId } = await newSession('slow-agent');
  for (let number = 0; number < 16; number++) await sessions.sendMessage(sessionId, { content: 'hello' });
  await refuses(sessions.sendMessage(sessionId, { content: 'one too many' }), 429, 'SESSION_BUSY');
  await sessions.deleteSession(sessionId);
});

test('the client itself refuses empty ids and contents', async () => {
  await assert.rejects(sessions.getSession(''), /sessionId is required/);
  await assert.rejects(sessions.sendMessage(NOBODY, { content: ' ' }), /content is required/);
});
