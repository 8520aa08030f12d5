import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, expect, test, vi } from 'vitest';
import { archiveOr } from './archive.ts';
import { firstOf } from './bring.ts';
import { findGo } from './go.ts';
import { execute } from './program.ts';
import { temporaryFolder } from './temporary.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
  return () => vi.unstubAllEnvs();
});

const quiet = () => {};
const elsewhere = async () => 'built';

test('goes to the next way when one does not do, and says why', async () => {
  const told: string[] = [];
  const refused = async () => Promise.reject(new Error('Go is not on PATH.'));
  expect(await firstOf([refused, elsewhere])(folder, (line) => told.push(line))).toBe('built');
  expect(told).toEqual(['Go is not on PATH.']);
  await expect(firstOf([refused, refused])(folder, quiet)).rejects.toThrow('Go is not on PATH.\nGo is not on PATH.');
});

test('takes a program out of the archive that is named, however deep it lies', async () => {
  const { url, sha256 } = await archive('a release');
  vi.stubEnv('KILAT_TEST_ARCHIVE', `${url}#sha256=${sha256}`);
  const path = await archiveOr('KILAT_TEST_ARCHIVE', 'server', elsewhere)(staging(), quiet);
  expect(readFileSync(path, 'utf8')).toBe('a release');
  expect((await execute(['ls', '-l', path])).slice(0, 10)).toBe('-rwxr-xr-x');
});

test('uses nothing of an archive with another sum, and builds nothing in its place', async () => {
  const { url } = await archive('another release');
  vi.stubEnv('KILAT_TEST_ARCHIVE', `${url}#sha256=${'0'.repeat(64)}`);
  await expect(archiveOr('KILAT_TEST_ARCHIVE', 'server', elsewhere)(staging(), quiet)).rejects.toThrow('not 0000');
});

test('refuses an archive without a sum', async () => {
  vi.stubEnv('KILAT_TEST_ARCHIVE', 'https://releases.example/server.tar.gz');
  const bring = archiveOr('KILAT_TEST_ARCHIVE', 'server', elsewhere);
  await expect(bring(staging(), quiet)).rejects.toThrow(
    'KILAT_TEST_ARCHIVE takes the address of an archive and its sum',
  );
});

test('goes the usual way where no archive is named', async () => {
  expect(await archiveOr('KILAT_TEST_ARCHIVE', 'server', elsewhere)(staging(), quiet)).toBe('built');
});

const versions: { name: string; said: string; taken: boolean }[] = [
  { name: 'takes a Go that is new enough', said: 'go1.26.8\nlocal', taken: true },
  { name: 'takes an older Go that fetches a newer one by itself', said: 'go1.21.0\nauto', taken: true },
  { name: 'refuses an older Go that may not', said: 'go1.25.3\nlocal', taken: false },
  { name: 'refuses a Go from before it could', said: 'go1.19.8\n', taken: false },
];
test.each(versions)('$name', async ({ said, taken }) => {
  writeFileSync(join(folder, 'go'), `#!/bin/sh\nprintf '${said}\\n'\n`);
  chmodSync(join(folder, 'go'), 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  const found = await findGo().catch((error: Error) => error.message);
  expect(found).toEqual(taken ? { program: join(folder, 'go'), env: {} } : expect.stringContaining('1.26 or newer'));
});

function staging(): string {
  mkdirSync(join(folder, 'staging'));
  return join(folder, 'staging');
}

async function archive(text: string): Promise<{ url: string; sha256: string }> {
  mkdirSync(join(folder, 'server-v9', 'bin'), { recursive: true });
  writeFileSync(join(folder, 'server-v9', 'bin', 'server'), text);
  const file = join(folder, 'server.tar.gz');
  await execute(['tar', '-czf', file, '-C', folder, 'server-v9']);
  return { url: pathToFileURL(file).href, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') };
}
