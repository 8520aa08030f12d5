import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { endExiftool, exiftool } from './exiftool.ts';
import { picture } from './phototest.ts';
import { readRaw } from './raw.ts';
import { type RawType, rawOf, rawTypes } from './rawtest.ts';
import { Undecodable } from './undecodable.ts';

const folder = await mkdtemp(join(tmpdir(), 'kilat-raw-'));
const path = join(folder, '01990000-0000-7000-8000-000000000000');
const large = await picture().resize(1620, 1080).jpeg().toBuffer();
const small = await picture().jpeg().toBuffer();

beforeEach(() => rm(path, { force: true }));
afterAll(async () => {
  await endExiftool();
  await rm(folder, { recursive: true });
});

async function read(file: Buffer) {
  await writeFile(path, file);
  return readRaw(path, folder);
}

const cameras: Record<RawType, [make: string, model: string]> = {
  cr2: ['Canon', 'EOS 5D Mark IV'],
  cr3: ['Canon', 'EOS R6'],
  nef: ['NIKON', 'D850'],
  arw: ['SONY', 'ILCE-7M3'],
  raf: ['FUJIFILM', 'X-T3'],
  dng: ['Leica', 'M10'],
  orf: ['OLYMPUS CORPORATION', 'E-M1MarkII'],
  rw2: ['Panasonic', 'DC-GH5'],
};
test.each(rawTypes)('reads the preview and the tags of %s, and leaves nothing behind', async (type) => {
  const { preview, orientation, exif } = await read(rawOf(type, { preview: large, orientation: 6 }));
  // Fujifilm's preview carries the tags itself.
  expect(preview?.subarray(-large.length + 2)).toEqual(large.subarray(2));
  expect(orientation).toBe(6);
  const [cameraMake, cameraModel] = cameras[type];
  expect(exif).toEqual({
    takenAt: new Date('2026-06-01T05:30:00.250Z'),
    takenOffsetMinutes: 420,
    cameraMake,
    cameraModel,
    cameraSerial: '0012345',
    lens: '50mm f/1.8',
    exposureSeconds: 0.004,
    fNumber: 2.8,
    iso: 400,
    focalLengthMm: 50,
    latitude: -8.5,
    longitude: 115.25,
  });
  expect(await readdir(folder)).toEqual([path.slice(folder.length + 1)]);
});

test.each(rawTypes)('makes %s as exiftool knows it', async (type) => {
  const file = join(folder, `made.${type}`);
  await writeFile(file, rawOf(type, { preview: small }));
  const told = await (await exiftool()).readRaw(file, { readArgs: ['-FileType', '-Warning', '-Error'] });
  await rm(file);
  expect(told).toMatchObject({ FileType: type.toUpperCase(), errors: [] });
});

test('takes the largest of several previews', async () => {
  const { preview } = await read(rawOf('dng', { preview: large, small }));
  expect(preview).toEqual(large);
  expect((await read(rawOf('dng', { preview: small, small: large }))).preview).toEqual(large);
});

test('takes the next largest where the largest is no JPEG', async () => {
  const { preview } = await read(rawOf('dng', { preview: Buffer.alloc(99_999, 7), small }));
  expect(preview).toEqual(small);
});

const empty: { name: string; file: Buffer }[] = [
  { name: 'whose preview is no JPEG', file: rawOf('nef', { preview: Buffer.alloc(2_000) }) },
  { name: 'whose preview is cut off', file: rawOf('cr2', { preview: large }).subarray(0, -large.length) },
];
test.each(empty)('tells nothing to see in a file $name', async ({ file }) => {
  expect((await read(file)).preview).toBeUndefined();
});

test('refuses what is no raw file', async () => {
  await expect(read(Buffer.from('%PDF-1.7\n'))).rejects.toBeInstanceOf(Undecodable);
  await expect(read(await picture().webp().toBuffer())).rejects.toBeInstanceOf(Undecodable);
});

test.each(rawTypes)('reads of a %s that breaks off anywhere what there is, or refuses it', async (type) => {
  const whole = rawOf(type, { preview: small });
  for (let sixteenths = 1; sixteenths < 16; sixteenths++) {
    const outcome = await read(whole.subarray(0, (whole.length * sixteenths) >> 4)).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(Undecodable);
  }
});

test.each(['SIGSTOP', 'SIGKILL'] as const)(
  'an exiftool that got %s is no fault of the file, and the next is read',
  async (signal) => {
    await read(rawOf('nef', { preview: small }));
    const [pid] = (await exiftool()).batchCluster.pids();
    expect(pid).toBeGreaterThan(1);
    if (pid === undefined) throw new Error('exiftool does not run');
    process.kill(pid, 'SIGSTOP');
    const reading = read(rawOf('nef', { preview: small })).catch((error: unknown) => error);
    process.kill(pid, signal);
    const outcome = await reading;
    if (signal === 'SIGSTOP') expect(outcome).toBeInstanceOf(Error);
    expect(outcome).not.toBeInstanceOf(Undecodable);
    expect((await read(rawOf('nef', { preview: small }))).preview).toEqual(small);
  },
);

test('ends with the process that uses it, also when that is killed while exiftool is busy', async () => {
  const module = new URL('./exiftool.ts', import.meta.url).href;
  const code = `const { exiftool } = await import('${module}');
    const [pid] = (await exiftool()).batchCluster.pids();
    process.kill(pid, 'SIGSTOP');
    console.log(pid);`;
  const user = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = Number(String((await once(user.stdout, 'data'))[0]));
  expect(isRunning(pid)).toBe(true);
  user.kill('SIGKILL');
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
