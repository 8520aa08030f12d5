import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { AbortMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import type { Role } from '@kilat/contract';
import sharp from 'sharp';
import { Upload } from 'tus-js-client';
import { allowancesOf, announceLimits } from '#internal/admission/allowance.ts';
import { admissionSettings } from '#internal/admission/settings.ts';
import { accessOf } from '#internal/auth/access.ts';
import { mintOwnerLink, redeem } from '#internal/auth/ownerlink.ts';
import { sessionsOf } from '#internal/auth/sessions.ts';
import { openDatabase } from '#internal/database/database.ts';
import { migrate } from '#internal/database/migrate.ts';
import { readSettings } from '#internal/env/env.ts';
import { linkStore } from '#internal/events/links.ts';
import { eventStore } from '#internal/events/store.ts';
import { type App, listen } from '#internal/httpserver/httpserver.ts';
import { createJournal } from '#internal/journal/journal.ts';
import { silentLog } from '#internal/log/log.ts';
import { originalKey } from '#internal/objects/key.ts';
import { openObjects } from '#internal/objects/objects.ts';
import { contextOf } from '#internal/process/context.ts';
import { neglectedUploads } from '#internal/uploads/neglected.ts';
import { uploadStore } from '#internal/uploads/store.ts';
import { patienceMs } from '../../deploy/local/patience.ts';
import { freshBucket, freshDatabase, temporaryFolder, testServers } from '../../deploy/local/testing.ts';
import type { Ending } from './finish.ts';
import { createLeases } from './lease.ts';
import { createPresigner } from './presign.ts';
import { createServer } from './server.ts';
import { PhotoDataStore } from './store.ts';
import { sweepOnce } from './sweep.ts';
import { createTus } from './tus.ts';
import { addWays } from './ways.ts';

const secret = 'a secret for tests of at least 32 characters';
const maxBytes = 64 * 1024 * 1024;
const log = silentLog();

/** Starts an upload server on real PostgreSQL and S3 of its own; `calls` lists the S3 commands that it sent. */
export async function startUpload({ batchSeconds = 90 } = {}) {
  const url = await freshDatabase();
  await migrate(url, log);
  const database = await openDatabase({ url, poolSize: 8, log });
  const {
    S3_ENDPOINT: endpoint,
    S3_REGION: region,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
    S3_SYNC_FOLDER: syncFolder,
  } = testServers();
  const where = {
    endpoint,
    region,
    bucket: freshBucket(),
    accessKeyId,
    secretAccessKey,
    forcePathStyle: true,
    syncFolder,
  };
  const objects = openObjects(where);
  const presigner = createPresigner(where);
  const calls: string[] = [];
  let failing: string | undefined;
  const ended: Ending[] = [];
  objects.client.middlewareStack.add(
    (next, context) => async (args) => {
      calls.push(context.commandName ?? '');
      if (context.commandName !== failing) return next(args);
      failing = undefined;
      throw Object.assign(new Error('planned'), { name: 'TimeoutError' });
    },
    { step: 'initialize', name: 'count' },
  );
  const journal = createJournal(database, () => {});
  const allowances = allowancesOf(readSettings(admissionSettings, {}));
  const uploads = uploadStore(database, announceLimits(allowances));
  const access = accessOf(database);
  const neglected = neglectedUploads(database);
  const sessions = sessionsOf(database);
  const spoolDir = join(temporaryFolder(), 'spool');
  mkdirSync(spoolDir, { recursive: true });
  /** Starts one server on all this, as another replica has it. */
  async function serve({ idleSeconds = 30 } = {}) {
    const leases = createLeases(uploads, log);
    const heard = { onStored: () => {}, onEnded: (how: Ending) => void ended.push(how) };
    const deps = { uploads, objects, journal, log, leases, spoolDir, tiff: false, access, ...heard };
    const store = new PhotoDataStore(deps);
    const admission = { admit: async () => {} };
    const tus = createTus({ store, uploads, access, admission, maxBytes, log });
    const ways: Parameters<typeof addWays>[1] = {
      ...{ ...deps, sessions, admission, presigner, maxBytes, wayOf: () => 'presigned' },
      ...{ putBytes: 1024 * 1024, mostFiles: 20, seconds: batchSeconds },
    };
    const otherWays = (scope: App) => addWays(scope, ways);
    const options = { tus, sessions, otherWays, allowedOrigins: [], trustProxy: [], maxBytes, idleSeconds, log };
    const { app, cutAfter } = createServer(options);
    const server = await listen(app, { host: '127.0.0.1', port: 0 }, 0);
    return {
      deps,
      files: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/files`,
      async [Symbol.asyncDispose]() {
        await cutAfter(0, server.drain());
        await server[Symbol.asyncDispose]();
      },
    };
  }
  const server = await serve();
  const [, token = ''] = (await mintOwnerLink(database)).split('#');
  const accountId = await redeem(database, token);
  const cookie = `kilat=${(await sessions.beginAccount(accountId)).token}`;
  const events = eventStore(database, journal, secret);
  const event = await events.create(accountId, { title: 'Test' });
  const [link] = await linkStore(database, journal, secret).list(event.event_id);
  const opened = await linkStore(database, journal, secret).open(link?.path.split('/').at(-1) ?? '');
  return {
    files: server.files,
    cookie,
    guestCookie: `kilat=${(await sessions.beginGuest(opened)).token}`,
    eventId: event.event_id,
    events,
    database,
    objects,
    calls,
    /** Lists how uploads ended. */
    ended,
    deps: server.deps,
    replica: serve,
    /** Makes another account, a member of the event where a role is given; answers its cookie. */
    async join(role?: Role): Promise<string> {
      const id = randomUUID();
      await database.query(`insert into accounts (account_id, name, role) values ($1, 'Another', 'member')`, [id]);
      if (role !== undefined)
        await database.query('insert into memberships (event_id, account_id, role) values ($1, $2, $3)', [
          event.event_id,
          id,
          role,
        ]);
      return `kilat=${(await sessions.beginAccount(id)).token}`;
    },
    /** Lets the next call of one S3 command fail before it is sent. */
    failNext: (command: string) => {
      failing = command;
    },
    /** Gives a multipart upload up behind our back, or loses its first part, as a provider may. */
    async harmMultipart(photoId: string, harm: 'all' | 'a part'): Promise<void> {
      const sql = 'select multipart_id as id from uploads where photo_id = $1';
      const [row] = await database.query<{ id: string }>(sql, [photoId]);
      const what = { Bucket: objects.bucket, Key: originalKey(event.event_id, photoId, 1), UploadId: row?.id };
      if (harm === 'all') await objects.client.send(new AbortMultipartUploadCommand(what));
      else
        await objects.client.send(new UploadPartCommand({ ...what, PartNumber: 1, Body: Buffer.alloc(16 * 2 ** 20) }));
    },
    /** Lets the sweeper look once; answers what it did. */
    sweep: () =>
      sweepOnce(contextOf(AbortSignal.timeout(patienceMs)), { ...server.deps, neglected, onSwept: () => {} }, 0),
    neglected,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await objects[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
export type TestUpload = Awaited<ReturnType<typeof startUpload>>;

/** Makes a JPEG of a size in bytes, unlike any other. */
export async function photoOf(bytes: number): Promise<Buffer> {
  const picture = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#456' } })
    .jpeg()
    .toBuffer();
  const photo = Buffer.alloc(Math.max(bytes, picture.length + 32), randomBytes(4_096));
  picture.copy(photo);
  return photo;
}

/** Computes a SHA-256 as hex. */
export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Is how a tus upload ended for its client. */
export interface Sent {
  stored: boolean;
  id: string;
  status: number | undefined;
  code: string | undefined;
}

/** Sends a photo by tus-js-client. */
export function send(
  upload: TestUpload,
  photo: Buffer,
  options: { chunkSize?: number; retryDelays?: number[]; cookie?: string; metadata?: Record<string, string> } = {},
): Promise<Sent> {
  return new Promise((resolve) => {
    const { cookie = upload.cookie, metadata = {}, ...rest } = options;
    const client = new Upload(photo, {
      endpoint: upload.files,
      headers: { cookie },
      retryDelays: [50, 100, 200, 400],
      metadata: { event_id: upload.eventId, filename: 'DSC_0001.JPG', ...metadata },
      ...rest,
      onSuccess: () => resolve({ stored: true, id: client.url?.split('/').at(-1) ?? '', status: 204, code: undefined }),
      onError: (error) => {
        const answer = 'originalResponse' in error ? error.originalResponse : null;
        const body = answer?.getBody() ?? '';
        const code = body.startsWith('{') ? String(JSON.parse(body).code) : undefined;
        resolve({ stored: false, id: client.url?.split('/').at(-1) ?? '', status: answer?.getStatus(), code });
      },
    });
    client.start();
  });
}
