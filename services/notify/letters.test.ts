import { Language, MailKind } from '@kilat/contract';
import { expect, test } from 'vitest';
import { writeLetter } from './letters.ts';
import type { Facts } from './words.ts';

const facts: Facts = {
  ...{ title: 'Ayu & Bram', url: 'https://photos.example.org/e/1?a=1&b=2', count: 1_234, failed: 2 },
  ...{ at: '2026-11-21T12:00:00Z', zone: 'Asia/Jakarta' },
};
const unsubscribe = 'https://photos.example.org/api/notifications/unsubscribe?token=t';
const kinds = [...MailKind.options, 'confirm_address'] as const;
const all = kinds.flatMap((kind) => Language.options.map((language) => ({ kind, language })));

test.each(all)('the letter $kind in $language says all of it as text and as HTML', ({ kind, language }) => {
  const letter = writeLetter({ kind, language, facts, unsubscribe });
  expect(letter.text).toContain(facts.url);
  expect(letter.text).toContain(unsubscribe);
  expect(letter.html).toContain(`<html lang="${language}">`);
  expect(letter.html).toContain('href="https://photos.example.org/e/1?a=1&amp;b=2"');
  expect(`${letter.subject}${letter.text}`).not.toMatch(/undefined|null|NaN/);
  if (kind !== 'confirm_address') expect(letter.subject).toContain('Ayu & Bram');
});

test('no letter is the same in both languages', () => {
  for (const kind of kinds) {
    const [english, indonesian] = Language.options.map((language) =>
      writeLetter({ kind, language, facts, unsubscribe }),
    );
    expect(english?.text).not.toBe(indonesian?.text);
    expect(english?.subject).not.toBe(indonesian?.subject);
  }
});

test('numbers and times are written as the language has them', () => {
  const ready = (language: Language) => writeLetter({ kind: 'gallery_ready', language, facts, unsubscribe }).text;
  expect(ready('en')).toContain('1,234 photos');
  expect(ready('id')).toContain('1.234 foto');
  const ends = (language: Language) => writeLetter({ kind: 'link_expiring', language, facts, unsubscribe }).text;
  expect(ends('en')).toContain('November 21, 2026 at 7:00');
  expect(ends('id')).toContain('21 November 2026');
});

test('a title brings neither a header, nor markup, nor a turned line with it', () => {
  const title = 'A\r\nBcc: all@example.org\u202e <script>alert(1)</script>';
  const letter = writeLetter({ kind: 'backlog', language: 'en', facts: { ...facts, title }, unsubscribe });
  expect(letter.subject).not.toMatch(/[\r\n\u202e]/);
  expect(letter.html).not.toContain('<script>');
});
