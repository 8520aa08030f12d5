import { expect, test } from 'vitest';
import { languageOf } from './language.ts';

const wishes = [
  { name: 'a phone in Indonesia', accepted: 'id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7', want: 'id' },
  { name: 'an old phone in Indonesia', accepted: 'in-ID, en;q=0.5', want: 'id' },
  { name: 'who prefers English by its weight', accepted: 'id;q=0.4, en-GB;q=0.9', want: 'en' },
  { name: 'who reads neither, but Indonesian before English', accepted: 'fr, id;q=0.5, en;q=0.3', want: 'id' },
  { name: 'who wants no Indonesian', accepted: 'fr, id;q=0', want: 'en' },
  { name: 'a program that says nothing', accepted: null, want: 'en' },
];
test.each(wishes)('$name reads $want', ({ accepted, want }) => {
  expect(languageOf(accepted)).toBe(want);
});
