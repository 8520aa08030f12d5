import { notePause } from '#internal/backups/plan.ts';
import type { Database } from '#internal/database/database.ts';
import type { Logger } from '#internal/log/log.ts';
import type { PauseListener } from './pauses.ts';

/** Makes a listener that lets the studio see which places are left alone; what a process before this one noted goes too. */
export function notePauses(database: Database, log: Logger): PauseListener {
  const working = new Set<string>();
  let noted = Promise.resolve();
  return (provider, pause) => {
    if (pause === undefined && working.has(provider)) return;
    if (pause === undefined) working.add(provider);
    else working.delete(provider);
    // One after the other, and nothing rests on it: who copies knows of pauses by itself.
    noted = noted
      .then(() => notePause(database, provider, pause))
      .catch((err) => log.warn({ err, provider }, 'pause not noted'));
  };
}
