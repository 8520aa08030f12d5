import { Fault } from '../fault/fault.ts';

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses unsafe requests that another site made a browser send. Sec-Fetch-Site decides where a browser sends it, else
 * Origin; a request with neither comes from no browser's page (both forbid scripts to drop them) and passes.
 */
export function checkOrigin(
  req: { method: string; headers: Record<string, string | string[] | undefined> },
  allowedOrigins: readonly string[],
): void {
  if (safe.has(req.method)) return;
  const { origin } = req.headers;
  const site = req.headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return;
  if (typeof origin === 'string' && allowedOrigins.includes(origin)) return;
  if (site === undefined && origin === undefined) return;
  throw new Fault('forbidden', 'This request came from another site.', { code: 'cross_site' });
}
