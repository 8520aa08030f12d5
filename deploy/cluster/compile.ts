import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fetchGo, findGo, type Go } from '../local/go.ts';
import { execute, onPath } from '../local/program.ts';
import { type Say, stillAt } from '../local/progress.ts';

/** Names a command of a Go module whose every version is pinned by its go.mod and go.sum. */
export interface GoCommand {
  /** Lists the folder of the module; it may first have to be made. */
  module: (tell: Say) => Promise<string> | string;
  /** Is the import path of the command, or one relative to the module. */
  command: string;
  ldflags?: string;
}

/** Makes a `bring` that builds one command of a pinned Go module; it yields to whatever else the machine does. */
export function goBuild({ module, command, ldflags = '' }: GoCommand) {
  return async (folder: string, tell: Say): Promise<string> => {
    const go = await anyGo(tell);
    const program = join(folder, 'program');
    const cwd = await module(tell);
    using _still = stillAt(`building ${command}`, tell);
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off', ...go.env };
    const build = [
      go.program,
      'build',
      '-trimpath',
      '-buildvcs=false',
      `-ldflags=-s -w ${ldflags}`.trim(),
      '-o',
      program,
      command,
    ];
    await execute([...(onPath('nice') ? ['nice', '-n', '19'] : []), ...build], { cwd, env });
    return program;
  };
}

/** Finds a Go of this machine, or fetches one of our own; throws when there is neither. */
export async function anyGo(tell: Say): Promise<Go> {
  return await findGo().catch(() => fetchGo(tell));
}

/** Answers how many minutes a build of so many seconds of one core takes on this machine when it is idle. */
export function minutesOf(coreSeconds: number): number {
  return Math.max(1, Math.ceil(coreSeconds / (availableParallelism() * 0.8) / 60));
}
