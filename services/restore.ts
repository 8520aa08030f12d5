import type { Database } from '#internal/database/database.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { createJournal } from '#internal/journal/journal.ts';
import { type Objects, openObjects } from '#internal/objects/objects.ts';
import { objectSettings, objectsOptions } from '#internal/objects/settings.ts';
import { retryPhoto } from '#internal/photos/retry.ts';
import { placeSettings } from './backup/config.ts';
import { openProviders } from './backup/providers/open.ts';
import type { Provider } from './backup/providers/provider.ts';
import { readProviders } from './backup/providers/settings.ts';
import { readMissing } from './backup/restorable.ts';
import { type NotRestored, type RestoreProgress, type RestoreResult, restoreEvent } from './backup/restorer.ts';
import { paced, runLong, type Teller, unfinished } from './longrun.ts';

/** Says what to restore, and where to tell of it. */
export interface RestoreOptions extends Teller {
  event: string;
  /** Names the only provider to ask; all in their order unless told. */
  from: string | undefined;
  json: boolean;
  print: (line: string) => void;
}

interface Tools {
  database: Database;
  objects: Objects;
  providers: readonly Provider[];
}

const settings = { ...databaseSettings, ...objectSettings, ...placeSettings };
// Two at once would fetch everything twice; any constant does, as long as every restore takes it.
const restoreLock = 7_304_115_007;

/**
 * Brings an event's originals back from its second copies. Returns 0 when all are there, 1 when some have no good copy,
 * which it names, 2 when it could not come to its end: the same command then goes on where it was.
 */
export async function restoreFromBackup(env: Environment, options: RestoreOptions): Promise<number> {
  const config = readSettings(settings, env);
  await using opened = openProviders(readProviders(config.BACKUP_PROVIDERS, env));
  const providers = [...opened.providers.values()].filter(({ name }) => (options.from ?? name) === name);
  if (providers.length === 0) return unfinished(options, 'there is no such provider in BACKUP_PROVIDERS');
  const long = { target: 'restore', name: 'restore', url: config.DATABASE_URL, poolSize: 6, lock: restoreLock };
  return runLong(options, long, async (database) => {
    await using objects = openObjects(objectsOptions(config));
    return await run({ database, objects, providers }, options);
  });
}

async function run(tools: Tools, options: RestoreOptions): Promise<number> {
  const { event: eventId, signal, tell } = options;
  if (!(await isThere(tools.database, eventId))) {
    tell(`there is no event ${eventId}`);
    return 2;
  }
  // Objects that do not come because their bucket is not there would look as if each were lost.
  const trouble = await tools.objects.probe();
  if (trouble !== undefined) return unfinished(options, `${trouble}: make it first`);
  const result = await restoreEvent({ ...tools, signal, onProgress: progressTo(tell) }, eventId);
  if (result === undefined) return unfinished(options, `event ${eventId} is not restored to its end`);
  await retryMissing(tools.database, eventId, result.lost);
  return report(options, result);
}

async function isThere(database: Database, eventId: string): Promise<boolean> {
  const rows = await database.query('select 1 as one from events where event_id::text = $1', [eventId]);
  return rows.length > 0;
}

// What failed for want of its original has it again.
async function retryMissing(database: Database, eventId: string, lost: readonly NotRestored[]): Promise<void> {
  const journal = createJournal(database, () => {});
  const still = new Set(lost.map(({ photo_id }) => photo_id));
  for (const photoId of await readMissing(database, eventId))
    if (!still.has(photoId)) await retryPhoto(journal, eventId, photoId);
}

function report({ event, print, tell, json }: RestoreOptions, { lost, restored, present }: RestoreResult): number {
  for (const one of lost) {
    const { photo_id, problem } = one;
    print(json ? JSON.stringify({ event_id: event, ...one }) : `${problem} ${event} ${photo_id}`);
  }
  tell(
    `event ${event}: ${restored} originals restored and proved, ${present} were there, ${lost.length} have no good copy`,
  );
  tell(`Now run: kilat rerender --event=${event}, then kilat verify --event=${event}`);
  return lost.length === 0 ? 0 : 1;
}

function progressTo(tell: (line: string) => void) {
  return paced(tell, ({ present, restored, bytes, total }: RestoreProgress, seconds) => {
    const left = Math.round(((total - present - restored) * seconds) / Math.max(1, present + restored));
    return `${present + restored} of ${total} originals, ${(bytes / seconds / 1e6).toFixed(1)} MB/s, ${left} s left`;
  });
}
