import { readFileSync } from 'node:fs';
import { notifyDurable, streams, workDurables } from '@kilat/contract';
import { expect, test } from 'vitest';
import { Registry } from '#internal/metrics/metrics.ts';
import { createGauges } from './gauges.ts';

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');

test.each(workDurables)('the page that autoscalers are set up by names $name and its stream', ({ stage, name }) => {
  const row = readme.split('\n').find((line) => line.startsWith(`| ${stage} |`));
  expect(row?.split('|')[2]?.trim()).toBe(`\`${streams.work}\``);
  expect(row?.split('|')[3]).toContain(`\`${name}\``);
});

test('the page names the durable of notify', () => {
  expect(readme).toContain(`| notify | \`${notifyDurable.stream}\` | \`${notifyDurable.name}\` |`);
});

test('the page names every gauge with its labels', async () => {
  const registry = new Registry();
  createGauges(registry);
  for (const { name } of await registry.getMetricsAsJSON()) expect(readme).toContain(`\`${name}\``);
});
