import { FailurePage } from '@kilat/contract';
import { call } from '#lib/api/client.ts';

const everyMs = 30_000;

/** Follows how much of an event failed and waits for somebody, while its page is looked at; nothing for who may not see it. */
export function followFailing(eventId: string, initial: number | undefined) {
  let total = $state(initial);
  async function look(): Promise<void> {
    if (document.visibilityState !== 'visible') return;
    const answer = await call('GET', `/api/events/${eventId}/failures?limit=1`).catch(() => undefined);
    if (answer !== undefined) total = totalOf(FailurePage.parse(answer));
  }
  $effect(() => {
    if (initial === undefined) return;
    const timer = setInterval(() => void look(), everyMs);
    return () => clearInterval(timer);
  });
  return {
    get total(): number | undefined {
      return total;
    },
    /** Tells what somebody has just counted. */
    tell(counted: number): void {
      total = counted;
    },
  };
}

/** Adds up what a first page counts. */
export function totalOf({ counts = [] }: Pick<FailurePage, 'counts'>): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}
