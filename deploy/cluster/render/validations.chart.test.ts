import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../local/services.ts';
import { render } from './render.ts';
import { rendering } from './renderings.ts';

test.each([
  {
    name: 'a server of its own beside one of others',
    set: ['database.url=postgres://db/kilat'],
    says: 'infra.postgres.enabled: turn it off',
  },
  { name: 'no database at all', set: ['infra.postgres.enabled=false'], says: 'database: give url or existingSecret' },
  { name: 'no bus at all', set: ['infra.nats.enabled=false'], says: 'nats: give url or existingSecret' },
  {
    name: 'no object storage at all',
    set: ['infra.s3.enabled=false'],
    says: 's3: give accessKeyId and secretAccessKey',
  },
  {
    name: 'buckets by host name of its own server',
    set: ['s3.forcePathStyle=false'],
    says: 's3.forcePathStyle: leave it on',
  },
  {
    name: 'a URL and a Secret that has it',
    set: ['infra.redis.enabled=false', 'redis.url=redis://r', 'redis.existingSecret=r'],
    says: 'redis: give url or existingSecret, not both',
  },
  {
    name: 'an Ingress and a route',
    set: ['ingress.enabled=true', 'httpRoute.enabled=true', 'httpRoute.parentRefs[0].name=g'],
    says: 'ingress and httpRoute',
  },
  { name: 'a route without a gateway', set: ['httpRoute.enabled=true'], says: 'httpRoute.parentRefs' },
  ...['targets.upload', 'targets.api', 'targets.live', 'targets.media', 'web'].map((path) => ({
    name: `lag for ${path}, which works off no consumer`,
    set: [`${path}.autoscaling.by=keda`],
    says: `at '/${path.replace('.', '/')}/autoscaling/by': value must be 'hpa'`,
  })),
  {
    name: 'CPU from zero',
    set: [
      'targets.thumbnail.autoscaling.enabled=true',
      'targets.thumbnail.autoscaling.by=hpa',
      'targets.thumbnail.autoscaling.minReplicas=0',
    ],
    says: 'hpa takes at least 1',
  },
  {
    name: 'more replicas at least than at most',
    set: ['targets.api.autoscaling.enabled=true', 'targets.api.autoscaling.minReplicas=20'],
    says: 'minReplicas is above maxReplicas',
  },
  {
    name: 'web by nothing, from zero',
    set: ['web.autoscaling.enabled=true', 'web.autoscaling.cpuPercent=0', 'web.autoscaling.minReplicas=0'],
    says: /web\.autoscaling\.minReplicas: hpa takes at least 1\s+web\.autoscaling: hpa needs cpuPercent or memoryPercent/,
  },
  {
    name: 'more replicas of web at least than at most',
    set: ['web.autoscaling.enabled=true', 'web.autoscaling.minReplicas=7'],
    says: 'web.autoscaling: minReplicas is above maxReplicas',
  },
  {
    name: 'a pause before the end that leaves no time to end running requests',
    set: ['pods.preStopSeconds=60'],
    says: 'targets.upload.gracePeriodSeconds: 120 is not longer than pods.preStopSeconds (60) and UPLOAD_BATCH_SECONDS (90 and 17 more)',
  },
  {
    name: 'such a pause of one target alone',
    set: ['targets.media.preStopSeconds=20'],
    says: 'targets.media.gracePeriodSeconds: 60 is not longer than targets.media.preStopSeconds (20) and MEDIA_DRAIN_SECONDS (45 and 2 more)',
  },
  {
    name: 'a drain that is longer than the pods are let live',
    set: ['config.LIVE_GRACE_SECONDS=0', 'targets.live.config.LIVE_GRACE_SECONDS=25'],
    says: 'targets.live.gracePeriodSeconds: 30 is not longer than pods.preStopSeconds (5) and LIVE_GRACE_SECONDS (25 and 13 more)',
  },
  ...['web', 'door'].map((name) => ({
    name: `a pause that leaves ${name} no time`,
    set: [`${name}.preStopSeconds=10`],
    says: `${name}.gracePeriodSeconds: 30 is not longer than ${name}.preStopSeconds (10) and the 20 s`,
  })),
  ...['door', 'ingress', 'httpRoute'].map((way) => ({
    name: `${way} before nothing`,
    set: [
      ...['upload', 'api', 'live', 'media'].map((name) => `targets.${name}.enabled=false`),
      ...['web.enabled=false', 'door.enabled=false', `${way}.enabled=true`],
    ],
    says: `${way}.enabled: turn it off, for nothing runs that it could lead to`,
  })),
  ...['12345678901a', 'with-a-dash-in-it'].map((password) => ({
    name: `${password} as the password of its servers`,
    set: [`infra.password=${password}`],
    says: "at '/infra/password'",
  })),
  {
    name: 'a place for copies without its keys',
    set: ['backup.providers.r2.config.BUCKET=copies'],
    says: 'backup.providers.r2: give secrets or existingSecret',
  },
  {
    name: 'alerts whose links lead nowhere',
    set: ['metrics.prometheusRule.enabled=true'],
    says: 'metrics.prometheusRule.runbooks: say where',
  },
])('refuses $name, and says which values', async ({ set, says }) => {
  await expect(render(set.flatMap((one) => ['--set', one]))).rejects.toThrow(says);
});

test.each(['2026-wedding', 'my.kilat'])(
  'refuses release %s, whose Services would have no valid names',
  async (name) => {
    await expect(render([], name)).rejects.toThrow('fullnameOverride: name the objects');
    const { manifests } = await render(['--set', 'fullnameOverride=wedding'], name);
    expect(manifests.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name)).toContain(
      'wedding-api',
    );
  },
);

test('web and the door take no longer to end than the chart counts with', () => {
  const { env } = rendering('default').find('Deployment/kilat-web').spec.template.spec.containers[0];
  expect(env).toContainEqual({ name: 'SHUTDOWN_TIMEOUT', value: '20' });
  expect(readFileSync(join(root, 'deploy/images/door.ts'), 'utf8')).toContain('LONGEST_DRAIN_MS = 20_000');
});
