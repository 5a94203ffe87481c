// A reply as it is made, read the way elizaOS's web UI reads it: only lines that begin with "data: ", by their type.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BASE, client, newSession, until } from './setup.mjs';

/** Post a message and read the stream like the web UI: {text, complete, error, data: every payload in order}. */
async function converse(sessionId, content, headers = {}) {
  const response = await fetch(`${BASE}/api/messaging/sessions/${sessionId}/messages`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ content, transport: 'sse' }),
  });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type'), /^text\/event-stream/);
  const seen = { text: '', complete: null, error: null, data: [] };
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of response.body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.startsWith('data: ')) take(JSON.parse(line.slice(6)), seen);
  }
  assert.equal(rest, '');
  return seen;
}

function take(payload, seen) {
  seen.data.push(payload);
  if (payload.type === 'chunk') seen.text += payload.text;
  if (payload.type === 'complete') seen.complete = payload;
  if (payload.type === 'error') seen.error = payload;
}

test('chunks add up to the reply, whose id is the same everywhere', async () => {
  const { sessionId } = await newSession('wordy-agent');
  const seen = await converse(sessionId, 'one two three');
  assert.equal(seen.text, 'echo: one two three');
  assert.equal(seen.complete.text, 'echo: one two three');
  const [first, ...others] = seen.data;
  assert.deepEqual([first.content, first.author_id, first.authorId], ['one two three', first.authorId, first.author_id]);
  const chunks = others.filter((payload) => payload.type === 'chunk');
  assert.deepEqual(chunks.map((chunk) => chunk.index), [0, 1, 2, 3]);
  assert.ok(chunks.every((chunk) => chunk.chunk === chunk.text && chunk.messageId === seen.complete.responseId));
  assert.equal(seen.data.at(-1), seen.complete, 'the end is the end');
  const { messages } = await client.sessions.getMessages(sessionId);
  assert.deepEqual(messages.map((one) => one.id), [seen.complete.responseId, first.id]);
});

test('text of every language arrives whole', async () => {
  const { sessionId } = await newSession('wordy-agent');
  const seen = await converse(sessionId, 'Grüße 👩‍👩‍👧 世界 data: x');
  assert.equal(seen.text, 'echo: Grüße 👩‍👩‍👧 世界 data: x');
});

test('silence ends with an empty reply', async () => {
  const { sessionId } = await newSession('silent-agent');
  const seen = await converse(sessionId, 'hello?');
  assert.deepEqual([seen.complete.text, seen.complete.actions, seen.error], ['', ['IGNORE'], null]);
});

test('a failure ends with one error and never the insides of the agent', async () => {
  for (const [agent, said] of [['failing-agent', 'The model refused'], ['halting-agent', 'The agent failed to answer']]) {
    const { sessionId } = await newSession(agent);
    const seen = await converse(sessionId, 'hello');
    assert.deepEqual([seen.error.error, seen.complete], [said, null]);
    assert.equal(seen.data.at(-1), seen.error);
    assert.ok(!JSON.stringify(seen.data).includes('hunter2'));
  }
});

test('a message that is refused is answered with JSON, not with a stream', async () => {
  const { sessionId } = await newSession();
  const response = await fetch(`${BASE}/api/messaging/sessions/${sessionId}/messages`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ content: '', transport: 'sse' }),
  });
  assert.equal(response.status, 400);
  assert.equal((await response.json()).error.code, 'VALIDATION_ERROR');
});

test('a client that leaves stops the reply, and the session goes on', async () => {
  const { sessionId } = await newSession('slow-agent');
  const leaving = new AbortController();
  const response = await fetch(`${BASE}/api/messaging/sessions/${sessionId}/messages`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ content: 'hello', transport: 'sse' }),
    signal: leaving.signal,
  });
  const reader = response.body.getReader();
  await reader.read();
  leaving.abort();
  await assert.rejects(reader.read());
  const { messages } = await until(
    () => client.sessions.getMessages(sessionId),
    (page) => page.messages.length === 1,
  );
  assert.equal(messages[0].content, 'hello');
});
