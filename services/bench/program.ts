import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const mostOutput = 64 * 1_024 * 1_024;

/** Finds a program by the first of its names that runs and, where `says` is given, says so of itself. */
export async function findProgram(names: string | readonly string[], says?: RegExp): Promise<string | undefined> {
  for (const name of [names].flat()) {
    const told = await run(name, ['-version'], { timeout: 10_000 }).then(
      ({ stdout, stderr }) => stdout + stderr,
      (error: { code?: unknown; stdout?: string }) => (error.code === 'ENOENT' ? undefined : (error.stdout ?? '')),
    );
    if (told !== undefined && (says === undefined || says.test(told))) return name;
  }
  return undefined;
}

/** Runs a program to its end and gives what it printed. */
export async function runProgram([name = '', ...args]: readonly string[]): Promise<Buffer> {
  return (await run(name, args, { encoding: 'buffer', maxBuffer: mostOutput })).stdout;
}

/** Runs a program whose output nobody needs; tells its process id, and rejects with its complaint when it fails. */
export function startProgram([name = '', ...args]: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(name, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${name} ended with ${code}: ${Buffer.concat(said).toString().slice(0, 500)}`));
    });
  });
  return { pid: child.pid, ended };
}
