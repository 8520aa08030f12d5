import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../deploy/local/temporary.ts';
import { removeLeft } from './tidy.ts';

test('removes the files of killed processes and leaves those of running requests alone', async () => {
  const folder = temporaryFolder();
  const now = Date.now() / 1_000;
  for (const [name, seconds] of Object.entries({ left: now - 7_200, running: now })) {
    writeFileSync(join(folder, name), 'bytes');
    utimesSync(join(folder, name), seconds, seconds);
  }
  mkdirSync(join(folder, 'folder'));
  utimesSync(join(folder, 'folder'), now - 7_200, now - 7_200);
  expect(await removeLeft(folder, Date.now() - 3_600_000)).toBe(1);
  expect(readdirSync(folder).sort()).toEqual(['folder', 'running']);
});
