// A socket whose server stops and starts again: it comes back by itself. Takes one step a line on its standard input.

import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { io } from 'socket.io-client';
import { BASE, USER, client, newSession, until } from './setup.mjs';

let socket, session, cursor;
const texts = [];

const steps = {
  async talk() {
    session = await newSession();
    socket = io(BASE, { reconnectionDelay: 50, reconnectionDelayMax: 200 });
    socket.on('messageBroadcast', (message) => texts.push(message.text));
    socket.on('messageComplete', (end) => (cursor = end.cursor));
    await new Promise((resolve) => socket.once('connection_established', resolve));
    socket.emit('join', { roomId: session.channelId });
    const payload = { channelId: session.channelId, senderId: USER, message: 'before' };
    socket.emit('message', { type: 2, payload });
    await until(() => cursor, (told) => told);
  },
  async down() {
    await until(() => socket.connected, (is) => !is);
  },
  async goOn() {
    await until(() => socket.connected, (is) => is);
    await client.sessions.sendMessageSync(session.sessionId, { content: 'after' });
    socket.emit('join', { roomId: session.channelId, after: cursor });
    await until(() => texts, () => texts.length === 4);
    assert.deepEqual(texts, ['before', 'echo: before', 'after', 'echo: after']);
    socket.disconnect();
  },
};

for await (const step of createInterface({ input: process.stdin })) {
  await steps[step]();
  console.log(`done ${step}`);
}
