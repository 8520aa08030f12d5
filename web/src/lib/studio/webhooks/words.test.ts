import { webhookTypes } from '@kilat/contract';
import { expect, test } from 'vitest';
import { typeGroups, whyNot, wordsOf } from './words.ts';

test('each kind that a webhook can hear has words and one place', () => {
  expect(webhookTypes.filter((type) => wordsOf(type) === type)).toEqual([]);
  const shown = typeGroups([]).flatMap(({ types }) => types);
  expect(shown.toSorted()).toEqual([...webhookTypes].toSorted());
});

test('a kind of a later release keeps its name and is not lost', () => {
  expect(wordsOf('photo.applauded')).toBe('photo.applauded');
  const [photos] = typeGroups(['photo.applauded', 'choir.sang']);
  expect(photos?.types).toContain('photo.applauded');
  expect(typeGroups(['choir.sang']).at(-1)).toEqual({ noun: 'choir', title: 'choir', types: ['choir.sang'] });
});

const came = [
  { name: 'an answer', said: { status: 503, error: 'The receiver answered 503.' }, want: 'It answered 503.' },
  { name: 'an end', said: { status: 410, error: 'The receiver is gone.' }, want: 'It is gone for good.' },
  { name: 'silence', said: { status: null, error: 'x', result: 'later' }, want: 'It did not answer in time.' },
  {
    name: 'a wall',
    said: { status: null, error: 'x', error_class: 'invalid' as const },
    want: 'Its address is not one',
  },
  { name: 'what we do not know', said: { status: null, error: 'Too late.' }, want: 'Too late.' },
  { name: 'nothing amiss', said: { status: 204, error: null }, want: '' },
];
test.each(came)('$name is said in the reader’s words', ({ said, want }) => {
  expect(whyNot(said, 'webhook')).toContain(want);
});
