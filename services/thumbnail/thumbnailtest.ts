import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Due, Entry, RenditionName } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import { expect, vi } from 'vitest';
import { startTestBus } from '#internal/bus/bustest.ts';
import type { Environment } from '#internal/env/env.ts';
import { openTestEvent } from '#internal/events/eventtest.ts';
import { readEntries } from '#internal/journal/journal.ts';
import { originalKey, renditionKey } from '#internal/objects/key.ts';
import { type Objects, openObjects } from '#internal/objects/objects.ts';
import { type PhotoRow, readPhotos } from '#internal/photos/view.ts';
import { freshBucket, temporaryFolder, testServers } from '../../deploy/local/testing.ts';

/** Is how a photo of a test differs from one that came whole. */
export interface Flaws {
  /** Is what the client announced: its own SHA-256 (`true`) or another one; none unless told. */
  sha256?: string | true;
  /** Is what lies in the object storage instead of the photo. */
  stored?: Buffer | 'nothing';
}

/** Is an event with a bus and a bucket of its own, in which photos are stored as the upload's finish step does it. */
export type Darkroom = Awaited<ReturnType<typeof openDarkroom>>;

/** Opens a darkroom on real PostgreSQL, NATS and S3. */
export async function openDarkroom() {
  const [event, nats, bucket] = [await openTestEvent(), await startTestBus(), freshBucket()];
  const objects = openTestObjects(bucket);
  const { DATABASE_URL, ...shared } = testServers();
  const env: Environment = {
    ...shared,
    DATABASE_URL: event.url,
    NATS_URL: nats.url,
    S3_BUCKET: bucket,
    WORK_ACK_WAIT_SECONDS: '2',
    THUMBNAIL_FOLDER: temporaryFolder(),
  };
  const { database, eventId } = event;
  const photoOf = async (photoId: string) => (await readPhotos(database, eventId, [photoId]))[0] as PhotoRow;
  const stageOf = async (photoId: string) => {
    const sql = 'select state, generation, attempts, error_class as class, error from stages where photo_id = $1';
    return (await database.query<Record<string, unknown>>(sql, [photoId]))[0];
  };
  const dueOf = (photoId: string, generation = 1): Due => {
    return { v: 1, event_id: eventId, photo_id: photoId, stage: 'thumbnail', lane: 'live', generation };
  };
  return {
    ...{ event, nats, objects, env, photoOf, stageOf, dueOf },
    store: (bytes: Buffer, flaws: Flaws = {}) => store({ ...event, objects }, bytes, flaws),
    /** Publishes a photo's work as the relay does. */
    handOut: (photoId: string, generation = 1) => nats.bus.publishDue(dueOf(photoId, generation)),
    /** Waits until a photo has reached a state. */
    untilState: (photoId: string, state: string) =>
      vi.waitFor(async () => expect((await photoOf(photoId)).state).toBe(state), { interval: 50 }),
    /** Reads a rendition of the version that the photo is at. */
    async rendition(photoId: string, name: RenditionName) {
      const { version } = await photoOf(photoId);
      const object = await objects.get(renditionKey(eventId, photoId, name, version));
      return Buffer.concat((await object?.body.toArray()) ?? []);
    },
    async entriesOf(photoId: string): Promise<Entry[]> {
      const entries = await readEntries(database, eventId, 0, 1_000);
      return entries.filter(({ photo_id }) => photo_id === photoId);
    },
    async [Symbol.asyncDispose]() {
      await nats[Symbol.asyncDispose]();
      await objects[Symbol.asyncDispose]();
      await event[Symbol.asyncDispose]();
    },
  };
}

/** Opens a bucket of the shared S3 server. */
export function openTestObjects(bucket: string): Objects {
  const servers = testServers();
  return openObjects({
    endpoint: servers.S3_ENDPOINT,
    region: servers.S3_REGION,
    bucket,
    accessKeyId: servers.S3_ACCESS_KEY_ID,
    secretAccessKey: servers.S3_SECRET_ACCESS_KEY,
    forcePathStyle: true,
  });
}

type Place = Pick<Awaited<ReturnType<typeof openTestEvent>>, 'journal' | 'eventId'> & { objects: Objects };

async function store({ journal, eventId, objects }: Place, bytes: Buffer, flaws: Flaws): Promise<string> {
  const photoId = uuidv7();
  const body = flaws.stored ?? bytes;
  if (body !== 'nothing') {
    const key = originalKey(eventId, photoId, 1);
    await objects.put({ key, body, size: body.byteLength, contentType: 'application/octet-stream' });
  }
  const sha256 = flaws.sha256 === true ? createHash('sha256').update(bytes).digest('hex') : (flaws.sha256 ?? null);
  await journal.commit(eventId, async (tx) => {
    await tx.query(
      `insert into photos (event_id, photo_id, file_name, state, size, sha256, crc32, stored_at)
       values ($1, $2, 'DSC_0001.JPG', 'stored', $3, $4, $5, now())`,
      [eventId, photoId, bytes.byteLength, sha256, crc32(bytes)],
    );
    await tx.query(`insert into stages (event_id, photo_id, stage) values ($1, $2, 'thumbnail')`, [eventId, photoId]);
    return { value: undefined, entries: [{ type: 'photo.stored', photo_id: photoId, count: 1 }] };
  });
  return photoId;
}
