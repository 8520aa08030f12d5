import { type Board, measured } from './board.ts';
import { curve, figure } from './panel.ts';
import { of, quantiles, rate, rateOfAll } from './promql.ts';

const stored = '"gone|failed"';
const glass = 'kilat_live_glass_to_guest_seconds';

/** Shows how fast photos come from glass to guest, how many, and what went wrong. */
export const overviewBoard: Board = {
  ...measured,
  uid: 'kilat-overview',
  title: 'Kilat · Overview',
  description: 'From glass to guest: how fast, how many, and what went wrong.',
  rows: [
    {
      title: 'Now',
      panels: [
        figure(
          'Glass to guest, p95',
          { expr: `histogram_quantile(0.95, sum by (le) (rate(${of(`${glass}_bucket`)}[15m])))` },
          { unit: 's', bad: 5, description: 'From the first byte of a photo to a guest’s screen.' },
        ),
        figure('Photos a minute', {
          expr: `60 * sum(rate(${of('kilat_upload_finished_total', 'result="stored"')}[5m]))`,
        }),
        figure('Guests and team watching', { expr: `sum(${of('kilat_live_streams')})` }),
        figure('Photos waiting', { expr: `max(sum without (stage, lane, state) (${of('kilat_relay_stage_depth')}))` }),
        figure(
          'Failures',
          { expr: `max(sum without (stage, class) (${of('kilat_relay_stage_failures')}))` },
          { bad: 1 },
        ),
        figure(
          'Answered with 5xx',
          {
            expr: `sum(${rateOfAll('requests_total', [], 'status="5xx"')}) / sum(${rateOfAll('requests_total')})`,
          },
          { unit: 'percentunit', bad: 0.001 },
        ),
      ],
    },
    {
      title: 'Glass to guest',
      panels: [
        curve('Glass to guest', quantiles(glass), {
          unit: 's',
          width: 12,
          description: 'As the pages of guests report.',
        }),
        curve(
          'Each part of the way, p95',
          [
            { ...quantile95('kilat_upload_stored_seconds'), legend: '1 first byte → stored' },
            { ...quantile95('kilat_relay_publish_delay_seconds'), legend: '2 stored → published' },
            { ...quantile95('kilat_thumbnail_stored_to_rendered_seconds'), legend: '3 stored → rendered' },
            { ...quantile95('kilat_live_sent_delay_seconds'), legend: '4 committed → sent' },
            { ...quantile95('kilat_live_painted_seconds'), legend: '5 sent → painted' },
          ],
          { unit: 's', width: 12 },
        ),
      ],
    },
    {
      title: 'Promises (30 days)',
      panels: [
        budget('Availability, 99.9 %', 0.001, `${requests('status="5xx"')} / ${requests()}`),
        budget(
          'On a screen within 5 s, 95 %',
          0.05,
          `1 - ${over(`${glass}_bucket`, 'le=~"5(\\\\.0)?"')} / ${over(`${glass}_count`)}`,
        ),
        budget(
          'Stored, 99.5 %',
          0.005,
          `${over('kilat_upload_finished_total', `result=~${stored}`)} / ${over('kilat_upload_finished_total', 'result!="refused"')}`,
        ),
      ],
    },
    {
      title: 'Uploads and errors',
      panels: [
        curve(
          'Photos by how their upload ended',
          [{ expr: rate('result', 'kilat_upload_finished_total'), legend: '{{result}}' }],
          { unit: 'ops' },
        ),
        curve(
          'Requests answered with 5xx',
          [{ expr: rateOfAll('requests_total', [], 'status="5xx"'), legend: '{{target}}' }],
          { unit: 'reqps' },
        ),
        curve('Targets that run', [
          { expr: `count by (name, version) (${of('kilat_process_info')})`, legend: '{{name}} {{version}}' },
        ]),
      ],
    },
  ],
};

function quantile95(name: string) {
  return quantiles(name)[1] ?? { expr: '' };
}

function over(name: string, ...matchers: string[]): string {
  return `sum(increase(${of(name, ...matchers)}[30d]))`;
}

// Over days as the rules write it down: a look-up of every five minutes would be many.
function requests(...matchers: string[]): string {
  return `sum(sum_over_time(${of('kilat:requests:rate5m', ...matchers)}[30d]))`;
}

function budget(title: string, share: number, bad: string) {
  const description = 'What is left of the error budget.';
  return figure(title, { expr: `1 - (${bad}) / ${share}` }, { unit: 'percentunit', description, width: 8, max: 1 });
}
