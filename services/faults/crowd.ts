import { setTimeout as sleep } from 'node:timers/promises';
import { createCamera, realPhotos, type Shot } from './camera.ts';
import type { Examiner } from './examiner.ts';
import { type Desk, sendStubbornly } from './photographer.ts';
import type { RunOptions } from './run.ts';

// Originals and renditions of what waits to be examined, with room for spools: under 5 GB.
const mostWaitingBytes = 3e9;
// So many are settled within the minutes that settling may take, on a machine of two cores.
const mostWaiting = 800;

/** Counts how far the photographers are; `resent` are bytes sent beyond each photo's own. */
export interface Progress {
  done: number;
  acked: number;
  refused: number;
  givenUp: number;
  resent: number;
}

/** Lets all photographers send until all files are sent; they wait while too much waits to be examined. */
export async function sendAll(
  options: RunOptions,
  desk: Desk,
  random: () => number,
  progress: Progress,
  examiner: Examiner,
): Promise<void> {
  const camera = await createCamera(random, { width: 320, height: 240 });
  const extra = await realPhotos(process.env.KILAT_TEST_PHOTOS);
  const [least, most] = options.sizes;
  let left = options.uploads;
  const next = (): Shot | undefined => {
    if (left <= 0) return undefined;
    left -= 1;
    const real = extra.pop();
    if (real !== undefined) return real;
    return random() < options.poison ? camera.poison() : camera.shoot(Math.floor(least * (most / least) ** random()));
  };
  const photographer = async (client: number) => {
    for (let shot = next(); shot !== undefined; shot = next()) {
      while (examiner.waiting > mostWaiting || examiner.waitingBytes > mostWaitingBytes) await sleep(100);
      const { sha256, good, bytes } = shot;
      const told = await sendStubbornly(desk, client, shot);
      progress.done += 1;
      if (told.stored) examiner.take({ photoId: told.photoId, sha256, good, size: bytes.length });
      if (told.stored) progress.acked += 1;
      else if (!good) progress.refused += 1;
      else progress.givenUp += 1;
    }
  };
  await Promise.all(Array.from({ length: options.clients }, (_, client) => photographer(client)));
}

/** Says how far a run is. */
export function progressLine(
  { done, acked, givenUp }: Progress,
  examiner: Examiner,
  { uploads }: Pick<RunOptions, 'uploads'>,
): string {
  return `${done} of ${uploads}: ${acked} stored, ${examiner.examined.size} examined, ${givenUp} given up`;
}
