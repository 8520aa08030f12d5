import { type Database, openDatabase } from '#internal/database/database.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { openCommandLog } from '#internal/log/log.ts';
import { type Objects, openObjects } from '#internal/objects/objects.ts';
import { objectSettings, objectsOptions } from '#internal/objects/settings.ts';
import { compareBucket } from '#internal/recovery/compare.ts';
import type { Finding } from '#internal/recovery/finding.ts';
import { beginEpoch } from '#internal/recovery/restore.ts';
import { findLostEvents } from '#internal/recovery/strays.ts';
import { endVerifications } from '#internal/recovery/verification.ts';
import { type VerifyProgress, verifyEvent } from '#internal/recovery/verify.ts';
import { runLong, type Teller, tellEveryMs, unfinished } from './longrun.ts';

/** Says what to verify, and where to tell of it. */
export interface VerifyOptions extends Teller {
  /** Names one event; all unless told. */
  event: string | undefined;
  json: boolean;
  print: (line: string) => void;
}

interface Tools {
  database: Database;
  objects: Objects;
}

const settings = { ...databaseSettings, ...objectSettings };
// Two at once would write one and the same progress; any constant does, as long as every verification takes it.
const verifyLock = 7_304_115_004;

/**
 * Verifies events against the bucket and the journal. Returns 0 when all is well, 1 for findings, 2 when it could not come
 * to its end: the same command then goes on where it was.
 */
export async function verify(env: Environment, options: VerifyOptions): Promise<number> {
  const config = readSettings(settings, env);
  const run = { target: 'verify', name: 'verification', url: config.DATABASE_URL, poolSize: 4, lock: verifyLock };
  return runLong(options, run, async (database) => {
    await using objects = openObjects(objectsOptions(config));
    return await verifyAll({ database, objects }, options);
  });
}

async function verifyAll(tools: Tools, options: VerifyOptions): Promise<number> {
  const known = await readEvents(tools.database, options.event);
  const lost = await readLost(tools, known, options.event);
  if (known.length + lost.length === 0 && options.event !== undefined) {
    options.tell(`there is no event ${options.event}`);
    return 2;
  }
  let found = 0;
  for (const eventId of known) {
    const deps = {
      ...{ ...tools, signal: options.signal, onProgress: progressTo(options.tell, eventId) },
      onResumed: (photos: number) => options.tell(`event ${eventId}: goes on after ${photos} photos`),
    };
    const findings = await verifyEvent(deps, eventId);
    if (findings === undefined) return unfinished(options, `event ${eventId} is not verified to its end`);
    found += report(options, eventId, findings);
  }
  for (const eventId of lost) found += report(options, eventId, await compareBucket(tools, eventId));
  await endVerifications(tools.database, known);
  return found === 0 ? 0 : 1;
}

async function readEvents(database: Database, event: string | undefined): Promise<string[]> {
  const rows = await database.query<{ eventId: string }>(
    `select event_id as "eventId" from heads where $1::text is null or event_id::text = $1 order by event_id`,
    [event ?? null],
  );
  return rows.map(({ eventId }) => eventId);
}

// An event that began after the point to which the database was put back is in the bucket alone.
async function readLost(
  { database, objects }: Tools,
  known: readonly string[],
  event: string | undefined,
): Promise<string[]> {
  if (event !== undefined && known.length > 0) return [];
  const lost = await findLostEvents(database, objects);
  return lost.filter((eventId) => event === undefined || eventId === event);
}

function report({ print, tell, json }: VerifyOptions, eventId: string, findings: readonly Finding[]): number {
  for (const finding of findings) print(lineOf(eventId, finding, json));
  tell(`event ${eventId}: ${findings.length === 0 ? 'all is well' : `${findings.length} findings`}`);
  return findings.length;
}

/** Begins a new epoch after the database was put back; every client loads anew. */
export async function restore(env: Environment): Promise<string> {
  const { DATABASE_URL } = readSettings(databaseSettings, env);
  await using database = await openDatabase({
    url: DATABASE_URL,
    poolSize: 1,
    log: openCommandLog('restore'),
  });
  const { epoch, stages } = await beginEpoch(database);
  return `epoch ${epoch} begins; ${stages} stages are due anew. Now run: kilat verify`;
}

function progressTo(tell: (line: string) => void, eventId: string) {
  const startedAt = Date.now();
  let toldAt = startedAt;
  let first: number | undefined;
  return ({ photos, bytes, total }: VerifyProgress): void => {
    first ??= photos;
    if (Date.now() - toldAt < tellEveryMs) return;
    toldAt = Date.now();
    const seconds = (toldAt - startedAt) / 1_000;
    const left = ((total - photos) * seconds) / Math.max(1, photos - first);
    tell(
      `event ${eventId}: ${photos} of ${total} photos, ${Math.round(bytes / seconds / 1e6)} MB/s, ${Math.round(left)} s left`,
    );
  };
}

function lineOf(eventId: string, finding: Finding, json: boolean): string {
  if (json) return JSON.stringify({ event_id: eventId, ...finding });
  return `${finding.problem} ${eventId} ${finding.photo_id ?? '-'}: ${finding.detail}`;
}
