import type { Code, FailureClass } from '@kilat/contract';

/** Names what a caller can do about a failure; three tables read it: HTTP, stage outcome and tus. */
export type Kind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'missing'
  | 'conflict'
  | 'exhausted'
  | 'unavailable'
  | 'internal';

/** Refines a fault: a stable code, an HTTP status that fits better than the kind's, seconds to wait, the cause. */
export interface FaultOptions {
  code?: Code;
  status?: 408 | 410 | 412 | 413 | 415 | 422 | 423 | 460;
  retryAfter?: number;
  class?: FailureClass;
  cause?: unknown;
}

/** Carries a failure that callers cannot branch on up to one of the tables; its message is fit for a stranger. */
export class Fault extends Error {
  readonly kind: Kind;
  readonly code: Code;
  readonly status: number | undefined;
  readonly retryAfter: number | undefined;
  readonly class: FailureClass | undefined;

  constructor(kind: Kind, message: string, options: FaultOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'Fault';
    this.kind = kind;
    this.code = options.code ?? kind;
    this.status = options.status;
    this.retryAfter = options.retryAfter;
    this.class = options.class;
  }
}

const statuses: Record<Kind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  exhausted: 429,
  unavailable: 503,
  internal: 500,
};

/** Gives the HTTP status of a fault, 500 for any other throw. */
export function statusOf(error: unknown): number {
  return error instanceof Fault ? (error.status ?? statuses[error.kind]) : 500;
}

/** Gives the seconds that a client is asked to wait, where waiting helps. */
export function retryAfterOf(error: unknown): number | undefined {
  if (!(error instanceof Fault)) return undefined;
  if (error.kind === 'unavailable' || error.kind === 'exhausted') return error.retryAfter ?? 2;
  return error.retryAfter;
}

/** Gives the level at which a failure is logged: what a client did wrong is no error of ours. */
export function logLevelOf(error: unknown): 'info' | 'warn' | 'error' {
  const status = statusOf(error);
  if (status === 429 || status === 503 || status === 423) return 'warn';
  return status >= 500 ? 'error' : 'info';
}
