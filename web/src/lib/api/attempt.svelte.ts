import { whyFailed } from '#lib/messages/failed.ts';

/** Is what somebody does on a page: whether it is under way, and in words why the last of it did not work. */
export interface Attempt {
  readonly busy: boolean;
  readonly failure: string | undefined;
  /** Does it; undefined when it did not work. */
  run<T>(work: () => Promise<T>): Promise<T | undefined>;
  /** Forgets what did not work. */
  forget(): void;
}

/** Keeps what somebody does on a page. */
export function createAttempt(): Attempt {
  let busy = $state(false);
  let failure = $state<string>();
  return {
    get busy() {
      return busy;
    },
    get failure() {
      return failure;
    },
    async run(work) {
      busy = true;
      failure = undefined;
      try {
        return await work();
      } catch (error) {
        failure = whyFailed(error);
        return undefined;
      } finally {
        busy = false;
      }
    },
    forget() {
      failure = undefined;
    },
  };
}
