import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { execute } from '../local/program.ts';
import { promtool } from '../local/promtool.ts';
import { root } from '../local/services.ts';
import { temporaryFolder } from '../local/temporary.ts';
import type { AlertCase, Series } from './case.ts';
import { cases } from './cases.ts';

const folder = join(root, 'charts', 'kilat', 'alerts');
const files = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
const alerts = files.filter(({ name }) => name !== 'records.yaml');
const nameOf = (text: string) => /- alert: (\w+)/.exec(text)?.[1] ?? '';
const kebab = (name: string) => name.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase();

test('Prometheus takes every rule', async () => {
  const program = await promtool();
  await execute([program, 'check', 'rules', ...files.map(({ name }) => join(folder, name))]);
});

test('every alert is tried with what makes it fire and with what comes near', () => {
  expect([...new Set(cases.map(({ alert }) => alert))].sort()).toEqual(alerts.map(({ text }) => nameOf(text)).sort());
});

// Hours of rules are computed: seconds here, on a busy machine more.
test('each alert fires when it should, and only then', async () => {
  const program = await promtool();
  const trials = temporaryFolder();
  const releases = ['photos', 'others'].map((namespace) => filled(namespace, trials));
  const written = cases.map((one, at) => {
    const file = join(trials, `${at}.json`);
    writeFileSync(file, JSON.stringify(trialOf(one, releases)));
    return file;
  });
  await execute([program, 'test', 'rules', ...written]);
});

// Fills in what the chart's template does, into a folder; in this release notify may be scaled to none.
function filled(namespace: string, parent: string): string {
  const own = mkdtempSync(join(parent, namespace));
  for (const { name, text } of files) {
    const rules = text
      .replaceAll('$namespace', namespace)
      .replaceAll('$deployments', 'kilat-(door|thumbnail|upload|web)')
      .replaceAll('$targets', 'relay|upload');
    writeFileSync(join(own, name), rules);
  }
  return own;
}

// In promtool's own words: JSON is YAML. Two releases are in one Prometheus: what one has must not hide what the other
// lacks, and the alerts are those of the first.
function trialOf({ alert, minutes, fires, stays }: AlertCase, [own = '', other = '']: string[]): object {
  const file = `${kebab(alert)}.yaml`;
  const records = readFileSync(join(own, file), 'utf8').includes('(kilat:') ? [own, other] : [];
  const tried = (name: string, photos: Series[], others: Series[], count: number) => ({
    name: `${alert} ${name}`,
    interval: '1m',
    input_series: [...seriesOf(photos, 'photos'), ...seriesOf(others, 'others')],
    promql_expr_test: ['photos', 'others'].map((namespace, at) => ({
      expr: `count(ALERTS{alertname="${alert}",alertstate="firing",namespace="${namespace}"}) or vector(0)`,
      eval_time: `${minutes}m`,
      exp_samples: [{ labels: '{}', value: at === 0 ? count : 0 }],
    })),
  });
  return {
    rule_files: [...records.map((folder) => join(folder, 'records.yaml')), join(own, file)],
    evaluation_interval: '1m',
    tests: [
      tried('fires while another release is well', fires, stays, 1),
      tried('stays silent for what is wrong with another', stays, fires, 0),
    ],
  };
}

const seriesOf = (series: Series[], namespace: string) =>
  series.map(([name, values]) => {
    const [metric, labels = ''] = name.split('{');
    return { series: `${metric}{namespace="${namespace}"${labels === '' ? '}' : `,${labels}`}`, values };
  });

const runbook = readFileSync(join(root, 'deploy', 'RUNBOOK.md'), 'utf8');
const sections = [...runbook.matchAll(/^### (Kilat\w+)$/gm)].map(([, name]) => name);

test.each(alerts)('$name has one alert of that name, a severity, and its section in the runbook', ({ name, text }) => {
  const alert = nameOf(text);
  expect(name).toBe(`${kebab(alert)}.yaml`);
  expect(text.match(/- alert:/g)).toHaveLength(1);
  expect(text).toMatch(/severity: (critical|warning)$/m);
  expect(text).toContain(`runbook_url: deploy/RUNBOOK.md#${alert.toLowerCase()}`);
  expect(sections).toContain(alert);
});

test('the runbook has no section of an alert that there is not', () => {
  expect([...sections].sort()).toEqual(alerts.map(({ text }) => nameOf(text)).sort());
});
