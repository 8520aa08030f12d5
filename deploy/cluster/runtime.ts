import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from '../local/child.ts';
import { execute } from '../local/program.ts';
import { untilReady } from '../local/ready.ts';
import { writeKubeconfig } from './kubeconfig.ts';

/** Is a node's place in the cluster. */
export interface Place {
  name: string;
  address: string;
  /** Is the range of addresses that its pods get. */
  pods: string;
}

/** Says what a node is to be. */
export interface NodeSpec extends Place {
  /** Is where the cluster keeps everything. */
  folder: string;
  nodes: readonly Place[];
  /** Tells that it also runs what a cluster has once. */
  first: boolean;
  keda: boolean;
}

/** Is the image that holds the network of each pod. */
export const pauseImage = 'localhost/pause:1';

/** Starts containerd, the kubelet and kube-proxy on a node. */
export async function startRuntime(spec: NodeSpec, program: (name: string) => string): Promise<void> {
  const start = (name: string, command: readonly string[]) =>
    startChild({ name, command, logFile: join(spec.folder, 'log', `${spec.name}-${name}.log`) });
  const kubeconfig = kubeconfigOf(spec, `system-node-${spec.name}`);
  makeCgroup(cgroupOf(spec.name));
  const file = writeConfigs(spec);
  const containerd = start('containerd', ['/usr/bin/containerd', '--config', file.containerd]);
  // A kubelet that meets no containerd ends.
  const ask = ['/usr/bin/ctr', '--connect-timeout', '1s', 'version'];
  await untilReady(containerd, () => execute(ask).then(Boolean, () => false));
  const kubelet = ['--config', file.kubelet, '--kubeconfig', kubeconfig];
  const told = ['--hostname-override', spec.name, '--node-ip', spec.address, '--root-dir', '/var/lib/kubelet'];
  start('kubelet', [program('kubelet'), ...kubelet, ...told]);
  start('kube-proxy', [program('kube-proxy'), '--config', file.proxy, '--hostname-override', spec.name]);
}

/** Names the control group in which all pods of a node are. */
export function cgroupOf(name: string): string {
  return `kilat-${name}`;
}

function kubeconfigOf({ folder, name }: NodeSpec, client: string): string {
  const pki = (file: string) => join(folder, 'pki', file);
  const certificate = { cert: pki(`${client}.crt`), key: pki(`${client}.key`) };
  return writeKubeconfig(join(folder, `${name}-${client}.json`), 'https://10.250.0.1:6443', pki('ca.crt'), certificate);
}

// A group of processors that has none cannot hold a process: a new one takes those of its parent.
function makeCgroup(name: string): void {
  for (const controller of readdirSync('/sys/fs/cgroup')) {
    const [parent, group] = [join('/sys/fs/cgroup', controller), join('/sys/fs/cgroup', controller, name)];
    mkdirSync(group, { recursive: true });
    if (controller !== 'cpuset') continue;
    for (const file of ['cpuset.cpus', 'cpuset.mems'])
      writeFileSync(join(group, file), readFileSync(join(parent, file)));
  }
}

function writeConfigs(spec: NodeSpec) {
  writeFileSync('/etc/cni/net.d/10-pods.conflist', JSON.stringify(podNetwork(spec)));
  const write = (name: string, config: object | string) => {
    const file = join('/etc', name);
    writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
    return file;
  };
  return {
    containerd: write('containerd.toml', containerdConfig),
    kubelet: write('kubelet.json', kubeletConfig(spec)),
    proxy: write('kube-proxy.json', proxyConfig(kubeconfigOf(spec, 'system-kube-proxy'))),
  };
}

const cri = 'plugins."io.containerd.grpc.v1.cri"';
const containerdConfig = `version = 2
[${cri}]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.runc.options]
  SystemdCgroup = false
[${cri}.cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "/etc/cni/net.d"
`;

function podNetwork({ pods }: Place): object {
  const ipam = { type: 'host-local', ranges: [[{ subnet: pods }]], routes: [{ dst: '0.0.0.0/0' }] };
  const bridge = { type: 'bridge', bridge: 'pods', isGateway: true, hairpinMode: true, ipam };
  return { cniVersion: '0.4.0', name: 'pods', plugins: [bridge] };
}

function kubeletConfig({ folder, name, address }: NodeSpec): object {
  const pki = (file: string) => join(folder, 'pki', file);
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pki('ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: pki(`system-node-${name}.crt`),
    tlsPrivateKeyFile: pki(`system-node-${name}.key`),
    clusterDNS: ['10.250.0.1'],
    clusterDomain: 'cluster.local',
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    failSwapOn: false,
    // Machines whose control groups are of version 1 are refused otherwise.
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroupOf(name)}`,
    enforceNodeAllocatable: [],
    oomScoreAdj: 0,
    maxOpenFiles: 20_000,
    // The disk belongs to others too: how full it is says nothing about the pods.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
  };
}

function proxyConfig(kubeconfig: string): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clusterCIDR: '10.244.0.0/16',
    clientConnection: { kubeconfig },
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}
