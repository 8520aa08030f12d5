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
  // The Job that failed stays to be looked at, until the next upgrade.
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

/** Takes the release away: what is left must be what its data need, or what hooks made, which helm leaves. */
export async function uninstall(cluster: Kubectl, { name, namespace, helm, kubectl }: Release): Promise<string> {
  await kubectl(['delete', 'pod/load', 'configmap/load', '--ignore-not-found', '--wait']);
  await helm(['uninstall', name, '--wait', '--timeout=5m']);
  const kinds = lines(await cluster(['api-resources', '--namespaced', '--verbs=list', '-o', 'name']));
  const looked = kinds.filter((kind) => !kind.includes('events') && !kind.includes('metrics')).join(',');
  let left = await leftOf(kubectl, looked, name);
  for (let tries = 0; left.strays.length > 0 && tries < 180; tries++) {
    await sleep(1_000);
    left = await leftOf(kubectl, looked, name);
  }
  await cluster(['delete', 'namespace', namespace, '--wait', '--timeout=300s']);
  if (left.strays.length > 0) throw new Error(`left behind: ${left.strays.join(', ')}`);
  return `kept: ${left.kept.join(', ')}; of hooks: ${left.ofHooks.join(', ')}`;
}

async function leftOf(kubectl: Kubectl, kinds: string, name: string) {
  const facts = '{.kind}/{.metadata.name} {.metadata.annotations.helm\\.sh/hook}{.metadata.ownerReferences[0].kind}';
  const format = `jsonpath={range .items[*]}${facts}{"\\n"}{end}`;
  const found = lines(await kubectl(['get', kinds, '-l', `app.kubernetes.io/instance=${name}`, '-o', format]));
  const [kept, ofHooks, strays]: [string[], string[], string[]] = [[], [], []];
  for (const [object = '', because] of found.map((line) => line.split(' '))) {
    if (because && because !== 'ReplicaSet' && because !== 'StatefulSet') ofHooks.push(object);
    else if (/^(PersistentVolumeClaim|Secret)\//.test(object)) kept.push(object);
    else strays.push(object);
  }
  return { kept, ofHooks, strays };
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
