import { join } from 'node:path';
import type { Readable } from 'node:stream';
import pRetry from 'p-retry';
import { Fault } from '#internal/fault/fault.ts';
import type { Objects } from '#internal/objects/objects.ts';
import type { UploadStore } from '#internal/uploads/store.ts';
import type { Part, Progress, Upload } from '#internal/uploads/upload.ts';
import { type PartRange, partAt } from './layout.ts';
import { type Lease, lockedFault } from './lease.ts';
import { beginMultipart, keyOfTail, sendPart } from './send.ts';
import { magicBytes, sniff, sniffBytes } from './sniff.ts';
import { type Source, sourceOf } from './source.ts';
import { openSpool, type Spool } from './spool.ts';

/** Is what receiving needs. */
export interface ReceiverDeps {
  uploads: UploadStore;
  objects: Objects;
  spoolDir: string;
  /** Tells whether TIFF files are taken. */
  tiff: boolean;
}

/**
 * Receives a request's body: bytes go to S3 and to a spool file at once, and an offset is committed only when what lies
 * before it is stored. `declaredEnd` is the offset that the request says to reach. Leaves the new state in the lease.
 */
export async function receive(
  deps: ReceiverDeps,
  lease: Lease,
  body: Readable,
  declaredEnd: number | undefined,
): Promise<void> {
  const source = sourceOf(body);
  while (lease.upload.received < lease.upload.length && (await source.peek(1)).byteLength > 0) {
    lease.upload.firstByteAt ??= new Date();
    if (lease.upload.received === 0) await look(lease.upload, source, deps.tiff);
    await receivePart(deps, lease, source, declaredEnd ?? 0);
  }
}

/** Sniffs the first bytes; too few of them are left for the finish step. Throws `not_a_photo`. */
async function look(upload: Upload, source: Source, tiff: boolean): Promise<void> {
  const head = await source.peek(Math.min(sniffBytes, upload.length));
  if (head.byteLength >= Math.min(magicBytes, upload.length)) upload.sniffed = await sniff(head, tiff);
}

async function receivePart(deps: ReceiverDeps, lease: Lease, source: Source, declaredEnd: number): Promise<void> {
  const { upload } = lease;
  const range = partAt(upload.length, upload.received);
  await using spool = openSpool(
    join(deps.spoolDir, `${upload.photoId}-${range.part}-${upload.generation}`),
    upload.crc32,
  );
  const cut = new AbortController();
  const atOnce =
    declaredEnd >= range.end
      ? sendNow(deps, lease, range, spool, AbortSignal.any([cut.signal, lease.lost]))
      : undefined;
  atOnce?.catch(() => {});
  await fill(spool, source, range.end - upload.received, lease.lost);
  await spool.end();
  if (upload.received + spool.size === range.end) {
    const part = await settled(deps, lease, range, spool, atOnce);
    await advance(deps, lease, withPart(lease.upload, spool, part));
  } else {
    cut.abort();
    await storeTail(deps, lease, range, spool);
  }
}

async function sendNow(
  deps: ReceiverDeps,
  lease: Lease,
  range: PartRange,
  spool: Spool,
  signal: AbortSignal,
): Promise<Part> {
  const live = spool.follow();
  await ensureMultipart(deps, lease, range);
  return sendPart(deps.objects, lease.upload, range, live, signal);
}

// The first try ran while the bytes came in; what failed is sent again from the spool (250 ms to 2 s between tries).
function settled(
  deps: ReceiverDeps,
  lease: Lease,
  range: PartRange,
  spool: Spool,
  first: Promise<Part> | undefined,
): Promise<Part> {
  return retrying(lease, async (attempt) => {
    if (attempt === 1 && first !== undefined) return first;
    await ensureMultipart(deps, lease, range);
    return sendPart(deps.objects, lease.upload, range, spool.read(), lease.lost);
  });
}

async function storeTail(deps: ReceiverDeps, lease: Lease, range: PartRange, spool: Spool): Promise<void> {
  if (spool.size === 0) return;
  const { upload } = lease;
  const tail = { part: range.part, generation: upload.generation, size: spool.size };
  const contentType = 'application/octet-stream';
  await retrying(lease, () =>
    deps.objects.put({ key: keyOfTail(upload, tail), body: spool.read(), size: spool.size, contentType }),
  );
  const received = upload.received + spool.size;
  await advance(deps, lease, { ...upload, received, crc32: spool.crc32, tails: [...upload.tails, tail] });
}

// The id is committed before the first part: what S3 keeps for us is always in our records.
async function ensureMultipart(deps: ReceiverDeps, lease: Lease, range: PartRange): Promise<void> {
  if (range.whole || lease.upload.multipartId !== null) return;
  const multipartId = await beginMultipart(deps.objects, lease.upload);
  await advance(deps, lease, { ...lease.upload, multipartId });
}

function withPart(upload: Upload, spool: Spool, part: Part): Progress {
  const received = upload.received + spool.size;
  const tails = upload.tails.filter((tail) => tail.part !== part.part || part.size === upload.length);
  return { ...upload, received, crc32: spool.crc32, parts: [...upload.parts, part], tails };
}

async function advance(deps: ReceiverDeps, lease: Lease, to: Progress): Promise<void> {
  if (!(await deps.uploads.advance(lease.upload, to))) throw lockedFault();
  lease.upload = { ...lease.upload, ...to };
}

async function fill(spool: Spool, source: Source, wanted: number, lost: AbortSignal): Promise<void> {
  while (spool.size < wanted) {
    if (lost.aborted) throw lockedFault();
    const chunk = await source.take(wanted - spool.size);
    if (chunk === undefined) return;
    await spool.append(chunk);
  }
}

function retrying<T>(lease: Lease, send: (attempt: number) => Promise<T>): Promise<T> {
  return pRetry(send, {
    retries: 4,
    minTimeout: 250,
    maxTimeout: 2_000,
    signal: lease.lost,
    shouldRetry: ({ error }) => error instanceof Fault && error.kind === 'unavailable',
  });
}
