import { execute } from '../local/program.ts';
import { chartFolder } from './chart.ts';
import { apply, type Kubectl } from './kubectl.ts';

/** Is one release of the chart in a namespace of its own. */
export interface Release {
  name: string;
  namespace: string;
  /** Runs kubectl in the namespace. */
  kubectl: Kubectl;
  /** Runs helm on the release: install, upgrade, test … */
  helm(args: readonly string[]): Promise<string>;
  /** Installs it, or upgrades it, with the chart of this checkout, and waits until all of it is ready. */
  bring(verb: 'install' | 'upgrade', args: readonly string[]): Promise<string>;
}

/** Makes an empty namespace, in which Pod Security `restricted` is enforced, for a release; removes an older one first. */
export async function openRelease(
  cluster: Kubectl,
  { helm, kubeconfig, namespace }: { helm: string; kubeconfig: string; namespace: string },
): Promise<Release> {
  const name = 'kilat';
  await cluster(['delete', 'namespace', namespace, '--ignore-not-found', '--wait', '--timeout=300s']);
  const labels = Object.fromEntries(
    ['enforce', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']),
  );
  await apply(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } });
  const command = (args: readonly string[]) => cluster.command(['--namespace', namespace, ...args]);
  const run = (args: readonly string[]) =>
    execute([helm, '--kubeconfig', kubeconfig, '--namespace', namespace, ...args]);
  return {
    name,
    namespace,
    kubectl: Object.assign((args: readonly string[]) => execute(command(args)), { command }),
    helm: run,
    bring: (verb, args) => run([verb, name, chartFolder, '--wait', '--timeout=10m', ...args]),
  };
}

/** Mints a one-time sign-in link of the owner, in a pod of api, and answers its token. */
export async function ownerToken({ name, kubectl }: Release): Promise<string> {
  const printed = await kubectl(['exec', `deployment/${name}-api`, '--', 'kilat', 'owner-link']);
  return printed.trim().split('#')[1] ?? '';
}

/** Reads all originals of the release again and its journals' chains, and says so; throws what is not as it should be. */
export async function verifyAll({ name, kubectl }: Release): Promise<string> {
  const printed = await kubectl(['exec', `deployment/${name}-upload`, '--', 'kilat', 'verify', '--all', '--json']);
  return printed.trim() || 'kilat verify --all: all is well';
}
