import { type EventQuota, QuotaView } from '@kilat/contract';
import { call } from '#lib/api/client.ts';
import { createSaving } from '../saving.svelte.ts';

/** Keeps an event's quota: its limits, what is used, and how it is changed. */
export function createQuota(eventId: string, initial: QuotaView) {
  const url = `/api/events/${eventId}/quota`;
  let limits = $state.raw(initial.limits);
  let used = $state.raw(initial.used);
  const saving = createSaving();
  return {
    get limits(): EventQuota {
      return limits;
    },
    get used(): QuotaView['used'] {
      return used;
    },
    saving,
    save: (wanted: EventQuota) =>
      saving.save(async () => {
        ({ limits, used } = QuotaView.parse(await call('PUT', url, wanted)));
      }),
    /** Reads again what is used; the limits stay, for somebody may be changing them. */
    async refresh(): Promise<void> {
      const answer = await call('GET', url).catch(() => undefined);
      if (answer !== undefined) ({ used } = QuotaView.parse(answer));
    },
  };
}
export type QuotaKeeper = ReturnType<typeof createQuota>;
