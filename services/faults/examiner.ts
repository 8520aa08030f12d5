import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from './ledger.ts';

/** Is a photo that a client was told is stored. */
export interface Acked {
  photoId: string;
  sha256: string;
  size: number;
  good: boolean;
}

/** Is what the examiner found wrong, by photo. */
export interface Findings {
  lost: string[];
  corrupt: string[];
  /** Lists good photos that failed. */
  failed: string[];
  /** Lists what was not settled in time. */
  stuck: string[];
}

/** Examines photos as soon as they are settled, and deletes what it has examined: runs are larger than disks. */
export interface Examiner {
  readonly findings: Findings;
  readonly examined: ReadonlySet<string>;
  /** Counts what waits to be examined, and its bytes. */
  readonly waiting: number;
  readonly waitingBytes: number;
  take(photo: Acked): void;
  /** Waits until all is examined; what is not settled after `ms` is stuck, or lost when it has no row. */
  finish(ms: number): Promise<void>;
}

/** Starts an examiner of one event's photos, whose objects lie in a folder. */
export function startExaminer(ledger: Ledger, eventId: string, bucketFolder: string): Examiner {
  const waiting = new Map<string, Acked>();
  const findings: Findings = { lost: [], corrupt: [], failed: [], stuck: [] };
  const examined = new Set<string>();
  let [waitingBytes, done] = [0, false];

  async function round(): Promise<void> {
    const facts = await ledger.photos(eventId, [...waiting.keys()].slice(0, 2_000));
    for (const { photoId, state } of facts) {
      const photo = waiting.get(photoId);
      if (photo === undefined || (state !== 'ready' && state !== 'failed')) continue;
      waiting.delete(photoId);
      if (state === 'failed' && photo.good) findings.failed.push(photoId);
      await examine(photo);
    }
  }
  async function examine({ photoId, sha256, size }: Acked): Promise<void> {
    const folder = join(bucketFolder, 'e', eventId, photoId);
    const found = await hashOf(join(folder, 'original-1'));
    examined.add(photoId);
    waitingBytes -= size;
    if (found === undefined) findings.lost.push(photoId);
    else if (found !== sha256) findings.corrupt.push(photoId);
    else await rm(folder, { recursive: true, force: true });
  }
  const running = (async () => {
    while (!done) {
      if (waiting.size > 0) await round();
      await sleep(300);
    }
  })();
  return {
    findings,
    examined,
    get waiting() {
      return waiting.size;
    },
    get waitingBytes() {
      return waitingBytes;
    },
    take(photo) {
      waitingBytes += photo.size;
      waiting.set(photo.photoId, photo);
    },
    async finish(ms) {
      for (const deadline = Date.now() + ms; waiting.size > 0 && Date.now() < deadline; ) await sleep(200);
      done = true;
      await running;
      const rows = new Set((await ledger.photos(eventId, [...waiting.keys()])).map(({ photoId }) => photoId));
      for (const photoId of waiting.keys()) (rows.has(photoId) ? findings.stuck : findings.lost).push(photoId);
    },
  };
}

/** Lists stored photos that have no object, of all but those that were examined: also those that no client knows of. */
export async function rowsWithoutObject(
  ledger: Ledger,
  eventId: string,
  bucketFolder: string,
  examined: ReadonlySet<string>,
): Promise<string[]> {
  const stored = (await ledger.stored(eventId)).filter((photoId) => !examined.has(photoId));
  return stored.filter((photoId) => !existsSync(join(bucketFolder, 'e', eventId, photoId, 'original-1')));
}

/** Hashes a file; undefined when it is not there. */
export async function hashOf(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}
