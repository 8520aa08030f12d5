import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { guarded, outliveNobody } from './orphan.ts';
import { freePort } from './port.ts';
import { temporaryFolder } from './temporary.ts';

const start = fileURLToPath(new URL('start.ts', import.meta.url));

// Set for the tests of a run; an installation under test has servers of its own, as a person's has.
const foreign = ['DATABASE_URL', 'NATS_URL', 'REDIS_URL', 'S3_ENDPOINT'];

/** Answers the environment of a person, in which no server is named. */
export function ownEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.includes(name)));
}

/** Is an installation as `npm start` makes it, for tests. */
export interface TestInstallation extends AsyncDisposable {
  origin: string;
  signInLink: string;
  dataDir: string;
  /** The folder of the logs: kilat.log has one JSON line per hop of a photo. */
  logsDir: string;
  /** The id of the supervisor. */
  pid: number;
  /** Ends it as Ctrl-C does and waits; throws when it did not end well. */
  stop(): Promise<void>;
}

/** Starts all of Kilat on a data folder (a temporary one unless given) and waits until it has printed its address. */
export async function startInstallation(
  options: { dataDir?: string; port?: number; env?: Record<string, string> } = {},
): Promise<TestInstallation> {
  const dataDir = options.dataDir ?? temporaryFolder();
  const port = String(options.port ?? (await freePort()));
  const [program = '', ...args] = guarded([process.execPath, start, '--data', dataDir, '--port', port]);
  const child = spawn(program, args, {
    env: { ...ownEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  outliveNobody(child, 'SIGKILL'); // at once, or it would go on writing to a folder that goes
  const ended = once(child, 'exit');
  const printed = await linesOf(child.stdout, ['Address', 'Owner sign-in', 'Data']);
  const [origin, signInLink] = printed;
  if (!origin || !signInLink || child.pid === undefined) throw new Error('Kilat did not start; see the lines above.');
  const stop = async () => {
    child.kill('SIGTERM');
    const [code] = await ended;
    if (code !== 0) throw new Error(`Kilat ended with ${code}.`);
  };
  const logsDir = join(dataDir, 'logs');
  return { origin, signInLink, dataDir, logsDir, pid: child.pid, stop, [Symbol.asyncDispose]: stop };
}

async function linesOf(stream: NodeJS.ReadableStream, labels: readonly string[]): Promise<(string | undefined)[]> {
  const found = new Map<string, string>();
  for await (const line of createInterface({ input: stream })) {
    const label = labels.find((one) => line.startsWith(one));
    if (label) found.set(label, line.slice(label.length).trim());
    if (found.size === labels.length) break;
  }
  stream.resume();
  return labels.map((label) => found.get(label));
}
