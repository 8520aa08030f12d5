import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { execute } from '../local/program.ts';
import { promtool } from '../local/promtool.ts';
import { temporaryFolder } from '../local/temporary.ts';
import { dashboardOf } from './board.ts';
import { boards } from './boards.ts';
import { rateOfAll } from './promql.ts';

// As Prometheus and Grafana are by default: rules every minute, figures every 15 s, and four of those for a rate.
test('figures of all targets show with a rate over one minute where rules are evaluated once a minute', async () => {
  const file = join(temporaryFolder(), 'trial.json');
  const expr = rateOfAll('requests_total', ['status']);
  writeFileSync(
    file,
    JSON.stringify({
      evaluation_interval: '1m',
      tests: [
        {
          interval: '15s',
          input_series: [
            { series: 'kilat_api_requests_total{namespace="photos",status="2xx",pod="a"}', values: '0+15x60' },
            { series: 'kilat_api_requests_total{namespace="photos",status="2xx",pod="b"}', values: '0+15x60' },
            { series: 'kilat_live_requests_total{namespace="photos",status="2xx",pod="c"}', values: '0+30x60' },
          ],
          promql_expr_test: [
            {
              expr: expr.replaceAll('$__rate_interval', '1m').replaceAll('$namespace', '.*'),
              eval_time: '10m',
              exp_samples: [
                { labels: '{target="api",status="2xx"}', value: 2 },
                { labels: '{target="live",status="2xx"}', value: 2 },
              ],
            },
          ],
        },
      ],
    }),
  );
  await execute([await promtool(), 'test', 'rules', file]);
});

test('no panel leaves the step of a subquery to Prometheus', () => {
  expect(boards.filter((board) => JSON.stringify(dashboardOf(board)).includes(':]'))).toEqual([]);
});
