import { expect, test } from 'vitest';
import { codeOf, wordsFor } from './refusal.ts';

const cases = [
  { name: 'a known code in words', code: 'not_a_photo', detail: 'x', want: /Not a photo/ },
  { name: 'a limit with its figure', code: 'file_too_large', detail: 'x', want: /268\.4 MB|268 MB/ },
  {
    name: 'anything else with its detail',
    code: undefined,
    detail: 'the network is away',
    want: /the network is away/,
  },
];
test.each(cases)('says $name', ({ code, detail, want }) => {
  expect(wordsFor(code, detail)).toMatch(want);
});

test('reads the code of an answer, and nothing from what is none', () => {
  expect([codeOf('{"code":"event_closed","detail":"no"}')?.code, codeOf('<html>'), codeOf(undefined)]).toEqual([
    'event_closed',
    undefined,
    undefined,
  ]);
});
