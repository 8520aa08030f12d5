import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { resolveBinary } from '../../local/resolve.ts';
import { root } from '../../local/services.ts';
import { temporaryFolder } from '../../local/testing.ts';
import { renderPrograms } from './programs.ts';
import { type Rendering, render, runWith } from './render.ts';

interface Call {
  call: string;
  args: string[];
  kwargs: { name?: string; namespace?: string; set?: string[]; dockerfile?: string; only?: string[] };
}

let calls: Call[];
let installed: Rendering;

const made = (name: string) => calls.filter(({ call }) => call === name);

beforeAll(async () => {
  const file = join(temporaryFolder(), 'Tiltfile.star');
  const stubs = readFileSync(join(import.meta.dirname, 'tiltfile.star'), 'utf8');
  writeFileSync(file, stubs + readFileSync(join(root, 'Tiltfile'), 'utf8'));
  const { code, said } = await runWith([await resolveBinary(renderPrograms.starlark), '-globalreassign', file]);
  if (code !== 0) throw new Error(said);
  const lines = said.split('\n').filter((line) => line.includes('{"args"'));
  calls = lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))));
  installed = await render((made('helm')[0]?.kwargs.set ?? []).flatMap((value) => ['--set', value]));
});

test('the Tiltfile installs the chart itself, with values that it takes', () => {
  expect(made('helm').map(({ args, kwargs }) => [...args, kwargs.name])).toEqual([['charts/kilat', 'kilat']]);
  expect(installed.manifests.length).toBeGreaterThan(30);
});

test('it builds just the images of our own that the chart runs, from files that are there', () => {
  const ours = new Set(installed.text.match(/(?<=image: )kilat[\w-]*(?=:)/g));
  expect(new Set(made('docker_build').map(({ args }) => args[0]))).toEqual(ours);
  for (const { kwargs } of made('docker_build')) {
    expect(existsSync(join(root, kwargs.dockerfile ?? ''))).toBe(true);
    for (const path of kwargs.only ?? []) expect(existsSync(join(root, path)), path).toBe(true);
  }
});

test('it names just the workloads that the chart has', () => {
  const names = made('k8s_resource').map(({ args }) => args[0]);
  const workloads = installed.manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  expect(names.sort()).toEqual(workloads.map(({ metadata }) => metadata.name).sort());
});
