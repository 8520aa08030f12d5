import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended, Loader, Original } from './loader.ts';

/** Says what a stream of photos is made of. */
export interface StreamOptions {
  loader: Loader;
  originals: readonly Original[];
  poison: readonly Original[];
  /** Counts the good photos. */
  photos: number;
  /** Is the share of poison among all files, 0 to 1, besides the good photos. */
  share: number;
  /** Counts the good photos that are stored and not yet rendered, at most. */
  ahead: number;
  random: () => number;
  onEnded: () => void;
}

/** Is what became of a stream: of each of its files, and the time that it took. */
export interface Streamed {
  ended: (Ended & { original: Original; renditions: number })[];
  /** Lists what did not end in time. */
  stuck: Original[];
  minutes: number;
}

const lookEveryMs = 100;
const patienceMs = 300_000;

/** Stores photos so that some of them always wait, poison between them, until all have ended. */
export async function stream(options: StreamOptions): Promise<Streamed> {
  const { loader, photos, ahead } = options;
  const waiting = new Map<string, Original>();
  const result: Streamed = { ended: [], stuck: [], minutes: 0 };
  const startedAt = Date.now();
  let [stored, movedAt] = [0, startedAt];
  while (Date.now() - movedAt < patienceMs) {
    const good = [...waiting.values()].filter((original) => original.good).length;
    for (let more = Math.min(ahead - good, photos - stored); more > 0; more--) {
      stored += 1;
      for (const original of nextOf(options, stored)) waiting.set(await loader.store(original), original);
    }
    if (waiting.size === 0) break;
    await sleep(lookEveryMs);
    for (const ended of await loader.ended([...waiting.keys()])) {
      const original = waiting.get(ended.photoId) as Original;
      result.ended.push({ ...ended, original, renditions: await loader.remove(ended.photoId) });
      waiting.delete(ended.photoId);
      movedAt = Date.now();
      if (original.good) options.onEnded();
    }
  }
  return { ...result, stuck: [...waiting.values()], minutes: (Date.now() - startedAt) / 60_000 };
}

// A good photo, and before it a poison now and then, so often that poison has its share of all.
function nextOf({ originals, poison, share, random }: StreamOptions, number: number): Original[] {
  const good = originals[number % originals.length];
  const bad = random() < share / (1 - share) ? poison[Math.floor(random() * poison.length)] : undefined;
  return [bad, good].filter((original) => original !== undefined);
}
