import {
  type DiscardReason,
  type FailureCount,
  FailuresSettled,
  type FailureView,
  type RetryFailures,
} from '@kilat/contract';
import { createAttempt } from '#lib/api/attempt.svelte.ts';
import { call } from '#lib/api/client.ts';
import { t } from '#lib/messages/t.ts';
import { totalOf } from './failing.svelte.ts';
import { type Cause, keyOf, type Overview, readMore, readOverview } from './overview.ts';

/** Says which failures are meant: one photo's, those of one cause, or all. */
export interface Meant {
  photoId?: string;
  group?: Cause;
}

const shownNext = 50;

/** Keeps what failed in an event, in groups of one cause, and does something about it. What does not work says `failure`. */
export function createFailures(eventId: string, initial: Overview, onTotal: (total: number) => void) {
  const url = `/api/events/${eventId}/failures`;
  const read = (query: string) => call('GET', `${url}?${query}`);
  let overview = $state.raw(initial);
  const attempt = createAttempt();
  let opened = false;
  let told = $state('');

  async function refresh(): Promise<void> {
    overview = await readOverview(read);
    opened = false;
    onTotal(totalOf(overview));
  }
  async function post(path: string, body: RetryFailures): Promise<FailuresSettled> {
    return FailuresSettled.parse(await call('POST', `${url}/${path}`, body));
  }
  /** Settles 1,000 at a time, up to one moment: what fails again meanwhile is not taken twice. */
  async function settle(path: string, { photoId, group }: Meant, extra: object): Promise<number> {
    const which = { ...(group && { stage: group.stage, class: group.class }), ...extra };
    if (photoId !== undefined) return (await post(path, { photo_ids: [photoId], ...which })).count;
    let settled = await post(path, { all: true, ...which });
    let { count } = settled;
    while (settled.more) {
      told = t('failures.settling', { count });
      settled = await post(path, { all: true, until: settled.until, ...which });
      count += settled.count;
    }
    return count;
  }
  return {
    get groups(): readonly FailureCount[] {
      return overview.counts;
    },
    get discarded(): number {
      return overview.discarded;
    },
    get mayRetry(): boolean {
      return overview.may_retry;
    },
    get mayDiscard(): boolean {
      return overview.may_discard;
    },
    get busy(): boolean {
      return attempt.busy;
    },
    get failure(): string | undefined {
      return attempt.failure;
    },
    /** Says what the last deed came to. */
    get told(): string {
      return told;
    },
    /** Lists what is loaded of a group, newest first. */
    rowsOf: (group: Cause): readonly FailureView[] => overview.loaded[keyOf(group)]?.rows ?? [],
    /** Loads the next page of a group. */
    more: (group: Cause): Promise<void> =>
      attempt.run(async () => {
        const { rows = [], before = null } = overview.loaded[keyOf(group)] ?? {};
        const next = await readMore(read, group, { limit: shownNext, before });
        const loaded = { ...next, rows: [...rows, ...next.rows] };
        overview = { ...overview, loaded: { ...overview.loaded, [keyOf(group)]: loaded } };
        opened = true;
      }),
    retry: (meant: Meant): Promise<void> =>
      attempt.run(async () => {
        const count = await settle('retry', meant, {});
        await refresh();
        told = t('failures.retried', { count });
      }),
    discard: (meant: Meant, reason: DiscardReason): Promise<void> =>
      attempt.run(async () => {
        const count = await settle('discard', meant, { reason });
        await refresh();
        told = t('failures.setaside', { count });
      }),
    /** Reads again what failed, unless somebody is busy with it or has opened more of it. */
    async look(): Promise<void> {
      if (!attempt.busy && !opened) await refresh().catch(() => {});
    },
  };
}
export type FailureKeeper = ReturnType<typeof createFailures>;
