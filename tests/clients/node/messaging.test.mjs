// Every method of the official client's messaging service, and the steps by which elizaOS's web pages start.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { agentId, assertAllCalled, freshId, ISO, newSession, refuses, service, until, USER, UUID } from './setup.mjs';

const messaging = service('messaging');
const HOME = '00000000-0000-0000-0000-000000000000';
const BEN = '22222222-2222-4222-8222-222222222222';
after(() => assertAllCalled('messaging'));

const said = async (channel) => (await messaging.getChannelMessages(channel)).messages.map((one) => one.content);
const group = async (...participantIds) =>
  messaging.createGroupChannel({ name: 'Table', participantIds, metadata: { message_server_id: HOME, topic: 'x' } });

test('the web pages start', async () => {
  const { messageServerId } = await messaging.getCurrentMessageServer();
  assert.equal(messageServerId, HOME);
  const { messageServers } = await messaging.listMessageServers();
  assert.deepEqual(messageServers.map((server) => server.id), [HOME]);
  const echo = await agentId('echo-agent');
  const channel = await messaging.getOrCreateDmChannel({ participantIds: [USER, echo] });
  assert.deepEqual([channel.type, channel.messageServerId], ['DM', HOME]);
  assert.match(channel.id, UUID);
  assert.match(channel.createdAt, ISO);
  const { channels } = await messaging.getMessageServerChannels(HOME);
  assert.ok(channels.some((one) => one.id === channel.id));
  assert.deepEqual(await messaging.getChannelParticipants(channel.id), [USER, echo]);
  assert.deepEqual(await said(channel.id), []);
  await messaging.postMessage(channel.id, 'hello');
  await until(() => said(channel.id), (texts) => texts.length === 2);
  assert.deepEqual(await said(channel.id), ['echo: hello', 'hello']);
  assert.equal((await messaging.getOrCreateDmChannel({ participantIds: [USER, echo] })).id, channel.id);
});

test('a group with its members', async () => {
  const echo = await agentId('echo-agent');
  const channel = await group(USER);
  assert.deepEqual((await messaging.getChannelDetails(channel.id)).metadata.participantCentralUserIds, [USER]);
  assert.equal((await messaging.addAgentToChannel(channel.id, echo)).agentId, echo);
  await messaging.addUserToChannel(channel.id, BEN);
  assert.deepEqual(await messaging.getChannelParticipants(channel.id), [USER, echo, BEN]);
  const third = freshId();
  await messaging.addUsersToChannel(channel.id, [third, BEN]);
  await messaging.removeUserFromChannel(channel.id, BEN);
  assert.equal((await messaging.removeAgentFromChannel(channel.id, echo)).channelId, channel.id);
  assert.deepEqual(await messaging.getChannelParticipants(channel.id), [USER, third]);
  assert.equal((await messaging.updateChannel(channel.id, { name: 'New' })).name, 'New');
});

test('createChannel needs no participants', async () => {
  const channel = await messaging.createChannel({ name: 'Empty', type: 'GROUP', metadata: {} });
  assert.deepEqual(await messaging.getChannelParticipants(channel.id), []);
});

test('what agents and platforms say', async () => {
  const echo = await agentId('echo-agent');
  const channel = await group(USER, BEN);
  const common = { channel_id: channel.id, message_server_id: HOME, content: 'from elsewhere' };
  const stored = await messaging.submitMessage({ ...common, author_id: echo, source_type: 'agent_response', raw_message: {} });
  assert.deepEqual([stored.content, stored.authorId, stored.sourceType], ['from elsewhere', echo, 'agent_response']);
  assert.equal((await messaging.completeMessage({ channel_id: channel.id, message_server_id: HOME })).success, true);
  const { messageId } = await messaging.ingestExternalMessages({ ...common, author_id: BEN, source_type: 'discord' });
  assert.equal((await messaging.getMessage(messageId)).sourceType, 'discord');
  const found = await messaging.searchMessages({ query: 'ELSEWHERE', channelId: channel.id });
  assert.equal(found.total, 2);
  await refuses(messaging.updateMessage(messageId, 'other'), 403, 'HTTP_ERROR');
});

test('messages are taken back, channels deleted', async () => {
  const channel = await group(USER, BEN);
  for (const text of ['where are we going', 'b', 'c', 'd']) await messaging.postMessage(channel.id, text, { user_id: USER });
  const titled = await messaging.generateChannelTitle(channel.id, await agentId('echo-agent'));
  assert.deepEqual([titled.title, titled.channelId], ['Where are we going', channel.id]);
  const [last] = (await messaging.getChannelMessages(channel.id, { limit: 1 })).messages;
  assert.equal((await messaging.deleteMessage(channel.id, last.id)).success, true);
  assert.deepEqual(await said(channel.id), ['c', 'b', 'where are we going']);
  assert.equal((await messaging.clearChannelHistory(channel.id)).success, true);
  assert.deepEqual(await said(channel.id), []);
  assert.equal((await messaging.deleteChannel(channel.id)).success, true);
  await refuses(messaging.getChannelDetails(channel.id), 404, 'HTTP_ERROR');
});

test('a session is a channel too', async () => {
  const { channelId, sessionId } = await newSession();
  await messaging.postMessage(channelId, 'over the channel');
  await until(() => said(channelId), (texts) => texts.length === 2);
  assert.equal((await messaging.getChannelDetails(channelId)).metadata.sessionId, sessionId);
});

test('there is one message server', async () => {
  await refuses(messaging.createMessageServer({ name: 'x', sourceType: 'y' }), 403, 'HTTP_ERROR');
  await refuses(messaging.deleteMessageServer(HOME), 403, 'HTTP_ERROR');
  await refuses(messaging.syncMessageServerChannels(HOME, { channels: [] }), 403, 'HTTP_ERROR');
});
