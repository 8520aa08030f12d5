import { expect, test } from 'vitest';
import { Fault } from '../fault/fault.ts';
import { jittered, outcomeOf } from './outcome.ts';

const boom = new Error('boom');
const cases: { name: string; error: unknown; attempts: number; want: object }[] = [
  {
    name: 'fails at once what can never decode',
    error: new Fault('invalid', 'not a photo'),
    attempts: 1,
    want: { state: 'failed', class: 'invalid' },
  },
  {
    name: 'fails a missing original',
    error: new Fault('missing', 'no original'),
    attempts: 1,
    want: { state: 'failed', class: 'invalid' },
  },
  {
    name: 'pauses without counting when S3 is down',
    error: new Fault('unavailable', 's3'),
    attempts: 3,
    want: { state: 'paused', class: 'server' },
  },
  {
    name: 'pauses on a rate limit',
    error: new Fault('exhausted', 'slow down'),
    attempts: 9,
    want: { state: 'paused', class: 'rate_limit' },
  },
  {
    name: 'has nothing to do where another has done it',
    error: new Fault('conflict', 'done'),
    attempts: 1,
    want: { state: 'settled' },
  },
  {
    name: 'keeps the class that a fault names',
    error: new Fault('internal', 'damaged', { class: 'server' }),
    attempts: 6,
    want: { state: 'failed', class: 'server', error: 'damaged' },
  },
  {
    name: 'shows nobody what was thrown by accident',
    error: new Error('postgresql://kilat:secret@10.0.0.1'),
    attempts: 6,
    want: { state: 'failed', error: 'Something unforeseen went wrong.' },
  },
  { name: 'tries again after a second', error: boom, attempts: 1, want: { state: 'due', inMs: 1_000 } },
  { name: 'waits longer after each attempt', error: boom, attempts: 3, want: { state: 'due', inMs: 30_000 } },
  {
    name: 'gives up visibly after the last attempt',
    error: boom,
    attempts: 6,
    want: { state: 'failed', class: 'unknown' },
  },
];
test.each(cases)('$name', ({ error, attempts, want }) => {
  expect(outcomeOf(error, attempts)).toMatchObject(want);
});

test('jitters a wait downwards by at most a quarter', () => {
  expect([jittered(1_000, 0), jittered(1_000, 1)]).toEqual([1_000, 750]);
});
