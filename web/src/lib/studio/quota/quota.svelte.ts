import { type EventQuota, QuotaView } from '@kilat/contract';
import { call } from '#lib/api/client.ts';
import { t } from '#lib/messages/t.ts';

/** Keeps an event's quota: its limits, what is used, and how the last change of it went. */
export function createQuota(eventId: string, initial: QuotaView) {
  const url = `/api/events/${eventId}/quota`;
  let limits = $state.raw(initial.limits);
  let used = $state.raw(initial.used);
  let state = $state<'idle' | 'saving' | 'saved'>('idle');
  let failure = $state<string>();
  return {
    get limits(): EventQuota {
      return limits;
    },
    get used(): QuotaView['used'] {
      return used;
    },
    get state(): 'idle' | 'saving' | 'saved' {
      return state;
    },
    get failure(): string | undefined {
      return failure;
    },
    /** Forgets how the last change went: something else is being typed. */
    touch(): void {
      state = 'idle';
      failure = undefined;
    },
    async save(wanted: EventQuota): Promise<void> {
      state = 'saving';
      failure = undefined;
      try {
        ({ limits, used } = QuotaView.parse(await call('PUT', url, wanted)));
        state = 'saved';
      } catch (error) {
        failure = t('event.failed', { detail: error instanceof Error ? error.message : String(error) });
        state = 'idle';
      }
    },
    /** Reads again what is used; the limits stay, for somebody may be changing them. */
    async refresh(): Promise<void> {
      const answer = await call('GET', url).catch(() => undefined);
      if (answer !== undefined) ({ used } = QuotaView.parse(answer));
    },
  };
}
export type QuotaKeeper = ReturnType<typeof createQuota>;
