/** Tells the person at the terminal what happens, in plain words. */
export type Say = (line: string) => void;

/** Prints a line of progress; it goes to stderr, so that output that another program reads stays clean. */
export const say: Say = (line) => void process.stderr.write(`${line}\n`);

/** Says again every 20 s that something is still going on, until it is disposed. */
export function stillAt(what: string, tell: Say): Disposable {
  const started = Date.now();
  const timer = setInterval(() => tell(`  still ${what}, ${Math.round((Date.now() - started) / 1000)} s ...`), 20_000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
