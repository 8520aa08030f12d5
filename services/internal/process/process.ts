import type { Environment } from '../env/env.ts';
import type { Logger } from '../log/log.ts';
import type { Registry } from '../metrics/metrics.ts';
import type { Context } from './context.ts';

/** Answers whether something that a target needs works now: undefined when it does, else why not. */
export type Probe = () => Promise<string | undefined> | string | undefined;

/** Hands a target what it may know of its process; only main.ts sees the real one. */
export interface Process {
  readonly ctx: Context;
  /** Aborts some time before ctx is cancelled: who keeps connections open is told from then on that they end. */
  readonly leaving: AbortSignal;
  readonly env: Environment;
  readonly log: Logger;
  readonly metrics: Registry;
  /** Says that the target serves; readiness waits for all targets of the process. */
  ready(): void;
  /** Adds a probe to readiness: the process takes no new work while it fails. */
  probe(name: string, probe: Probe): void;
}
