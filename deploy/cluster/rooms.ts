import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines } from '../local/child.ts';
import { isAlive } from '../local/lock.ts';
import { cgroupOf, type NodeSpec } from './runtime.ts';

const patienceMs = 180_000;

/** Is a node's room: the process that holds it, and the first one inside. */
export interface Room {
  name: string;
  holder: number;
  first: number;
}

/** Begins a node in a room of its own (files, network, processes), which outlives us; answers once it has begun. */
export async function openRoom(spec: NodeSpec, debian: string): Promise<Room> {
  const room = join(spec.folder, 'rooms', spec.name);
  const file = join(spec.folder, `${spec.name}.spec.json`);
  mkdirSync(room, { recursive: true });
  mkdirSync(join(spec.folder, 'log'), { recursive: true });
  writeFileSync(file, JSON.stringify(spec));
  const log = openSync(logOf(spec), 'a', 0o600);
  const own = ['--mount', '--net', '--uts', '--ipc', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const here = import.meta.dirname;
  const inside = [join(here, 'room.sh'), debian, room, process.execPath, join(here, 'node.ts'), file];
  const child = spawn('unshare', [...own, ...inside], { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  const holder = child.pid ?? 0;
  const first = await until(spec, holder, () => firstOf(holder));
  return { name: spec.name, holder, first };
}

/** Waits until all that a node consists of has been started; throws with the end of its log when it was not. */
export async function untilStarted(spec: NodeSpec, room: Room): Promise<void> {
  const file = join(spec.folder, `${spec.name}.spec.json.started`);
  await until(spec, room.holder, () => existsSync(file) || undefined);
}

/** Makes a command run in a node's room. */
export function inRoom({ first }: Room, command: readonly string[]): string[] {
  return ['nsenter', '-t', String(first), '--mount', '--net', '--uts', '--ipc', '--pid', '--', ...command];
}

/** Ends a room with all that runs in it, and removes its control groups. */
export async function closeRoom({ name, holder, first }: Room): Promise<void> {
  for (const pid of [holder, first]) if (pid > 1 && isAlive(pid)) process.kill(pid, 'SIGKILL');
  while (isAlive(first)) await sleep(50);
  for (const controller of readdirSync('/sys/fs/cgroup')) {
    await removeGroup(join('/sys/fs/cgroup', controller, cgroupOf(name)));
  }
}

// Its processes have been killed, and the kernel takes a moment to forget each.
async function removeGroup(group: string): Promise<void> {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeGroup(join(group, entry.name));
  }
  for (let tries = 0; existsSync(group); tries++) {
    try {
      rmdirSync(group);
    } catch (error) {
      if (tries > 200) throw error;
      await sleep(50);
    }
  }
}

async function until<T>(spec: NodeSpec, holder: number, look: () => T | undefined): Promise<T> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline && isAlive(holder); await sleep(50)) {
    const found = look();
    if (found !== undefined) return found;
  }
  throw new Error(`The node ${spec.name} did not start. Its log says:\n${lastLines(logOf(spec))}`);
}

function firstOf(holder: number): number | undefined {
  const text = readFileSync(`/proc/${holder}/task/${holder}/children`, 'utf8').trim();
  return text === '' ? undefined : Number(text.split(' ')[0]);
}

function logOf({ folder, name }: NodeSpec): string {
  return join(folder, 'log', `${name}.log`);
}
