import { expect, test } from 'vitest';
import { type Fate, fateOf } from './transient.ts';

const failures: { name: string; error: unknown; want: Fate | undefined }[] = [
  { name: 'a deadlock', error: coded('40P01'), want: 'rolled_back' },
  { name: 'a serialization failure', error: coded('40001'), want: 'rolled_back' },
  { name: 'a refused connection', error: coded('ECONNREFUSED'), want: 'refused' },
  { name: 'a server that starts', error: coded('57P03'), want: 'refused' },
  { name: 'a reset connection', error: coded('ECONNRESET'), want: 'lost' },
  { name: 'a server that stops', error: coded('57P01'), want: 'lost' },
  { name: 'a pool that was closed', error: new Error('driver has already been destroyed'), want: 'waiting' },
  { name: 'a connection that ended', error: new Error('Connection terminated unexpectedly'), want: 'lost' },
  { name: 'a full pool', error: new Error('timeout exceeded when trying to connect'), want: 'waiting' },
  { name: 'a full disk', error: coded('53100'), want: 'waiting' },
  { name: 'a broken disk', error: coded('58030'), want: 'waiting' },
  { name: 'a standby', error: coded('25006'), want: 'waiting' },
  { name: 'a wrapped deadlock', error: new Error('query failed', { cause: coded('40P01') }), want: 'rolled_back' },
  { name: 'a duplicate key', error: coded('23505'), want: undefined },
  { name: 'a statement that took too long', error: coded('57014'), want: undefined },
  { name: 'no error', error: 'text', want: undefined },
];
test.each(failures)('$name is $want', ({ error, want }) => {
  expect(fateOf(error)).toBe(want);
});

function coded(code: string): Error {
  return Object.assign(new Error('failed'), { code });
}
