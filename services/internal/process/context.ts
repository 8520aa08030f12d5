/** Tells work that it should end; like Go's context, it is handed down and never stored globally. */
export interface Context {
  readonly signal: AbortSignal;
  readonly cancelled: boolean;
}

/** Makes a context from a signal. */
export function contextOf(signal: AbortSignal): Context {
  return {
    signal,
    get cancelled() {
      return signal.aborted;
    },
  };
}

/** Waits some milliseconds, or until ctx is cancelled; never throws. */
export async function pause(ctx: Context, ms: number): Promise<void> {
  if (ctx.cancelled) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      ctx.signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    ctx.signal.addEventListener('abort', done, { once: true });
  });
}

/** Waits until ctx is cancelled. */
export async function cancelled(ctx: Context): Promise<void> {
  if (ctx.cancelled) return;
  await new Promise<void>((resolve) => ctx.signal.addEventListener('abort', () => resolve(), { once: true }));
}
