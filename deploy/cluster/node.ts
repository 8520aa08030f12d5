import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startController } from './controller.ts';
import { startControlPlane } from './controlplane.ts';
import { joinNetwork } from './network.ts';
import { bringPrograms } from './programs.ts';
import { type NodeSpec, startRuntime } from './runtime.ts';

/**
 * Is the first process in a node's room: it starts what the node consists of, writes down that all runs, and lives until
 * the room is taken down; what it started goes with it.
 */
async function main(file: string): Promise<void> {
  const spec = JSON.parse(readFileSync(file, 'utf8')) as NodeSpec;
  const program = await bringPrograms(spec.keda ? 'scale' : 'cluster');
  await joinNetwork(spec);
  if (spec.first) await startFirst(spec, program);
  await startRuntime(spec, program);
  writeFileSync(`${file}.started`, '');
  await once(process, 'SIGTERM');
}

// The first node also has what a whole cluster has once.
async function startFirst(spec: NodeSpec, program: (name: string) => string): Promise<void> {
  const ports = { api: 6443, etcd: 2379, peer: 2380 };
  const options = { folder: spec.folder, program, etcd: '/usr/bin/etcd', address: spec.address, ports, cluster: true };
  const plane = await startControlPlane(options);
  for (const { name } of spec.nodes) {
    await plane.authority.issue(`system:node:${name}`, {
      groups: ['system:nodes'],
      serves: [name, addressOf(spec, name)],
    });
  }
  await plane.authority.issue('system:kube-proxy');
  mkdirSync(join(spec.folder, 'volumes'), { recursive: true });
  await startController(spec, plane, program);
}

function addressOf({ nodes }: NodeSpec, name: string): string {
  return nodes.find((node) => node.name === name)?.address ?? '';
}

await main(process.argv[2] ?? '');
process.exit(0);
