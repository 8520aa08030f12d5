import { type Board, measured } from './board.ts';
import { curve } from './panel.ts';
import { of, quantiles, rate } from './promql.ts';

const glass = 'kilat_live_glass_to_guest_seconds';

/** Shows who follows, what is sent to them and who had to begin anew. */
export const liveBoard: Board = {
  ...measured,
  uid: 'kilat-live',
  title: 'Kilat · Live',
  description: 'Who follows, what is sent to them, and who had to begin anew.',
  rows: [
    {
      title: 'Connections',
      panels: [
        curve('Open streams', [{ expr: `sum by (instance) (${of('kilat_live_streams')})` }]),
        curve(
          'How full',
          [{ expr: `max by (instance) (${of('kilat_live_streams')} / ${of('kilat_live_streams_most')})` }],
          { unit: 'percentunit', bad: 0.8, max: 1 },
        ),
        curve('Events that somebody follows', [{ expr: `sum by (instance) (${of('kilat_live_events')})` }]),
        curve('Opened', [{ expr: rate('instance', 'kilat_live_streams_opened_total') }], { unit: 'ops' }),
        curve(
          'Refused',
          [{ expr: rate('status', 'kilat_live_requests_total', 'status=~"4xx|5xx"'), legend: '{{status}}' }],
          { unit: 'reqps' },
        ),
      ],
    },
    {
      title: 'Deliveries',
      panels: [
        curve('Frames written', [{ expr: rate('instance', 'kilat_live_deliveries_total') }], { unit: 'ops' }),
        curve('Resyncs', [{ expr: rate('instance', 'kilat_live_resyncs_total') }], {
          unit: 'ops',
          description: 'Cursors that could not be followed.',
        }),
        curve('Clients dropped', [{ expr: rate('instance', 'kilat_live_dropped_total') }], {
          unit: 'ops',
          description: 'They left too much unread, and come again.',
        }),
      ],
    },
    {
      title: 'How long it takes',
      panels: [
        curve('Commit → sent', quantiles('kilat_live_sent_delay_seconds'), { unit: 's' }),
        curve('Sent → painted', quantiles('kilat_live_painted_seconds'), { unit: 's' }),
        curve('Glass to guest', quantiles(glass), { unit: 's' }),
        curve('Requests that open no stream', quantiles('kilat_live_request_seconds'), { unit: 's' }),
      ],
    },
  ],
};
