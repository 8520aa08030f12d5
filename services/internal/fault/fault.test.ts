import { expect, test } from 'vitest';
import { Fault, logLevelOf, retryAfterOf, statusOf } from './fault.ts';

const cases: { name: string; error: unknown; status: number; retryAfter: number | undefined; level: string }[] = [
  { name: 'an invalid request', error: new Fault('invalid', 'no'), status: 400, retryAfter: undefined, level: 'info' },
  {
    name: 'a file that is no photo',
    error: new Fault('invalid', 'no', { status: 415 }),
    status: 415,
    retryAfter: undefined,
    level: 'info',
  },
  { name: 'a missing photo', error: new Fault('missing', 'no'), status: 404, retryAfter: undefined, level: 'info' },
  {
    name: 'too many requests',
    error: new Fault('exhausted', 'no', { retryAfter: 9 }),
    status: 429,
    retryAfter: 9,
    level: 'warn',
  },
  {
    name: 'a dependency that is down',
    error: new Fault('unavailable', 'no'),
    status: 503,
    retryAfter: 2,
    level: 'warn',
  },
  { name: 'any other throw', error: new Error('boom'), status: 500, retryAfter: undefined, level: 'error' },
];
test.each(cases)('answers $name with $status', ({ error, status, retryAfter, level }) => {
  expect({ status: statusOf(error), retryAfter: retryAfterOf(error), level: logLevelOf(error) }).toEqual({
    status,
    retryAfter,
    level,
  });
});
