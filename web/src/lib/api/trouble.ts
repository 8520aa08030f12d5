/** Is an error that a page ended with on the server, as SvelteKit hands it on, and where that was. */
export interface Trouble {
  kind: string;
  error: unknown;
  /** Is what it comes from, where the error itself must not say so. */
  cause?: unknown;
  /** Is the page's route: its address may hold the token of a link. */
  route: string | null;
  requestId: string | null;
}

/**
 * Writes one line of JSON, as the targets do, for an error that is a fault of ours or of what we need; answers the id that it has
 * there, for its page to show. What a visitor did wrong has none.
 */
export function noteTrouble({ kind, error, cause, route, requestId }: Trouble, write: (line: string) => void) {
  const status = kind === 'unknown' ? 500 : statusOf(error);
  if (status < 500) return undefined;
  const error_id = crypto.randomUUID().slice(0, 8);
  const when = { level: 'error', time: new Date().toISOString(), target: 'web' };
  write(
    JSON.stringify({
      ...when,
      error_id,
      route,
      reqId: requestId,
      status,
      err: described(error, cause),
      msg: 'page failed',
    }),
  );
  return error_id;
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' ? status : 500;
}

function described(error: unknown, known: unknown): object {
  const cause = known ?? (error instanceof Error ? error.cause : undefined);
  const from = cause === undefined ? {} : { cause: chainOf(cause) };
  if (!(error instanceof Error)) return { message: messageOf(error), ...from };
  return { type: error.name, message: error.message, stack: error.stack, ...from };
}

function chainOf(cause: unknown): string {
  const deeper = cause instanceof Error && cause.cause !== undefined ? `: ${chainOf(cause.cause)}` : '';
  return `${messageOf(cause)}${deeper}`;
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
