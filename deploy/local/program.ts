import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { guarded, outliveNobody } from './orphan.ts';

/** Runs a program to its end and answers what it printed; throws with what it said when it fails. */
export async function execute(
  command: readonly string[],
  options: { cwd?: string; env?: Record<string, string | undefined> } = {},
): Promise<string> {
  const [program = '', ...args] = guarded(command);
  const child = spawn(program, args, {
    env: process.env,
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  outliveNobody(child, 'SIGTERM');
  const printed: Buffer[] = [];
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const output = Buffer.concat([...printed, ...said])
        .toString()
        .trim();
      reject(new Error(`${command[0]} ended with ${code}${output === '' ? '' : `:\n${output}`}`));
    });
  });
  return Buffer.concat(printed).toString();
}

/** Answers the path of a program found on PATH. */
export function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Tells whether a file is there and may be run. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
