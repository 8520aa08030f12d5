import { readdirSync, readFileSync } from 'node:fs';

const tickMs = 10; // the kernel counts in hundredths of a second for whom it tells
const pageMiB = 4_096 / 1_048_576;
const lookEveryMs = 15;
const looksPerTree = 10;

/** Reads the CPU time, user and system, of a process and all below it, also of those that have ended, in milliseconds. */
export function cpuMsOf(pid: number): number {
  return treeOf(pid).reduce((sum, one) => sum + ticksOf(one, [11, 12, 13, 14]) * tickMs, 0);
}

/** Reads the CPU time of this process's children that have ended, in milliseconds. */
export function cpuMsOfEnded(): number {
  return ticksOf(process.pid, [13, 14]) * tickMs;
}

/** Reads how much memory some processes have resident together, in MiB; shared pages count for each. */
export function rssMiBOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * pageMiB, 0);
}

/** Lists a process and all below it. */
export function treeOf(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(fieldsOf(Number(name))[1])] as const);
  const tree = [root];
  for (const above of tree) for (const [pid, parent] of parents) if (parent === above) tree.push(pid);
  return tree;
}

/** Watches the memory of a process and all below it until it is stopped; gives the most at any one time, in MiB. */
export function watchRss(pid: number): () => number {
  let [most, looks] = [0, 0];
  let tree = [pid];
  const look = () => {
    if (looks++ % looksPerTree === 0) tree = treeOf(pid);
    most = Math.max(most, rssMiBOf(tree));
  };
  look();
  const timer = setInterval(look, lookEveryMs);
  return () => {
    clearInterval(timer);
    return most;
  };
}

function ticksOf(pid: number, fields: readonly number[]): number {
  const all = fieldsOf(pid);
  return fields.reduce((sum, field) => sum + Number(all[field] ?? 0), 0);
}

// The fields behind the name, which may contain anything; none of a process that has ended.
function fieldsOf(pid: number): string[] {
  const line = read(`/proc/${pid}/stat`);
  return line.slice(line.lastIndexOf(')') + 2).split(' ');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
