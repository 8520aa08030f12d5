import type { Logger } from '#internal/log/log.ts';
import { type Context, pause } from '#internal/process/context.ts';
import { askAddresses, forgetOld, warnOfLinks } from './calendar.ts';
import { tellNews } from './news.ts';
import { type SecretaryDeps, writeDue } from './secretary.ts';
import { giveUp } from './store.ts';

const roundMs = 1_000;
const slowRounds = 60;

/** Is what the rounds need; without mail nobody is written to. */
export interface RoundDeps extends SecretaryDeps {
  mail: boolean;
  pushRestMinutes: number;
  log: Logger;
}

/** Makes due what the clock makes due, every second, and what can wait every minute, until ctx is cancelled. */
export async function keepTime(ctx: Context, deps: RoundDeps): Promise<void> {
  for (let n = 0; !ctx.cancelled; n++) {
    try {
      if (deps.mail) await write(deps, n);
      await tellNews(deps.database, deps.pushRestMinutes);
      if (n % slowRounds === 0) await giveUp(deps.database);
      if (n % slowRounds === 0) await forgetOld(deps.database);
    } catch (err) {
      deps.log.warn({ err }, 'round interrupted');
    }
    await pause(ctx, roundMs);
  }
}

async function write(deps: RoundDeps, round: number): Promise<void> {
  await askAddresses(deps);
  await writeDue(deps);
  if (round % slowRounds === 0) await warnOfLinks(deps);
}
