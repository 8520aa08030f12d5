/**
 * Target notify tells people and machines of what happened: by mail, webhooks and push.
 *
 * It follows stream JOURNAL by a durable and turns entries into notifications, which it sends when they are due. All that
 * it knows is in PostgreSQL: scale it on consumer lag.
 */
import { onBus } from '#internal/bus/background.ts';
import { type Database, openDatabase } from '#internal/database/database.ts';
import { databaseOptions } from '#internal/database/settings.ts';
import { meterOf } from '#internal/metrics/meter.ts';
import { Counter } from '#internal/metrics/metrics.ts';
import { mailTokensOf } from '#internal/notifications/mailtoken.ts';
import { vapidKeysOf } from '#internal/notifications/vapid.ts';
import type { Process } from '#internal/process/process.ts';
import type { Channel } from './channels/channel.ts';
import { type EmailChannel, emailChannel } from './channels/email.ts';
import { createPost } from './channels/post.ts';
import { pushChannel } from './channels/push.ts';
import { webhookChannel } from './channels/webhook.ts';
import { loadConfig } from './config.ts';
import { deliverAll } from './deliver.ts';
import { followDatabase, followStream } from './follow.ts';
import { keepTime } from './rounds.ts';
import { createScribe } from './scribe.ts';
import { owedStore } from './store.ts';

/** Runs target notify until its context is cancelled and what is on its way has arrived. */
export async function main(proc: Process): Promise<void> {
  const config = loadConfig(proc.env);
  const { ctx, log } = proc;
  const meter = meterOf(proc.metrics, 'notify');
  await using database = await openDatabase({ ...databaseOptions(config), log, meter });
  proc.probe('database', () => database.probe());
  using mail = mailOf(database, config);
  const pace = {
    gatherSeconds: config.NOTIFY_GATHER_SECONDS,
    restMinutes: config.NOTIFY_REST_MINUTES,
    backlogMinutes: config.NOTIFY_BACKLOG_MINUTES,
  };
  const scribe = createScribe({ database, mail: mail !== undefined, pace, log });
  const origin = config.PUBLIC_ORIGIN.replace(/\/$/, '');
  const rounds = { database, origin, tokens: mailTokensOf(config.KILAT_SECRET) };
  const pollMs = config.NOTIFY_POLL_MS;
  proc.ready();
  await Promise.all([
    onBus(ctx, { url: config.NATS_URL, log }, (bus) => followStream(ctx, bus, { scribe, log })),
    followDatabase(ctx, { scribe, log }, pollMs),
    keepTime(ctx, { ...rounds, mail: mail !== undefined, pushRestMinutes: config.NOTIFY_PUSH_MINUTES, pollMs, log }),
    deliverAll(ctx, {
      store: owedStore(database),
      channels: channelsOf(database, mail, config),
      concurrency: config.NOTIFY_CONCURRENCY,
      leaseSeconds: config.NOTIFY_LEASE_SECONDS,
      pollMs,
      onTried: triesMetric(proc),
      log,
    }),
  ]);
}

type Config = ReturnType<typeof loadConfig>;

function mailOf(database: Database, config: Config): EmailChannel | undefined {
  if (config.SMTP_URL === undefined) return undefined;
  const { hostname: host } = new URL(config.PUBLIC_ORIGIN);
  return emailChannel(database, { url: config.SMTP_URL, from: config.SMTP_FROM, host });
}

function channelsOf(database: Database, mail: EmailChannel | undefined, config: Config): Channel[] {
  const [post, secret] = [createPost(config.NOTIFY_TO_LOOPBACK), config.KILAT_SECRET];
  const push = pushChannel({ database, post, keys: vapidKeysOf(secret), subject: subjectOf(config.PUBLIC_ORIGIN) });
  return [webhookChannel({ database, secret, post }), push, ...(mail === undefined ? [] : [mail])];
}

// Push services want to reach who runs this: an address of the web over https, or one of mail.
function subjectOf(origin: string): string {
  return origin.startsWith('https:') ? origin : 'mailto:kilat@localhost';
}

function triesMetric(proc: Process) {
  const tries = new Counter({
    name: 'kilat_notify_tries_total',
    help: 'Tries to send a notification, by channel and how they ended',
    labelNames: ['channel', 'result'],
    registers: [proc.metrics],
  });
  return ({ channel }: { channel: string }, result: string) => tries.inc({ channel, result });
}
