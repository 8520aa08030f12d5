import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../local/services.ts';
import type { Room } from './rooms.ts';

/** Is where the cluster of this checkout keeps everything, until it is taken down. */
export const clusterFolder = join(root, '.kilat', 'cluster');

/** Is what is remembered of a cluster that was brought up. */
export interface ClusterState {
  rooms: Room[];
}

/** Reads what is remembered of this checkout's cluster; undefined when there is none. */
export function readState(): ClusterState | undefined {
  const file = join(clusterFolder, 'cluster.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ClusterState) : undefined;
}

/** Remembers what runs, so that `down` finds it. */
export function writeState(state: ClusterState): void {
  writeFileSync(join(clusterFolder, 'cluster.json'), JSON.stringify(state, undefined, 2));
}

/** Answers the kubeconfig to use: the environment's, else that of this checkout's cluster; throws when there is neither. */
export function kubeconfigPath(env: Record<string, string | undefined>): string {
  const own = join(clusterFolder, 'kubeconfig');
  const file = env.KUBECONFIG || (existsSync(own) ? own : undefined);
  if (file === undefined) throw new Error('There is no cluster: run "pnpm cluster up", or set KUBECONFIG.');
  return file;
}
