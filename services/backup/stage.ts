import type { Due } from '@kilat/contract';
import type { CopyRow, CopyStore, Hold } from '#internal/backups/copies.ts';
import { readWanted } from '#internal/backups/plan.ts';
import type { Database } from '#internal/database/database.ts';
import { Fault } from '#internal/fault/fault.ts';
import type { Journal } from '#internal/journal/journal.ts';
import type { Logger } from '#internal/log/log.ts';
import type { Objects } from '#internal/objects/objects.ts';
import { jittered, mostAttempts, outcomeOf } from '#internal/stages/outcome.ts';
import type { Claim, StageStore } from '#internal/stages/store.ts';
import { makeCopy, type Proved, SourceFailure } from './copier.ts';
import { holding } from './holding.ts';
import type { Pauses } from './pauses.ts';
import type { Provider } from './providers/provider.ts';
import { settle } from './settle.ts';
import { type PhotoFacts, readFacts } from './source.ts';

/** Is what backing up needs. */
export interface BackupDeps {
  database: Database;
  journal: Journal;
  objects: Objects;
  copies: CopyStore;
  stages: StageStore;
  providers: ReadonlyMap<string, Provider>;
  pauses: Pauses;
  log: Logger;
  idleMs: number;
  /** Is told of each copy that was made. */
  onCopied: (provider: string, bytes: number, seconds: number) => void;
  /** Is told of each copy that is not what was sent. */
  onLost: (provider: string, found: 'missing' | 'damaged') => void;
}

// Those who meet a pause come back one after the other when it is over, and are called earlier once something worked.
const parkedApartMs = 25;
const longestParkedMs = 600_000;
const calledAtOnce = 50;

/** Makes what target backup does for a photo: a copy at each provider that is wanted, then one entry that says so. */
export function createStage(deps: BackupDeps) {
  // Also those that a process before this one put off are called.
  const parked = new Map([...deps.providers.keys()].map((name) => [name, 0]));
  return {
    attempt: ({ due }: Claim, signal: AbortSignal) => backUp({ ...deps, parked }, due, signal),
    // The photo itself is well: what failed stands in its stage and in its copies.
    fail: (due: Due, failure: Parameters<typeof settle.failed>[2]) => settle.failed(deps, due, failure),
  };
}

type Parts = BackupDeps & { parked: Map<string, number> };

async function backUp(parts: Parts, due: Due, signal: AbortSignal): Promise<void> {
  const { event_id: eventId, photo_id: photoId } = due;
  const facts = await readFacts(parts.database, eventId, photoId);
  if (facts === undefined) return settle.nothing(parts, due);
  const wanted = await readWanted(parts.database, eventId);
  const rows = await openCopies(parts, { eventId, photoId }, facts, wanted);
  const tries = await Promise.allSettled(
    rows.filter(({ state }) => state === 'due').map((row) => tryCopy(parts, row, facts, signal)),
  );
  const failure = tries.find((one) => one.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  await settle.photo(parts, due, facts.version, wanted);
}

// All settled and one failed, and yet it is due: a person wants another try.
async function openCopies(
  { copies }: Parts,
  { eventId, photoId }: { eventId: string; photoId: string },
  { version }: PhotoFacts,
  wanted: readonly string[],
): Promise<CopyRow[]> {
  const rows = await copies.open(eventId, photoId, version, wanted);
  const isRetried = rows.some(({ state }) => state === 'failed') && rows.every(({ state }) => state !== 'due');
  if (!isRetried) return rows;
  await copies.reopen(eventId, photoId, version);
  return copies.open(eventId, photoId, version, wanted);
}

/** Tries one copy. Throws only what is wrong with the original or its storage: that concerns all providers. */
async function tryCopy(parts: Parts, row: CopyRow, facts: PhotoFacts, signal: AbortSignal): Promise<void> {
  const provider = parts.providers.get(row.provider);
  if (provider === undefined || row.waitMs > 0) return;
  const pause = parts.pauses.of(row.provider);
  if (pause !== undefined) {
    const before = parts.parked.get(row.provider) ?? 0;
    parts.parked.set(row.provider, before + 1);
    const ms = Math.min(longestParkedMs, pause.leftMs + before * parkedApartMs);
    return parts.copies.park(row, { ...pause, ms: ms + jittered(1_000) });
  }
  const hold = await parts.copies.hold(row, 'due');
  if (hold === undefined) return;
  await holding(parts.copies, hold, signal, (held) => copyOnce(parts, { provider, hold, facts }, held));
}

async function copyOnce(
  parts: Parts,
  { provider, hold, facts }: { provider: Provider; hold: Hold; facts: PhotoFacts },
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  try {
    // Attempts that ended with their process had no outcome: they count here.
    if (hold.attempts > mostAttempts) throw new Fault('internal', 'The copy never came to an end.');
    const reserve = async (address: string) => {
      if (!(await parts.copies.reserve(hold, address))) throw new Error('the copy is no longer ours');
    };
    const proved = await makeCopy({ ...parts, provider, facts, reserve }, hold, signal);
    await copied(parts, hold, proved);
    parts.onCopied(provider.name, proved.bytes, (performance.now() - startedAt) / 1_000);
  } catch (err) {
    await notCopied(parts, hold, err);
  }
}

async function copied({ copies, pauses, parked, log }: Parts, hold: Hold, proved: Proved): Promise<void> {
  const { photoId: photo_id, eventId: event_id, provider } = hold;
  if (!(await copies.done(hold, proved))) return;
  log.info({ photo_id, event_id, provider, size: proved.bytes }, 'photo copied');
  pauses.loosen(provider);
  if (!parked.has(provider)) return;
  if ((await copies.unpark(provider, calledAtOnce)) === 0) parked.delete(provider);
}

async function notCopied({ copies, pauses, log }: Parts, hold: Hold, thrown: unknown): Promise<void> {
  const { photoId: photo_id, eventId: event_id, provider, attempts } = hold;
  if (thrown instanceof SourceFailure) {
    const { message: error, class: failureClass = 'server' } = thrown.cause;
    await copies.postpone(hold, { ms: 1_000, class: failureClass, error, isFree: true });
    throw thrown.cause;
  }
  const outcome = outcomeOf(thrown, attempts);
  log.warn({ err: thrown, photo_id, event_id, provider, outcome: outcome.state }, 'copy not made');
  if (outcome.state === 'paused') {
    const retryAfter = thrown instanceof Fault ? thrown.retryAfter : undefined;
    const ms = pauses.pull(provider, { ...outcome, retryAfter });
    await copies.postpone(hold, { ms, class: outcome.class, error: outcome.error, isFree: true });
  } else if (outcome.state === 'failed') await copies.fail(hold, outcome);
  else {
    const {
      inMs: ms,
      class: failureClass,
      error,
    } = outcome.state === 'due' ? outcome : ({ inMs: 1_000, class: 'unknown', error: 'Another one made it.' } as const);
    await copies.postpone(hold, { ms: jittered(ms), class: failureClass, error, isFree: false });
  }
}
