import type { S3Client } from '@aws-sdk/client-s3';
import { Fault } from '../fault/fault.ts';
import type { Meter } from '../metrics/meter.ts';
import { asObjectFault, isAbsent } from './failure.ts';

/** Counts and times an S3 client's calls, its own repetitions included in one; `operation` is S3's, as in PutObject. */
export function measureCalls(client: Pick<S3Client, 'middlewareStack'>, meter: Meter): void {
  const calls = meter.counter('objects_calls_total', 'Calls of the object storage, by operation and result', [
    'operation',
    'result',
  ]);
  const seconds = meter.seconds('objects_call_seconds', 'From a call of the object storage to its answer', {
    labelNames: ['operation'],
  });
  client.middlewareStack.add(
    (next, { commandName = 'unknown' }) =>
      async (args) => {
        const operation = commandName.replace(/Command$/, '');
        const startedAt = performance.now();
        const count = (result: string) => {
          calls.inc({ operation, result });
          seconds.observe({ operation }, (performance.now() - startedAt) / 1_000);
        };
        try {
          const answer = await next(args);
          count('done');
          return answer;
        } catch (error) {
          count(resultOf(error));
          throw error;
        }
      },
    { step: 'initialize', name: 'measureCalls' },
  );
}

// What is not there, and what we broke off ourselves, says nothing of the server.
function resultOf(error: unknown): 'absent' | 'ended' | 'failed' | 'refused' {
  if (error instanceof Error && error.name === 'AbortError') return 'ended';
  if (isAbsent(error)) return 'absent';
  const fault = asObjectFault(error);
  return fault instanceof Fault && fault.kind === 'unavailable' ? 'failed' : 'refused';
}
