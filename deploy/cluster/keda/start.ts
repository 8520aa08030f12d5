import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '../controlplane.ts';
import { applyKinds } from '../kinds.ts';
import { apply, kubectlOf } from '../kubectl.ts';

/** Starts KEDA's operator and metrics server as processes beside the cluster, and makes its kinds of objects known. */
export async function startKeda(
  plane: ControlPlane,
  program: (name: string) => string,
  address: string,
): Promise<void> {
  const cluster = kubectlOf(program('kubectl'), plane.kubeconfig);
  await applyKinds(cluster);
  const certificates = await certificatesFor(plane, address);
  await apply(cluster, ...objectsFor(address, readFileSync(plane.authority.cert).toString('base64')));
  const env = { KEDA_CLUSTER_OBJECT_NAMESPACE: 'keda', POD_NAMESPACE: 'keda', WATCH_NAMESPACE: '' };
  plane.start('keda-operator', [program('keda-operator'), ...operatorFlags(plane, certificates)], env);
  plane.start('keda-adapter', [program('keda-adapter'), ...adapterFlags(plane, certificates)], env);
}

async function certificatesFor({ authority }: ControlPlane, address: string): Promise<string> {
  const folder = join(authority.folder, 'keda');
  mkdirSync(folder, { recursive: true });
  const name = 'keda-metrics-apiserver';
  const { cert, key } = await authority.issue('keda', {
    serves: ['127.0.0.1', address, `${name}.keda.svc`, 'localhost'],
  });
  copyFileSync(authority.cert, join(folder, 'ca.crt'));
  copyFileSync(cert, join(folder, 'tls.crt'));
  copyFileSync(key, join(folder, 'tls.key'));
  return folder;
}

function operatorFlags({ kubeconfig }: ControlPlane, certificates: string): string[] {
  const off = ['cert-rotation', 'webhook-patching', 'apiservice-patching'].map((what) => `--enable-${what}=false`);
  const addresses = ['--metrics-service-bind-address=127.0.0.1:9666', '--metrics-bind-address=127.0.0.1:18080'];
  const health = '--health-probe-bind-address=127.0.0.1:18081';
  return ['--kubeconfig', kubeconfig, '--cert-dir', certificates, ...off, ...addresses, health];
}

function adapterFlags({ kubeconfig, authority }: ControlPlane, certificates: string): string[] {
  const access = ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig', 'lister-kubeconfig'];
  return [
    ...access.map((name) => `--${name}=${kubeconfig}`),
    `--client-ca-file=${authority.cert}`,
    '--secure-port=16443',
    `--tls-cert-file=${join(certificates, 'tls.crt')}`,
    `--tls-private-key-file=${join(certificates, 'tls.key')}`,
    `--cert-dir=${certificates}`,
    '--metrics-service-address=127.0.0.1:9666',
  ];
}

// The API server asks the metrics server by a Service, and autoscalers may read what it answers.
function objectsFor(address: string, caBundle: string): object[] {
  const [name, namespace, group] = ['keda-metrics-apiserver', 'keda', 'external.metrics.k8s.io'];
  const rbac = 'rbac.authorization.k8s.io';
  const reader = { name: 'external-metrics-reader' };
  const autoscaler = { kind: 'ServiceAccount', name: 'horizontal-pod-autoscaler', namespace: 'kube-system' };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { ports: [{ name: 'https', port: 443, targetPort: 16443 }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'https', port: 16443 }],
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `v1beta1.${group}` },
      spec: {
        service: { name, namespace },
        group,
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        caBundle,
      },
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: reader,
      rules: [{ apiGroups: [group], resources: ['*'], verbs: ['*'] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: reader,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', ...reader },
      subjects: [autoscaler],
    },
  ];
}
