import type { FailureView } from '@kilat/contract';
import { expect, test } from 'vitest';
import { readOverview } from './overview.ts';

const failure = (n: number, stage: FailureView['stage']): FailureView => ({
  photo_id: `01890000-0000-7000-8000-00000000000${n}`,
  ...{ stage, class: 'network', error: 'Away.', code: null, attempts: 6 },
  ...{ failed_at: '2026-11-21T06:12:09.000001Z', file_name: 'a.jpg', photo_state: 'ready', retryable: true },
});

test('shows the newest of each cause, however many others failed since', async () => {
  const queries: string[] = [];
  const counts = [
    { stage: 'backup', class: 'network', count: 9_000 },
    { stage: 'thumbnail', class: 'network', count: 1 },
  ];
  const overview = await readOverview(async (query) => {
    queries.push(query);
    const stage = (new URLSearchParams(query).get('stage') ?? 'backup') as FailureView['stage'];
    const before = stage === 'backup' ? '1.01890000-0000-7000-8000-000000000001.backup' : null;
    return { failures: [failure(1, stage)], before, counts, discarded: 2, may_retry: true, may_discard: false };
  });
  expect(queries).toEqual(['limit=1', 'stage=backup&class=network&limit=5', 'stage=thumbnail&class=network&limit=5']);
  expect(overview.loaded['thumbnail network']).toEqual({ rows: [failure(1, 'thumbnail')], before: null });
  expect(overview).toMatchObject({ counts, discarded: 2, may_retry: true, may_discard: false });
});
