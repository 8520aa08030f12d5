import { expect, test } from 'vitest';
import { durableOnDisk } from './durable.ts';

const bucketFolder = '/b';

function recorder() {
  const synced: string[] = [];
  const waiting: (() => void)[] = [];
  const made = new Map<string, number>();
  let held = false;
  const sync = async (path: string) => {
    synced.push(path);
    if (held) await new Promise<void>((resolve) => waiting.push(resolve));
    return `${path} ${made.get(path) ?? 0}`;
  };
  return {
    synced,
    sync,
    /** Lets another folder of the same name take a folder's place. */
    makeAgain: (path: string) => made.set(path, (made.get(path) ?? 0) + 1),
    hold: () => {
      held = true;
    },
    letGo: () => {
      held = false;
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
}

test('syncs the object first, then each folder up to the bucket, and the way to known folders never again', async () => {
  const { synced, sync } = recorder();
  const durable = durableOnDisk({ bucketFolder }, sync);
  await durable.settle('e/event/one/original-1');
  expect(synced.splice(0)).toEqual(['/b/e/event/one/original-1', '/b/e/event/one', '/b/e/event', '/b/e', '/b']);
  await durable.settle('e/event/two/original-1');
  expect(synced.splice(0)).toEqual(['/b/e/event/two/original-1', '/b/e/event/two', '/b/e/event']);
  await durable.settle('e/event/two/small-1.webp');
  expect(synced).toEqual(['/b/e/event/two/small-1.webp', '/b/e/event/two']);
});

test('syncs the way to a folder again that was removed while it was empty, and made again', async () => {
  const { synced, sync, makeAgain } = recorder();
  const durable = durableOnDisk({ bucketFolder }, sync);
  await durable.settle('e/event/one/original-1');
  for (const folder of ['/b/e', '/b/e/event']) makeAgain(folder);
  synced.length = 0;
  await durable.settle('e/event/two/original-1');
  expect(synced).toEqual(['/b/e/event/two/original-1', '/b/e/event/two', '/b/e/event', '/b/e', '/b']);
});

test('shares the sync of a folder among those who wait for it, and begins it after they came', async () => {
  const { synced, sync, hold, letGo } = recorder();
  const durable = durableOnDisk({ bucketFolder }, sync);
  await durable.settle('e/event/first/a');
  synced.length = 0;
  hold();
  const settling = Array.from({ length: 10 }, (_, n) => durable.settle(`e/event/p${n}/a`));
  letGo();
  await Promise.all(settling);
  const event = synced.filter((path) => path === '/b/e/event').length;
  expect(event).toBeGreaterThanOrEqual(1);
  expect(event).toBeLessThanOrEqual(3);
});

test('says so when an object is not there', async () => {
  const durable = durableOnDisk({ bucketFolder: '/nowhere' });
  await expect(durable.settle('e/event/photo/original-1')).rejects.toThrow('ENOENT');
});
