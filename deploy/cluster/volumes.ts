import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { guarded, outliveNobody } from '../local/orphan.ts';
import { apply, kubectlOf } from './kubectl.ts';

const provisioner = 'kilat.local/folder';

/** Is what is read of a claim of a volume. */
interface Claim {
  metadata: { name: string; namespace: string; uid: string; annotations?: Record<string, string> };
  spec: { storageClassName?: string; volumeName?: string; accessModes: string[]; resources: { requests: object } };
}

/** Is what is read of a volume. */
interface Volume {
  metadata: { name: string };
  spec: { storageClassName?: string; local?: { path: string } };
  status?: { phase?: string };
}

const storageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'folder', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner,
  volumeBindingMode: 'WaitForFirstConsumer',
  reclaimPolicy: 'Delete',
};

/** Gives each claim of a volume a folder of this machine, and removes it when the claim is gone. */
export async function provideVolumes(kubectl: string, kubeconfig: string, folder: string): Promise<void> {
  const cluster = kubectlOf(kubectl, kubeconfig);
  await apply(cluster, storageClass);
  watch<Claim>(cluster, ['pvc', '--all-namespaces'], (claim) => {
    const node = claim.metadata.annotations?.['volume.kubernetes.io/selected-node'];
    if (claim.spec.storageClassName !== 'folder' || claim.spec.volumeName !== undefined || node === undefined) return;
    const path = join(folder, claim.metadata.uid);
    mkdirSync(path, { recursive: true, mode: 0o777 });
    void apply(cluster, volumeFor(claim, node, path)).catch(complain);
  });
  watch<Volume>(cluster, ['pv'], (volume) => {
    if (volume.spec.storageClassName !== 'folder' || volume.status?.phase !== 'Released') return;
    if (volume.spec.local) rmSync(volume.spec.local.path, { recursive: true, force: true });
    void cluster(['delete', 'pv', volume.metadata.name, '--ignore-not-found']).catch(complain);
  });
}

function volumeFor({ metadata, spec }: Claim, node: string, path: string): object {
  const { name, namespace, uid } = metadata;
  const onNode = { key: 'kubernetes.io/hostname', operator: 'In', values: [node] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `folder-${uid}`, annotations: { 'pv.kubernetes.io/provisioned-by': provisioner } },
    spec: {
      storageClassName: 'folder',
      capacity: spec.resources.requests,
      accessModes: spec.accessModes,
      persistentVolumeReclaimPolicy: 'Delete',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onNode] }] } },
    },
  };
}

// Calls `see` with each object as it is now and whenever it changes; begins anew when the API server ends the watch.
function watch<Item>(cluster: ReturnType<typeof kubectlOf>, what: readonly string[], see: (item: Item) => void): void {
  const [program = '', ...args] = guarded(
    cluster.command(['get', ...what, '--watch', '--output-watch-events=false', '-o', 'json']),
  );
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  outliveNobody(child, 'SIGKILL');
  let text = '';
  createInterface(child.stdout).on('line', (line) => {
    text += line;
    if (line !== '}') return;
    see(JSON.parse(text) as Item);
    text = '';
  });
  child.on('exit', () => setTimeout(() => watch(cluster, what, see), 1_000));
}

function complain(error: Error): void {
  process.stderr.write(`${error.message}\n`);
}
