import type { Item } from './item.ts';

/** Measures how far all files together are, how fast they go, and how long it will take. */
export function progressOf(items: () => Item[]) {
  let speed = $state(0);
  const sending = $derived(items().filter(({ state }) => state !== 'failed'));
  const total = $derived(sending.reduce((sum, { size }) => sum + size, 0));
  const sent = $derived(sending.reduce((sum, item) => sum + item.sent, 0));

  $effect(() => {
    let last = { at: Date.now(), sent: 0 };
    const timer = setInterval(() => {
      const now = { at: Date.now(), sent };
      const rate = Math.max(0, now.sent - last.sent) / ((now.at - last.at) / 1_000);
      speed = speed === 0 ? rate : speed * 0.7 + rate * 0.3;
      last = now;
    }, 1_000);
    return () => clearInterval(timer);
  });

  return {
    /** Is the share of all bytes that is sent, 0 to 1. */
    get share(): number {
      return total === 0 ? 0 : Math.min(1, sent / total);
    },
    /** Is the speed in bytes a second, smoothed over some seconds. */
    get speed(): number {
      return speed;
    },
    get secondsLeft(): number | undefined {
      return speed > 1_000 && sent < total ? (total - sent) / speed : undefined;
    },
  };
}
