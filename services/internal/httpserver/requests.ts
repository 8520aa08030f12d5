import type { FastifyInstance } from 'fastify';
import type { Meter } from '../metrics/meter.ts';

/** Counts and times what a server answers; a request whose client left before the answer's end is not counted. */
export function countRequests(app: Pick<FastifyInstance, 'addHook'>, meter: Meter): void {
  const requests = meter.counter('requests_total', 'Requests answered, by method and class of status', [
    'method',
    'status',
  ]);
  const seconds = meter.seconds('request_seconds', 'From the head of a request to the end of its answer', {
    labelNames: ['method'],
  });
  // A share of failures can be told from the first one on: none is a figure too.
  requests.inc({ method: 'GET', status: '5xx' }, 0);
  app.addHook('onResponse', async ({ method }, reply) => {
    requests.inc({ method, status: `${Math.floor(reply.raw.statusCode / 100)}xx` });
    seconds.observe({ method }, reply.elapsedTime / 1_000);
  });
}
