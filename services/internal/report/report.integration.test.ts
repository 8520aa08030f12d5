import { expect, test, vi } from 'vitest';
import { freePort } from '../../../deploy/local/port.ts';
import { startCollector } from '../trace/collectortest.ts';
import { openReporter, type Reporter, type ReportOptions } from './open.ts';

const whose = { target: 'upload', version: '1.2.3' };

function reporterAt(url: string, path = '', onRefused?: ReportOptions['onRefused']): Promise<Reporter> {
  return openReporter({ ...whose, onRefused, dsn: `${url.replace('http://', 'http://0123abcd@')}${path}/42` });
}

test('an error goes to the address as an envelope, with its place and without its data', async () => {
  await using collector = await startCollector();
  const reporter = await reporterAt(collector.url, '/errors');
  reporter.report?.('photo without its original', new Error('Ayu & Bram.jpg'));
  await reporter[Symbol.asyncDispose]();
  const [taken, ...rest] = collector.taken;
  expect([taken?.path, taken?.headers['content-type'], rest]).toEqual([
    ...['/errors/api/42/envelope/', 'application/x-sentry-envelope', []],
  ]);
  expect(taken?.headers['x-sentry-auth']).toContain('sentry_version=7, sentry_client=kilat/1.2.3, sentry_key=0123abcd');
  const [head, item, event] = (taken?.body ?? '')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(item).toEqual({ type: 'event', content_type: 'application/json' });
  expect(event).toMatchObject({ event_id: head.event_id, level: 'error', logger: 'upload', release: 'kilat@1.2.3' });
  expect(event).toMatchObject({
    logentry: { message: 'photo without its original' },
    exception: { values: [{ type: 'Error' }] },
  });
  expect(Object.keys(event)).not.toEqual(expect.arrayContaining(['user']));
  expect(taken?.body).not.toContain('Ayu');
});

test('of a flood thirty a minute are told', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 60_000 });
  await using collector = await startCollector();
  const reporter = await reporterAt(collector.url);
  for (let n = 0; n < 100; n++) reporter.report?.('request failed', new Error('x'));
  await reporter[Symbol.asyncDispose]();
  expect(collector.taken).toHaveLength(30);
  vi.setSystemTime(120_000);
  reporter.report?.('request failed', undefined);
  await reporter[Symbol.asyncDispose]();
  expect(collector.taken).toHaveLength(31);
  vi.useRealTimers();
});

test('a receiver that refuses or is away is left alone a while, is told of once, and fails nobody', async () => {
  await using collector = await startCollector(429);
  const onRefused = vi.fn();
  for (const url of [collector.url, `http://127.0.0.1:${await freePort()}`]) {
    const reporter = await reporterAt(url, '', onRefused);
    for (let n = 0; n < 2; n++) reporter.report?.('request failed', new Error('x'));
    await reporter[Symbol.asyncDispose]();
    reporter.report?.('request failed', new Error('x'));
    await reporter[Symbol.asyncDispose]();
  }
  expect(collector.taken).toHaveLength(2);
  expect(onRefused.mock.calls).toEqual([[{ status: 429 }], [{ err: expect.any(Error) }]]);
});

test('without an address there is nothing to report to', async () => {
  expect((await openReporter({ ...whose, dsn: undefined })).report).toBeUndefined();
});
