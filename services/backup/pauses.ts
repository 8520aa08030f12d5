import type { FailureClass } from '@kilat/contract';

const shortestMs = 500;
const longestMs = 30_000;
// A provider may ask for a day: it is asked again after an hour at the latest.
const mostMs = 3_600_000;

/** Says until when a provider is left alone, and why. */
export interface Pause {
  leftMs: number;
  class: FailureClass;
  error: string;
}

/** Knows which providers are to be left alone for a while; each pauses by itself. */
export interface Pauses {
  /** Answers why a provider is left alone now. */
  of(provider: string): Pause | undefined;
  /** Begins a pause, or doubles it, from half a second up to 30 s, at least as long as the provider asked for. */
  pull(provider: string, why: { class: FailureClass; error: string; retryAfter: number | undefined }): number;
  /** Ends a pause: something worked. Answers whether there was one. */
  loosen(provider: string): boolean;
  /** Lists the providers that pause now. */
  list(): { provider: string; pause: Pause }[];
}

interface State {
  ms: number;
  until: number;
  class: FailureClass;
  error: string;
}

/** Hears when a pause begins, and when something works; the latter may be no news. */
export type PauseListener = (provider: string, pause: Pause | undefined) => void;

/** Makes the knowledge of pauses: none at first. */
export function createPauses(now = Date.now, onChange: PauseListener = () => {}): Pauses {
  const states = new Map<string, State>();
  const pauseOf = (provider: string): Pause | undefined => {
    const state = states.get(provider);
    if (state === undefined || state.until <= now()) return undefined;
    return { leftMs: state.until - now(), class: state.class, error: state.error };
  };
  return {
    of: pauseOf,
    pull(provider, { class: failureClass, error, retryAfter }) {
      const before = states.get(provider);
      // Those that were under way when it began tell nothing new.
      const isNews = before === undefined || before.until <= now();
      const doubled = Math.min(longestMs, Math.max(shortestMs, isNews ? (before?.ms ?? 0) * 2 : before.ms));
      const ms = Math.min(mostMs, Math.max(doubled, (retryAfter ?? 0) * 1_000));
      const until = Math.max(before?.until ?? 0, now() + ms);
      states.set(provider, { ms: doubled, until, class: failureClass, error });
      if (until !== before?.until) onChange(provider, pauseOf(provider));
      return until - now();
    },
    loosen(provider) {
      onChange(provider, undefined);
      return states.delete(provider);
    },
    list: () =>
      [...states.keys()].flatMap((provider) => {
        const pause = pauseOf(provider);
        return pause === undefined ? [] : [{ provider, pause }];
      }),
  };
}
