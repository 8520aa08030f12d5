import { join } from 'node:path';
import { execute } from '../local/program.ts';
import { say } from '../local/progress.ts';
import { anyGo } from './compile.ts';
import type { Kubectl } from './kubectl.ts';

/** Is a pinned Go module in which kinds of objects are described that the chart can make and Kubernetes does not know. */
interface Source {
  module: string;
  version: string;
  sum: string;
  paths: readonly string[];
}

/** Is the module of KEDA that scales the cluster on one machine. */
export const keda = {
  module: 'github.com/kedacore/keda/v2',
  version: 'v2.21.0',
  sum: 'h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=',
};

const prometheusOperator = {
  module: 'github.com/prometheus-operator/prometheus-operator',
  version: 'v0.85.0',
  sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
};

const gatewayApi = {
  module: 'sigs.k8s.io/gateway-api',
  version: 'v1.6.3',
  sum: 'h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=',
};

const operatorKinds = 'example/prometheus-operator-crd/monitoring.coreos.com';
const sources: readonly Source[] = [
  { ...keda, paths: ['config/crd/bases'] },
  { ...prometheusOperator, paths: [`${operatorKinds}_servicemonitors.yaml`, `${operatorKinds}_prometheusrules.yaml`] },
  { ...gatewayApi, paths: ['config/crd/standard/gateway.networking.k8s.io_httproutes.yaml'] },
];

/** Makes an API server know the kinds of KEDA, the Prometheus operator and the Gateway API. */
export async function applyKinds(cluster: Kubectl): Promise<void> {
  for (const source of sources) {
    const folder = await moduleFolder(source);
    const files = source.paths.flatMap((path) => ['-f', join(folder, path)]);
    await cluster(['apply', '--server-side', ...files]);
  }
  await cluster(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
}

/** Answers the folder of a module's source, with its checksum compared; it may be read and not written. */
export async function moduleFolder({ module, version, sum }: Omit<Source, 'paths'>): Promise<string> {
  const go = await anyGo(say);
  const env = { ...process.env, GOFLAGS: '', GOWORK: 'off', ...go.env };
  const printed = await execute([go.program, 'mod', 'download', '-json', `${module}@${version}`], { env });
  const found = JSON.parse(printed) as { Dir: string; Sum: string };
  if (found.Sum !== sum) throw new Error(`${module} ${version} is not the one that was pinned: ${found.Sum}.`);
  return found.Dir;
}
