import { type Installation, install } from './installation.ts';
import { readOptions, UsageError, usage } from './options.ts';
import { say } from './progress.ts';

const IMPATIENT_MS = 2_000;

/** Starts an installation, prints where it is, and ends it in order on the first signal. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (!options) {
    process.stdout.write(usage);
    return 0;
  }
  const stopped = stopSignal();
  const starting = install(options, say);
  const installation = await Promise.race([starting, stopped.then(() => undefined)]);
  if (!installation) return 130; // what has been started so far ends with us
  print(installation);
  await stopped;
  say('Stopping ...');
  await installation.stop();
  return 0;
}

function print({ origin, signInLink, dataDir }: Installation): void {
  process.stdout.write(`\nAddress        ${origin}\nOwner sign-in  ${signInLink}\nData           ${dataDir}\n\n`);
}

// A terminal's Ctrl-C comes to us more than once (from it, and passed on): only a later one means "now".
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let first = 0;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (first > 0 && Date.now() - first > IMPATIENT_MS) process.exit(130);
        first ||= Date.now();
        resolve();
      });
    }
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof UsageError ? `${error.message}\n\n${usage}` : messagesOf(error));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
process.exit();

function messagesOf(error: unknown): string {
  const cause = error instanceof Error && error.cause ? `\n${messagesOf(error.cause)}` : '';
  return `${error instanceof Error ? error.message : String(error)}${cause}`;
}
