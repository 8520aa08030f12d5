import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import en from './en.json' with { type: 'json' };
import { bytes, occasion, span } from './format.ts';
import id from './id.json' with { type: 'json' };
import { speak } from './language.ts';
import { bring, t } from './t.ts';

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.(svelte|ts)$/.test(name) && !name.includes('.test.') ? [readFileSync(path, 'utf8')] : [];
  });
}

afterEach(() => speak('en'));

test('uses every text of the catalogue', () => {
  const code = sources(join(import.meta.dirname, '../..')).join('\n');
  const families = [
    ...['event.state.', 'upload.state.', 'upload.error.', 'error.title.', 'error.text.', 'cards.status.'],
    ...['card.state.', 'card.reason.', 'people.role.', 'people.may.', 'people.state.'],
    ...['failures.stage.', 'failures.class.', 'failures.upload.', 'failures.reason.'],
    ...['problem.', 'entry.', 'push.', 'copies.count.', 'copies.why.', 'copies.state.'],
  ];
  const unused = Object.keys(en).filter(
    (key) => !code.includes(`'${key}'`) && !families.some((family) => key.startsWith(family)),
  );
  expect(unused).toEqual([]);
});

test('counts as people do', () => {
  expect([0, 1, 3].map((count) => t('gallery.count', { count }))).toEqual(['No photos yet', '1 photo', '3 photos']);
});

test('writes sizes and times shortly', () => {
  expect([bytes(512), bytes(12_400_000), span(20), span(250), span(7_300)]).toEqual([
    '512 B',
    '12.4 MB',
    '20 s',
    '4 min',
    '2 h',
  ]);
});

test('says when and where an event is, as far as that is known', () => {
  expect([
    occasion({ starts_on: '2026-11-21', place: 'Bandung' }),
    occasion({ starts_on: null, place: 'Bandung' }),
    occasion({ starts_on: null, place: null }),
  ]).toEqual(['November 21, 2026 · Bandung', 'Bandung', '']);
});

const valuesOf = (text: string) => [...new Set([...text.matchAll(/{(\w+)[,}]/g)].map(([, name]) => name))].toSorted();

test('both languages have the same texts, with the same values in them', () => {
  expect(Object.keys(id)).toEqual(Object.keys(en));
  const differing = Object.entries(en).filter(
    ([key, text]) => valuesOf(text).join() !== valuesOf(id[key as keyof typeof id]).join(),
  );
  expect(differing.map(([key]) => key)).toEqual([]);
});

test('speaks Indonesian to who reads it, with numbers and dates as they are written there', async () => {
  await bring('id');
  speak('id');
  const written = [t('gallery.count', { count: 3 }), bytes(12_400_000), span(250)];
  expect(written).toEqual(['3 foto', '12,4 MB', '4 mnt']);
  expect(occasion({ starts_on: '2026-11-21', place: null })).toBe('21 November 2026');
});
