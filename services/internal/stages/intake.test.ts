import { expect, test } from 'vitest';
import type { Deliveries, Delivery } from '../bus/work.ts';
import { createIntake } from './intake.ts';

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

test('what comes in any lane is there at once', async () => {
  const [live, bulk] = [createLane(), createLane()];
  const next = createIntake([live.lane, bulk.lane]).next();
  bulk.pulls[0]?.resolve(deliveryOf('bulk').delivery);
  expect((await next)?.subject).toBe('bulk');
});

test('the live lane goes first, and what waits in the other comes next', async () => {
  const [live, bulk] = [createLane(), createLane()];
  const intake = createIntake([live.lane, bulk.lane]);
  const next = intake.next();
  bulk.pulls[0]?.resolve(deliveryOf('bulk').delivery);
  live.pulls[0]?.resolve(deliveryOf('live').delivery);
  expect((await next)?.subject).toBe('live');
  expect((await intake.next())?.subject).toBe('bulk');
});

test('a pull that brought nothing is sent again', async () => {
  const live = createLane();
  const intake = createIntake([live.lane]);
  const next = intake.next();
  live.pulls[0]?.resolve(undefined);
  expect(await next).toBeUndefined();
  void intake.next();
  expect(live.pulls.length).toBe(2);
});

test('a lane that breaks tells who waits, and closing still ends', async () => {
  const live = createLane();
  const intake = createIntake([live.lane]);
  const next = intake.next();
  live.pulls[0]?.reject(new Error('the stream is gone'));
  await expect(next).rejects.toThrow('the stream is gone');
  await intake.close();
});

test('closing gives back what nobody took', async () => {
  const [live, bulk] = [createLane(), createLane()];
  const intake = createIntake([live.lane, bulk.lane]);
  const next = intake.next();
  live.pulls[0]?.resolve(undefined);
  await next;
  const late = deliveryOf('bulk');
  const closed = intake.close();
  bulk.pulls[0]?.resolve(late.delivery);
  await closed;
  expect(late.released).toEqual(['bulk']);
});
