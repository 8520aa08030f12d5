import { type Board, measured } from './board.ts';
import { curve } from './panel.ts';
import { of, quantiles, rate, rateOfAll } from './promql.ts';

/** Shows the object storage, what goes in and out, and second copies. */
export const storageBoard: Board = {
  ...measured,
  uid: 'kilat-storage',
  title: 'Kilat · Storage',
  description: 'The object storage, what goes in and out, and second copies.',
  rows: [
    {
      title: 'Object storage',
      panels: [
        curve(
          'Calls by result',
          [{ expr: rateOfAll('objects_calls_total', ['result']), legend: '{{target}} {{result}}' }],
          { unit: 'ops' },
        ),
        curve(
          'Calls that failed',
          [
            {
              expr: rateOfAll('objects_calls_total', ['operation'], 'result="failed"'),
              legend: '{{target}} {{operation}}',
            },
          ],
          { unit: 'ops' },
        ),
        curve(
          'Calls, p95',
          [
            {
              expr: `histogram_quantile(0.95, ${rateOfAll('objects_call_seconds_bucket', ['le'])})`,
              legend: '{{target}}',
            },
          ],
          { unit: 's' },
        ),
      ],
    },
    {
      title: 'Bytes',
      panels: [
        curve('Originals stored', [{ expr: rate('target', 'kilat_upload_stored_bytes_total'), legend: 'stored' }], {
          unit: 'Bps',
        }),
        curve(
          'Copied to other places',
          [{ expr: rate('provider', 'kilat_backup_copied_bytes_total'), legend: '{{provider}}' }],
          { unit: 'Bps' },
        ),
        curve('Originals missing, strays put aside', [
          { expr: `sum by (what) (increase(${of('kilat_upload_reconciled_total')}[1h]))`, legend: '{{what}}' },
        ]),
        curve('Copies found lost', [
          {
            expr: `sum by (provider, found) (increase(${of('kilat_backup_copies_lost_total')}[1d]))`,
            legend: '{{provider}} {{found}}',
          },
        ]),
      ],
    },
    {
      title: 'Pictures served',
      panels: [
        curve('Requests of /media', [{ expr: rate('status', 'kilat_media_requests_total'), legend: '{{status}}' }], {
          unit: 'reqps',
        }),
        curve('How long they take', quantiles('kilat_media_request_seconds'), { unit: 's' }),
      ],
    },
  ],
};
