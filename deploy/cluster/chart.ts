import { join } from 'node:path';
import { execute } from '../local/program.ts';
import { root } from '../local/services.ts';
import { kubernetesVersion } from './programs.ts';

/** Is the folder of Kilat's chart. */
export const chartFolder = join(root, 'charts', 'kilat');

/** Renders the chart with some values, as this version of Kubernetes would be given it. */
export async function render(helm: string, args: readonly string[] = []): Promise<string> {
  return await execute([
    helm,
    'template',
    'kilat',
    chartFolder,
    '--namespace',
    'kilat',
    '--kube-version',
    kubernetesVersion,
    ...args,
  ]);
}

/** Lists the images that the chart needs when nothing is changed. */
export async function imagesOf(helm: string): Promise<string[]> {
  const found = (await render(helm)).matchAll(/^\s*image: "?([^"\s]+)"?$/gm);
  return [...new Set([...found].map(([, image]) => image ?? ''))].sort();
}
