import { openDatabase } from '#internal/database/database.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { openLog } from '#internal/log/log.ts';
import { openObjects } from '#internal/objects/objects.ts';
import { objectSettings, objectsOptions } from '#internal/objects/settings.ts';
import { beginEpoch } from '#internal/recovery/restore.ts';
import { type Finding, type VerifyProgress, verifyEvent } from '#internal/recovery/verify.ts';

/** Says what to verify, and where to tell of it. */
export interface VerifyOptions {
  /** Names one event; all unless told. */
  event: string | undefined;
  json: boolean;
  signal: AbortSignal;
  print: (line: string) => void;
  tell: (line: string) => void;
}

const settings = { ...databaseSettings, ...objectSettings };
const tellEveryMs = 2_000;

/** Verifies events against the bucket and the journal. Returns 0 when all is well, 1 for findings, 2 when it was stopped. */
export async function verify(env: Environment, options: VerifyOptions): Promise<number> {
  const config = readSettings(settings, env);
  const log = openLog({ level: 'warn', target: 'verify' });
  await using database = await openDatabase({ url: config.DATABASE_URL, poolSize: 4, log });
  await using objects = openObjects(objectsOptions(config));
  const events = await database.query<{ eventId: string }>(
    `select event_id as "eventId" from heads where $1::uuid is null or event_id = $1 order by event_id`,
    [options.event ?? null],
  );
  if (events.length === 0 && options.event !== undefined) throw new Error(`there is no event ${options.event}`);
  let found = 0;
  for (const { eventId } of events) {
    const onProgress = progressTo(options.tell, eventId);
    const findings = await verifyEvent({ database, objects, signal: options.signal, onProgress }, eventId);
    if (findings === undefined) {
      options.tell(`stopped in event ${eventId}: the same command goes on there`);
      return 2;
    }
    found += findings.length;
    for (const finding of findings) options.print(lineOf(eventId, finding, options.json));
    options.tell(`event ${eventId}: ${findings.length === 0 ? 'all is well' : `${findings.length} findings`}`);
  }
  return found === 0 ? 0 : 1;
}

/** Begins a new epoch after the database was put back; every client loads anew. */
export async function restore(env: Environment): Promise<string> {
  const { DATABASE_URL } = readSettings(databaseSettings, env);
  await using database = await openDatabase({
    url: DATABASE_URL,
    poolSize: 1,
    log: openLog({ level: 'warn', target: 'restore' }),
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
