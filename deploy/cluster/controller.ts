import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from './controlplane.ts';
import { startKeda } from './keda/start.ts';
import type { NodeSpec } from './runtime.ts';
import { provideVolumes } from './volumes.ts';

/** Starts what decides in a cluster: controllers, scheduler, DNS, the provider of volumes and, when asked for, KEDA. */
export async function startController(
  spec: NodeSpec,
  plane: ControlPlane,
  program: (name: string) => string,
): Promise<void> {
  const { kubeconfig } = plane;
  const access = ['--kubeconfig', kubeconfig, '--authentication-kubeconfig', kubeconfig];
  const authorized = [...access, '--authorization-kubeconfig', kubeconfig];
  plane.start('kube-controller-manager', [
    program('kube-controller-manager'),
    ...authorized,
    ...controllerFlags(plane),
  ]);
  plane.start('kube-scheduler', [program('kube-scheduler'), ...authorized]);
  plane.start('coredns', [program('coredns'), '-conf', writeCorefile(kubeconfig)]);
  await provideVolumes(program('kubectl'), kubeconfig, join(spec.folder, 'volumes'));
  if (spec.keda) await startKeda(plane, program, spec.address);
}

function controllerFlags({ authority }: ControlPlane): string[] {
  return [
    '--use-service-account-credentials',
    `--service-account-private-key-file=${join(authority.folder, 'sa.key')}`,
    `--root-ca-file=${authority.cert}`,
    // Scaling is watched in tests: it need not take its usual five minutes to calm down.
    '--horizontal-pod-autoscaler-sync-period=5s',
    '--horizontal-pod-autoscaler-downscale-stabilization=15s',
    // A node that dies in a test is missed sooner than after the usual 40 seconds.
    '--node-monitor-grace-period=20s',
  ];
}

function writeCorefile(kubeconfig: string): string {
  const file = '/etc/Corefile';
  writeFileSync(
    file,
    `.:53 {
  errors
  ready :8181
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfig}
  }
  cache 5
}
`,
  );
  return file;
}
