import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from '../local/program.ts';
import type { Say } from '../local/progress.ts';
import { createBuilder } from './builder.ts';
import { imagesOf } from './chart.ts';
import { debianRoot } from './debian.ts';
import { openDoor } from './door.ts';
import { helmProgram } from './helm.ts';
import { buildImages } from './images.ts';
import { type Kubectl, kubectlOf } from './kubectl.ts';
import { join as plugIn } from './network.ts';
import { bringPrograms } from './programs.ts';
import { inRoom, openRoom, type Room, untilStarted } from './rooms.ts';
import type { NodeSpec, Place } from './runtime.ts';
import { clusterFolder, readState, writeState } from './state.ts';

const places: Place[] = [
  { name: 'node1', address: '10.250.0.1', pods: '10.244.0.0/24' },
  { name: 'node2', address: '10.250.0.2', pods: '10.244.1.0/24' },
];

/** Brings a whole Kubernetes of two nodes up on this machine, with the images that the chart names, and answers how to use it. */
export async function up({ keda }: { keda: boolean }, tell: Say): Promise<string> {
  mustBeRoot();
  if (readState()) throw new Error('There is a cluster already, or half of one; "pnpm cluster down" ends it.');
  const program = await bringPrograms(keda ? 'scale' : 'cluster', tell);
  const [debian, helm] = [await debianRoot(tell), await helmProgram()];
  mkdirSync(clusterFolder, { recursive: true, mode: 0o700 });
  const archive = join(clusterFolder, 'images.tar');
  const names = await imagesOf(helm);
  await buildImages(createBuilder(debian), names, archive, tell);
  const started = Date.now();
  tell('Starting two nodes ...');
  const rooms = await openRooms(keda, debian);
  const cluster = await openCluster(rooms, program('kubectl'));
  tell('Giving the nodes the images ...');
  await Promise.all(rooms.map((room) => execute(inRoom(room, importing(archive)))));
  rmSync(archive);
  const nodes = places.map(({ name }) => `node/${name}`);
  await cluster(['wait', '--for=create', ...nodes, '--timeout=120s']);
  await cluster(['wait', '--for=condition=Ready', ...nodes, '--timeout=120s']);
  tell(`Both nodes are ready, ${Math.round((Date.now() - started) / 1_000)} s after they were begun.`);
  return howToUse(program('kubectl'), helm);
}

function mustBeRoot(): void {
  if (process.platform === 'linux' && process.getuid?.() === 0) return;
  throw new Error('A cluster on one machine needs Linux and root: it gives each node namespaces of its own.');
}

async function openRooms(keda: boolean, debian: string): Promise<Room[]> {
  const rooms: Room[] = [];
  for (const [at, place] of places.entries()) {
    const spec: NodeSpec = { ...place, folder: clusterFolder, nodes: places, first: at === 0, keda: keda && at === 0 };
    const room = await openRoom(spec, debian);
    rooms.push(room);
    writeState({ rooms });
    if (rooms[0] && at > 0) await plugIn(place.name, rooms[0].first, room.first);
    await untilStarted(spec, room);
  }
  return rooms;
}

// By the same certificate as inside, through a port of this machine.
async function openCluster([first]: Room[], kubectl: string): Promise<Kubectl> {
  if (first === undefined) throw new Error('There is no first node.');
  const port = await openDoor(first, '10.250.0.1', 6443);
  const inside = readFileSync(join(clusterFolder, 'administrator.json'), 'utf8');
  const file = join(clusterFolder, 'kubeconfig');
  writeFileSync(file, inside.replace('https://10.250.0.1:6443', `https://127.0.0.1:${port}`), { mode: 0o600 });
  return kubectlOf(kubectl, file);
}

function importing(archive: string): string[] {
  const when = 'until [ -S /run/containerd/containerd.sock ]; do sleep 0.1; done';
  return ['bash', '-c', `${when}; exec ctr --namespace k8s.io images import "$0"`, archive];
}

function howToUse(kubectl: string, helm: string): string {
  const bin = join(clusterFolder, 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(kubectl, join(bin, 'kubectl'));
  symlinkSync(helm, join(bin, 'helm'));
  return `The cluster is up. Use it so:

  export KUBECONFIG=${join(clusterFolder, 'kubeconfig')}
  export PATH=${bin}:$PATH
  helm install kilat charts/kilat --wait

"pnpm cluster test" tries everything in it, "pnpm cluster down" ends it and leaves nothing.
`;
}
