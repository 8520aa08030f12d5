import { type Logger, type LoggerOptions, pino } from 'pino';

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

/** Hears of what is logged as an error: the static message, and the error where there is one. */
export type OnError = (message: string, error: unknown) => void;

/** Opens a logger: JSON lines on standard output, static messages, data in fields, secrets left out. */
export function openLog(options: LogOptions): Logger {
  return open(options, 1);
}

/** Opens the logger of a command that prints its result: warnings and worse, on standard error. */
export function openCommandLog(target: string): Logger {
  return open({ level: 'warn', target }, 2);
}

interface LogOptions {
  level: string;
  target: string;
  onError?: OnError | undefined;
}

function open({ level, target, onError }: LogOptions, fd: number): Logger {
  return pino(
    {
      ...{ level, base: { target }, redact: { paths: secrets, censor: '[redacted]' } },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      ...(onError !== undefined && { hooks: { logMethod: tellingErrors(onError) } }),
    },
    pino.destination(fd),
  );
}

type LogMethod = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>;

const errorLevel = 50;

function tellingErrors(onError: OnError): LogMethod {
  return function log(args, method, level) {
    const [fields, message] = args as unknown[];
    if (level >= errorLevel) onError(typeof message === 'string' ? message : '', errorIn(fields));
    method.apply(this, args);
  };
}

function errorIn(fields: unknown): unknown {
  return typeof fields === 'object' && fields !== null && 'err' in fields ? fields.err : undefined;
}

/** Makes a logger that says nothing, for tests. */
export function silentLog(): Logger {
  return pino({ level: 'silent' });
}
