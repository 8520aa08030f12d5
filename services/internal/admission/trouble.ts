import type { Logger } from '../log/log.ts';
import { Gauge, type Registry } from '../metrics/metrics.ts';
import { type Context, pause } from '../process/context.ts';

/** Names what can be in trouble. */
export type TroubleReason = 'database' | 'bucket' | 'disk' | 'queue';

/** Tells whether something is in trouble now; what was until now may be held to a higher bar. A throw is trouble. */
export type TroubleCheck = (untilNow: boolean) => Promise<boolean>;

/** Is what is looked at. */
export type TroubleChecks = Partial<Record<TroubleReason, TroubleCheck>>;

/** Knows what is in trouble: new uploads wait meanwhile, running ones go on. */
export interface Trouble {
  /** Names what is in trouble, if anything is. */
  reason(): TroubleReason | undefined;
  /** Looks once. */
  look(): Promise<void>;
}

// One bad moment is none; and what has just recovered would be knocked over by all who waited.
const looksUntilTrouble = 2;
const looksUntilCalm = 3;
const mostMs = 5_000;

interface State {
  check: TroubleCheck;
  inTrouble: boolean;
  /** Counts the looks in a row that said otherwise than `inTrouble`. */
  against: number;
  running: boolean;
}

/** Makes the knowledge of troubles; a change is told once. */
export function createTrouble(
  checks: TroubleChecks,
  told: (reason: TroubleReason, inTrouble: boolean) => void,
): Trouble {
  const states = new Map<TroubleReason, State>();
  for (const [reason, check] of Object.entries(checks) as [TroubleReason, TroubleCheck][])
    states.set(reason, { check, inTrouble: false, against: 0, running: false });
  async function lookAt(reason: TroubleReason, state: State): Promise<void> {
    const bad = await isBad(state);
    state.against = bad === state.inTrouble ? 0 : state.against + 1;
    if (state.against < (state.inTrouble ? looksUntilCalm : looksUntilTrouble)) return;
    Object.assign(state, { inTrouble: bad, against: 0 });
    told(reason, bad);
  }
  return {
    reason: () => [...states].find(([, { inTrouble }]) => inTrouble)?.[0],
    look: async () => {
      await Promise.all([...states].map(([reason, state]) => lookAt(reason, state)));
    },
  };
}

// What does not answer is in trouble, and is not asked a second time while the first one waits.
async function isBad(state: State): Promise<boolean> {
  if (state.running) return true;
  state.running = true;
  const asked = state
    .check(state.inTrouble)
    .catch(() => true)
    .finally(() => {
      state.running = false;
    });
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(true), mostMs);
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

/** Is what a watcher needs; `target` names the gauge. */
export interface WatchOptions {
  target: string;
  everySeconds: number;
  checks: TroubleChecks;
  metrics: Registry;
  log: Logger;
}

/** Watches for trouble until ctx is cancelled; `ended` settles then. Readiness does not go by it. */
export function watchTrouble(ctx: Context, options: WatchOptions): Trouble & { ended: Promise<void> } {
  const { target, checks, log } = options;
  const gauge = new Gauge({
    name: `kilat_${target}_trouble`,
    help: 'Whether new uploads wait because of something (1) or not (0)',
    labelNames: ['reason'],
    registers: [options.metrics],
  });
  for (const reason of Object.keys(checks)) gauge.set({ reason }, 0);
  const trouble = createTrouble(checks, (reason, inTrouble) => {
    gauge.set({ reason }, inTrouble ? 1 : 0);
    log.warn({ reason }, inTrouble ? 'new uploads wait' : 'new uploads begin again');
  });
  return { ...trouble, ended: watch(ctx, trouble, options.everySeconds) };
}

async function watch(ctx: Context, trouble: Trouble, everySeconds: number): Promise<void> {
  while (!ctx.cancelled) {
    await trouble.look();
    await pause(ctx, everySeconds * 1_000);
  }
}
