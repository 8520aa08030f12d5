import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestBus, type TestBus } from '#internal/bus/bustest.ts';
import type { Environment } from '#internal/env/env.ts';
import { openTestEvent, type TestEvent, testSecret } from '#internal/events/eventtest.ts';
import { openMetrics, type Registry } from '#internal/metrics/metrics.ts';
import { startTarget, type TestTarget } from '#internal/process/processtest.ts';
import { freePort } from '../deploy/local/port.ts';
import { freshBucket, temporaryFolder, testServers } from '../deploy/local/testing.ts';
import { askedBy, panelQueries, panelSql, recorded, ruleQueries } from './promqltest.ts';
import { loadTarget, targetNames } from './targets.ts';

let event: TestEvent;
let nats: TestBus;
let targets: TestTarget[] = [];
/** Holds what can be asked for, with the labels that it has. */
const exported = new Map<string, readonly string[]>();

beforeAll(async () => {
  [event, nats] = await Promise.all([openTestEvent(), startTestBus()]);
  const env = await environment();
  targets = await Promise.all(targetNames.map(async (name) => startTarget((await loadTarget(name)).main, env)));
  const registries = [openMetrics(targetNames, '1'), ...targets.map(({ metrics }) => metrics)];
  // What works on stages begins once it has reached the bus.
  await vi.waitFor(() => {
    for (const registry of registries) take(registry);
    for (const stage of ['thumbnail', 'backup'])
      expect([...exported.keys()]).toContain(`kilat_${stage}_attempts_total`);
  });
});
afterAll(async () => {
  await Promise.all(targets.map((target) => target.stop()));
  await nats[Symbol.asyncDispose]();
  await event[Symbol.asyncDispose]();
});

async function environment(): Promise<Environment> {
  const servers = testServers();
  const listens = await Promise.all(
    ['UPLOAD', 'API', 'LIVE', 'MEDIA'].map(async (name) => [`${name}_LISTEN`, `127.0.0.1:${await freePort()}`]),
  );
  return {
    ...{ ...servers, DATABASE_URL: event.url, NATS_URL: nats.url, S3_BUCKET: freshBucket(), KILAT_SECRET: testSecret },
    ...{ SPOOL_DIR: temporaryFolder(), THUMBNAIL_FOLDER: temporaryFolder(), LIVE_GRACE_SECONDS: '0' },
    ...{ BACKUP_PROVIDERS: 'far', BACKUP_FAR_PROFILE: 'versitygw', BACKUP_FAR_BUCKET: freshBucket() },
    ...{ BACKUP_FAR_ENDPOINT: servers.S3_ENDPOINT, BACKUP_FAR_REGION: servers.S3_REGION },
    ...{
      BACKUP_FAR_ACCESS_KEY_ID: servers.S3_ACCESS_KEY_ID,
      BACKUP_FAR_SECRET_ACCESS_KEY: servers.S3_SECRET_ACCESS_KEY,
    },
    ...{ PUBLIC_ORIGIN: 'http://127.0.0.1', ...Object.fromEntries(listens) },
  };
}

// A metric knows its labels before it has a value.
function take(registry: Registry): void {
  for (const metric of registry.getMetricsAsArray()) {
    const { name, type, labelNames = [] } = metric as unknown as { name: string; type: string; labelNames?: string[] };
    exported.set(name, labelNames);
    if (type !== 'histogram') continue;
    exported.set(`${name}_bucket`, ['le', ...labelNames]);
    for (const part of ['count', 'sum']) exported.set(`${name}_${part}`, labelNames);
  }
}

// What whoever scrapes adds, and what the queries make themselves.
const added = ['namespace', 'pod', 'instance', 'job', 'target', 'deployment', 'le', '__name__'];

// What kube-state-metrics tells of the chart's Deployments.
const ofCluster = ['kube_deployment_status_replicas_available', 'kube_deployment_spec_replicas'];

function problemsOf(expr: string): string[] {
  const { names: all, patterns, labels } = askedBy(expr);
  const names = all.filter((name) => !ofCluster.includes(name));
  const matched = patterns.map((pattern) => [...exported.keys()].filter((name) => pattern.test(name)));
  const asked = [...names, ...matched.flat()];
  const known = new Set([...asked.flatMap((name) => exported.get(name) ?? []), ...added]);
  const recordLabels = names.some((name) => recorded.includes(name)) ? ['status', 'result'] : [];
  return [
    ...names.filter((name) => !exported.has(name) && !recorded.includes(name)).map((name) => `no metric ${name}`),
    ...patterns.filter((_, at) => matched[at]?.length === 0).map((pattern) => `no metric like ${pattern}`),
    ...labels.filter((label) => !known.has(label) && !recordLabels.includes(label)).map((label) => `no label ${label}`),
  ];
}

test('every panel and every rule asks for figures and labels that the code exports', () => {
  expect(panelQueries.length).toBeGreaterThan(60);
  const wrong = [...panelQueries, ...ruleQueries].flatMap(({ where, expr }) =>
    problemsOf(expr).map((problem) => `${where}: ${problem}`),
  );
  expect(wrong).toEqual([]);
});

test('a query that asks for what there is not is found', () => {
  expect(
    problemsOf('sum by (event_id) (rate(kilat_upload_finished_total{kind="x"}[5m])) + kilat_upload_wishes'),
  ).toEqual(['no metric kilat_upload_wishes', 'no label event_id', 'no label kind']);
  expect(problemsOf('sum({__name__=~"kilat_.+_wishes"})')).toEqual(['no metric like /^(?:kilat_.+_wishes)$/']);
  expect(() => askedBy('sum by (le (rate(x[5m]))')).toThrow('not PromQL');
});

test('every figure of a target is on a dashboard', () => {
  const asked = panelQueries.map(({ expr }) => askedBy(expr));
  const names = new Set(asked.flatMap((one) => one.names.map((name) => name.replace(/_(bucket|count|sum)$/, ''))));
  const patterns = asked.flatMap((one) => one.patterns);
  const shown = (name: string) =>
    names.has(name) || patterns.some((pattern) => pattern.test(name) || pattern.test(`${name}_bucket`));
  const figures = [...exported.keys()].filter(
    (name) => /^kilat_(?!process)/.test(name) && !/_(bucket|count|sum)$/.test(name),
  );
  expect(figures.filter((name) => !shown(name))).toEqual([]);
});

test('names begin with their target, and no label is an id', () => {
  const own = [...exported].filter(([name]) => !name.startsWith('kilat_process_'));
  const begins = new RegExp(`^kilat_(${targetNames.join('|')})_[a-z_]+$`);
  expect(own.filter(([name]) => !begins.test(name))).toEqual([]);
  expect([...new Set(own.flatMap(([, labels]) => labels))].sort()).toEqual([
    ...[
      'channel',
      'class',
      'consumer',
      'found',
      'how',
      'lane',
      'le',
      'method',
      'operation',
      'outcome',
      'provider',
      'reason',
    ],
    ...['result', 'stage', 'state', 'status', 'stream', 'what'],
  ]);
});

test('the dashboard of one event reads the real schema by a role that may read nothing else', async () => {
  await event.addPhoto();
  const owner = new pg.Client(event.url);
  await owner.connect();
  const sql = readFileSync(new URL('../deploy/dashboards/reader.sql', import.meta.url), 'utf8');
  await owner.query(sql);
  await owner.query(sql); // may be run again
  await owner.query('set session authorization kilat_reader');
  const queries = panelSql(event.eventId);
  expect(queries.length).toBeGreaterThan(10);
  for (const { where, sql } of queries) expect((await owner.query(sql)).rows.length, where).toBeGreaterThanOrEqual(0);
  const denied = [
    'select file_name from photos',
    'select data from journal',
    'select * from sessions',
    'select name from accounts',
  ];
  for (const query of denied) await expect(owner.query(query), query).rejects.toMatchObject({ code: '42501' });
  await expect(owner.query('update events set title = title')).rejects.toMatchObject({ code: '42501' });
  await owner.end();
});
