import { Fault } from '../fault/fault.ts';

/**
 * Names what is known of work that failed for a while: `rolled_back` by the server, `refused` before any statement ran,
 * `lost` with its connection, or `waiting` too long already to be tried again at once.
 */
export type Fate = 'rolled_back' | 'refused' | 'lost' | 'waiting';

// PostgreSQL's classes: 08 connection, 40 rollback (serialization, deadlock), 53 resources, 57P shutdown,
// 58 its disk; 25006 a standby.
const fates: readonly [RegExp, Fate][] = [
  [/^(40001|40P01)$/, 'rolled_back'],
  [/^(57P03|53300|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH)$/, 'refused'],
  [/^(08|57P|ECONNRESET$|EPIPE$)/, 'lost'],
  [/^(53|58|25006|55P03|ETIMEDOUT$)/, 'waiting'],
];
const messages: readonly [RegExp, Fate][] = [
  [/Connection terminated|Client has encountered a connection error/, 'lost'],
  [/timeout exceeded when trying to connect/, 'waiting'],
  // What a stopping process closed: another one answers when it is asked again.
  [/driver has already been destroyed|Cannot use a pool after calling end/, 'waiting'],
];

/** Turns what the database refuses for a while into a Fault of kind unavailable; any other error stays. */
export function asUnavailable(error: unknown): unknown {
  return fateOf(error) === undefined
    ? error
    : new Fault('unavailable', 'The database is not available.', { cause: error, class: 'server' });
}

/** Tells what became of work that trying again can help; undefined where it cannot. */
export function fateOf(error: unknown): Fate | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  const found = fates.find(([one]) => one.test(code)) ?? messages.find(([one]) => one.test(error.message));
  if (found !== undefined) return found[1];
  return error.cause === error ? undefined : fateOf(error.cause);
}

/** Takes rows' contents out of an error that may be logged: what PostgreSQL details are values, names among them. */
export function withoutData(error: unknown): unknown {
  for (let one = error; one instanceof Error; one = one.cause === one ? undefined : one.cause) {
    for (const field of ['detail', 'where', 'hint']) if (field in one) Reflect.deleteProperty(one, field);
  }
  return error;
}
