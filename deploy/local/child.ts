import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { guarded, outliveNobody, signalGroup } from './orphan.ts';

const BIGGEST_LOG = 20 * 1024 * 1024;

/** Says how a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Describes a process to start: its output goes to the end of a log file. */
export interface Program {
  name: string;
  command: readonly string[];
  logFile: string;
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Comes before the command, as what changes the user; the guard against orphans goes between the two. */
  wrapper?: readonly string[];
  /** Is sent by the kernel when we die (Linux); SIGKILL unless told. */
  deathSignal?: NodeJS.Signals;
  /** Asks it to end; SIGTERM unless told. */
  stopSignal?: NodeJS.Signals;
  /** How long it may take to end before it is killed; 10 s unless told. */
  stopTimeoutMs?: number;
}

/** Is a running process of ours, alone in its process group. */
export interface Child extends AsyncDisposable {
  readonly name: string;
  readonly pid: number | undefined;
  readonly logFile: string;
  readonly exited: Promise<Exit>;
  kill(signal?: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** Starts a process that dies with us and that a Ctrl-C in the terminal does not reach. */
export function startChild(program: Program): Child {
  const deathSignal = program.deathSignal ?? 'SIGKILL';
  const [command = '', ...args] = [...(program.wrapper ?? []), ...guarded(program.command, deathSignal)];
  const log = openLog(program.logFile);
  const child = spawn(command, args, {
    cwd: program.cwd,
    env: program.env ?? process.env,
    stdio: ['ignore', log, log],
    detached: true, // the terminal's signals go to a group: we end our children ourselves, in order
  });
  closeSync(log);
  outliveNobody(child, deathSignal);
  const exited = new Promise<Exit>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
    child.on('error', () => resolve({ code: 127, signal: null }));
  });
  const kill = (signal: NodeJS.Signals = 'SIGKILL') => void child.kill(signal);
  const stop = async () => {
    const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), program.stopTimeoutMs ?? 10_000);
    child.kill(program.stopSignal ?? 'SIGTERM');
    await exited;
    clearTimeout(timer);
  };
  const { name, logFile } = program;
  return { name, pid: child.pid, logFile, exited, kill, stop, [Symbol.asyncDispose]: stop };
}

/** Answers the last lines that a process wrote to its log. */
export function lastLines(logFile: string, count = 12): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n');
  return lines
    .slice(-count)
    .map((line) => line.slice(0, 400))
    .join('\n');
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > BIGGEST_LOG) {
    renameSync(file, `${dirname(file)}/${basename(file)}.1`);
  }
  return openSync(file, 'a', 0o600);
}
