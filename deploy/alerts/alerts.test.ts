import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { execute } from '../local/program.ts';
import { promtool } from '../local/promtool.ts';
import { root } from '../local/services.ts';
import { temporaryFolder } from '../local/temporary.ts';
import { type AlertCase, cases, type Series } from './cases.ts';

const folder = join(root, 'charts', 'kilat', 'alerts');
const files = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
const alerts = files.filter(({ name }) => name !== 'records.yaml');
const nameOf = (text: string) => /- alert: (\w+)/.exec(text)?.[1] ?? '';
const kebab = (name: string) => name.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase();

test('Prometheus takes every rule', { timeout: 60_000 }, async () => {
  const program = await promtool();
  await execute([program, 'check', 'rules', ...files.map(({ name }) => join(folder, name))]);
});

test('every alert is tried with what makes it fire and with what comes near', () => {
  expect(cases.map(({ alert }) => alert).sort()).toEqual(alerts.map(({ text }) => nameOf(text)).sort());
});

// Hours of rules are computed: seconds here, on a busy machine more.
test('each alert fires when it should, and only then', { timeout: 60_000 }, async () => {
  const program = await promtool();
  const trials = temporaryFolder();
  const written = cases.map((one) => {
    const file = join(trials, `${one.alert}.json`);
    writeFileSync(file, JSON.stringify(trialOf(one)));
    return file;
  });
  await execute([program, 'test', 'rules', ...written]);
});

// In promtool's own words: JSON is YAML.
function trialOf({ alert, minutes, fires, stays }: AlertCase): object {
  const tried = ({ name, series, count }: { name: string; series: Series[]; count: number }) => ({
    name: `${alert} ${name}`,
    interval: '1m',
    input_series: series.map(([series, values]) => ({ series, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
        eval_time: `${minutes}m`,
        exp_samples: [{ labels: '{}', value: count }],
      },
    ],
  });
  return {
    rule_files: ['records.yaml', `${kebab(alert)}.yaml`].map((name) => join(folder, name)),
    evaluation_interval: '1m',
    tests: [
      tried({ name: 'fires', series: fires, count: 1 }),
      tried({ name: 'stays silent', series: stays, count: 0 }),
    ],
  };
}

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
