import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ExifTool, exiftoolPath } from 'exiftool-vendored';

const timeoutMs = 10_000;
// No configuration, which would be a program of its own; with -fast nothing behind the picture is looked for.
const args = ['-config', '', '-stay_open', 'True', '-@', '-', '-common_args', '-fast'];
const path = '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin';
const guards = ['/usr/bin/setpriv', '/bin/setpriv'];

let running: Promise<ExifTool> | undefined;

/**
 * Gives exiftool: one process, started at first, that needs perl and ends with this process. A task that takes over 10
 * seconds ends it and throws; the next task starts another. Throws where it cannot be started.
 */
export function exiftool(): Promise<ExifTool> {
  running ??= open().catch((error: unknown) => {
    running = undefined;
    throw error;
  });
  return running;
}

/** Ends exiftool's process, if there is one. */
export async function endExiftool(): Promise<void> {
  const tool = await running?.catch(() => undefined);
  running = undefined;
  await tool?.end();
}

async function open(): Promise<ExifTool> {
  const options = { maxProcs: 1, taskTimeoutMillis: timeoutMs, spawnTimeoutMillis: timeoutMs, taskRetries: 0 };
  const tool = new ExifTool({ ...options, exiftoolArgs: args, processFactory: start });
  await tool.version();
  return tool;
}

// An idle exiftool ends when its input does; setpriv sees to one that is busy while this process is killed.
async function start() {
  const guard = guards.find((program) => existsSync(program));
  const prefix = guard === undefined ? [] : [guard, '--pdeathsig', 'KILL'];
  const [program = 'perl', ...rest] = [...prefix, 'perl', await exiftoolPath(), ...args];
  return spawn(program, rest, { stdio: 'pipe', env: { PATH: path, LANG: 'C' } });
}
