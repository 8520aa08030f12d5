import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../deploy/local/temporary.ts';
import { openSpool } from './spool.ts';

test('a spool file that cannot be removed does not hide why its request failed', async () => {
  const path = join(temporaryFolder(), 'spool');
  const failing = async () => {
    await using spool = openSpool(path, 0);
    await spool.append(Buffer.from('bytes'));
    await spool.end();
    rmSync(path);
    mkdirSync(path);
    writeFileSync(join(path, 'in the way'), '');
    throw new Error('the reason');
  };
  await expect(failing()).rejects.toThrow('the reason');
});
