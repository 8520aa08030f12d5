import { type Database, openDatabase } from '#internal/database/database.ts';
import { tryLead } from '#internal/database/leader.ts';
import { Fault } from '#internal/fault/fault.ts';
import { openCommandLog } from '#internal/log/log.ts';

/** Is how often a command that takes long tells how far it is, in milliseconds. */
export const tellEveryMs = 2_000;

/** Is where such a command tells of itself, and what stops it. */
export interface Teller {
  signal: AbortSignal;
  tell: (line: string) => void;
}

/** Says what runs: its target in the log, its name in words, its database, and the lock that it alone holds. */
export interface LongRun {
  target: string;
  name: string;
  url: string;
  poolSize: number;
  lock: number;
}

/**
 * Runs a command that may be stopped at any time and goes on where it was; one of its kind at once. Returns what the work
 * does, or 2 when it could not come to its end.
 */
export async function runLong(
  teller: Teller,
  { target, name, url, poolSize, lock }: LongRun,
  work: (database: Database) => Promise<number>,
): Promise<number> {
  const log = openCommandLog(target);
  try {
    await using database = await openDatabase({ url, poolSize, log });
    await using held = await tryLead(url, lock);
    if (held === undefined) return unfinished(teller, `another ${name} is running`);
    return await work(database);
  } catch (err) {
    // Not thrown on: the command would end with 1, which says what it found.
    if (!(err instanceof Fault) && !teller.signal.aborted) log.error({ err }, `${name} broke off`);
    return unfinished(teller, err instanceof Error ? err.message : String(err));
  }
}

/** Tells why a command did not come to its end; answers the status that says so. */
export function unfinished({ tell }: Teller, why: string): number {
  tell(`stopped: ${why}; the same command goes on from here`);
  return 2;
}

/** Makes a teller of progress that speaks every 2 s at most; a line is made of how far it is and of the seconds since the beginning. */
export function paced<T>(tell: (line: string) => void, lineOf: (progress: T, seconds: number) => string) {
  const startedAt = Date.now();
  let toldAt = startedAt;
  return (progress: T): void => {
    if (Date.now() - toldAt < tellEveryMs) return;
    toldAt = Date.now();
    tell(lineOf(progress, (toldAt - startedAt) / 1_000));
  };
}
