import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { silentLog } from '#internal/log/log.ts';
import { patienceMs } from '../../../deploy/local/patience.ts';
import { temporaryFolder } from '../../../deploy/local/temporary.ts';
import { noisy } from '../phototest.ts';
import { lateness, startDecoder } from './decoder.ts';
import { createDecoders } from './pool.ts';
import type { DecodeRequest, Preview } from './protocol.ts';

const limits = { timeoutMs: 30_000, memoryBytes: 1_024 * 1_024 * 1_024 };
const decoders = createDecoders(limits, silentLog());
afterAll(() => decoders[Symbol.asyncDispose]());

function requestOf(original: Uint8Array): DecodeRequest {
  const folder = join(temporaryFolder(), 'renditions');
  mkdirSync(folder);
  const path = join(folder, '..', 'original');
  writeFileSync(path, original);
  return { path, folder, tiff: false, xlarge: true };
}
const watching = () => {
  const previews: Preview[] = [];
  return {
    previews,
    signal: AbortSignal.timeout(patienceMs),
    onPreview: (preview: Preview) => void previews.push(preview),
  };
};

test('a decoder says what a photo is, and writes its renditions', async () => {
  const request = requestOf(await noisy(3_000));
  const watch = watching();
  const { facts, renditions } = await decoders.decode(request, watch);
  expect(facts).toMatchObject({ width: 3_000, height: 3_000, damaged: false });
  expect(renditions).toEqual(['small', 'medium', 'large', 'xlarge']);
  expect(readdirSync(request.folder).sort()).toEqual(['large.webp', 'medium.webp', 'small.webp', 'xlarge.webp']);
  expect(watch.previews).toMatchObject([{ width: 3_000, embedded: false }]);
});

test('a file that is no photo is refused in words, and the decoder goes on', async () => {
  const decoder = await startDecoder(limits, silentLog());
  const refused = decoder.ask(requestOf(Buffer.from('no photo')), watching());
  await expect(refused).rejects.toMatchObject({ kind: 'invalid', message: expect.stringContaining('photo') });
  expect(decoder.alive).toBe(true);
  await decoder.ask(requestOf(await noisy(100)), watching());
  decoder.kill();
});

test('a decoder that is killed in the middle of a photo is no fault of the photo, and another takes its place', async () => {
  const decoder = await startDecoder(limits, silentLog());
  const asked = decoder.ask(requestOf(await noisy(3_000)), watching());
  setTimeout(decoder.kill, 20);
  await expect(asked).rejects.toMatchObject({ kind: 'internal' });
  expect(decoder.alive).toBe(false);
  expect((await decoders.decode(requestOf(await noisy(100)), watching())).facts.width).toBe(100);
});

test('a decoder that does not end in its time is killed', async () => {
  const decoder = await startDecoder({ ...limits, timeoutMs: 20 }, silentLog());
  await expect(decoder.ask(requestOf(await noisy(3_000)), watching())).rejects.toMatchObject({
    kind: expect.stringMatching(/^(invalid|internal)$/),
  });
  expect(decoder.alive).toBe(false);
});

test('what keeps the processor busy for too long is refused; what got too little of it is tried again', () => {
  expect(lateness(25, 30)).toMatchObject({ kind: 'invalid' });
  expect(lateness(2, 30)).toMatchObject({ kind: 'internal' });
});

test('an attempt that is given up ends its decoder', async () => {
  const decoder = await startDecoder(limits, silentLog());
  const giveUp = new AbortController();
  const asked = decoder.ask(requestOf(await noisy(3_000)), { ...watching(), signal: giveUp.signal });
  giveUp.abort(new Error('planned'));
  await expect(asked).rejects.toThrow();
  expect(decoder.alive).toBe(false);
});

/** Runs a script in a process that has confined itself to 64 MiB more than it had. */
function confined(script: string) {
  const confine = new URL('confine.ts', import.meta.url).href;
  const code = `const { confine } = await import('${confine}'); const held = confine(64 * 2 ** 20, process); ${script}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  return (stdout + stderr).trim();
}

test.runIf(process.platform === 'linux')('a confined process', () => {
  expect(confined('console.log(JSON.stringify(held))')).toBe('{"mortal":true,"memory":true,"alone":true}');
});

test.runIf(process.platform === 'linux')('who starts decoders is shut for other processes of its user', () => {
  const { href } = new URL('confine.ts', import.meta.url);
  const code = `const { shut } = await import('${href}'); const { default: koffi } = await import('koffi'); shut('linux');
    console.log(koffi.load(null).func('int prctl(int, ...)')(3));`;
  const options = { encoding: 'utf8', cwd: import.meta.dirname } as const;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], options);
  expect((stdout + stderr).trim()).toBe('0');
});

const attempts: { name: string; script: string; answer: string | RegExp }[] = [
  {
    name: 'connects to nobody',
    script: `const net = await import('node:net'); net.connect(9, '127.0.0.1').on('error', ({ code }) => console.log(code));`,
    answer: 'EACCES',
  },
  {
    name: 'listens to nobody',
    script: `const net = await import('node:net'); net.createServer().on('error', ({ code }) => console.log(code)).listen(0);`,
    answer: 'EACCES',
  },
  {
    name: 'asks no name server',
    script: `const dns = await import('node:dns'); dns.resolve4('localhost', (error) => console.log(error === null));`,
    answer: 'false',
  },
  {
    name: 'gets no more memory than its share',
    script: `try { const all = []; for (;;) all.push(Buffer.alloc(2 ** 24, 1)); } catch (error) { console.log(error.message); }`,
    answer: /Failed to allocate memory|out of memory/,
  },
  {
    name: 'starts programs that are confined too',
    script: `const { spawnSync } = await import('node:child_process');
      const ask = "const net = require('net'); net.connect(9, '127.0.0.1').on('error', (e) => console.log(e.code))";
      console.log(spawnSync(process.execPath, ['-e', ask], { encoding: 'utf8' }).stdout.trim());`,
    answer: 'EACCES',
  },
];
test.runIf(process.platform === 'linux').each(attempts)('a confined process $name', ({ script, answer }) => {
  expect(confined(script)).toMatch(answer);
});
