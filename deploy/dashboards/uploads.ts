import { type Board, measured } from './board.ts';
import { curve } from './panel.ts';
import { of, quantileBy, quantiles, rate } from './promql.ts';

/** Shows what comes in, how fast, and what is asked to wait. */
export const uploadsBoard: Board = {
  ...measured,
  uid: 'kilat-uploads',
  title: 'Kilat · Uploads',
  description: 'What comes in, how fast, and what is asked to wait.',
  rows: [
    {
      title: 'Photos',
      panels: [
        curve(
          'Uploads by how they ended',
          [{ expr: rate('result', 'kilat_upload_finished_total'), legend: '{{result}}' }],
          {
            unit: 'ops',
          },
        ),
        curve('Bytes stored', [{ expr: rate('target', 'kilat_upload_stored_bytes_total'), legend: 'stored' }], {
          unit: 'Bps',
        }),
        curve('First byte → stored', quantiles('kilat_upload_stored_seconds'), { unit: 's' }),
      ],
    },
    {
      title: 'Requests',
      panels: [
        curve(
          'Requests of /files',
          [{ expr: rate('method, status', 'kilat_upload_requests_total'), legend: '{{method}} {{status}}' }],
          { unit: 'reqps' },
        ),
        curve('How long they take, p95', [quantileBy('method', 0.95, 'kilat_upload_request_seconds')], {
          unit: 's',
          description: 'As long as the client sends.',
        }),
        curve(
          'Requests of /api',
          [{ expr: rate('method, status', 'kilat_api_requests_total'), legend: '{{method}} {{status}}' }],
          { unit: 'reqps' },
        ),
        curve('How long those of /api take, p95', [quantileBy('method', 0.95, 'kilat_api_request_seconds')], {
          unit: 's',
        }),
      ],
    },
    {
      title: 'Trouble',
      panels: [
        curve(
          'New uploads wait because of',
          [
            { expr: `max by (reason) (${of('kilat_upload_trouble')})`, legend: 'upload: {{reason}}' },
            { expr: `max by (reason) (${of('kilat_api_trouble')})`, legend: 'api: {{reason}}' },
          ],
          { max: 1 },
        ),
        curve(
          'Tries to finish that failed',
          [{ expr: rate('namespace', 'kilat_upload_finish_failures_total'), legend: 'made again' }],
          { unit: 'ops', description: 'Also those of the sweeper, again and again.' },
        ),
        curve('What the sweeper settled', [
          { expr: `sum by (how) (increase(${of('kilat_upload_swept_total')}[$__rate_interval]))`, legend: '{{how}}' },
        ]),
        curve(
          'Bucket and database compared',
          [
            {
              expr: `sum by (what) (increase(${of('kilat_upload_reconciled_total')}[$__rate_interval]))`,
              legend: '{{what}}',
            },
          ],
          { description: 'A missing original is an alarm.' },
        ),
      ],
    },
  ],
};
