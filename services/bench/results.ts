import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { machine } from '../faults/results.ts';
import { type Compared, type Row, ratio, type Verdict } from './compare.ts';

/** Is one run of a benchmark as RESULTS.md shows it: what was run, and what came of it. */
export interface Recorded {
  name: string;
  /** Says in a sentence what the rows are. */
  about: string;
  date: string;
  machine: string;
  head: string[];
  rows: (string | number)[][];
  verdicts: Verdict[];
  notes?: string[];
}

const dataFile = fileURLToPath(new URL('results.json', import.meta.url));
const pageFile = fileURLToPath(new URL('RESULTS.md', import.meta.url));
const head = ['what', 'CPU ms least', 'median', 'most', 'ours ÷ this', 'this ÷ floor', 'output KiB', 'peak RSS MiB'];

/** Writes a run into RESULTS.md, in place of an earlier one of its name. */
export function record(one: Recorded): void {
  const all = [...readRecorded().filter(({ name }) => name !== one.name), one];
  writeFileSync(dataFile, `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(pageFile, pageOf(all));
}

/** Dates a run. */
export function recorded(parts: Omit<Recorded, 'date' | 'machine'>): Recorded {
  return { ...parts, date: new Date().toISOString().slice(0, 10), machine: machine() };
}

/** Makes what is recorded of a comparison. */
export function comparison(name: string, about: string, compared: Compared): Recorded {
  const { rows, verdicts } = compared;
  return recorded({ name, about, verdicts, head, rows: rows.map((row) => cellsOf(row, compared)) });
}

function cellsOf({ name, cpuMs, bytes = 0, rssMiB = 0, missing }: Row, compared: Compared): (string | number)[] {
  if (cpuMs === undefined) return [`${name} (missing: ${missing})`, ...head.slice(1).map(() => '–')];
  const { rows, beside, floor } = compared;
  const times = [cpuMs.least, cpuMs.median, cpuMs.most].map(Math.round);
  const ratios = [ratio(rows, beside, name), floor === undefined ? undefined : ratio(rows, name, floor)];
  return [name, ...times, ...ratios.map((one) => one?.toFixed(2) ?? '–'), Math.round(bytes / 1_024), rssMiB];
}

/** Says of each bound whether it was kept. */
export function verdictLines(verdicts: readonly Verdict[]): string[] {
  return verdicts.map(({ what, ratio, bound }) => {
    if (ratio === undefined) return `${what}: not compared, something is missing`;
    return `${what} = ${ratio.toFixed(2)}, at most ${bound}: ${isKept({ ratio, bound }) ? 'kept' : 'BROKEN'}`;
  });
}

/** Tells whether a bound was kept; one that could not be tried was not broken. */
export function isKept({ ratio, bound }: Pick<Verdict, 'ratio' | 'bound'>): boolean {
  return ratio === undefined || ratio <= bound;
}

/** Writes rows as a table that also reads well in a terminal. */
export function table(rows: readonly (readonly (string | number)[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? '').length))) ?? [];
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? String(cell).padEnd(widths[0] ?? 0) : String(cell).padStart(widths[column] ?? 0))).join(' | ')} |`;
  const [top = [], ...rest] = rows;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(top), rule, ...rest.map(line)];
}

function readRecorded(): Recorded[] {
  try {
    return JSON.parse(readFileSync(dataFile, 'utf8'));
  } catch {
    return [];
  }
}

function pageOf(all: readonly Recorded[]): string {
  return [
    '# What photos cost',
    '',
    'Written by `pnpm bench`. Times are CPU seconds, user and system, of all processes that take part, in repeats that take turns;',
    'other machines, and busier ones, have other times: only ratios of one table hold.',
    ...all.flatMap(sectionOf),
    '',
  ].join('\n');
}

function sectionOf({ name, about, date, machine, head, rows, verdicts, notes = [] }: Recorded): string[] {
  const lines = ['', `## ${name}`, '', `${date}, ${machine}. ${about}`, '', ...table([head, ...rows]), ''];
  return [...lines, ...[...notes, ...verdictLines(verdicts)].map((line) => `- ${line}`)];
}
