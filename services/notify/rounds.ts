import type { Logger } from '#internal/log/log.ts';
import { type Context, pause } from '#internal/process/context.ts';
import { askAddresses, forgetOld, warnOfLinks } from './calendar.ts';
import { tellNews } from './news.ts';
import { type SecretaryDeps, writeDue } from './secretary.ts';
import { giveUp } from './store.ts';

const slowMs = 60_000;

/** Is what the rounds need; without mail nobody is written to. */
export interface RoundDeps extends SecretaryDeps {
  mail: boolean;
  pushRestMinutes: number;
  pollMs: number;
  log: Logger;
}

/** Makes due what the clock makes due, and each minute what can wait, until ctx is cancelled. */
export async function keepTime(ctx: Context, deps: RoundDeps): Promise<void> {
  for (let slowAt = 0; !ctx.cancelled; ) {
    const slow = Date.now() - slowAt >= slowMs;
    if (slow) slowAt = Date.now();
    try {
      if (deps.mail) await write(deps, slow);
      await tellNews(deps.database, deps.pushRestMinutes);
      if (slow) await tidy(deps);
    } catch (err) {
      deps.log.warn({ err }, 'round interrupted');
    }
    await pause(ctx, deps.pollMs);
  }
}

async function write(deps: RoundDeps, slow: boolean): Promise<void> {
  await askAddresses(deps);
  await writeDue(deps);
  if (slow) await warnOfLinks(deps);
}

async function tidy({ database }: RoundDeps): Promise<void> {
  await giveUp(database);
  await forgetOld(database);
}
