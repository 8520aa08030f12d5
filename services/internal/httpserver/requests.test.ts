import { expect, test } from 'vitest';
import { Fault } from '../fault/fault.ts';
import { silentLog } from '../log/log.ts';
import { meterOf } from '../metrics/meter.ts';
import { Registry } from '../metrics/metrics.ts';
import { openApp } from './httpserver.ts';

test('requests are counted by method and class of status, whatever their paths', async () => {
  const registry = new Registry();
  const app = openApp({ log: silentLog(), trustProxy: [], meter: meterOf(registry, 'api') });
  app.get('/photos/:photo_id', async () => ({ fine: true }));
  app.put('/photos/:photo_id', async () => {
    throw new Fault('unavailable', 'Later.');
  });
  for (const id of ['a', 'b']) await app.inject({ method: 'GET', url: `/photos/${id}` });
  await app.inject({ method: 'PUT', url: '/photos/a' });
  await app.inject({ method: 'GET', url: '/nowhere' });
  const text = await registry.metrics();
  expect(text.split('\n').filter((line) => line.startsWith('kilat_api_requests_total'))).toEqual([
    'kilat_api_requests_total{method="GET",status="5xx"} 0',
    'kilat_api_requests_total{method="GET",status="2xx"} 2',
    'kilat_api_requests_total{method="PUT",status="5xx"} 1',
    'kilat_api_requests_total{method="GET",status="4xx"} 1',
  ]);
  expect(text).toContain('kilat_api_request_seconds_count{method="GET"} 3');
});
