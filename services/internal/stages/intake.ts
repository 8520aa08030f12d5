import type { Deliveries, Delivery } from '../bus/work.ts';

// A shutdown waits for the pulls that are out, so that no message goes to nobody.
const pullMs = 1_000;

/** Takes one delivery at a time from several lanes. */
export interface Intake {
  /** Waits about a second for a delivery of any lane; the earlier lane goes first when several have one. */
  next(): Promise<Delivery | undefined>;
  /** Waits for the pulls that are out and gives back what they brought. */
  close(): Promise<void>;
}

interface Pull {
  ended: Promise<void>;
  isOver: boolean;
  delivery: Delivery | undefined;
}

/** Makes an intake. Every lane has a pull out while somebody waits: what comes in any of them is there at once. */
export function createIntake(lanes: readonly Deliveries[]): Intake {
  const pulls = new Map<Deliveries, Pull>();
  const take = (lane: Deliveries) => {
    const pull = pulls.get(lane);
    if (!pull?.isOver) return undefined;
    pulls.delete(lane);
    return pull.delivery;
  };
  return {
    async next() {
      for (const lane of lanes) if (!pulls.has(lane)) pulls.set(lane, pullFrom(lane));
      await Promise.race([...pulls.values()].map(({ ended }) => ended));
      for (const lane of lanes) {
        const delivery = take(lane);
        if (delivery !== undefined) return delivery;
      }
      return undefined;
    },
    async close() {
      await Promise.allSettled([...pulls.values()].map(({ ended }) => ended));
      for (const lane of lanes) take(lane)?.release();
    },
  };
}

function pullFrom(lane: Deliveries): Pull {
  const pull: Pull = { ended: Promise.resolve(), isOver: false, delivery: undefined };
  pull.ended = lane.next(pullMs).then((delivery) => {
    pull.delivery = delivery;
    pull.isOver = true;
  });
  // Whoever waits sees it; a lane that failed while nobody waited shows it to the next who does.
  pull.ended.catch(() => {});
  return pull;
}
