import { Fault } from '../fault/fault.ts';

// PostgreSQL's classes: 08 connection, 40 rollback (serialization, deadlock), 53 resources, 57P shutdown; 25006 a standby.
const transientStates = /^(08|40001|40P01|53|57P|25006|55P03)/;
const transientErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
]);

/** Turns what the database refuses for a while into a Fault of kind unavailable; any other error stays. */
export function asUnavailable(error: unknown): unknown {
  return isTransient(error)
    ? new Fault('unavailable', 'The database is not available.', { cause: error, class: 'server' })
    : error;
}

/** Tells whether trying again later can help. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  if (transientStates.test(code) || transientErrors.has(code)) return true;
  if (
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
      error.message,
    )
  )
    return true;
  return error.cause !== undefined && error.cause !== error && isTransient(error.cause);
}
