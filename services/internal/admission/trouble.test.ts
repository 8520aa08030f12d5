import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../../deploy/local/testing.ts';
import type { Uploader } from '../auth/uploader.ts';
import { silentLog } from '../log/log.ts';
import { Registry } from '../metrics/metrics.ts';
import { contextOf } from '../process/context.ts';
import { createAdmission } from './admission.ts';
import { bucketCheck, databaseCheck, diskCheck } from './checks.ts';
import { createTrouble, watchTrouble } from './trouble.ts';

const uploader: Uploader = { uploaderId: 'u', accountId: null, name: null, role: 'guest' };

async function reasonsAfter(looks: string): Promise<string> {
  const answers = [...looks];
  const trouble = createTrouble({ bucket: async () => answers.shift() === 'x' }, () => {});
  let seen = '';
  for (const _ of looks) {
    await trouble.look();
    seen += trouble.reason() === undefined ? '.' : 'x';
  }
  return seen;
}

const courses = [
  { name: 'one bad look is none', looks: '.x.', want: '...' },
  { name: 'two in a row are trouble', looks: '.xx', want: '..x' },
  { name: 'two good ones do not end it', looks: 'xx..x', want: '.xxxx' },
  { name: 'three good ones do', looks: 'xx...', want: '.xxx.' },
  { name: 'flapping neither begins it nor ends it', looks: 'x.x.xxx.x.', want: '.....xxxxx' },
];
test.each(courses)('$name', async ({ looks, want }) => {
  expect(await reasonsAfter(looks)).toBe(want);
});

test('a check that throws is trouble, and each change is told once', async () => {
  const told: string[] = [];
  let down = true;
  const database = async () => {
    if (down) throw new Error('down');
    return false;
  };
  const trouble = createTrouble({ database }, (reason, inTrouble) => told.push(`${reason} ${inTrouble}`));
  for (let n = 0; n < 4; n++) await trouble.look();
  down = false;
  for (let n = 0; n < 4; n++) await trouble.look();
  expect(told).toEqual(['database true', 'database false']);
});

test('a check that hangs is trouble, and is not asked again meanwhile', async () => {
  let asked = 0;
  const never = () => {
    asked += 1;
    return new Promise<boolean>(() => {});
  };
  vi.useFakeTimers();
  const trouble = createTrouble({ database: never }, () => {});
  const looked = trouble.look();
  await vi.advanceTimersByTimeAsync(5_000);
  vi.useRealTimers();
  await looked;
  await trouble.look();
  expect([trouble.reason(), asked]).toEqual(['database', 1]);
});

test('the watcher shows trouble in a gauge, and ends with its context', async () => {
  const [end, metrics] = [new AbortController(), new Registry()];
  const watching = watchTrouble(contextOf(end.signal), {
    target: 'upload',
    everySeconds: 0.01,
    checks: { disk: async () => true, queue: async () => false },
    metrics,
    log: silentLog(),
  });
  await expect.poll(() => watching.reason()).toBe('disk');
  const text = await metrics.metrics();
  expect(text).toContain('kilat_upload_trouble{reason="disk"} 1');
  expect(text).toContain('kilat_upload_trouble{reason="queue"} 0');
  end.abort();
  await watching.ended;
});

test('in trouble a new upload is asked to wait, and takes no token', async () => {
  const taken: number[] = [];
  let reason: string | undefined = 'disk';
  const admission = createAdmission({
    take: async (_who, photos) => void taken.push(photos),
    trouble: () => reason,
  });
  const refused = admission.admit(uploader, 3);
  await expect(refused).rejects.toMatchObject({ kind: 'unavailable', retryAfter: expect.any(Number) });
  reason = undefined;
  await admission.admit(uploader, 3);
  expect(taken).toEqual([3]);
});

test('a database that answers slowly is in trouble', async () => {
  const slow = databaseCheck({ probe: () => new Promise((answer) => setTimeout(() => answer(undefined), 60)) }, 50);
  const quick = databaseCheck({ probe: async () => undefined }, 50);
  const dead = databaseCheck({ probe: async () => 'the database does not answer' }, 50);
  expect([await slow(false), await quick(false), await dead(false)]).toEqual([true, false, true]);
});

test('a bucket is in trouble by its calls, or when it does not answer', async () => {
  const [well, ill] = [{ probe: async () => undefined }, { probe: async () => 'the bucket does not answer' }];
  const [fine, failing] = [{ failing: () => false }, { failing: () => true }];
  const looks = [bucketCheck(well, fine), bucketCheck(well, failing), bucketCheck(ill, fine)];
  expect(await Promise.all(looks.map((look) => look(false)))).toEqual([false, true, true]);
});

test('a disk is in trouble below its share of free space, and a little above while it was', async () => {
  const folder = temporaryFolder();
  expect(await diskCheck(folder, 0)(false)).toBe(false);
  expect(await diskCheck(folder, 100)(false)).toBe(true);
  await expect(diskCheck(`${folder}/gone`, 10)(false)).rejects.toThrow('ENOENT');
});
