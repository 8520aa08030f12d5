/** Is what became known of a failed try: the HTTP status, if there was an answer, its code and its Retry-After header. */
export interface Trouble {
  status: number | undefined;
  code?: string | undefined;
  retryAfter: string | null;
}

const longest = 120;
const unasked = 20;
const passing = new Set([409, 423, 429]);

/**
 * Tells whether a failure passes by itself: no answer, a busy or broken server, a lock, a limit. A quota does not: it may
 * be tomorrow until then, and somebody can raise it.
 */
export function passes({ status, code }: Trouble): boolean {
  if (code === 'quota_exceeded') return false;
  return status === undefined || status >= 500 || passing.has(status);
}

/**
 * Gives the seconds until the next try: as long as the server asks for, at most two minutes, and up to a quarter more by
 * `chance` (0 to 1), so that a hall full of uploaders does not come back in one moment.
 */
export function secondsToWait({ retryAfter }: Trouble, now: number, chance: number): number {
  const asked = retryAfter === null ? unasked : secondsOf(retryAfter, now);
  return Math.min(longest, Math.max(1, asked)) * (1 + chance / 4);
}

// RFC 9110 §10.2.3: a number of seconds, or a date.
function secondsOf(retryAfter: string, now: number): number {
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter);
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? unasked : (at - now) / 1_000;
}
