import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from '../local/child.ts';
import { execute } from '../local/program.ts';
import { untilReady } from '../local/ready.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { type Authority, createAuthority, writeSigningKey } from './pki.ts';

/** Says where an API server is to listen, what it is made of, and where it keeps what it knows. */
export interface ControlPlaneOptions {
  folder: string;
  program: (name: string) => string;
  etcd: string;
  /** Is where other nodes reach it; it listens there and on 127.0.0.1 alone. */
  address: string;
  ports: { api: number; etcd: number; peer: number };
  /** Adds what a whole cluster needs to what strict validation needs. */
  cluster: boolean;
}

/** Is a running API server with its etcd. */
export interface ControlPlane extends AsyncDisposable {
  authority: Authority;
  server: string;
  /** Is the file by which its administrator reaches it. */
  kubeconfig: string;
  /** Starts one more process of the cluster, which writes to a log of its name. */
  start(name: string, command: readonly string[], env?: Record<string, string>): Child;
  stop(): Promise<void>;
}

/** Starts etcd and the API server and waits until it is ready. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { folder, program, ports, address } = options;
  mkdirSync(folder, { recursive: true });
  const authority = await createAuthority(join(folder, 'pki'));
  const server = `https://${address}:${ports.api}`;
  const administrator = await authority.issue('administrator', { groups: ['system:masters'] });
  const kubeconfig = writeKubeconfig(join(folder, 'administrator.json'), server, authority.cert, administrator);
  const children: Child[] = [];
  const start: ControlPlane['start'] = (name, command, env = {}) => {
    const logFile = join(folder, 'log', `${name}.log`);
    const child = startChild({ name, command, logFile, env: { ...process.env, ...env }, stopTimeoutMs: 5_000 });
    children.push(child);
    return child;
  };
  // The newest first: an API server that has lost its etcd hangs for a minute.
  const stop = async () => {
    for (const child of children.reverse()) await child.stop();
  };
  const started: ControlPlane = { authority, server, kubeconfig, start, stop, [Symbol.asyncDispose]: stop };
  start('etcd', etcdCommand(options));
  const api = start('kube-apiserver', await apiCommand(options, authority));
  const ask = [program('kubectl'), '--kubeconfig', kubeconfig, 'get', '--raw', '/readyz'];
  try {
    await untilReady(api, () => execute(ask).then(Boolean, () => false));
  } catch (error) {
    await stop();
    throw error;
  }
  return started;
}

function etcdCommand({ folder, etcd, ports }: ControlPlaneOptions): string[] {
  const [client, peer] = [`http://127.0.0.1:${ports.etcd}`, `http://127.0.0.1:${ports.peer}`];
  const addresses = ['listen-client-urls', 'advertise-client-urls'].map((flag) => `--${flag}=${client}`);
  const peers = ['listen-peer-urls', 'initial-advertise-peer-urls'].map((flag) => `--${flag}=${peer}`);
  // What a test cluster knows need not outlive the power.
  return [
    etcd,
    `--data-dir=${join(folder, 'etcd')}`,
    '--unsafe-no-fsync',
    ...addresses,
    ...peers,
    `--initial-cluster=default=${peer}`,
  ];
}

async function apiCommand(options: ControlPlaneOptions, authority: Authority): Promise<string[]> {
  const { program, ports, address, cluster } = options;
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'localhost'];
  const serving = await authority.issue('kube-apiserver', { serves: [...names, '127.0.0.1', '10.96.0.1', address] });
  const signing = writeSigningKey(authority.folder);
  const flags = {
    'etcd-servers': `http://127.0.0.1:${ports.etcd}`,
    'bind-address': cluster ? '0.0.0.0' : '127.0.0.1',
    'advertise-address': address,
    'secure-port': String(ports.api),
    'authorization-mode': 'Node,RBAC',
    'client-ca-file': authority.cert,
    'tls-cert-file': serving.cert,
    'tls-private-key-file': serving.key,
    'service-cluster-ip-range': '10.96.0.0/16',
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': signing.publicKey,
    'service-account-signing-key-file': signing.privateKey,
    ...(cluster ? await clusterFlags(authority) : aloneFlags),
  };
  return [program('kube-apiserver'), ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
}

const aloneFlags = { 'endpoint-reconciler-type': 'none', 'disable-admission-plugins': 'ServiceAccount' };

// By these the API server speaks to kubelets, and for others to the servers of further APIs.
async function clusterFlags(authority: Authority): Promise<Record<string, string>> {
  const toKubelets = await authority.issue('kubelet-client', { groups: ['system:masters'] });
  const proxy = await authority.issue('front-proxy');
  return {
    'enable-admission-plugins': 'NodeRestriction',
    'kubelet-client-certificate': toKubelets.cert,
    'kubelet-client-key': toKubelets.key,
    'kubelet-preferred-address-types': 'InternalIP',
    'requestheader-client-ca-file': authority.cert,
    'requestheader-allowed-names': 'front-proxy',
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': proxy.cert,
    'proxy-client-key-file': proxy.key,
    'enable-aggregator-routing': 'true',
  };
}
