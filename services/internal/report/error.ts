import { Fault } from '../fault/fault.ts';

/** Is a call in a stack, as Sentry has it. */
interface Frame {
  function: string;
  filename: string;
  lineno: number;
  colno: number;
  in_app: boolean;
}

/** Is an error as it is reported. */
export interface ReportedError {
  type: string;
  value: string;
  stacktrace: { frames: Frame[] };
}

const mostCauses = 4;
// Their messages name what is in the code. All others may hold what somebody sent or typed.
const ofCode = new Set(['TypeError', 'ReferenceError', 'RangeError']);

/** Describes an error and its causes, the first cause first: kinds, codes and places in the code, no message that may hold data. */
export function describeError(error: unknown): ReportedError[] {
  const chain: ReportedError[] = [];
  for (let one = error; one instanceof Error && chain.length < mostCauses; one = one.cause)
    chain.unshift(describe(one));
  return chain;
}

function describe(error: Error): ReportedError {
  return { type: error.name, value: wordsOf(error), stacktrace: { frames: framesOf(error.stack ?? '') } };
}

function wordsOf(error: Error): string {
  if (error instanceof Fault) return error.code;
  if (ofCode.has(error.name)) return error.message;
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : '';
}

// Sentry wants the innermost call last.
function framesOf(stack: string): Frame[] {
  const frames = stack.split('\n').flatMap((line) => {
    const found = /^ {4}at (?:(.{1,200}) \()?(?:file:\/\/)?([^\s()]+):(\d+):(\d+)\)?$/.exec(line);
    if (found === null) return [];
    const [, name = '?', path = '', lineno, colno] = found;
    const filename = nameOf(path);
    const isOurs = !filename.startsWith('node_modules/') && !filename.startsWith('node:');
    return [{ function: name, filename, lineno: Number(lineno), colno: Number(colno), in_app: isOurs }];
  });
  return frames.reverse();
}

// Where it was installed is nobody's business.
function nameOf(path: string): string {
  const [, library] = /\/node_modules\/(?!.*\/node_modules\/)(.+)$/.exec(path) ?? [];
  if (library !== undefined) return `node_modules/${library}`;
  return /\/(services\/.+)$/.exec(path)?.[1] ?? (path.startsWith('node:') ? path : (path.split('/').at(-1) ?? ''));
}
