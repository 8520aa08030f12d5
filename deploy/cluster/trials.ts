import { setTimeout as sleep } from 'node:timers/promises';
import type { Kubectl } from './kubectl.ts';
import type { Release } from './release.ts';

const settle = ['rollout', 'status', '--timeout=300s'];

/** Upgrades to an image that is nowhere: helm must fail and leave what ran before as it was. */
export async function refuseBadTag(release: Release, args: readonly string[]): Promise<string> {
  const bad = ['--atomic', '--set', 'image.tag=nowhere', '--timeout=90s'];
  const failed = await release.bring('upgrade', [...args, ...bad]).then(
    () => false,
    () => true,
  );
  if (!failed) throw new Error('helm took an image that is nowhere');
  const { info } = JSON.parse(await release.helm(['status', release.name, '-o', 'json'])) as {
    info: { status: string };
  };
  const running = [
    'get',
    'deployments,statefulsets',
    '-o',
    'jsonpath={.items[*].spec.template.spec.containers[*].image}',
  ];
  const images = await release.kubectl(running);
  if (info.status !== 'deployed' || images.includes('nowhere'))
    throw new Error(`the release is ${info.status}: ${images}`);
  return 'helm rolled back by itself; nothing of the bad release ran';
}

/** Drains the node on which no data lie, as its operator would for a reboot, and lets it in again. */
export async function drain(cluster: Kubectl, { kubectl }: Release, nodes: readonly string[]): Promise<string> {
  const node = nodes[1];
  if (node === undefined) return 'not seen: this cluster has one node';
  const before = await podsOn(kubectl, node);
  const options = [
    '--ignore-daemonsets',
    '--delete-emptydir-data',
    '--timeout=300s',
    '--pod-selector=app.kubernetes.io/instance=kilat',
  ];
  await cluster(['drain', node, ...options]);
  await untilAllReady(kubectl);
  const left = await podsOn(kubectl, node);
  await cluster(['uncordon', node]);
  if (left > 0) throw new Error(`${left} pods stayed on ${node}`);
  return `${before} pods were moved from ${node}, one of a target at a time`;
}

/** Kills every pod of the release without a word, one after the other; each must be back before the next goes. */
export async function killEach({ kubectl }: Release): Promise<string> {
  let killed = 0;
  for (const workload of await workloads(kubectl)) {
    const component = workload.split('/kilat-')[1] ?? '';
    const selector = `app.kubernetes.io/instance=kilat,app.kubernetes.io/component=${component}`;
    for (const pod of lines(await kubectl(['get', 'pods', '-l', selector, '-o', 'name']))) {
      await kubectl(['delete', pod, '--grace-period=0', '--force', '--wait']);
      await kubectl([...settle, workload]);
      killed += 1;
    }
  }
  return `${killed} pods were killed`;
}

const kept = [
  'Secret/kilat-generated',
  ...['nats', 'postgres', 'redis', 's3'].map((name) => `PersistentVolumeClaim/data-kilat-${name}-0`),
];

/** Takes the release away: what is left must be what a later install needs to find its data again, and nothing else. */
export async function uninstall(cluster: Kubectl, { name, namespace, helm, kubectl }: Release): Promise<string> {
  await kubectl(['delete', 'pod/load', 'configmap/load', '--ignore-not-found', '--wait']);
  await helm(['uninstall', name, '--wait', '--timeout=5m']);
  const kinds = lines(await cluster(['api-resources', '--namespaced', '--verbs=list', '-o', 'name']));
  const looked = kinds.filter((kind) => !kind.includes('events') && !kind.includes('metrics')).join(',');
  let left = await leftOf(kubectl, looked, name);
  for (let tries = 0; left.length > kept.length && tries < 180; tries++) {
    await sleep(1_000);
    left = await leftOf(kubectl, looked, name);
  }
  await cluster(['delete', 'namespace', namespace, '--wait', '--timeout=300s']);
  const strays = left.filter((object) => !kept.includes(object));
  if (strays.length > 0 || left.length < kept.length) throw new Error(`left behind: ${left.join(', ')}`);
  return `left are ${left.join(', ')}, and nothing else`;
}

async function leftOf(kubectl: Kubectl, kinds: string, name: string): Promise<string[]> {
  const format = 'jsonpath={range .items[*]}{.kind}/{.metadata.name}{"\\n"}{end}';
  return lines(await kubectl(['get', kinds, '-l', `app.kubernetes.io/instance=${name}`, '-o', format])).sort();
}

async function untilAllReady(kubectl: Kubectl): Promise<void> {
  for (const workload of await workloads(kubectl)) await kubectl([...settle, workload]);
}

async function workloads(kubectl: Kubectl): Promise<string[]> {
  return lines(
    await kubectl(['get', 'deployment,statefulset', '-l', 'app.kubernetes.io/instance=kilat', '-o', 'name']),
  );
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

async function podsOn(kubectl: Kubectl, node: string): Promise<number> {
  const selector = [
    '-l',
    'app.kubernetes.io/instance=kilat',
    '--field-selector',
    `spec.nodeName=${node},status.phase=Running`,
  ];
  return lines(await kubectl(['get', 'pods', ...selector, '-o', 'name'])).length;
}
