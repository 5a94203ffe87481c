// The unmodified socket.io-client, as applications of elizaOS use it, and the official client's messages beside it.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { io } from 'socket.io-client';
import { BASE, UUID, USER, agentId, client, newSession, until } from './setup.mjs';

const SERVER_ID = '00000000-0000-0000-0000-000000000000';
const JOIN = 1;
const SEND = 2;
const open = [];

after(() => open.forEach((socket) => socket.disconnect()));

/** A connected socket that keeps what it is told. */
async function connected(options = {}) {
  const socket = io(BASE, { forceNew: true, ...options });
  open.push(socket);
  socket.told = [];
  socket.onAny((name, payload) => socket.told.push([name, payload]));
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}

const all = (socket, name) => socket.told.filter(([told]) => told === name).map(([, payload]) => payload);

/** The payload of the event of this name that comes after so many others of that name. */
async function told(socket, name, before = 0) {
  const events = await until(() => all(socket, name), (events) => events.length > before);
  return events[before];
}

async function join(socket, channelId, more = {}) {
  const before = all(socket, 'channel_joined').length;
  socket.emit('message', { type: JOIN, payload: { channelId, roomId: channelId, entityId: USER, ...more } });
  return told(socket, 'channel_joined', before);
}

const say = (socket, channelId, message, more = {}) =>
  socket.emit('message', {
    type: SEND,
    payload: { channelId, messageServerId: SERVER_ID, senderId: USER, senderName: 'Alice', message, ...more },
  });

for (const transports of [['polling', 'websocket'], ['websocket'], ['polling']]) {
  test(`a conversation over ${transports.join(', then ')}`, async () => {
    const session = await newSession('wordy-agent');
    const socket = await connected({ transports, auth: { entityId: USER } });
    assert.equal((await told(socket, 'authenticated')).entityId, USER);
    assert.equal((await told(socket, 'connection_established')).socketId, socket.id);
    assert.equal((await join(socket, session.channelId)).channelId, session.channelId);
    await told(socket, 'room_joined');
    const messageId = randomUUID();
    say(socket, session.channelId, 'one two three', { messageId });
    const done = await told(socket, 'messageComplete');
    const [mine, reply] = all(socket, 'messageBroadcast');
    const ack = await told(socket, 'messageAck');
    assert.deepEqual([mine.clientMessageId, ack.clientMessageId, ack.messageId], [messageId, messageId, mine.id]);
    assert.equal(reply.clientMessageId, undefined);
    assert.deepEqual([reply.text, reply.senderName, reply.source], ['echo: one two three', 'wordy-agent', 'agent_response']);
    const chunks = all(socket, 'messageStreamChunk');
    assert.equal(chunks.map((chunk) => chunk.chunk).join(''), reply.text);
    assert.deepEqual(chunks.map((chunk) => chunk.index), [...chunks.keys()]);
    const { messages } = await client.sessions.getMessages(session.sessionId);
    assert.deepEqual(new Set([...chunks.map((chunk) => chunk.messageId), reply.id, done.messageId]), new Set([messages[0].id]));
    for (const name of ['channelId', 'roomId']) assert.equal(reply[name], session.channelId);
    for (const name of ['serverId', 'messageServerId']) assert.equal(reply[name], SERVER_ID);
    const upgraded = transports.length === 2 ? 'websocket' : transports[0];
    await until(() => socket.io.engine.transport.name, (name) => name === upgraded);
  });
}

test('ids agree between the socket and every transport of messages', async () => {
  const session = await newSession('wordy-agent');
  const socket = await connected();
  await join(socket, session.sessionId);
  const sent = await client.sessions.sendMessageSync(session.sessionId, { content: 'hello' });
  await told(socket, 'messageComplete');
  const [reply] = all(socket, 'messageBroadcast');
  assert.equal(reply.id, sent.agentResponse.responseId);
  assert.ok(all(socket, 'messageStreamChunk').every((chunk) => chunk.messageId === reply.id));
  const { messages } = await client.sessions.getMessages(session.sessionId);
  assert.equal(messages[0].id, reply.id);
});

test("the official client's default transport is answered on the socket", async () => {
  const session = await newSession();
  const socket = await connected();
  await join(socket, session.channelId);
  await client.sessions.sendMessage(session.sessionId, { content: 'hello' });
  assert.equal((await told(socket, 'messageBroadcast')).text, 'echo: hello');
});

test('applications that know nothing of auth, message servers or leaving', async () => {
  const session = await newSession();
  const socket = await connected({ transports: ['websocket'] });
  socket.emit('message', { type: JOIN, payload: { roomId: session.channelId, entityId: USER } });
  await told(socket, 'room_joined');
  const payload = { roomId: session.channelId, senderId: USER, serverId: SERVER_ID, message: 'hi', source: 'CustomReactClient' };
  socket.emit('message', { type: SEND, payload });
  const reply = await told(socket, 'messageBroadcast', 1);
  assert.equal(reply.senderId, await agentId('echo-agent'));
  socket.emit('message', { type: 3, payload: { roomId: session.channelId, entityId: USER } });
  socket.emit('join', { roomId: session.sessionId });
  await told(socket, 'room_joined', 1);
});

test('failures and silence end the waiting', async () => {
  const socket = await connected();
  for (const [name, failed] of [['failing-agent', true], ['halting-agent', true], ['silent-agent', false], ['slow-agent', true]]) {
    const session = await newSession(name);
    await join(socket, session.channelId);
    const before = all(socket, 'messageComplete').length;
    const errors = all(socket, 'messageStreamError').length;
    say(socket, session.channelId, 'hi');
    assert.equal((await told(socket, 'messageComplete', before)).channelId, session.channelId);
    assert.equal(all(socket, 'messageStreamError').length - errors, failed ? 1 : 0, name);
  }
  const [, half] = all(socket, 'messageStreamError');
  assert.equal(half.partialText, 'Half a ');
  assert.match(half.messageId, UUID);
  assert.ok(!JSON.stringify(socket.told).includes('hunter2'));
});

test('two people and no agent in a channel that comes to be by talking', async () => {
  const channel = randomUUID();
  const [alice, bob] = [await connected(), await connected({ transports: ['polling'] })];
  await join(alice, channel);
  await join(bob, channel);
  say(alice, channel, 'hello Bob', { messageId: 'of my own' });
  const heard = await told(bob, 'messageBroadcast');
  assert.deepEqual([heard.text, heard.senderName, heard.clientMessageId], ['hello Bob', 'Alice', undefined]);
  assert.equal((await told(alice, 'messageBroadcast')).clientMessageId, 'of my own');
  await client.messaging.deleteMessage(channel, heard.id);
  assert.equal((await told(bob, 'messageDeleted')).messageId, heard.id);
  await client.messaging.updateChannel(channel, { name: 'Renamed' });
  assert.equal((await told(bob, 'channelUpdated')).updates.name, 'Renamed');
  await client.messaging.clearChannelHistory(channel);
  assert.equal((await told(bob, 'channelCleared')).channelId, channel);
  await client.messaging.deleteChannel(channel);
  assert.equal((await told(bob, 'channelDeleted')).channelId, channel);
});

test('a connection that breaks is made again, and told what it missed', async () => {
  const session = await newSession();
  const socket = await connected({ reconnectionDelay: 50 });
  await join(socket, session.channelId);
  say(socket, session.channelId, 'before');
  const seen = (await told(socket, 'messageComplete')).cursor;
  socket.io.engine.close();
  await until(() => socket.connected, (is) => !is);
  await client.sessions.sendMessageSync(session.sessionId, { content: 'meanwhile' });
  await until(() => socket.connected, (is) => is);
  await join(socket, session.channelId, { after: seen });
  await told(socket, 'messageComplete', 1);
  await client.sessions.sendMessageSync(session.sessionId, { content: 'later' });
  await told(socket, 'messageComplete', 2);
  const texts = all(socket, 'messageBroadcast').map((message) => message.text);
  assert.deepEqual(texts, ['before', 'echo: before', 'meanwhile', 'echo: meanwhile', 'later', 'echo: later']);
});

test('renewal and the end of a session', async () => {
  const session = await newSession('echo-agent');
  const socket = await connected();
  await join(socket, session.sessionId);
  const renewed = await fetch(`${BASE}/api/messaging/sessions/${session.sessionId}/renew`, { method: 'POST' });
  const { expiresAt, renewalCount } = await renewed.json();
  const event = await told(socket, 'sessionRenewed');
  assert.deepEqual([event.sessionId, event.expiresAt, event.renewalCount], [session.sessionId, expiresAt, renewalCount]);
  await client.sessions.deleteSession(session.sessionId);
  assert.equal((await told(socket, 'session.ended')).sessionId, session.sessionId);
});

test("the server's log can be followed and filtered", async () => {
  const socket = await connected();
  socket.emit('update_log_filters', { level: 'warn' });
  assert.equal((await told(socket, 'log_filters_updated')).success, false);
  socket.emit('subscribe_logs');
  assert.equal((await told(socket, 'log_subscription_confirmed')).subscribed, true);
  const session = await newSession('failing-agent');
  await client.sessions.sendMessage(session.sessionId, { content: 'a secret of mine' });
  const line = await until(
    () => all(socket, 'log_stream').find(({ payload }) => payload.agentName === 'failing-agent'),
    (line) => line,
  );
  assert.equal(line.type, 'log_entry');
  assert.deepEqual([line.payload.level, line.payload.msg], [40, 'reply_failed']);
  assert.ok(line.payload.time > 1.7e12);
  socket.emit('update_log_filters', { level: 'error', agentName: 'all' });
  assert.deepEqual((await told(socket, 'log_filters_updated', 1)).filters, { level: 'error', agentName: 'all' });
  socket.emit('unsubscribe_logs');
  assert.equal((await told(socket, 'log_subscription_confirmed', 1)).subscribed, false);
  assert.ok(!JSON.stringify(socket.told).includes('secret'));
});

test('a bad entityId is refused', async () => {
  await assert.rejects(connected({ auth: { entityId: 'me' } }), /Valid entityId required/);
});
