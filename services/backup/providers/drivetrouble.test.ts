import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { chunkBytes, forever, hashAt, photo, sha256, useDrive } from './drivescenetest.ts';
import type { Operation, Trouble } from './drivetest.ts';
import type { Copy } from './provider.ts';

const scene = useDrive();
const often = 20;
const many = process.env.KILAT_TEST_SIZE === 'full' ? 2_000 : 200;

const classes = [
  { status: 500, reason: 'internalError', want: { kind: 'unavailable', class: 'server' } },
  { status: 502, reason: 'badGateway', want: { kind: 'unavailable', class: 'server' } },
  { status: 503, reason: 'backendError', retryAfter: 33, want: { kind: 'unavailable', retryAfter: 33 } },
  { status: 302, reason: 'found', want: { kind: 'unavailable', class: 'server' } },
  { status: 451, reason: 'unavailableForLegalReasons', want: { kind: 'unavailable', class: 'server' } },
  { status: 408, reason: 'requestTimeout', want: { kind: 'unavailable', class: 'server' } },
  { status: 429, reason: 'rateLimitExceeded', want: { kind: 'exhausted', retryAfter: 10 } },
  { status: 429, reason: 'rateLimitExceeded', retryAfter: 47, want: { kind: 'exhausted', retryAfter: 47 } },
  { status: 403, reason: 'userRateLimitExceeded', want: { kind: 'exhausted', retryAfter: 10 } },
  { status: 403, reason: 'rateLimitExceeded', want: { kind: 'exhausted' } },
  { status: 403, reason: 'sharingRateLimitExceeded', want: { kind: 'exhausted' } },
  { status: 403, reason: 'dailyLimitExceeded', want: { kind: 'exhausted', retryAfter: 3600 } },
  { status: 403, reason: 'storageQuotaExceeded', want: { kind: 'exhausted', code: 'quota_exceeded' } },
  { status: 403, reason: 'teamDriveFileLimitExceeded', want: { kind: 'exhausted', code: 'quota_exceeded' } },
  { status: 403, reason: 'numChildrenInNonRootLimitExceeded', want: { kind: 'exhausted', code: 'quota_exceeded' } },
  { status: 401, reason: 'authError', want: { kind: 'unavailable', class: 'server', retryAfter: 60 } },
  { status: 403, reason: 'insufficientFilePermissions', want: { kind: 'unavailable', retryAfter: 60 } },
  { status: 403, reason: 'no reason at all', want: { kind: 'unavailable' } },
  { status: 400, reason: 'badRequest', want: { kind: 'invalid' } },
  { status: 413, reason: 'uploadTooLarge', want: { kind: 'invalid' } },
];
test.each(classes)('an endless $status $reason is told by its class', async ({ want, ...trouble }) => {
  scene.server.fail('begin', ...Array<Trouble>(often).fill(trouble));
  await expect(scene.drive.put(scene.copyOf(photo(1_000)), forever)).rejects.toMatchObject(want);
  expect(scene.copies()).toEqual([]);
});

const calls: Record<string, () => Promise<unknown>> = {
  check: () => scene.drive.check('drive:x', forever),
  read: () => scene.drive.read('drive:x', forever),
  remove: () => scene.drive.remove('drive:x', forever),
  putHead: () => scene.drive.putHead({ eventId: scene.eventId, name: 'x', text: 'x' }, forever),
  reserve: async () => scene.drive.reserve?.(scene.copyOf(photo(1_000)), forever),
  list: () => Array.fromAsync(scene.drive.list(scene.eventId, forever)),
};
test.each(Object.entries(calls))('%s says that the drive is away, and works once it is back', async (_, call) => {
  scene.server.away = true;
  await expect(call()).rejects.toMatchObject({ kind: 'unavailable', class: 'network' });
  scene.server.away = false;
  await expect(call()).resolves.not.toThrow();
});

const steps: Operation[] = ['token', 'ids', 'get', 'search', 'create', 'begin', 'chunk'];
const troubles: Trouble[] = [
  { status: 500, reason: 'internalError' },
  { status: 503, reason: 'backendError', retryAfter: 0 },
  { status: 429, reason: 'rateLimitExceeded' },
  { status: 403, reason: 'userRateLimitExceeded' },
  ...(['cut', 'unanswered', 'short'] as const),
];
test.each(steps)('a put outlives whatever goes wrong with %s, in each of its calls', async (step) => {
  for (const trouble of troubles.filter((one) => one !== 'short' || step === 'chunk')) {
    const [bytes, drive] = [photo(), scene.open()];
    const before = scene.server.calls[step];
    scene.server.fail(step, trouble, trouble);
    const copy = scene.copyOf(bytes, { eventId: crypto.randomUUID() });
    await drive.put(copy, forever);
    expect(hashesOf(copy)).toEqual([sha256(bytes)]);
    expect(scene.server.calls[step] - before).toBeGreaterThan(2);
  }
});

test('a lost answer to the last chunk is asked for, through lost answers to that', async () => {
  const bytes = photo();
  scene.server.before = (operation) => {
    if (operation === 'begin') scene.server.fail('status', 'unanswered', 'cut', { status: 503 });
    if (operation === 'chunk' && scene.server.calls.chunk === 3) scene.server.fail('chunk', 'unanswered');
  };
  await scene.drive.put(scene.copyOf(bytes), forever);
  expect(scene.server.calls).toMatchObject({ chunk: 3, status: 4 });
  scene.expectOnly(bytes);
});

test('a put that gave up goes on where it broke off when it is tried again', async () => {
  const bytes = photo(10 * chunkBytes);
  const copy = scene.copyOf(bytes);
  scene.server.before = () => {
    scene.server.away = scene.server.calls.chunk === 7;
  };
  await expect(scene.drive.put(copy, forever)).rejects.toMatchObject({ kind: 'unavailable', class: 'network' });
  scene.server.before = () => {};
  scene.server.away = false;
  await scene.drive.put(copy, forever);
  expect(scene.server.calls.begin).toBe(1);
  expect(scene.server.calls.chunk).toBeLessThanOrEqual(11);
  scene.expectOnly(bytes);
});

test('of two who put the same at once only one goes on with what broke off', async () => {
  const bytes = photo();
  const copy = scene.copyOf(bytes);
  scene.server.fail('chunk', ...Array<Trouble>(5).fill('cut'));
  await expect(scene.drive.put(copy, forever)).rejects.toMatchObject({ kind: 'unavailable' });
  const [one, two] = await Promise.all([scene.drive.put(copy, forever), scene.drive.put(copy, forever)]);
  expect(one).toEqual(two);
  expect(scene.server.calls.begin).toBeGreaterThan(1);
  scene.expectOnly(bytes);
});

test('a drive that takes nothing is left alone after some tries', async () => {
  scene.server.fail('chunk', ...Array<Trouble>(often).fill('short'));
  await expect(scene.drive.put(scene.copyOf(photo()), forever)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(scene.server.calls.chunk).toBe(5);
});

const ends = [404, 410] as const;
test.each(ends)('an upload whose session ended with %i begins anew', async (status) => {
  const bytes = photo();
  scene.server.before = (operation) => {
    if (operation === 'chunk' && scene.server.calls.chunk === 2) scene.server.uploads.expire(status);
  };
  await scene.drive.put(scene.copyOf(bytes), forever);
  expect(scene.server.calls.begin).toBe(2);
  scene.expectOnly(bytes);
});

test('an upload whose session ended behind a lost last answer finds its file', async () => {
  const bytes = photo(chunkBytes);
  scene.server.fail('chunk', 'unanswered');
  scene.server.before = (operation) => {
    if (operation === 'status') scene.server.uploads.expire(404);
  };
  await scene.drive.put(scene.copyOf(bytes), forever);
  expect(scene.server.calls.begin).toBe(2);
  scene.expectOnly(bytes);
});

test('a full drive is told, and the upload goes on once there is room', async () => {
  const bytes = photo();
  const copy = scene.copyOf(bytes);
  scene.server.before = (operation) => {
    if (operation === 'chunk') scene.server.store.room = 0;
  };
  await expect(scene.drive.put(copy, forever)).rejects.toMatchObject({ kind: 'exhausted', code: 'quota_exceeded' });
  scene.server.before = () => {};
  scene.server.store.room = Number.POSITIVE_INFINITY;
  await scene.drive.put(copy, forever);
  expect(scene.server.calls.begin).toBe(1);
  scene.expectOnly(bytes);
});

test('bytes that arrive as others are not taken for a copy, and are replaced by the next try', async () => {
  const bytes = photo();
  const copy = scene.copyOf(bytes);
  const { fill } = scene.server.store;
  scene.server.store.fill = (file) => fill(file, photo());
  await expect(scene.drive.put(copy, forever)).rejects.toMatchObject({ kind: 'internal', class: 'server' });
  scene.server.store.fill = fill;
  await scene.drive.put(copy, forever);
  scene.expectOnly(bytes);
});

test('a root folder that is not there, or not shared, is trouble and no copy’s fault', async () => {
  const drive = scene.open({ folder: 'nowhere' });
  await expect(drive.put(scene.copyOf(photo()), forever)).rejects.toMatchObject({
    kind: 'unavailable',
    class: 'server',
  });
  await expect(Array.fromAsync(drive.list(scene.eventId, forever))).rejects.toMatchObject({ kind: 'unavailable' });
});

const deaths: { name: string; trouble: Trouble }[] = [
  { name: 'before it takes effect', trouble: 'cut' },
  { name: 'after it took effect', trouble: 'unanswered' },
];
test.each(deaths)(
  'a process that is killed at any call, $name, leaves what the next one completes, once',
  async ({ trouble }) => {
    const before = callsMade();
    await scene.open().put(scene.copyOf(photo()), forever);
    const callsOfAPut = callsMade() - before;
    scene.server.store.indexesAtOnce = false;
    for (let kill = 1; kill <= callsOfAPut; kill++) await killedAt(kill, trouble);
    expect(callsOfAPut).toBeGreaterThan(8);
    expect(scene.copies()).toHaveLength(1 + callsOfAPut);
  },
);

// No call after the one that is lost comes through.
async function killedAt(call: number, trouble: Trouble): Promise<void> {
  const [bytes, killed] = [photo(), new AbortController()];
  const copy = scene.copyOf(bytes, { eventId: crypto.randomUUID() });
  const reserved = await scene.open().reserve?.(copy, forever);
  const from = callsMade();
  scene.server.before = (operation) => {
    const made = callsMade() - from;
    if (made >= call) scene.server.fail(operation, made === call ? trouble : 'cut');
    if (made > call) killed.abort(new Error('killed'));
  };
  await scene
    .open()
    .put({ ...copy, reserved }, killed.signal)
    .catch(() => {});
  scene.server.before = () => {};
  await scene.open().put({ ...copy, reserved }, forever);
  expect(hashesOf(copy)).toEqual([sha256(bytes)]);
}

function hashesOf({ photoId }: Copy): (string | undefined)[] {
  return scene.copies().flatMap((file) => (file.name.startsWith(photoId) ? [file.sha256Checksum] : []));
}

function callsMade(): number {
  return Object.values(scene.server.calls).reduce((sum, calls) => sum + calls, 0);
}

test('a call that is ended early stops waiting for its next try', async () => {
  scene.server.fail('begin', ...Array<Trouble>(often).fill({ status: 503, reason: 'backendError' }));
  const ended = new AbortController();
  const put = scene.open({ backoffMs: 60_000 }).put(scene.copyOf(photo()), ended.signal);
  put.catch(() => {});
  while (scene.server.calls.begin === 0) await delay(5);
  ended.abort(new Error('enough'));
  await expect(put).rejects.toThrow('enough');
});

test(`${many} photos while one call in twenty fails: each is there once, equal by hash`, async () => {
  const photos = Array.from({ length: many }, (_, n) => photo(n % 10 === 0 ? 1_000 + (n % 200) * 3_000 : 30_000 + n));
  scene.server.failAtRandom(0.05);
  const waiting = photos.map((bytes) => ({ bytes, copy: scene.copyOf(bytes) }));
  async function worker() {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { bytes, copy } = next;
      const { address } = await scene.drive.put(copy, forever);
      expect(await hashAt(scene.drive, address)).toBe(sha256(bytes));
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker));
  const hashes = (all: readonly (string | undefined)[]) => [...all].sort();
  expect(hashes(scene.copies().map((file) => file.sha256Checksum))).toEqual(hashes(photos.map(sha256)));
  expect(await Array.fromAsync(scene.drive.list(scene.eventId, forever))).toHaveLength(many);
});
