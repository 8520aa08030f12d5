import type { S3Client } from '@aws-sdk/client-s3';
import { Fault } from '../fault/fault.ts';
import { asObjectFault } from './failure.ts';

const spanMs = 5_000;
const spans = 3;
const fewest = 8;

/** Knows how the latest calls of an S3 client went. */
export interface Calls {
  /** Tells whether half of the calls of the last 15 s failed because of the server; fewer than 8 calls say nothing. */
  failing(): boolean;
}

interface Span {
  startedAt: number;
  calls: number;
  failures: number;
}

/** Counts a client's calls from now on; what it tried again with success counts as a success. */
export function countCalls(client: Pick<S3Client, 'middlewareStack'>, now = Date.now): Calls {
  const latest: Span[] = [];
  function spanNow(): Span {
    const startedAt = Math.floor(now() / spanMs) * spanMs;
    const last = latest.at(-1);
    if (last?.startedAt === startedAt) return last;
    const span = { startedAt, calls: 0, failures: 0 };
    latest.push(span);
    if (latest.length > spans) latest.shift();
    return span;
  }
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        const answer = await next(args);
        spanNow().calls += 1;
        return answer;
      } catch (error) {
        count(spanNow(), error);
        throw error;
      }
    },
    { step: 'initialize', name: 'countCalls' },
  );
  return {
    failing() {
      const recent = latest.filter(({ startedAt }) => startedAt > now() - spanMs * spans);
      const sum = (of: 'calls' | 'failures') => recent.reduce((total, span) => total + span[of], 0);
      return sum('calls') >= fewest && sum('failures') * 2 >= sum('calls');
    },
  };
}

// A call that we broke off ourselves says nothing of the server.
function count(span: Span, error: unknown): void {
  if (error instanceof Error && error.name === 'AbortError') return;
  span.calls += 1;
  const fault = asObjectFault(error);
  if (fault instanceof Fault && fault.kind === 'unavailable') span.failures += 1;
}
