import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../local/cache.ts';
import { execute } from '../../local/program.ts';
import type { Say } from '../../local/progress.ts';
import { keda, moduleFolder } from '../kinds.ts';

/** Is the version of KEDA that scales the cluster on one machine. */
export const kedaVersion = keda.version.slice(1);

// What is left of 70 scalers; building all of them takes three times as long, for clouds that no test here reaches.
const kept = ['nats_jetstream', 'cpu_memory', 'cron'];
const triggers = ['nats-jetstream', 'cpu', 'memory', 'cron'];

/**
 * Answers a folder of KEDA's source from which all scalers but four are left out (nats-jetstream, cpu, memory, cron), and
 * the secret stores of clouds; its own go.mod and go.sum, and everything that decides and scales, are untouched.
 */
export async function kedaSource(tell: Say): Promise<string> {
  const stub = readFileSync(join(import.meta.dirname, 'unavailable.go'), 'utf8');
  const key = createHash('sha256').update(stub).digest('hex').slice(0, 8);
  const folder = join(cacheFolder('source'), `keda-${kedaVersion}-${key}`);
  if (existsSync(join(folder, 'trimmed'))) return folder;
  tell(`Leaving out what the cluster does not need of KEDA ${kedaVersion} ...`);
  rmSync(folder, { recursive: true, force: true });
  cpSync(await moduleFolder(keda), folder, { recursive: true });
  await execute(['chmod', '-R', 'u+w', folder]); // modules are kept read-only
  leaveOutScalers(join(folder, 'pkg/scalers'));
  leaveOutTriggers(join(folder, 'pkg/scaling/scalers_builder.go'));
  leaveOutStores(join(folder, 'pkg/scaling/resolver'), stub);
  writeFileSync(join(folder, 'trimmed'), '');
  return folder;
}

function leaveOutScalers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const scaler = /^(\w+)_scaler(_\w+)?\.go$/.exec(name)?.[1];
    if (scaler !== undefined && !(kept.includes(scaler) && !name.endsWith('_test.go'))) rmSync(join(folder, name));
  }
}

function leaveOutTriggers(file: string): void {
  const [before = '', list = '', after = ''] = readFileSync(file, 'utf8').split(/(?=\t\/\/ TRIGGERS-(?:START|END))/);
  const [head, ...cases] = list.split(/(?=\tcase "|\tdefault:)/);
  const left = cases.filter((text) => {
    const names = [...(/^\tcase (.*):/.exec(text)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? '');
    return names.length === 0 || names.some((name) => triggers.includes(name));
  });
  writeFileSync(file, [before, head, ...left, after].join(''));
}

function leaveOutStores(folder: string, stub: string): void {
  for (const name of ['aws_secretmanager', 'azure_keyvault', 'gcp_secretmanager', 'hashicorpvault']) {
    rmSync(join(folder, `${name}_handler.go`));
  }
  writeFileSync(join(folder, 'unavailable.go'), stub.replace('//go:build ignore\n', ''));
}
