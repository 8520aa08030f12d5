import type { JobFile } from '@kilat/contract';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createAnnouncer } from './announce.ts';

const eventId = '01a1fcd3-1b98-74fd-bca9-77cc8bedfc42';
const photoId = '01a1fcd3-1b98-74fd-bca9-77cc8bedfc43';
const file = (n: number): JobFile => ({ name: `DSC_${n}.JPG`, size: 1_000 });
const card = Array.from({ length: 8 }, (_, n) => file(n));

interface Asked {
  path: string;
  files: JobFile[];
  total?: number;
  job_id?: string;
  first?: number;
}
let asked: Asked[];
const waits: number[] = [];

beforeEach(() => {
  asked = [];
  waits.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Answers announcements: with a refusal where there is one, else with an upload for each file. */
function serve(refusal: (asked: Asked) => { status: number; code: string } | 'cut' | undefined): void {
  vi.stubGlobal('fetch', async (path: string, init: { body: string }) => {
    const request = { path, ...JSON.parse(init.body) } as Asked;
    asked.push(request);
    const refused = refusal(request);
    if (refused === 'cut') throw new TypeError('fetch failed');
    if (refused !== undefined) return Response.json(problem(refused), { status: refused.status });
    const files = request.files.map((_, position) => ({ position, photo_id: photoId, how: 'tus', url: '/files/x' }));
    const [, inPath] = /jobs\/([^/]+)\/files/.exec(path) ?? [];
    return Response.json({ job_id: inPath ?? request.job_id, files }, { status: 201 });
  });
}

const problem = ({ status, code }: { status: number; code: string }) => ({ type: 'x', title: code, status, code });
const announcer = (total: number) => createAnnouncer(eventId, total, (seconds) => waits.push(seconds));

test('the first slice makes the job, the next ones join it', async () => {
  serve(() => undefined);
  const one = announcer(16);
  await one.announce(card);
  await one.announce(card);
  expect(asked.map(({ path, total, first }) => [path, total, first])).toEqual([
    [`/api/events/${eventId}/jobs`, 16, undefined],
    [`/api/events/${eventId}/jobs/${one.jobId}/files`, undefined, 8],
  ]);
});

test('what is too much at once goes in halves; a quota takes what it has room for, and is not asked again', async () => {
  serve(({ files }) =>
    files.length > 1 || files[0]?.name === 'DSC_5.JPG' ? { status: 403, code: 'quota_exceeded' } : undefined,
  );
  const outcomes = await announcer(8).announce(card);
  expect(outcomes.map((outcome) => 'answer' in outcome)).toEqual([true, true, true, true, true, false, false, false]);
  expect(asked.filter(({ files }) => files[0]?.name === 'DSC_6.JPG')).toEqual([]);
});

test('waits while the server is busy or the network away, and goes on by itself', async () => {
  vi.useFakeTimers();
  serve(() => (['cut', { status: 503, code: 'unavailable' }] as const)[asked.length - 1]);
  const outcomes = announcer(8).announce(card);
  await vi.advanceTimersByTimeAsync(60_000);
  expect((await outcomes).every((outcome) => 'answer' in outcome)).toBe(true);
  expect([asked.length, waits.length]).toEqual([3, 2]);
  expect(new Set(asked.map(({ job_id }) => job_id)).size).toBe(1);
});

test('a single file waits for its turn where too many are on their way', async () => {
  vi.useFakeTimers();
  serve(() => (asked.length < 3 ? { status: 429, code: 'too_many_uploads' } : undefined));
  const outcomes = announcer(1).announce([file(0)]);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(await outcomes).toHaveLength(1);
  expect(waits).toHaveLength(2);
});
