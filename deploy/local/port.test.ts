import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, expect, test } from 'vitest';
import { freePort, takePort } from './port.ts';

const module = JSON.stringify(new URL('port.ts', import.meta.url).href);
const children: ChildProcess[] = [];
afterAll(() => void children.map((child) => child.kill('SIGKILL')));

async function otherProcess(code: string): Promise<{ child: ChildProcess; said: string }> {
  const script = `const ports = await import(${module}); ${code}; setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return { child, said: String((await once(child.stdout, 'data'))[0]).trim() };
}

test('a port that one process was given is given to no other before that one has ended', async () => {
  const { child, said } = await otherProcess('console.log(await ports.freePort())');
  const port = Number(said);
  expect(port).toBeGreaterThanOrEqual(20_000);
  expect(await takePort(port)).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await takePort(port)).toBe(true);
});

test('a port is let go when its process ends by itself', async () => {
  const { child, said } = await otherProcess('console.log(await ports.freePort()); process.exit()');
  if (child.exitCode === null) await once(child, 'exit');
  expect(await takePort(Number(said))).toBe(true);
});

test('a port on which something listens is not taken, also when it is ours', async () => {
  const port = await freePort();
  expect(await takePort(port)).toBe(true);
  const code = `const { createServer } = await import('node:net');
    createServer().listen(${port}, '127.0.0.1', () => console.log('listening'))`;
  await otherProcess(code);
  expect(await takePort(port)).toBe(false);
});
