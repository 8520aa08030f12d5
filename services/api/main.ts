/**
 * Target api answers gallery and studio in JSON.
 *
 * It keeps no state: scale it on CPU.
 */
import { createAdmission } from '#internal/admission/admission.ts';
import { allowancesOf, announceLimits } from '#internal/admission/allowance.ts';
import { longestForm } from '#internal/admission/batch.ts';
import { databaseCheck, queueCheck } from '#internal/admission/checks.ts';
import { takeTokens } from '#internal/admission/tokens.ts';
import { watchTrouble } from '#internal/admission/trouble.ts';
import { wayBy } from '#internal/admission/way.ts';
import { accessOf } from '#internal/auth/access.ts';
import { capabilitiesOf } from '#internal/auth/capability.ts';
import { redeem } from '#internal/auth/ownerlink.ts';
import { sessionsOf } from '#internal/auth/sessions.ts';
import { backupStore } from '#internal/backups/places.ts';
import { tellInBackground } from '#internal/bus/background.ts';
import { readCardReport } from '#internal/cards/report.ts';
import { openDatabase } from '#internal/database/database.ts';
import { databaseOptions } from '#internal/database/settings.ts';
import { linkStore } from '#internal/events/links.ts';
import { eventStore } from '#internal/events/store.ts';
import { readAfter } from '#internal/frames/frame.ts';
import { listen } from '#internal/httpserver/httpserver.ts';
import { jobStore } from '#internal/jobs/store.ts';
import { createJournal } from '#internal/journal/journal.ts';
import { openLimits } from '#internal/limit/limit.ts';
import { meterOf } from '#internal/metrics/meter.ts';
import { notificationLog } from '#internal/notifications/log.ts';
import { mailTokensOf } from '#internal/notifications/mailtoken.ts';
import { recipientStore } from '#internal/notifications/recipients.ts';
import { subscriptionStore } from '#internal/notifications/subscriptions.ts';
import { vapidKeysOf } from '#internal/notifications/vapid.ts';
import { webhookStore } from '#internal/notifications/webhooks.ts';
import { peopleStore } from '#internal/people/people.ts';
import { readAnswer } from '#internal/photos/answer.ts';
import { readPage } from '#internal/photos/page.ts';
import { retryPhoto } from '#internal/photos/retry.ts';
import type { Process } from '#internal/process/process.ts';
import { quotaStore } from '#internal/quotas/view.ts';
import { readFailures } from '#internal/stages/failures.ts';
import { failureSettler } from '#internal/stages/failuresettle.ts';
import { callerOf } from './caller.ts';
import { loadConfig } from './config.ts';
import { createServer } from './server.ts';

/** Runs target api until its context is cancelled. */
export async function main(proc: Process): Promise<void> {
  const config = loadConfig(proc.env);
  const { log } = proc;
  const meter = meterOf(proc.metrics, 'api');
  await using database = await openDatabase({ ...databaseOptions(config), log, meter });
  const relay = tellInBackground(proc.ctx, { url: config.NATS_URL, log });
  await using limits = openLimits(config.REDIS_URL, log, meter);

  const journal = createJournal(database, relay.wake);
  const allowances = allowancesOf(config);
  const sessions = sessionsOf(database);
  const trouble = watchTrouble(proc.ctx, {
    target: 'api',
    everySeconds: config.TROUBLE_LOOK_SECONDS,
    checks: {
      database: databaseCheck(database, config.TROUBLE_DATABASE_MS),
      queue: queueCheck(database, config.TROUBLE_QUEUE_MINUTES),
    },
    metrics: proc.metrics,
    log,
  });
  const app = await createServer({
    access: accessOf(database),
    caller: callerOf(sessions),
    sessions,
    capabilities: capabilitiesOf(config.KILAT_SECRET),
    events: eventStore(database, journal, config.KILAT_SECRET),
    links: linkStore(database, journal, config.KILAT_SECRET),
    jobs: jobStore(database, journal, announceLimits(allowances)),
    admission: createAdmission({ take: takeTokens(limits, allowances), trouble: trouble.reason }),
    wayOf: wayBy(config.UPLOAD_PRESIGNED_PERCENT),
    maxBytes: config.UPLOAD_MAX_BYTES,
    hint: relay.hint,
    card: (which) => readCardReport(database, which),
    uploadUrl: config.UPLOAD_URL,
    batchSeconds: config.UPLOAD_BATCH_SECONDS,
    people: peopleStore({ database, journal, sessions }, config.KILAT_SECRET),
    quotas: quotaStore(database),
    recipients: recipientStore(database, mailTokensOf(config.KILAT_SECRET)),
    notifications: notificationLog(database),
    webhooks: webhookStore(database, config.KILAT_SECRET),
    subscriptions: subscriptionStore(database),
    pushKey: vapidKeysOf(config.KILAT_SECRET).publicKey,
    backups: backupStore(database),
    redeem: (token) => redeem(database, token),
    page: (request) => readPage(database, request),
    after: (eventId, audience, cursor) => readAfter(database, eventId, audience, cursor),
    photo: (request) => readAnswer(database, request),
    retry: (eventId, photoId) => retryPhoto(journal, eventId, photoId),
    failures: { ...failureSettler(database, journal), read: (request) => readFailures(database, request) },
    signInLimit: limits.limit({ name: 'sign-in', points: 20, seconds: 900, whenDown: 'closed' }),
    // More than to sign in: a whole team joins from one venue's address.
    joinLimit: limits.limit({ name: 'join', points: 60, seconds: 900, whenDown: 'closed' }),
    preferLimit: limits.limit({ name: 'prefer', points: 30, seconds: 3_600, whenDown: 'closed' }),
    mailLinkLimit: limits.limit({ name: 'mail-link', points: 120, seconds: 900, whenDown: 'open' }),
    webhookLimit: limits.limit({ name: 'webhook', points: 30, seconds: 3_600, whenDown: 'closed' }),
    pushLimit: limits.limit({ name: 'push', points: 60, seconds: 3_600, whenDown: 'closed' }),
    linkLimit: limits.limit({ name: 'link', points: 600, seconds: 60, whenDown: 'open' }),
    requestLimit: limits.limit({ name: 'api', points: 1_200, seconds: 60, whenDown: 'open' }),
    allowedOrigins: config.ALLOWED_ORIGINS,
    trustProxy: config.TRUST_PROXY,
    log,
    meter,
    leaving: proc.leaving,
  });
  proc.probe('database', () => database.probe());
  await using _server = await listen(app, config.API_LISTEN, longestForm(config.UPLOAD_BATCH_SECONDS));
  proc.ready();
  await Promise.all([relay.ended, trouble.ended]);
}
