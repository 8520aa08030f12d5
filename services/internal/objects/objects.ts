import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Meter } from '../metrics/meter.ts';
import { type Durable, durableByItself, durableOnDisk } from './durable.ts';
import { asObjectFault, isAbsent } from './failure.ts';
import { measureCalls } from './metrics.ts';
import { sendStreamsSized } from './stream.ts';
import { removeForGood } from './versions.ts';

/** Says where the objects are. */
export interface ObjectsOptions {
  endpoint: string | undefined;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  forcePathStyle: boolean;
  /** Is the folder in which an S3 server on this machine, which does not sync by itself, keeps its buckets. */
  syncFolder?: string | undefined;
  /** Is the folder in which it keeps their attributes, where those are files of their own. */
  syncSidecar?: string | undefined;
  /** Tells that the server takes and keeps checksums of ours; it does unless told. */
  checksums?: boolean | undefined;
}

/** Describes a stored object; crc32, and sha256 as lower-case hex, are there where the server keeps them. */
export interface ObjectInfo {
  size: number;
  etag: string;
  crc32: number | undefined;
  sha256: string | undefined;
}

/** Is an object being read. */
export interface ObjectBody extends ObjectInfo {
  body: Readable;
  contentType: string | undefined;
  range: string | undefined;
}

/** Describes what is put: bytes at rest, or a stream of known length. */
export interface NewObject {
  key: string;
  body: Uint8Array | Readable;
  size: number;
  contentType: string;
  /** Is its SHA-256 as lower-case hex, where known: the server then takes no other bytes, and keeps it. */
  sha256?: string | undefined;
}

/** Is an object as a listing has it. */
export interface ListedObject {
  key: string;
  size: number;
  modifiedAt: Date;
}

/** Is the door to S3-compatible storage. Failures of the server are Faults of kind unavailable. */
export interface Objects extends AsyncDisposable, Durable {
  readonly client: S3Client;
  readonly bucket: string;
  head(key: string): Promise<ObjectInfo | undefined>;
  get(key: string, options?: { range?: string; signal?: AbortSignal }): Promise<ObjectBody | undefined>;
  /** Puts an object; a stream is destroyed afterwards, however that ended. */
  put(object: NewObject, options?: { signal?: AbortSignal }): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
  /** Removes one object with all versions that a bucket kept of it; one that is missing is fine. Throws when that is refused. */
  removeForGood(key: string): Promise<void>;
  /** Lists what lies under a prefix, in the order of keys. */
  list(prefix: string): AsyncIterable<ListedObject>;
  probe(): Promise<string | undefined>;
}

/** Opens the door; the first call connects, and `meter` measures each. */
export function openObjects(options: ObjectsOptions, meter?: Meter): Objects {
  const client = clientOf(options);
  sendStreamsSized(client);
  if (meter !== undefined) measureCalls(client, meter);
  const { bucket } = options;
  const durable = durableOf(options);
  return {
    client,
    bucket,
    head: (key) => absentAsUndefined(() => headObject(client, bucket, key)),
    get: (key, { range, signal } = {}) => absentAsUndefined(() => getObject(client, { bucket, key, range }, signal)),
    put: (object, { signal } = {}) =>
      guarded(async () => {
        await putObject(client, bucket, object, signal);
        await durable.settle(object.key);
      }),
    settle: (key) => guarded(() => durable.settle(key)),
    settleMultipart: (key, uploadId) => guarded(() => durable.settleMultipart(key, uploadId)),
    settlePart: (key, uploadId, part) => guarded(() => durable.settlePart(key, uploadId, part)),
    isIntact: (key, etag, partSize) => guarded(() => durable.isIntact(key, etag, partSize)),
    remove: (keys) => guarded(() => removeObjects(client, bucket, keys)),
    removeForGood: (key) => guarded(() => removeForGood(client, bucket, key)),
    list: (prefix) => listObjects(client, bucket, prefix),
    probe: () => probeBucket(client, bucket),
    [Symbol.asyncDispose]: async () => client.destroy(),
  };
}

function durableOf({ bucket, syncFolder, syncSidecar }: ObjectsOptions): Durable {
  if (syncFolder === undefined) return durableByItself;
  const sideFolder = syncSidecar === undefined ? undefined : join(syncSidecar, bucket);
  return durableOnDisk({ bucketFolder: join(syncFolder, bucket), sideFolder });
}

const quiet = () => {};

function clientOf(options: ObjectsOptions): S3Client {
  return new S3Client({
    endpoint: options.endpoint,
    region: options.region,
    forcePathStyle: options.forcePathStyle,
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    maxAttempts: 3,
    // What it would write to the console, our own log has.
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    ...(options.checksums === false && {
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: 60_000,
      httpAgent: { maxSockets: 256, keepAlive: true },
    },
  });
}

async function headObject(client: S3Client, bucket: string, key: string): Promise<ObjectInfo> {
  const answer = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }));
  return { size: answer.ContentLength ?? 0, etag: answer.ETag ?? '', ...checksumsOf(answer) };
}

async function getObject(
  client: S3Client,
  what: { bucket: string; key: string; range: string | undefined },
  signal?: AbortSignal,
): Promise<ObjectBody> {
  const command = new GetObjectCommand({ Bucket: what.bucket, Key: what.key, Range: what.range });
  const answer = await client.send(command, { abortSignal: signal });
  return {
    body: answer.Body as Readable,
    size: answer.ContentLength ?? 0,
    etag: answer.ETag ?? '',
    ...checksumsOf(answer),
    contentType: answer.ContentType,
    range: answer.ContentRange,
  };
}

async function putObject(
  client: S3Client,
  bucket: string,
  object: NewObject,
  abortSignal?: AbortSignal,
): Promise<void> {
  const { key, body, size, contentType, sha256 } = object;
  const sum = sha256 !== undefined && { ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64') };
  const what = { Bucket: bucket, Key: key, Body: body, ContentLength: size, ContentType: contentType, ...sum };
  try {
    await client.send(new PutObjectCommand(what), { abortSignal });
  } finally {
    if (body instanceof Readable) body.destroy(); // a file that nobody reads to its end would stay open
  }
}

async function removeObjects(client: S3Client, bucket: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const Objects = keys.map((Key) => ({ Key }));
  await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
}

async function* listObjects(client: S3Client, Bucket: string, Prefix: string): AsyncGenerator<ListedObject> {
  let ContinuationToken: string | undefined;
  do {
    const command = new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken });
    const answer = await guarded(() => client.send(command));
    for (const { Key: key = '', Size: size = 0, LastModified: modifiedAt = new Date() } of answer.Contents ?? [])
      yield { key, size, modifiedAt };
    ContinuationToken = answer.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}

async function probeBucket(client: S3Client, bucket: string): Promise<string | undefined> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: AbortSignal.timeout(3_000) });
    return undefined;
  } catch {
    return 'the bucket does not answer';
  }
}

// S3 gives checksums as base64, a CRC32 in big-endian order; a composite one (of parts, "…-2") says nothing of the whole.
function checksumsOf(answer: { ChecksumCRC32?: string | undefined; ChecksumSHA256?: string | undefined }) {
  return {
    crc32: wholeOf(answer.ChecksumCRC32)?.readUInt32BE(0),
    sha256: wholeOf(answer.ChecksumSHA256)?.toString('hex'),
  };
}

function wholeOf(text: string | undefined): Buffer | undefined {
  return text === undefined || text.includes('-') ? undefined : Buffer.from(text, 'base64');
}

async function guarded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asObjectFault(error);
  }
}

async function absentAsUndefined<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw asObjectFault(error);
  }
}
