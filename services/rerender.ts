import type { RenditionName } from '@kilat/contract';
import type { Database } from '#internal/database/database.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { contextOf, pause } from '#internal/process/context.ts';
import * as backfill from '#internal/stages/backfill.ts';
import { runLong, type Teller, tellEveryMs, unfinished } from './longrun.ts';

/** Says what to render anew, and where to tell of it. */
export interface RerenderOptions extends Teller {
  /** Names one event; all unless told. */
  event: string | undefined;
  /** Takes only photos that lack this rendition and should have it. */
  missing: RenditionName | undefined;
  /** Takes photos that failed too. */
  failed: boolean;
  json: boolean;
  print: (line: string) => void;
}

// Two at once would set and count the same photos; any constant does, as long as every re-rendering takes it.
const rerenderLock = 7_304_115_005;
const pollMs = 500;
const batch = 100;
// Enough to keep every worker busy until the next look, few enough that what is newly stored never queues behind it.
const mostUnsettled = 500;

/**
 * Renders photos anew in the bulk lane and watches until all are settled. Returns 0 when all are rendered, 1 when some
 * failed, which it names, 2 when it was stopped: what is set goes on by itself, and the same command sets the rest.
 */
export async function rerender(env: Environment, options: RerenderOptions): Promise<number> {
  const { DATABASE_URL } = readSettings(databaseSettings, env);
  const long = { target: 'rerender', name: 're-rendering', url: DATABASE_URL, poolSize: 2, lock: rerenderLock };
  return runLong(options, long, (database) => run(database, options));
}

async function run(database: Database, options: RerenderOptions): Promise<number> {
  const { event: eventId, missing, failed, tell, signal } = options;
  const events = await backfill.readEvents(database, eventId);
  if (eventId !== undefined && events.length === 0) {
    tell(`there is no event ${eventId}`);
    return 2;
  }
  const begun = await backfill.beginRun(database, { eventId, missing, failed });
  if (begun.set > 0) tell(`goes on after ${begun.set} photos that were set before`);
  const setter = createSetter(database, begun, events);
  const progress = createProgress(tell, begun.set + (await backfill.countWanted(database, begun)));
  const ctx = contextOf(signal);
  while (!ctx.cancelled) {
    const unsettled = await backfill.countUnsettled(database, begun);
    progress(setter.set - unsettled);
    if (setter.isOver && unsettled === 0) return end(database, begun, setter.set, options);
    if (setter.isOver || unsettled + batch > mostUnsettled) await pause(ctx, pollMs);
    else await setter.setNext();
  }
  return unfinished(options, `${setter.set} photos are set and go on`);
}

/** Sets a run's photos due, event by event, batch by batch. */
function createSetter(database: Database, begun: backfill.Run, events: readonly string[]) {
  const left = [...events];
  let { set } = begun;
  let before: number | undefined = Number.MAX_SAFE_INTEGER;
  return {
    get set(): number {
      return set;
    },
    get isOver(): boolean {
      return left.length === 0;
    },
    async setNext(): Promise<void> {
      const [eventId = ''] = left;
      const at: number = before ?? Number.MAX_SAFE_INTEGER;
      const done = await backfill.setDue(database, begun, eventId, { before: at, limit: batch });
      set += done.set;
      before = done.before;
      if (before === undefined) left.shift();
    },
  };
}

async function end(database: Database, begun: backfill.Run, set: number, options: RerenderOptions): Promise<number> {
  const failed = await backfill.readFailed(database, begun);
  for (const one of failed) options.print(options.json ? JSON.stringify(one) : lineOf(one));
  await backfill.endRun(database, begun);
  options.tell(
    `${set - failed.length} of ${set} photos rendered${failed.length > 0 ? `, ${failed.length} failed` : ''}`,
  );
  return failed.length === 0 ? 0 : 1;
}

function lineOf({ event_id, photo_id, class: failureClass, error }: backfill.Failed): string {
  return `failed ${event_id} ${photo_id}: ${failureClass}: ${error}`;
}

/** Tells every 2 s how many photos are settled, how many a second, and how long the rest takes. */
function createProgress(tell: (line: string) => void, total: number) {
  const startedAt = Date.now();
  let [toldAt, first] = [0, -1];
  return (settled: number): void => {
    if (first < 0) first = settled;
    if (Date.now() - toldAt < tellEveryMs) return;
    toldAt = Date.now();
    const perSecond = (settled - first) / Math.max(1, (toldAt - startedAt) / 1_000);
    const left = perSecond > 0 ? `, ${Math.round((total - settled) / perSecond)} s left` : '';
    tell(`${settled} of ${Math.max(total, settled)} photos, ${perSecond.toFixed(1)}/s${left}`);
  };
}
