// Every method of the official client's jobs service, and what it returns.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { JobStatus } from '@elizaos/api-client';
import { agentId, assertAllCalled, freshId, refuses, service, USER, UUID } from './setup.mjs';

const jobs = service('jobs');
const QUICK = { interval: 20, timeout: 10_000 };
after(() => assertAllCalled('jobs'));

test('create and poll', async () => {
  const seen = [];
  const made = await jobs.create({ userId: USER, content: '2 + 2?', agentId: await agentId('thoughtful-agent'), metadata: { a: 1 } });
  assert.match(made.jobId, UUID);
  assert.equal(made.status, JobStatus.PROCESSING);
  assert.equal(made.expiresAt - made.createdAt, 30_000);

  const { success, job } = await jobs.poll(made.jobId, { ...QUICK, onProgress: (one) => seen.push(one.status) });
  assert.equal(success, true);
  assert.equal(seen.at(-1), JobStatus.COMPLETED);
  assert.deepEqual([job.jobId, job.prompt, job.userId, job.metadata], [made.jobId, '2 + 2?', USER, { a: 1 }]);
  const { message, processingTimeMs } = job.result;
  assert.deepEqual([message.content, message.authorId], ['I heard 2 + 2?', await agentId('thoughtful-agent')]);
  assert.deepEqual(message.metadata, { thought: 'Heard it.', actions: ['REPLY', 'NOTE'] });
  assert.ok(message.createdAt >= job.createdAt && processingTimeMs >= 0);
  assert.equal(job.error, undefined);
});

test('ask', async () => {
  assert.equal(await jobs.ask(USER, 'hello', await agentId('echo-agent'), QUICK), 'echo: hello');
});

test('createAndPoll and createAndPollWithBackoff', async () => {
  const asked = { userId: USER, content: 'hello', agentId: await agentId('echo-agent') };
  for (const result of [
    await jobs.createAndPoll(asked, QUICK),
    await jobs.createAndPollWithBackoff(asked, { initialInterval: 20 }),
  ]) {
    assert.equal(result.success, true);
    assert.equal(result.job.result.message.content, 'echo: hello');
  }
});

test('getJob and list', async () => {
  const { job } = await jobs.createAndPoll({ userId: USER, content: 'find me', agentId: await agentId('echo-agent') }, QUICK);
  assert.deepEqual(await jobs.getJob(job.jobId), job);
  const listed = await jobs.list({ status: JobStatus.COMPLETED, limit: 1 });
  assert.deepEqual([listed.jobs, listed.filtered], [[job], 1]);
  const all = await jobs.list();
  assert.ok(all.total >= all.jobs.length && all.jobs[0].jobId === job.jobId);
});

test('health', async () => {
  const health = await jobs.health();
  assert.equal(health.healthy, true);
  assert.equal(health.totalJobs, Object.values(health.statusCounts).reduce((sum, count) => sum + count));
  assert.ok(health.statusCounts.completed > 0 && health.maxJobs > 0);
  assert.ok(health.metrics.successRate > 0 && health.metrics.averageProcessingTimeMs >= 0);
});

test('jobs that come to nothing say why', async () => {
  const failed = await jobs.createAndPoll({ userId: USER, content: 'x', agentId: await agentId('failing-agent') }, QUICK);
  assert.deepEqual([failed.success, failed.job.status, failed.job.error], [false, JobStatus.FAILED, 'The model refused']);
  const late = await jobs.createAndPoll(
    { userId: USER, content: 'x', agentId: await agentId('slow-agent'), timeoutMs: 1000 }, QUICK,
  );
  assert.deepEqual([late.success, late.job.status], [false, JobStatus.TIMEOUT]);
  assert.equal(await jobs.ask(USER, 'hello?', await agentId('silent-agent'), QUICK), '');
});

test('what makes no job (jobs tell their errors as plain text, which this client does not pass on)', async () => {
  await refuses(jobs.create({ userId: 'me', content: 'x' }), 400, 'HTTP_ERROR', 'Unknown error');
  await refuses(jobs.create({ userId: USER, content: '' }), 400, 'HTTP_ERROR');
  await refuses(jobs.create({ userId: USER, content: 'x', agentId: freshId() }), 404, 'HTTP_ERROR');
  await refuses(jobs.getJob(freshId()), 404, 'HTTP_ERROR');
});
