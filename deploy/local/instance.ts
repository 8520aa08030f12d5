import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepFile } from './durable.ts';
import { freePort, isFree, takePort } from './port.ts';
import type { Say } from './progress.ts';

const DEFAULT_PORT = 8080;

const inner = [
  ...(['postgres', 'nats', 'objectstore', 'redis'] as const),
  ...(['upload', 'api', 'live', 'media', 'admin', 'web'] as const),
] as const;

/** Is what an installation keeps between two starts, so that links and sessions outlive them. */
export interface Instance {
  secret: string;
  port: number;
  ports: Record<(typeof inner)[number], number>;
}

/** Names the file in which a data folder keeps its installation. */
export function instanceFile(dataDir: string): string {
  return join(dataDir, 'instance.json');
}

/** Reads what a data folder keeps; nothing of a new one. */
export function readInstance(dataDir: string): Partial<Instance> {
  return read(instanceFile(dataDir));
}

/** Reads what a data folder keeps, and chooses again each port that another program has taken; says so. */
export async function openInstance(
  dataDir: string,
  wish: { port: number | undefined; host: string },
  say: Say,
): Promise<Instance> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = instanceFile(dataDir);
  const kept = readInstance(dataDir);
  const instance: Instance = {
    secret: kept.secret ?? randomBytes(32).toString('base64url'),
    port: await outerPort(kept.port, wish, say),
    ports: await innerPorts(kept.ports ?? {}),
  };
  write(file, instance);
  return instance;
}

async function outerPort(
  kept: number | undefined,
  { port, host }: { port: number | undefined; host: string },
  say: Say,
): Promise<number> {
  if (port !== undefined) {
    if (await isFree(port, host)) return port;
    throw new Error(`Port ${port} is taken by another program.`);
  }
  const usual = kept ?? DEFAULT_PORT;
  if (await takePort(usual, host)) return usual;
  const other = await freePort(host);
  const cost = kept === undefined ? '' : ' Links that were given out name the old one.';
  say(`Port ${usual} is taken by another program; using ${other}.${cost}`);
  return other;
}

async function innerPorts(kept: Partial<Instance['ports']>): Promise<Instance['ports']> {
  const ports: [string, number][] = [];
  for (const name of inner) {
    const port = kept[name];
    ports.push([name, port !== undefined && (await takePort(port)) ? port : await freePort()]);
  }
  return Object.fromEntries(ports) as Instance['ports'];
}

function read(file: string): Partial<Instance> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<Instance>;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw new Error(`${file} cannot be read: mend or remove it (its loss ends all sessions and links).`, {
      cause: error,
    });
  }
}

function write(file: string, instance: Instance): void {
  keepFile(file, `${JSON.stringify(instance, undefined, 2)}\n`);
}
