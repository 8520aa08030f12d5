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
  const images = await release.kubectl(['get', 'pods', '-o', 'jsonpath={.items[*].spec.containers[*].image}']);
  if (info.status !== 'deployed' || images.includes('nowhere'))
    throw new Error(`the release is ${info.status}: ${images}`);
  return 'helm rolled back by itself';
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
  const names = (
    await kubectl([
      'get',
      'pods',
      '-l',
      'app.kubernetes.io/instance=kilat',
      '--field-selector=status.phase=Running',
      '-o',
      'name',
    ])
  )
    .trim()
    .split('\n');
  for (const name of names) {
    await kubectl(['delete', name, '--grace-period=0', '--force', '--wait']);
    await untilAllReady(kubectl);
  }
  return `${names.length} pods were killed`;
}

/** Takes the release away: what is left must be what its data need, and nothing else. */
export async function uninstall(cluster: Kubectl, { name, namespace, helm, kubectl }: Release): Promise<string> {
  await kubectl(['delete', 'pod/load', 'configmap/load', '--ignore-not-found', '--wait']);
  await helm(['uninstall', name, '--wait', '--timeout=5m']);
  const kinds = (await cluster(['api-resources', '--namespaced', '--verbs=list', '-o', 'name'])).trim().split('\n');
  const looked = kinds.filter((kind) => !kind.includes('events') && !kind.includes('metrics'));
  const left = async () =>
    (await kubectl(['get', looked.join(','), '-l', `app.kubernetes.io/instance=${name}`, '-o', 'name']))
      .trim()
      .split('\n');
  const stray = async () =>
    (await left()).filter((line) => line !== '' && !/^(persistentvolumeclaim|secret)\//.test(line));
  for (let tries = 0; (await stray()).length > 0 && tries < 60; tries++) await sleep(1_000);
  const [strays, kept] = [await stray(), await left()];
  await cluster(['delete', 'namespace', namespace, '--wait', '--timeout=300s']);
  if (strays.length > 0) throw new Error(`left behind: ${strays.join(', ')}`);
  return `kept: ${kept.join(', ')}`;
}

async function untilAllReady(kubectl: Kubectl): Promise<void> {
  for (const kind of ['deployment', 'statefulset']) {
    const names = (await kubectl(['get', kind, '-l', 'app.kubernetes.io/instance=kilat', '-o', 'name']))
      .trim()
      .split('\n');
    for (const name of names) if (name !== '') await kubectl([...settle, name]);
  }
}

async function podsOn(kubectl: Kubectl, node: string): Promise<number> {
  const selector = [
    '-l',
    'app.kubernetes.io/instance=kilat',
    '--field-selector',
    `spec.nodeName=${node},status.phase=Running`,
  ];
  return (await kubectl(['get', 'pods', ...selector, '-o', 'name'])).split('\n').filter((line) => line !== '').length;
}
