import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../local/cache.ts';
import { type Say, say } from '../local/progress.ts';
import { type Binary, resolveBinary } from '../local/resolve.ts';
import { goBuild, minutesOf } from './compile.ts';
import { kedaSource, kedaVersion } from './keda/source.ts';

/** Is the version of Kubernetes that deploy/cluster/kubernetes/go.mod pins. */
export const kubernetesVersion = '1.36.3';

/** Is a program that we build, with what building it costs: seconds of one core, and what is kept of it. */
interface Built extends Binary {
  coreSeconds: number;
  megabytes: number;
}

const here = import.meta.dirname;
const version = 'k8s.io/component-base/version';
// Without these a server says that it is v0.0.0, and charts that ask for a version refuse it.
const ldflags = `-X ${version}.gitVersion=v${kubernetesVersion} -X ${version}.gitMajor=1 -X ${version}.gitMinor=36 -X ${version}.gitTreeState=clean`;
const waysOut = 'It is built with Go 1.26 or newer, which must reach a proxy of Go modules.';

function built(name: string, version: string, cost: [number, number], bring: Binary['bring']): Built {
  const [coreSeconds, megabytes] = cost;
  // A program of another version on PATH would be another cluster: it is not taken.
  return { name, version, minimum: version, programs: [], bring, waysOut, coreSeconds, megabytes };
}

function ofKubernetes(name: string, coreSeconds: number, megabytes: number): Built {
  const module = () => join(here, 'kubernetes');
  const bring = goBuild({ module, command: `k8s.io/kubernetes/cmd/${name}`, ldflags });
  return built(name, kubernetesVersion, [coreSeconds, megabytes], bring);
}

function ofKeda(name: string, coreSeconds: number, megabytes: number): Built {
  const bring = goBuild({ module: kedaSource, command: `./cmd/${name}` });
  return built(`keda-${name}`, `${kedaVersion}-trimmed`, [coreSeconds, megabytes], bring);
}

const client = [ofKubernetes('kubectl', 60, 60)];
const server = [ofKubernetes('kube-apiserver', 700, 105), ...client];
const node = [
  ofKubernetes('kube-controller-manager', 150, 96),
  ofKubernetes('kube-scheduler', 20, 73),
  ofKubernetes('kubelet', 60, 84),
  ofKubernetes('kube-proxy', 30, 71),
  built('coredns', '1.15.0', [160, 53], goBuild({ module: () => join(here, 'coredns'), command: '.' })),
];
const scale = [ofKeda('operator', 350, 63), ofKeda('adapter', 175, 78)];

/** Names what each part needs: a cluster of others, the API server alone, a whole cluster, one that scales on lag. */
export const parts = { client, server, cluster: [...server, ...node], scale: [...server, ...node, ...scale] };

/** Brings the programs of a part into the user's cache, after it said what that costs; answers where each is. */
export async function bringPrograms(part: keyof typeof parts, tell: Say = say): Promise<(name: string) => string> {
  const missing = parts[part].filter(
    ({ name, version }) => !existsSync(join(cacheFolder('bin'), `${name}-${version}`)),
  );
  if (missing.length > 0) tell(costOf(missing));
  const paths = new Map<string, string>();
  for (const program of parts[part]) {
    if (missing.includes(program)) tell(`Building ${program.name} ${program.version} ...`);
    paths.set(program.name, await resolveBinary(program));
  }
  return (name) => paths.get(name) ?? name;
}

// Says what building some programs costs: minutes on this machine, and disk.
function costOf(programs: readonly Built[]): string {
  const total = (key: 'coreSeconds' | 'megabytes') => programs.reduce((sum, program) => sum + program[key], 0);
  const names = programs.map(({ name, version }) => `${name} ${version}`).join(', ');
  return `To build, once per user: ${names}.
It takes about ${minutesOf(total('coreSeconds'))} minutes on this machine when it is idle, and ${total('megabytes')} MB in ${cacheFolder('bin')};
besides, Go keeps up to 7 GB in its own caches, which "go clean -cache -modcache" frees.`;
}
