import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { resolveBinary } from '../../local/resolve.ts';
import { renderPrograms } from './programs.ts';
import { runWith, variants } from './render.ts';
import { rendering } from './renderings.ts';

const complaints = new Map<string, string[]>();

beforeAll(validate);

/** Lets kubeconform read all variants at once: most of its time goes into reading the schemas. */
async function validate(): Promise<void> {
  const schemas = join(import.meta.dirname, 'schemas', '{{ .ResourceKind }}{{ .KindSuffix }}.json');
  const kubeconform = await resolveBinary(renderPrograms.kubeconform);
  const { printed } = await runWith([
    kubeconform,
    '-strict',
    '-output',
    'json',
    '-verbose',
    '-schema-location',
    schemas,
    inject('renderings'),
  ]);
  for (const { filename, kind, name, status, msg } of JSON.parse(printed).resources) {
    const said = complaints.get(basename(filename, '.yaml')) ?? [];
    if (status !== 'statusValid' && status !== 'statusEmpty') said.push(`${kind}/${name}: ${msg}`);
    complaints.set(basename(filename, '.yaml'), said);
  }
}

test.each(variants)('variant %s fits the strict schemas of Kubernetes and of the operators', (variant) => {
  expect(complaints.get(variant)).toEqual([]);
});

test.each(variants)('variant %s names each object once, and none too long for its Services', (variant) => {
  const names = rendering(variant).manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  expect(new Set(names).size).toBe(names.length);
  for (const { metadata } of rendering(variant).manifests) expect(metadata.name.length).toBeLessThanOrEqual(63);
});

const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

test.each(variants)('variant %s has no container that is not restricted, bounded and without a shell', (variant) => {
  for (const { kind, metadata, spec } of rendering(variant).manifests) {
    const pod = kind === 'Pod' ? spec : spec?.template?.spec;
    if (pod?.containers === undefined) continue;
    expect(pod.securityContext, metadata.name).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.automountServiceAccountToken, metadata.name).toBe(false);
    for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
      expect(container.securityContext, `${metadata.name} ${container.name}`).toMatchObject(restricted);
      expect(container.resources.requests, `${metadata.name} ${container.name}`).toBeDefined();
      expect(container.resources.limits.memory, `${metadata.name} ${container.name}`).toBeDefined();
      expect(JSON.stringify(container.command ?? [])).not.toMatch(/"(ba)?sh"/);
    }
  }
});

test.each(variants)('variant %s refers to no Secret, ConfigMap or claim of its own that is not there', (variant) => {
  const { manifests } = rendering(variant);
  const there = new Set(manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  const references = [...rendering(variant).text.matchAll(/(secretKeyRef|configMapRef):\s*\{?\s*name: ([\w-]+)/g)];
  for (const [, by, name = ''] of references) {
    const object = `${by === 'secretKeyRef' ? 'Secret' : 'ConfigMap'}/${name}`;
    if (/^(kilat|gallery)(-|$)/.test(name) && !given.has(name)) expect(there, variant).toContain(object);
  }
});

// Secrets of the operator's own, which the variants name.
const given = new Set(['secret', 'database-app', 'nats', 'valkey', 's3', 'mail', 'r2'].map((name) => `kilat-${name}`));

test.each(variants)('variant %s holds no secret outside of Secrets', (variant) => {
  const { manifests, text } = rendering(variant);
  const secrets = manifests.flatMap(({ kind, data }) =>
    kind === 'Secret' ? Object.values(data as Record<string, string>) : [],
  );
  for (const secret of secrets) {
    const plain = Buffer.from(secret, 'base64').toString();
    if (plain.length > 12) expect(text).not.toContain(plain);
  }
});

test('the version of the chart is that of the code', () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
  const chart = readFileSync(join(import.meta.dirname, '../../../charts/kilat/Chart.yaml'), 'utf8');
  expect(chart).toContain(`appVersion: ${version}`);
  expect(chart).toContain(`version: ${version}`);
});
