import { type BackupPlace, type BackupPlan, BackupsView } from '@kilat/contract';
import { call } from '#lib/api/client.ts';
import { createSaving } from '../saving.svelte.ts';

/** Keeps where an event's second copies go, how far each place is, and how the plan is changed. */
export function createBackups(eventId: string, initial: BackupsView) {
  const url = `/api/events/${eventId}/backups`;
  let plan = $state.raw(initial.plan);
  let places = $state.raw(initial.places);
  const saving = createSaving();
  return {
    get plan(): BackupPlan {
      return plan;
    },
    get places(): readonly BackupPlace[] {
      return places;
    },
    saving,
    save: (wanted: BackupPlan) =>
      saving.save(async () => {
        ({ plan, places } = BackupsView.parse(await call('PUT', url, wanted)));
      }),
    /** Reads again how far the places are; the plan stays, for somebody may be changing it. */
    async look(): Promise<void> {
      const answer = await call('GET', url).catch(() => undefined);
      if (answer !== undefined) ({ places } = BackupsView.parse(answer));
    },
  };
}
export type BackupsKeeper = ReturnType<typeof createBackups>;
