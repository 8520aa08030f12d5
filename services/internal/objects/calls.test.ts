import { HeadBucketCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { countCalls } from './calls.ts';

const refusal = (status: number) =>
  new S3ServiceException({ name: 'Refused', $fault: 'server', $metadata: { httpStatusCode: status } });
const broken = Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
const aborted = Object.assign(new Error('aborted'), { name: 'AbortError' });

// A client whose calls end as they are told to, without a network.
function clientOf() {
  const client = new S3Client({ region: 'x', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
  let [now, failure]: [number, Error | undefined] = [1_000_000, undefined];
  const calls = countCalls(client, () => now);
  const end = async () => {
    if (failure !== undefined) throw failure;
    return { output: { $metadata: {} }, response: {} };
  };
  client.middlewareStack.add(() => end, { step: 'initialize', priority: 'low' });
  return {
    calls,
    pass: (ms: number) => {
      now += ms;
    },
    async make(times: number, by?: Error): Promise<void> {
      failure = by;
      for (let n = 0; n < times; n++) await client.send(new HeadBucketCommand({ Bucket: 'x' })).catch(() => {});
    },
  };
}

const courses = [
  { name: 'half of the calls', ok: 4, failed: 4, failure: refusal(503), want: true },
  { name: 'lost connections', ok: 0, failed: 8, failure: broken, want: true },
  { name: 'one call in twenty', ok: 95, failed: 5, failure: refusal(500), want: false },
  { name: 'only few calls', ok: 0, failed: 7, failure: refusal(503), want: false },
  { name: 'what the caller did wrong', ok: 0, failed: 20, failure: refusal(404), want: false },
  { name: 'what we broke off', ok: 0, failed: 20, failure: aborted, want: false },
];
test.each(courses)('$name failing is trouble: $want', async ({ ok, failed, failure, want }) => {
  const { calls, make } = clientOf();
  await make(ok);
  await make(failed, failure);
  expect(calls.failing()).toBe(want);
});

test('what failed is forgotten after a quarter of a minute', async () => {
  const { calls, make, pass } = clientOf();
  await make(10, broken);
  pass(9_000);
  expect(calls.failing()).toBe(true);
  pass(7_000);
  expect(calls.failing()).toBe(false);
});
