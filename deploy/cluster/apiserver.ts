import { join } from 'node:path';
import { freePort } from '../local/port.ts';
import type { Say } from '../local/progress.ts';
import { type ControlPlane, startControlPlane } from './controlplane.ts';
import { debianRoot } from './debian.ts';
import { applyKinds } from './kinds.ts';
import { apply, type Kubectl, kubectlOf } from './kubectl.ts';
import { bringPrograms } from './programs.ts';

/** Is a real API server with nothing behind it, which knows all kinds of objects that the chart can make. */
export interface ApiServer extends AsyncDisposable {
  /** Runs kubectl in a namespace that warns of everything that Pod Security `restricted` would refuse, and enforces it. */
  kubectl: Kubectl;
}

/** Starts etcd and the API server on free ports; it needs neither root nor namespaces. */
export async function startApiServer(folder: string, tell: Say): Promise<ApiServer> {
  const [program, debian] = [await bringPrograms('server', tell), await debianRoot(tell)];
  const [api, etcd, peer] = [await freePort(), await freePort(), await freePort()];
  const options = { folder, program, etcd: join(debian, 'usr/bin/etcd'), address: '127.0.0.1', cluster: false };
  const plane = await startControlPlane({ ...options, ports: { api, etcd, peer } });
  const kubectl = kubectlOf(program('kubectl'), plane.kubeconfig);
  await prepare(kubectl).catch(async (error: Error) => {
    await plane.stop();
    throw error;
  });
  const command = (args: readonly string[]) => kubectl.command(['--namespace', 'kilat', ...args]);
  return {
    kubectl: Object.assign((args: readonly string[]) => kubectl(['--namespace', 'kilat', ...args]), { command }),
    ...ending(plane),
  };
}

async function prepare(kubectl: Kubectl): Promise<void> {
  await applyKinds(kubectl);
  const modes = ['enforce', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']);
  const metadata = { name: 'kilat', labels: Object.fromEntries(modes) };
  await apply(kubectl, { apiVersion: 'v1', kind: 'Namespace', metadata });
}

function ending(plane: ControlPlane): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => plane.stop() };
}
