import * as z from 'zod';
import { Fault } from '#internal/fault/fault.ts';

/** Is a call to Google that was refused, or got no answer (status 0). It carries the reason's name and nothing secret. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;
  readonly retryAfter: number | undefined;

  constructor(status: number, reason: string, retryAfter?: number) {
    super(`Google answered ${status} ${reason}`);
    this.name = 'Refusal';
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

type Meaning = 'away' | 'limited' | 'spent' | 'full' | 'denied' | 'missing' | 'taken' | 'wrong';

// As the guides "Resolve errors" and "Usage limits" of the Drive API have them.
const reasons: Record<string, Meaning> = {
  rateLimitExceeded: 'limited',
  userRateLimitExceeded: 'limited',
  sharingRateLimitExceeded: 'limited',
  RESOURCE_EXHAUSTED: 'limited',
  dailyLimitExceeded: 'spent',
  downloadQuotaExceeded: 'spent',
  storageQuotaExceeded: 'full',
  quotaExceeded: 'full',
  teamDriveFileLimitExceeded: 'full',
  numChildrenInNonRootLimitExceeded: 'full',
  activeItemCreationLimitExceeded: 'full',
  cannotDownloadAbusiveFile: 'wrong',
};
const statuses: Record<number, Meaning> = {
  ...{ 0: 'away', 408: 'away', 429: 'limited' },
  ...{ 404: 'missing', 410: 'missing', 409: 'taken' },
  ...{ 400: 'wrong', 411: 'wrong', 412: 'wrong', 413: 'wrong', 415: 'wrong', 416: 'wrong', 422: 'wrong' },
};

function meaningOf({ status, reason }: Refusal): Meaning {
  // A redirection is a proxy's or a portal's: the API has none.
  if (status >= 500 || (status >= 300 && status < 400)) return 'away';
  return (status === 403 ? reasons[reason] : undefined) ?? statuses[status] ?? 'denied';
}

/** Tells whether an error is Google's and means one of these. */
export function means(error: unknown, ...meanings: readonly Meaning[]): error is Refusal {
  return error instanceof Refusal && meanings.includes(meaningOf(error));
}

/** Tells whether the same call may go well in some seconds. */
export function passes(error: unknown): boolean {
  return means(error, 'away', 'limited');
}

/** Turns a refusal into the fault that a provider owes its caller; anything else stays as it is. */
export function asDriveFault(error: unknown): unknown {
  if (!(error instanceof Refusal)) return error;
  const { status, reason, retryAfter } = error;
  const cause = { cause: error };
  switch (meaningOf(error)) {
    case 'away':
      return new Fault('unavailable', 'Google Drive is not available.', {
        ...{ ...cause, retryAfter, class: status === 0 ? 'network' : 'server' },
      });
    case 'limited':
      return new Fault('exhausted', 'Google Drive asks for a pause.', { ...cause, retryAfter: retryAfter ?? 10 });
    case 'spent':
      return new Fault('exhausted', 'Google Drive allows no more today.', { ...cause, retryAfter: 3600 });
    case 'full':
      return new Fault('exhausted', 'Google Drive has no room left for the account that the key names.', {
        ...{ ...cause, retryAfter: 900, code: 'quota_exceeded' },
      });
    case 'denied':
      return new Fault('unavailable', `Google Drive refuses the key, or what it may do (${reason}).`, {
        ...{ ...cause, retryAfter: 60, class: 'server' },
      });
    case 'wrong':
      return new Fault('invalid', `Google Drive does not take this (${reason}).`, cause);
    default:
      return new Fault('internal', `Google Drive lost track of a file (${reason}).`, { ...cause, class: 'server' });
  }
}

const Problem = z.object({
  error: z.union([
    z.string(),
    z.object({ status: z.string().optional(), errors: z.array(z.object({ reason: z.string() })).optional() }),
  ]),
});

/** Reads what an answer that is no success says, from Drive or from the token endpoint. Never throws. */
export async function refusalOf(response: Response): Promise<Refusal> {
  const parsed = Problem.safeParse(await response.json().catch(() => undefined));
  const error = parsed.success ? parsed.data.error : 'unexplained';
  const reason = typeof error === 'string' ? error : (error.errors?.[0]?.reason ?? error.status ?? 'unexplained');
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new Refusal(response.status, plain(reason), Number.isFinite(seconds) ? seconds : undefined);
}

// A reason goes into messages and logs: what a stranger's server may answer in its place does not.
function plain(reason: string): string {
  return /^\w{1,60}$/.test(reason) ? reason : 'unexplained';
}
