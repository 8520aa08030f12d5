import { type ChangePreferences, Preferences } from '@kilat/contract';
import { call } from '#lib/api/client.ts';
import { createSaving } from '../saving.svelte.ts';

/** Keeps what an account wants to be told, and how it is changed. */
export function createPreferences(initial: Preferences) {
  let current = $state.raw(initial);
  const saving = createSaving();
  return {
    get current(): Preferences {
      return current;
    },
    saving,
    save: (wanted: ChangePreferences) =>
      saving.save(async () => {
        current = Preferences.parse(await call('PUT', '/api/notifications/preferences', wanted));
      }),
  };
}
export type PreferencesKeeper = ReturnType<typeof createPreferences>;
