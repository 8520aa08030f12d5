import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { type TargetName, targetNames } from '../../../services/targets.ts';
import { root } from '../../local/services.ts';
import { type Rendering, render } from './render.ts';
import { rendering } from './renderings.ts';
import { settingsOfTargets } from './settings.ts';

const checksums = ({ find }: Rendering, target: string) =>
  find(`Deployment/kilat-${target}`).spec.template.metadata.annotations;

test('a changed setting rolls the pods of the targets that have it, and no others', async () => {
  const [before, after] = await Promise.all(
    ['200', '300'].map((ms) => render(['--set', `config.RELAY_POLL_MS=${ms}`])),
  );
  const differs = targetNames
    .filter((name) => name !== 'backup')
    .filter((name) => {
      const [one, other] = [before, after].map((rendered) => checksums(rendered as Rendering, name)['checksum/config']);
      return one !== other;
    });
  expect(differs).toEqual(['relay']);
});

test('a changed secret rolls the pods that are given it, and no others', async () => {
  const values = ['--values', join(root, 'charts/kilat/ci/inline-values.yaml')];
  const mail = ['--set', 'mail.url=smtps://user:other@mail.example:465'];
  const [before, after] = await Promise.all([render(values), render([...values, ...mail])]);
  const differs = targetNames
    .filter((name) => name !== 'backup')
    .filter((name) => {
      return checksums(before, name)['checksum/secret'] !== checksums(after, name)['checksum/secret'];
    });
  expect(differs).toEqual(['notify']);
});

test('a pod has the time that what it has in hand may take', async () => {
  const settings = await settingsOfTargets();
  const { find } = rendering('production');
  const [requests, form, close] = [10, 15, 5]; // seconds: running requests, the answer to a form, what is closed at last
  const seconds: Partial<Record<TargetName, Record<string, number>>> = {
    upload: { UPLOAD_DRAIN_SECONDS: 0, UPLOAD_BATCH_SECONDS: form },
    api: { UPLOAD_BATCH_SECONDS: form },
    live: { LIVE_GRACE_SECONDS: 1 + requests },
    media: { MEDIA_DRAIN_SECONDS: 0 },
    thumbnail: { THUMBNAIL_TIMEOUT_SECONDS: 0 },
  };
  for (const [target, limits] of Object.entries(seconds) as [TargetName, Record<string, number>][]) {
    const { terminationGracePeriodSeconds, containers } = find(`Deployment/kilat-${target}`).spec.template.spec;
    const longest = Math.max(
      ...Object.entries(limits).map(([setting, more]) => Number(settings[target][setting]?.default) + more),
    );
    const leave = Number(find(`ConfigMap/kilat-${target}`).data?.LEAVE_SECONDS ?? 0);
    expect(terminationGracePeriodSeconds, target).toBeGreaterThanOrEqual(
      containers[0].lifecycle.preStop.sleep.seconds + leave + longest + close,
    );
    expect(leave, target).toBeGreaterThan(0);
  }
});

test('OpenShift is left to choose users and groups', async () => {
  const { find } = await render(['--api-versions', 'security.openshift.io/v1']);
  for (const name of ['Deployment/kilat-upload', 'StatefulSet/kilat-postgres']) {
    const { securityContext } = find(name).spec.template.spec;
    expect(Object.keys(securityContext)).not.toContain('runAsUser');
    expect(securityContext.runAsNonRoot).toBe(true);
  }
});

test('the schema comes before the pods: by a hook where the database is there, by a Job of the release where it comes along', () => {
  const [own, external] = [rendering('default'), rendering('inline')];
  expect(own.find('Job/kilat-migrate-install-1').metadata.annotations).toBeUndefined();
  const hook = external.find('Job/kilat-migrate-expand');
  expect(hook.metadata.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade');
  const secret = external.find(`Secret/${hook.spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.name}`);
  expect(secret.metadata.annotations).toMatchObject({
    'helm.sh/hook': 'pre-install,pre-upgrade,post-upgrade',
    'helm.sh/hook-weight': '-10',
  });
  for (const { find } of [own, external])
    expect(find('Deployment/kilat-api').spec.template.spec.initContainers[0].args).toEqual(['migrate', '--wait']);
});

test('what is made up outlives the release, and what is given does not', () => {
  const { find } = rendering('default');
  expect(find('Secret/kilat-generated').metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  expect(find('Secret/kilat').metadata.annotations).toBeUndefined();
});

test('what helm test makes goes with it, or with the release', () => {
  const { find } = rendering('default');
  expect(find('Pod/kilat-test-photo').metadata.annotations?.['helm.sh/hook-delete-policy']).toContain('hook-succeeded');
  expect(find('ConfigMap/kilat-test-photo').metadata.annotations).toBeUndefined();
});

test('no hook of a migration outlives its run, whether that went well or badly', () => {
  const jobs = ['Job/kilat-migrate-expand', 'Job/kilat-migrate-contract', 'Secret/kilat-migrate'];
  for (const { metadata } of jobs.map((name) => rendering('inline').find(name)))
    expect(metadata.annotations?.['helm.sh/hook-delete-policy']).toMatch(/hook-succeeded,hook-failed/);
});

test('no pod is given a secret that its target does not use', () => {
  const given = (target: string) => {
    const { env } = rendering('production').find(`Deployment/kilat-${target}`).spec.template.spec.containers[0];
    return (env as { name: string; valueFrom?: unknown }[])
      .filter(({ valueFrom }) => valueFrom)
      .map(({ name }) => name);
  };
  expect(given('relay')).toEqual(['DATABASE_URL', 'NATS_URL']);
  expect(given('live')).toEqual(['KILAT_SECRET', 'DATABASE_URL', 'NATS_URL']);
  expect(given('thumbnail')).toEqual(['DATABASE_URL', 'NATS_URL', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY']);
  expect(given('web')).toEqual([]);
});

interface Compose {
  services: Record<
    string,
    { image: string; environment?: Record<string, string>; healthcheck?: unknown; command?: string[] }
  >;
}

test('the compose file runs the images of the chart, with settings that there are', async () => {
  const { services } = parse(readFileSync(join(root, 'deploy/compose.yaml'), 'utf8'), { merge: true }) as Compose;
  const { text } = rendering('default');
  const versions = new Set([...text.matchAll(/image: (\S+)/g)].map(([, image]) => image));
  const plain = (image: string) => image.replace(/-alpine$/, '');
  for (const { image } of Object.values(services)) expect(versions).toContain(plain(image));
  const known = new Set(Object.values(await settingsOfTargets()).flatMap(Object.keys));
  for (const name of Object.keys(services.kilat?.environment ?? {}))
    expect(known, name).toContain(name.replace(/_FILE$/, ''));
});

test('every service of the compose file that stays is asked for its health', () => {
  const { services } = parse(readFileSync(join(root, 'deploy/compose.yaml'), 'utf8'), { merge: true }) as Compose;
  const unasked = Object.keys(services).filter((name) => services[name]?.healthcheck === undefined);
  expect(unasked.sort()).toEqual(['migrate', 'secrets']);
});

test('the Deployments that write are found by one label, to be stopped for a restore', () => {
  const { find } = rendering('production');
  for (const name of targetNames)
    expect(find(`Deployment/kilat-${name}`).metadata.labels?.['kilat.target'], name).toBe('true');
});
