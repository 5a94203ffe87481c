// The client stops the server, which must be running with server.allow_stop.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client } from './setup.mjs';

test('the server is stopped', async () => {
  assert.deepEqual(await client.server.stopServer(), { message: 'Server is stopping' });
});
