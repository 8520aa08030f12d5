import type { Say } from '../local/progress.ts';
import { helmProgram } from './helm.ts';
import { type Kubectl, kubectlOf } from './kubectl.ts';
import { type LoadSummary, startLoad } from './load.ts';
import { bringPrograms } from './programs.ts';
import { openRelease, type Release, verifyAll } from './release.ts';
import { record, type Step } from './results.ts';
import { drain, killEach, refuseBadTag, uninstall } from './trials.ts';

const values = new URL('testing-values.yaml', import.meta.url).pathname;

/**
 * Tries the chart on a cluster, which a kubeconfig names: all that happens to a release, most of it under load. Further
 * arguments are helm's, such as where the images are.
 */
export async function test(kubeconfig: string, further: readonly string[], tell: Say): Promise<number> {
  const [program, helm] = [await bringPrograms('client', tell), await helmProgram()];
  const cluster = kubectlOf(program('kubectl'), kubeconfig);
  const nodes = await workersOf(cluster);
  const release = await openRelease(cluster, { helm, kubeconfig, namespace: 'kilat-test' });
  const args = ['--values', values, ...infraOn(nodes[0] ?? ''), ...further];
  const steps: Step[] = [];
  const step = stepper(steps, tell);
  await step('helm install --wait', () => release.bring('install', args).then(() => 'all of it is ready'));
  await step('helm test', () => testIt(release));
  await step('upgrade under load', () => underLoad(release, () => roll(release, args)));
  await step('upgrade --atomic to a tag that is not there', () =>
    underLoad(release, () => refuseBadTag(release, args)),
  );
  await step('drain a node', () => underLoad(release, () => drain(cluster, release, nodes)));
  await step('kill each pod in turn', () => underLoad(release, () => killEach(release)));
  await step('verify every original and journal', () => verifyAll(release));
  await step('uninstall', () => uninstall(cluster, release));
  record('test', steps);
  return steps.every(({ well }) => well) ? 0 : 1;
}

// One step that fails says so and does not keep the others from being seen.
function stepper(steps: Step[], tell: Say) {
  return async (name: string, run: () => Promise<string>): Promise<void> => {
    const started = Date.now();
    const outcome = await run().then(
      (said) => ({ well: true, said }),
      (error: Error) => ({ well: false, said: error.message }),
    );
    const seconds = Math.round((Date.now() - started) / 100) / 10;
    steps.push({ name, seconds, ...outcome });
    tell(`${outcome.well ? 'well  ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s  ${name}  ${outcome.said}`);
  };
}

// A control plane's node takes no pods of ours.
async function workersOf(cluster: Kubectl): Promise<string[]> {
  const { items } = JSON.parse(await cluster(['get', 'nodes', '-o', 'json'])) as { items: Node[] };
  return items
    .filter(({ spec: { taints = [] } }) => taints.every(({ effect }) => effect === 'PreferNoSchedule'))
    .map(({ metadata }) => metadata.name);
}

interface Node {
  metadata: { name: string };
  spec: { taints?: { effect: string }[] };
}

// Volumes of this cluster belong to a node: what keeps data stays on the one that is never drained.
function infraOn(node: string): string[] {
  const key = 'nodeSelector.kubernetes\\.io/hostname';
  return ['nats', 'postgres', 'redis', 's3'].flatMap((name) => ['--set', `infra.${name}.${key}=${node}`]);
}

async function testIt(release: Release): Promise<string> {
  await release.helm(['test', release.name, '--timeout=5m']);
  return 'a guest saw a photo that was sent by tus, and fetched its rendition';
}

async function roll(release: Release, args: readonly string[]): Promise<string> {
  await release.bring('upgrade', [...args, '--set-string', `pods.annotations.rolled=${Date.now()}`]);
  return 'every pod of every target, web and door was replaced';
}

async function underLoad(release: Release, happening: () => Promise<string>): Promise<string> {
  const load = await startLoad(release);
  const [said, error] = await happening().then(
    (text) => [text, undefined] as const,
    (failure: Error) => ['', failure] as const,
  );
  const summary = await load.end();
  const told = `${said}; ${sentence(summary)}`;
  if (error) throw new Error(`${error.message}; ${told}`);
  const { failed, lost, unrendered, uncopied, holes } = summary;
  if (failed.length + lost + unrendered + holes.length > 0 || uncopied !== 0) throw new Error(told);
  return told;
}

function sentence({
  stored,
  failed,
  lost,
  unrendered,
  uncopied,
  holes,
  troubles,
  reconnects,
  storedToGuestP95Ms,
}: LoadSummary): string {
  const tried = Object.entries(troubles).map(([what, times]) => `${times} × ${what}`);
  return [
    `${stored} photos stored, ${failed.length} uploads failed, ${lost} entries lost, ${holes.length} holes, ${unrendered} not rendered, ${uncopied} without a second copy`,
    `requests tried again: ${tried.length > 0 ? tried.join(', ') : 'none'}`,
    `${reconnects} reconnects of guests, stored to guest p95 ${storedToGuestP95Ms} ms`,
    ...failed.slice(0, 3),
    ...holes.slice(0, 3),
  ].join('; ');
}
