import {
  type DiscardReason,
  type FailureCount,
  FailurePage,
  FailuresSettled,
  type FailureView,
  type RetryFailures,
} from '@kilat/contract';
import { call } from '#lib/api/client.ts';
import { t } from '#lib/messages/t.ts';

/** Says which failures are meant: one photo's, those of a group, or all. */
export interface Meant {
  photoId?: string;
  group?: Pick<FailureCount, 'stage' | 'class'>;
}

interface Loaded {
  rows: readonly FailureView[];
  before: string | null;
}

/** Keeps what failed in an event, in groups of one cause, and does something about it. What does not work says `failure`. */
export function createFailures(eventId: string, initial: FailurePage, onTotal: (total: number) => void) {
  const url = `/api/events/${eventId}/failures`;
  let page = $state.raw(initial);
  let loaded = $state.raw<Record<string, Loaded>>({});
  let busy = $state(false);
  let failure = $state<string>();
  let told = $state('');
  const total = $derived(page.counts.reduce((sum, { count }) => sum + count, 0));

  async function attempt(work: () => Promise<void>): Promise<void> {
    busy = true;
    failure = undefined;
    try {
      await work();
    } catch (error) {
      failure = t('event.failed', { detail: error instanceof Error ? error.message : String(error) });
    } finally {
      busy = false;
    }
  }
  async function refresh(): Promise<void> {
    page = FailurePage.parse(await call('GET', url));
    loaded = {};
    onTotal(total);
  }
  /** Settles 1,000 at a time, up to one moment: what fails again meanwhile is not taken twice. */
  async function settle(path: string, meant: Meant, extra: object): Promise<number> {
    const { photoId, group } = meant;
    const which = { ...(group && { stage: group.stage, class: group.class }), ...extra };
    if (photoId !== undefined) return (await post(path, { photo_ids: [photoId], ...which })).count;
    let [settled, count] = [await post(path, { all: true, ...which }), 0];
    for (count += settled.count; settled.more; count += settled.count) {
      told = t('failures.settling', { count });
      settled = await post(path, { all: true, until: settled.until, ...which });
    }
    return count;
  }
  async function post(path: string, body: RetryFailures): Promise<FailuresSettled> {
    return FailuresSettled.parse(await call('POST', `${url}/${path}`, body));
  }
  return {
    get groups(): readonly FailureCount[] {
      return page.counts;
    },
    get total(): number {
      return total;
    },
    get discarded(): number {
      return page.discarded;
    },
    get mayRetry(): boolean {
      return page.may_retry;
    },
    get mayDiscard(): boolean {
      return page.may_discard;
    },
    get busy(): boolean {
      return busy;
    },
    get failure(): string | undefined {
      return failure;
    },
    /** Says what the last deed came to. */
    get told(): string {
      return told;
    },
    /** Lists what is loaded of a group, newest first. */
    rowsOf: (group: FailureCount): readonly FailureView[] =>
      loaded[keyOf(group)]?.rows ?? page.failures.filter((one) => keyOf(one) === keyOf(group)),
    /** Loads the next page of a group. */
    more: (group: FailureCount): Promise<void> =>
      attempt(async () => {
        const so = loaded[keyOf(group)] ?? { rows: [], before: null };
        const query = new URLSearchParams({ stage: group.stage, class: group.class });
        if (so.before !== null) query.set('before', so.before);
        const { failures, before } = FailurePage.parse(await call('GET', `${url}?${query}`));
        loaded = { ...loaded, [keyOf(group)]: { rows: [...so.rows, ...failures], before } };
      }),
    retry: (meant: Meant): Promise<void> =>
      attempt(async () => {
        const count = await settle('retry', meant, {});
        await refresh();
        told = t('failures.retried', { count });
      }),
    discard: (meant: Meant, reason: DiscardReason): Promise<void> =>
      attempt(async () => {
        const count = await settle('discard', meant, { reason });
        await refresh();
        told = t('failures.setaside', { count });
      }),
    /** Reads again what failed, unless somebody is busy with it. */
    async look(): Promise<void> {
      if (!busy && Object.keys(loaded).length === 0) await refresh().catch(() => {});
    },
  };
}
export type FailureKeeper = ReturnType<typeof createFailures>;

function keyOf({ stage, class: failureClass }: Pick<FailureCount, 'stage' | 'class'>): string {
  return `${stage} ${failureClass}`;
}
