import { maxJobFiles } from '@kilat/contract';
import { type Announced, type Announcer, createAnnouncer } from './announce.ts';
import { sha256Of } from './hash.ts';
import { type Item, manifestOf, refuseAtOnce, waitingFor } from './item.ts';
import type { Reading } from './reading.ts';
import { sliceSize } from './slices.ts';

/** Is what taking files in needs of whoever lists them. */
export interface IntakeDeps {
  eventId: string;
  reading: Reading;
  /** Tells whether a file is still wanted. */
  isListed(item: Item): boolean;
  fail(item: Item, code: string | undefined, detail: string): void;
  /** Is told what came of announcing a file. */
  begin(item: Item, outcome: Announced, jobId: string | undefined): void;
}

/** Takes files in: hashes one after the other and announces them in slices, while the first are on their way already. */
export function createIntake({ eventId, reading, isListed, fail, begin }: IntakeDeps) {
  /** Hashes a file; a file that has gone, or whose card was pulled, fails here and not in silence. */
  async function check(item: Item): Promise<boolean> {
    try {
      item.sha256 = await reading.patiently(() => sha256Of(item.file));
      return isListed(item);
    } catch {
      fail(item, 'unreadable', '');
      return false;
    }
  }
  async function announce(announcer: Announcer, slice: readonly Item[]): Promise<void> {
    for (const item of slice) item.state = 'waiting';
    try {
      const outcomes = await announcer.announce(slice.map(manifestOf));
      for (const [at, item] of slice.entries()) if (outcomes[at]) begin(item, outcomes[at], announcer.jobId);
    } catch (error) {
      for (const item of slice) fail(item, undefined, error instanceof Error ? error.message : String(error));
    }
  }
  function announcerOf(slice: () => readonly Item[], total: number): Announcer {
    return createAnnouncer(eventId, total, (seconds, { status }) => {
      for (const item of slice()) item.note = waitingFor(status, seconds);
    });
  }
  async function takeInJob(listed: readonly Item[]): Promise<void> {
    for (const item of listed) refuseAtOnce(item, fail);
    let slice: Item[] = [];
    let announced = 0;
    // What cannot be announced counts too: its card is not all here.
    const announcer = announcerOf(() => slice, listed.length);
    const good = listed.filter(({ state }) => state !== 'failed');
    for (const [at, item] of good.entries()) {
      if (item.sha256 !== undefined || (await check(item))) slice.push(item);
      if (slice.length === 0 || (slice.length < sliceSize(announced) && at < good.length - 1)) continue;
      await announce(announcer, slice);
      announced += slice.length;
      slice = [];
    }
  }
  return {
    /** Announces files, as one job unless they are more than a job may have. */
    async takeIn(listed: readonly Item[]): Promise<void> {
      for (let at = 0; at < listed.length; at += maxJobFiles) await takeInJob(listed.slice(at, at + maxJobFiles));
    },
  };
}
