import { expect, test } from 'vitest';
import { noteTrouble } from './trouble.ts';

const where = { route: '/g/[token]', requestId: 'request-1' };

function noted(kind: string, error: unknown, cause?: unknown) {
  const lines: string[] = [];
  const id = noteTrouble({ kind, error, cause, ...where }, (line) => lines.push(line));
  return { id, lines: lines.map((line) => JSON.parse(line)) };
}

interface Fault {
  name: string;
  kind: string;
  error: unknown;
  cause?: unknown;
  status: number;
  err: object;
}
const faults: Fault[] = [
  {
    name: 'an error that nobody foresaw',
    ...{ kind: 'unknown', error: new TypeError('fetch failed', { cause: new Error('no api') }), status: 500 },
    err: { type: 'TypeError', message: 'fetch failed', stack: expect.any(String), cause: 'no api' },
  },
  { name: 'what is no error', kind: 'unknown', error: 'planned', status: 500, err: { message: 'planned' } },
  {
    name: 'a refusal of the api for a fault of its own',
    ...{ kind: 'app', error: { status: 503, message: 'Away.', code: 'unavailable' }, status: 503 },
    err: { message: 'Away.' },
  },
  {
    name: 'an api that was not reached',
    ...{ kind: 'app', error: { status: 503, message: 'Away.' }, status: 503 },
    cause: new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }),
    err: { message: 'Away.', cause: 'fetch failed: connect ECONNREFUSED' },
  },
];
test.each(faults)('$name is one line with the id that its page shows', ({ kind, error, cause, status, err }) => {
  const { id, lines } = noted(kind, error, cause);
  expect(id).toMatch(/^[0-9a-f]{8}$/);
  expect(lines).toEqual([
    {
      ...{ level: 'error', time: expect.any(String), target: 'web', msg: 'page failed' },
      ...{ error_id: id, route: '/g/[token]', reqId: 'request-1', status, err },
    },
  ]);
});

test.each([
  { kind: 'framework', error: { status: 404, message: 'Not found' } },
  { kind: 'app', error: { status: 403, message: 'This link is not open.' } },
])('what a visitor asked for in vain is no trouble: $error.status', ({ kind, error }) => {
  expect(noted(kind, error)).toEqual({ id: undefined, lines: [] });
});
