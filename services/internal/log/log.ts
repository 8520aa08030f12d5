import { type Logger, pino } from 'pino';

export type { Logger };

const secrets = [
  'token',
  'capability',
  'cookie',
  'authorization',
  'secret',
  'password',
  'req.headers.cookie',
  'req.headers.authorization',
];

/** Opens a logger: JSON lines on standard output, static messages, data in fields, secrets left out. */
export function openLog(options: { level: string; target: string }): Logger {
  return open(options, 1);
}

/** Opens the logger of a command that prints its result: warnings and worse, on standard error. */
export function openCommandLog(target: string): Logger {
  return open({ level: 'warn', target }, 2);
}

function open({ level, target }: { level: string; target: string }, fd: number): Logger {
  return pino(
    {
      ...{ level, base: { target }, redact: { paths: secrets, censor: '[redacted]' } },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination(fd),
  );
}

/** Makes a logger that says nothing, for tests. */
export function silentLog(): Logger {
  return pino({ level: 'silent' });
}
