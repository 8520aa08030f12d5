import { Fault } from '#internal/fault/fault.ts';
import type { Stream } from './stream.ts';

const evictedRetryMs = 30_000;

/** Counts streams, in all and per session. */
export interface Admission {
  /** Throws unavailable when this replica carries all that it may, or is about to stop. */
  check(): void;
  /** Counts a stream in until it closes. */
  enter(session: string, stream: Stream): void;
  count(): number;
  /** Lets nobody in any more. */
  stop(): void;
}

/**
 * Makes an admission. A session's newest streams win: a phone that changes networks leaves dead ones behind, and must not
 * be locked out by them; who is sent away stays away a while, so that a seventh tab does not start a chase.
 */
export function createAdmission(limits: { most: number; mostPerSession: number }): Admission {
  const sessions = new Map<string, Set<Stream>>();
  let [open, stopped] = [0, false];
  function leave(session: string, stream: Stream): void {
    open -= 1;
    const streams = sessions.get(session);
    streams?.delete(stream);
    if (streams?.size === 0) sessions.delete(session);
  }
  return {
    check() {
      if (stopped) throw new Fault('unavailable', 'Kilat is restarting.', { code: 'restarting', retryAfter: 1 });
      if (open >= limits.most) throw new Fault('unavailable', 'Too many watch at the moment.', { retryAfter: 5 });
    },
    enter(session, stream) {
      const streams = sessions.get(session) ?? new Set();
      sessions.set(session, streams.add(stream));
      open += 1;
      stream.onClose(() => leave(session, stream));
      const [oldest] = streams;
      if (streams.size > limits.mostPerSession) oldest?.close(evictedRetryMs);
    },
    count: () => open,
    stop: () => {
      stopped = true;
    },
  };
}
