import { expect, test } from 'vitest';
import type { Manifest } from './render.ts';
import { rendering } from './renderings.ts';

const infra = ['nats', 'postgres', 'redis', 's3'];

interface Container {
  name: string;
  env?: unknown[];
  volumeMounts: unknown[];
}

function podsOf(manifests: readonly Manifest[]) {
  const templates = manifests.map((one) => (one.kind === 'Pod' ? one : one.spec?.template));
  return templates.flatMap((template) => {
    const component = template?.metadata?.labels['app.kubernetes.io/component'];
    return template?.spec === undefined || infra.includes(component) ? [] : [{ component, ...template }];
  });
}

test('all pods but those of infra are given what `pods` says, the Jobs of the schema and the test too', () => {
  const pods = podsOf(rendering('pods').manifests);
  const components = [
    'api',
    'door',
    'live',
    'media',
    'migrate',
    'notify',
    'relay',
    'test',
    'thumbnail',
    'upload',
    'web',
  ];
  expect([...new Set(pods.map(({ component }) => component))].sort()).toEqual(components);
  for (const { component, metadata, spec } of pods) {
    expect(metadata.labels, component).toMatchObject({ 'example.com/pool': 'all' });
    expect(metadata.annotations, component).toMatchObject({ 'example.com/all': 'yes-all' });
    expect(spec, component).toMatchObject({ priorityClassName: 'photos', runtimeClassName: 'sandboxed' });
    expect(spec.affinity, component).toHaveProperty('nodeAffinity');
    expect(spec.volumes, component).toContainEqual({ name: 'certificates', configMap: { name: 'certificates' } });
  }
});

test("an authority of one's own is believed by all containers that connect to the servers", () => {
  const certificates = { name: 'certificates', mountPath: '/certificates', readOnly: true };
  for (const { component, spec } of podsOf(rendering('pods').manifests)) {
    for (const { name, env, volumeMounts } of [...(spec.initContainers ?? []), ...spec.containers] as Container[]) {
      expect(volumeMounts, `${component} ${name}`).toContainEqual(certificates);
      if (component === 'web' || component === 'door') continue; // they connect to the targets alone, without TLS
      expect(env, `${component} ${name}`).toContainEqual({
        name: 'NODE_EXTRA_CA_CERTS',
        value: '/certificates/ca.crt',
      });
    }
  }
});

test('a hook is of no ServiceAccount of the release, which it comes before', () => {
  const { spec } = rendering('production').find('Job/kilat-migrate-expand').spec.template;
  expect(spec.serviceAccountName).toBeUndefined();
});
