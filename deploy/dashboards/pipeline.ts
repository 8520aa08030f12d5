import { type Board, measured } from './board.ts';
import { curve } from './panel.ts';
import { of, quantileBy, quantiles, rate } from './promql.ts';

const outcomes = (stage: string) =>
  curve(
    `Attempts at ${stage}`,
    [{ expr: rate('outcome, class', `kilat_${stage}_attempts_total`), legend: '{{outcome}} {{class}}' }],
    { unit: 'ops', width: 12 },
  );

/** Shows what waits, for how long, how long it takes and what failed. */
export const pipelineBoard: Board = {
  ...measured,
  uid: 'kilat-pipeline',
  title: 'Kilat · Pipeline',
  description: 'What waits, for how long, how long it takes, and what failed.',
  rows: [
    {
      title: 'Waiting',
      panels: [
        curve(
          'Lag',
          [
            {
              expr: `max by (stream, consumer) (${of('kilat_relay_consumer_lag')})`,
              legend: '{{stream}} {{consumer}}',
            },
          ],
          { description: 'As autoscalers count: not acked.' },
        ),
        curve('Due and queued', [
          {
            expr: `max by (stage, lane, state) (${of('kilat_relay_stage_depth')})`,
            legend: '{{stage}} {{lane}} {{state}}',
          },
        ]),
        curve(
          'Oldest due',
          [
            {
              expr: `max by (stage, lane) (${of('kilat_relay_stage_oldest_due_seconds')})`,
              legend: '{{stage}} {{lane}}',
            },
          ],
          { unit: 's', bad: 120 },
        ),
        curve(
          'Oldest unpublished entry',
          [{ expr: `max by (namespace) (${of('kilat_relay_unpublished_oldest_seconds')})`, legend: 'waits' }],
          { unit: 's', bad: 60 },
        ),
      ],
    },
    {
      title: 'How long it takes',
      panels: [
        curve('Commit → published', quantiles('kilat_relay_publish_delay_seconds'), { unit: 's' }),
        curve('Stored → rendered', quantiles('kilat_thumbnail_stored_to_rendered_seconds'), { unit: 's' }),
        curve('Rendering', quantiles('kilat_thumbnail_render_seconds'), { unit: 's' }),
        curve('An attempt at thumbnail', quantiles('kilat_thumbnail_attempt_seconds'), { unit: 's' }),
        curve('An attempt at backup', quantiles('kilat_backup_attempt_seconds'), { unit: 's' }),
        curve('One copy, p95', [quantileBy('provider', 0.95, 'kilat_backup_copy_seconds')], { unit: 's' }),
      ],
    },
    {
      title: 'Failures',
      panels: [
        outcomes('thumbnail'),
        outcomes('backup'),
        curve('Failures that wait for somebody', [
          { expr: `max by (stage, class) (${of('kilat_relay_stage_failures')})`, legend: '{{stage}} {{class}}' },
        ]),
        curve(
          'Places for copies that are left alone',
          [{ expr: `max by (provider) (${of('kilat_backup_pause_seconds')})`, legend: '{{provider}}' }],
          { unit: 's' },
        ),
        curve(
          'Age of these figures',
          [
            {
              expr: `time() - max(${of('kilat_relay_measured_timestamp_seconds')})`,
              legend: 'since the relay measured',
            },
          ],
          { unit: 's', bad: 60 },
        ),
      ],
    },
    {
      title: 'Notifications',
      panels: [
        curve('Due', [{ expr: `max by (channel) (${of('kilat_relay_notifications_due')})`, legend: '{{channel}}' }]),
        curve(
          'Oldest due',
          [{ expr: `max by (channel) (${of('kilat_relay_notifications_oldest_due_seconds')})`, legend: '{{channel}}' }],
          { unit: 's', bad: 900 },
        ),
        curve(
          'Tries',
          [{ expr: rate('channel, result', 'kilat_notify_tries_total'), legend: '{{channel}} {{result}}' }],
          { unit: 'ops' },
        ),
      ],
    },
  ],
};
