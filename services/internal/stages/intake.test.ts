import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Deliveries, Delivery } from '../bus/work.ts';
import { createIntake, type Intake } from './intake.ts';

/** Is a lane whose pulls the test ends. */
function createLane() {
  const pulls: PromiseWithResolvers<Delivery | undefined>[] = [];
  const lane: Deliveries = {
    next: () => {
      const pull = Promise.withResolvers<Delivery | undefined>();
      pulls.push(pull);
      return pull.promise;
    },
  };
  return { lane, pulls };
}

function deliveryOf(subject: string) {
  const released: string[] = [];
  const delivery: Delivery = {
    data: new Uint8Array(),
    subject,
    done: async () => {},
    release: () => void released.push(subject),
    term: () => {},
  };
  return { delivery, released };
}

/** Is a lane that answers each pull at once, as long as it has something; then its pulls stay out. */
function fullLane(name: string, holds = Number.POSITIVE_INFINITY): Deliveries & { add(): void } {
  let left = holds;
  let waiting: ((delivery: Delivery) => void) | undefined;
  return {
    next: async () => {
      if (left > 0) left -= 1;
      else return new Promise((resolve) => (waiting = resolve));
      return deliveryOf(name).delivery;
    },
    add: () => waiting?.(deliveryOf(name).delivery),
  };
}

async function subjectsOf(intake: Intake, count: number): Promise<string> {
  const subjects: (string | undefined)[] = [];
  while (subjects.length < count) subjects.push((await intake.next())?.subject);
  return subjects.join(' ');
}

test('what comes in any lane is there at once', async () => {
  const [live, bulk] = [createLane(), createLane()];
  const next = createIntake(live.lane, bulk.lane).next();
  bulk.pulls[0]?.resolve(deliveryOf('bulk').delivery);
  expect((await next)?.subject).toBe('bulk');
});

test('of two lanes that are full, the live one goes four times of five', async () => {
  const intake = createIntake(fullLane('live'), fullLane('bulk'));
  expect(await subjectsOf(intake, 10)).toBe('live live live live bulk live live live live bulk');
});

test('a live lane whose server takes a moment to answer still goes before what waits in the other', async () => {
  const slow = fullLane('live');
  const live: Deliveries = { next: (ms) => sleep(10).then(() => slow.next(ms)) };
  expect(await subjectsOf(createIntake(live, fullLane('bulk')), 5)).toBe('live live live live bulk');
});

test('a lane has all turns while the other has nothing', async () => {
  expect(await subjectsOf(createIntake(fullLane('live'), fullLane('bulk', 0)), 9)).toBe(
    Array(9).fill('live').join(' '),
  );
  expect(await subjectsOf(createIntake(fullLane('live', 0), fullLane('bulk')), 9)).toBe(
    Array(9).fill('bulk').join(' '),
  );
});

test('what comes into the live lane is next, however much waits in the other and however long it waited', async () => {
  const live = fullLane('live', 4);
  const intake = createIntake(live, fullLane('bulk'));
  expect(await subjectsOf(intake, 7)).toBe('live live live live bulk bulk bulk');
  live.add();
  expect(await subjectsOf(intake, 2)).toBe('live bulk');
});

test('turns that nobody waited for are not saved up', async () => {
  const bulk = fullLane('bulk', 0);
  const intake = createIntake(fullLane('live'), bulk);
  await subjectsOf(intake, 9);
  bulk.add();
  expect(await subjectsOf(intake, 6)).toBe('live live live live bulk live');
});

test('a pull that brought nothing is sent again', async () => {
  const [live, bulk] = [createLane(), createLane()];
  const intake = createIntake(live.lane, bulk.lane);
  const next = intake.next();
  live.pulls[0]?.resolve(undefined);
  expect(await next).toBeUndefined();
  void intake.next();
  expect(live.pulls.length).toBe(2);
});

test('a lane that breaks tells who waits, and closing still ends', async () => {
  const [live, bulk] = [createLane(), createLane()];
  const intake = createIntake(live.lane, bulk.lane);
  const next = intake.next();
  live.pulls[0]?.reject(new Error('the stream is gone'));
  await expect(next).rejects.toThrow('the stream is gone');
  bulk.pulls[0]?.resolve(undefined);
  await intake.close();
});

test('closing gives back what nobody took', async () => {
  const [live, bulk] = [createLane(), createLane()];
  const intake = createIntake(live.lane, bulk.lane);
  const next = intake.next();
  live.pulls[0]?.resolve(undefined);
  await next;
  const late = deliveryOf('bulk');
  const closed = intake.close();
  bulk.pulls[0]?.resolve(late.delivery);
  await closed;
  expect(late.released).toEqual(['bulk']);
});
