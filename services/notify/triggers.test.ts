import type { Entry } from '@kilat/contract';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { readTriggers } from './triggers.ts';

const [epoch, event_id, photo_id] = [uuidv7(), uuidv7(), uuidv7()];
const entry = (type: string, data: Record<string, unknown> = {}): Entry => ({
  ...{ v: 1, epoch, event_id, seq: 1, type, data, recorded_at: '2026-11-21T00:00:00.000Z' },
  photo_id: type.startsWith('photo.') ? photo_id : null,
});
const changed = (state: string) => entry('event.changed', { state });

const cases: { name: string; state: string | null; entries: Entry[]; kinds: string[]; after: string | null }[] = [
  { name: 'an end', state: 'live', entries: [changed('closed')], kinds: ['gallery_ready', 'backlog'], after: 'closed' },
  {
    name: 'another title of what has ended',
    state: 'closed',
    entries: [changed('closed')],
    kinds: [],
    after: 'closed',
  },
  {
    name: 'an end, once it was opened again',
    state: 'closed',
    entries: [changed('live'), changed('closed')],
    kinds: ['gallery_ready', 'backlog'],
    after: 'closed',
  },
  {
    name: 'what was archived and not closed',
    state: 'live',
    entries: [changed('archived')],
    kinds: [],
    after: 'archived',
  },
  { name: 'a photo', state: null, entries: [entry('photo.stored')], kinds: ['daily_digest'], after: null },
  { name: 'a failure', state: 'live', entries: [entry('photo.failed')], kinds: ['failures_waiting'], after: 'live' },
  { name: 'a type of a later release', state: 'live', entries: [entry('photo.dreamt')], kinds: [], after: 'live' },
];
test.each(cases)('mail is caused by $name: $kinds', ({ state, entries, kinds, after }) => {
  const triggers = readTriggers(entries, state);
  expect([...triggers.kinds]).toEqual(kinds);
  expect(triggers.state).toBe(after);
});

test('photos that settle and jobs that are announced are looked at', () => {
  const triggers = readTriggers(
    [entry('photo.rendered'), entry('photo.failed'), entry('job.announced', { job_id: 'j' })],
    null,
  );
  expect([...triggers.settled]).toEqual([photo_id]);
  expect([...triggers.announced]).toEqual(['j']);
});
