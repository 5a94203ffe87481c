// One client before, during and after a restart of the server. Told what to do by its standard input, line by line.

import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { client, newSession, refuses, USER } from './setup.mjs';

let session, job, before;

const steps = {
  async talk() {
    session = await newSession('echo-agent', { metadata: { from: 'before' } });
    for (const content of ['one', 'two']) await client.sessions.sendMessageSync(session.sessionId, { content });
    job = (await client.jobs.createAndPoll({ userId: USER, content: 'job' }, { interval: 20 })).job;
    before = await client.sessions.getMessages(session.sessionId);
    assert.equal(before.messages.length, 4);
  },
  async down() {
    await refuses(client.sessions.getSession(session.sessionId), undefined, 'NETWORK_ERROR');
  },
  async goOn() {
    const found = await client.sessions.getSession(session.sessionId);
    for (const member of ['sessionId', 'channelId', 'agentId', 'userId', 'createdAt', 'metadata', 'timeoutConfig'])
      assert.deepEqual(found[member], session[member], member);
    assert.equal(found.renewalCount, 2);
    assert.deepEqual(await client.sessions.getMessages(session.sessionId), before);
    assert.deepEqual(await client.jobs.getJob(job.jobId), job);
    const sent = await client.sessions.sendMessageSync(session.sessionId, { content: 'three' });
    assert.equal(sent.agentResponse.text, 'echo: three');
    const { messages } = await client.sessions.getMessages(session.sessionId);
    assert.deepEqual(messages.map((one) => one.content), ['echo: three', 'three', 'echo: two', 'two', 'echo: one', 'one']);
  },
};

for await (const step of createInterface({ input: process.stdin })) {
  await steps[step]();
  console.log(`done ${step}`);
}
