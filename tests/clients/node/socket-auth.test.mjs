// Keys: where the unmodified socket.io-client may show one, and what it hears without.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { io } from 'socket.io-client';

const BASE = process.env.AGENT_SESSIONS_URL;
const KEY = process.env.AGENT_SESSIONS_KEY;

/** What comes of connecting so. */
async function entering(options) {
  const socket = io(BASE, { forceNew: true, reconnection: false, ...options });
  try {
    return await new Promise((resolve) => {
      socket.once('connection_established', () => resolve('in'));
      socket.once('connect_error', (error) => resolve(error.message));
    });
  } finally {
    socket.disconnect();
  }
}

test('the key is taken wherever it is shown', async () => {
  const shown = [
    { auth: { apiKey: KEY } },
    { auth: { token: KEY } },
    { extraHeaders: { 'x-api-key': KEY } },
    { extraHeaders: { Authorization: `Bearer ${KEY}` } },
  ];
  for (const options of shown) assert.equal(await entering(options), 'in', JSON.stringify(options));
});

test('without it nobody comes in', async () => {
  for (const auth of [undefined, { apiKey: 'another' }, { token: '' }])
    assert.equal(await entering({ auth }), 'Invalid or missing API Key');
});

test('the log is not open to every key', async () => {
  const socket = io(BASE, { forceNew: true, auth: { apiKey: KEY } });
  socket.emit('subscribe_logs');
  const { subscribed } = await new Promise((resolve) => socket.once('log_subscription_confirmed', resolve));
  socket.disconnect();
  assert.equal(subscribed, false);
});
