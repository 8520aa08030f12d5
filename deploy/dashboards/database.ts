import { type Board, measured } from './board.ts';
import { curve } from './panel.ts';
import { mostOfAll, of, rateOfAll } from './promql.ts';

/** Shows connections, slow statements, limits and the processes themselves. */
export const databaseBoard: Board = {
  ...measured,
  uid: 'kilat-database',
  title: 'Kilat · Database and cache',
  description: 'Connections, statements that take long, limits, and the processes themselves.',
  rows: [
    {
      title: 'PostgreSQL',
      panels: [
        curve('Connections that work', [
          { expr: mostOfAll('database_connections_busy'), legend: '{{target}}' },
          { expr: mostOfAll('database_connections_most'), legend: '{{target}}, at most' },
        ]),
        curve('Connections that are idle', [{ expr: mostOfAll('database_connections_idle'), legend: '{{target}}' }]),
        curve('Callers that wait for one', [{ expr: mostOfAll('database_connections_wanted'), legend: '{{target}}' }], {
          bad: 1,
        }),
        curve('Statements over 1 s', [{ expr: rateOfAll('database_slow_statements_total'), legend: '{{target}}' }], {
          unit: 'ops',
          description: 'Each is in the log, with its text and without its values.',
        }),
        curve('Statements', [{ expr: rateOfAll('database_statement_seconds_count'), legend: '{{target}}' }], {
          unit: 'ops',
        }),
        curve(
          'Statements, p95',
          [
            {
              expr: `histogram_quantile(0.95, ${rateOfAll('database_statement_seconds_bucket', ['le'])})`,
              legend: '{{target}}',
            },
          ],
          { unit: 's' },
        ),
      ],
    },
    {
      title: 'Redis and processes',
      panels: [
        curve(
          'Calls of limiters that Redis did not answer',
          [{ expr: rateOfAll('limit_unanswered_total'), legend: '{{target}}' }],
          { unit: 'ops' },
        ),
        curve(
          'Event loop is late, p99',
          [{ expr: `max by (instance) (${of('kilat_process_nodejs_eventloop_lag_p99_seconds')})` }],
          { unit: 's', bad: 0.5 },
        ),
        curve('Memory', [{ expr: `max by (instance) (${of('kilat_process_process_resident_memory_bytes')})` }], {
          unit: 'bytes',
        }),
        curve('Cores', [
          { expr: `sum by (instance) (rate(${of('kilat_process_process_cpu_seconds_total')}[$__rate_interval]))` },
        ]),
      ],
    },
  ],
};
