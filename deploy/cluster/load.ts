import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from './kubectl.ts';
import { ownerToken, type Release } from './release.ts';

/** Is what a load says when it has ended. */
export interface LoadSummary {
  stored: number;
  /** Lists uploads that were given up. */
  failed: string[];
  /** Counts what a client had to try again, by what it was told. */
  troubles: Record<string, number>;
  /** Counts stored photos that a guest was not told of. */
  lost: number;
  unrendered: number;
  /** Counts those without a second copy; undefined where there is no place for any. */
  uncopied?: number;
  /** Lists what guests could not prove to have whole. */
  holes: string[];
  reconnects: number;
  storedToGuestP95Ms: number;
}

/** Is a load that runs in the cluster. */
export interface Load {
  /** Answers what it last said of itself. */
  now(): Promise<string>;
  /** Ends it and waits until all that was stored is rendered and seen, or until it gives up on that. */
  end(): Promise<LoadSummary>;
}

const folder = join(import.meta.dirname, 'load');
const beginMs = 120_000;

/** Starts photographers and guests as a pod that reaches the release as everybody does, through its door. */
export async function startLoad(release: Release, settings: Record<string, string> = {}): Promise<Load> {
  const { name, kubectl, namespace } = release;
  const token = await ownerToken(release);
  const image = await kubectl([
    'get',
    `deployment/${name}-api`,
    '-o',
    'jsonpath={.spec.template.spec.containers[0].image}',
  ]);
  const env = { ORIGIN: `http://${name}-door`, TOKEN: token, ...settings };
  await kubectl(['delete', 'pod/load', '--ignore-not-found', '--wait']);
  await apply(kubectl, sources(namespace), pod(namespace, image, env));
  await kubectl(['wait', '--for=condition=Ready', 'pod/load', '--timeout=120s']);
  const log = () => kubectl(['logs', 'load', '--tail=3']);
  for (const deadline = Date.now() + beginMs; !(await log()).includes('"stored"'); await sleep(500))
    if (Date.now() > deadline) throw new Error(`The load does not begin: ${await log()}`);
  return {
    now: async () => (await log()).trim().split('\n').at(-1) ?? '',
    async end() {
      await kubectl(['exec', 'load', '--', 'node', '-e', 'process.kill(1, "SIGTERM")']);
      await kubectl(['wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/load', '--timeout=600s']);
      const last = (await log()).trim().split('\n').at(-1) ?? '';
      return (JSON.parse(last) as { summary: LoadSummary }).summary;
    },
  };
}

function sources(namespace: string): object {
  const files = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
  const metadata = { name: 'load', namespace };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: Object.fromEntries(files) };
}

function pod(namespace: string, image: string, env: Record<string, string>): object {
  const securityContext = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  };
  const container = {
    name: 'load',
    image,
    command: ['node', '/load/main.ts'],
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    securityContext,
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
    volumeMounts: [{ name: 'load', mountPath: '/load' }],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'load', namespace },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [container],
      volumes: [{ name: 'load', configMap: { name: 'load' } }],
    },
  };
}
