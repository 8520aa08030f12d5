import { type ChangePreferences, Preferences } from '@kilat/contract';
import { call } from '#lib/api/client.ts';
import { t } from '#lib/messages/t.ts';

/** Keeps what an account wants to be told, and how the last change of it went. */
export function createPreferences(initial: Preferences) {
  let current = $state.raw(initial);
  let state = $state<'idle' | 'saving' | 'saved'>('idle');
  let failure = $state<string>();
  return {
    get current(): Preferences {
      return current;
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
    async save(wanted: ChangePreferences): Promise<void> {
      state = 'saving';
      failure = undefined;
      try {
        current = Preferences.parse(await call('PUT', '/api/notifications/preferences', wanted));
        state = 'saved';
      } catch (error) {
        failure = t('event.failed', { detail: error instanceof Error ? error.message : String(error) });
        state = 'idle';
      }
    },
  };
}
export type PreferencesKeeper = ReturnType<typeof createPreferences>;
