import { ApiFailure } from '#lib/api/failure.ts';
import { has, t } from './t.ts';

/** Says why something did not work: in the reader's words where we have them, else as the server put it. */
export function whyFailed(error: unknown): string {
  return t('event.failed', { detail: detailOf(error) });
}

function detailOf(error: unknown): string {
  if (error instanceof ApiFailure) {
    const key = `problem.${error.code}`;
    return has(key) ? t(key) : error.message;
  }
  // A browser says of a connection that is away what no reader understands.
  if (error instanceof TypeError) return t('problem.away');
  return error instanceof Error ? error.message : String(error);
}
