import { expect, test } from 'vitest';
import { pageOf, shownAs } from './shown.ts';

const news = {
  notification_id: '0192b0e2-0000-7000-8000-000000000003',
  event_id: '0192b0e2-0000-7000-8000-000000000001',
  kind: 'new_photos',
  count: 3,
  title: 'Ayu & Bram',
  body: '3 foto baru',
  path: '/e/0192b0e2-0000-7000-8000-000000000001',
};

test('news are shown as they were written, in the place of older ones of their event', () => {
  expect(shownAs(JSON.stringify(news))).toMatchObject({
    title: 'Ayu & Bram',
    options: { body: '3 foto baru', tag: news.event_id, renotify: true, data: { path: news.path } },
  });
});

test.each(['', 'not json', '{"kind":"of a later release"}'])('a message that says %j is shown nevertheless', (text) => {
  expect(shownAs(text)).toMatchObject({ title: 'Kilat', options: { data: { path: '/' } } });
});

const clicks = [
  { name: 'the gallery', data: { path: '/e/1' }, want: 'https://kilat.example/e/1' },
  { name: 'the start for what says nothing', data: null, want: 'https://kilat.example/' },
  {
    name: 'the start for a page of somebody else',
    data: { path: 'https://evil.example/' },
    want: 'https://kilat.example/',
  },
  { name: 'the start for one that hides it', data: { path: '//evil.example' }, want: 'https://kilat.example/' },
];
test.each(clicks)('a click leads to $name', ({ data, want }) => {
  expect(pageOf(data, 'https://kilat.example')).toBe(want);
});
