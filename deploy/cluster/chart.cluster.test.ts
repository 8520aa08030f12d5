import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { say } from '../local/progress.ts';
import { temporaryFolder } from '../local/temporary.ts';
import { type ApiServer, startApiServer } from './apiserver.ts';
import { chartFolder, render } from './chart.ts';
import { helmProgram } from './helm.ts';
import { apply, feed } from './kubectl.ts';

const variants = readdirSync(join(chartFolder, 'ci')).filter((name) => name.endsWith('-values.yaml'));
const hours = 3_600_000;

// What a variant names of the cluster's own; the API server takes no pod of a class that is not there.
const classes = [
  { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'photos' }, value: 1 },
  { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'sandboxed' }, handler: 'sandboxed' },
];

let server: ApiServer;
let helm: string;

beforeAll(async () => {
  helm = await helmProgram();
  server = await startApiServer(join(temporaryFolder(), 'api'), say);
  for (const one of classes) await apply(server.kubectl, one);
}, hours); // the first time, it builds the API server

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

/** Lets the API server decode, default and check a manifest as if it were to be kept; answers what it said. */
async function refusal(manifest: string): Promise<string> {
  const strictly = ['apply', '--dry-run=server', '--validate=strict', '--warnings-as-errors', '-f', '-'];
  return await feed(server.kubectl.command(strictly), manifest).then(
    () => '',
    (error: Error) => error.message,
  );
}

test.each(variants)('the API server takes the chart strictly with %s', async (variant) => {
  const values = ['--values', join(chartFolder, 'ci', variant)];
  expect(await refusal(await render(helm, values))).toBe('');
});

const faults = [
  {
    fault: 'a misspelt field',
    from: 'terminationGracePeriodSeconds:',
    to: 'terminationGracePeriod:',
    says: 'unknown field',
  },
  {
    fault: 'a container that may gain rights',
    from: 'allowPrivilegeEscalation: false',
    to: 'allowPrivilegeEscalation: true',
    says: 'restricted',
  },
];
test.each(faults)('the API server refuses $fault', async ({ from, to, says }) => {
  const manifest = await render(helm);
  expect(manifest).toContain(from);
  expect(await refusal(manifest.replace(from, to))).toContain(says);
});
