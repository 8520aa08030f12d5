import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive } from './lock.ts';
import { execute } from './program.ts';
import { startInstallation, temporaryFolder } from './testing.ts';

test('a second start finds the secret and the address again, and the first leaves nothing running', async () => {
  const dataDir = temporaryFolder();
  const first = await startInstallation({ dataDir });
  const port = Number(new URL(first.origin).port);
  expect(statSync(join(dataDir, 'instance.json')).mode & 0o777).toBe(0o600);
  const children = await childrenOf(first.pid);
  expect(children.length).toBeGreaterThanOrEqual(5);
  await first.stop();
  expect(children.filter(isAlive)).toEqual([]);
  expect(existsSync(join(dataDir, 'lock'))).toBe(false);

  await using second = await startInstallation({ dataDir, port });
  expect(second.origin).toBe(first.origin);
  expect(second.signInLink).not.toBe(first.signInLink);
});

test('every process that is killed comes back, and the supervisor takes all with it when it is killed', async () => {
  const installation = await startInstallation();
  const before = await childrenOf(installation.pid);
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await expect.poll(() => statusOf(`${installation.origin}/api/session`)).toBe(503);
  await expect.poll(() => statusOf(`${installation.origin}/api/session`)).toBe(200);
  await expect.poll(async () => (await childrenOf(installation.pid)).length).toBe(before.length);

  const after = await childrenOf(installation.pid);
  process.kill(installation.pid, 'SIGKILL');
  await expect.poll(() => after.filter(isAlive)).toEqual([]);
});

async function childrenOf(pid: number): Promise<number[]> {
  const listing = await execute(['ps', '-o', 'pid=,ppid=,stat=', '-A']);
  const rows = listing
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows
    .filter(([, parent, stat]) => Number(parent) === pid && !stat?.startsWith('Z'))
    .map(([child]) => Number(child));
}

async function statusOf(url: string): Promise<number> {
  return await fetch(url).then((response) => response.status);
}
