import { createAttempt } from '#lib/api/attempt.svelte.ts';

/** Is how a form is saved: what is typed, what is on its way, and what came of it. */
export interface Saving {
  readonly state: 'idle' | 'saving' | 'saved';
  readonly failure: string | undefined;
  /** Forgets how the last change went: something else is being typed. */
  touch(): void;
  save(work: () => Promise<void>): Promise<void>;
}

/** Keeps how a form is saved. */
export function createSaving(): Saving {
  const attempt = createAttempt();
  let saved = $state(false);
  return {
    get state() {
      if (attempt.busy) return 'saving';
      return saved ? 'saved' : 'idle';
    },
    get failure() {
      return attempt.failure;
    },
    touch() {
      saved = false;
      attempt.forget();
    },
    async save(work) {
      saved = false;
      await attempt.run(work);
      saved = attempt.failure === undefined;
    },
  };
}
