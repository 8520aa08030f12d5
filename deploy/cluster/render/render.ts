import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseAllDocuments } from 'yaml';
import { resolveBinary } from '../../local/resolve.ts';
import { renderPrograms } from './programs.ts';
import { chart } from './values.ts';

/** Is the version of Kubernetes that charts are rendered for: helm built from source does not know of it. */
const kubernetesVersion = '1.36.0';

/** Is one rendered object. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: an object of any kind; what a test asks of it, it knows.
  [field: string]: any;
}

/** Is what helm made of one set of values. */
export interface Rendering {
  text: string;
  manifests: Manifest[];
  /** Finds the object named `Kind/name`. Throws when it is not there. */
  find(name: string): Manifest;
}

/** Lists the variants of ci/, one for each feature, by the name before `-values.yaml`. */
export const variants = readdirSync(join(chart, 'ci')).map((file) => file.replace(/-values\.yaml$/, ''));

/** Renders one variant of ci/ with helm, as release kilat in namespace photos; answers its text. */
export function renderVariant(variant: string): Promise<string> {
  return template(['--values', join(chart, 'ci', `${variant}-values.yaml`)]);
}

/** Renders the chart with further arguments of `helm template`. Throws what helm said. */
export async function render(args: readonly string[], release = 'kilat'): Promise<Rendering> {
  return renderingOf(await template(args, release));
}

async function template(args: readonly string[], release = 'kilat'): Promise<string> {
  const common = ['template', release, chart, '--namespace', 'photos', '--kube-version', kubernetesVersion];
  const helm = await resolveBinary(renderPrograms.helm);
  const { code, printed, said } = await runWith([helm, ...common, ...args]);
  if (code !== 0) throw new Error(said);
  return printed;
}

/** Reads what helm printed. */
export function renderingOf(printed: string): Rendering {
  const documents = parseAllDocuments(printed);
  const manifests: Manifest[] = documents.flatMap((one) => (one.contents === null ? [] : [one.toJS()]));
  const find = (name: string) => {
    const found = manifests.find(({ kind, metadata }) => `${kind}/${metadata.name}` === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  };
  return { text: printed, manifests, find };
}

/** Runs a program to its end; answers its code and what it printed and said. */
export async function runWith([program = '', ...args]: readonly string[]) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [printed, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number | null, printed, said };
}
