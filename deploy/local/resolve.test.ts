import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { type Binary, resolveBinary } from './resolve.ts';
import { temporaryFolder } from './temporary.ts';
import { isAtLeast } from './version.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
  vi.stubEnv('XDG_CACHE_HOME', folder);
  return () => vi.unstubAllEnvs();
});

test('brings a binary once, however many ask for it at a time', async () => {
  let brought = 0;
  const bring = async (into: string) => {
    brought++;
    return program(into, 'server', '9.9.9');
  };
  const paths = await Promise.all([resolveBinary(binary({ bring })), resolveBinary(binary({ bring }))]);
  expect(new Set(paths)).toEqual(new Set([join(folder, 'kilat', 'bin', 'server-9.9.9')]));
  expect(await resolveBinary(binary({ bring }))).toBe(paths[0]);
  expect(brought).toBe(1);
});

test('leaves nothing half-made when bringing fails, and names the ways out', async () => {
  const bring = async (into: string) => {
    program(into, 'server', '9.9.9');
    throw new Error('no network');
  };
  await expect(resolveBinary(binary({ bring }))).rejects.toThrow('Set SERVER_URL.');
  expect(readdirSync(join(folder, 'kilat', 'bin'))).toEqual([]);
});

const versions: { name: string; version: string; taken: boolean }[] = [
  { name: 'takes one from PATH that is new enough', version: '2.11.0', taken: true },
  { name: 'refuses one from PATH that is too old', version: '2.9.10', taken: false },
];
test.each(versions)('$name', async ({ version, taken }) => {
  const path = program(join(folder, 'path'), 'server', version);
  vi.stubEnv('PATH', `${join(folder, 'path')}:${process.env.PATH}`);
  const resolved = await resolveBinary(binary({ bring: async (into) => program(into, 'server', '9.9.9') }));
  expect(resolved === path).toBe(taken);
});

const comparisons = [
  { version: '2.11', minimum: '2.11', want: true },
  { version: '2.15.2', minimum: '2.11', want: true },
  { version: '2.9.10', minimum: '2.11', want: false },
  { version: '7', minimum: '6.2', want: true },
  { version: '6.1.9', minimum: '6.2', want: false },
];
test.each(comparisons)('$version is at least $minimum: $want', ({ version, minimum, want }) => {
  expect(isAtLeast(version, minimum)).toBe(want);
});

function binary(parts: Pick<Binary, 'bring'>): Binary {
  const waysOut = 'Set SERVER_URL.';
  return { name: 'server', version: '9.9.9', minimum: '2.11', programs: ['server'], waysOut, ...parts };
}

function program(into: string, name: string, version: string): string {
  mkdirSync(into, { recursive: true });
  const file = join(into, name);
  writeFileSync(file, `#!/bin/sh\necho "${name}: v${version}"\n`);
  chmodSync(file, 0o755);
  return file;
}
