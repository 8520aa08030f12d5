import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { execute } from '../local/program.ts';
import type { NodeSpec } from './runtime.ts';

const settings = ['net.ipv4.ip_forward=1', 'net.bridge.bridge-nf-call-iptables=1'];

/** Gives a node its address and its ways to the pods of the other nodes; nothing leads out of the rooms. */
export async function joinNetwork({ name, address, nodes, first }: NodeSpec): Promise<void> {
  await execute(['hostname', name]);
  await ip('link set lo up');
  await execute(['sysctl', '-qw', ...settings]);
  // The first node's bridge is where all nodes meet; the others are plugged into it by `join`.
  const link = first ? 'nodes' : 'uplink';
  if (first) await ip('link add nodes type bridge');
  while (!(await isThere(link))) await sleep(100);
  await ip(`address add ${address}/24 dev ${link}`);
  await ip(`link set ${link} up`);
  await ip(`route add default via 10.250.0.254 dev ${link}`); // leads nowhere; programs look for one
  for (const other of nodes) if (other.name !== name) await ip(`route add ${other.pods} via ${other.address}`);
  writeFileSync('/etc/resolv.conf', 'nameserver 10.250.0.1\nsearch svc.cluster.local cluster.local\noptions ndots:5\n');
  mkdirSync('/etc/cni/net.d', { recursive: true });
}

/** Plugs a room into the first node's bridge, by the ids of their first processes. */
export async function join(name: string, first: number, other: number): Promise<void> {
  const inFirst = ['nsenter', '-t', String(first), '-n', 'ip', 'link'];
  await execute([...inFirst, 'add', name, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', String(other)]);
  await execute([...inFirst, 'set', name, 'master', 'nodes', 'up']);
}

async function ip(args: string): Promise<void> {
  await execute(['ip', ...args.split(' ')]);
}

// Not by /sys, which shows the machine's own links also in here.
async function isThere(link: string): Promise<boolean> {
  return await execute(['ip', 'link', 'show', link]).then(
    () => true,
    () => false,
  );
}
