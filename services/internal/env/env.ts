import { readFileSync } from 'node:fs';
import type * as z from 'zod';

/** Holds a process's environment as it was given. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Describes settings: variable name to schema; each schema has a one-line description and may have a default. */
export type Settings = Record<string, z.ZodType>;

/** Reports all wrong settings by name; it never carries a value. */
export class SettingsError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`wrong settings:\n  ${problems.join('\n  ')}`);
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

/** Reads settings from an environment; a secret may come as a file named by `<NAME>_FILE`. Throws SettingsError. */
export function readSettings<S extends Settings>(settings: S, env: Environment): { [K in keyof S]: z.output<S[K]> } {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(settings)) {
    const parsed = schema.safeParse(readValue(name, env));
    if (parsed.success) values[name] = parsed.data;
    else problems.push(`${name}: ${describeProblem(parsed.error)}`);
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return values as { [K in keyof S]: z.output<S[K]> };
}

/** Prints settings as a table: name, default, meaning. */
export function settingsTable(settings: Settings): string {
  const rows = Object.entries(settings).map(([name, schema]) => [name, defaultOf(schema), schema.description ?? '']);
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [names, defaults] = [width(0), width(1)];
  return rows.map(([n = '', d = '', text = '']) => `${n.padEnd(names)}  ${d.padEnd(defaults)}  ${text}`).join('\n');
}

function readValue(name: string, env: Environment): string | undefined {
  const path = env[`${name}_FILE`];
  if (env[name] !== undefined || path === undefined) return env[name] === '' ? undefined : env[name];
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

// zod quotes the value in some of its messages: only the kind of problem may reach a log.
function describeProblem(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'wrong';
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is required';
  if (issue.code === 'too_small') return `is too small (at least ${issue.minimum})`;
  if (issue.code === 'too_big') return `is too big (at most ${issue.maximum})`;
  // A message of our own says no value.
  if (issue.code === 'custom' && issue.message.startsWith('is not ')) return issue.message;
  return `is not valid (${issue.code})`;
}

function defaultOf(schema: z.ZodType): string {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success) return '(required)';
  return parsed.data === undefined ? '(none)' : String(parsed.data);
}
