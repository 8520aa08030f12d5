import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { resolveBinary } from '../../local/resolve.ts';
import { root } from '../../local/services.ts';
import { temporaryFolder } from '../../local/testing.ts';
import { renderPrograms } from './programs.ts';
import { type Manifest, type Rendering, render, runWith } from './render.ts';

interface Call {
  call: string;
  args: string[];
  kwargs: {
    name?: string;
    set?: string[];
    dockerfile?: string;
    only?: string[];
    build_args?: Record<string, string>;
    entrypoint?: string[];
    live_update?: [step: string, ...of: string[]][];
    objects?: Manifest[];
    port_forwards?: string[];
    trigger_mode?: string;
    serve_cmd?: string;
    serve_env?: Record<string, string>;
  };
}

interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  securityContext: object;
}

let calls: Call[];
let installed: Rendering;
let applied: Manifest[];

const made = (name: string) => calls.filter(({ call }) => call === name);
const named = (call: string, name: string) => made(call).find(({ args }) => args[0] === name)?.kwargs ?? {};
const own = ({ image }: Container) => /^kilat(-web)?:/.test(image);
const serves = ({ args }: Container) => args?.[0] === 'serve';
const containersOf = ({ spec }: Manifest): Container[] => spec?.template?.spec.containers ?? [];
const initContainersOf = ({ spec }: Manifest): Container[] => spec?.template?.spec.initContainers ?? [];
const runsPods = ({ kind }: Manifest) => ['Deployment', 'StatefulSet', 'Job'].includes(kind);

beforeAll(async () => {
  calls = await callsOfTiltfile([]);
  installed = await render((made('helm')[0]?.kwargs.set ?? []).flatMap((value) => ['--set', value]));
  calls = await callsOfTiltfile(installed.manifests);
  applied = made('encode_yaml_stream')[0]?.kwargs.objects ?? [];
});

/** Runs the Tiltfile with what helm would answer; answers what it called. */
async function callsOfTiltfile(manifests: readonly Manifest[]): Promise<Call[]> {
  const file = join(temporaryFolder(), 'Tiltfile.star');
  const rendered = `rendered = json.decode(${JSON.stringify(JSON.stringify(manifests))})\n`;
  const stubs = readFileSync(join(import.meta.dirname, 'tiltfile.star'), 'utf8');
  writeFileSync(file, rendered + stubs + readFileSync(join(root, 'Tiltfile'), 'utf8'));
  const { code, said } = await runWith([await resolveBinary(renderPrograms.starlark), '-globalreassign', file]);
  if (code !== 0) throw new Error(said);
  const lines = said.split('\n').filter((line) => line.includes('{"args"'));
  return lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))));
}

test('the Tiltfile installs the chart itself, with values that it takes', () => {
  expect(made('helm').map(({ args, kwargs }) => [...args, kwargs.name])).toEqual([['charts/kilat', 'kilat']]);
  expect(applied.length).toBeGreaterThan(30);
  expect(made('k8s_yaml').map(({ args }) => args[0])).toEqual(['blob', 'encoded']);
});

test('it installs no hook, which Tilt would run as any other Job', () => {
  expect(applied.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined)).toEqual([]);
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
  const workloads = applied.filter(runsPods);
  expect(names.sort()).toEqual(workloads.map(({ metadata }) => metadata.name).sort());
});

test('processes that serve start again when what is synced in changes', () => {
  const synced = named('docker_build', 'kilat').live_update?.find(([step]) => step === 'sync');
  expect(synced).toEqual(['sync', 'services', '/app/services']);
  const serving = applied.flatMap(containersOf).filter(serves);
  expect(serving).toHaveLength(7);
  for (const container of serving) {
    expect(container.command).toEqual(['node', `--watch-path=${synced?.[2]}`, '/app/services/main.ts']);
  }
});

test('their user may write what is synced in; as long as nobody asks for that, only root may', () => {
  const { build_args } = named('docker_build', 'kilat');
  for (const manifest of applied.filter((one) => containersOf(one).some(serves))) {
    const { runAsUser, runAsGroup } = manifest.spec.template.spec.securityContext;
    expect(build_args).toEqual({ OWNER: `${runAsUser}:${runAsGroup}` });
    expect(containersOf(manifest)[0]?.securityContext).toMatchObject({ readOnlyRootFilesystem: false });
  }
  const dockerfile = readFileSync(join(root, 'deploy/images/services.Dockerfile'), 'utf8');
  expect(dockerfile).toContain('ARG OWNER=0:0\n');
  for (const copy of dockerfile.match(/^COPY .* services$/gm) ?? []) expect(copy).toMatch(/ --chown=\$\{OWNER\} /);
});

test('all that has to come to an end is as the chart made it', () => {
  // An entrypoint of Tilt's goes into every container of the image.
  for (const { kwargs } of made('docker_build')) expect(kwargs.entrypoint).toBeUndefined();
  for (const manifest of installed.manifests) {
    const after = applied.find(
      ({ kind, metadata }) => kind === manifest.kind && metadata.name === manifest.metadata.name,
    );
    if (manifest.kind !== 'Deployment') expect(after).toEqual(manifest);
    else expect(initContainersOf(after as Manifest)).toEqual(initContainersOf(manifest));
  }
});

test('what could not follow a change waits to be triggered', () => {
  const stuck = applied
    .filter((one) => [...containersOf(one), ...initContainersOf(one)].some(own) && !containersOf(one).some(serves))
    .map(({ metadata }) => metadata.name);
  const waiting = made('k8s_resource').filter(({ kwargs }) => kwargs.trigger_mode === 'manual');
  expect(waiting.map(({ args }) => args[0]).sort()).toEqual(stuck.sort());
});

test('the pages in development reach an install by a port that is forwarded, from an origin that may write', async () => {
  const { serve_cmd = '', serve_env = {} } = named('local_resource', 'web-dev');
  const origin = `http://localhost:${/--port (\d+) --strictPort/.exec(serve_cmd)?.[1]}`;
  const [forward = ''] = named('k8s_resource', 'kilat-door').port_forwards ?? [];
  const [local, inside] = forward.split(':').map(Number);
  const { ALLOWED_ORIGINS } = installed.find('ConfigMap/kilat-api').data;
  expect(ALLOWED_ORIGINS.split(',')).toEqual([`http://localhost:${local}`, origin]);

  expect(serve_env).toEqual({ API_URL: `http://localhost:${local}`, DOOR_URL: `http://localhost:${local}` });
  const door = installed.find('Deployment/kilat-door').spec.template.spec.containers[0];
  expect(door.ports).toContainEqual({ name: 'http', containerPort: inside });

  const [[path, to] = []] = Object.entries(await proxyOfPages(serve_env));
  expect(to).toEqual({ target: `http://localhost:${local}` });
  const routes: string = door.env.find(({ name }: { name: string }) => name === 'DOOR_ROUTES').value;
  for (const [prefix = ''] of routes.split(',').map((route) => route.split('='))) {
    expect(new RegExp(path ?? '').test(`${prefix}/any`), prefix).toBe(prefix !== '/');
  }
});

/** Asks vite's configuration, in a process with these variables, which paths its server passes on, and where to. */
async function proxyOfPages(env: Record<string, string>): Promise<Record<string, { target: string }>> {
  const asked = `import config from ${JSON.stringify(join(root, 'web/vite.config.ts'))};
    console.log(JSON.stringify(config.server.proxy)); process.exit();`;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const node = [process.execPath, '--input-type=module', '--eval', asked];
  const { printed, said } = await runWith(['env', ...variables, ...node]);
  if (printed === '') throw new Error(said);
  return JSON.parse(printed);
}
