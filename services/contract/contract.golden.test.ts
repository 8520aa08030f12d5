import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  BackupsView,
  Changes,
  decodeDue,
  decodeEntry,
  encodeDue,
  encodeEntry,
  FailurePage,
  Frame,
  Hello,
  NotificationAnswer,
  PhotoAnswer,
  PhotoPage,
} from './index.ts';

// What is in golden/ was sent by a release that may still run beside this one: it must be read as it was meant.
const golden = (name: string) => readFileSync(new URL(`golden/${name}.json`, import.meta.url));
const json = (name: string): unknown => JSON.parse(golden(name).toString());

test('reads and writes a journal entry byte for byte', () => {
  const entry = decodeEntry(golden('entry'));
  expect(entry).toEqual(json('entry'));
  expect(entry && Buffer.from(encodeEntry(entry)).toString()).toBe(golden('entry').toString().trim());
});

test('reads and writes due work byte for byte', () => {
  const due = decodeDue(golden('due'));
  expect(due && Buffer.from(encodeDue(due)).toString()).toBe(golden('due').toString().trim());
});

test('reads an entry of a type that it does not know, with fields that it does not know', () => {
  expect(decodeEntry(golden('entry-of-a-later-release'))).toMatchObject({
    type: 'photo.applauded',
    data: { hands: 12 },
  });
});

const answers = [
  { name: 'frame', schema: Frame },
  { name: 'hello', schema: Hello },
  { name: 'changes', schema: Changes },
  { name: 'photo-answer', schema: PhotoAnswer },
  { name: 'photo-page', schema: PhotoPage },
  { name: 'failure-page', schema: FailurePage },
  { name: 'backups-view', schema: BackupsView },
  { name: 'notification-answer', schema: NotificationAnswer },
] as const;
test.each(answers)('reads a $name as it was sent', ({ name, schema }) => {
  expect(schema.parse(json(name))).toEqual(json(name));
});

const rubbish = ['', '{}', '[1,2]', 'not json', '{"v":2}'];
test.each(rubbish)('takes %j for no message at all', (text) => {
  const bytes = new TextEncoder().encode(text);
  expect([decodeEntry(bytes), decodeDue(bytes)]).toEqual([undefined, undefined]);
});
