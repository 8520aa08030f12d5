import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Due, Entry } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import { expect, vi } from 'vitest';
import { planBackup } from '#internal/backups/plan.ts';
import { startTestBus } from '#internal/bus/bustest.ts';
import type { Environment } from '#internal/env/env.ts';
import { openTestEvent } from '#internal/events/eventtest.ts';
import { readEntries } from '#internal/journal/journal.ts';
import { originalKey } from '#internal/objects/key.ts';
import { openObjects } from '#internal/objects/objects.ts';
import { patienceMs } from '../../deploy/local/patience.ts';
import { freshBucket, testServers } from '../../deploy/local/testing.ts';
import { startWeakLink } from './weaklinktest.ts';

/** Is a copy's row as tests look at it. */
export interface TestCopy {
  photoId: string;
  provider: string;
  state: string;
  backupUrl: string | null;
  class: string | null;
  error: string | null;
}

/** Is how a stored photo differs from one that came whole. */
export interface Flaws {
  /** Is what lies in the bucket instead of the photo. */
  stored?: Buffer;
  /** Is the SHA-256 that was announced: the right one unless told, null for none. */
  sha256?: string | null;
}

/** Is an event with a bucket, a bus, and two places for second copies behind links that can be made bad. */
export type Vault = Awaited<ReturnType<typeof openVault>>;

/** Opens a vault on real PostgreSQL, NATS and S3; `near` and `far` are its places. */
export async function openVault() {
  const [event, nats] = await Promise.all([openTestEvent(), startTestBus()]);
  const { DATABASE_URL: _, ...servers } = testServers();
  const [bucket, near, far] = [freshBucket(), freshBucket(), freshBucket()];
  const links = { near: await startWeakLink(servers.S3_ENDPOINT), far: await startWeakLink(servers.S3_ENDPOINT) };
  const buckets = { main: openBucket(bucket), near: openBucket(near), far: openBucket(far) };
  const env: Environment = {
    ...{ ...servers, DATABASE_URL: event.url, NATS_URL: nats.url, S3_BUCKET: bucket },
    ...{ WORK_ACK_WAIT_SECONDS: '3', RELAY_LOST_CHECK_SECONDS: '1', BACKUP_ROUND_SECONDS: '1' },
    ...{ BACKUP_PROVIDERS: 'near,far', BACKUP_IDLE_SECONDS: '5' },
    ...{ BACKUP_SAMPLE_DAILY: '1000000' },
    ...placeOf('NEAR', links.near.url, near, servers),
    ...placeOf('FAR', links.far.url, far, servers),
  };
  const { database, eventId } = event;
  const copiesOf = (photoId?: string) =>
    database.query<TestCopy>(
      `select photo_id as "photoId", provider, state, backup_url as "backupUrl", error_class as class, error from backups
       where event_id = $1 and ($2::uuid is null or photo_id = $2) order by photo_id, provider`,
      [eventId, photoId ?? null],
    );
  const entriesOf = async (photoId: string): Promise<Entry[]> =>
    (await readEntries(database, eventId, 0, 10_000)).filter(({ photo_id }) => photo_id === photoId);
  const keyOf = (photoId: string) => originalKey(eventId, photoId, 1);
  return {
    ...{ event, nats, env, links, buckets, copiesOf, entriesOf, keyOf },
    store: (bytes = randomBytes(4_000), flaws: Flaws = {}) => store({ ...event, main: buckets.main }, bytes, flaws),
    /** Waits until a photo's copies are in some state, one word per provider. */
    until: (photoId: string, states: string[]) =>
      vi.waitFor(async () => expect((await copiesOf(photoId)).map(({ state }) => state)).toEqual(states), often),
    /** Waits until photos are backed up. */
    untilBackedUp: (photoIds: readonly string[], timeout = patienceMs) =>
      vi.waitFor(
        async () => {
          const sql = 'select count(*)::int as n from photos where photo_id = any($1) and backed_up_at is not null';
          expect((await database.query<{ n: number }>(sql, [photoIds]))[0]?.n).toBe(photoIds.length);
        },
        { ...often, timeout },
      ),
    async bytesOf(where: keyof typeof buckets, photoId: string): Promise<Buffer | undefined> {
      const object = await buckets[where].get(keyOf(photoId));
      return object && Buffer.concat(await object.body.toArray());
    },
    dueOf: (photoId: string): Due => {
      return { v: 1, event_id: eventId, photo_id: photoId, stage: 'backup', lane: 'live', generation: 1 };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(links).map((link) => link.close()));
      await Promise.all(Object.values(buckets).map((one) => one[Symbol.asyncDispose]()));
      await nats[Symbol.asyncDispose]();
      await event[Symbol.asyncDispose]();
    },
  };
}

const often = { interval: 50 };

function placeOf(name: string, endpoint: string, bucket: string, servers: Environment): Environment {
  return {
    [`BACKUP_${name}_PROFILE`]: 'versitygw',
    [`BACKUP_${name}_ENDPOINT`]: endpoint,
    [`BACKUP_${name}_BUCKET`]: bucket,
    [`BACKUP_${name}_REGION`]: servers.S3_REGION,
    [`BACKUP_${name}_ACCESS_KEY_ID`]: servers.S3_ACCESS_KEY_ID,
    [`BACKUP_${name}_SECRET_ACCESS_KEY`]: servers.S3_SECRET_ACCESS_KEY,
  };
}

function openBucket(bucket: string) {
  const servers = testServers();
  const [accessKeyId, secretAccessKey] = [servers.S3_ACCESS_KEY_ID, servers.S3_SECRET_ACCESS_KEY];
  const where = { endpoint: servers.S3_ENDPOINT, region: servers.S3_REGION, bucket };
  return openObjects({ ...where, accessKeyId, secretAccessKey, forcePathStyle: true });
}

type Place = Pick<Awaited<ReturnType<typeof openTestEvent>>, 'journal' | 'eventId'> & {
  main: ReturnType<typeof openBucket>;
};

// As the finish step of an upload does it, and the check of a thumbnail after it.
async function store({ journal, eventId, main }: Place, bytes: Buffer, flaws: Flaws): Promise<string> {
  const photoId = uuidv7();
  const body = flaws.stored ?? bytes;
  const key = originalKey(eventId, photoId, 1);
  await main.put({ key, body, size: body.length, contentType: 'image/jpeg' });
  const sha256 = flaws.sha256 === undefined ? sha256Of(bytes) : flaws.sha256;
  await journal.commit(eventId, async (tx) => {
    await tx.query(
      `insert into photos (event_id, photo_id, file_name, state, size, sha256, crc32, stored_at, verified_at)
       values ($1, $2, 'DSC_0001.JPG', 'ready', $3, $4, $5, now(), now())`,
      [eventId, photoId, bytes.length, sha256, crc32(bytes)],
    );
    await planBackup(tx, eventId, photoId);
    const [stored, verified] = [{ type: 'photo.stored', count: 1 }, { type: 'photo.verified' }] as const;
    return { value: undefined, entries: [stored, verified].map((entry) => ({ ...entry, photo_id: photoId })) };
  });
  return photoId;
}

/** Computes a SHA-256 as hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
