import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readCardReport } from '#internal/cards/report.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { type Child, startChild } from '../deploy/local/child.ts';
import { type Kept, keepAlive } from '../deploy/local/supervise.ts';
import { temporaryFolder } from '../deploy/local/testing.ts';
import { openVault, sha256Of, type Vault } from './backup/backuptest.ts';
import { type DriveStandIn, startDrive } from './backup/providers/drivetest.ts';
import { failingShare } from './backup/weaklinktest.ts';
import { openReaders, type Readers } from './readerstest.ts';
import { main as relay } from './relay/main.ts';
import { type RestoreOptions, restoreFromBackup } from './restore.ts';

const full = process.env.KILAT_TEST_SIZE === 'full';
const size = full
  ? { photos: 2_000, bytes: 100_000, kills: 20, awayMs: 120_000, timeoutMs: 3_600_000 }
  : { photos: 24, bytes: 40_000, kills: 1, awayMs: 1_000, timeoutMs: 900_000 };
const main = fileURLToPath(new URL('main.ts', import.meta.url));

let vault: Vault;
let drive: DriveStandIn;
let relaying: TestTarget;
let readers: Readers;
const photos = new Map<string, string>();
let jobId = '';

beforeAll(async () => {
  [vault, drive] = await Promise.all([openVault(), startDrive({ seed: 6 })]);
  Object.assign(vault.env, {
    ...{ BACKUP_PROVIDERS: 'near,drive', BACKUP_DRIVE_KIND: 'drive', BACKUP_DRIVE_KEY: drive.keyText },
    ...{ BACKUP_DRIVE_FOLDER: drive.store.root, BACKUP_DRIVE_ENDPOINT: drive.url },
  });
  readers = await openReaders(vault.event);
  relaying = await startTarget(relay, vault.env);
});
afterAll(async () => {
  await relaying.stop();
  await readers[Symbol.asyncDispose]();
  await drive[Symbol.asyncDispose]();
  await vault[Symbol.asyncDispose]();
});

/** Stores the photos of a card, tells its readers of the job, and renders them. */
async function fillCard(): Promise<void> {
  for (let n = 0; n < size.photos; n++) {
    const bytes = randomBytes(size.bytes + n);
    photos.set(await vault.store(bytes, n % 5 === 0 ? { sha256: sha256Of(bytes) } : {}), sha256Of(bytes));
  }
  jobId = await readers.office.announce(vault.event.ownerId, [...photos.keys()]);
  for (const photoId of photos.keys()) await readers.office.render(photoId);
}

const verdict = async () => {
  const { database, eventId } = vault.event;
  return (await readCardReport(database, { eventId, jobId, ownedBy: undefined }))?.verdict;
};

async function countDone(): Promise<number> {
  const sql = `select count(*)::int as n from backups where state = 'done'`;
  return (await vault.event.database.query<{ n: number }>(sql))[0]?.n ?? 0;
}

const until = (least: number) =>
  vi.waitFor(async () => expect(await countDone()).toBeGreaterThanOrEqual(least), {
    timeout: size.timeoutMs,
    interval: 100,
  });

/** Runs a target as a process of its own that comes back when it is killed. */
async function keepTarget(name: string): Promise<Kept & { kill: () => void }> {
  let running: Child | undefined;
  const env = {
    ...{ ...process.env, ...readers.office.env, ...vault.env },
    ...{ ADMIN_LISTEN: '127.0.0.1:0', NOTIFY_LEASE_SECONDS: '2' },
  };
  const command = [process.execPath, main, 'serve', `--target=${name}`];
  const start = async () => {
    running = startChild({ name, command, env, logFile: join(temporaryFolder(), `${name}.log`) });
    return running;
  };
  return { ...(await keepAlive(name, start, () => {})), kill: () => running?.kill('SIGKILL') };
}

/** Lets both places fail 5 % of their calls, be away one after the other, and kills the targets while they copy and tell. */
async function copyInTrouble(): Promise<void> {
  const weak = failingShare(0.05, 6);
  vault.links.near.weaken(weak);
  drive.failAtRandom(0.05);
  const targets = [await keepTarget('backup'), await keepTarget('notify')];
  const [step, total] = [Math.floor((2 * size.photos) / (size.kills + 3)), 2 * size.photos];
  await until(step / 2);
  drive.away = true;
  setTimeout(() => {
    drive.away = false;
    vault.links.near.weaken(() => 'away');
    setTimeout(() => vault.links.near.weaken(weak), size.awayMs);
  }, size.awayMs);
  for (let kill = 1; kill <= size.kills; kill++) {
    await until(step * kill);
    for (const target of targets) target.kill();
  }
  await vault.untilBackedUp([...photos.keys()], size.timeoutMs);
  expect(await countDone()).toBe(total);
  await vault.event.events.change(vault.event.eventId, { state: 'closed' });
  await readers.expectToldOnce([...photos.keys()], size.timeoutMs / 3);
  for (const target of targets) await target.stop();
  vault.links.near.weaken(() => 'well');
  drive.failAtRandom(0);
}

test(
  'copies are whole and single and each reader told of each thing once, while places fail and targets are killed; only then is the card safe',
  async () => {
    await fillCard();
    const copying = copyInTrouble();
    await until(1);
    expect(await verdict()).toBe('not_backed_up');
    await copying;
    expect(await verdict()).toBe('safe_to_format');
    const inDrive = [...drive.store.files.values()].filter((file) => file.properties.kilat === 'copy');
    expect(inDrive.map((file) => sha256Of(file.bytes ?? Buffer.alloc(0))).sort()).toEqual([...photos.values()].sort());
    const near: string[] = [];
    for await (const { key } of vault.buckets.near.list('e/')) near.push(key);
    expect(near.sort()).toEqual([...photos.keys()].map(vault.keyOf).sort());
    for (const [photoId, sha256] of photos)
      expect(sha256Of((await vault.bytesOf('near', photoId)) ?? Buffer.alloc(0))).toBe(sha256);
    const sql = `select photo_id from journal where type = 'photo.backed_up' group by photo_id having count(*) > 1`;
    expect(await vault.event.database.query(sql)).toEqual([]);
  },
  size.timeoutMs,
);

/** Runs the command to its end. */
async function restore(options: Partial<RestoreOptions> = {}) {
  const [printed, told] = [[] as string[], [] as string[]];
  const code = await restoreFromBackup(vault.env, {
    ...{ event: vault.event.eventId, from: undefined, json: true, signal: new AbortController().signal },
    ...{ print: (line) => void printed.push(line), tell: (line) => void told.push(line) },
    ...options,
  });
  return { code, printed, told: told.join('\n') };
}

async function loseBucket(): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of vault.buckets.main.list('e/')) keys.push(key);
  for (let at = 0; at < keys.length; at += 500) await vault.buckets.main.remove(keys.slice(at, at + 500));
}

test(
  'a lost bucket comes back whole, each original proved, from another place where a copy spoiled; again does nothing',
  async () => {
    await loseBucket();
    const [[spoiled = '', sha256 = ''] = []] = photos;
    const length = (await vault.bytesOf('near', spoiled))?.length ?? 0;
    const body = randomBytes(length);
    await vault.buckets.near.put({ key: vault.keyOf(spoiled), body, size: length, contentType: 'image/jpeg' });
    const first = await restore();
    expect([first.code, first.printed]).toEqual([0, []]);
    expect(first.told).toContain(`${photos.size} originals restored and proved, 0 were there, 0 have no good copy`);
    for (const [photoId, hash] of photos)
      expect(sha256Of((await vault.bytesOf('main', photoId)) ?? Buffer.alloc(0))).toBe(hash);
    expect(sha256Of((await vault.bytesOf('main', spoiled)) ?? Buffer.alloc(0))).toBe(sha256);
    expect((await restore()).told).toContain(`0 originals restored and proved, ${photos.size} were there`);
  },
  size.timeoutMs,
);

test(
  'a restore that is stopped goes on; a photo without a copy is named, also where the database forgot where copies are',
  async () => {
    await loseBucket();
    const stop = new AbortController();
    let calls = 0;
    vault.links.near.weaken(() => {
      calls += 1;
      if (calls > 9) stop.abort();
      return 'well';
    });
    const stopped = await restore({ from: 'near', signal: stop.signal });
    expect([stopped.code, stopped.told]).toEqual([2, expect.stringContaining('goes on from here')]);
    const lost = [...photos.keys()].at(-1) ?? '';
    await vault.buckets.near.remove([vault.keyOf(lost)]);
    await vault.event.database.query('delete from backups');
    const { code, printed, told } = await restore({ from: 'near' });
    expect([code, printed.map((line) => JSON.parse(line))]).toEqual([
      1,
      [
        { event_id: vault.event.eventId, photo_id: [...photos.keys()][0], problem: 'copies_damaged' },
        { event_id: vault.event.eventId, photo_id: lost, problem: 'no_copy' },
      ],
    ]);
    const [, present] = /, (\d+) were there/.exec(told) ?? [];
    expect(Number(present)).toBeGreaterThan(0);
    expect((await restore()).code).toBe(0);
  },
  size.timeoutMs,
);
