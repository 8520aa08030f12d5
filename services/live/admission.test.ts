import { expect, test } from 'vitest';
import { createAdmission } from './admission.ts';
import type { Stream } from './stream.ts';

function fakeStream() {
  const handlers: (() => void)[] = [];
  const closedFor: number[] = [];
  const end = () => {
    for (const handler of handlers.splice(0)) handler();
  };
  const stream: Stream = {
    closed: false,
    idle: true,
    write: () => {},
    drained: async () => {},
    close(retryMs) {
      closedFor.push(retryMs);
      end();
    },
    onClose: (handler) => void handlers.push(handler),
  };
  return { stream, closedFor, end };
}

test('a session that opens too many streams loses its oldest, for a while', () => {
  const admission = createAdmission({ most: 100, mostPerSession: 2 });
  const streams = [fakeStream(), fakeStream(), fakeStream()];
  for (const { stream } of streams) admission.enter('a', stream);
  admission.enter('b', fakeStream().stream);
  expect(streams.map(({ closedFor }) => closedFor)).toEqual([[30_000], [], []]);
  expect(admission.count()).toBe(3);
});

test('a full replica sends new clients away until a stream ends', () => {
  const admission = createAdmission({ most: 1, mostPerSession: 2 });
  const { stream, end } = fakeStream();
  admission.enter('a', stream);
  expect(() => admission.check()).toThrow(expect.objectContaining({ kind: 'unavailable', retryAfter: 5 }));
  end();
  expect(() => admission.check()).not.toThrow();
});

test('a replica that stops lets nobody in', () => {
  const admission = createAdmission({ most: 1, mostPerSession: 2 });
  admission.stop();
  expect(() => admission.check()).toThrow(expect.objectContaining({ code: 'restarting' }));
});
