import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { kubernetesVersion } from './programs.ts';

/** Is what came of one step of a test. */
export interface Step {
  name: string;
  seconds: number;
  well: boolean;
  said: string;
}

/** Is what one command found, when, and on which machine. */
interface Finding {
  date: string;
  machine: string;
  steps: Step[];
}

const commands = ['test', 'scale'] as const;
type Command = (typeof commands)[number];
type Results = Partial<Record<Command, Finding>>;

const file = join(import.meta.dirname, 'results.json');
const page = join(import.meta.dirname, 'RESULTS.md');
const mark = '<!-- What follows is written by the commands. -->';

/** Keeps what a command found, with the date and the machine, beside what the others found, and writes RESULTS.md anew. */
export function record(command: Command, steps: Step[]): void {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {};
  const gib = Math.round(totalmem() / 2 ** 30);
  const machine = `${cpus().length} cores, ${gib} GiB, Kubernetes ${kubernetesVersion}`;
  const results = { ...before, [command]: { date: new Date().toISOString().slice(0, 10), machine, steps } };
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
  const [head] = existsSync(page) ? readFileSync(page, 'utf8').split(mark) : [''];
  writeFileSync(page, `${head}${mark}\n${tablesOf(results)}`);
}

function tablesOf(results: Results): string {
  return commands.map((command) => (results[command] ? tableOf(command, results[command]) : '')).join('');
}

const pictures: Partial<Record<Command, string>> = { scale: '\n![Lag and replicas over time](scale.svg)\n' };

function tableOf(command: Command, { date, machine, steps }: Finding): string {
  const rows = steps.map(({ name, seconds, well, said }) => {
    const what = said.replaceAll(/\s+/g, ' ').replaceAll('|', '/').slice(0, 600);
    return `| ${name} | ${well ? 'well' : '**failed**'} | ${seconds.toFixed(1)} | ${what} |`;
  });
  return `\n## pnpm cluster ${command}\n\n${date}, ${machine}.\n\n| step | came out | s | |\n|---|---|---|---|\n${rows.join('\n')}\n${pictures[command] ?? ''}`;
}
