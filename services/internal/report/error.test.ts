import { expect, test } from 'vitest';
import { Fault } from '../fault/fault.ts';
import { describeError } from './error.ts';

const secret = 'Ayu & Bram <ayu@example.org>';
const coded = Object.assign(new Error(`no route to ${secret}`), { code: 'EHOSTUNREACH' });
const cases: { name: string; error: unknown; values: [type: string, value: string][] }[] = [
  {
    name: 'a fault by its code',
    error: new Fault('missing', secret, { code: 'photo_missing' }),
    values: [['Fault', 'photo_missing']],
  },
  {
    name: 'a mistake in the code by its words',
    error: new TypeError('x is not a function'),
    values: [['TypeError', 'x is not a function']],
  },
  { name: 'any other error by its code alone', error: coded, values: [['Error', 'EHOSTUNREACH']] },
  {
    name: 'a code that is none not at all',
    error: Object.assign(new Error(secret), { code: secret }),
    values: [['Error', '']],
  },
  {
    name: 'causes, the first one first',
    error: new Fault('unavailable', secret, { cause: new Error(secret, { cause: coded }) }),
    values: [
      ['Error', 'EHOSTUNREACH'],
      ['Error', ''],
      ['Fault', 'unavailable'],
    ],
  },
  { name: 'what is no error as nothing', error: secret, values: [] },
];
test.each(cases)('describes $name', ({ error, values }) => {
  const described = describeError(error);
  expect(described.map(({ type, value }) => [type, value])).toEqual(values);
  expect(JSON.stringify(described)).not.toContain('Ayu');
});

test('the place is told by our own paths, the innermost call last', () => {
  const { frames } = describeError(new Error('x'))[0]?.stacktrace ?? { frames: [] };
  expect(frames.at(-1)).toMatchObject({ filename: 'services/internal/report/error.test.ts', in_app: true });
  expect(frames.some(({ filename, in_app }) => filename.startsWith('node_modules/') && !in_app)).toBe(true);
  expect(frames.every(({ filename }) => !filename.startsWith('/'))).toBe(true);
});
