// Every method of the official client's memory, runs, media and audio services.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { agentId, assertAllCalled, BASE, client, freshId, NOBODY, refuses, service, until, USER, UUID } from './setup.mjs';

const [memory, runs, media, audio] = ['memory', 'runs', 'media', 'audio'].map(service);
const HOME = '00000000-0000-0000-0000-000000000000';
after(() => {
  assertAllCalled('memory');
  assertAllCalled('runs');
  assertAllCalled('media');
  assertAllCalled('audio', ['requestBinary', 'processAudioInput', 'isBase64String', 'isBuffer']);
});

const echo = await agentId('echo-agent');

/** A direct channel of a new user with the agent, in which this was said and answered. */
async function talked(text = 'hello') {
  const user = freshId();
  const channel = await client.messaging.getOrCreateDmChannel({ participantIds: [user, echo] });
  await client.messaging.postMessage(channel.id, text, { user_id: user });
  await until(async () => (await client.messaging.getChannelMessages(channel.id)).messages, (all) => all.length === 2);
  return { channel, user };
}

test('what was said in rooms', async () => {
  const { channel, user } = await talked();
  const { memories } = await memory.getRoomMemories(echo, channel.id);
  assert.deepEqual(memories.map((one) => [one.entityId, one.content.text]), [[echo, 'echo: hello'], [user, 'hello']]);
  assert.deepEqual((await memory.getAgentMemories(echo, { channelId: channel.id })).memories, memories);
  assert.deepEqual((await memory.getAgentInternalMemories(echo, channel.id, false)).memories, memories);
  assert.ok((await memory.getAgentMemories(echo)).memories.some((one) => one.id === memories[0].id));
  assert.deepEqual(await memory.getAgentMemories(echo, { channelId: channel.id, tableName: 'facts' }), { memories: [] });
  await memory.deleteMemory(echo, memories[0].id);
  await memory.deleteAgentInternalMemory(echo, memories[1].id);
  assert.deepEqual((await memory.getRoomMemories(echo, channel.id)).memories, []);
  await refuses(memory.deleteMemory(echo, NOBODY), 404, 'NOT_FOUND');
});

test('messages are not reworded', async () => {
  const { channel } = await talked();
  const [reply] = (await memory.getRoomMemories(echo, channel.id)).memories;
  await refuses(memory.updateMemory(echo, reply.id, { content: { text: 'x' } }), 403, 'NOT_SUPPORTED');
  await refuses(memory.updateAgentInternalMemory(echo, NOBODY, { content: { text: 'x' } }), 404, 'NOT_FOUND');
});

test('rooms', async () => {
  const room = await memory.createRoom(echo, { name: 'Kitchen', metadata: { a: 1 } });
  assert.deepEqual([room.name, room.agentId, room.metadata], ['Kitchen', echo, { a: 1 }]);
  assert.deepEqual(await memory.getRoom(echo, room.id), room);
  assert.ok((await memory.listAgentRooms(echo)).rooms.some((one) => one.id === room.id));
  await refuses(memory.getRoom(echo, NOBODY), 404, 'CHANNEL_NOT_FOUND');
});

test('rooms are cleared', async () => {
  const { channel } = await talked();
  assert.equal((await memory.clearRoomMemories(echo, channel.id)).success, true);
  assert.deepEqual((await memory.getRoomMemories(echo, channel.id)).memories, []);
  assert.equal((await memory.deleteAllAgentInternalMemories(echo, channel.id)).success, true);
  assert.equal((await memory.clearGroupChat(channel.id)).success, true);
  const other = (await talked('again')).channel;
  const [last] = (await client.messaging.getChannelMessages(other.id)).messages;
  assert.equal((await memory.deleteGroupMemory(other.id, last.id)).success, true);
  assert.ok((await memory.clearAgentMemories(echo)).deleted >= 1);
  assert.deepEqual((await memory.getRoomMemories(echo, other.id)).memories, []);
});

test('worlds', async () => {
  assert.deepEqual(await memory.createWorldFromMessageServer(HOME, { agentIds: [echo] }), [
    { agentId: echo, messageServerId: HOME, created: true },
  ]);
  assert.equal((await memory.clearWorldMemories(HOME)).success, true);
  await refuses(memory.deleteWorld(HOME), 403, 'NOT_SUPPORTED');
});

test('runs', async () => {
  const { channel, user } = await talked();
  const { runs: found, total, hasMore } = await runs.listRuns(echo, { roomId: channel.id, status: 'completed' });
  assert.deepEqual([found.length, total, hasMore], [1, 1, false]);
  const [run] = found;
  assert.deepEqual([run.status, run.entityId, run.roomId], ['completed', user, channel.id]);
  assert.ok(run.endedAt >= run.startedAt);
  assert.match(run.runId, UUID);
  for (const detail of [await runs.getRun(echo, run.runId), await runs.getRun(echo, run.runId, channel.id)]) {
    assert.deepEqual(detail.summary, run);
    assert.deepEqual(detail.events.map((event) => event.type), ['RUN_STARTED', 'RUN_ENDED']);
  }
  assert.deepEqual((await runs.listRuns(echo, { roomId: channel.id, status: 'error' })).runs, []);
  await refuses(runs.getRun(echo, NOBODY), 404, 'NOT_FOUND');
});

test('uploads', async () => {
  const picture = new File([new Uint8Array([1, 2, 3])], 'a picture.png', { type: 'image/png' });
  const { channel } = await talked();
  const shared = await media.uploadChannelMedia(channel.id, picture);
  assert.deepEqual([shared.type, shared.originalName, shared.size], ['image/png', 'a picture.png', 3]);
  const given = await fetch(BASE + shared.url);
  assert.deepEqual([...new Uint8Array(await given.arrayBuffer())], [1, 2, 3]);
  assert.deepEqual(
    ['content-type', 'x-content-type-options'].map((name) => given.headers.get(name)),
    ['image/png', 'nosniff'],
  );
  const text = new Blob(['hi'], { type: 'text/plain' });
  const kept = await media.uploadAgentMedia(echo, { file: text, filename: 'n.txt' });
  assert.match((await fetch(BASE + kept.url)).headers.get('content-disposition'), /^attachment/);
  const page = new Blob(['<script>'], { type: 'text/html' });
  await refuses(media.uploadAgentMedia(echo, { file: page, filename: 'x.html' }), 400, 'INVALID_FILE_TYPE');
  await client.messaging.deleteChannel(channel.id);
  assert.equal((await fetch(BASE + shared.url)).status, 404);
});

test('speech is refused with a reason', async () => {
  const sound = new Blob([new Uint8Array([1])], { type: 'audio/wav' });
  const no = (promise) => refuses(promise, 501, 'SPEECH_NOT_SUPPORTED', /neither transcribes nor synthesizes/);
  await no(audio.speechConversation(echo, { audio: sound }));
  await no(audio.transcribe(echo, { audio: sound }));
  await no(audio.processSpeech(echo, sound));
  await no(audio.synthesizeAudioMessage(echo, { messageId: USER }));
  await assert.rejects(audio.generateSpeech(echo, { text: 'x' }), /501/);
});
