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
  return pino({
    level: options.level,
    base: { target: options.target },
    redact: { paths: secrets, censor: '[redacted]' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
  });
}

/** Makes a logger that says nothing, for tests. */
export function silentLog(): Logger {
  return pino({ level: 'silent' });
}
