import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { renditionEdges, type SizeName } from '@kilat/contract';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { Fault } from '#internal/fault/fault.ts';
import { silentLog } from '#internal/log/log.ts';
import { patienceMs } from '../../deploy/local/patience.ts';
import { temporaryFolder } from '../../deploy/local/testing.ts';
import type { Case, Developed, Ending } from './corpus/casetest.ts';
import { corpus, printed } from './corpus/corpustest.ts';
import { mutated, mutations, seeds } from './corpus/mutationtest.ts';
import { tellsNothing } from './corpus/secretstest.ts';
import { createDecoders } from './decoder/pool.ts';
import { sizeOf } from './size.ts';

const full = process.env.KILAT_TEST_SIZE === 'full';
const decoders = createDecoders({ timeoutMs: 30_000, memoryBytes: 1024 ** 3 }, silentLog());
const folder = temporaryFolder();
const longestJpeg = 65_500;
afterAll(async () => {
  await decoders[Symbol.asyncDispose]();
});

/** Has one file rendered; throws what is not an ending that a photo may have. */
async function develop(bytes: Buffer, file: Pick<Case, 'called' | 'tiff'> = {}): Promise<Ending> {
  const work = await mkdtemp(join(folder, 'photo-'));
  const [path, made] = [join(work, file.called ?? 'original'), join(work, 'made')];
  await mkdir(made);
  await writeFile(path, bytes);
  try {
    const options = { tiff: file.tiff ?? false, xlarge: true, webQuality: 90 };
    const watch = { signal: AbortSignal.timeout(patienceMs), onPreview: () => {} };
    const { facts } = await decoders.decode({ path, folder: made, ...options }, watch);
    const files = (await readdir(made)).map(
      async (name) => [parse(name).name, await readFile(join(made, name))] as const,
    );
    return { ...facts, ends: facts.damaged ? 'damaged' : 'ready', renditions: new Map(await Promise.all(files)) };
  } catch (error) {
    if (error instanceof Fault && error.kind === 'invalid') return { ends: 'failed', code: error.code };
    throw error;
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Has one file of a case rendered and holds it against the case. */
async function judge(file: Case, nth: number): Promise<void> {
  const ending = await develop(await file.make(nth), file);
  expect([file.ends].flat()).toContain(ending.ends);
  if (ending.ends === 'failed') return expect(file.code ?? ending.code).toBe(ending.code);
  if (file.size) expect(file.size).toEqual({ width: ending.width, height: ending.height });
  await expectRenditions(ending);
  await file.check?.(ending);
}

/** Asserts what holds for the renditions of every file. */
async function expectRenditions(photo: Developed): Promise<void> {
  const { width, height, renditions } = photo;
  expect([...renditions.keys()]).toEqual(expect.arrayContaining(['small', 'medium', 'large']));
  const webSize = { width: Math.min(width, longestJpeg), height: Math.min(height, longestJpeg) };
  for (const [name, bytes] of renditions) {
    if (name === 'preview') continue;
    const found = await sharp(bytes).metadata();
    const size = name in renditionEdges ? sizeOf(photo, name as SizeName) : webSize;
    expect({ name, width: found.width, height: found.height }).toEqual({ name, ...size });
  }
  await tellsNothing(photo);
}

function reasonsOf(error: unknown): string {
  return error instanceof Error ? `${error.message}${error.cause ? ` ${reasonsOf(error.cause)}` : ''}` : String(error);
}

describe.each(Object.entries(corpus))('%s:', (_chapter, cases) => {
  const due = cases.filter(({ times, timesFull }) => (full ? (timesFull ?? times) : times) !== 0);
  test.each(due)('$name ends $ends', async (file) => {
    const times = (full ? file.timesFull : undefined) ?? file.times ?? 1;
    for (let nth = 0; nth < times; nth++)
      await judge(file, nth).catch((cause: unknown) => {
        throw new Error(`file ${nth + 1} of ${times}: ${reasonsOf(cause)}`, { cause });
      });
  });
});

const given = process.env.KILAT_TEST_PHOTOS ?? '';
const taken = given === '' ? [] : readdirSync(given).filter((name) => !name.endsWith('.md'));
test.each(taken)('%s, of a real camera, ends ready', async (name) => {
  await judge({ name, make: () => readFile(join(given, name)), ends: 'ready' }, 0);
});

test('the page for people says what the corpus says', async () => {
  await expect(printed()).toMatchFileSnapshot('corpus/CORPUS.md');
});

const kinds = Object.entries(seeds);
test.each(kinds)('any change of a %s ends ready, damaged or failed', async (_kind, make) => {
  const file = await make();
  expect((await develop(file, { tiff: true })).ends).toBe('ready');
  const survives = fc.asyncProperty(mutations, async (chosen) => {
    const ending = await develop(mutated(file, chosen), { tiff: true });
    if (ending.ends !== 'failed') await tellsNothing(ending);
  });
  await fc.assert(survives, { seed: 5, numRuns: full ? 5_000 : 60, interruptAfterTimeLimit: full ? 20_000 : 1_000 });
});
