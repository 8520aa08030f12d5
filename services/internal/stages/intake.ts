import { setTimeout as sleep } from 'node:timers/promises';
import type { Deliveries, Delivery } from '../bus/work.ts';

// A shutdown waits for the pulls that are out, so that no message goes to nobody.
const pullMs = 1_000;
// Far longer than a server needs to answer, far shorter than a photo takes.
const answerMs = 50;
// How often the first lane goes before the other in which something waits.
const turns = 4;

/** Takes one delivery at a time from two lanes. */
export interface Intake {
  /** Waits about a second for a delivery of any lane; where both have one, the first lane goes four times of five. */
  next(): Promise<Delivery | undefined>;
  /** Waits for the pulls that are out and gives back what they brought. */
  close(): Promise<void>;
}

/**
 * Makes an intake. Every lane has a pull out while somebody waits: what comes in any of them is there at once.
 *
 * The lanes are served by weighted round robin, 4:1. A lane of strict priority would starve the other for as long as an event
 * lasts; turns by time or by bytes need estimates, and photos cost about the same. A turn only counts while the other lane
 * waits, so that nobody saves up turns: a live photo that comes into a full bulk lane is always the next one.
 */
export function createIntake(first: Deliveries, second: Deliveries): Intake {
  const lanes = { first: laneOf(first), second: laneOf(second) };
  let passed = 0;
  return {
    async next() {
      await somethingOf(lanes);
      const waiting = lanes.second.has();
      const lane = lanes.first.has() && !(waiting && passed >= turns) ? lanes.first : lanes.second;
      if (lane === lanes.second) passed = 0;
      else if (waiting) passed += 1;
      const delivery = lane.take();
      for (const one of [lanes.first, lanes.second]) one.forgetEmpty();
      return delivery;
    },
    async close() {
      await Promise.allSettled([lanes.first.answer(), lanes.second.answer()]);
      lanes.first.take()?.release();
      lanes.second.take()?.release();
    },
  };
}

// What the second lane has brought earlier is no reason to overlook the first, which was asked for more only now.
async function somethingOf({ first, second }: { first: Lane; second: Lane }): Promise<void> {
  const answered = first.ask() ? sleep(answerMs) : undefined;
  second.ask();
  await Promise.race([first.answer(), second.answer()]);
  await Promise.race([first.answer(), answered]);
}

type Lane = ReturnType<typeof laneOf>;

/** Has at most one pull out, and keeps what it brought until that is taken. */
function laneOf(lane: Deliveries) {
  let pull: Promise<void> | undefined;
  let isOver = false;
  let delivery: Delivery | undefined;
  const begin = async () => {
    isOver = false;
    delivery = await lane.next(pullMs);
    isOver = true;
  };
  const forget = () => {
    pull = undefined;
    delivery = undefined;
  };
  return {
    /** Sends a pull unless one is out or has brought something; tells whether it did. */
    ask(): boolean {
      if (pull !== undefined) return false;
      pull = begin();
      // Whoever waits sees it; a lane that failed while nobody waited shows it to the next who does.
      pull.catch(() => {});
      return true;
    },
    answer: (): Promise<void> => pull ?? Promise.resolve(),
    has: (): boolean => delivery !== undefined,
    take(): Delivery | undefined {
      const taken = delivery;
      if (taken !== undefined) forget();
      return taken;
    },
    forgetEmpty(): void {
      if (pull !== undefined && isOver && delivery === undefined) forget();
    },
  };
}
