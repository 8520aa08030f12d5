import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type Durable, durables, notifyDurable, workDurables } from '../../../services/contract/index.ts';
import { targetNames } from '../../../services/targets.ts';
import { generated } from './generate.ts';
import { type Rendering, render } from './render.ts';
import { rendering } from './renderings.ts';
import { managedSettings } from './schema.ts';
import { type ReadableSetting, settingsOfTargets } from './settings.ts';
import { chart } from './values.ts';

let settings: Record<string, Record<string, ReadableSetting>>;

beforeAll(async () => {
  settings = await settingsOfTargets();
});

test('what is generated of the settings and values is up to date (node deploy/cluster/render/generate.ts)', async () => {
  for (const [file, content] of Object.entries(await generated()))
    expect(readFileSync(join(chart, file), 'utf8')).toBe(content);
});

function given({ find }: Rendering, target: string): Record<string, string> {
  const { envFrom, env } = find(`Deployment/kilat-${target}`).spec.template.spec.containers[0];
  const plain = find(`ConfigMap/${envFrom[0].configMapRef.name}`).data;
  return { ...plain, ...Object.fromEntries((env as { name: string }[]).map(({ name }) => [name, 'secret'])) };
}

const isOfProvider = (name: string) => name.startsWith('BACKUP_<');

test.each(targetNames)(
  'each setting of target %s can be given, and it is given none that it does not have',
  (target) => {
    const known = Object.keys(settings[target] ?? {}).filter((name) => !isOfProvider(name));
    const all = { ...given(rendering('backup'), target), ...given(rendering('config'), target) };
    const optional = ['S3_PUBLIC_ENDPOINT', 'SMTP_URL', 'S3_SYNC_FOLDER', 'S3_SYNC_SIDECAR'];
    for (const name of known) if (!optional.includes(name)) expect(Object.keys(all), name).toContain(name);
    for (const name of Object.keys(all))
      if (!/^BACKUP_(COLD_STORE|DRIVE|COPIES)_/.test(name)) expect(known).toContain(name);
  },
);

test('each setting of a provider of second copies can be given', () => {
  const all = Object.keys(given(rendering('backup'), 'backup'));
  for (const name of Object.keys(settings.backup ?? {}).filter(isOfProvider)) {
    const either = ['COLD_STORE', 'DRIVE'].map((provider) => name.replace('<NAME>', provider));
    expect(
      either.some((one) => all.includes(one)),
      name,
    ).toBe(true);
  }
});

test('what other values give is a setting of some target, so that none of these names is a mistake', () => {
  const known = new Set(Object.values(settings).flatMap(Object.keys));
  for (const name of managedSettings) expect(known).toContain(name);
});

test.each([
  { name: 'a setting that no target has', set: 'config.UPLOAD_MAX_BITES=1' },
  { name: 'a setting of another target', set: 'targets.live.config.UPLOAD_MAX_BYTES=1' },
  { name: 'a setting that other values give', set: 'config.DATABASE_URL=postgres://x' },
  { name: 'a value that there is not', set: 'images.tag=1' },
  { name: 'an origin with a path', set: 'origin=https://photos.example.com/kilat' },
])('refuses $name', async ({ set }) => {
  await expect(render(['--set', set])).rejects.toThrow(/schema|additional|origin/i);
});

function triggersOf(target: string): Durable[] {
  const { triggers } = rendering('keda').find(`ScaledObject/kilat-${target}`).spec;
  return triggers.map(({ metadata }: { metadata: Record<string, string> }) => ({
    stream: metadata.stream,
    name: metadata.consumer,
  }));
}

test('workers are scaled by exactly the durables that they work off, and none is left out', () => {
  const of = (stage: string) => workDurables.filter((one) => one.stage === stage);
  const plain = (list: readonly Durable[]) => list.map(({ stream, name }) => ({ stream, name }));
  expect(triggersOf('thumbnail')).toEqual(plain(of('thumbnail')));
  expect(triggersOf('backup')).toEqual(plain(of('backup')));
  expect(triggersOf('notify')).toEqual([notifyDurable]);
  expect(['thumbnail', 'backup', 'notify'].flatMap(triggersOf)).toEqual(plain(durables));
});
